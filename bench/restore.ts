/**
 * Restore with 1,000,000 open orders: a venue takes them over TCP, makes a snapshot, takes a tail of further orders, is backed up to
 * a directory and killed. The figure is the time from beginning the restore until a node that was started on it takes orders: what
 * is read is checked, the log is applied, the state hashes are compared.
 * `node bench/restore.ts [--orders N] [--tail N] [--repetitions N] [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BackupSet } from '#app/backup/backup-set.ts';
import { DamagedSnapshots } from '#app/backup/damaged-snapshots.ts';
import { LocalLog } from '#app/backup/local-log.ts';
import { openTarget } from '#app/backup/open-target.ts';
import { restoreBackup } from '#app/backup/restore-backup.ts';
import { writeBackup } from '#app/backup/write-backup.ts';
import type { NodeStatus } from '#app/node.ts';
import { BackupKey } from '#codec/backup/backup-key.ts';
import { runLoad } from './load/processes.ts';
import { benchDirectory, loadOptions, restartVenue, startVenue } from './load/servers.ts';
import { restingConnections } from './load/traffic.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const CONNECTIONS = 4;
const orders = numberOption('orders', 1_000_000);
const tail = numberOption('tail', 100_000);
const repetitions = numberOption('repetitions', 3);
const directory = join(benchDirectory(), `restore-${process.pid}`);
const targetDirectory = `${directory}-target`;

begin('restore');
const load = { ...loadOptions({ window: 256 }), ordersPerSecond: 0 };
const venue = await startVenue(directory, { hasEdge: false });
await runLoad({ ...load, port: venue.port, connections: restingConnections(CONNECTIONS, 0), orders });
await venue.ask('snapshot');
const later = restingConnections(CONNECTIONS, orders * 2);
await runLoad({ ...load, port: venue.port, connections: later, orders: tail });
const before = (await venue.ask('status')) as NodeStatus;
const log = new LocalLog(directory);
for (const key of [undefined, BackupKey.generate()]) {
  const set = new BackupSet(openTarget(targetDirectory), log.meta.logId, key);
  const backupStart = performance.now();
  const { sequence, stateHash, epoch } = before;
  const damaged = new DamagedSnapshots((error) => {
    throw error;
  });
  const at = { sequence, stateHash, epoch, isContinuous: false };
  const { bytesSent } = await writeBackup({ set, log, ...at, damaged });
  const backupSeconds = (performance.now() - backupStart) / 1_000;
  await measure(set, {
    backupSeconds: rounded(backupSeconds, 2),
    backupMiB: Math.round(bytesSent / 2 ** 20),
  });
}
await venue.kill();
rmSync(directory, { recursive: true, force: true });
rmSync(targetDirectory, { recursive: true, force: true });

async function measure(set: BackupSet, backup: object): Promise<void> {
  const seconds: number[] = [];
  const restoreSeconds: number[] = [];
  let entries = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const into = `${directory}-restored`;
    rmSync(into, { recursive: true, force: true });
    const start = performance.now();
    const restored = await restoreBackup({
      set,
      id: undefined,
      dataDirectory: into,
      end: {},
      wholeLog: false,
    });
    restoreSeconds.push(restored.tookMs / 1_000);
    const again = await restartVenue(into);
    seconds.push((performance.now() - start) / 1_000);
    const after = (await again.ask('status')) as NodeStatus;
    await again.kill();
    rmSync(into, { recursive: true, force: true });
    if (restored.stateHash !== before.stateHash || after.openOrders !== before.openOrders) {
      throw new Error(`${after.openOrders} open orders after the restore, ${before.openOrders} before`);
    }
    entries = restored.sequence - restored.firstSequence + 1;
  }
  print({
    bench: 'restore',
    scenario: set.key === undefined ? 'plain' : 'encrypted',
    openOrders: before.openOrders,
    tailEntries: entries,
    ...backup,
    /** From the beginning of the restore until the node serves, all doors open. */
    secondsMedian: rounded(median(seconds), 2),
    secondsMax: rounded(Math.max(...seconds), 2),
    /** Of these, until the data directory was complete. */
    restoreSecondsMedian: rounded(median(restoreSeconds), 2),
  });
}
