import { EntryHeader } from '#domain/entry.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/**
 * Which entries of the log count, worked out apart from the core by the rule of docs/records.md: of each node the next one of its start, or the first one of a
 * later start.
 */
export class CountedEntries {
  /** Entries taken that do not count: repeats, and those before which another was lost. */
  ignored = 0;
  /** Sequence of the newest entry of each node that counts. */
  readonly newest = new Map<number, number>();
  readonly #next = new Map<number, { epoch: number; entryNo: number }>();

  /** Takes the entry after the last one; returns whether it counts. */
  take(sequence: number, { i32, f64 }: WordBuffer): boolean {
    const nodeId = i32[0] & 0xffff;
    const epoch = i32[EntryHeader.at.epoch] >>> 0;
    const entryNo = f64[EntryHeader.at.entryNo >> 1];
    const last = this.#next.get(nodeId) ?? { epoch: 0, entryNo: 0 };
    const counts = epoch === last.epoch ? entryNo === last.entryNo + 1 : epoch > last.epoch && entryNo === 1;
    if (counts) {
      this.#next.set(nodeId, { epoch, entryNo });
      this.newest.set(nodeId, sequence);
    } else this.ignored++;
    return counts;
  }
}
