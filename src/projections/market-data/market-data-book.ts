import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { DisplayedOrders, NONE } from '../displayed-orders.ts';

/** The levels of one instrument, by price. */
interface InstrumentLevels {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
}

/** One price of one side, as a reader sees it. */
export interface LevelView {
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly orders: number;
}

const LEVEL_WORDS = 8;
const LEVEL_SHIFT = 3;
// Word of each field in a level's row; the first is a double.
const QTY_LOTS = 0;
const INSTRUMENT_ID = 2;
const SIDE = 3;
const PRICE_TICKS = 4;
const ORDERS = 5;
/** First order; of a level that is free, the next free one. */
const HEAD = 6;
const TAIL = 7;

/**
 * The displayed book of every instrument, order by order and level by level, as the events tell it: one row per order
 * (`DisplayedOrders`) and one per level, orders of a level linked in priority order; hidden quantity is not in it.
 *
 * Orders are addressed by slot, which `find` and `add` give; slots are reused after removal.
 */
export class MarketDataBook {
  declare private readonly _orders: DisplayedOrders;
  /** By slot: the first ids of the orders that go on under another. */
  declare private readonly references: Map<number, number>;
  declare private readonly _levels: Columns;
  declare private readonly i32: Int32Array<ArrayBuffer>;
  declare private readonly f64: Float64Array<ArrayBuffer>;
  declare private freeLevel: number;
  declare private readonly instruments: Map<number, InstrumentLevels>;

  constructor() {
    this._orders = new DisplayedOrders();
    this.references = new Map();
    this._levels = new Columns('displayedLevels', Limits.LEVELS_MAX + 1);
    this.i32 = this._levels.i32('rows', LEVEL_WORDS);
    this.f64 = doublesOf(this.i32);
    this._levels.addRow();
    this.freeLevel = NONE;
    this.instruments = new Map();
  }

  /** Displayed orders of all instruments. */
  get orders(): number {
    return this._orders.size;
  }

  /** Rows of orders that are taken or wait to be reused. */
  get orderRows(): number {
    return this._orders.rows;
  }

  /** The slot of a displayed order, or 0. */
  find(orderId: number): number {
    return this._orders.find(orderId);
  }

  orderId(slot: number): number {
    return this._orders.orderId(slot);
  }

  /** The order reference number under which the feed shows the order: its orderId when it took its place. */
  reference(slot: number): number {
    return this.references.get(slot) ?? this._orders.orderId(slot);
  }

  visibleQtyLots(slot: number): number {
    return this._orders.visibleQtyLots(slot);
  }

  side(slot: number): Side {
    return this.i32[(this._orders.level(slot) << LEVEL_SHIFT) | SIDE] as Side;
  }

  priceTicks(slot: number): number {
    return this.i32[(this._orders.level(slot) << LEVEL_SHIFT) | PRICE_TICKS];
  }

  /** Adds an order behind all others at its price and returns its slot. */
  add(orderId: number, instrumentId: number, side: Side, priceTicks: number, qtyLots: number): number {
    assert(qtyLots > 0, 'Invariant: a displayed order shows something');
    assert(this._orders.find(orderId) === NONE, 'Invariant: an order id is displayed once');
    const level = this.#levelAt(instrumentId, side, priceTicks);
    const slot = this._orders.add(orderId, qtyLots, level);
    const row = level << LEVEL_SHIFT;
    const tail = this.i32[row | TAIL];
    this._orders.setPrevious(slot, tail);
    this._orders.setNext(slot, NONE);
    if (tail === NONE) this.i32[row | HEAD] = slot;
    else this._orders.setNext(tail, slot);
    this.i32[row | TAIL] = slot;
    this.i32[row | ORDERS]++;
    this.f64[(row | QTY_LOTS) >> 1] += qtyLots;
    return slot;
  }

  /** Takes `qtyLots` off the order in place; an order that shows nothing any more is removed. */
  reduce(slot: number, qtyLots: number): void {
    const left = this._orders.visibleQtyLots(slot) - qtyLots;
    assert(qtyLots > 0 && left >= 0, 'Invariant: an order loses at most what it displays');
    if (left === 0) {
      this.remove(slot);
      return;
    }
    this._orders.setVisibleQtyLots(slot, left);
    this.f64[((this._orders.level(slot) << LEVEL_SHIFT) | QTY_LOTS) >> 1] -= qtyLots;
  }

  remove(slot: number): void {
    const orders = this._orders;
    const level = orders.level(slot);
    const row = level << LEVEL_SHIFT;
    const previous = orders.previous(slot);
    const next = orders.next(slot);
    if (previous === NONE) this.i32[row | HEAD] = next;
    else orders.setNext(previous, next);
    if (next === NONE) this.i32[row | TAIL] = previous;
    else orders.setPrevious(next, previous);
    this.f64[(row | QTY_LOTS) >> 1] -= orders.visibleQtyLots(slot);
    if (--this.i32[row | ORDERS] === 0) this.#freeLevelRow(level);
    orders.remove(slot);
    this.references.delete(slot);
  }

  /** The order goes on under a new id in its place: the feed's reference stays. */
  rename(slot: number, orderId: number): void {
    assert(this._orders.find(orderId) === NONE, 'Invariant: an order id is displayed once');
    this.references.set(slot, this.reference(slot));
    this._orders.rename(slot, orderId);
  }

  /** Prices of one side, best first, with what they display; at most `depth` of them. */
  levels(instrumentId: number, side: Side, depth = Number.POSITIVE_INFINITY): LevelView[] {
    return this.#sortedLevels(instrumentId, side)
      .slice(0, depth)
      .map((level) => ({
        priceTicks: this.i32[(level << LEVEL_SHIFT) | PRICE_TICKS],
        qtyLots: this.f64[((level << LEVEL_SHIFT) | QTY_LOTS) >> 1],
        orders: this.i32[(level << LEVEL_SHIFT) | ORDERS],
      }));
  }

  /** Calls `visit` with the slot of every order of one side, best price first, in priority order. The book must not change meanwhile. */
  visitOrders(instrumentId: number, side: Side, visit: (slot: number) => void): void {
    for (const level of this.#sortedLevels(instrumentId, side)) {
      let slot = this.i32[(level << LEVEL_SHIFT) | HEAD];
      for (; slot !== NONE; slot = this._orders.next(slot)) visit(slot);
    }
  }

  #sortedLevels(instrumentId: number, side: Side): number[] {
    const levels = this.instruments.get(instrumentId);
    if (levels === undefined) return [];
    const price = (level: number): number => this.i32[(level << LEVEL_SHIFT) | PRICE_TICKS];
    return side === Side.Buy
      ? [...levels.bids.values()].sort((a, b) => price(b) - price(a))
      : [...levels.asks.values()].sort((a, b) => price(a) - price(b));
  }

  #levelsOf(instrumentId: number, side: number): Map<number, number> {
    let levels = this.instruments.get(instrumentId);
    if (levels === undefined) {
      levels = { bids: new Map(), asks: new Map() };
      this.instruments.set(instrumentId, levels);
    }
    return side === Side.Buy ? levels.bids : levels.asks;
  }

  #levelAt(instrumentId: number, side: Side, priceTicks: number): number {
    const levels = this.#levelsOf(instrumentId, side);
    const known = levels.get(priceTicks);
    if (known !== undefined) return known;
    const level = this.#takeLevelRow();
    const row = level << LEVEL_SHIFT;
    this.f64[(row | QTY_LOTS) >> 1] = 0;
    this.i32[row | INSTRUMENT_ID] = instrumentId;
    this.i32[row | SIDE] = side;
    this.i32[row | PRICE_TICKS] = priceTicks;
    this.i32[row | ORDERS] = 0;
    this.i32[row | HEAD] = NONE;
    this.i32[row | TAIL] = NONE;
    levels.set(priceTicks, level);
    return level;
  }

  #takeLevelRow(): number {
    const free = this.freeLevel;
    if (free !== NONE) {
      this.freeLevel = this.i32[(free << LEVEL_SHIFT) | HEAD];
      return free;
    }
    const row = this._levels.addRow();
    assert(row !== -1, 'Invariant: no more levels than the core can hold');
    return row;
  }

  #freeLevelRow(level: number): void {
    const row = level << LEVEL_SHIFT;
    const i32 = this.i32;
    this.#levelsOf(i32[row | INSTRUMENT_ID], i32[row | SIDE]).delete(i32[row | PRICE_TICKS]);
    i32[row | HEAD] = this.freeLevel;
    this.freeLevel = level;
  }
}
