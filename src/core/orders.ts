import { OrderType } from '#domain/commands.ts';
import { doublesOf } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type BookStore, OrderHot } from './book/book-store.ts';
import { type AccountTable, AccountWord } from './registry/accounts.ts';

const OWNER = OrderHot.owner;
const STOP = OrderType.Stop;
const { firstOrder: FIRST_ORDER, lastOrder: LAST_ORDER } = AccountWord;

/** Words of one record, and the shifts that lead from a slot to its first word and its first 64-bit field. */
const RECORD_WORDS = 16;
const INSTRUMENT_ROW = 0;
const USER_ROW = 1;
const HOLDING = 2;
const CLIENT_ORDER_ID = 3;
const PRICE_TICKS = 4;
const TERMS = 5;
const PARTNER = 6;
const EXPIRE_SECONDS = 7;
const ACCOUNT_NEXT = 8;
const ACCOUNT_PREV = 9;
const CUM_QTY_LOTS = 5;
const HOLD_MINOR = 6;
const VALUE_MINOR = 7;

/** Within the terms word: side, order type, time in force and flags as events carry them (the flags need one bit). */
const EVENT_TERMS = 0x0fffffff;
const SELF_TRADE_SHIFT = 28;
const SELF_TRADE_MASK = 7;
const HAS_TAG = 1 << 31;

/** Packs an order's attributes as `Orders.setTerms` takes them. */
export function packTerms(
  side: number,
  orderType: number,
  timeInForce: number,
  orderFlags: number,
  selfTrade: number,
): number {
  return side | (orderType << 8) | (timeInForce << 16) | (orderFlags << 24) | (selfTrade << SELF_TRADE_SHIFT);
}

/**
 * What the core keeps of a live order beyond what matching touches: one record of 64 bytes per slot in the same store
 * as the book's (a column per field costs a cache miss per field, bench/core.ts), and columns for what few orders
 * have. Finds orders by (user, clientOrderId) and lists them by account in the order of their entry.
 */
export class Orders {
  declare readonly store: BookStore;
  declare private readonly words: Int32Array<ArrayBuffer>;
  declare private readonly doubles: Float64Array<ArrayBuffer>;
  /** Written for stops only. */
  declare private readonly _stopPriceTicks: Int32Array<ArrayBuffer>;
  /** Written for orders without a limit price only. */
  declare private readonly protectionTicks: Int32Array<ArrayBuffer>;
  /** Four words per order; written for orders with a tag only. */
  declare private readonly clientTag: Int32Array<ArrayBuffer>;
  declare private readonly hot: Int32Array<ArrayBuffer>;
  declare private readonly accounts: Int32Array<ArrayBuffer>;
  declare private readonly slotOf: IntPairMap;

  /** @param hashSeed of the index by clientOrderId, which clients choose */
  constructor(store: BookStore, accounts: AccountTable, hashSeed?: number) {
    const columns = store.orders;
    this.store = store;
    this.words = columns.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this._stopPriceTicks = columns.i32('stopPriceTicks');
    this.protectionTicks = columns.i32('protectionTicks');
    this.clientTag = columns.i32('clientTag', 4);
    this.hot = store.ordersI32;
    this.accounts = accounts.words;
    this.slotOf = new IntPairMap(1024, hashSeed);
  }

  accountRow(slot: number): number {
    return this.hot[(slot << 3) | OWNER];
  }

  instrumentRow(slot: number): number {
    return this.words[(slot << 4) | INSTRUMENT_ROW];
  }

  userRow(slot: number): number {
    return this.words[(slot << 4) | USER_ROW];
  }

  /** The ledger's row for the account and instrument. */
  holding(slot: number): number {
    return this.words[(slot << 4) | HOLDING];
  }

  clientOrderId(slot: number): number {
    return this.words[(slot << 4) | CLIENT_ORDER_ID];
  }

  /** Limit price; 0 for market and stop orders. */
  priceTicks(slot: number): number {
    return this.words[(slot << 4) | PRICE_TICKS];
  }

  /** Price at which funds are held: the limit, or the protection of a market or stop order. */
  holdPriceTicks(slot: number): number {
    const price = this.words[(slot << 4) | PRICE_TICKS];
    return price === 0 ? this.protectionTicks[slot] : price;
  }

  /** 0 for orders that are not stops. */
  stopPriceTicks(slot: number): number {
    return this.orderType(slot) >= STOP ? this._stopPriceTicks[slot] : 0;
  }

  side(slot: number): number {
    return this.words[(slot << 4) | TERMS] & 255;
  }

  orderType(slot: number): number {
    return (this.words[(slot << 4) | TERMS] >> 8) & 255;
  }

  timeInForce(slot: number): number {
    return (this.words[(slot << 4) | TERMS] >> 16) & 255;
  }

  orderFlags(slot: number): number {
    return (this.words[(slot << 4) | TERMS] >> 24) & 15;
  }

  selfTradePrevention(slot: number): number {
    return (this.words[(slot << 4) | TERMS] >> SELF_TRADE_SHIFT) & SELF_TRADE_MASK;
  }

  /** Side, type, time in force and flags in one word, as OrderAccepted and OrderReplaced carry them. */
  eventTerms(slot: number): number {
    return this.words[(slot << 4) | TERMS] & EVENT_TERMS;
  }

  expireSeconds(slot: number): number {
    return this.words[(slot << 4) | EXPIRE_SECONDS];
  }

  /** The other order of an OCO pair; 0 none. Negative: the pair is noted, see Execution. */
  partner(slot: number): number {
    return this.words[(slot << 4) | PARTNER];
  }

  setPartner(slot: number, partner: number): void {
    this.words[(slot << 4) | PARTNER] = partner;
  }

  cumQtyLots(slot: number): number {
    return this.doubles[(slot << 3) | CUM_QTY_LOTS];
  }

  addExecuted(slot: number, qtyLots: number): void {
    this.doubles[(slot << 3) | CUM_QTY_LOTS] += qtyLots;
  }

  /** Minor units held for the open quantity (spot). */
  holdMinor(slot: number): number {
    return this.doubles[(slot << 3) | HOLD_MINOR];
  }

  /** Value of the open quantity at the price at which funds are held. */
  valueMinor(slot: number): number {
    return this.doubles[(slot << 3) | VALUE_MINOR];
  }

  setHold(slot: number, holdMinor: number, valueMinor: number): void {
    this.doubles[(slot << 3) | HOLD_MINOR] = holdMinor;
    this.doubles[(slot << 3) | VALUE_MINOR] = valueMinor;
  }

  /** Starts the record of a new order: whose it is and what never changes, nothing executed. `terms`: see packTerms. */
  open(slot: number, instrumentRow: number, userRow: number, holding: number, terms: number): void {
    const words = this.words;
    const at = slot << 4;
    words[at | INSTRUMENT_ROW] = instrumentRow;
    words[at | USER_ROW] = userRow;
    words[at | HOLDING] = holding;
    words[at | TERMS] = terms;
    words[at | PARTNER] = 0;
    this.doubles[(slot << 3) | CUM_QTY_LOTS] = 0;
  }

  /** The prices and the expiry of a new or replaced order. `stopPriceTicks` counts for stops only. */
  setPrices(
    slot: number,
    priceTicks: number,
    holdPriceTicks: number,
    stopPriceTicks: number,
    expireSeconds: number,
  ): void {
    const at = slot << 4;
    this.words[at | PRICE_TICKS] = priceTicks;
    this.words[at | EXPIRE_SECONDS] = expireSeconds;
    if (priceTicks === 0) this.protectionTicks[slot] = holdPriceTicks;
    if (this.orderType(slot) >= STOP) this._stopPriceTicks[slot] = stopPriceTicks;
  }

  /** A triggered stop holds funds at another price than while it waited. */
  setProtection(slot: number, priceTicks: number): void {
    this.protectionTicks[slot] = priceTicks;
  }

  /** Takes over the four words of a command's clientTag at word `at`. */
  setTag(slot: number, { i32 }: WordBuffer, at: number): void {
    const first = i32[at];
    const second = i32[at + 1];
    const third = i32[at + 2];
    const fourth = i32[at + 3];
    const terms = (slot << 4) | TERMS;
    if ((first | second | third | fourth) === 0) {
      this.words[terms] &= ~HAS_TAG;
      return;
    }
    this.words[terms] |= HAS_TAG;
    const tag = slot << 2;
    this.clientTag[tag] = first;
    this.clientTag[tag + 1] = second;
    this.clientTag[tag + 2] = third;
    this.clientTag[tag + 3] = fourth;
  }

  /** Writes the order's clientTag to the four words at `at`. */
  copyTag(slot: number, i32: Int32Array, at: number): void {
    if (this.words[(slot << 4) | TERMS] >= 0) {
      i32[at] = 0;
      i32[at + 1] = 0;
      i32[at + 2] = 0;
      i32[at + 3] = 0;
      return;
    }
    const tag = slot << 2;
    i32[at] = this.clientTag[tag];
    i32[at + 1] = this.clientTag[tag + 1];
    i32[at + 2] = this.clientTag[tag + 2];
    i32[at + 3] = this.clientTag[tag + 3];
  }

  /** The live order of a user's clientOrderId; 0 none. */
  find(userRow: number, clientOrderId: number): number {
    const slot = this.slotOf.get(userRow, clientOrderId);
    return slot === -1 ? 0 : slot;
  }

  /** Lists an order under its account and, by this clientOrderId, under its user. */
  add(slot: number, clientOrderId: number): void {
    const words = this.words;
    const at = slot << 4;
    const account = this.accountRow(slot) << 5;
    const tail = this.accounts[account | LAST_ORDER];
    words[at | CLIENT_ORDER_ID] = clientOrderId;
    words[at | ACCOUNT_PREV] = tail;
    words[at | ACCOUNT_NEXT] = 0;
    if (tail === 0) this.accounts[account | FIRST_ORDER] = slot;
    else words[(tail << 4) | ACCOUNT_NEXT] = slot;
    this.accounts[account | LAST_ORDER] = slot;
    this.slotOf.set(words[at | USER_ROW], clientOrderId, slot);
  }

  remove(slot: number): void {
    const words = this.words;
    const at = slot << 4;
    const account = this.accountRow(slot) << 5;
    const next = words[at | ACCOUNT_NEXT];
    const prev = words[at | ACCOUNT_PREV];
    if (prev === 0) this.accounts[account | FIRST_ORDER] = next;
    else words[(prev << 4) | ACCOUNT_NEXT] = next;
    if (next === 0) this.accounts[account | LAST_ORDER] = prev;
    else words[(next << 4) | ACCOUNT_PREV] = prev;
    this.slotOf.delete(words[at | USER_ROW], words[at | CLIENT_ORDER_ID]);
  }

  /** First live order of an account in the order of entry; 0 none. */
  firstOfAccount(accountRow: number): number {
    return this.accounts[(accountRow << 5) | FIRST_ORDER];
  }

  nextOfAccount(slot: number): number {
    return this.words[(slot << 4) | ACCOUNT_NEXT];
  }

  /** Recomputes the index by clientOrderId after a restore. */
  rebuild(accountCount: number): void {
    this.slotOf.clear();
    for (let account = 0; account < accountCount; account++) {
      for (let slot = this.firstOfAccount(account); slot !== 0; slot = this.nextOfAccount(slot)) {
        this.slotOf.set(this.userRow(slot), this.clientOrderId(slot), slot);
      }
    }
  }
}
