import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import type { OrderRecord } from '#projections/order-records/order-record.ts';
import { listSnapshots, SnapshotError } from '#replica/snapshot-file.ts';
import { restoreFrom } from '../restore.ts';
import { RecordsCore } from './records-core.ts';

export interface RecordsStartOptions {
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly logId: string;
  readonly onRecord: (record: OrderRecord) => void;
  /** A snapshot is passed over. */
  readonly onUnusable: (error: SnapshotError) => void;
}

/**
 * A core that stands where the log is to be applied from: its beginning, or, where that is gone, the oldest snapshot that can be used, so that as many
 * orders as can be have their commands. Undefined: there is none. @throws what is no SnapshotError
 */
export function startRecords(options: RecordsStartOptions): RecordsCore | undefined {
  const { logDirectory, snapshotDirectory, logId, onRecord, onUnusable } = options;
  const firstSequence = listSegments(nodeDisk, logDirectory)[0]?.firstSequence ?? 1;
  if (firstSequence === 1) return new RecordsCore(onRecord);
  for (const { path, sequence } of listSnapshots(snapshotDirectory).reverse()) {
    if (sequence + 1 < firstSequence) continue;
    const start = new RecordsCore(onRecord);
    try {
      restoreFrom(path, logId, start.core);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      onUnusable(error);
      continue;
    }
    start.begin();
    return start;
  }
  return undefined;
}
