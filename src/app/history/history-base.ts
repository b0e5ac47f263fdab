import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';

/** Where a core begins that is to bring history up to date. */
export interface HistoryBase {
  /** Snapshot to start from; undefined: the beginning of the log. */
  readonly snapshotPath: string | undefined;
  /** Entry after which the core stands. */
  readonly sequence: number;
}

/**
 * The best start for a history that ends with entry `lastSequence`: the newest from which nothing is skipped, or, where
 * there is none because the log was truncated, the oldest that there is. Undefined: none of either kind.
 */
export function historyBase(
  logDirectory: string,
  snapshotDirectory: string,
  lastSequence: number,
): HistoryBase | undefined {
  const firstSequence = listSegments(nodeDisk, logDirectory)[0]?.firstSequence ?? 1;
  const bases: HistoryBase[] = listSnapshots(snapshotDirectory)
    .filter(({ sequence }) => sequence + 1 >= firstSequence)
    .map(({ path, sequence }) => ({ snapshotPath: path, sequence }));
  if (firstSequence === 1) bases.push({ snapshotPath: undefined, sequence: 0 });
  bases.sort((a, b) => a.sequence - b.sequence);
  return bases.findLast(({ sequence }) => sequence <= lastSequence) ?? bases[0];
}
