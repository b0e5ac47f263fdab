import type { LogReader } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type LogId, RECORD_BYTES_MAX, RECORD_HEADER_WORDS, recordBytes } from './format.ts';
import { LogTail } from './log-tail.ts';

/** Records of a log, back to back, byte by byte as they are in its segments. */
export interface CopiedRecords {
  /** Valid until the next call. */
  readonly bytes: Uint8Array;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly lastTimeSeconds: number;
  readonly lastTimeNanos: number;
}

export interface RecordCopierOptions {
  readonly directory: string;
  readonly logId: LogId;
  readonly fromSequence: number;
  /** Bytes of records after which a copy ends; the last record may reach beyond. */
  readonly bytesMax: number;
}

/** Copies records out of a log's segments, in order, beside whoever writes them. Every record is checked on the way. */
export class RecordCopier implements LogReader {
  declare private readonly tail: LogTail;
  declare private readonly bytesMax: number;
  declare private readonly bytes: Uint8Array;
  declare private filled: number;
  declare private lastTimeSeconds: number;
  declare private lastTimeNanos: number;

  constructor({ directory, logId, fromSequence, bytesMax }: RecordCopierOptions) {
    this.tail = new LogTail({ directory, logId, fromSequence });
    this.bytesMax = bytesMax;
    this.bytes = new Uint8Array(bytesMax + RECORD_BYTES_MAX);
    this.filled = 0;
    this.lastTimeSeconds = 0;
    this.lastTimeNanos = 0;
  }

  /** The next entry to be copied. */
  get nextSequence(): number {
    return this.tail.nextSequence;
  }

  /**
   * The next records up to entry `toSequence`, which must be durable; undefined when there is none.
   * @throws LogCorruptError, LogTruncatedError
   */
  take(toSequence: number): CopiedRecords | undefined {
    const firstSequence = this.tail.nextSequence;
    this.filled = 0;
    if (this.tail.poll(this, toSequence, this.bytesMax) === 0) return undefined;
    return {
      bytes: this.bytes.subarray(0, this.filled),
      firstSequence,
      lastSequence: this.tail.nextSequence - 1,
      lastTimeSeconds: this.lastTimeSeconds,
      lastTimeNanos: this.lastTimeNanos,
    };
  }

  /** A tail shows each record in place, so that its header is before the entry and its trailer behind it. */
  deliver(
    _sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const start = (from - RECORD_HEADER_WORDS) * 4;
    const length = recordBytes((to - from) * 4);
    this.bytes.set(words.u8.subarray(start, start + length), this.filled);
    this.filled += length;
    this.lastTimeSeconds = timeSeconds;
    this.lastTimeNanos = timeNanos;
  }

  close(): void {
    this.tail.close();
  }
}
