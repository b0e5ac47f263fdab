import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { httpTimesMemory } from '#gateways/rest/http-times.ts';
import { ringMemory } from '#replica/rings/broadcast-ring.ts';
import { stageMemory } from '#replica/stage-times.ts';
import { boardMemory } from '#replica/status-board.ts';
import { scrape } from '../../../test/support/exposition.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { clusterSettings } from '../../../test/support/node-config.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { until } from '../../../test/support/test-cluster.ts';
import { ClusterLink } from '../cluster/cluster-link.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import type { OperationsThreadData, ReadyMessage } from './messages.ts';
import { vitalsMemory, type WorkerVitals } from './thread-vitals.ts';

/** The operations thread of a node of a cluster, and its port. */
async function start(t: TestContext, cluster: ClusterSettings, dataDirectory: string) {
  const data: OperationsThreadData & WorkerVitals = {
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    nodeId: 1,
    board: boardMemory(),
    ring: ringMemory(1 << 16),
    stages: stageMemory(),
    httpTimes: httpTimesMemory(),
    cluster,
    dataDirectory,
    certificates: {},
    vitals: { memory: vitalsMemory(), thread: 'operations' },
  };
  const worker = new Worker(new URL('./operations-thread.ts', import.meta.url), { workerData: data });
  t.after(() => worker.terminate());
  const [{ ports }] = (await once(worker, 'message')) as [ReadyMessage];
  return { worker, port: ports['operations'] ?? 0 };
}

test('operations thread: it looks at the cluster again after the servers have refused it for a while', {
  skip: whyNoNats() ?? false,
  timeout: 60_000,
}, async (t) => {
  const directory = temporaryDirectory('operations-thread');
  const passwordFile = join(directory, 'password');
  const serversTake = (password: string) =>
    writeFileSync(join(directory, 'password.conf'), `PASSWORD: "${password}"\n`);
  writeFileSync(passwordFile, 'first\n');
  serversTake('first');
  const servers = await NatsServers.start({
    count: 1,
    directory,
    configuration: [
      'include ../password.conf',
      'authorization { users: [ { user: hive, password: $PASSWORD } ] }',
    ],
  });
  t.after(() => servers.close());
  const cluster = clusterSettings(servers.urls, { replicas: 1, user: 'hive', passwordFile });
  await (await ClusterLink.connect(cluster, 'test')).close();
  const { port } = await start(t, cluster, directory);
  const untilQuorum = (wanted: number) =>
    until(async () => (await scrape(port)).samples.get('hive_cluster_quorum') === wanted);
  await untilQuorum(1);

  const [server] = servers.pids;
  serversTake('second');
  process.kill(server, 'SIGHUP');
  const log = join(directory, 'n1', 'server.log');
  await until(() => readFileSync(log, 'utf8').includes('authentication error'));
  await untilQuorum(0);
  serversTake('first');
  process.kill(server, 'SIGHUP');
  await untilQuorum(1);
});

test('operations thread: it ends while a nats-server that takes its connection says nothing', {
  timeout: 20_000,
}, async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const connected = once(silent, 'connection');
  const cluster = clusterSettings([`nats://127.0.0.1:${port}`]);
  const { worker } = await start(t, cluster, temporaryDirectory('operations-thread'));
  await connected;
  worker.postMessage({ kind: 'close' });
  assert.deepEqual(await once(worker, 'exit'), [0]);
});
