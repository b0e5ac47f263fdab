import {
  type CancelReason,
  EventType,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  OrderTriggered,
} from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { Orders } from './orders.ts';
import type { AccountTable } from './registry/accounts.ts';
import type { InstrumentTable } from './registry/instruments.ts';
import type { UserTable } from './registry/users.ts';

const ACCEPTED_WORDS = OrderAccepted.words;
const CANCELED_WORDS = OrderCanceled.words;
const REPLACED_WORDS = OrderReplaced.words;
const RESTED_WORDS = OrderRested.words;
const TRIGGERED_WORDS = OrderTriggered.words;
const ACCEPTED_TYPE = EventType.OrderAccepted;
const CANCELED_TYPE = EventType.OrderCanceled;
const REPLACED_TYPE = EventType.OrderReplaced;
const RESTED_TYPE = EventType.OrderRested;
const TRIGGERED_TYPE = EventType.OrderTriggered;
const {
  orderId: ACCEPTED_ORDER_ID,
  qtyLots: ACCEPTED_QTY_LOTS,
  displayQtyLots: ACCEPTED_DISPLAY_QTY_LOTS,
  minQtyLots: ACCEPTED_MIN_QTY_LOTS,
  cumQtyLots: ACCEPTED_CUM_QTY_LOTS,
  clientOrderId: ACCEPTED_CLIENT_ORDER_ID,
  accountId: ACCEPTED_ACCOUNT_ID,
  priceTicks: ACCEPTED_PRICE_TICKS,
  stopPriceTicks: ACCEPTED_STOP_PRICE_TICKS,
  expireSeconds: ACCEPTED_EXPIRE_SECONDS,
  ocoClientOrderId: ACCEPTED_OCO_CLIENT_ORDER_ID,
  side: ACCEPTED_SIDE,
  clientTag: ACCEPTED_CLIENT_TAG,
} = OrderAccepted.at;
const {
  orderId: CANCELED_ORDER_ID,
  canceledQtyLots: CANCELED_CANCELED_QTY_LOTS,
  leavesQtyLots: CANCELED_LEAVES_QTY_LOTS,
  visibleQtyLots: CANCELED_VISIBLE_QTY_LOTS,
  cumQtyLots: CANCELED_CUM_QTY_LOTS,
  clientOrderId: CANCELED_CLIENT_ORDER_ID,
  accountId: CANCELED_ACCOUNT_ID,
  priceTicks: CANCELED_PRICE_TICKS,
  side: CANCELED_SIDE,
} = OrderCanceled.at;
const {
  originalOrderId: REPLACED_ORIGINAL_ORDER_ID,
  visibleQtyLots: REPLACED_VISIBLE_QTY_LOTS,
  originalClientOrderId: REPLACED_ORIGINAL_CLIENT_ORDER_ID,
  keepsPriority: REPLACED_KEEPS_PRIORITY,
} = OrderReplaced.at;
const {
  orderId: RESTED_ORDER_ID,
  displayQtyLots: RESTED_DISPLAY_QTY_LOTS,
  priceTicks: RESTED_PRICE_TICKS,
  side: RESTED_SIDE,
} = OrderRested.at;
const {
  orderId: TRIGGERED_ORDER_ID,
  clientOrderId: TRIGGERED_CLIENT_ORDER_ID,
  accountId: TRIGGERED_ACCOUNT_ID,
} = OrderTriggered.at;

/** Writes the events of an order's life from its row. Reports to a user are numbered here. */
export class Reports {
  readonly #writer: EventWriter;
  readonly #words: WordBuffer;
  readonly #orders: Orders;
  readonly #instruments: InstrumentTable;
  readonly #accounts: AccountTable;
  readonly #users: UserTable;

  constructor(
    writer: EventWriter,
    orders: Orders,
    instruments: InstrumentTable,
    accounts: AccountTable,
    users: UserTable,
  ) {
    this.#writer = writer;
    this.#words = writer.words;
    this.#orders = orders;
    this.#instruments = instruments;
    this.#accounts = accounts;
    this.#users = users;
  }

  /** The next number of a user's report stream. */
  nextNumber(userRow: number): number {
    return ++this.#users.reportCount[userRow];
  }

  /** Starts an event that reports on `slot` to the order's user. */
  #begin(type: number, words: number, slot: number): number {
    const user = this.#orders.userRow[slot];
    return this.#writer.begin(
      type,
      words,
      this.#instruments.instrumentId[this.#orders.instrumentRow[slot]],
      this.#users.userId[user],
      this.nextNumber(user),
    );
  }

  /**
   * @param minQtyLots not kept in the order's row: it only counts at entry
   * @param isImage describes a standing order: not counted in the report stream
   */
  accepted(slot: number, minQtyLots: number, isImage: boolean): void {
    const user = this.#orders.userRow[slot];
    const at = this.#writer.begin(
      ACCEPTED_TYPE,
      ACCEPTED_WORDS,
      this.#instruments.instrumentId[this.#orders.instrumentRow[slot]],
      this.#users.userId[user],
      isImage ? 0 : this.nextNumber(user),
    );
    this.#terms(at, slot, minQtyLots);
  }

  /** Writes the fields that OrderAccepted and OrderReplaced share. */
  #terms(at: number, slot: number, minQtyLots: number): void {
    const { i32, f64 } = this.#words;
    const orders = this.#orders;
    const store = orders.store;
    const cum = orders.cumQtyLots[slot];
    const partner = orders.partner[slot];
    const tag = slot << 2;
    f64[(at + ACCEPTED_ORDER_ID) >> 1] = store.orderId(slot);
    f64[(at + ACCEPTED_QTY_LOTS) >> 1] = cum + store.leavesQtyLots(slot);
    f64[(at + ACCEPTED_DISPLAY_QTY_LOTS) >> 1] = store.sliceQtyLots[slot];
    f64[(at + ACCEPTED_MIN_QTY_LOTS) >> 1] = minQtyLots;
    f64[(at + ACCEPTED_CUM_QTY_LOTS) >> 1] = cum;
    i32[at + ACCEPTED_CLIENT_ORDER_ID] = orders.clientOrderId[slot];
    i32[at + ACCEPTED_ACCOUNT_ID] = this.#accounts.accountId[orders.accountRow(slot)];
    i32[at + ACCEPTED_PRICE_TICKS] = orders.priceTicks[slot];
    i32[at + ACCEPTED_STOP_PRICE_TICKS] = orders.stopPriceTicks[slot];
    i32[at + ACCEPTED_EXPIRE_SECONDS] = orders.expireSeconds[slot];
    i32[at + ACCEPTED_OCO_CLIENT_ORDER_ID] = partner === 0 ? 0 : orders.clientOrderId[partner];
    i32[at + ACCEPTED_SIDE] =
      orders.side[slot] |
      (orders.orderType[slot] << 8) |
      (orders.timeInForce[slot] << 16) |
      (orders.orderFlags[slot] << 24);
    i32[at + ACCEPTED_CLIENT_TAG] = orders.clientTag[tag];
    i32[at + ACCEPTED_CLIENT_TAG + 1] = orders.clientTag[tag + 1];
    i32[at + ACCEPTED_CLIENT_TAG + 2] = orders.clientTag[tag + 2];
    i32[at + ACCEPTED_CLIENT_TAG + 3] = orders.clientTag[tag + 3];
  }

  /** To be called with the order's leaves already reduced. */
  canceled(slot: number, qtyLots: number, visibleQtyLots: number, reason: CancelReason): void {
    const at = this.#begin(CANCELED_TYPE, CANCELED_WORDS, slot);
    const { i32, f64 } = this.#words;
    const orders = this.#orders;
    f64[(at + CANCELED_ORDER_ID) >> 1] = orders.store.orderId(slot);
    f64[(at + CANCELED_CANCELED_QTY_LOTS) >> 1] = qtyLots;
    f64[(at + CANCELED_LEAVES_QTY_LOTS) >> 1] = orders.store.leavesQtyLots(slot);
    f64[(at + CANCELED_VISIBLE_QTY_LOTS) >> 1] = visibleQtyLots;
    f64[(at + CANCELED_CUM_QTY_LOTS) >> 1] = orders.cumQtyLots[slot];
    i32[at + CANCELED_CLIENT_ORDER_ID] = orders.clientOrderId[slot];
    i32[at + CANCELED_ACCOUNT_ID] = this.#accounts.accountId[orders.accountRow(slot)];
    i32[at + CANCELED_PRICE_TICKS] = orders.priceTicks[slot];
    i32[at + CANCELED_SIDE] = orders.side[slot] | (reason << 8);
  }

  /** To be called with the row already holding the new terms. */
  replaced(
    slot: number,
    originalOrderId: number,
    originalClientOrderId: number,
    visibleQtyLots: number,
    keepsPriority: boolean,
  ): void {
    const at = this.#begin(REPLACED_TYPE, REPLACED_WORDS, slot);
    this.#terms(at, slot, 0);
    const { i32, f64 } = this.#words;
    f64[(at + REPLACED_ORIGINAL_ORDER_ID) >> 1] = originalOrderId;
    f64[(at + REPLACED_VISIBLE_QTY_LOTS) >> 1] = visibleQtyLots;
    i32[at + REPLACED_ORIGINAL_CLIENT_ORDER_ID] = originalClientOrderId;
    i32[at + REPLACED_KEEPS_PRIORITY] = keepsPriority ? 1 : 0;
  }

  /** Public: reported to nobody. */
  rested(slot: number, priceTicks: number): void {
    const orders = this.#orders;
    const instrumentId = this.#instruments.instrumentId[orders.instrumentRow[slot]];
    const at = this.#writer.begin(RESTED_TYPE, RESTED_WORDS, instrumentId, 0, 0);
    const { i32, f64 } = this.#words;
    f64[(at + RESTED_ORDER_ID) >> 1] = orders.store.orderId(slot);
    f64[(at + RESTED_DISPLAY_QTY_LOTS) >> 1] = orders.store.visibleQtyLots(slot);
    i32[at + RESTED_PRICE_TICKS] = priceTicks;
    i32[at + RESTED_SIDE] = orders.side[slot];
  }

  triggered(slot: number): void {
    const at = this.#begin(TRIGGERED_TYPE, TRIGGERED_WORDS, slot);
    const { i32, f64 } = this.#words;
    f64[(at + TRIGGERED_ORDER_ID) >> 1] = this.#orders.store.orderId(slot);
    i32[at + TRIGGERED_CLIENT_ORDER_ID] = this.#orders.clientOrderId[slot];
    i32[at + TRIGGERED_ACCOUNT_ID] = this.#accounts.accountId[this.#orders.accountRow(slot)];
  }
}
