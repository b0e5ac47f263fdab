import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { SHARED_ID_MIN } from '#app/cluster/node-number.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { clusterSettings } from '../support/node-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Cluster } from '../support/test-cluster.ts';
import { type ChildNode, compareReports, startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

test('cluster: nodes without a number share numbers out, keep them over a crash, and give them back', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1);
  const children: ChildNode[] = [];
  t.after(() => {
    for (const { child } of children) child.kill('SIGKILL');
  });
  const start = async (name: string): Promise<ChildNode> => {
    const node = await startChildNode(join(cluster.directory, name), {
      nodeId: 'auto',
      cluster: clusterSettings(cluster.servers.urls),
      attestEvery: 50,
    });
    children.push(node);
    return node;
  };
  const numberOf = async (node: ChildNode): Promise<[number, number]> => {
    const { nodeId, epoch } = await statusOf(node);
    return [nodeId, epoch];
  };
  const stop = async ({ child }: ChildNode, signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await once(child, 'exit');
  };

  const both = await Promise.all([start('a'), start('b')]);
  const numbers = await Promise.all(both.map(numberOf));
  assert.deepEqual(numbers.map(([nodeId]) => nodeId).sort(), [SHARED_ID_MIN, SHARED_ID_MIN + 1]);
  const trader = new Trader('U1', 11);
  await trader.trade(both[0].ouchPort);
  const wanted = trader.reports.length + 100;
  while (trader.reports.length < wanted) await new Promise((resolve) => setTimeout(resolve, 10));

  await stop(both[0], 'SIGKILL');
  await trader.closed;
  const again = await start('a');
  const [nodeId, epoch] = await numberOf(again);
  assert.equal(nodeId, numbers[0][0], 'the directory has its number again');
  assert.ok(epoch > numbers[0][1]);
  await compareReports(trader, again.ouchPort);

  await stop(again, 'SIGTERM');
  const heir = await start('c');
  const [heirId, heirEpoch] = await numberOf(heir);
  assert.equal(heirId, nodeId, 'a number that was given back goes to the next node');
  assert.ok(heirEpoch > epoch, 'which is later in the log than all that had it');
  await compareReports(trader, heir.ouchPort);
  await trader.trade(heir.ouchPort);
  const more = trader.reports.length + 100;
  while (trader.reports.length < more) await new Promise((resolve) => setTimeout(resolve, 10));
  trader.leave();
  await trader.closed;
  await compareReports(trader, both[1].ouchPort);
});

test('start: a node with a log of its own needs a number of its own', async () => {
  const directory = temporaryDirectory('auto');
  const { status, stderr } = await runCli([
    'start',
    '--node-id',
    'auto',
    '--data-dir',
    join(directory, 'data'),
  ]);
  assert.equal(status, 2);
  assert.match(stderr, /nodeId: auto is for a node of a cluster/);
});
