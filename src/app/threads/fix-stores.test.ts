import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { clusterSettings } from '../../../test/support/node-config.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { until } from '../../../test/support/test-cluster.ts';
import { openFixStores } from './fix-stores.ts';

test('fix stores: sessions log on again after the servers have refused the connection for a while', {
  skip: whyNoNats() ?? false,
  timeout: 60_000,
}, async (t) => {
  const directory = temporaryDirectory('fix-stores');
  const passwordFile = join(directory, 'password');
  const serversTake = (password: string) =>
    writeFileSync(join(directory, 'password.conf'), `PASSWORD: "${password}"\n`);
  writeFileSync(passwordFile, 'first\n');
  serversTake('first');
  const servers = await NatsServers.start({
    count: 1,
    directory,
    configuration: [
      'include ../password.conf',
      'authorization { users: [ { user: hive, password: $PASSWORD } ] }',
    ],
  });
  t.after(() => servers.close());
  const cluster = clusterSettings(servers.urls, { replicas: 1, user: 'hive', passwordFile });
  const logId = randomUUID();
  const { stores, close } = await openFixStores({ cluster, dataDirectory: directory, logId, nodeId: 1 });
  t.after(close);
  const [server] = servers.pids;
  const log = join(directory, 'n1', 'server.log');
  const refusals = () => readFileSync(log, 'utf8').split('authentication error').length - 1;

  serversTake('second');
  process.kill(server, 'SIGHUP');
  // The connection is closed for good by them.
  await until(() => refusals() >= 2);
  serversTake('first');
  process.kill(server, 'SIGHUP');
  const store = await stores.open('SESSION', Date.now());
  store.setNextIncoming(7, 7);
  await store.close();
  const again = await stores.open('SESSION', Date.now());
  assert.deepEqual([again.nextIncoming, await stores.sessionIds()], [7, ['SESSION']]);
  await again.close();
});
