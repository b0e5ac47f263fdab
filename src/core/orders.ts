import { OrderType, TimeInForce } from '#domain/commands.ts';
import { type BookStore, OrderHot, OrderHotF64 } from './book/book-store.ts';
import type { Ledger } from './ledger/ledger.ts';
import { OrderIndex } from './order-index.ts';
import { OrderRecord } from './order-record.ts';
import { type AccountTable, AccountWord } from './registry/accounts.ts';

const OWNER = OrderHot.owner;
const STOP = OrderType.Stop;
const GOOD_TILL_DATE = TimeInForce.GoodTillDate;
const DEFAULT_SEED = 0x9e3779b1;
const { firstOrder: FIRST_ORDER, lastOrder: LAST_ORDER } = AccountWord;

const {
  words: RECORD_WORDS,
  userRow: USER_ROW,
  clientOrderId: CLIENT_ORDER_ID,
  priceTicks: PRICE_TICKS,
  terms: TERMS,
} = OrderRecord;
const { cumQtyLots: CUM_QTY_LOTS } = OrderHotF64;

/** Within the terms word: side, order type, time in force and flags as events carry them (the flags need one bit). */
const EVENT_TERMS = 0x07ffffff;
const ORDER_FLAGS_MASK = 7;
const HAS_PARTNER = 1 << 27;
const SELF_TRADE_SHIFT = 28;
const SELF_TRADE_MASK = 7;

/**
 * What the core keeps of a live order beyond what matching touches: a record for each slot in the same store as the
 * book's (a column per field costs a cache miss per field, bench/core.ts), and columns for what few orders have. Finds
 * orders by (user, clientOrderId) and lists them by account in the order of their entry: the links have a column of their
 * own, because an order's neighbours there are strangers, and so compact a column stays in the cache.
 */
export class Orders {
  declare readonly store: BookStore;
  declare private readonly words: Int32Array<ArrayBuffer>;
  /** Next and previous order of the account, two words per order. */
  declare private readonly links: Int32Array<ArrayBuffer>;
  /** Written for stops only. */
  declare private readonly _stopPriceTicks: Int32Array<ArrayBuffer>;
  /** Written for orders without a limit price only. */
  declare private readonly protectionTicks: Int32Array<ArrayBuffer>;
  /** Written for orders good till a date only. */
  declare private readonly _expireSeconds: Int32Array<ArrayBuffer>;
  /** Written for orders of a pair only. */
  declare private readonly _partner: Int32Array<ArrayBuffer>;
  declare private readonly hot: Int32Array<ArrayBuffer>;
  declare private readonly hotF64: Float64Array<ArrayBuffer>;
  declare private readonly ledger: Ledger;
  declare private readonly accounts: Int32Array<ArrayBuffer>;
  declare private readonly index: OrderIndex;

  /** @param hashSeed of the index by clientOrderId, which clients choose */
  constructor(store: BookStore, accounts: AccountTable, ledger: Ledger, hashSeed: number = DEFAULT_SEED) {
    const columns = store.orders;
    this.store = store;
    this.words = columns.i32('record', RECORD_WORDS);
    this.links = columns.i32('accountLinks', 2);
    this._stopPriceTicks = columns.i32('stopPriceTicks');
    this.protectionTicks = columns.i32('protectionTicks');
    this._expireSeconds = columns.i32('expireSeconds');
    this._partner = columns.i32('partner');
    this.hot = store.rows;
    this.hotF64 = store.rowsF64;
    this.ledger = ledger;
    this.accounts = accounts.words;
    this.index = new OrderIndex(this.words, columns.capacity - 1, hashSeed);
  }

  accountRow(slot: number): number {
    return this.ledger.accountRow(this.holding(slot));
  }

  instrumentRow(slot: number): number {
    return this.ledger.instrumentRow(this.holding(slot));
  }

  userRow(slot: number): number {
    return this.words[(slot << 2) | USER_ROW];
  }

  /** The ledger's row for the account and instrument. */
  holding(slot: number): number {
    return this.hot[(slot << 3) | OWNER] - 1;
  }

  clientOrderId(slot: number): number {
    return this.words[(slot << 2) | CLIENT_ORDER_ID];
  }

  /** Limit price; 0 for market and stop orders. */
  priceTicks(slot: number): number {
    return this.words[(slot << 2) | PRICE_TICKS];
  }

  /** Price at which funds are held: the limit, or the protection of a market or stop order. */
  holdPriceTicks(slot: number): number {
    const price = this.words[(slot << 2) | PRICE_TICKS];
    return price === 0 ? this.protectionTicks[slot] : price;
  }

  /** 0 for orders that are not stops. */
  stopPriceTicks(slot: number): number {
    return this.orderType(slot) >= STOP ? this._stopPriceTicks[slot] : 0;
  }

  side(slot: number): number {
    return this.words[(slot << 2) | TERMS] & 255;
  }

  orderType(slot: number): number {
    return (this.words[(slot << 2) | TERMS] >> 8) & 255;
  }

  timeInForce(slot: number): number {
    return (this.words[(slot << 2) | TERMS] >> 16) & 255;
  }

  orderFlags(slot: number): number {
    return (this.words[(slot << 2) | TERMS] >> 24) & ORDER_FLAGS_MASK;
  }

  selfTradePrevention(slot: number): number {
    return (this.words[(slot << 2) | TERMS] >> SELF_TRADE_SHIFT) & SELF_TRADE_MASK;
  }

  /** Side, type, time in force and flags in one word, as OrderAccepted and OrderReplaced carry them. */
  eventTerms(slot: number): number {
    return this.words[(slot << 2) | TERMS] & EVENT_TERMS;
  }

  /** 0 for orders that are not good till a date. */
  expireSeconds(slot: number): number {
    return this.timeInForce(slot) === GOOD_TILL_DATE ? this._expireSeconds[slot] : 0;
  }

  /** The other order of an OCO pair; 0 none. Negative: the pair is noted, see Execution. */
  partner(slot: number): number {
    return (this.words[(slot << 2) | TERMS] & HAS_PARTNER) === 0 ? 0 : this._partner[slot];
  }

  setPartner(slot: number, partner: number): void {
    const terms = (slot << 2) | TERMS;
    if (partner === 0) {
      this.words[terms] &= ~HAS_PARTNER;
      return;
    }
    this.words[terms] |= HAS_PARTNER;
    this._partner[slot] = partner;
  }

  cumQtyLots(slot: number): number {
    return this.hotF64[(slot << 2) | CUM_QTY_LOTS];
  }

  addExecuted(slot: number, qtyLots: number): void {
    this.hotF64[(slot << 2) | CUM_QTY_LOTS] += qtyLots;
  }

  /** Starts the record of a new order, whose holding is its owner in the book: what never changes, nothing executed. */
  open(
    slot: number,
    userRow: number,
    side: number,
    orderType: number,
    timeInForce: number,
    orderFlags: number,
    selfTrade: number,
  ): void {
    this.words[(slot << 2) | USER_ROW] = userRow;
    this.words[(slot << 2) | TERMS] =
      side | (orderType << 8) | (timeInForce << 16) | (orderFlags << 24) | (selfTrade << SELF_TRADE_SHIFT);
    this.hotF64[(slot << 2) | CUM_QTY_LOTS] = 0;
  }

  /**
   * The prices and the expiry of a new or replaced order. `stopPriceTicks` counts for stops only, `expireSeconds` for
   * orders good till a date.
   */
  setPrices(
    slot: number,
    priceTicks: number,
    holdPriceTicks: number,
    stopPriceTicks: number,
    expireSeconds: number,
  ): void {
    this.words[(slot << 2) | PRICE_TICKS] = priceTicks;
    if (priceTicks === 0) this.protectionTicks[slot] = holdPriceTicks;
    if (this.orderType(slot) >= STOP) this._stopPriceTicks[slot] = stopPriceTicks;
    if (expireSeconds !== 0) this._expireSeconds[slot] = expireSeconds;
  }

  /** A triggered stop holds funds at another price than while it waited. */
  setProtection(slot: number, priceTicks: number): void {
    this.protectionTicks[slot] = priceTicks;
  }

  /** The live order of a user's clientOrderId; 0 none. */
  find(userRow: number, clientOrderId: number): number {
    return this.index.find(userRow, clientOrderId);
  }

  /** Lists an order under its account and, by this clientOrderId, under its user. */
  add(slot: number, userRow: number, accountRow: number, clientOrderId: number): void {
    const { links, accounts } = this;
    const account = accountRow << 5;
    const tail = accounts[account | LAST_ORDER];
    this.words[(slot << 2) | CLIENT_ORDER_ID] = clientOrderId;
    links[slot << 1] = 0;
    links[(slot << 1) | 1] = tail;
    if (tail === 0) accounts[account | FIRST_ORDER] = slot;
    else links[tail << 1] = slot;
    accounts[account | LAST_ORDER] = slot;
    this.index.add(slot, userRow, clientOrderId);
  }

  /** Takes an order of the account off both lists. */
  remove(slot: number, accountRow: number): void {
    const { links, accounts } = this;
    const account = accountRow << 5;
    const next = links[slot << 1];
    const prev = links[(slot << 1) | 1];
    if (prev === 0) accounts[account | FIRST_ORDER] = next;
    else links[prev << 1] = next;
    if (next === 0) accounts[account | LAST_ORDER] = prev;
    else links[(next << 1) | 1] = prev;
    this.index.remove(slot);
  }

  /** First live order of an account in the order of entry; 0 none. */
  firstOfAccount(accountRow: number): number {
    return this.accounts[(accountRow << 5) | FIRST_ORDER];
  }

  nextOfAccount(slot: number): number {
    return this.links[slot << 1];
  }

  /** Recomputes the index by clientOrderId after a restore. */
  rebuild(accountCount: number): void {
    this.index.clear(this.store.liveOrders);
    for (let account = 0; account < accountCount; account++) {
      for (let slot = this.firstOfAccount(account); slot !== 0; slot = this.nextOfAccount(slot)) {
        this.index.add(slot, this.userRow(slot), this.clientOrderId(slot));
      }
    }
  }
}
