import { validateEntry } from '#codec/log/validate-entry.ts';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { Attest, type CommandType, Tick } from '#domain/commands.ts';
import type { CommandSink, Log, LogReader } from '#domain/ports.ts';
import { LogCorruptError, LogUnavailableError } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { CommandInlet } from './command-inlet.ts';
import { Outbox } from './outbox.ts';
import type { StatusBoard } from './status-board.ts';

/** What ends a node's order path: its log takes nothing more, or switches to rules that this build lacks. */
export type OrderPathError = LogUnavailableError | CoreVersionError;

export interface ReplicaOptions {
  readonly core: TradingCore;
  readonly nodeId: number;
  readonly epoch: number;
  readonly board: StatusBoard;
  /** Called at the end of every turn in which something was delivered: gateways send what they collected. */
  readonly onTurnEnd: () => void;
  /** The order path has ended, and why: nothing is acknowledged any more. */
  readonly onUnavailable: (error: OrderPathError) => void;
  /** Entries between two attestations of the state hash; 0 none. */
  readonly attestEvery: number;
  /** Commands of another thread; undefined: there is none. */
  readonly inlet?: CommandInlet;
}

/**
 * A node's order path. One turn of it:
 *   1. gateways reserve commands in the outbox while the event loop reads its sockets
 *   2. when the loop has read them all, the commands of the inlet join them, the outbox becomes one entry and the log makes
 *      it durable
 *   3. the log delivers it, the core applies it, its events go to the sinks
 *   4. gateways send what the events made them collect
 */
export class Replica implements LogReader {
  declare readonly outbox: CommandSink;
  declare private readonly core: TradingCore;
  declare private readonly board: StatusBoard;
  declare private readonly options: ReplicaOptions;
  declare private readonly _outbox: Outbox;
  declare private readonly inlet: CommandInlet | undefined;
  declare private readonly flushTurn: () => void;
  declare private readonly arrangeTurn: () => void;
  declare private isTurnArranged: boolean;
  declare private log: Log | undefined;
  declare private _failure: OrderPathError | undefined;
  declare private attestedSequence: number;
  declare private _isStopped: boolean;

  constructor(options: ReplicaOptions) {
    this.core = options.core;
    this.board = options.board;
    this.options = options;
    this.inlet = options.inlet;
    this.flushTurn = () => this.#turn();
    this.arrangeTurn = () => {
      if (this.isTurnArranged) return;
      this.isTurnArranged = true;
      setImmediate(this.flushTurn);
    };
    this.isTurnArranged = false;
    this._outbox = new Outbox(options.nodeId, options.epoch, this.arrangeTurn);
    this.outbox = this._outbox;
    this.log = undefined;
    this._failure = undefined;
    this._isStopped = false;
    this.attestedSequence = 0;
  }

  /** Whether it takes commands no more. */
  get isStopped(): boolean {
    return this._isStopped;
  }

  /** Why the order path has ended, if it has. */
  get failure(): OrderPathError | undefined {
    return this._failure;
  }

  /**
   * Applies what the log holds beyond the core's sequence. The log's reader must be this replica.
   * @throws LogCorruptError when entries are damaged or missing, or when the log has a later start of this node: going on
   * would give numbers twice.
   * @throws CoreVersionError when an entry switches to rules that this build lacks.
   */
  recover(log: Log): void {
    const { sequence } = this.core;
    if (log.lastSequence < sequence || log.firstSequence > sequence + 1) {
      const has = `it holds entries ${log.firstSequence} to ${log.lastSequence}, the state to start from stands after ${sequence}`;
      throw new LogCorruptError('the log', 0, `the log lacks entries: ${has}. Restore its files from a copy`);
    }
    this.log = log;
    if (log.lastSequence > sequence) log.read(sequence + 1, this);
    this.#refuseUsedEpoch();
    this.board.durableSequence = this.core.sequence;
    this.attestedSequence = this.core.sequence;
    this.inlet?.watch(this.arrangeTurn);
  }

  /** The core ignores entries of a start that it has seen the end of: the venue would take orders and never answer. */
  #refuseUsedEpoch(): void {
    const { nodeId, epoch } = this.options;
    const { nodes, nodeId: ids, nodeEpoch } = this.core.state;
    for (let row = 0; row < nodes.rows; row++) {
      if (ids[row] !== nodeId || nodeEpoch[row] < epoch) continue;
      const known = `the log has entries of start ${nodeEpoch[row]} of node ${nodeId}, and this is counted as start ${epoch}`;
      throw new LogCorruptError('epoch', 0, `${known}: write ${nodeEpoch[row]} into the file "epoch"`);
    }
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const fault = validateEntry(words, from, to);
    if (fault !== 0)
      throw new LogCorruptError(
        `entry ${sequence}`,
        0,
        `entry ${sequence} breaks the format (fault ${fault})`,
      );
    const core = this.core;
    core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
    this.board.publish(sequence, core.state.hashHigh, core.state.hashLow);
  }

  /** What the node itself has to say to the core: lets time pass. */
  tick(): void {
    this.#command(Tick.type as CommandType, Tick.words);
  }

  /** Lets the log forget entries before `beforeSequence`, as far as whole segments allow. */
  truncate(beforeSequence: number): void {
    if (this.log === undefined || this._failure !== undefined) return;
    try {
      this.log.truncate(beforeSequence);
    } catch (error) {
      this.#fail(error);
    }
  }

  #command(type: CommandType, sizeWords: number): number {
    const at = this._outbox.reserve(sizeWords);
    if (at !== -1) this._outbox.words.i32[at] = type | (sizeWords << 16);
    return at;
  }

  #turn(): void {
    const { log, inlet } = this;
    if (log === undefined || this._failure !== undefined) {
      this.isTurnArranged = false;
      return;
    }
    // What the inlet puts into the outbox belongs to this turn.
    this.isTurnArranged = true;
    inlet?.take(this._outbox);
    this.isTurnArranged = false;
    try {
      this._outbox.drain(log);
      log.commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    inlet?.release();
    this.#attest();
    this.options.onTurnEnd();
    inlet?.watch(this.arrangeTurn);
  }

  #fail(error: unknown): void {
    if (!(error instanceof LogUnavailableError || error instanceof CoreVersionError)) throw error;
    this.#close();
    this._failure = error;
    this.options.onUnavailable(error);
  }

  /** Every so many entries, claims the state hash in the log for others to compare. */
  #attest(): void {
    const { attestEvery, nodeId } = this.options;
    const { sequence, hashHigh, hashLow } = this.core.state;
    if (attestEvery === 0 || sequence - this.attestedSequence < attestEvery) return;
    const at = this.#command(Attest.type as CommandType, Attest.words);
    if (at === -1) return;
    this.attestedSequence = sequence;
    const { i32, f64 } = this._outbox.words;
    i32[at + Attest.at.nodeId] = nodeId;
    f64[(at + Attest.at.attestedSequence) >> 1] = sequence;
    i32[at + Attest.at.stateHashHigh] = hashHigh;
    i32[at + Attest.at.stateHashLow] = hashLow;
  }

  /** Puts what is still in the outbox and the inlet into the log and takes no more. */
  stop(): void {
    if (this._isStopped) return;
    this._isStopped = true;
    this.#turn();
    this.#close();
  }

  #close(): void {
    this._outbox.close();
    this.inlet?.close();
  }
}
