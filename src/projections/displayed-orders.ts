import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { hashOfPair } from '#lib/int-map.ts';

/** No order. */
export const NONE = 0;
/** Chains that a fresh table starts with; they double when chains have more orders than this, on average. */
const CHAINS_INITIAL = 1_024;
const CHAIN_ORDERS_MAX = 2;
const TWO_POW_32 = 2 ** 32;
/** Order ids are the core's own count: nobody chooses them to meet. */
const SEED = 0x9e3779b1;

const ROW_WORDS = 8;
const ROW_SHIFT = 3;
// Word of each field in a row; the first two are doubles.
const ORDER_ID = 0;
const VISIBLE_QTY_LOTS = 2;
const NEXT = 4;
const PREVIOUS = 5;
const LEVEL = 6;
const CHAIN = 7;

/**
 * The displayed orders of all instruments, in rows of 32 bytes, found by orderId whatever ids live and whatever ids went
 * before: the rows of ids with one hash are chained through the rows themselves. Room for all that a core can hold is
 * reserved and costs nothing until it is touched. Slots are row numbers from 1 on, reused after removal.
 */
export class DisplayedOrders {
  /** Orders that there are. */
  declare size: number;
  declare private readonly _rows: Columns;
  declare private readonly i32: Int32Array<ArrayBuffer>;
  declare private readonly f64: Float64Array<ArrayBuffer>;
  /** First slot of each chain. */
  declare private chains: Int32Array<ArrayBuffer>;
  /** Hash bits that are too many for the number of chains. */
  declare private shift: number;
  /** First of the removed slots, linked as chains are. */
  declare private free: number;

  constructor() {
    this.size = 0;
    this._rows = new Columns('displayedOrders', Limits.ORDERS_MAX + 1);
    this.i32 = this._rows.i32('rows', ROW_WORDS);
    this.f64 = doublesOf(this.i32);
    this._rows.addRow();
    this.chains = new Int32Array(CHAINS_INITIAL);
    this.shift = Math.clz32(CHAINS_INITIAL) + 1;
    this.free = NONE;
  }

  /** Rows that hold an order or held one. */
  get rows(): number {
    return this._rows.rows - 1;
  }

  /** The slot of an order, or NONE. */
  find(orderId: number): number {
    const i32 = this.i32;
    const f64 = this.f64;
    let slot = this.chains[this.#chainOf(orderId)];
    while (slot !== NONE && f64[((slot << ROW_SHIFT) | ORDER_ID) >> 1] !== orderId) {
      slot = i32[(slot << ROW_SHIFT) | CHAIN];
    }
    return slot;
  }

  /** Takes a slot for an order that is not there yet; all of its fields but the id are to be set. */
  add(orderId: number, visibleQtyLots: number, level: number): number {
    const slot = this.#takeRow();
    if (++this.size > this.chains.length * CHAIN_ORDERS_MAX) this.#growChains();
    this.#setId(slot, orderId);
    this.setVisibleQtyLots(slot, visibleQtyLots);
    this.i32[(slot << ROW_SHIFT) | LEVEL] = level;
    return slot;
  }

  remove(slot: number): void {
    this.#unchain(slot);
    this.i32[(slot << ROW_SHIFT) | CHAIN] = this.free;
    this.free = slot;
    this.size--;
  }

  /** Gives the order in `slot` another id, which no order has. */
  rename(slot: number, orderId: number): void {
    this.#unchain(slot);
    this.#setId(slot, orderId);
  }

  orderId(slot: number): number {
    return this.f64[((slot << ROW_SHIFT) | ORDER_ID) >> 1];
  }

  visibleQtyLots(slot: number): number {
    return this.f64[((slot << ROW_SHIFT) | VISIBLE_QTY_LOTS) >> 1];
  }

  setVisibleQtyLots(slot: number, qtyLots: number): void {
    this.f64[((slot << ROW_SHIFT) | VISIBLE_QTY_LOTS) >> 1] = qtyLots;
  }

  /** The level at which the order stands. */
  level(slot: number): number {
    return this.i32[(slot << ROW_SHIFT) | LEVEL];
  }

  /** The order behind this one at its level, or NONE. */
  next(slot: number): number {
    return this.i32[(slot << ROW_SHIFT) | NEXT];
  }

  setNext(slot: number, next: number): void {
    this.i32[(slot << ROW_SHIFT) | NEXT] = next;
  }

  /** The order before this one at its level, or NONE. */
  previous(slot: number): number {
    return this.i32[(slot << ROW_SHIFT) | PREVIOUS];
  }

  setPrevious(slot: number, previous: number): void {
    this.i32[(slot << ROW_SHIFT) | PREVIOUS] = previous;
  }

  #chainOf(orderId: number): number {
    return hashOfPair((orderId / TWO_POW_32) | 0, orderId | 0, SEED) >>> this.shift;
  }

  #setId(slot: number, orderId: number): void {
    const chain = this.#chainOf(orderId);
    this.f64[((slot << ROW_SHIFT) | ORDER_ID) >> 1] = orderId;
    this.i32[(slot << ROW_SHIFT) | CHAIN] = this.chains[chain];
    this.chains[chain] = slot;
  }

  #unchain(slot: number): void {
    const i32 = this.i32;
    const chain = this.#chainOf(this.orderId(slot));
    const after = i32[(slot << ROW_SHIFT) | CHAIN];
    let before = this.chains[chain];
    if (before === slot) {
      this.chains[chain] = after;
      return;
    }
    while (i32[(before << ROW_SHIFT) | CHAIN] !== slot) before = i32[(before << ROW_SHIFT) | CHAIN];
    i32[(before << ROW_SHIFT) | CHAIN] = after;
  }

  #takeRow(): number {
    const free = this.free;
    if (free !== NONE) {
      this.free = this.i32[(free << ROW_SHIFT) | CHAIN];
      return free;
    }
    const row = this._rows.addRow();
    assert(row !== -1, 'Invariant: no more orders than the core can hold');
    return row;
  }

  /** Twice as many chains. The orders of a chain are found by walking the old ones. */
  #growChains(): void {
    const i32 = this.i32;
    const old = this.chains;
    this.chains = new Int32Array(old.length * 2);
    this.shift--;
    for (let slot of old) {
      while (slot !== NONE) {
        const next = i32[(slot << ROW_SHIFT) | CHAIN];
        this.#setId(slot, this.orderId(slot));
        slot = next;
      }
    }
  }
}
