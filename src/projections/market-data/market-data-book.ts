import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';

/** No order, no level: the end of a list. */
const NONE = -1;
/** Rows that a fresh table starts with; tables double up to their limit. */
const ROWS_INITIAL = 1_024;

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

function grown(array: Float64Array, rows: number): Float64Array {
  const next = new Float64Array(rows);
  next.set(array);
  return next;
}

function grownInt(array: Int32Array, rows: number): Int32Array {
  const next = new Int32Array(rows);
  next.set(array);
  return next;
}

/**
 * The displayed book of every instrument, order by order and level by level, as the events tell it. One row per
 * order and one per level in typed arrays, orders of a level linked in priority order; hidden quantity is not in it.
 *
 * Rows are addressed by slot: `find` gives the slot of an order, and the columns are read directly. Slots are
 * reused after removal.
 */
export class MarketDataBook {
  orderId: Float64Array;
  /** The order reference number under which the feed shows the order: its orderId when it took its place. */
  reference: Float64Array;
  visibleQtyLots: Float64Array;
  instrumentId: Int32Array;
  priceTicks: Int32Array;
  side: Int32Array;
  #next: Int32Array;
  #previous: Int32Array;
  #level: Int32Array;
  #freeOrder: number;
  #orderRows: number;
  readonly #slotOf: Map<number, number>;

  #levelPrice: Int32Array;
  #levelQty: Float64Array;
  #levelOrders: Int32Array;
  #levelHead: Int32Array;
  #levelTail: Int32Array;
  #freeLevel: number;
  #levelRows: number;
  readonly #instruments: Map<number, InstrumentLevels>;

  constructor() {
    this.orderId = new Float64Array(ROWS_INITIAL);
    this.reference = new Float64Array(ROWS_INITIAL);
    this.visibleQtyLots = new Float64Array(ROWS_INITIAL);
    this.instrumentId = new Int32Array(ROWS_INITIAL);
    this.priceTicks = new Int32Array(ROWS_INITIAL);
    this.side = new Int32Array(ROWS_INITIAL);
    this.#next = new Int32Array(ROWS_INITIAL);
    this.#previous = new Int32Array(ROWS_INITIAL);
    this.#level = new Int32Array(ROWS_INITIAL);
    this.#freeOrder = NONE;
    this.#orderRows = 0;
    this.#slotOf = new Map();
    this.#levelPrice = new Int32Array(ROWS_INITIAL);
    this.#levelQty = new Float64Array(ROWS_INITIAL);
    this.#levelOrders = new Int32Array(ROWS_INITIAL);
    this.#levelHead = new Int32Array(ROWS_INITIAL);
    this.#levelTail = new Int32Array(ROWS_INITIAL);
    this.#freeLevel = NONE;
    this.#levelRows = 0;
    this.#instruments = new Map();
  }

  /** Displayed orders of all instruments. */
  get orders(): number {
    return this.#slotOf.size;
  }

  /** The slot of a displayed order, or -1. */
  find(orderId: number): number {
    return this.#slotOf.get(orderId) ?? NONE;
  }

  /** Adds an order behind all others at its price and returns its slot. */
  add(orderId: number, instrumentId: number, side: Side, priceTicks: number, qtyLots: number): number {
    const slot = this.#addOrder(orderId, instrumentId, side, priceTicks, qtyLots);
    const level = this.#level[slot];
    const tail = this.#levelTail[level];
    this.#previous[slot] = tail;
    this.#next[slot] = NONE;
    if (tail === NONE) this.#levelHead[level] = slot;
    else this.#next[tail] = slot;
    this.#levelTail[level] = slot;
    return slot;
  }

  /** Takes `qtyLots` off the order in place; an order that shows nothing any more is removed. */
  reduce(slot: number, qtyLots: number): void {
    const left = this.visibleQtyLots[slot] - qtyLots;
    assert(qtyLots > 0 && left >= 0, 'Invariant: an order loses at most what it displays');
    if (left === 0) {
      this.remove(slot);
      return;
    }
    this.visibleQtyLots[slot] = left;
    this.#levelQty[this.#level[slot]] -= qtyLots;
  }

  remove(slot: number): void {
    const level = this.#level[slot];
    const previous = this.#previous[slot];
    const next = this.#next[slot];
    if (previous === NONE) this.#levelHead[level] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#levelTail[level] = previous;
    else this.#previous[next] = previous;
    this.#levelQty[level] -= this.visibleQtyLots[slot];
    if (--this.#levelOrders[level] === 0) {
      this.#levelsOf(this.instrumentId[slot], this.side[slot]).delete(this.priceTicks[slot]);
      this.#levelHead[level] = this.#freeLevel;
      this.#freeLevel = level;
    }
    this.#slotOf.delete(this.orderId[slot]);
    this.#next[slot] = this.#freeOrder;
    this.#freeOrder = slot;
  }

  /** The order goes on under a new id in its place: the feed's reference stays. */
  rename(slot: number, orderId: number): void {
    assert(!this.#slotOf.has(orderId), 'Invariant: an order id is displayed once');
    this.#slotOf.delete(this.orderId[slot]);
    this.#slotOf.set(orderId, slot);
    this.orderId[slot] = orderId;
  }

  /** Prices of one side, best first, with what they display; at most `depth` of them. */
  levels(instrumentId: number, side: Side, depth = Number.POSITIVE_INFINITY): LevelView[] {
    return this.#sortedLevels(instrumentId, side)
      .slice(0, depth)
      .map((level) => ({
        priceTicks: this.#levelPrice[level],
        qtyLots: this.#levelQty[level],
        orders: this.#levelOrders[level],
      }));
  }

  /** Calls `visit` with the slot of every order of one side, best price first, in priority order. The book must not change meanwhile. */
  visitOrders(instrumentId: number, side: Side, visit: (slot: number) => void): void {
    for (const level of this.#sortedLevels(instrumentId, side)) {
      for (let slot = this.#levelHead[level]; slot !== NONE; slot = this.#next[slot]) visit(slot);
    }
  }

  #sortedLevels(instrumentId: number, side: Side): number[] {
    const levels = this.#instruments.get(instrumentId);
    if (levels === undefined) return [];
    const prices = this.#levelPrice;
    return side === Side.Buy
      ? [...levels.bids.values()].sort((a, b) => prices[b] - prices[a])
      : [...levels.asks.values()].sort((a, b) => prices[a] - prices[b]);
  }

  #levelsOf(instrumentId: number, side: number): Map<number, number> {
    let levels = this.#instruments.get(instrumentId);
    if (levels === undefined) {
      levels = { bids: new Map(), asks: new Map() };
      this.#instruments.set(instrumentId, levels);
    }
    return side === Side.Buy ? levels.bids : levels.asks;
  }

  #addOrder(orderId: number, instrumentId: number, side: Side, priceTicks: number, qtyLots: number): number {
    assert(qtyLots > 0, 'Invariant: a displayed order shows something');
    assert(!this.#slotOf.has(orderId), 'Invariant: an order id is displayed once');
    const slot = this.#takeOrderRow();
    const level = this.#levelAt(instrumentId, side, priceTicks);
    this.orderId[slot] = orderId;
    this.reference[slot] = orderId;
    this.visibleQtyLots[slot] = qtyLots;
    this.instrumentId[slot] = instrumentId;
    this.priceTicks[slot] = priceTicks;
    this.side[slot] = side;
    this.#level[slot] = level;
    this.#levelQty[level] += qtyLots;
    this.#levelOrders[level]++;
    this.#slotOf.set(orderId, slot);
    return slot;
  }

  #levelAt(instrumentId: number, side: Side, priceTicks: number): number {
    const levels = this.#levelsOf(instrumentId, side);
    const known = levels.get(priceTicks);
    if (known !== undefined) return known;
    let level = this.#freeLevel;
    if (level === NONE) {
      assert(this.#levelRows < Limits.LEVELS_MAX, 'Invariant: no more levels than the core can hold');
      if (this.#levelRows === this.#levelPrice.length) this.#growLevels();
      level = this.#levelRows++;
    } else {
      this.#freeLevel = this.#levelHead[level];
    }
    this.#levelPrice[level] = priceTicks;
    this.#levelQty[level] = 0;
    this.#levelOrders[level] = 0;
    this.#levelHead[level] = NONE;
    this.#levelTail[level] = NONE;
    levels.set(priceTicks, level);
    return level;
  }

  #takeOrderRow(): number {
    const free = this.#freeOrder;
    if (free !== NONE) {
      this.#freeOrder = this.#next[free];
      return free;
    }
    assert(this.#orderRows < Limits.ORDERS_MAX, 'Invariant: no more orders than the core can hold');
    if (this.#orderRows === this.orderId.length) this.#growOrders();
    return this.#orderRows++;
  }

  #growOrders(): void {
    const rows = this.orderId.length * 2;
    this.orderId = grown(this.orderId, rows);
    this.reference = grown(this.reference, rows);
    this.visibleQtyLots = grown(this.visibleQtyLots, rows);
    this.instrumentId = grownInt(this.instrumentId, rows);
    this.priceTicks = grownInt(this.priceTicks, rows);
    this.side = grownInt(this.side, rows);
    this.#next = grownInt(this.#next, rows);
    this.#previous = grownInt(this.#previous, rows);
    this.#level = grownInt(this.#level, rows);
  }

  #growLevels(): void {
    const rows = this.#levelPrice.length * 2;
    this.#levelPrice = grownInt(this.#levelPrice, rows);
    this.#levelQty = grown(this.#levelQty, rows);
    this.#levelOrders = grownInt(this.#levelOrders, rows);
    this.#levelHead = grownInt(this.#levelHead, rows);
    this.#levelTail = grownInt(this.#levelTail, rows);
  }
}
