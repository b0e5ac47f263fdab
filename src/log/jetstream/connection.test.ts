import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type NatsConnection, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { startSilentServer } from '../../../test/support/silent-server.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { closeNats, connectNats } from './connection.ts';

const skip = whyNoNats() ?? false;

/** Servers whose one password, and that of a connection to the first of them, can be changed. */
async function begin(t: TestContext, count: number) {
  const directory = temporaryDirectory('connection');
  const serverFile = join(directory, 'password.conf');
  const ownFile = join(directory, 'password');
  const serversTake = (password: string) => writeFileSync(serverFile, `PASSWORD: "${password}"\n`);
  const loginWith = (password: string) => writeFileSync(ownFile, password);
  serversTake('first');
  loginWith('first');
  const servers = await NatsServers.start({
    count,
    directory: join(directory, 'nats'),
    configuration: [
      'include ../../password.conf',
      'authorization { users: [ { user: hive, password: $PASSWORD } ] }',
    ],
  });
  t.after(() => servers.close());
  const connection = await connectNats({
    servers: servers.urls,
    name: 'test',
    noRandomize: true,
    authenticator: usernamePasswordAuthenticator('hive', () => readFileSync(ownFile, 'utf8')),
  });
  t.after(() => closeNats(connection));
  const reload = (server: number) => process.kill(servers.pids[server], 'SIGHUP');
  return { connection, serversTake, loginWith, reload };
}

/** What happens next: it is let in again, or closed. */
async function outcome(connection: NatsConnection): Promise<string> {
  for await (const { type } of connection.status()) if (type === 'reconnect' || type === 'close') return type;
  return 'close';
}

test('connection: it outlives one new password after another, and ends with one that stays wrong', {
  skip,
}, async (t) => {
  const { connection, serversTake, loginWith, reload } = await begin(t, 1);
  for (const password of ['second', 'third', 'fourth']) {
    const next = outcome(connection);
    loginWith(password);
    serversTake(password);
    reload(0);
    assert.equal(await next, 'reconnect', password);
    await connection.flush();
  }
  const last = outcome(connection);
  serversTake('fifth');
  reload(0);
  assert.equal(await last, 'close');
  assert.equal(connection.isClosed(), true);
});

test('connection: servers that read the new password one after the other do not end it', {
  skip,
}, async (t) => {
  const { connection, serversTake, loginWith, reload } = await begin(t, 3);
  const next = outcome(connection);
  loginWith('second');
  serversTake('second');
  reload(0);
  assert.equal(await next, 'reconnect');
  await connection.flush();
});

test('connection: an attempt that a silent server lets time out leaves no socket open', {
  timeout: 20_000,
}, async (t) => {
  const { silent, port } = await startSilentServer(t);
  for (let attempt = 0; attempt < 2; attempt++) {
    const accepted = once(silent, 'connection') as Promise<[Socket]>;
    await assert.rejects(connectNats({ servers: `nats://127.0.0.1:${port}`, name: 'test' }), {
      name: 'TimeoutError',
    });
    const [socket] = await accepted;
    await once(socket.resume(), 'close');
  }
});
