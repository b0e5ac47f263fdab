import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntry } from '#codec/log/entries.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type ChildNode, compareReports, statusOf, Trader } from '../support/traders.ts';

test('cluster: messages at the subject of entries that are none change nothing, on no node, also after restarts', {
  skip: whyNoNats() ?? false,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const first = await cluster.startNode(1);
  const second = await cluster.startNode(2);
  const trader = new Trader('U1', 1);
  await trader.trade(first.ouchPort);
  await until(() => trader.reports.length > 50);
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const sequences: number[] = [];
  for (const text of ['', 'hello', JSON.stringify({ orders: 'of somebody else', qty: 1 })]) {
    const { data } = await connection.request('HIVE.entries', text);
    sequences.push((JSON.parse(Buffer.from(data).toString()) as { seq: number }).seq);
  }
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  trader.leave();
  const foreignOf = async (node: ChildNode) => (await statusOf(node)).cluster?.log.foreign;
  await until(async () => (await foreignOf(first)) === 3 && (await foreignOf(second)) === 3);
  await until(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${second.operationsPort}/metrics`)).text();
    return /^hive_log_foreign_messages_total\S* 3$/m.test(metrics);
  });
  await cluster.kill(1);
  await cluster.startNode(1);
  const third = await cluster.startNode(3);
  await compareReports(trader, third.ouchPort);
  const hashes = await cluster.settled();
  assert.equal(new Set(hashes).size, 1);
  const { cluster: seen, archivedSequence } = await statusOf(third);
  assert.deepEqual(
    seen?.peers.map(({ nodeId }) => nodeId),
    [1, 2, 3],
  );
  assert.ok(archivedSequence > sequences[2]);
  const tail = new LogTail({ directory: `${cluster.pathOf(3)}/log`, fromSequence: sequences[0] });
  tail.poll(
    {
      deliver: (sequence, _seconds, _nanos, words, from, to) => {
        if (!sequences.includes(sequence)) return;
        const { nodeId, commands } = readEntry(words, from, to);
        assert.deepEqual([nodeId, commands], [0, []]);
        sequences.splice(sequences.indexOf(sequence), 1);
      },
    },
    sequences[2],
    Number.POSITIVE_INFINITY,
  );
  tail.close();
  assert.deepEqual(sequences, []);
});
