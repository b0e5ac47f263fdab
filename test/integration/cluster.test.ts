import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { runCli } from '#app/cli/test-support.ts';
import type { NodeConfig } from '#app/node-config.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { entrySubject } from '#log/jetstream/stream-config.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { send } from '../support/random-flow.ts';
import {
  type ChildNode,
  compareReports,
  startChildNode,
  statusOf,
  TRADERS,
  Trader,
} from '../support/traders.ts';

const NODES = 3;
const missing = whyNoNats();
const skip = missing ?? false;

/** Three nats-servers, and nodes that a test starts on them. */
class Cluster {
  readonly servers: NatsServers;
  readonly directory: string;
  /** By node number minus one; undefined: not running. */
  readonly nodes: (ChildNode | undefined)[] = [];

  private constructor(servers: NatsServers, directory: string) {
    this.servers = servers;
    this.directory = directory;
  }

  static async start(t: TestContext): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'hive-cluster-'));
    const servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
    const cluster = new Cluster(servers, directory);
    t.after(async () => {
      for (const node of cluster.nodes) node?.child.kill('SIGKILL');
      await servers.close();
      rmSync(directory, { recursive: true, force: true });
    });
    return cluster;
  }

  pathOf(nodeId: number): string {
    return join(this.directory, `node-${nodeId}`);
  }

  async startNode(nodeId: number, observe = false): Promise<ChildNode> {
    const cluster: NodeConfig['cluster'] = {
      servers: this.servers.urls,
      stream: 'HIVE',
      replicas: 3,
      maxBytes: 2 ** 30,
      mirrorOf: undefined,
      credentialsFile: undefined,
      user: undefined,
      passwordFile: undefined,
      tls: undefined,
      observe,
    };
    const operations = { host: '127.0.0.1', port: 0 };
    const node = await startChildNode(this.pathOf(nodeId), { nodeId, cluster, operations, attestEvery: 50 });
    this.nodes[nodeId - 1] = node;
    return node;
  }

  async kill(nodeId: number): Promise<void> {
    const node = this.nodes[nodeId - 1];
    this.nodes[nodeId - 1] = undefined;
    node?.child.kill('SIGKILL');
    if (node !== undefined) await once(node.child, 'exit');
  }

  node(nodeId: number): ChildNode {
    const node = this.nodes[nodeId - 1];
    assert.ok(node !== undefined, `node ${nodeId} runs`);
    return node;
  }

  /** Waits until all nodes that run stand after the same entry; returns their state hashes. */
  async settled(): Promise<string[]> {
    for (;;) {
      const running = this.nodes.filter((node) => node !== undefined);
      const statuses = await Promise.all(running.map(statusOf));
      if (new Set(statuses.map(({ sequence }) => sequence)).size === 1) {
        return statuses.map(({ stateHash }) => stateHash);
      }
    }
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
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
    const response = await fetch(`http://127.0.0.1:${operationsPort}/health/ready`);
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
  const node = await cluster.startNode(1);
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const { sequence } = await statusOf(node);
  for (const nodeId of [8, 9]) connection.publish(entrySubject('HIVE'), attestation(nodeId, sequence));
  await until(async () => (await statusOf(node)).state === 'stopped');
  assert.match(
    (await statusOf(node)).reason ?? '',
    /^a majority of the nodes has another state: keep the data/,
  );
  const live = await fetch(`http://127.0.0.1:${node.operationsPort}/health/live`);
  assert.equal(live.status, 503);
  await assert.rejects(
    OuchClient.connect({ port: node.ouchPort, username: 'U1', password: 'secret' }, () => {}),
  );
  const path = cluster.pathOf(1);
  assert.ok(existsSync(join(path, 'divergence.json')));
  await cluster.kill(1);
  await assert.rejects(cluster.startNode(1), /the node ended with/);
  rmSync(path, { recursive: true });
  const fresh = await cluster.startNode(1);
  assert.ok((await statusOf(fresh)).sequence > sequence);
});

test('cluster: the sessions of a dead node end, and with them the orders that were to', {
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
  await cluster.kill(2);
  await until(async () => (await statusOf(cluster.node(1))).openOrders === 0);
});

test('cluster: snapshots go to the store, the stream forgets what is behind them, and a node that lacks that begins with them', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1);
  await cluster.startNode(2);
  const trader = new Trader('U1', 5);
  await trader.trade(cluster.node(1).ouchPort);
  await until(() => trader.reports.length > 100);
  await cluster.kill(2);
  // Node 2 was there for the first entries only: the stream must forget those after them.
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const firstSequence = async (): Promise<number> => (await manager.streams.info('HIVE')).state.first_seq;
  const { sequence } = await statusOf(cluster.node(1));
  await until(async () => (await firstSequence()) > sequence);
  trader.leave();
  await trader.closed;

  for (const nodeId of [2, 3]) {
    const node = await cluster.startNode(nodeId);
    const { firstSequence: begin, state } = await statusOf(node);
    assert.equal(state, 'serving');
    assert.ok(begin > sequence, `node ${nodeId} has the log from entry ${begin} on`);
  }
  assert.ok(
    readdirSync(cluster.pathOf(2)).some((name) => name.startsWith('log-1-')),
    'its old copy is put aside',
  );
  const hashes = await cluster.settled();
  assert.deepEqual(hashes, new Array(3).fill(hashes[0]));
  await trader.trade(cluster.node(3).ouchPort);
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  trader.leave();
  await compareReports(trader, cluster.node(1).ouchPort);
});

test('cluster: a node that had a log of its own becomes the first of a cluster, which goes on with that log', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const path = cluster.pathOf(1);
  const single = await startChildNode(path);
  t.after(() => single.child.kill('SIGKILL'));
  const trader = new Trader('U1', 7);
  await trader.trade(single.ouchPort);
  await until(() => trader.reports.length > 200);
  trader.leave();
  await trader.closed;
  single.child.kill('SIGTERM');
  await once(single.child, 'exit');

  const create = ['cluster', 'create', '--data-dir', path, '--cluster', cluster.servers.urls.join(',')];
  const created = await runCli([...create, '--json']);
  assert.equal(created.status, 0, created.stderr);
  const { sequence } = JSON.parse(created.stdout) as { sequence: number };
  for (const nodeId of [1, 2]) await cluster.startNode(nodeId);
  assert.equal((await statusOf(cluster.node(1))).firstSequence, 1);
  assert.equal((await statusOf(cluster.node(2))).firstSequence, sequence + 1);
  // Reports of before are at the first node only: whoever lacks some gets them there.
  for (const nodeId of [1, 2]) {
    await trader.trade(cluster.node(nodeId).ouchPort);
    const wanted = trader.reports.length + 100;
    await until(() => trader.reports.length > wanted);
    trader.leave();
    await trader.closed;
  }
  await compareReports(trader, cluster.node(1).ouchPort);
  const hashes = await cluster.settled();
  assert.equal(hashes[0], hashes[1]);

  const twice = await runCli(create.with(3, cluster.pathOf(2)));
  assert.deepEqual([twice.status, twice.stdout], [6, ''], 'its node runs');
  await cluster.kill(2);
  const exists = await runCli(create.with(3, cluster.pathOf(2)));
  assert.equal(exists.status, 1);
  assert.match(
    exists.stderr,
    /^hive: stream HIVE is there already and holds log [0-9a-f-]+: start nodes on it/,
  );
});
