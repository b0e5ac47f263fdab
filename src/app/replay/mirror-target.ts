import { readCommand } from '#codec/log/commands.ts';
import { TradingCore } from '#core/trading-core.ts';
import { AddInstrument, CommandType, NewOrder, type Phase } from '#domain/commands.ts';
import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';
import type { ReplayItem } from './messages.ts';

/** Instruments of one recording that are replayed. */
const INSTRUMENTS_MAX = 16;
const FIRST_WORDS = 4_096;

/** A recording has more than can be replayed at once, or not what was asked for. */
export class ReplayScopeError extends Error {
  override readonly name = 'ReplayScopeError';
  readonly code = 'REPLAY_SCOPE';
}

/**
 * A venue beside the venue: a core of its own answers the replay at once, as `ReplayTarget` wants it, and what the replay sent is
 * kept for the running venue to do the same. Both have the same orders of the same participants, so both come to the same book.
 */
export class MirrorTarget implements ReplayTarget {
  declare private readonly core: TradingCore;
  /** Of recorded instruments, the one that is passed on; undefined: all. */
  declare private readonly symbol: string | undefined;
  /** Numbers of those that are passed on. */
  declare private readonly instruments: Set<number>;
  declare private events: EventSink | undefined;
  declare private sequence: number;
  declare private items: ReplayItem[];
  /** Records of orders that no item has yet. */
  declare private words: Int32Array<ArrayBuffer>;
  declare private end: number;

  constructor(symbol: string | undefined) {
    this.core = new TradingCore({
      onEvents: (words, from, to) => this.events?.onEvents(words, from, to),
    });
    this.symbol = symbol;
    this.instruments = new Set();
    this.events = undefined;
    this.sequence = 0;
    this.items = [];
    this.words = new Int32Array(FIRST_WORDS);
    this.end = 0;
  }

  submit(
    words: WordBuffer,
    from: number,
    to: number,
    timeSeconds: number,
    timeNanos: number,
    events: EventSink,
  ): void {
    this.#passOn(words, from, to);
    this.events = events;
    this.sequence++;
    this.core.begin(this.sequence, timeSeconds, timeNanos, 1, 1, this.sequence);
    this.core.apply(words, from);
    this.core.end();
  }

  /** Instruments that are passed on. */
  get instrumentCount(): number {
    return this.instruments.size;
  }

  stateHash(): string {
    return this.core.stateHash;
  }

  /** What the venue is to do since the last call. */
  take(): ReplayItem[] {
    this.#endOrders();
    const { items } = this;
    this.items = [];
    return items;
  }

  #passOn(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    switch (i32[from] & 0xff) {
      case CommandType.AddInstrument: {
        const command = readCommand(words, from, to);
        if (command.type === 'AddInstrument' && (this.symbol ?? command.symbol) === command.symbol) {
          if (this.instruments.size === INSTRUMENTS_MAX)
            throw new ReplayScopeError(
              `the recording has more than ${INSTRUMENTS_MAX} instruments: name the one that is to be replayed`,
            );
          this.instruments.add(i32[from + AddInstrument.at.instrumentId]);
          this.#add({ kind: 'instrument', command });
        }
        break;
      }
      case CommandType.SetPhase: {
        const command = readCommand(words, from, to);
        if (command.type === 'SetPhase' && this.instruments.has(command.instrumentId))
          this.#add({ kind: 'phase', instrumentId: command.instrumentId, phase: command.phase as Phase });
        break;
      }
      case CommandType.NewOrder:
      case CommandType.ReplaceOrder:
      case CommandType.CancelOrder:
        // All commands name the instrument in the same word.
        if (this.instruments.has(i32[from + NewOrder.at.instrumentId])) this.#addOrder(i32, from, to);
        break;
    }
  }

  #add(item: ReplayItem): void {
    this.#endOrders();
    this.items.push(item);
  }

  #addOrder(i32: Int32Array, from: number, to: number): void {
    const size = to - from;
    if (this.end + size > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words.set(i32.subarray(from, to), this.end);
    this.end += size;
  }

  #endOrders(): void {
    if (this.end === 0) return;
    this.items.push({ kind: 'orders', words: this.words.slice(0, this.end) });
    this.end = 0;
  }
}
