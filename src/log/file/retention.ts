import type { SegmentFile } from './scan.ts';

/** What has to stay of a log whose beginning may go. */
export interface LogRetention {
  /** Last entry of the newest verified snapshot: what comes after is never removed. */
  readonly newestSnapshotSequence: number;
  /** Last entry of the oldest snapshot that is kept: a start from it needs every entry after. */
  readonly oldestSnapshotSequence: number;
  /** Last entry that a continuous backup has for good: what comes after is never removed. Infinity where there is none. */
  readonly backedUpSequence: number;
  /** Bytes of segments to keep behind the newest snapshot, whatever the others need. */
  readonly keepBytes: number;
}

/**
 * Where to truncate a log, one segment at a time and the oldest first: for each segment that may go, the sequence that
 * `Log.truncate` takes. Empty when all have to stay.
 * @param segments all of the log, in order, with the bytes of each
 */
export function truncationSequences(
  segments: readonly (SegmentFile & { readonly bytes: number })[],
  { newestSnapshotSequence, oldestSnapshotSequence, backedUpSequence, keepBytes }: LogRetention,
): number[] {
  let behindBytes = 0;
  for (let next = segments.length - 1; next > 0; next--) {
    const lastSequence = segments[next].firstSequence - 1;
    if (lastSequence > newestSnapshotSequence) continue;
    const isDispensable = lastSequence <= Math.min(oldestSnapshotSequence, backedUpSequence);
    if (isDispensable && behindBytes >= keepBytes) {
      return segments.slice(1, next + 1).map(({ firstSequence }) => firstSequence);
    }
    behindBytes += segments[next - 1].bytes;
  }
  return [];
}
