import { requireEntry } from '#codec/log/validate-entry.ts';
import type { LogReader } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { isBehindRange, type RecordRange } from './record-range.ts';
import type { RecordsCore } from './records-core.ts';

/** Bytes of log that one step applies. */
const STEP_BYTES = 1024 * 1024;

export interface RecordsRunOptions {
  readonly start: RecordsCore;
  readonly logDirectory: string;
  readonly logId: string;
  readonly range: RecordRange;
  /** Last entry of the log. */
  readonly lastSequence: number;
}

/** Applies the log step by step, from a start to the end of a range. */
export class RecordsRun implements LogReader {
  declare private readonly start: RecordsCore;
  declare private readonly tail: LogTail;
  declare private readonly range: RecordRange;
  declare private readonly lastSequence: number;
  declare private isDone: boolean;

  constructor({ start, logDirectory, logId, range, lastSequence }: RecordsRunOptions) {
    this.start = start;
    this.range = range;
    this.lastSequence = Math.min(lastSequence, range.toSequence ?? lastSequence);
    this.isDone = false;
    this.tail = new LogTail({
      directory: logDirectory,
      logId: new LogId(logId),
      fromSequence: start.core.sequence + 1,
    });
  }

  /** The last entry that was applied. */
  get sequence(): number {
    return this.start.core.sequence;
  }

  /** The last entry that there is to be applied, as far as its number says. */
  get end(): number {
    return this.lastSequence;
  }

  /**
   * Applies about a megabyte of log; false when that was all.
   * @throws LogCorruptError, LogTruncatedError, CoreVersionError
   */
  step(): boolean {
    if (this.tail.nextSequence <= this.lastSequence) this.tail.poll(this, this.lastSequence, STEP_BYTES);
    return !this.isDone && this.sequence < this.lastSequence;
  }

  /** @throws LogCorruptError for an entry that no node of this build would apply: a core that is given it refuses what it does not know */
  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const time = { seconds: timeSeconds, nanos: timeNanos };
    if (this.isDone || isBehindRange(this.range, sequence, time)) {
      this.isDone = true;
      return;
    }
    requireEntry(sequence, words, from, to);
    this.start.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
  }

  close(): void {
    this.tail.close();
  }
}
