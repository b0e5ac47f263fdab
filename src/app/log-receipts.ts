import type { LoggedEntry, StampedEntry } from '#codec/json/log-json.ts';
import { readEntry, readEntryStart } from '#codec/log/entries.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { type LogReader, LogTruncatedError } from '#domain/ports.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import { type Disk, nodeDisk } from '#log/file/disk.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { listSegments } from '#log/file/scan.ts';

/** How long it reads before others of the thread have their turn. */
const STEP_MS = 2;
/** Bytes of log of one look-up of many entries. */
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** Look-ups that wait for the one that is going on. */
const WAITING_MAX = 32;

export interface LogReceiptOptions {
  readonly directory: string;
  /** Last entry that is durable: nothing behind it is shown. */
  readonly durableSequence: () => number;
  readonly disk?: Disk;
}

/**
 * Finds entries in the segment files, beside the node that writes them. One look-up at a time.
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
    return this.#inTurn(() => this.#find(sequence));
  }

  /**
   * Those of the entries that are durable and not truncated, each with its first commands, in the order given. Stops behind READ_BYTES_MAX
   * of log.
   * @throws LogCorruptError, ArchiveRefusedError BUSY when too many wait
   */
  async entries(sequences: Iterable<number>, commandsMax: number): Promise<LoggedEntry[]> {
    return this.#inTurn(() => this.#readAll(sequences, commandsMax));
  }

  /** The first entry that the log still has. */
  firstSequence(): number {
    const { directory, disk = nodeDisk } = this.options;
    return listSegments(disk, directory)[0]?.firstSequence ?? 1;
  }

  async #readAll(sequences: Iterable<number>, commandsMax: number): Promise<LoggedEntry[]> {
    const { directory, durableSequence, disk = nodeDisk } = this.options;
    const tail = new LogTail({ directory, fromSequence: 1, disk });
    const reader = new EntryStarts(commandsMax);
    let steppedMs = performance.now();
    try {
      for (const sequence of sequences) {
        if (reader.bytes > READ_BYTES_MAX) break;
        if (sequence > durableSequence()) continue;
        tail.goTo(sequence);
        pollUnlessTruncated(tail, reader, sequence);
        if (performance.now() - steppedMs < STEP_MS) continue;
        await new Promise((resolve) => setImmediate(resolve));
        steppedMs = performance.now();
      }
    } finally {
      tail.close();
    }
    return reader.entries;
  }

  #find(sequence: number): StampedEntry | undefined {
    const { directory, disk = nodeDisk } = this.options;
    const tail = new LogTail({ directory, fromSequence: sequence, disk });
    const wanted = new WantedEntry();
    try {
      tail.poll(wanted, sequence, 1);
    } finally {
      tail.close();
    }
    return wanted.found;
  }

  /** One look-up after the other. */
  #inTurn<Answer>(look: () => Answer | Promise<Answer>): Promise<Answer> {
    if (this.waiting >= WAITING_MAX)
      throw new ArchiveRefusedError('BUSY', 'too many look-ups in the log wait: ask again');
    this.waiting++;
    const found = this.last.then(look);
    this.last = found.catch(() => {}).finally(() => this.waiting--);
    return found;
  }
}

function pollUnlessTruncated(tail: LogTail, reader: LogReader, sequence: number): void {
  try {
    tail.poll(reader, sequence, 1);
  } catch (error) {
    if (!(error instanceof LogTruncatedError)) throw error;
  }
}

/** Keeps the entry that it gets. */
class WantedEntry implements LogReader {
  declare found: StampedEntry | undefined;

  constructor() {
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
    this.found = { sequence, timeSeconds, timeNanos, entry: readEntry(words, from, to) };
  }
}

/** Keeps the beginnings of the entries that it gets. */
class EntryStarts implements LogReader {
  declare readonly entries: LoggedEntry[];
  declare bytes: number;
  declare private readonly commandsMax: number;

  constructor(commandsMax: number) {
    this.entries = [];
    this.bytes = 0;
    this.commandsMax = commandsMax;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    this.bytes += (to - from) * WORD_BYTES;
    const start = readEntryStart(words, from, to, this.commandsMax);
    this.entries.push({ sequence, timeSeconds, timeNanos, ...start });
  }
}
