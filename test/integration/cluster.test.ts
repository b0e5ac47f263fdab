import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { compareReports, statusOf, TRADERS, Trader } from '../support/traders.ts';

const NODES = 3;
const skip = whyNoNats() ?? false;

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
