import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoNats } from '../support/nats-cluster.ts';
import {
  PrivateConnection,
  ReconnectingClient,
  type ToldOrder,
  type ToldReport,
} from '../support/reconnecting-client.ts';
import { checkReports, type ReportEvidence } from '../support/report-check.ts';
import { restNodeConfig } from '../support/rest-node.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import type { ChildNode } from '../support/traders.ts';

const NODES = 3;
const skip = whyNoNats() ?? false;
/** Two of them are one user at two connections, whose orders race for numbers. */
const CLIENTS = ['U1', 'U2', 'U3', 'U4', 'U1'];
/**
 * Rates that no client reaches, and all snapshots kept, and with them the log from the first one on: a node that is away meanwhile is not overtaken, for
 * its history would then lack what the others removed (docs/cluster.md).
 */
const UNHURRIED = { access: restNodeConfig('').access, snapshots: { everyEntries: 300, keep: 1_000 } };
/** Reports that each client gets, and orders that each has answered, before and after each fault. */
const REPORTS_BETWEEN = 50;
const ANSWERS_BETWEEN = 10;

/** What a fresh client and the order history of a node say of a user. */
async function evidenceOf(
  { edgePorts: { http: port } }: ChildNode,
  name: string,
  acknowledged: Iterable<string>,
): Promise<ReportEvidence> {
  const again: ToldReport[] = [];
  const connection = await PrivateConnection.open({ port }, name, (report) => void again.push(report));
  const count = await connection.follow(1);
  await until(() => again.length >= count || connection.isOver);
  const orders = await connection.list<ToldOrder>('/orders');
  const fills = await connection.list<{ readonly reportNumber: number }>('/fills');
  connection.end();
  return { again, orders, fills: fills.map(({ reportNumber }) => reportNumber), acknowledged };
}

/**
 * Resolves when the log has what a node was asked before, also by clients that have left it: what is asked of it later comes later. A node
 * that was frozen or cut off may keep it for a while.
 */
async function emptied({ edgePorts: { http: port } }: ChildNode, text: string): Promise<void> {
  const connection = await PrivateConnection.open({ port }, 'U2', () => {});
  const { result, error } = await connection.request('order.place', {
    symbol: 'BTCUSD',
    side: 'buy',
    type: 'limit',
    timeInForce: 'immediate-or-cancel',
    price: '990',
    quantity: '1',
    clientOrderId: text,
  });
  connection.end();
  assert.ok(result !== undefined, JSON.stringify(error));
}

test('WebSocket clients of nodes that are killed and frozen go on at others: every report once, every order once', {
  skip,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const cluster = await Cluster.start(t);
  for (let nodeId = 1; nodeId <= NODES; nodeId++) await cluster.startNode(nodeId, false, UNHURRIED);
  /** The node to which clients that connect now have to go; undefined: to any that runs, frozen or not. */
  let only: number | undefined;
  const places = () => {
    const nodes =
      only === undefined ? cluster.nodes.filter((node) => node !== undefined) : [cluster.node(only)];
    return nodes.map(({ edgePorts }) => ({ port: edgePorts['http'] }));
  };
  const clients = CLIENTS.map((name, i) => new ReconnectingClient(name, `c${i}`, seed + i, places));
  const progress = async (): Promise<void> => {
    const wanted = clients.map(({ lastNumber, acknowledged }) => [
      lastNumber + REPORTS_BETWEEN,
      acknowledged.size + ANSWERS_BETWEEN,
    ]);
    await until(() =>
      clients.every(
        ({ lastNumber, acknowledged }, i) => lastNumber >= wanted[i][0] && acknowledged.size >= wanted[i][1],
      ),
    );
  };
  /** Moves one client to a node, so that the fault that follows meets somebody. */
  const visit = async (nodeId: number): Promise<void> => {
    const client = clients[nodeId];
    const { http: port } = cluster.node(nodeId).edgePorts;
    only = nodeId;
    await until(() => {
      if (client.port !== 0 && client.port !== port) client.leave();
      return client.port === port;
    });
    only = undefined;
    await progress();
  };
  for (const client of clients) client.start();
  for (let victim = 1; victim <= NODES; victim++) {
    await visit(victim);
    await cluster.kill(victim);
    await progress();
    await cluster.startNode(victim, false, UNHURRIED);
  }
  const frozen = 1 + (seed % NODES);
  await visit(frozen);
  cluster.node(frozen).child.kill('SIGSTOP');
  await progress();
  cluster.node(frozen).child.kill('SIGCONT');
  await progress();
  for (const client of clients) client.rest();
  await until(() => clients.every(({ isSettled }) => isSettled));
  for (let nodeId = 1; nodeId <= NODES; nodeId++) await emptied(cluster.node(nodeId), `last-${nodeId}`);
  // Each client asks its own node for what is lacking: that has to have all of it.
  await cluster.settled();
  await Promise.all(clients.map((client) => client.finish()));
  const hashes = await cluster.settled();
  assert.deepEqual(hashes, new Array(NODES).fill(hashes[0]));
  const ends = clients.flatMap(({ ends }) => ends);
  assert.ok(ends.includes(1006) && ends.includes('silent'), `they left dead and frozen nodes: ${ends}`);

  for (const [i, client] of clients.entries()) {
    const { name, reports, acknowledged } = client;
    const evidence = await evidenceOf(cluster.node(1 + ((i + seed) % NODES)), name, acknowledged);
    assert.deepEqual(checkReports(name, reports, evidence), []);
    t.diagnostic(
      `${name}: ${reports.length} reports, ${acknowledged.size} orders, ${client.sessions} connections, left for ${client.ends}`,
    );
  }
});
