import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createFileLog } from '#log/file/file-log.ts';
import { LogId } from '#log/file/format.ts';
import { zerosMailboxMemory } from '#log/file/zeros-mailbox.ts';
import { closeNats } from '#log/jetstream/connection.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { boardMemory } from '#replica/status-board.ts';
import { startLoginServer } from '../../../test/support/login-server.ts';
import { whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { until } from '../../../test/support/test-cluster.ts';
import { ClusterLink, connectCluster } from '../cluster/cluster-link.ts';
import { reportSubject } from '../cluster/report-requests.ts';
import { dataPaths } from '../disk/disk-usage.ts';
import type { ArchiveThreadData } from './messages.ts';
import { vitalsMemory } from './thread-vitals.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';

test('archive thread: it is in the cluster again after the servers have refused it for a while', {
  skip: whyNoNats() ?? false,
  timeout: 60_000,
}, async (t) => {
  const dataDirectory = temporaryDirectory('archive-cluster');
  const paths = dataPaths(dataDirectory);
  const { cluster, refuseForAWhile } = await startLoginServer(t, dataDirectory);
  const begin = { logId: LOG_ID, line: undefined, firstSequence: 1 };
  await (await ClusterLink.connect(cluster, 'test', begin)).close();
  mkdirSync(paths.snapshotDirectory);
  createFileLog(paths.logDirectory, new LogId(LOG_ID), new ManualClock(1_700_000_000, 0));
  const data: ArchiveThreadData = {
    board: boardMemory(),
    zeros: zerosMailboxMemory(),
    paths,
    logId: LOG_ID,
    snapshotPath: undefined,
    snapshotEvery: 1_000,
    snapshotsKept: 3,
    catchUpMsMax: 0,
    keepLogBytes: undefined,
    warnFreeBelowBytes: 0,
    nodeId: 1,
    endSequence: undefined,
    line: 0,
    cluster,
  };
  const vitals = { memory: vitalsMemory(), thread: 'archive' };
  const worker = new Worker(new URL('./archive-thread.ts', import.meta.url), {
    workerData: { ...data, vitals },
  });
  t.after(() => worker.terminate());
  /** Whether it answers another node that looks for reports: it does so over its connection to the cluster. */
  const answers = async (): Promise<boolean> => {
    const connection = await connectCluster(cluster, 'another node');
    try {
      await connection.request(reportSubject(cluster.stream, 1), '{}', { timeout: 1_000 });
      return true;
    } finally {
      await closeNats(connection);
    }
  };
  const untilItAnswers = () => until(() => answers().catch(() => false));
  await untilItAnswers();
  await refuseForAWhile(1);
  await untilItAnswers();
  worker.postMessage({ kind: 'close' });
  await once(worker, 'exit');
});
