import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { runCli } from '#app/cli/test-support.ts';
import type { NodeConfig } from '#app/node-config.ts';
import { TestClient } from '#gateways/fix/test-support.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { pick } from '../support/fix-venue.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { nodeConfig } from '../support/node-config.ts';
import { PrivateConnection, type ToldReport } from '../support/reconnecting-client.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type ChildNode, compareReports, startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

/** With a name for the door that the test's counterparty knows. */
const FIX = { fix: { ...nodeConfig('').fix, compId: 'VENUE' } } as Partial<NodeConfig>;
/** Execution reports that a FIX session reads when it is back. */
const EXECUTIONS = 80;

/** A FIX session of user U1 at a node. @param next number of its first message */
async function logOn(t: TestContext, node: ChildNode, subId: string, next: number): Promise<TestClient> {
  const socket = connect(node.edgePorts['fix'], '127.0.0.1');
  t.after(() => socket.destroy());
  const wall = {
    get nowMs(): number {
      return Date.now();
    },
  };
  const client = new TestClient(wall, socket, { compId: 'U1', subId, next });
  client.send('A', '98=0|108=30|553=U1|554=secret|');
  assert.match(await client.next(), /^A /);
  return client;
}

/** Ends a session. The platform has noted by then which reports it has had. */
async function logOff(client: TestClient): Promise<void> {
  // The list of instruments comes when the session has begun with its reports.
  client.send('x', '320=r|559=4|');
  assert.match(await client.next(), /^y /);
  client.send('5');
  assert.match(await client.next(), /^5 /);
  assert.equal(await client.next(), 'end');
}

/** What user U1 is told over a WebSocket of its reports from number `from` on. */
async function toldOver({ edgePorts: { http: port } }: ChildNode, from: number): Promise<ToldReport[]> {
  const reports: ToldReport[] = [];
  const connection = await PrivateConnection.open({ port }, 'U1', (report) => void reports.push(report));
  const count = await connection.follow(from);
  await until(() => reports.length > count - from || connection.isOver);
  connection.end();
  return reports;
}

test('cluster: snapshots go to the store, the stream forgets what is behind them, and a node that lacks that begins with them', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1, false, FIX);
  await cluster.startNode(2);
  // Two FIX sessions of the user, which are away from here on.
  for (const subId of ['A', 'B']) await logOff(await logOn(t, cluster.node(1), subId, 1));
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
    const node = await cluster.startNode(nodeId, false, FIX);
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
  // Also from the first report on, which only node 1 had when the others began.
  for (const nodeId of [1, 2, 3]) await compareReports(trader, cluster.node(nodeId).ouchPort);
  const told = await toldOver(cluster.node(1), 1);
  assert.ok(told.length >= trader.reports.length);
  // Of orders that were accepted earlier too, of which the history of nodes 2 and 3 lacks the beginning.
  for (const nodeId of [2, 3])
    for (const from of [1, 97, Math.floor(told.length / 2)])
      assert.deepEqual(await toldOver(cluster.node(nodeId), from), told.slice(from - 1), `${nodeId} ${from}`);
  const executions = async (nodeId: number, subId: string): Promise<string[]> => {
    const client = await logOn(t, cluster.node(nodeId), subId, 4);
    const messages: string[] = [];
    while (messages.length < EXECUTIONS) {
      const message = await client.next();
      if (message.startsWith('8 ')) messages.push(pick(message, 11, 17, 37, 150, 39, 38, 151, 14, 6, 31, 32));
    }
    client.socket.destroy();
    return messages;
  };
  assert.deepEqual(await executions(3, 'A'), await executions(1, 'B'), 'over FIX');
  // They are in the files now: nobody is asked any more.
  await until(() => [2, 3].every((nodeId) => !existsSync(join(cluster.pathOf(nodeId), 'reports-wanted'))));
  await cluster.kill(1);
  await compareReports(trader, cluster.node(3).ouchPort);
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
