import { requireEntry } from '#codec/log/validate-entry.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { type LogReader, LogTruncatedError } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import type { HistoryWriter } from '#projections/history/history-writer.ts';
import type { HistoryStart } from './history-start.ts';

/** Bytes of log that one step applies. */
const STEP_BYTES = 1024 * 1024;

/** History is of another past than the log: the core's state was not this after its last entry. */
export class HistoryMismatchError extends Error {
  override readonly name = 'HistoryMismatchError';
  declare readonly sequence: number;

  constructor(sequence: number) {
    super(`history and log disagree about the state after entry ${sequence}`);
    this.sequence = sequence;
  }
}

export interface CatchUpOptions {
  readonly writer: HistoryWriter;
  readonly start: HistoryStart;
  readonly logDirectory: string;
  readonly logId: string;
  /** The core's state hash after the last entry of history, as history has it. */
  readonly stateHash: string;
}

/**
 * A core of its own that applies the log again, from a start on, for history alone. What history has already is passed
 * over, and compared by the state hash at its end.
 */
export class HistoryCatchUp implements LogReader {
  declare readonly core: TradingCore;
  declare private readonly writer: HistoryWriter;
  declare private readonly tail: LogTail;
  /** The last entry that history had, and the state hash that it says. */
  declare private readonly knownSequence: number;
  declare private readonly knownHash: string;

  /** @throws HistoryMismatchError, HistoryError */
  constructor({ writer, start, logDirectory, logId, stateHash }: CatchUpOptions) {
    const { core, fan } = start;
    if (core.sequence > writer.lastSequence) {
      writer.beginAfter(core.sequence, core.state.timeSeconds, core.stateHash, (sink) =>
        fan.only(sink, () => core.describe({ liveOrders: true, restingOrders: false })),
      );
      this.knownHash = core.stateHash;
    } else this.knownHash = stateHash;
    fan.add(writer);
    this.core = core;
    this.writer = writer;
    this.knownSequence = writer.lastSequence;
    this.tail = new LogTail({
      directory: logDirectory,
      logId: new LogId(logId),
      fromSequence: core.sequence + 1,
    });
    this.#compare();
  }

  /**
   * Applies and flushes about a megabyte of log, up to entry `toSequence`; false when that was all.
   * @throws LogCorruptError, LogTruncatedError, HistoryMismatchError, HistoryError
   */
  step(toSequence: number): boolean {
    try {
      this.tail.poll(this, toSequence, STEP_BYTES);
    } catch (error) {
      // Entries of before the gap are whole: what goes on from behind it must not find them half written.
      if (error instanceof LogTruncatedError) this.#flush();
      throw error;
    }
    this.#flush();
    return this.core.sequence < toSequence;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    requireEntry(sequence, words, from, to);
    this.writer.onEntry(words, from, to);
    this.core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
    this.#compare();
  }

  close(): void {
    this.tail.close();
  }

  #flush(): void {
    this.writer.flush(this.core.sequence, this.core.stateHash);
  }

  #compare(): void {
    const { core } = this;
    if (core.sequence !== this.knownSequence || core.sequence === 0) return;
    if (core.stateHash !== this.knownHash) throw new HistoryMismatchError(core.sequence);
  }
}
