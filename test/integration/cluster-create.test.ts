import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { runCli } from '#app/cli/test-support.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { connectNats } from '#log/jetstream/connection.ts';
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

test('cluster: a node whose stream is gone makes no other one, from which the log of its directory could not go on', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const path = cluster.pathOf(1);
  await cluster.startNode(1);
  await compareReports(new Trader('U1', 1), cluster.node(1).ouchPort);
  await cluster.kill(1);
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const manager = await jetstreamManager(connection, { checkAPI: false });
  await manager.streams.delete('HIVE');

  const urls = cluster.servers.urls.join(',');
  const started = await runCli(['start', '--node-id', '1', '--data-dir', path, '--cluster', urls]);
  assert.equal(started.status, 3, started.stderr);
  assert.match(
    started.stderr,
    /there is no stream HIVE, of which .*node-1 has a copy: correct the name, or make it of the longest copy \("hive cluster create", docs\/cluster\.md\)/,
  );
  await assert.rejects(manager.streams.info('HIVE'), { message: 'stream not found' });

  const create = ['cluster', 'create', '--data-dir', path, '--cluster', urls];
  const store = await new Objm(connection).open('HIVE_SNAPSHOTS');
  const { logId } = readDataDirectoryMeta(path);
  const name = 'snapshot-0000000000999999.hms';
  await store.putBlob({ name, metadata: { logId, stateHash: '' } }, Buffer.from('of a history that is gone'));
  const refused = await runCli(create);
  assert.equal(refused.status, 1, refused.stderr);
  assert.match(
    refused.stderr,
    /store HIVE_SNAPSHOTS has a snapshot after entry 999999, and the log ends with/,
  );
  await manager.streams.delete('OBJ_HIVE_SNAPSHOTS');
  const created = await runCli(create);
  assert.equal(created.status, 0, created.stderr);
  await cluster.startNode(1);
  await compareReports(new Trader('U1', 1), cluster.node(1).ouchPort);
});
