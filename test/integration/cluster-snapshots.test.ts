import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats } from '#log/jetstream/connection.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { compareReports, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

test('cluster: snapshots go to the store, the stream forgets what is behind them, and a node that lacks that begins with them', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  // Node 4 agrees with node 1 while node 2 is away: nobody need wait until that one counts as silent.
  for (const nodeId of [1, 2, 4]) await cluster.startNode(nodeId);
  // Slow enough that a state is agreed upon before the next snapshot takes the place of the one that waits for it.
  const trader = new Trader('U1', 5, 20);
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
  assert.deepEqual(hashes, new Array(4).fill(hashes[0]));
  await trader.trade(cluster.node(3).ouchPort);
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  trader.leave();
  // Also from the first report on, which only node 1 had when the others began.
  for (const nodeId of [1, 2, 3, 4]) await compareReports(trader, cluster.node(nodeId).ouchPort);
});
