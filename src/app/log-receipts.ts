import type { StampedEntry } from '#codec/json/log-json.ts';
import { readEntry } from '#codec/log/entries.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { type LogReader, LogTruncatedError } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Disk, nodeDisk } from '#log/file/disk.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { listSegments } from '#log/file/scan.ts';

/** Bytes of log that are read before others of the thread have their turn. */
const STEP_BYTES = 512 * 1024;
/** Look-ups that wait for the one that is going on. */
const WAITING_MAX = 32;

export interface LogReceiptOptions {
  readonly directory: string;
  /** Last entry that is durable: nothing behind it is shown. */
  readonly durableSequence: () => number;
  readonly disk?: Disk;
}

/**
 * Finds single entries in the segment files, beside the node that writes them. One at a time, each in steps: an entry lies
 * behind at most one segment of others.
 */
export class LogReceiptReader {
  declare private readonly options: LogReceiptOptions;
  /** The look-up before the next one. */
  declare private last: Promise<unknown>;
  declare private waiting: number;

  constructor(options: LogReceiptOptions) {
    this.options = options;
    this.last = Promise.resolve();
    this.waiting = 0;
  }

  /**
   * The entry, or undefined when it is not durable yet.
   * @throws LogTruncatedError, LogCorruptError, ArchiveRefusedError BUSY when too many wait
   */
  async entry(sequence: number): Promise<StampedEntry | undefined> {
    if (sequence > this.options.durableSequence()) return undefined;
    if (this.waiting >= WAITING_MAX)
      throw new ArchiveRefusedError('BUSY', 'too many look-ups in the log wait: ask again');
    this.waiting++;
    const found = this.last.then(() => this.#find(sequence));
    this.last = found.catch(() => {}).finally(() => this.waiting--);
    return found;
  }

  async #find(sequence: number): Promise<StampedEntry | undefined> {
    const { directory, disk = nodeDisk } = this.options;
    const segments = listSegments(disk, directory);
    const segment = segments.findLast(({ firstSequence }) => firstSequence <= sequence);
    if (segment === undefined) throw new LogTruncatedError(sequence, segments[0]?.firstSequence ?? 0);
    const tail = new LogTail({ directory, fromSequence: segment.firstSequence, disk });
    const wanted = new WantedEntry(sequence);
    try {
      // From the segment's beginning: what a tail skips would not count as a step.
      while (wanted.found === undefined && tail.poll(wanted, sequence, STEP_BYTES) > 0)
        await new Promise((resolve) => setImmediate(resolve));
    } finally {
      tail.close();
    }
    return wanted.found;
  }
}

/** Keeps one of the entries that it gets. */
class WantedEntry implements LogReader {
  declare found: StampedEntry | undefined;
  declare private readonly sequence: number;

  constructor(sequence: number) {
    this.sequence = sequence;
    this.found = undefined;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    if (sequence !== this.sequence) return;
    this.found = { sequence, timeSeconds, timeNanos, entry: readEntry(words, from, to) };
  }
}
