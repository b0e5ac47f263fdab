import {
  CancelReason,
  EventType,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  OrderTriggered,
} from '#domain/events.ts';
import { WORD_OFFSET_MASK } from '#lib/word-buffer.ts';
import type { BookStore } from './book/book-store.ts';
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
  clientTag: CANCELED_CLIENT_TAG,
} = OrderCanceled.at;
const {
  originalOrderId: REPLACED_ORIGINAL_ORDER_ID,
  visibleQtyLots: REPLACED_VISIBLE_QTY_LOTS,
  originalClientOrderId: REPLACED_ORIGINAL_CLIENT_ORDER_ID,
  originalPriceTicks: REPLACED_ORIGINAL_PRICE_TICKS,
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

const REQUESTED = CancelReason.Requested;
const MASK = WORD_OFFSET_MASK;

/** Writes the events of an order's life from its row. Reports to a user are numbered here. */
export class Reports {
  declare private readonly writer: EventWriter;
  declare private readonly i32: Int32Array;
  declare private readonly f64: Float64Array;
  declare private readonly orders: Orders;
  declare private readonly store: BookStore;
  declare private readonly instruments: InstrumentTable;
  declare private readonly accounts: AccountTable;
  declare private readonly users: UserTable;
  /** The CancelOrder in hand, and the first word of its clientTag. */
  declare private requestWords: Int32Array;
  declare private requestTagAt: number;

  constructor(
    writer: EventWriter,
    orders: Orders,
    instruments: InstrumentTable,
    accounts: AccountTable,
    users: UserTable,
  ) {
    this.writer = writer;
    this.i32 = writer.words.i32;
    this.f64 = writer.words.f64;
    this.orders = orders;
    this.store = orders.store;
    this.instruments = instruments;
    this.accounts = accounts;
    this.users = users;
    this.requestWords = writer.words.i32;
    this.requestTagAt = 0;
  }

  /** Starts an event that reports on `slot` to the order's user; the caller writes every word of its body. */
  #begin(type: number, words: number, slot: number): number {
    const user = this.orders.userRow(slot);
    return this.writer.beginRaw(
      type,
      words,
      this.instruments.instrumentId(this.orders.instrumentRow(slot)),
      this.users.userId(user),
      this.users.nextReport(user),
    );
  }

  /**
   * @param minQtyLots not kept in the order's row: it only counts at entry
   * @param command words of the command, whose clientTag is at word `tagAt`
   */
  accepted(slot: number, minQtyLots: number, command: Int32Array, tagAt: number): void {
    const at = this.#begin(ACCEPTED_TYPE, ACCEPTED_WORDS, slot) & MASK;
    this.#terms(at, slot, minQtyLots, command, tagAt);
  }

  /** Describes a standing order: not counted in the report stream. */
  image(slot: number): void {
    const at = this.writer.beginRaw(
      ACCEPTED_TYPE,
      ACCEPTED_WORDS,
      this.instruments.instrumentId(this.orders.instrumentRow(slot)),
      this.users.userId(this.orders.userRow(slot)),
      0,
    );
    this.#terms(at, slot, 0, this.i32, 0);
  }

  /** Writes the fields that OrderAccepted and OrderReplaced share. */
  #terms(position: number, slot: number, minQtyLots: number, command: Int32Array, tagAt: number): void {
    const at = position & MASK;
    const i32 = this.i32;
    const f64 = this.f64;
    const orders = this.orders;
    const store = this.store;
    const cum = orders.cumQtyLots(slot);
    const partner = orders.partner(slot);
    f64[(at + ACCEPTED_ORDER_ID) >> 1] = store.orderId(slot);
    f64[(at + ACCEPTED_QTY_LOTS) >> 1] = cum + store.leavesQtyLots(slot);
    f64[(at + ACCEPTED_DISPLAY_QTY_LOTS) >> 1] = store.sliceOf(slot);
    f64[(at + ACCEPTED_MIN_QTY_LOTS) >> 1] = minQtyLots;
    f64[(at + ACCEPTED_CUM_QTY_LOTS) >> 1] = cum;
    i32[at + ACCEPTED_CLIENT_ORDER_ID] = orders.clientOrderId(slot);
    i32[at + ACCEPTED_ACCOUNT_ID] = this.accounts.accountId(orders.accountRow(slot));
    i32[at + ACCEPTED_PRICE_TICKS] = orders.priceTicks(slot);
    i32[at + ACCEPTED_STOP_PRICE_TICKS] = orders.stopPriceTicks(slot);
    i32[at + ACCEPTED_EXPIRE_SECONDS] = orders.expireSeconds(slot);
    i32[at + ACCEPTED_OCO_CLIENT_ORDER_ID] = partner === 0 ? 0 : orders.clientOrderId(partner);
    i32[at + ACCEPTED_SIDE] = orders.eventTerms(slot);
    this.writer.copyTag(command, tagAt, at + ACCEPTED_CLIENT_TAG);
  }

  /** Orders that are canceled on request (CancelReason.Requested) from now on are by this command, whose clientTag is at word `tagAt`. */
  requestedBy(command: Int32Array, tagAt: number): void {
    this.requestWords = command;
    this.requestTagAt = tagAt;
  }

  /** To be called with the order's leaves already reduced. */
  canceled(slot: number, qtyLots: number, visibleQtyLots: number, reason: CancelReason): void {
    const at = this.#begin(CANCELED_TYPE, CANCELED_WORDS, slot) & MASK;
    const i32 = this.i32;
    const f64 = this.f64;
    const orders = this.orders;
    f64[(at + CANCELED_ORDER_ID) >> 1] = this.store.orderId(slot);
    f64[(at + CANCELED_CANCELED_QTY_LOTS) >> 1] = qtyLots;
    f64[(at + CANCELED_LEAVES_QTY_LOTS) >> 1] = this.store.leavesQtyLots(slot);
    f64[(at + CANCELED_VISIBLE_QTY_LOTS) >> 1] = visibleQtyLots;
    f64[(at + CANCELED_CUM_QTY_LOTS) >> 1] = orders.cumQtyLots(slot);
    i32[at + CANCELED_CLIENT_ORDER_ID] = orders.clientOrderId(slot);
    i32[at + CANCELED_ACCOUNT_ID] = this.accounts.accountId(orders.accountRow(slot));
    i32[at + CANCELED_PRICE_TICKS] = orders.priceTicks(slot);
    i32[at + CANCELED_SIDE] = orders.side(slot) | (reason << 8);
    const tagAt = reason === REQUESTED ? this.requestTagAt : 0;
    this.writer.copyTag(this.requestWords, tagAt, at + CANCELED_CLIENT_TAG);
    // The record's last word holds no field.
    i32[at + CANCELED_WORDS - 1] = 0;
  }

  /** To be called with the row already holding the new terms. */
  replaced(
    slot: number,
    originalOrderId: number,
    originalClientOrderId: number,
    originalPriceTicks: number,
    visibleQtyLots: number,
    keepsPriority: boolean,
    command: Int32Array,
    tagAt: number,
  ): void {
    const at = this.#begin(REPLACED_TYPE, REPLACED_WORDS, slot) & MASK;
    this.#terms(at, slot, 0, command, tagAt);
    this.f64[(at + REPLACED_ORIGINAL_ORDER_ID) >> 1] = originalOrderId;
    this.f64[(at + REPLACED_VISIBLE_QTY_LOTS) >> 1] = visibleQtyLots;
    this.i32[at + REPLACED_ORIGINAL_CLIENT_ORDER_ID] = originalClientOrderId;
    this.i32[at + REPLACED_ORIGINAL_PRICE_TICKS] = originalPriceTicks;
    this.i32[at + REPLACED_KEEPS_PRIORITY] = keepsPriority ? 1 : 0;
    // The record's last word holds no field.
    this.i32[at + REPLACED_WORDS - 1] = 0;
  }

  /** Public: reported to nobody. */
  rested(slot: number, priceTicks: number): void {
    const orders = this.orders;
    const instrumentId = this.instruments.instrumentId(orders.instrumentRow(slot));
    const at = this.writer.beginRaw(RESTED_TYPE, RESTED_WORDS, instrumentId, 0, 0) & MASK;
    this.f64[(at + RESTED_ORDER_ID) >> 1] = this.store.orderId(slot);
    this.f64[(at + RESTED_DISPLAY_QTY_LOTS) >> 1] = this.store.visibleQtyLots(slot);
    this.i32[at + RESTED_PRICE_TICKS] = priceTicks;
    this.i32[at + RESTED_SIDE] = orders.side(slot);
  }

  triggered(slot: number): void {
    const at = this.#begin(TRIGGERED_TYPE, TRIGGERED_WORDS, slot) & MASK;
    this.f64[(at + TRIGGERED_ORDER_ID) >> 1] = this.store.orderId(slot);
    this.i32[at + TRIGGERED_CLIENT_ORDER_ID] = this.orders.clientOrderId(slot);
    this.i32[at + TRIGGERED_ACCOUNT_ID] = this.accounts.accountId(this.orders.accountRow(slot));
  }
}
