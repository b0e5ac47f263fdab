import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OuchClient } from '#app/ouch-client.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { entrySubject } from '#log/jetstream/stream-config.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { send } from '../support/random-flow.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { type ChildNode, statusOf } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

/** State of a part on a node's public status page; undefined: it is not there. */
async function partOf({ edgePorts }: ChildNode, name: string): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${edgePorts['http']}/status.json`);
  const { components = [] } = (await answer.json()) as { components?: { name: string; state: string }[] };
  return components.find((part) => part.name === name)?.state;
}

/** The bytes of an entry in which a node attests a state. */
function attestation(nodeId: number, sequence: number): Uint8Array {
  let bytes = new Uint8Array(0);
  const log = new MemoryLog(
    new ManualClock(),
    followerOf((_, __, ___, words, from, to) => {
      bytes = words.u8.slice(from * 4, to * 4);
    }),
  );
  const outbox = new Outbox(nodeId, 1, () => {});
  const stateHash = { stateHashHigh: 1, stateHashLow: 2 };
  send(outbox, { type: 'Attest', nodeId, attestedSequence: sequence, ...stateHash });
  outbox.drain(log);
  log.commit();
  return bytes;
}

test('cluster: a node that most others contradict stops, says so, keeps its evidence and does not start on it again', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const to = join(cluster.directory, 'target');
  const backup = { to, keyFile: undefined, everyMs: 50, snapshotEveryMs: 60_000, keep: 2 };
  const node = await cluster.startNode(1, false, { backup });
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const { sequence } = await statusOf(node);
  for (const nodeId of [8, 9]) connection.publish(entrySubject('HIVE'), attestation(nodeId, sequence));
  await until(async () => (await statusOf(node)).state === 'stopped');
  assert.match(
    (await statusOf(node)).reason ?? '',
    /^a majority of the nodes has another state: keep the data/,
  );
  const probe = async (path: string) =>
    (await fetch(`http://127.0.0.1:${node.operationsPort}${path}`)).status;
  // Another process would find the same log: it is not to be started again.
  assert.deepEqual([await probe('/readyz'), await probe('/healthz')], [503, 200]);
  await assert.rejects(
    OuchClient.connect({ port: node.ouchPort, username: 'U1', password: 'secret' }, () => {}),
  );
  await until(async () => (await statusOf(node)).threads['backupDead'] === 1);
  const path = cluster.pathOf(1);
  assert.ok(existsSync(join(path, 'divergence.json')));
  await cluster.kill(1);
  await assert.rejects(cluster.startNode(1), /the node ended with/);
  rmSync(path, { recursive: true });
  const fresh = await cluster.startNode(1);
  assert.ok((await statusOf(fresh)).sequence > sequence);
});

test('cluster: the sessions of a dead node end, with them the orders that were to, and the others say that it is out', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  await cluster.startNode(1);
  const node = await cluster.startNode(2);
  const login = { port: node.ouchPort, username: 'U1', password: 'secret' };
  const client = await OuchClient.connect(login, () => {});
  client.setCancelOnDisconnect(true);
  await client.enter({ side: 'B', symbol: 'BTCUSD', quantity: 1, price: 90_000, timeInForce: '0' });
  await until(async () => (await statusOf(cluster.node(1))).openOrders === 1);
  await until(async () => (await partOf(cluster.node(1), 'node-2')) === 'operational');
  await cluster.kill(2);
  await until(async () => (await statusOf(cluster.node(1))).openOrders === 0);
  await until(async () => (await partOf(cluster.node(1), 'node-2')) === 'outage');
});
