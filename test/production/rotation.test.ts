import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askNode } from '#app/cli/node-socket.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { installStub, runScript, startNode, venueConfiguration } from './support.ts';

const rotated = (secret: string) => ({ secret, rotated: true, oldIsRefused: true, newIsGood: true });

test('rotate-secrets.sh signing-key and api-key: without a restart the old ones are refused, the new ones are good', {
  timeout: 280_000,
}, async (t) => {
  const directory = temporaryDirectory('rotation');
  const node = await startNode(t, join(directory, 'node'), ['--config', venueConfiguration(directory, 1)]);
  const url = `http://127.0.0.1:${node.http.port}`;
  const loginFile = join(directory, 'password');
  const ask = async (method: string, path: string, token?: string, body?: object) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as { token: string; items: unknown[] } };
  };
  const { token: before } = (await ask('POST', '/login', undefined, { name: 'U1', password: 'secret' })).body;
  const own = ['signing-key', '--data-dir', node.dataDirectory, '--url', url];
  const login = ['--user', 'U1', '--login-file', loginFile];
  const dry = await runScript('rotate-secrets.sh', [...own, ...login, '--dry-run']);
  assert.match(dry.stdout, /^\+ hive admin rotate-key --data-dir /);
  assert.equal((await ask('GET', '/keys', before)).status, 200, 'a dry run changes nothing');
  const key = readFileSync(join(node.dataDirectory, 'keys/signing.pem'), 'utf8');
  const { status, stdout, stderr } = await runScript('rotate-secrets.sh', [...own, ...login, '--json']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), rotated('signing-key'));
  assert.equal((await ask('GET', '/keys', before)).status, 401);
  assert.notEqual(readFileSync(join(node.dataDirectory, 'keys/signing.pem'), 'utf8'), key);
  const wrong = join(directory, 'wrong');
  writeFileSync(wrong, 'not the password\n');
  const refused = await runScript('rotate-secrets.sh', [...own, '--user', 'U1', '--login-file', wrong]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /U1 cannot log in/);

  const pod = 'hive-mind-green-0';
  const programs = join(directory, 'bin');
  installStub(programs, {
    colour: 'green',
    annotations: {},
    httpPort: node.http.port,
    pods: { [pod]: { colour: 'green', dataDirectory: node.dataDirectory } },
  });
  const stub = { PATH: `${programs}:${process.env['PATH']}`, STUB_KUBECTL: programs };
  const inPod = ['signing-key', '--pod', pod, '--url', 'http://venue.example:26080', ...login, '--json'];
  const there = await runScript('rotate-secrets.sh', inPod, stub);
  assert.equal(there.status, 0, there.stderr);
  assert.deepEqual(JSON.parse(there.stdout), rotated('signing-key'));
  const calls = readFileSync(join(programs, 'calls.jsonl'), 'utf8').trim().split('\n');
  assert.ok(
    calls.includes(JSON.stringify(['--namespace', 'hive-mind', 'port-forward', `pod/${pod}`, ':26080'])),
  );

  const { token } = (await ask('POST', '/login', undefined, { name: 'U1', password: 'secret' })).body;
  const added = await ask('POST', '/keys', token, { kind: 'token', reason: 'a test' });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, `${added.body.token}\n`);
  const keyed = await runScript('rotate-secrets.sh', [
    'api-key',
    '--url',
    url,
    '--token-file',
    tokenFile,
    '--json',
  ]);
  assert.equal(keyed.status, 0, keyed.stderr);
  assert.deepEqual(JSON.parse(keyed.stdout), rotated('api-key'));
  const next = readFileSync(tokenFile, 'utf8').trim();
  assert.equal((await ask('GET', '/keys', added.body.token)).status, 401);
  const kept = await ask('GET', '/keys', next);
  assert.deepEqual([kept.status, kept.body.items.length], [200, 1]);
  writeFileSync(tokenFile, `${added.body.token}\n`);
  const stale = await runScript('rotate-secrets.sh', ['api-key', '--url', url, '--token-file', tokenFile]);
  assert.equal(stale.status, 1);
  assert.match(stale.stderr, /no key was added/);
});

test('rotate-secrets.sh tls: the door shows the new certificate without a restart', {
  skip: whyNoCertificates(),
  timeout: 280_000,
}, async (t) => {
  const directory = temporaryDirectory('rotation');
  const authority = new TestAuthority();
  const first = authority.issue('first');
  const second = authority.issue('second');
  copyFileSync(first.certificate, join(directory, 'venue.pem'));
  copyFileSync(first.key, join(directory, 'venue.key'));
  const config = venueConfiguration(directory, 1, 'tls: { certificate: venue.pem, key: venue.key }');
  const node = await startNode(t, join(directory, 'node'), ['--config', config]);
  const args = [
    ...['tls', '--certificate', join(directory, 'venue.pem'), '--key', join(directory, 'venue.key')],
    ...['--connect', `127.0.0.1:${node.http.port}`, '--connect', `127.0.0.1:${node.ouch.port}`, '--json'],
  ];
  const mixed = ['--new-certificate', second.certificate, '--new-key', first.key];
  const refused = await runScript('rotate-secrets.sh', [...args, ...mixed]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /is not the key of .*: nothing was rotated/);
  const next = ['--new-certificate', second.certificate, '--new-key', second.key];
  const { status, stdout, stderr } = await runScript('rotate-secrets.sh', [...args, ...next]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), rotated('tls'));
});

test('rotate-secrets.sh nats: the node goes on with the new password, the servers refuse the old one', {
  skip: whyNoNats(),
  timeout: 280_000,
}, async (t) => {
  const directory = temporaryDirectory('rotation');
  const passwordFile = join(directory, 'nats-password');
  const serverFile = join(directory, 'nats-password.conf');
  writeFileSync(passwordFile, 'the-first-one\n');
  writeFileSync(serverFile, 'HIVE_NATS_PASSWORD: "the-first-one"\n');
  const servers = await NatsServers.start({
    count: 1,
    directory: join(directory, 'nats'),
    configuration: [
      // A path that is relative to the server's configuration.
      'include ../../nats-password.conf',
      'authorization { users: [ { user: hive, password: $HIVE_NATS_PASSWORD } ] }',
    ],
  });
  t.after(() => servers.close());
  const cluster = `cluster: { servers: ["${servers.urls[0]}"], replicas: 1, user: hive, passwordFile: nats-password }`;
  const node = await startNode(t, join(directory, 'node'), [
    ...['--config', venueConfiguration(directory, 1, cluster)],
  ]);
  const statusOf = async () => (await askNode(node.dataDirectory, { ask: 'status' })) as NodeStatus;
  const server = servers.urls[0].replace('nats://', '');
  const args = [
    ...['nats', '--password-file', passwordFile, '--server-file', serverFile, '--user', 'hive', '--json'],
    ...['--nats', server, '--reload', `kill -HUP ${servers.pids[0]}`],
  ];
  const { status, stdout, stderr } = await runScript('rotate-secrets.sh', args);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), rotated('nats'));
  assert.notEqual(readFileSync(passwordFile, 'utf8'), 'the-first-one\n');
  const { sequence } = await statusOf();
  // Each second the node appends something.
  for (let now = await statusOf(); ; now = await statusOf()) {
    assert.equal(now.state, 'serving', now.reason ?? '');
    if (now.sequence > sequence && now.cluster?.log.isConnected === true) break;
  }
  const stale = join(directory, 'stale');
  writeFileSync(stale, 'the-first-one\n');
  const again = await runScript('rotate-secrets.sh', args.with(2, stale));
  assert.equal(again.status, 1);
  assert.match(again.stderr, /does not let hive in with the password of .*stale: nothing was rotated/);
});
