import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Objm } from '@nats-io/obj';
import { ClusterLink } from '#app/cluster/cluster-link.ts';
import type { NodeConfig } from '#app/node-config.ts';
import { TestClient } from '#gateways/fix/test-support.ts';
import { pick } from '../support/fix-venue.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { clusterSettings, nodeConfig } from '../support/node-config.ts';
import { PrivateConnection, type ToldReport } from '../support/reconnecting-client.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type ChildNode, compareReports, statusOf, Trader } from '../support/traders.ts';

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

/** What user U1's session is told when it is back: the first execution reports. */
async function executionsOf(t: TestContext, node: ChildNode, subId: string): Promise<string[]> {
  const client = await logOn(t, node, subId, 4);
  const messages: string[] = [];
  while (messages.length < EXECUTIONS) {
    const message = await client.next();
    assert.notEqual(message, 'end');
    if (message.startsWith('8 ')) messages.push(pick(message, 11, 17, 37, 150, 39, 38, 151, 14, 6, 31, 32));
  }
  client.socket.destroy();
  return messages;
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

test('cluster: at a node that begins with a snapshot clients recover their reports from the first on, at every door', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1, false, FIX);
  // Two FIX sessions of the user, which are away from here on.
  for (const subId of ['A', 'B']) await logOff(await logOn(t, cluster.node(1), subId, 1));
  const trader = new Trader('U1', 5);
  await trader.trade(cluster.node(1).ouchPort);
  const link = await ClusterLink.connect(clusterSettings(cluster.servers.urls), 'test');
  t.after(() => link.close());
  await link.snapshots();
  const objects = await new Objm(link.connection).open('HIVE_SNAPSHOTS');
  // One consumer, however long it takes: each list of the store would make another.
  for await (const _ of await objects.watch({ includeHistory: true })) break;
  trader.leave();
  await trader.closed;

  await cluster.startNode(2, false, FIX);
  assert.ok((await statusOf(cluster.node(2))).firstSequence > 1, 'it has no log of before');
  await compareReports(trader, cluster.node(2).ouchPort);
  const told = await toldOver(cluster.node(1), 1);
  assert.ok(told.length >= trader.reports.length);
  // Also of orders that were accepted before: history of node 2 lacks their beginning.
  for (const from of [1, 97, Math.floor(told.length / 2)])
    assert.deepEqual(await toldOver(cluster.node(2), from), told.slice(from - 1), `from ${from} on`);
  const expected = await executionsOf(t, cluster.node(1), 'A');
  assert.deepEqual(await executionsOf(t, cluster.node(2), 'B'), expected);
  // They are in its files now: nobody is asked any more.
  await until(() => !existsSync(join(cluster.pathOf(2), 'reports-wanted')));
  await cluster.kill(1);
  await compareReports(trader, cluster.node(2).ouchPort);
});
