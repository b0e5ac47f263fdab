import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { compareReports, startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

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
  // Reports of before were at the first node only: the second gets them from it.
  for (const nodeId of [1, 2]) {
    await trader.trade(cluster.node(nodeId).ouchPort);
    const wanted = trader.reports.length + 100;
    await until(() => trader.reports.length > wanted);
    trader.leave();
    await trader.closed;
  }
  for (const nodeId of [1, 2]) await compareReports(trader, cluster.node(nodeId).ouchPort);
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
