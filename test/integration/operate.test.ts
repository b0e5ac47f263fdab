import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HIVE_VERSION } from '#app/version.ts';
import { Role } from '#domain/commands.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { PASSWORD, RestNode } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const LIMIT = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };
const skip = whyNoNats() ?? false;

async function follower(t: TestContext, port: number, name: string, password: string) {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/login`, {
    method: 'POST',
    body: JSON.stringify({ name, password }),
    headers: { 'content-type': 'application/json' },
  });
  const client = await WebSocketClient.connect(t, `ws://127.0.0.1:${port}/ws/v1`);
  await client.auth(((await response.json()) as Message).token);
  return client;
}

/** Changes one byte in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 0x10;
  writeFileSync(path, bytes);
}

test('a node alone: cluster, figures, snapshots and backups', { timeout: 120_000 }, async (t) => {
  const target = temporaryDirectory('target');
  const backup = { to: target, keyFile: undefined, everyMs: 50, snapshotEveryMs: 100, keep: 2 };
  // The backup may come to it before it is gone.
  const venue = await RestNode.start(t, undefined, { backup }, /^a snapshot is damaged, /);
  const { node } = venue;
  const operations = await venue.logIn('operations');
  const port = node.edgePorts['http'];
  const watcher = await follower(t, port, 'operations', PASSWORD);

  await t.test('cluster: of one', async () => {
    await watcher.result('subscribe', { channel: 'cluster' });
    const { cluster } = await watcher.take(({ cluster }) => cluster?.nodes[0].agrees === 'yes');
    const { sequence, stateHash, clockOffsetMs, ...self } = cluster.nodes[0];
    assert.deepEqual(
      { ...cluster, nodes: [self] },
      {
        nodes: [
          {
            nodeId: 1,
            isSelf: true,
            state: 'serving',
            version: HIVE_VERSION,
            coreVersion: node.status().coreVersion,
            lagEntries: 0,
            agrees: 'yes',
            silentMs: 0,
          },
        ],
      },
    );
    assert.match(stateHash, /^[0-9a-f]{16}$/);
    assert.ok(sequence > 0 && Number.isInteger(clockOffsetMs));
    await watcher.result('unsubscribe', { channel: 'cluster' });
  });

  await t.test('figures: what happened, by stage and per second', async () => {
    await watcher.result('subscribe', { channel: 'figures' });
    await watcher.next('figures');
    const trader = await venue.logIn('U1');
    for (let n = 0; n < 20; n++) assert.equal((await trader.post('/orders', LIMIT)).status, 200);
    let orders = 0;
    const counts: Record<string, number> = {};
    while (orders < 20) {
      const { figures } = await watcher.next('figures');
      orders += Math.round((figures.throughput.orders * figures.periodMs) / 1_000);
      for (const { stage, count, p50Us, p999Us, maxUs } of figures.latency) {
        counts[stage] = (counts[stage] ?? 0) + count;
        assert.ok(p50Us <= p999Us && p999Us <= maxUs);
      }
      assert.ok(figures.memory.residentBytes > 2 ** 20);
      const doors = Object.fromEntries(
        figures.connections.map(({ door, connections }: Message) => [door, connections]),
      );
      assert.deepEqual(Object.keys(doors), ['ouch', 'market-data', 'http', 'websocket', 'fix']);
    }
    assert.equal(orders, 20);
    assert.deepEqual(Object.keys(counts), ['appended', 'durable', 'answered', 'total']);
    assert.equal(new Set(Object.values(counts)).size, 1);
    assert.ok(counts['total'] >= 20);
    await watcher.result('unsubscribe', { channel: 'figures' });
  });

  await t.test('snapshots: listed, verified, and a damaged one found', async () => {
    node.snapshot();
    let items: Message[] = [];
    while (items.length === 0) ({ items } = (await operations.get('/admin/snapshots')).body);
    const [{ sequence, verification }] = items;
    assert.equal(verification, undefined);
    const verified = await operations.post(`/admin/snapshots/${sequence}/verify`, undefined);
    assert.deepEqual([verified.status, verified.body.isWhole, verified.body.fault], [200, true, undefined]);
    const again = (await operations.get('/admin/snapshots')).body.items;
    const listed = again.find((item: Message) => item.sequence === sequence);
    assert.deepEqual(listed.verification, verified.body);
    const folder = join(venue.directory, 'snapshots');
    damage(join(folder, `snapshot-${String(sequence).padStart(16, '0')}.hms`));
    const { body } = await operations.post(`/admin/snapshots/${sequence}/verify`, undefined);
    assert.equal(body.isWhole, false);
    assert.match(body.fault, /damaged/);
    const none = await operations.post('/admin/snapshots/999999/verify', undefined);
    assert.deepEqual([none.status, none.body.code], [404, 'not-found']);
  });

  await t.test('backups: listed, verified, and a damaged one found', async () => {
    // The snapshot of before is damaged, and there is another one only after another entry: a backup is made of that.
    const { snapshotSequence } = node.status();
    while (node.status().archivedSequence <= snapshotSequence) await sleep(20);
    node.snapshot();
    let answer: Message;
    let item: Message | undefined;
    do {
      await sleep(200);
      answer = (await operations.get('/admin/backups')).body;
      item = answer.items.find(({ sequence }: Message) => sequence > snapshotSequence);
    } while (item === undefined);
    assert.equal(answer.target, target);
    assert.equal(answer.continuous.failures, 0);
    const { id, isContinuous, nodeId } = item;
    assert.deepEqual([isContinuous, nodeId], [true, 1]);
    const verified = await operations.post(`/admin/backups/${id}/verify`, undefined);
    assert.deepEqual([verified.status, verified.body.isWhole], [200, true], JSON.stringify(verified.body));
    const { body } = await operations.get('/admin/backups');
    assert.deepEqual(body.items.find((item: Message) => item.id === id)?.verification, verified.body);
    const snapshots = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /snapshots\/.+/.test(name),
    );
    for (const name of snapshots) damage(join(target, name));
    const damaged = await operations.post(`/admin/backups/${id}/verify`, undefined);
    assert.equal(damaged.body.isWhole, false, JSON.stringify(damaged.body));
    const none = await operations.post('/admin/backups/none/verify', undefined);
    assert.deepEqual([none.status, none.body.code], [404, 'not-found']);
    const [manifest] = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith(`${id}.json`),
    );
    writeFileSync(join(target, manifest), '{');
    const without = (await operations.get('/admin/backups')).body;
    assert.deepEqual(without.faults, [`the manifest of backup ${id} is no JSON: use another backup`]);
    assert.equal(
      without.items.some((one: Message) => one.id === id),
      false,
    );
  });
});

test('three nodes: what one says of all; a node that is killed is silent, and back when it is back', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const cluster = await Cluster.start(t);
  for (let nodeId = 1; nodeId <= 3; nodeId++) await cluster.startNode(nodeId);
  const role = { type: 'SetUserRole', targetUserId: 4, role: Role.Operations, reason: 'watches' } as const;
  cluster.node(1).child.send(role);
  const watch = async (nodeId: number) => {
    const port = cluster.node(nodeId).edgePorts['http'];
    let watcher: WebSocketClient | undefined;
    await until(async () => {
      const client = await follower(t, port, 'U4', 'secret').catch(() => undefined);
      const { error } = (await client?.request('subscribe', { channel: 'cluster' })) ?? { error: true };
      watcher = client;
      return error === undefined;
    });
    return watcher as WebSocketClient;
  };
  const one = await watch(1);
  const states = (message: Message): string =>
    message.cluster.nodes.map(({ state, agrees }: Message) => `${state} ${agrees}`).join(', ');
  const all = await one.take((message) => states(message) === 'serving yes, serving yes, serving yes');
  const { stream, nodes } = all.cluster;
  assert.deepEqual([stream.name, stream.hasQuorum, stream.replicas.length], ['HIVE', true, 3]);
  assert.equal(stream.replicas.filter(({ isLeader }: Message) => isLeader)[0].server, stream.leader);
  assert.deepEqual(
    nodes.map(({ isSelf, lagEntries }: Message) => [isSelf, lagEntries < 10]),
    [
      [true, true],
      [false, true],
      [false, true],
    ],
  );
  for (const { server, clockOffsetMs, version } of nodes) {
    assert.match(server, /./);
    assert.ok(Math.abs(clockOffsetMs) < 1_000);
    assert.equal(version, HIVE_VERSION);
  }
  await cluster.kill(3);
  const lost = await one.take(({ cluster: view }) => view?.nodes[2].state === 'silent');
  assert.ok(lost.cluster.nodes[2].silentMs > 3_000);
  assert.deepEqual(
    lost.cluster.nodes.map(({ state }: Message) => state),
    ['serving', 'serving', 'silent'],
  );
  // Who comes only now knows it from the log.
  const two = await watch(2);
  await two.take(({ cluster: view }) => view?.nodes[2]?.state === 'silent');
  await cluster.startNode(3);
  await one.take(({ cluster: view }) => view?.nodes[2].state === 'serving');
  // Of three servers one has no majority, and nobody leads.
  for (const server of [0, 1]) await cluster.servers.kill(server);
  const { cluster: view } = await one.take(({ cluster: now }) => now?.stream?.hasQuorum === false);
  assert.equal(view.stream.name, 'HIVE');
  for (const server of [0, 1]) cluster.servers.restart(server);
  await one.take(({ cluster: now }) => now?.stream?.hasQuorum === true && now.stream.leader !== '');
});
