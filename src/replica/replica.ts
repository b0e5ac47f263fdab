import { requireEntry } from '#codec/log/validate-entry.ts';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { Attest, type CommandType, Tick } from '#domain/commands.ts';
import { EntryHeader, NO_NODE } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import type { Log, LogFollower, TurnSink } from '#domain/ports.ts';
import { LogCorruptError, LogUnavailableError } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { CommandInlet } from './command-inlet.ts';
import { Outbox } from './outbox.ts';
import type { Peers } from './peers.ts';
import type { StageTimes } from './stage-times.ts';
import type { StatusBoard } from './status-board.ts';
import { Unconfirmed } from './unconfirmed.ts';

/** What ends a node's order path: its log takes nothing more, or switches to rules that this build lacks. */
export type OrderPathError = LogUnavailableError | CoreVersionError;

export interface ReplicaOptions {
  readonly core: TradingCore;
  readonly nodeId: number;
  readonly board: StatusBoard;
  /** Called when something was delivered: gateways send what they collected. */
  readonly onTurnEnd: () => void;
  /** The order path has ended, and why: nothing is acknowledged any more. */
  readonly onUnavailable: (error: OrderPathError) => void;
  /** Told before each entry of a replicated log whether another node sent it. */
  readonly origin?: { isForeign: boolean };
  /** Entries between two attestations of the state hash; 0 none. With `peers` there is one every ten seconds too. */
  readonly attestEvery: number;
  /** Told of every entry of a replicated log. */
  readonly peers?: Peers;
  /** Commands of another thread; undefined: there is none. */
  readonly inlet?: CommandInlet;
  /** Told what own commands pass, and when. */
  readonly times?: StageTimes;
}

/** Ticks between two attestations to other nodes. */
const ATTEST_TICKS = 10;

/** How long a stop waits for what a replicated log has not confirmed yet. */
const STOP_MS = 2_000;

/**
 * A node's order path. One turn of it:
 *   1. gateways reserve commands in the outbox while the event loop reads its sockets
 *   2. when the loop has read them all, a bounded number of the inlet's commands joins them, the outbox becomes one entry and the
 *      log makes it durable
 *   3. the log delivers it, the core applies it, its events go to the sinks
 *   4. gateways send what the events made them collect
 *
 * With an embedded log all of it is one turn. With a replicated one 3 and 4 come later, when the log delivers entries, of
 * this node and of others; a bounded number of this node's is on its way meanwhile, and what came to nothing is appended
 * again.
 */
export class Replica implements LogFollower {
  declare readonly outbox: TurnSink;
  declare private readonly core: TradingCore;
  declare private readonly board: StatusBoard;
  declare private readonly options: ReplicaOptions;
  declare private readonly _outbox: Outbox;
  declare private readonly inlet: CommandInlet | undefined;
  declare private readonly times: StageTimes | undefined;
  declare private readonly flushTurn: () => void;
  declare private readonly arrangeTurn: () => void;
  declare private isTurnArranged: boolean;
  declare private log: Log | undefined;
  /** undefined with an embedded log, which never loses an entry. */
  declare private unconfirmed: Unconfirmed | undefined;
  /** Of this start of the node; 0 before `begin`. */
  declare private epoch: number;
  /** A turn waits until fewer entries are on their way. */
  declare private isHeld: boolean;
  /** A start of this node in another process, which began after this one or at the same moment; 0: none. */
  declare private otherEpoch: number;
  /** An entry of this node came back before an older one: that one is lost. */
  declare private isGap: boolean;
  /** Since all was appended again, none has come back. */
  declare private isRepeating: boolean;
  /** What waits for the first entry of this start. */
  declare private sealed: PromiseWithResolvers<void> | undefined;
  /** What waits for the outbox to be empty and confirmed. */
  declare private onQuiet: (() => void) | undefined;
  declare private _failure: OrderPathError | undefined;
  declare private ticks: number;
  declare private _isServing: boolean;

  constructor(options: ReplicaOptions) {
    this.core = options.core;
    this.board = options.board;
    this.options = options;
    this.inlet = options.inlet;
    this.times = options.times;
    this.flushTurn = () => this.#turn();
    this.arrangeTurn = () => {
      if (this.isTurnArranged) return;
      this.isTurnArranged = true;
      this.times?.onReceived();
      setImmediate(this.flushTurn);
    };
    this.isTurnArranged = false;
    this._outbox = new Outbox(options.nodeId, 0, this.arrangeTurn);
    this.outbox = this._outbox;
    this.log = undefined;
    this.unconfirmed = undefined;
    this.epoch = 0;
    this.isHeld = false;
    this.otherEpoch = 0;
    this.isGap = false;
    this.isRepeating = false;
    this.sealed = undefined;
    this.onQuiet = undefined;
    this._failure = undefined;
    this.ticks = 0;
    this._isServing = false;
  }

  /** Whether it takes commands. */
  get isServing(): boolean {
    return this._isServing;
  }

  /** Why the order path has ended, if it has. */
  get failure(): OrderPathError | undefined {
    return this._failure;
  }

  /** Last start of this node of which the log has an entry; 0: none. */
  get lastEpoch(): number {
    const { nodes, nodeId: ids, nodeEpoch } = this.core.state;
    for (let row = 0; row < nodes.rows; row++) if (ids[row] === this.options.nodeId) return nodeEpoch[row];
    return 0;
  }

  /**
   * Applies what the log holds beyond the core's sequence. The log's follower must be this replica.
   * @param toSequence the last entry to apply, if not all: to be called again then
   * @throws LogCorruptError when entries are damaged or missing
   * @throws CoreVersionError when an entry switches to rules that this build lacks.
   */
  recover(log: Log, toSequence: number = log.lastSequence): void {
    const { sequence } = this.core;
    if (log.lastSequence < sequence || log.firstSequence > sequence + 1) {
      const has = `it holds entries ${log.firstSequence} to ${log.lastSequence}, the state to start from stands after ${sequence}`;
      throw new LogCorruptError('the log', 0, `the log lacks entries: ${has}. Restore its files from a copy`);
    }
    this.log = log;
    if (toSequence > sequence) log.read(sequence + 1, this, toSequence);
    this.board.durableSequence = this.core.sequence;
  }

  /**
   * Takes commands from now on, until `stop`. Before and after, it only applies what the log delivers.
   * @param epoch of this start of the node, later than `lastEpoch`: the core ignores entries of a start that it has seen
   * the end of
   */
  begin(epoch: number): void {
    const { log } = this;
    assert(log !== undefined, 'Condition: a replica begins after it has recovered');
    assert(epoch > this.lastEpoch, 'Condition: each start of a node has a later epoch');
    this.unconfirmed = log.isEmbedded ? undefined : new Unconfirmed(log);
    this.epoch = epoch;
    this.sealed = undefined;
    this.onQuiet = undefined;
    this._isServing = true;
    this._outbox.open(epoch);
    this.inlet?.open();
    this.inlet?.watch(this.arrangeTurn);
  }

  /**
   * Resolves when the log has an entry of this start: a tick. Until then entries of an earlier start may still come out of a replicated
   * log and count; afterwards none does, so what that start left (its open sessions) is all there. Resolves at once with an embedded log.
   * @throws OrderPathError when the order path ends before
   */
  seal(): Promise<void> {
    assert(this.epoch !== 0, 'Condition: a start is sealed after it has begun');
    if (this.unconfirmed === undefined) return Promise.resolve();
    if (this.sealed === undefined) {
      this.sealed = Promise.withResolvers();
      this.tick();
    }
    return this.sealed.promise;
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
    const nodeId = words.i32[from] & 0xffff;
    const core = this.core;
    const { origin, peers } = this.options;
    if (this.epoch !== 0) this.times?.onDelivery();
    if (nodeId !== NO_NODE)
      peers?.onEntry(
        nodeId,
        words.i32[from + EntryHeader.at.epoch] >>> 0,
        Math.max(timeSeconds, core.state.timeSeconds),
      );
    if (origin !== undefined) origin.isForeign = nodeId !== this.options.nodeId;
    const isApplied = core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
    if (origin !== undefined) origin.isForeign = false;
    this.board.publish(sequence, core.state.hashHigh, core.state.hashLow);
    if (this.epoch === 0) return;
    if (this.unconfirmed !== undefined) this.#noteOwn(this.unconfirmed, words, from, to, isApplied);
    else this.times?.onOwn(this.times.receivedMs, this.times.appendedMs, words.i32[from] >>> 16);
    const { attestEvery } = this.options;
    if (attestEvery !== 0 && sequence % attestEvery === 0) this.#attest();
  }

  #noteOwn(unconfirmed: Unconfirmed, words: WordBuffer, from: number, to: number, isApplied: boolean): void {
    if ((words.i32[from] & 0xffff) !== this.options.nodeId) return;
    const epoch = words.i32[from + EntryHeader.at.epoch] >>> 0;
    if (epoch > this.epoch && isApplied) this.otherEpoch = epoch;
    if (epoch !== this.epoch) return;
    if (isApplied) {
      // Two that began at the same moment have one epoch: what the core takes of the other one it will not take of this one.
      if (!unconfirmed.isOldest(words, from, to)) {
        this.otherEpoch = epoch;
        return;
      }
      unconfirmed.confirm();
      this.times?.onOwn(unconfirmed.receivedMs, unconfirmed.appendedMs, words.i32[from] >>> 16);
      this.sealed?.resolve();
      this.isRepeating = false;
    } else if (unconfirmed.isAhead(words.f64[(from + EntryHeader.at.entryNo) >> 1])) {
      this.isGap = true;
    }
  }

  onDelivered(): void {
    const { unconfirmed } = this;
    if (this.epoch === 0 || this._failure !== undefined) return;
    this.options.onTurnEnd();
    this.times?.onAnswered();
    if (unconfirmed === undefined) return;
    if (this.otherEpoch !== 0) {
      const { nodeId } = this.options;
      const what = `another process appends as node ${nodeId} (start ${this.otherEpoch}; this is start ${this.epoch})`;
      this.#fail(new LogUnavailableError('SUPERSEDED', `${what}: give each node a number of its own`));
      return;
    }
    const isGap = this.isGap;
    this.isGap = false;
    if (isGap && !this.isRepeating) this.onDoubt();
    if (this.isHeld) this.arrangeTurn();
    else if (this.#isQuiet()) this.onQuiet?.();
  }

  onDoubt(): void {
    const { log, unconfirmed } = this;
    if (log === undefined || unconfirmed === undefined || this._failure !== undefined) return;
    this.isRepeating = true;
    try {
      unconfirmed.repeat();
      log.commit();
    } catch (error) {
      this.#fail(error);
    }
  }

  onFailure(error: Error): void {
    this.#fail(error);
  }

  /** What the node itself has to say to the core: lets time pass. To be called about once a second. */
  tick(): void {
    this.#command(Tick.type as CommandType, Tick.words);
    if (this.options.peers === undefined || ++this.ticks % ATTEST_TICKS !== 0) return;
    this.#attest();
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
    this.isHeld = this.unconfirmed?.isFull === true;
    if (log === undefined || this._failure !== undefined || this.isHeld) {
      this.isTurnArranged = false;
      return;
    }
    // What the inlet puts into the outbox belongs to this turn.
    this.isTurnArranged = true;
    // The last turn takes all of it.
    if (this._isServing) inlet?.take(this._outbox, Limits.EDGE_COMMANDS_PER_TURN_MAX);
    else inlet?.take(this._outbox);
    this.isTurnArranged = false;
    try {
      this._outbox.drain(this.unconfirmed ?? log);
      this.times?.onAppended();
      if (this.times !== undefined) this.unconfirmed?.stamp(this.times.receivedMs, this.times.appendedMs);
      log.commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    inlet?.release();
    inlet?.watch(this.arrangeTurn);
  }

  #fail(error: unknown): void {
    if (!(error instanceof LogUnavailableError || error instanceof CoreVersionError)) throw error;
    this.#close();
    this._failure = error;
    this.sealed?.reject(error);
    this.onQuiet?.();
    this.options.onUnavailable(error);
  }

  /** Claims the state hash in the log, for others to compare. All nodes do it after the same entries. */
  #attest(): void {
    const { sequence, hashHigh, hashLow } = this.core.state;
    const at = this.#command(Attest.type as CommandType, Attest.words);
    if (at === -1) return;
    const { i32, f64 } = this._outbox.words;
    i32[at + Attest.at.nodeId] = this.options.nodeId;
    f64[(at + Attest.at.attestedSequence) >> 1] = sequence;
    i32[at + Attest.at.stateHashHigh] = hashHigh;
    i32[at + Attest.at.stateHashLow] = hashLow;
  }

  /** Puts what is still in the outbox and the inlet into the log and takes no more; a replicated log gets a while to confirm it. */
  async stop(): Promise<void> {
    if (!this._isServing) return;
    this._isServing = false;
    this.#turn();
    if (this._failure === undefined && !this.#isQuiet()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, STOP_MS);
        this.onQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#close();
  }

  /**
   * As `stop`, but waits for as long as it takes the log to confirm everything: afterwards nothing of this node is on its way, and it may `begin` anew.
   * Resolves early when the order path ends.
   */
  async retire(): Promise<void> {
    if (!this._isServing) return;
    this._isServing = false;
    this.#turn();
    if (this._failure === undefined && !this.#isQuiet()) {
      await new Promise<void>((resolve) => {
        this.onQuiet = resolve;
      });
    }
    this.#close();
  }

  /** Nothing waits to be appended or confirmed. */
  #isQuiet(): boolean {
    return !this.isHeld && this._outbox.isEmpty && this.unconfirmed?.isEmpty !== false;
  }

  #close(): void {
    this._isServing = false;
    this._outbox.close();
    this.inlet?.close();
  }
}
