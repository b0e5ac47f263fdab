import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { hashOfPair } from '#lib/pair-hash.ts';

const NONE = 0;
/** Chains that a fresh table starts with; they double when chains have more orders than this, on average. */
const CHAINS_INITIAL = 1_024;
const CHAIN_ORDERS_MAX = 2;
const TWO_POW_32 = 2 ** 32;
/** Order ids are the core's own count: nobody chooses them to meet. */
const SEED = 0x9e3779b1;

const ROW_WORDS = 6;
// Word of each field in a row; the first two are doubles. A row that is free has the next free one in CHAIN.
const ORDER_ID = 0;
const REFERENCE = 2;
const CHAIN = 4;

/**
 * The references of those orders that the feed shows under another number than their id: a replacement that kept its place has a new
 * id and the old reference. Rows of 24 bytes, found by orderId whatever ids live and whatever ids went before: the rows of ids with
 * one hash are chained through the rows themselves. Room for all that a core can hold is reserved and costs nothing until it is touched.
 */
export class OrderReferences {
  /** Orders that there are. */
  declare size: number;
  declare private readonly _rows: Columns;
  declare private readonly i32: Int32Array<ArrayBuffer>;
  declare private readonly f64: Float64Array<ArrayBuffer>;
  /** First row of each chain. */
  declare private chains: Int32Array<ArrayBuffer>;
  /** Hash bits that are too many for the number of chains. */
  declare private shift: number;
  /** First of the removed rows, linked as chains are. */
  declare private free: number;

  constructor() {
    this.size = 0;
    this._rows = new Columns('orderReferences', Limits.ORDERS_MAX + 1);
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

  /** The reference of an order; undefined: it is shown under its id. */
  get(orderId: number): number | undefined {
    const row = this.#find(orderId);
    return row === NONE ? undefined : this.f64[(row * ROW_WORDS + REFERENCE) >> 1];
  }

  /** Adds an order that is not there yet. */
  add(orderId: number, reference: number): void {
    assert(this.#find(orderId) === NONE, 'Invariant: an order takes its id once');
    const row = this.#takeRow();
    if (++this.size > this.chains.length * CHAIN_ORDERS_MAX) this.#growChains();
    this.f64[(row * ROW_WORDS + ORDER_ID) >> 1] = orderId;
    this.f64[(row * ROW_WORDS + REFERENCE) >> 1] = reference;
    this.#chain(row);
  }

  /** Removes an order and returns its reference; undefined: it is not there. */
  remove(orderId: number): number | undefined {
    const row = this.#find(orderId);
    if (row === NONE) return undefined;
    this.#unchain(row);
    this.i32[row * ROW_WORDS + CHAIN] = this.free;
    this.free = row;
    this.size--;
    return this.f64[(row * ROW_WORDS + REFERENCE) >> 1];
  }

  #find(orderId: number): number {
    if (this.size === 0) return NONE;
    const { i32, f64 } = this;
    let row = this.chains[this.#chainOf(orderId)];
    while (row !== NONE && f64[(row * ROW_WORDS + ORDER_ID) >> 1] !== orderId)
      row = i32[row * ROW_WORDS + CHAIN];
    return row;
  }

  #chainOf(orderId: number): number {
    return hashOfPair((orderId / TWO_POW_32) | 0, orderId | 0, SEED) >>> this.shift;
  }

  #chain(row: number): void {
    const chain = this.#chainOf(this.f64[(row * ROW_WORDS + ORDER_ID) >> 1]);
    this.i32[row * ROW_WORDS + CHAIN] = this.chains[chain];
    this.chains[chain] = row;
  }

  #unchain(row: number): void {
    const i32 = this.i32;
    const chain = this.#chainOf(this.f64[(row * ROW_WORDS + ORDER_ID) >> 1]);
    const after = i32[row * ROW_WORDS + CHAIN];
    let before = this.chains[chain];
    if (before === row) {
      this.chains[chain] = after;
      return;
    }
    while (i32[before * ROW_WORDS + CHAIN] !== row) before = i32[before * ROW_WORDS + CHAIN];
    i32[before * ROW_WORDS + CHAIN] = after;
  }

  #takeRow(): number {
    const free = this.free;
    if (free !== NONE) {
      this.free = this.i32[free * ROW_WORDS + CHAIN];
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
    for (let row of old) {
      while (row !== NONE) {
        const next = i32[row * ROW_WORDS + CHAIN];
        this.#chain(row);
        row = next;
      }
    }
  }
}
