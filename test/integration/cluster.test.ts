import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OuchClient } from '#app/ouch-client.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { entrySubject } from '#log/jetstream/stream-config.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { send } from '../support/random-flow.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import {
  type ChildNode,
  compareReports,
  startChildNode,
  statusOf,
  TRADERS,
  Trader,
} from '../support/traders.ts';

const NODES = 3;
const skip = whyNoNats() ?? false;

/** State of a part on a node's public status page; undefined: it is not there. */
async function partOf({ edgePorts }: ChildNode, name: string): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${edgePorts['http']}/status.json`);
  const { components = [] } = (await answer.json()) as { components?: { name: string; state: string }[] };
  return components.find((part) => part.name === name)?.state;
}

test('cluster: nodes are killed under load; clients go on at others, every report once, all states equal', {
  skip,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const cluster = await Cluster.start(t);
  for (let nodeId = 1; nodeId <= NODES; nodeId++) await cluster.startNode(nodeId);
  const traders = TRADERS.map((name, index) => new Trader(name, seed + index));
  for (let round = 0; round < NODES; round++) {
    // Two trade at the node that is to die, two at others.
    const victim = round + 1;
    const at = traders.map((_, i) => 1 + ((victim - 1 + Math.max(0, i - 1)) % NODES));
    await Promise.all(traders.map((trader, i) => trader.trade(cluster.node(at[i]).ouchPort)));
    const wanted = traders.map(({ reports }) => reports.length + 200);
    await until(() => traders.every(({ reports }, i) => reports.length >= wanted[i]));
    await cluster.kill(victim);
    const others = traders.filter((_, i) => at[i] !== victim).map(({ reports }) => reports.length + 100);
    await until(() =>
      traders.filter((_, i) => at[i] !== victim).every(({ reports }, i) => reports.length >= others[i]),
    );
    for (const trader of traders) trader.leave();
    await Promise.all(traders.map(({ closed }) => closed));
    await cluster.startNode(victim);
  }
  for (const [i, trader] of traders.entries())
    await compareReports(trader, cluster.node(1 + (i % NODES)).ouchPort);
  const hashes = await cluster.settled();
  assert.deepEqual(hashes, new Array(NODES).fill(hashes[0]));
  for (let nodeId = 1; nodeId <= NODES; nodeId++) {
    const { state, divergedSequence, cluster: view } = await statusOf(cluster.node(nodeId));
    assert.deepEqual(
      [state, divergedSequence, view?.peers.map(({ agrees }) => agrees)],
      ['serving', 0, [true, true, true]],
    );
  }
});

test('cluster: an observer compares, is promoted, and is demoted again; its health says so', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1);
  const observer = await cluster.startNode(2, true);
  const health = async ({ operationsPort }: ChildNode): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${operationsPort}/readyz`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  assert.deepEqual([observer.ouchPort, await health(observer)], [0, '503 {"state":"observing"}']);
  const trader = new Trader('U1', 1);
  await trader.trade(cluster.node(1).ouchPort);
  await until(() => trader.reports.length > 200);
  trader.leave();
  await until(async () => ((await statusOf(observer)).cluster?.agreedSequence ?? 0) > 0);
  observer.child.send('promote');
  const [promoted] = (await once(observer.child, 'message')) as [{ state: string; ouchPort: number }];
  assert.equal(promoted.state, 'serving');
  assert.equal(await health(observer), '200 {"state":"serving"}');
  await compareReports(trader, promoted.ouchPort);
  await trader.trade(promoted.ouchPort);
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  observer.child.send('demote');
  const [demoted] = (await once(observer.child, 'message')) as [{ state: string }];
  await trader.closed;
  assert.deepEqual([demoted.state, await health(observer)], ['observing', '503 {"state":"observing"}']);
  await compareReports(trader, cluster.node(1).ouchPort);
  observer.child.send('promote');
  const [again] = (await once(observer.child, 'message')) as [
    { state: string; epoch: number; ouchPort: number },
  ];
  assert.deepEqual([again.state, again.epoch], ['serving', 2]);
  await compareReports(trader, again.ouchPort);
  const hashes = await cluster.settled();
  assert.equal(hashes[0], hashes[1]);
});

test('cluster: a directory of one log is no node of another; a second process with its number ends the first', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const first = await cluster.startNode(1);
  await compareReports(new Trader('U1', 1), first.ouchPort);
  const copy = await cluster.startNode(2);
  assert.equal((await statusOf(copy)).state, 'serving');
  const twin = await startChildNode(join(cluster.directory, 'twin'), {
    nodeId: 2,
    cluster: {
      servers: cluster.servers.urls,
      stream: 'HIVE',
      replicas: 3,
      maxBytes: 2 ** 30,
      mirrorOf: undefined,
      credentialsFile: undefined,
      user: undefined,
      passwordFile: undefined,
      tls: undefined,
      observe: false,
    },
  });
  t.after(() => twin.child.kill('SIGKILL'));
  await until(async () => (await statusOf(copy)).state === 'stopped');
  assert.match(
    (await statusOf(copy)).reason ?? '',
    /^another process appends as node 2 \(start 2; this is start 1\)/,
  );
  assert.equal((await statusOf(twin)).state, 'serving');
});

/** The bytes of an entry in which a node attests a state. */
function attestation(nodeId: number, sequence: number): Uint8Array {
  let bytes = new Uint8Array(0);
  const log = new MemoryLog(
    new ManualClock(),
    followerOf((_, __, ___, words, from, to) => {
      bytes = words.u8.slice(from * 4, to * 4);
    }),
  );
  const outbox = new Outbox(nodeId, 1, () => {});
  const stateHash = { stateHashHigh: 1, stateHashLow: 2 };
  send(outbox, { type: 'Attest', nodeId, attestedSequence: sequence, ...stateHash });
  outbox.drain(log);
  log.commit();
  return bytes;
}

test('cluster: a node that most others contradict stops, says so, keeps its evidence and does not start on it again', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const to = join(cluster.directory, 'target');
  const backup = { to, keyFile: undefined, everyMs: 50, snapshotEveryMs: 60_000, keep: 2 };
  const node = await cluster.startNode(1, false, { backup });
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const { sequence } = await statusOf(node);
  for (const nodeId of [8, 9]) connection.publish(entrySubject('HIVE'), attestation(nodeId, sequence));
  await until(async () => (await statusOf(node)).state === 'stopped');
  assert.match(
    (await statusOf(node)).reason ?? '',
    /^a majority of the nodes has another state: keep the data/,
  );
  const probe = async (path: string) =>
    (await fetch(`http://127.0.0.1:${node.operationsPort}${path}`)).status;
  // Another process would find the same log: it is not to be started again.
  assert.deepEqual([await probe('/readyz'), await probe('/healthz')], [503, 200]);
  await assert.rejects(
    OuchClient.connect({ port: node.ouchPort, username: 'U1', password: 'secret' }, () => {}),
  );
  await until(async () => (await statusOf(node)).threads['backupDead'] === 1);
  const path = cluster.pathOf(1);
  assert.ok(existsSync(join(path, 'divergence.json')));
  await cluster.kill(1);
  await assert.rejects(cluster.startNode(1), /the node ended with/);
  rmSync(path, { recursive: true });
  const fresh = await cluster.startNode(1);
  assert.ok((await statusOf(fresh)).sequence > sequence);
});

test('cluster: the sessions of a dead node end, with them the orders that were to, and the others say that it is out', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1);
  const node = await cluster.startNode(2);
  const login = { port: node.ouchPort, username: 'U1', password: 'secret' };
  const client = await OuchClient.connect(login, () => {});
  client.setCancelOnDisconnect(true);
  await client.enter({ side: 'B', symbol: 'BTCUSD', quantity: 1, price: 90_000, timeInForce: '0' });
  await until(async () => (await statusOf(cluster.node(1))).openOrders === 1);
  await until(async () => (await partOf(cluster.node(1), 'node-2')) === 'operational');
  await cluster.kill(2);
  await until(async () => (await statusOf(cluster.node(1))).openOrders === 0);
  await until(async () => (await partOf(cluster.node(1), 'node-2')) === 'outage');
});
