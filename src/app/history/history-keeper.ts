import type { TradingCore } from '#core/trading-core.ts';
import { LogTruncatedError } from '#domain/ports.ts';
import { AssertionError } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase, setHistoryAside } from '#projections/history/history-database.ts';
import { HistoryError } from '#projections/history/history-errors.ts';
import { HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import type { EventFan } from '../event-fan.ts';
import type { NodeLogger } from '../node.ts';
import { HistoryCatchUp, HistoryMismatchError } from './history-catch-up.ts';
import { startHistory } from './history-start.ts';

export interface HistoryKeeperOptions {
  readonly directory: string;
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly logId: string;
  /** The archive's, as it starts, and what hands its events out. */
  readonly core: TradingCore;
  readonly fan: EventFan;
  /** Of the files of reports. */
  readonly reportDirectory: string;
  /** Whether reports of before this node began may still come from other nodes. */
  readonly isFetchingReports: () => boolean;
  /** Called between pieces of work, so that the thread can let others run. */
  readonly betweenPieces: () => void;
  readonly logger: NodeLogger;
}

/**
 * How long changes may wait for others to be written with them while nobody asks. The longer, the fewer rows and pages, and the less of SQLite's that the order path's
 * writes wait for at the disk.
 */
const FLUSH_MS = 1_000;

/**
 * History on the archive thread: writes what the archive's core says, or, where history lacks what came before, brings
 * it up to date beside that with a core of its own, step by step. Whatever fails here is logged and ends history until
 * the node starts again; the archive goes on.
 */
export class HistoryKeeper {
  declare private readonly options: HistoryKeeperOptions;
  declare private readonly core: TradingCore;
  declare private database: HistoryDatabase | undefined;
  declare private writer: HistoryWriter | undefined;
  declare private reader: HistoryReader | undefined;
  declare private catchUp: HistoryCatchUp | undefined;
  /** Takes the writer out of the archive's events. */
  declare private leave: (() => void) | undefined;
  /** The last entry that was in history at the start, and the hash after it, until the core has passed it. */
  declare private known: { readonly sequence: number; readonly stateHash: string } | undefined;
  /** Whether orders that stood when history began have been looked for in the reports. */
  declare private completion: 'due' | 'running' | 'done';
  declare private flushedMs: number;
  /** Whether damage was found since the start: a disk that damages history again is not written to for ever. */
  declare private wasDamaged: boolean;

  constructor(options: HistoryKeeperOptions) {
    this.options = options;
    this.core = options.core;
    this.database = undefined;
    this.writer = undefined;
    this.reader = undefined;
    this.catchUp = undefined;
    this.leave = undefined;
    this.known = undefined;
    this.completion = 'due';
    this.flushedMs = 0;
    this.wasDamaged = false;
    this.#guard(() => this.#open());
  }

  /** Last entry that readers find; 0 when there is no history. */
  get lastSequence(): number {
    return this.writer?.lastSequence ?? 0;
  }

  /** History cannot be kept until the node starts again. */
  get hasFailed(): boolean {
    return this.writer === undefined;
  }

  /** Answers questions; undefined while history lacks something that it will have, or has failed. */
  get current(): HistoryReader | undefined {
    return this.catchUp === undefined && this.completion === 'done' ? this.reader : undefined;
  }

  /** The log's entry that the archive's core is about to apply. */
  onEntry(words: WordBuffer, from: number, to: number): void {
    if (this.leave === undefined) return;
    if (this.known !== undefined) this.#guard(() => this.#compareKnown());
    this.writer?.onEntry(words, from, to);
  }

  /** Brings history further up to date where it is behind; true when more is to be done. */
  step(): boolean {
    const { catchUp } = this;
    if (catchUp === undefined) {
      this.#complete();
      return false;
    }
    this.#guard(() => {
      if (catchUp.step(this.core.sequence)) return;
      this.#goLive();
      this.options.logger.info({ sequence: this.core.sequence }, 'history is up to date');
    });
    return this.catchUp !== undefined;
  }

  /** Reports of before this node began have come: looks for orders in them that were not there the last time. */
  completeOrders(): void {
    this.completion = 'due';
  }

  /** Ends a step of the archive. @param nowMs when changes that nobody asks for may wait; Infinity: none may */
  flush(nowMs: number): void {
    if (this.leave === undefined || nowMs - this.flushedMs < FLUSH_MS) return;
    this.flushedMs = nowMs === Number.POSITIVE_INFINITY ? this.flushedMs : nowMs;
    this.#guard(() => this.writer?.flush(this.core.sequence, this.core.stateHash));
  }

  /** Makes durable what the archive has applied: before each snapshot. */
  sync(): void {
    this.flush(Number.POSITIVE_INFINITY);
    this.#guard(() => this.writer?.sync());
  }

  /** A question met what cannot be read. */
  onReadFailed(error: HistoryError): void {
    this.#onError(error);
  }

  close(): void {
    this.sync();
    this.#drop();
  }

  #open(): void {
    const { directory, logId } = this.options;
    try {
      this.database = HistoryDatabase.open(directory, logId);
    } catch (error) {
      if (!(error instanceof HistoryError) || !isReplaceable(error)) throw error;
      this.#replace(error.message);
      return;
    }
    this.#start(this.database);
  }

  /** Puts a history that cannot be used aside and begins another. */
  #replace(why: string): void {
    const { directory, logId, logger } = this.options;
    this.#drop();
    const aside = setHistoryAside(directory);
    logger.warn({ movedTo: aside }, `${why}; it is written anew from the log`);
    this.database = HistoryDatabase.open(directory, logId);
    this.#start(this.database);
  }

  #start(database: HistoryDatabase): void {
    this.completion = 'due';
    this.writer = new HistoryWriter(database, this.options.betweenPieces);
    this.reader = new HistoryReader(database);
    const { lastSequence, stateHash } = database.meta;
    if (lastSequence < this.core.sequence) {
      this.#beginCatchUp(this.writer, lastSequence, stateHash);
      return;
    }
    if (lastSequence > 0) this.known = { sequence: lastSequence, stateHash };
    this.#goLive();
    this.#compareKnown();
  }

  #beginCatchUp(writer: HistoryWriter, lastSequence: number, stateHash: string): void {
    const { logDirectory, snapshotDirectory, logId, logger } = this.options;
    const start = startHistory({
      logDirectory,
      snapshotDirectory,
      logId,
      lastSequence,
      onUnusable: ({ message }) =>
        logger.warn({}, `history does not begin with a snapshot that cannot be used: ${message}`),
    });
    if (start === undefined) {
      this.#beginWithGap(writer);
      return;
    }
    const { sequence } = start.core;
    this.catchUp = new HistoryCatchUp({ writer, start, logDirectory, logId, stateHash });
    const fields = {
      historySequence: lastSequence,
      fromSequence: sequence + 1,
      toSequence: this.core.sequence,
    };
    if (sequence <= lastSequence) logger.info(fields, 'history is behind: it is written from the log');
    else logger.warn(fields, incomplete(sequence + 1));
  }

  /** The log no longer has what history lacks: it goes on from what stands. */
  #beginWithGap(writer: HistoryWriter): void {
    const { fan, logger } = this.options;
    this.#endCatchUp();
    writer.beginAfter(this.core.sequence, this.core.state.timeSeconds, this.core.stateHash, (sink) =>
      fan.only(sink, () => this.core.describe({ liveOrders: true, restingOrders: false })),
    );
    logger.warn({ fromSequence: this.core.sequence + 1 }, incomplete(this.core.sequence + 1));
    this.#goLive();
  }

  #goLive(): void {
    this.#endCatchUp();
    if (this.writer !== undefined) this.leave = this.options.fan.add(this.writer);
  }

  #endCatchUp(): void {
    this.catchUp?.close();
    this.catchUp = undefined;
  }

  #complete(): void {
    const { writer, options } = this;
    if (this.completion !== 'due' || writer === undefined || options.isFetchingReports()) return;
    this.#guard(() => {
      const users = writer.incompleteUsers();
      this.completion = users.length === 0 ? 'done' : 'running';
      if (users.length > 0) void this.#completeUsers(writer, users);
    });
  }

  /** Completes orders that stood when history began from their users' reports. */
  async #completeUsers(writer: HistoryWriter, users: readonly number[]): Promise<void> {
    const { core, reportDirectory, logger } = this.options;
    let lacking = 0;
    try {
      const { foldOrders } = await import('./fold-orders.ts');
      for (const userId of users) {
        const reportCount = core.state.users.reportCount(core.state.users.rowOf(userId));
        const orders = await foldOrders(reportDirectory, userId, reportCount, writer.completeFrom - 1);
        if (this.writer !== writer) return;
        if (orders === undefined) lacking++;
        else {
          this.flush(Number.POSITIVE_INFINITY);
          this.#guard(() => writer.complete(orders));
        }
      }
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      lacking = users.length;
      logger.warn({}, `reports of before history began cannot be read: ${(error as Error).message}`);
    }
    const what = 'orders that stood when history began have been looked for in the reports';
    logger.info({ users: users.length, lacking }, what);
    if (this.completion === 'running') this.completion = 'done';
  }

  #compareKnown(): void {
    const { known, core } = this;
    if (known === undefined || core.sequence < known.sequence) return;
    this.known = undefined;
    const differs = core.sequence === known.sequence && core.stateHash !== known.stateHash;
    if (differs) throw new HistoryMismatchError(known.sequence);
  }

  /** Runs what may fail; a failure ends history, unless another can take its place. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onError(error);
    }
  }

  #onError(error: unknown): void {
    if (error instanceof AssertionError) throw error;
    const { logger } = this.options;
    try {
      if (error instanceof HistoryMismatchError || this.#isFirstDamage(error)) {
        this.#replace((error as Error).message);
        return;
      }
      if (error instanceof LogTruncatedError && this.writer !== undefined) {
        this.#beginWithGap(this.writer);
        return;
      }
    } catch (second) {
      if (second instanceof AssertionError) throw second;
      logger.error({}, `no history: ${(second as Error).message}; orders go on`);
      this.#drop();
      return;
    }
    logger.error({}, `no history: ${(error as Error).message}; orders go on`);
    this.#drop();
  }

  /** Of pages that the start did not look at. */
  #isFirstDamage(error: unknown): boolean {
    const isFirst = !this.wasDamaged;
    const isDamage = error instanceof HistoryError && error.code === 'DAMAGED';
    this.wasDamaged ||= isDamage;
    return isFirst && isDamage;
  }

  #drop(): void {
    this.#endCatchUp();
    this.leave?.();
    this.leave = undefined;
    this.known = undefined;
    this.writer = undefined;
    this.reader = undefined;
    this.database?.close();
    this.database = undefined;
  }
}

function isReplaceable({ code }: HistoryError): boolean {
  return code === 'DAMAGED' || code === 'OTHER_FORMAT' || code === 'OTHER_LOG';
}

function incomplete(fromSequence: number): string {
  return `the log no longer has what history lacks: history is complete from entry ${fromSequence} on`;
}
