import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { PricePages } from './price-index.ts';

/**
 * Offsets within an order's eight hot words, which share half a cache line: everything but its neighbours that adding,
 * canceling and matching touch. (One array per field costs a cache miss per field once the book outgrows the cache:
 * bench/depth.ts.) 64-bit fields are read through `ordersF64` at `slot * 4 + OrderHotF64.*`.
 */
export const OrderHot = {
  /** Level in which the order rests or waits; 0 while it is in none. */
  level: 0,
  /** Who owns it, for self-trade prevention: in a core its holding + 1; 0 is nobody. */
  owner: 1,
} as const;
export const OrderHotF64 = {
  leavesQtyLots: 1,
  orderId: 2,
  /** Executed so far; kept by the book's owner. */
  cumQtyLots: 3,
} as const;
const ORDER_HOT_WORDS = 8;

/** Bit of the `level` word that marks an iceberg; the level's number is the rest. */
export const ICEBERG_BIT = 1 << 30;

/**
 * Offsets within a level's eight words; `kind` says in which index it stands. 64-bit sums through `levelsF64`
 * at `level * 4 + LevelF64.*`: all open quantity, and the part of it that icebergs hide.
 */
export const LevelHot = { head: 0, tail: 1, key: 2, kind: 3 } as const;
export const LevelF64 = { totalQtyLots: 2, hiddenQtyLots: 3 } as const;
const LEVEL_WORDS = 8;

const { level: LEVEL } = OrderHot;
const { leavesQtyLots: LEAVES, orderId: ORDER_ID } = OrderHotF64;
const { key: KEY, kind: KIND } = LevelHot;
const { totalQtyLots: TOTAL, hiddenQtyLots: HIDDEN } = LevelF64;
const ICEBERG = ICEBERG_BIT;

export interface BookStoreOptions {
  /** Live orders, resting and waiting, over all books. */
  readonly ordersMax: number;
  /** Pages of the price indexes of all books (about 1 kB each); default: enough for one page per 4 orders. */
  readonly pagesMax?: number;
}

/**
 * The memory of all books of one core: orders, price levels and index pages in three pools, addressed by int
 * slots (0 is none). A book holds only the roots, so an instrument costs next to nothing until it has orders.
 */
export class BookStore {
  declare readonly orders: Columns;
  declare readonly ordersI32: Int32Array<ArrayBuffer>;
  declare readonly ordersF64: Float64Array<ArrayBuffer>;
  /**
   * The level's FIFO: next and previous order, two words per order, 0 at the ends; of a free slot the next free one. A
   * column of its own, because a neighbour's row is needed for nothing else: eight neighbours share a cache line.
   */
  declare readonly links: Int32Array<ArrayBuffer>;
  /** What an iceberg displays now; meaningless for other orders (see `visibleQtyLots`). */
  declare readonly displayedQtyLots: Float64Array<ArrayBuffer>;
  /** Size of an iceberg's slices; meaningless for other orders (see `sliceOf`). */
  declare readonly sliceQtyLots: Float64Array<ArrayBuffer>;

  declare readonly levels: Columns;
  declare readonly levelsI32: Int32Array<ArrayBuffer>;
  declare readonly levelsF64: Float64Array<ArrayBuffer>;

  declare readonly pages: PricePages;
  /** Free lists and counters, for the image. */
  declare readonly meta: Columns;
  declare private readonly metaI32: Int32Array<ArrayBuffer>;

  declare private freeOrder: number;
  declare private freeLevel: number;
  declare private _liveOrders: number;

  constructor(options: BookStoreOptions) {
    const capacity = options.ordersMax + 1;
    // An order stands in at most two levels: of its price, and of its expiry second.
    const levelsMax = 2 * options.ordersMax + 1;
    this.orders = new Columns('orders', capacity);
    this.ordersI32 = this.orders.i32('hot', ORDER_HOT_WORDS);
    this.ordersF64 = doublesOf(this.ordersI32);
    this.links = this.orders.i32('links', 2);
    this.displayedQtyLots = this.orders.f64('displayedQtyLots');
    this.sliceQtyLots = this.orders.f64('sliceQtyLots');
    this.levels = new Columns('levels', levelsMax);
    this.levelsI32 = this.levels.i32('hot', LEVEL_WORDS);
    this.levelsF64 = doublesOf(this.levelsI32);
    this.pages = new PricePages(options.pagesMax ?? Math.max(1_024, options.ordersMax >> 2));
    this.meta = new Columns('bookStore', 1);
    this.metaI32 = this.meta.i32('meta', 4);
    this.meta.addRow();
    this.orders.addRow();
    this.levels.addRow();
    this.freeOrder = 0;
    this.freeLevel = 0;
    this._liveOrders = 0;
  }

  /** Orders that hold a slot. */
  get liveOrders(): number {
    return this._liveOrders;
  }

  canAllocateOrder(): boolean {
    return this.freeOrder !== 0 || this.orders.rows < this.orders.capacity;
  }

  /** Takes a slot for an order; 0 when the store is full. Its other columns hold what the last user left. */
  allocateOrder(): number {
    let slot = this.freeOrder;
    if (slot !== 0) {
      this.freeOrder = this.links[slot << 1];
    } else {
      slot = this.orders.addRow();
      if (slot < 0) return 0;
    }
    this._liveOrders++;
    return slot;
  }

  /** Gives a slot back. It must be in no level. The order's fields stay readable until the slot is taken again. */
  releaseOrder(slot: number): void {
    assert((this.ordersI32[(slot << 3) | LEVEL] & ~ICEBERG) === 0, 'Invariant: a freed order is in no level');
    this.ordersF64[(slot << 2) | LEAVES] = 0;
    this.links[slot << 1] = this.freeOrder;
    this.freeOrder = slot;
    this._liveOrders--;
  }

  /** Takes a level for `key` in the index `kind`, for the caller to give head and tail; 0 when the store is full. */
  allocateLevel(key: number, kind: number): number {
    let level = this.freeLevel;
    if (level !== 0) {
      this.freeLevel = this.levelsI32[level << 3];
    } else {
      level = this.levels.addRow();
      if (level < 0) return 0;
    }
    const base = level << 3;
    this.levelsI32[base | KEY] = key;
    this.levelsI32[base | KIND] = kind;
    this.levelsF64[(level << 2) | TOTAL] = 0;
    this.levelsF64[(level << 2) | HIDDEN] = 0;
    return level;
  }

  canAllocateLevel(): boolean {
    return this.freeLevel !== 0 || this.levels.rows < this.levels.capacity;
  }

  releaseLevel(level: number): void {
    this.levelsI32[level << 3] = this.freeLevel;
    this.freeLevel = level;
  }

  /** Displayed quantity of a resting order, in lots. */
  visibleQtyLots(slot: number): number {
    const isIceberg = (this.ordersI32[(slot << 3) | LEVEL] & ICEBERG) !== 0;
    return isIceberg ? this.displayedQtyLots[slot] : this.ordersF64[(slot << 2) | LEAVES];
  }

  /** Size of an order's slices; 0 for one that shows everything. */
  sliceOf(slot: number): number {
    const isIceberg = (this.ordersI32[(slot << 3) | LEVEL] & ICEBERG) !== 0;
    return isIceberg ? this.sliceQtyLots[slot] : 0;
  }

  leavesQtyLots(slot: number): number {
    return this.ordersF64[(slot << 2) | LEAVES];
  }

  clearLeaves(slot: number): void {
    this.ordersF64[(slot << 2) | LEAVES] = 0;
  }

  orderId(slot: number): number {
    return this.ordersF64[(slot << 2) | ORDER_ID];
  }

  setOrderId(slot: number, orderId: number): void {
    this.ordersF64[(slot << 2) | ORDER_ID] = orderId;
  }

  /** Key (price, second) of the level in which the order is. */
  levelKey(slot: number): number {
    const level = this.ordersI32[(slot << 3) | LEVEL] & ~ICEBERG;
    return this.levelsI32[(level << 3) | KEY];
  }

  get stores(): readonly Columns[] {
    return [this.orders, this.levels, this.pages.columns, this.meta];
  }

  /** Writes the scalars into `meta` so that an image is complete. */
  save(): void {
    this.metaI32[0] = this.freeOrder;
    this.metaI32[1] = this.freeLevel;
    this.metaI32[2] = this._liveOrders;
    this.metaI32[3] = this.pages.freePage;
  }

  load(): void {
    this.freeOrder = this.metaI32[0];
    this.freeLevel = this.metaI32[1];
    this._liveOrders = this.metaI32[2];
    this.pages.restoreFree(this.metaI32[3]);
  }
}
