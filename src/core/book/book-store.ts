import { fail } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { PricePages } from '#lib/price-index.ts';

/**
 * Offsets within an order's eight hot words, which share half a cache line: everything but its neighbours that adding,
 * canceling and matching touch. (One array per field costs a cache miss per field once the book outgrows the cache:
 * bench/depth.ts.) 64-bit fields are read through `rowsF64` at `slot * 4 + OrderHotF64.*`.
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
/** Words of a row: an order's hot fields, or a level. */
const ROW_WORDS = 8;

/** Bit of the `level` word that marks an iceberg; the level's number is the rest. */
export const ICEBERG_BIT = 1 << 30;

/**
 * Offsets within a level's eight words; `kind` says in which index it stands. 64-bit sums through `rowsF64`
 * at `level * 4 + LevelF64.*`: all open quantity, and the part of it that icebergs hide.
 */
export const LevelHot = { head: 0, tail: 1, key: 2, kind: 3 } as const;
export const LevelF64 = { totalQtyLots: 2, hiddenQtyLots: 3 } as const;

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
 * The memory of all books of one core: orders and price levels in one pool of rows, index pages in another, addressed by int
 * slots (0 is none). A book holds only the roots, so an instrument costs next to nothing until it has orders.
 *
 * Orders and levels share one array because what touches an order touches its level: a function then works with one array
 * where it would work with two (docs/adr/0009-order-rows.md).
 */
export class BookStore {
  /** The pool. Its other columns mean something for orders only. */
  declare readonly orders: Columns;
  /** Hot words of orders and words of levels. */
  declare readonly rows: Int32Array<ArrayBuffer>;
  declare readonly rowsF64: Float64Array<ArrayBuffer>;
  /**
   * The level's FIFO: next and previous order, two words per order, 0 at the ends; of a free row the next free one. A
   * column of its own, because a neighbour's row is needed for nothing else: eight neighbours share a cache line.
   */
  declare readonly links: Int32Array<ArrayBuffer>;
  /** What an iceberg displays now; meaningless for other orders (see `visibleQtyLots`). */
  declare readonly displayedQtyLots: Float64Array<ArrayBuffer>;
  /** Size of an iceberg's slices; meaningless for other orders (see `sliceOf`). */
  declare readonly sliceQtyLots: Float64Array<ArrayBuffer>;

  declare readonly pages: PricePages;
  /** Free lists and counters, for the image. */
  declare readonly meta: Columns;
  declare private readonly metaI32: Int32Array<ArrayBuffer>;

  declare private readonly ordersMax: number;
  declare private freeRow: number;
  declare private _liveOrders: number;

  constructor(options: BookStoreOptions) {
    const { ordersMax } = options;
    // Row 0 is "none". An order stands in at most two levels: of its price, and of its expiry second.
    this.orders = new Columns('orders', 3 * ordersMax + 1);
    this.rows = this.orders.i32('hot', ROW_WORDS);
    this.rowsF64 = doublesOf(this.rows);
    this.links = this.orders.i32('links', 2);
    this.displayedQtyLots = this.orders.f64('displayedQtyLots');
    this.sliceQtyLots = this.orders.f64('sliceQtyLots');
    this.pages = new PricePages(options.pagesMax ?? Math.max(1_024, ordersMax >> 2));
    this.meta = new Columns('bookStore', 1);
    this.metaI32 = this.meta.i32('meta', 3);
    this.meta.addRow();
    this.orders.addRow();
    this.ordersMax = ordersMax;
    this.freeRow = 0;
    this._liveOrders = 0;
  }

  /** Orders that hold a slot. */
  get liveOrders(): number {
    return this._liveOrders;
  }

  canAllocateOrder(): boolean {
    return this._liveOrders < this.ordersMax;
  }

  /** Takes a slot for an order; 0 when the store is full. Its other columns hold what the last user left. */
  allocateOrder(): number {
    if (this._liveOrders === this.ordersMax) return 0;
    this._liveOrders++;
    return this.#takeRow();
  }

  /** Gives a slot back. It must be in no level. The order's fields stay readable until the row is taken again. */
  releaseOrder(slot: number): void {
    if ((this.rows[(slot << 3) | LEVEL] & ~ICEBERG) !== 0) fail('Invariant: a freed order is in no level');
    this.rowsF64[(slot << 2) | LEAVES] = 0;
    this.links[slot << 1] = this.freeRow;
    this.freeRow = slot;
    this._liveOrders--;
  }

  /** Takes a level for `key` in the index `kind`, for the caller to give head and tail. There is one for every order that may need it. */
  allocateLevel(key: number, kind: number): number {
    const level = this.#takeRow();
    const base = level << 3;
    this.rows[base | KEY] = key;
    this.rows[base | KIND] = kind;
    this.rowsF64[(level << 2) | TOTAL] = 0;
    this.rowsF64[(level << 2) | HIDDEN] = 0;
    return level;
  }

  releaseLevel(level: number): void {
    this.links[level << 1] = this.freeRow;
    this.freeRow = level;
  }

  #takeRow(): number {
    const row = this.freeRow;
    if (row !== 0) {
      this.freeRow = this.links[row << 1];
      return row;
    }
    return this.orders.addRow();
  }

  /** Displayed quantity of a resting order, in lots. */
  visibleQtyLots(slot: number): number {
    const isIceberg = (this.rows[(slot << 3) | LEVEL] & ICEBERG) !== 0;
    return isIceberg ? this.displayedQtyLots[slot] : this.rowsF64[(slot << 2) | LEAVES];
  }

  /** Size of an order's slices; 0 for one that shows everything. */
  sliceOf(slot: number): number {
    const isIceberg = (this.rows[(slot << 3) | LEVEL] & ICEBERG) !== 0;
    return isIceberg ? this.sliceQtyLots[slot] : 0;
  }

  leavesQtyLots(slot: number): number {
    return this.rowsF64[(slot << 2) | LEAVES];
  }

  /** Lowers the leaves of an order that is in no level. */
  lowerLeaves(slot: number, qtyLots: number): void {
    this.rowsF64[(slot << 2) | LEAVES] -= qtyLots;
  }

  clearLeaves(slot: number): void {
    this.rowsF64[(slot << 2) | LEAVES] = 0;
  }

  orderId(slot: number): number {
    return this.rowsF64[(slot << 2) | ORDER_ID];
  }

  setOrderId(slot: number, orderId: number): void {
    this.rowsF64[(slot << 2) | ORDER_ID] = orderId;
  }

  /** Key (price, second) of the level in which the order is. */
  levelKey(slot: number): number {
    const level = this.rows[(slot << 3) | LEVEL] & ~ICEBERG;
    return this.rows[(level << 3) | KEY];
  }

  get stores(): readonly Columns[] {
    return [this.orders, this.pages.columns, this.meta];
  }

  /** Writes the scalars into `meta` so that an image is complete. */
  save(): void {
    this.metaI32[0] = this.freeRow;
    this.metaI32[1] = this._liveOrders;
    this.metaI32[2] = this.pages.freePage;
  }

  load(): void {
    this.freeRow = this.metaI32[0];
    this._liveOrders = this.metaI32[1];
    this.pages.restoreFree(this.metaI32[2]);
  }
}
