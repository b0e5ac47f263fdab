import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats } from '#log/jetstream/connection.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { statusOf } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

test('cluster: a stream that is made unsafe while nodes run is told by the status and by health, until it is repaired', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const node = await cluster.startNode(1);
  const connection = await connectNats({ servers: cluster.servers.urls, name: 'test' });
  t.after(() => connection.close());
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const problemOf = async (): Promise<string | undefined> => (await statusOf(node)).cluster?.problem;
  const ready = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${node.operationsPort}/readyz`);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await problemOf(), undefined);
  await manager.streams.update('HIVE', { discard: 'old' });
  await until(async () => (await problemOf()) !== undefined);
  const problem =
    /stream HIVE is not safe for a log: discard is .*old.* and must be new\. Repair it with: nats stream edit HIVE --discard=new/;
  assert.match((await problemOf()) ?? '', problem);
  assert.match(
    await ready(),
    /^200 \{"state":"serving","warning":"stream HIVE is not safe for a log: discard is /,
  );
  await manager.streams.update('HIVE', { discard: 'new' });
  await until(async () => (await problemOf()) === undefined);
  assert.match(await ready(), /^200 \{"state":"serving"\}/);
});
