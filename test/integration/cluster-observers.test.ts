import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type ChildNode, compareReports, startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

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
