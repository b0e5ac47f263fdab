import type { Columns } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { type BookStore, OrderHot } from './book/book-store.ts';

const OWNER = OrderHot.owner;

/**
 * What the core keeps of a live order beyond what matching touches: columns in the same store as the book's,
 * by slot. Finds orders by (user, clientOrderId) and lists them by account in the order of their entry.
 */
export class Orders {
  readonly store: BookStore;
  readonly instrumentRow: Int32Array<ArrayBuffer>;
  readonly userRow: Int32Array<ArrayBuffer>;
  /** The ledger's row for the account and instrument. */
  readonly holding: Int32Array<ArrayBuffer>;
  readonly clientOrderId: Int32Array<ArrayBuffer>;
  /** Limit price; 0 for market and stop orders. */
  readonly priceTicks: Int32Array<ArrayBuffer>;
  /** Price at which funds are held: the limit, or the protection of a market or stop order. */
  readonly holdPriceTicks: Int32Array<ArrayBuffer>;
  readonly stopPriceTicks: Int32Array<ArrayBuffer>;
  readonly side: Uint8Array<ArrayBuffer>;
  readonly orderType: Uint8Array<ArrayBuffer>;
  readonly timeInForce: Uint8Array<ArrayBuffer>;
  readonly orderFlags: Uint8Array<ArrayBuffer>;
  readonly selfTradePrevention: Uint8Array<ArrayBuffer>;
  readonly expireSeconds: Int32Array<ArrayBuffer>;
  /** The other order of an OCO pair; 0 none. */
  readonly partner: Int32Array<ArrayBuffer>;
  readonly cumQtyLots: Float64Array<ArrayBuffer>;
  /** Minor units held for the open quantity (spot). */
  readonly holdMinor: Float64Array<ArrayBuffer>;
  /** Four words per order. */
  readonly clientTag: Int32Array<ArrayBuffer>;
  readonly #accountNext: Int32Array<ArrayBuffer>;
  readonly #accountPrev: Int32Array<ArrayBuffer>;
  readonly #accountHead: Int32Array;
  readonly #accountTail: Int32Array;
  readonly #slotOf: IntPairMap;

  /** @param accounts the account table's store: gets a head and a tail column. */
  constructor(store: BookStore, accounts: Columns) {
    const columns = store.orders;
    this.store = store;
    this.instrumentRow = columns.i32('instrumentRow');
    this.userRow = columns.i32('userRow');
    this.holding = columns.i32('holding');
    this.clientOrderId = columns.i32('clientOrderId');
    this.priceTicks = columns.i32('priceTicks');
    this.holdPriceTicks = columns.i32('holdPriceTicks');
    this.stopPriceTicks = columns.i32('stopPriceTicks');
    this.side = columns.u8('side');
    this.orderType = columns.u8('orderType');
    this.timeInForce = columns.u8('timeInForce');
    this.orderFlags = columns.u8('orderFlags');
    this.selfTradePrevention = columns.u8('selfTradePrevention');
    this.expireSeconds = columns.i32('expireSeconds');
    this.partner = columns.i32('partner');
    this.cumQtyLots = columns.f64('cumQtyLots');
    this.holdMinor = columns.f64('holdMinor');
    this.clientTag = columns.i32('clientTag', 4);
    this.#accountNext = columns.i32('accountNext');
    this.#accountPrev = columns.i32('accountPrev');
    this.#accountHead = accounts.i32('firstOrder');
    this.#accountTail = accounts.i32('lastOrder');
    this.#slotOf = new IntPairMap(1024);
  }

  /** The live order of a user's clientOrderId; 0 none. */
  find(userRow: number, clientOrderId: number): number {
    const slot = this.#slotOf.get(userRow, clientOrderId);
    return slot === -1 ? 0 : slot;
  }

  accountRow(slot: number): number {
    return this.store.ordersI32[(slot << 3) + OWNER];
  }

  /** Lists an order under its account and user. */
  add(slot: number): void {
    const account = this.accountRow(slot);
    const tail = this.#accountTail[account];
    this.#accountPrev[slot] = tail;
    this.#accountNext[slot] = 0;
    if (tail === 0) this.#accountHead[account] = slot;
    else this.#accountNext[tail] = slot;
    this.#accountTail[account] = slot;
    this.#slotOf.set(this.userRow[slot], this.clientOrderId[slot], slot);
  }

  remove(slot: number): void {
    const account = this.accountRow(slot);
    const next = this.#accountNext[slot];
    const prev = this.#accountPrev[slot];
    if (prev === 0) this.#accountHead[account] = next;
    else this.#accountNext[prev] = next;
    if (next === 0) this.#accountTail[account] = prev;
    else this.#accountPrev[next] = prev;
    this.#slotOf.delete(this.userRow[slot], this.clientOrderId[slot]);
  }

  /** The order goes on under another clientOrderId. */
  rename(slot: number, clientOrderId: number): void {
    this.#slotOf.delete(this.userRow[slot], this.clientOrderId[slot]);
    this.clientOrderId[slot] = clientOrderId;
    this.#slotOf.set(this.userRow[slot], clientOrderId, slot);
  }

  /** First live order of an account in the order of entry; 0 none. */
  firstOfAccount(accountRow: number): number {
    return this.#accountHead[accountRow];
  }

  nextOfAccount(slot: number): number {
    return this.#accountNext[slot];
  }

  /** Recomputes the index by clientOrderId after a restore. */
  rebuild(accountCount: number): void {
    this.#slotOf.clear();
    for (let account = 0; account < accountCount; account++) {
      for (let slot = this.#accountHead[account]; slot !== 0; slot = this.#accountNext[slot]) {
        this.#slotOf.set(this.userRow[slot], this.clientOrderId[slot], slot);
      }
    }
  }
}
