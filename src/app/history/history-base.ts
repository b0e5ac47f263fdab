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
 * The starts for a history that ends with entry `lastSequence`, the best first: those from which nothing is skipped, the newest first, then, for
 * where the log was truncated, those that skip something, the oldest first.
 */
export function historyBases(
  logDirectory: string,
  snapshotDirectory: string,
  lastSequence: number,
): HistoryBase[] {
  const firstSequence = listSegments(nodeDisk, logDirectory)[0]?.firstSequence ?? 1;
  const bases: HistoryBase[] = listSnapshots(snapshotDirectory)
    .filter(({ sequence }) => sequence + 1 >= firstSequence)
    .map(({ path, sequence }) => ({ snapshotPath: path, sequence }));
  if (firstSequence === 1) bases.push({ snapshotPath: undefined, sequence: 0 });
  bases.sort((a, b) => a.sequence - b.sequence);
  const skipping = bases.findIndex(({ sequence }) => sequence > lastSequence);
  const whole = skipping === -1 ? bases.length : skipping;
  return [...bases.slice(0, whole).reverse(), ...bases.slice(whole)];
}
