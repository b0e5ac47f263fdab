import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { StatusBoard } from '#replica/status-board.ts';
import { BackupSet } from '../backup/backup-set.ts';
import { ContinuousBackup } from '../backup/continuous-backup.ts';
import { readKeyFile } from '../backup/key-file.ts';
import { LocalLog } from '../backup/local-log.ts';
import { openTarget } from '../backup/open-target.ts';
import type { BackupThreadData, ToThread } from './messages.ts';
import { sayFigures } from './thread-figures.ts';
import { threadLog } from './thread-log.ts';
import { startWorkerVitals } from './thread-vitals.ts';

const FIGURES_MS = 250;
/** How long the end of the node waits for what is still to be sent. */
const CLOSE_MS_MAX = 10_000;

/** The backup thread: sends the log to a target as it grows. It waits for networks, so nothing else runs on it. */
async function run(data: BackupThreadData): Promise<void> {
  const { dataDirectory, board, epoch, settings } = data;
  const log = new LocalLog(dataDirectory);
  const key = settings.keyFile === undefined ? undefined : readKeyFile(settings.keyFile);
  const backup = new ContinuousBackup({
    set: new BackupSet(openTarget(settings.to), log.meta.logId, key),
    log,
    board: new StatusBoard(board),
    epoch,
    everyMs: settings.everyMs,
    snapshotEveryMs: settings.snapshotEveryMs,
    keep: settings.keep,
    logger: threadLog,
  });
  const figures = setInterval(() => sayFigures(backup.figures()), FIGURES_MS);
  parentPort?.on('message', (message: ToThread) => {
    if (message.kind === 'close') void backup.close(CLOSE_MS_MAX);
  });
  await backup.run();
  clearInterval(figures);
  parentPort?.close();
}

if (!isMainThread) {
  startWorkerVitals();
  await run(workerData as BackupThreadData);
}
