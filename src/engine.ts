/**
 * The engine as a library: the order book alone (`LimitBook`), the whole core with plain objects (`Engine`), and
 * the parts underneath for those who want the last nanosecond (`TradingCore`, `OrderBook`).
 *
 * Everything here is deterministic and pure: no I/O, no clock, no randomness. Time is what you pass in.
 */
import { CodecError } from '#codec/log/codec-error.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import type { BookListener } from '#core/book/book-listener.ts';
import { BookStore } from '#core/book/book-store.ts';
import { OrderBook } from '#core/book/order-book.ts';
import type { CoreCapacity } from '#core/state.ts';
import { TradingCore } from '#core/trading-core.ts';
import { COMMAND_LAYOUTS, SelfTradePrevention, Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

export { CodecError } from '#codec/log/codec-error.ts';
export type { CommandInput, Event } from '#codec/log/record-types.ts';
export type { BookListener } from '#core/book/book-listener.ts';
export { BookStore } from '#core/book/book-store.ts';
export { fillableQtyLots } from '#core/book/fillable.ts';
export { MatchEnd, OrderBook } from '#core/book/order-book.ts';
export { CoreVersionError } from '#core/core-version.ts';
export type { CoreCapacity } from '#core/state.ts';
export { TradingCore } from '#core/trading-core.ts';
export * from '#domain/commands.ts';
export { CancelReason, EventType } from '#domain/events.ts';
export { RejectCode, Rejects, rejectName } from '#domain/rejects.ts';
export { WordBuffer } from '#lib/word-buffer.ts';

/** Time of a command: whole seconds since the Unix epoch, below 2^32, and nanoseconds within the second. */
export interface EngineTime {
  readonly seconds: number;
  readonly nanos: number;
}

const SECONDS_MAX = 2 ** 32 - 1;
const NANOS_MAX = 999_999_999;

/** Longest command, in words. */
const COMMAND_WORDS_MAX = Math.max(...COMMAND_LAYOUTS.map(({ words }) => words));

/**
 * The full core behind plain objects: commands in, the complete list of their events out.
 *
 * ```ts
 * const engine = new Engine();
 * engine.submit({ type: 'AddAsset', assetId: 1, symbol: 'USD', decimals: 2 });
 * ```
 */
export class Engine {
  /** The core itself: state hash, tables, records in and out without objects. */
  declare readonly core: TradingCore;
  declare private readonly command: WordBuffer;
  declare private events: Event[];
  declare private sequence: number;

  /**
   * @param capacity how much it can hold; memory is reserved, not touched
   * @throws AssertionError when a capacity is unknown, or no whole number of at least 0
   */
  constructor(capacity: Partial<CoreCapacity> = {}) {
    this.core = new TradingCore(
      { onEvents: (words, from, to) => this.events.push(...readEvents(words, from, to)) },
      capacity,
    );
    this.command = WordBuffer.allocate(COMMAND_WORDS_MAX);
    this.events = [];
    this.sequence = 0;
  }

  /**
   * Applies one command and returns its events in order. Time never goes back: an earlier one counts as the last.
   * @throws CodecError when the object is not a command
   * @throws CoreVersionError when it switches to rules that this build lacks; the engine is then unusable
   * @throws AssertionError when the time is none, such as one in milliseconds; nothing has changed
   */
  submit(command: CommandInput, time: EngineTime = { seconds: 0, nanos: 0 }): Event[] {
    assert(
      isWithin(time.seconds, 0, SECONDS_MAX) && isWithin(time.nanos, 0, NANOS_MAX),
      'Condition: a time is whole seconds from 0 to 2^32 - 1 and nanoseconds from 0 to 999,999,999',
    );
    if (typeof command !== 'object' || command === null)
      throw new CodecError('UNKNOWN_TYPE', 'type', 0, 'a command is an object');
    this.command.i32.fill(0, 0, commandWords(command));
    writeCommand(this.command, 0, command);
    this.events = [];
    this.sequence++;
    this.core.begin(this.sequence, time.seconds, time.nanos, 1, 1, this.sequence);
    this.core.apply(this.command, 0);
    this.core.end();
    const { events } = this;
    this.events = [];
    return events;
  }
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** The book's tables would cut off what is more than a word, or a fraction, and the order would be another one. */
function assertTerms(priceTicks: number, qtyLots: number): void {
  assert(
    isWithin(priceTicks, 1, Limits.PRICE_TICKS_MAX) && isWithin(qtyLots, 1, Limits.QTY_LOTS_MAX),
    'Condition: a price is an integer from 1 to 2^31 - 1, a quantity from 1 to 2^40',
  );
}

/**
 * What a `LimitBook` tells, in the middle of matching: a listener neither adds, cancels or replaces an order of that book nor throws.
 * Order ids are the caller's.
 */
export interface LimitBookListener {
  onTrade(makerOrderId: number, takerOrderId: number, qtyLots: number, priceTicks: number): void;
}

/**
 * The order book alone, for one instrument: price-time priority, orders by the caller's own ids.
 * No accounts, no money, no reports but trades.
 */
export class LimitBook {
  declare readonly book: OrderBook;
  declare private readonly store: BookStore;
  declare private readonly slotOf: IntPairMap;
  /** A listener is told of a trade, and has not returned. */
  declare private isTelling: boolean;

  /**
   * @param ordersMax resting orders that it can hold; memory is reserved, not touched
   * @throws AssertionError when that is no whole number of at least 0
   */
  constructor(listener: LimitBookListener, ordersMax = 1 << 20) {
    assert(
      isWithin(ordersMax, 0, Number.MAX_SAFE_INTEGER),
      'Condition: a book has room for a whole number of orders, at least 0',
    );
    const store = new BookStore({ ordersMax });
    const slotOf = new IntPairMap();
    const onTrade: BookListener['onTrade'] = (maker, taker, qtyLots, priceTicks) => {
      const makerId = store.orderId(maker);
      if (store.leavesQtyLots(maker) === 0) slotOf.delete(makerId, 0);
      this.isTelling = true;
      listener.onTrade(makerId, store.orderId(taker), qtyLots, priceTicks);
      this.isTelling = false;
    };
    this.store = store;
    this.slotOf = slotOf;
    this.isTelling = false;
    this.book = new OrderBook(store, { onTrade, onCanceled: () => {}, onRested: () => {} });
  }

  /**
   * Matches an order and rests what is left, unless it is immediate-or-cancel. Returns the quantity that rests;
   * -1 when nothing was done: the id is taken, or the book is full (of orders, of price levels, or its side of quantity: 2^53 - 1
   * lots). Ids and prices are integers from 1 to 2^31 - 1, quantities from 1 to 2^40 lots.
   * @throws AssertionError when they are not; nothing has changed
   */
  add(orderId: number, side: Side, priceTicks: number, qtyLots: number, isImmediateOrCancel = false): number {
    this.#assertIdle();
    assert(
      isWithin(orderId, 1, Limits.ID_MAX) && (side === Side.Buy || side === Side.Sell),
      'Condition: an id is an integer from 1 to 2^31 - 1, a side Side.Buy or Side.Sell',
    );
    assertTerms(priceTicks, qtyLots);
    if (this.slotOf.get(orderId, 0) !== -1) return -1;
    if (!isImmediateOrCancel && !this.book.canRest(side, priceTicks, qtyLots)) return -1;
    const slot = this.store.allocateOrder();
    if (slot === 0) return -1;
    this.book.setOrder(slot, orderId, 0, qtyLots, 0);
    this.book.match(slot, side, priceTicks, SelfTradePrevention.CancelNewest);
    const leaves = this.store.leavesQtyLots(slot);
    if (leaves > 0 && !isImmediateOrCancel && this.book.rest(slot, side, priceTicks)) {
      this.slotOf.set(orderId, 0, slot);
      return leaves;
    }
    this.store.releaseOrder(slot);
    return 0;
  }

  /** Removes a resting order and returns its open quantity; 0 when it is not there. */
  cancel(orderId: number): number {
    this.#assertIdle();
    const slot = this.slotOf.delete(orderId, 0);
    if (slot === -1) return 0;
    const leaves = this.store.leavesQtyLots(slot);
    this.book.remove(slot);
    this.store.releaseOrder(slot);
    return leaves;
  }

  /**
   * Gives a resting order a new price and open quantity, within the bounds of `add`. Priority is kept only by a smaller or equal
   * quantity at the same price; otherwise it matches like a new order. Returns what rests; -1 when nothing was done: the order is not
   * there, or the book is full.
   * @throws AssertionError as `add`
   */
  replace(orderId: number, priceTicks: number, qtyLots: number): number {
    this.#assertIdle();
    assertTerms(priceTicks, qtyLots);
    const slot = this.slotOf.get(orderId, 0);
    if (slot === -1) return -1;
    const leaves = this.store.leavesQtyLots(slot);
    if (this.store.levelKey(slot) === priceTicks && qtyLots <= leaves) {
      if (qtyLots < leaves) this.book.reduce(slot, leaves - qtyLots);
      return qtyLots;
    }
    const side = this.book.sideOf(slot);
    if (!this.book.canRest(side, priceTicks, qtyLots - leaves)) return -1;
    // A level that goes with its only order has to find room again.
    const leavesLevel = this.store.levelKey(slot) === priceTicks && this.book.isAlone(slot);
    if (leavesLevel && !this.book.bids.canInsert()) return -1;
    this.cancel(orderId);
    return this.add(orderId, side, priceTicks, qtyLots);
  }

  #assertIdle(): void {
    assert(
      !this.isTelling,
      'Condition: a listener neither changes the book that tells it of a trade nor throws',
    );
  }

  /** Best prices in ticks; 0 where a side is empty. */
  get bestBidTicks(): number {
    return this.book.bestBidTicks;
  }

  get bestAskTicks(): number {
    return this.book.bestAskTicks;
  }

  /** Open quantity at a price, in lots. */
  depthAt(side: Side, priceTicks: number): number {
    return this.book.depthAt(side, priceTicks);
  }
}
