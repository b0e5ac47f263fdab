import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { BookLevel } from '#domain/market-views.ts';
import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { PAGES_PER_INSERT_MAX, PricePages } from '#lib/price-index.ts';

/** No level. */
export const NO_LEVEL = 0;

/** `changedAt` of a level that no list of changes holds. */
export const UNLISTED = -1;

const ROW_WORDS = 10;
const ROW_DOUBLES = ROW_WORDS / 2;
// The two doubles of a row, then words.
const QTY_LOTS = 0;
const CHANGED_AT = 1;
const PRICE_TICKS = 4;
const ORDERS = 5;
/** Book row * 2, + 1 for asks. */
const BOOK_SIDE = 6;
const NEWER = 7;
/** Of a row that is free: the next free one. */
const OLDER = 8;

/**
 * The levels of all books, in rows of 40 bytes: what they display, and their place in their book's list of changes. A level
 * without orders is *gone*: it is remembered as long as it is in that list, so that readers hear of it, and found by
 * side and price, so that it is the same level when the price comes back.
 */
export class LevelStore {
  declare readonly pages: PricePages;
  declare private readonly _rows: Columns;
  declare private readonly i32: Int32Array<ArrayBuffer>;
  declare private readonly f64: Float64Array<ArrayBuffer>;
  declare private readonly gone: IntPairMap;
  declare private free: number;

  constructor() {
    // As many as the core has, which keeps all of these prices and more; and those of an insert, for a price whose order displays nothing
    // for a moment: it stays in the core, and comes back here when the core may have no page left.
    this.pages = new PricePages((Limits.ORDERS_MAX >> 2) + PAGES_PER_INSERT_MAX);
    this._rows = new Columns('viewLevels', Limits.LEVELS_MAX + Limits.VIEW_GONE_LEVELS_MAX + 2);
    this.i32 = this._rows.i32('rows', ROW_WORDS);
    this.f64 = doublesOf(this.i32);
    this._rows.addRow();
    this.gone = new IntPairMap();
    this.free = NO_LEVEL;
  }

  /** Rows that hold a level or held one. */
  get rows(): number {
    return this._rows.rows - 1;
  }

  get goneLevels(): number {
    return this.gone.size;
  }

  /** The level of a price that has none with orders: the one that is gone, or a new one, unlisted. */
  take(bookRow: number, side: Side, priceTicks: number): number {
    const bookSide = bookRow * 2 + (side === Side.Sell ? 1 : 0);
    const gone = this.gone.delete(bookSide, priceTicks);
    if (gone !== -1) return gone;
    const level = this.#takeRow();
    const row = level * ROW_WORDS;
    const i32 = this.i32;
    i32[row + PRICE_TICKS] = priceTicks;
    i32[row + ORDERS] = 0;
    i32[row + BOOK_SIDE] = bookSide;
    i32[row + NEWER] = NO_LEVEL;
    i32[row + OLDER] = NO_LEVEL;
    this.f64[level * ROW_DOUBLES + QTY_LOTS] = 0;
    this.f64[level * ROW_DOUBLES + CHANGED_AT] = UNLISTED;
    return level;
  }

  /** Remembers a level that has no orders any more. */
  markGone(level: number): void {
    const row = level * ROW_WORDS;
    this.gone.set(this.i32[row + BOOK_SIDE], this.i32[row + PRICE_TICKS], level);
  }

  /** Forgets a level that is gone. */
  forgetGone(level: number): void {
    const row = level * ROW_WORDS;
    this.gone.delete(this.i32[row + BOOK_SIDE], this.i32[row + PRICE_TICKS]);
    this.release(level);
  }

  /** Gives back the row of a level without orders that is neither listed nor gone. */
  release(level: number): void {
    this.i32[level * ROW_WORDS + OLDER] = this.free;
    this.free = level;
  }

  side(level: number): Side {
    return (this.i32[level * ROW_WORDS + BOOK_SIDE] & 1) === 0 ? Side.Buy : Side.Sell;
  }

  priceTicks(level: number): number {
    return this.i32[level * ROW_WORDS + PRICE_TICKS];
  }

  qtyLots(level: number): number {
    return this.f64[level * ROW_DOUBLES + QTY_LOTS];
  }

  orders(level: number): number {
    return this.i32[level * ROW_WORDS + ORDERS];
  }

  /** Adds to what a level displays; returns how many orders it then has. */
  change(level: number, qtyLots: number, orders: number): number {
    this.f64[level * ROW_DOUBLES + QTY_LOTS] += qtyLots;
    return (this.i32[level * ROW_WORDS + ORDERS] += orders);
  }

  /** Book sequence of the level's last change, or a mark of its book; UNLISTED. */
  changedAt(level: number): number {
    return this.f64[level * ROW_DOUBLES + CHANGED_AT];
  }

  setChangedAt(level: number, sequence: number): void {
    this.f64[level * ROW_DOUBLES + CHANGED_AT] = sequence;
  }

  /** The neighbours in the list of changes. */
  newer(level: number): number {
    return this.i32[level * ROW_WORDS + NEWER];
  }

  setNewer(level: number, newer: number): void {
    this.i32[level * ROW_WORDS + NEWER] = newer;
  }

  older(level: number): number {
    return this.i32[level * ROW_WORDS + OLDER];
  }

  setOlder(level: number, older: number): void {
    this.i32[level * ROW_WORDS + OLDER] = older;
  }

  read(level: number): BookLevel {
    return {
      priceTicks: this.priceTicks(level),
      qtyLots: this.qtyLots(level),
      orders: this.orders(level),
    };
  }

  #takeRow(): number {
    const { free } = this;
    if (free !== NO_LEVEL) {
      this.free = this.older(free);
      return free;
    }
    const row = this._rows.addRow();
    assert(row !== -1, 'Invariant: no more levels than the core can hold and the views remember');
    return row;
  }
}
