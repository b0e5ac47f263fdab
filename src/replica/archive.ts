import type { TradingCore } from '#core/trading-core.ts';
import type { LogReader } from '#domain/ports.ts';
import { AssertionError } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { pruneSnapshots, writeSnapshot } from './snapshot-file.ts';
import type { StatusBoard } from './status-board.ts';

/** What follows the log's files; log/file's LogTail. */
export interface EntrySource {
  poll(reader: LogReader, durableSequence: number, bytesMax: number): number;
}

export interface ArchiveOptions {
  readonly core: TradingCore;
  readonly source: EntrySource;
  readonly board: StatusBoard;
  readonly snapshotDirectory: string;
  readonly logId: string;
  /** Entries after which a snapshot is due. */
  readonly snapshotEvery: number;
  readonly snapshotsKept: number;
  /** The entry in words `from` up to `to` is about to be applied. */
  readonly beforeEntry: (words: WordBuffer, from: number, to: number) => void;
  /** Lets others read what the core's sinks keep of the events so far: before the progress is published. */
  readonly flushSinks: () => void;
  /** Makes it durable too: before every snapshot. */
  readonly syncSinks: () => void;
  /** Does most of that for a snapshot that is due, without holding up the thread: nothing is applied until it resolves. It does not reject: what failed, `syncSinks` throws. */
  readonly syncSinksAhead?: () => Promise<void>;
  /** The two cores differ after this entry. Reported once. */
  readonly onDiverged: (sequence: number, ownHash: string) => void;
  readonly onSnapshot: (path: string, sequence: number) => void;
  /** A snapshot could not be written (a full disk, say); the next is tried when it is due. */
  readonly onSnapshotFailed: (error: Error) => void;
  /** Older ones could not be removed; the next that is written tries again. */
  readonly onPruneFailed: (error: Error) => void;
}

/** Bytes of log that one step applies. */
const STEP_BYTES = 1024 * 1024;

/**
 * A second core that follows the log's files at its own pace, so that whatever takes long (snapshots, files of
 * reports) costs the order path nothing. Its hash after each entry is checked against the order path's.
 */
export class Archive implements LogReader {
  declare private readonly options: ArchiveOptions;
  declare private readonly core: TradingCore;
  declare private readonly board: StatusBoard;
  declare private snapshotSequence: number;
  /** Last entry after which the order path's hash was known to be this core's. */
  declare private matchedSequence: number;
  declare private _isSyncing: boolean;
  /** False while an entry is being applied, and for good when that failed: the core then has no state of the log's. */
  declare private isWhole: boolean;

  /** @param core restored from the snapshot that the node started from, or fresh */
  constructor(options: ArchiveOptions) {
    this.options = options;
    this.core = options.core;
    this.board = options.board;
    this.snapshotSequence = options.core.sequence;
    this.matchedSequence = options.core.sequence;
    this._isSyncing = false;
    this.isWhole = true;
    this.board.snapshotSequence = options.core.sequence;
    this.board.archivedSequence = options.core.sequence;
  }

  /** Whether a snapshot is due whose sinks are being synced: until then a step does nothing. */
  get isSyncing(): boolean {
    return this._isSyncing;
  }

  /**
   * Applies what is durable by now, at most about a megabyte; true when that was not all of it. What becomes durable
   * meanwhile is for a later step: the larger the steps, the fewer the writes.
   * @param lastSequence entry behind which it stops at the latest
   * @throws LogCorruptError
   * @throws CoreVersionError when an entry switches to rules that this build lacks; no snapshot is written any more.
   */
  step(lastSequence = Number.POSITIVE_INFINITY): boolean {
    if (this._isSyncing) return false;
    const { source, flushSinks } = this.options;
    const { durableSequence } = this.board;
    source.poll(this, Math.min(durableSequence, lastSequence, this.#snapshotAt()), STEP_BYTES);
    flushSinks();
    this.board.archivedSequence = this.core.sequence;
    if (this.#isSnapshotDue()) this.#snapshotWhenSynced();
    return this.core.sequence < durableSequence;
  }

  #isSnapshotDue(): boolean {
    return this.core.sequence - this.snapshotSequence >= this.options.snapshotEvery;
  }

  /** The next entry whose hash the order path keeps for long, so that this core can be compared there, and a snapshot written, however far it is behind. */
  get nextMark(): number {
    return this.board.markAfter(this.core.sequence);
  }

  #snapshotAt(): number {
    return this.#isSnapshotDue() ? this.nextMark : Number.POSITIVE_INFINITY;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const core = this.core;
    this.options.beforeEntry(words, from, to);
    this.isWhole = false;
    core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
    this.isWhole = true;
    const matches = this.board.matches(sequence, core.state.hashHigh, core.state.hashLow);
    if (matches === true) this.matchedSequence = sequence;
    if (matches === false && this.board.divergedSequence === 0) {
      this.board.divergedSequence = sequence;
      this.options.onDiverged(sequence, core.stateHash);
    }
  }

  /** An error of the snapshot ends the thread, as one of a step does. */
  #snapshotWhenSynced(): void {
    const { syncSinksAhead } = this.options;
    if (syncSinksAhead === undefined || !this.#mayWrite()) {
      this.snapshot();
      return;
    }
    this._isSyncing = true;
    void syncSinksAhead().then(() => {
      this._isSyncing = false;
      this.snapshot();
    });
  }

  #mayWrite(): boolean {
    const { divergedSequence, isOutvoted } = this.board;
    return (
      this.isWhole && divergedSequence === 0 && !isOutvoted && this.matchedSequence === this.core.sequence
    );
  }

  /**
   * Writes a snapshot of the state as it is, unless the two cores have differed or could not be compared here, the cluster has another
   * state, or an entry could not be applied.
   */
  snapshot(): void {
    if (!this.#mayWrite()) return;
    if (this.core.sequence === this.snapshotSequence) return;
    const { snapshotDirectory, logId, snapshotsKept } = this.options;
    const { syncSinks, onSnapshot, onSnapshotFailed, onPruneFailed } = this.options;
    syncSinks();
    this.snapshotSequence = this.core.sequence;
    let path: string;
    try {
      path = writeSnapshot(snapshotDirectory, this.core, logId);
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      onSnapshotFailed(error as Error);
      return;
    }
    this.board.snapshotSequence = this.core.sequence;
    try {
      pruneSnapshots(snapshotDirectory, snapshotsKept, this.core.sequence);
    } catch (error) {
      onPruneFailed(error as Error);
    }
    onSnapshot(path, this.core.sequence);
  }
}
