import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { httpTimesMemory } from '#gateways/rest/http-times.ts';
import { ringMemory } from '#replica/rings/broadcast-ring.ts';
import { stageMemory } from '#replica/stage-times.ts';
import { boardMemory } from '#replica/status-board.ts';
import { scrape } from '../../../test/support/exposition.ts';
import { startLoginServer } from '../../../test/support/login-server.ts';
import { whyNoNats } from '../../../test/support/nats-cluster.ts';
import { clusterSettings } from '../../../test/support/node-config.ts';
import { startSilentServer } from '../../../test/support/silent-server.ts';
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
  const server = await startLoginServer(t, directory);
  await (await ClusterLink.connect(server.cluster, 'test')).close();
  const { port } = await start(t, server.cluster, directory);
  const untilQuorum = (wanted: number) =>
    until(async () => (await scrape(port)).samples.get('hive_cluster_quorum') === wanted);
  await untilQuorum(1);

  server.takes('second');
  await server.untilRefused(1);
  await untilQuorum(0);
  server.takes('first');
  await untilQuorum(1);
});

test('operations thread: it ends while a nats-server that takes its connection says nothing', {
  timeout: 20_000,
}, async (t) => {
  const { silent, port } = await startSilentServer(t);
  const connected = once(silent, 'connection');
  const cluster = clusterSettings([`nats://127.0.0.1:${port}`]);
  const { worker } = await start(t, cluster, temporaryDirectory('operations-thread'));
  await connected;
  worker.postMessage({ kind: 'close' });
  assert.deepEqual(await once(worker, 'exit'), [0]);
});
