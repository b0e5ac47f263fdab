import {
  CancelOrder,
  CommandFlag,
  CommandType,
  NewOrder,
  OrderFlag,
  OrderType,
  Phase,
  ReplaceOrder,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { Action } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Execution } from './execution.ts';
import type { Incoming } from './incoming.ts';
import { type Orders, packTerms } from './orders.ts';
import { isAuction } from './phase/phase-table.ts';
import type { Refusals } from './refusals.ts';
import type { Reports } from './reports.ts';
import type { CoreState } from './state.ts';

const PRICE_MAX = Limits.PRICE_TICKS_MAX;
const QTY_MAX = Limits.QTY_LOTS_MAX;
const SLICES_MAX = Limits.ICEBERG_SLICES_MAX;
const { Buy: BUY, Sell: SELL } = Side;
const { Limit: LIMIT, Market: MARKET, Stop: STOP, StopLimit: STOP_LIMIT } = OrderType;
const {
  ImmediateOrCancel: IMMEDIATE_OR_CANCEL,
  FillOrKill: FILL_OR_KILL,
  GoodTillDate: GOOD_TILL_DATE,
} = TimeInForce;
const {
  CAPACITY,
  DUPLICATE_CLIENT_ORDER_ID,
  DUPLICATE_CLIENT_TAG,
  INVALID_DISPLAY_QUANTITY,
  INVALID_EXPIRY,
  INVALID_FLAGS,
  INVALID_MINIMUM_QUANTITY,
  INVALID_ORDER_TYPE,
  INVALID_PRICE,
  INVALID_QUANTITY,
  INVALID_SELF_TRADE_PREVENTION,
  INVALID_SIDE,
  INVALID_STOP_PRICE,
  INVALID_TIME_IN_FORCE,
  MALFORMED_COMMAND,
  NOTHING_TO_REPLACE,
  NO_REFERENCE_PRICE,
  OCO_PARTNER_UNUSABLE,
  ORDER_CAPACITY,
  PHASE,
  UNKNOWN_INSTRUMENT,
  UNKNOWN_ORDER,
  VALUE_TOO_LARGE,
} = RejectCode;
const NONE = ACCEPTED;
const { PlaceOrders: PLACE_ORDERS, CancelOrders: CANCEL_ORDERS } = Action;
const REQUESTED = CancelReason.Requested;
const CONTINUOUS = Phase.Continuous;
const { Default: STP_DEFAULT, CancelNewest: STP_CANCEL_NEWEST, Decrement: STP_LAST } = SelfTradePrevention;
const POST_ONLY = OrderFlag.PostOnly;
/** In a command's first word. */
const UNIQUE_TAG = CommandFlag.UniqueTag << 8;
const NEW_ORDER = CommandType.NewOrder;
const CANCEL_ORDER = CommandType.CancelOrder;
const REPLACE_ORDER = CommandType.ReplaceOrder;
const {
  side: NEW_SIDE,
  selfTradePrevention: NEW_SELF_TRADE_PREVENTION,
  clientTag: NEW_CLIENT_TAG,
  clientOrderId: NEW_CLIENT_ORDER_ID,
  userId: NEW_USER_ID,
  instrumentId: NEW_INSTRUMENT_ID,
  ocoClientOrderId: NEW_OCO_CLIENT_ORDER_ID,
  priceTicks: NEW_PRICE_TICKS,
  stopPriceTicks: NEW_STOP_PRICE_TICKS,
  qtyLots: NEW_QTY_LOTS,
  displayQtyLots: NEW_DISPLAY_QTY_LOTS,
  minQtyLots: NEW_MIN_QTY_LOTS,
  expireSeconds: NEW_EXPIRE_SECONDS,
} = NewOrder.at;
const {
  userId: CANCEL_USER_ID,
  instrumentId: CANCEL_INSTRUMENT_ID,
  totalQtyLots: CANCEL_TOTAL_QTY_LOTS,
  clientOrderId: CANCEL_CLIENT_ORDER_ID,
  clientTag: CANCEL_CLIENT_TAG,
} = CancelOrder.at;
const {
  clientOrderId: REPLACE_CLIENT_ORDER_ID,
  clientTag: REPLACE_CLIENT_TAG,
  userId: REPLACE_USER_ID,
  instrumentId: REPLACE_INSTRUMENT_ID,
  originalClientOrderId: REPLACE_ORIGINAL_CLIENT_ORDER_ID,
  priceTicks: REPLACE_PRICE_TICKS,
  stopPriceTicks: REPLACE_STOP_PRICE_TICKS,
  qtyLots: REPLACE_QTY_LOTS,
  displayQtyLots: REPLACE_DISPLAY_QTY_LOTS,
  expireSeconds: REPLACE_EXPIRE_SECONDS,
} = ReplaceOrder.at;
const SIDE_WORD = NEW_SIDE;
const STP_WORD = NEW_SELF_TRADE_PREVENTION;

/**
 * Order commands: checks in the order of the reject table, then effect. The decoded terms of the command in hand
 * sit in fields so that checks need no argument lists and nothing is allocated.
 */
export class OrderEntry {
  declare private readonly state: CoreState;
  declare private readonly orders: Orders;
  declare private readonly execution: Execution;
  declare private readonly reports: Reports;
  declare private readonly incoming: Incoming;
  declare private readonly refusals: Refusals;

  declare private row: number;
  declare private userRow: number;
  declare private accountRow: number;
  declare private holding: number;
  declare private side: number;
  declare private orderType: number;
  declare private timeInForce: number;
  declare private orderFlags: number;
  declare private selfTrade: number;
  declare private priceTicks: number;
  declare private stopPriceTicks: number;
  declare private qtyLots: number;
  declare private displayQtyLots: number;
  declare private minQtyLots: number;
  declare private expireSeconds: number;
  declare private partner: number;
  /** Price at which the order is valued and held. */
  declare private holdPriceTicks: number;
  /** Why `#findOriginal` found nothing; 0 when it did. */
  declare private originalCode: number;

  constructor(
    state: CoreState,
    execution: Execution,
    reports: Reports,
    incoming: Incoming,
    refusals: Refusals,
  ) {
    this.state = state;
    this.orders = state.orders;
    this.execution = execution;
    this.reports = reports;
    this.incoming = incoming;
    this.refusals = refusals;
    this.row = 0;
    this.userRow = 0;
    this.accountRow = 0;
    this.holding = 0;
    this.side = 0;
    this.orderType = 0;
    this.timeInForce = 0;
    this.orderFlags = 0;
    this.selfTrade = 0;
    this.priceTicks = 0;
    this.stopPriceTicks = 0;
    this.qtyLots = 0;
    this.displayQtyLots = 0;
    this.minQtyLots = 0;
    this.expireSeconds = 0;
    this.partner = 0;
    this.holdPriceTicks = 0;
    this.originalCode = NONE;
  }

  newOrder(words: WordBuffer, offset: number): void {
    const code = this.#checkNew(words, offset);
    if (code !== NONE) {
      this.refusals.refuse(NEW_ORDER, code, words, offset, offset + NEW_CLIENT_TAG);
      return;
    }
    const slot = this.#addOrder(words, offset);
    this.reports.accepted(slot, this.minQtyLots, words.i32, offset + NEW_CLIENT_TAG);
    const type = this.orderType;
    if (type === STOP || type === STOP_LIMIT) this.incoming.wait(slot);
    else this.incoming.enter(slot, this.holdPriceTicks, type === MARKET, this.minQtyLots);
    this.execution.settlePairs();
    this.incoming.triggerStops(this.row);
  }

  #checkNew(words: WordBuffer, offset: number): number {
    const { i32 } = words;
    const clientOrderId = i32[offset + NEW_CLIENT_ORDER_ID];
    if (clientOrderId <= 0) return MALFORMED_COMMAND;
    const isFresh = this.#identify(i32[offset + NEW_USER_ID], clientOrderId);
    if (this.userRow === -1) return this.state.users.refusalOf(i32[offset + NEW_USER_ID]);
    this.row = this.state.instruments.rowOf(i32[offset + NEW_INSTRUMENT_ID]);
    if (this.row === -1) return UNKNOWN_INSTRUMENT;
    if (!isFresh) return DUPLICATE_CLIENT_ORDER_ID;
    if (this.#isTagUsed(i32, offset, NEW_CLIENT_TAG)) return DUPLICATE_CLIENT_TAG;
    this.#readNew(words, offset);
    const ocoClientOrderId = i32[offset + NEW_OCO_CLIENT_ORDER_ID];
    if (ocoClientOrderId !== 0 && !this.#findPartner(ocoClientOrderId)) return OCO_PARTNER_UNUSABLE;
    return this.#checkTerms() || this.#checkMarket() || this.#checkRisk(this.qtyLots, 0);
  }

  /**
   * Finds the user, who must be allowed to place orders, counts the message for its account and takes the clientOrderId.
   * False: the id is not greater than all before.
   */
  #identify(userId: number, clientOrderId: number): boolean {
    const { users, risk, timeSeconds } = this.state;
    const user = users.rowIfAllowed(userId, PLACE_ORDERS);
    this.userRow = user;
    if (user === -1) return false;
    this.accountRow = users.accountRow(user);
    risk.countMessage(this.accountRow, timeSeconds);
    if (clientOrderId <= users.lastClientOrderId(user)) return false;
    users.setLastClientOrderId(user, clientOrderId);
    return true;
  }

  /** Whether the command's text may be used once and was. Its key is then at hand for `tags.add`. */
  #isTagUsed(i32: Int32Array, offset: number, tagAt: number): boolean {
    return isUniqueTag(i32, offset, tagAt) && this.state.tags.has(this.userRow, i32, offset + tagAt);
  }

  #readNew(words: WordBuffer, offset: number): void {
    const { i32, f64 } = words;
    const attributes = i32[offset + SIDE_WORD];
    this.side = attributes & 255;
    this.orderType = (attributes >> 8) & 255;
    this.timeInForce = (attributes >> 16) & 255;
    this.orderFlags = attributes >>> 24;
    this.selfTrade = i32[offset + STP_WORD] & 255;
    this.priceTicks = i32[offset + NEW_PRICE_TICKS];
    this.stopPriceTicks = i32[offset + NEW_STOP_PRICE_TICKS];
    this.qtyLots = f64[(offset + NEW_QTY_LOTS) >> 1];
    this.displayQtyLots = f64[(offset + NEW_DISPLAY_QTY_LOTS) >> 1];
    this.minQtyLots = f64[(offset + NEW_MIN_QTY_LOTS) >> 1];
    this.expireSeconds = i32[offset + NEW_EXPIRE_SECONDS];
    this.partner = 0;
  }

  /** A live, unlinked order of the same user and instrument; the new order must be able to wait for it. */
  #findPartner(clientOrderId: number): boolean {
    const { orders } = this.state;
    const partner = orders.find(this.userRow, clientOrderId);
    if (partner === 0 || orders.instrumentRow(partner) !== this.row || orders.partner(partner) !== 0)
      return false;
    if (!this.#mayRest()) return false;
    this.partner = partner;
    return true;
  }

  #mayRest(): boolean {
    return this.timeInForce !== IMMEDIATE_OR_CANCEL && this.timeInForce !== FILL_OR_KILL;
  }

  /** The 200s of the reject table, for new orders. */
  #checkTerms(): number {
    if (this.#isPlainLimit()) return this.#hasValidQuantity() ? this.#checkValue() : INVALID_QUANTITY;
    const type = this.orderType;
    const mayRest = this.#mayRest();
    const isStop = type === STOP || type === STOP_LIMIT;
    if (this.side !== BUY && this.side !== SELL) return INVALID_SIDE;
    if (type < LIMIT || type > STOP_LIMIT) return INVALID_ORDER_TYPE;
    if (this.timeInForce < 1 || this.timeInForce > GOOD_TILL_DATE) return INVALID_TIME_IN_FORCE;
    if (type === MARKET ? mayRest : isStop && !mayRest) return INVALID_TIME_IN_FORCE;
    const isPostOnly = (this.orderFlags & POST_ONLY) !== 0;
    if ((this.orderFlags & ~POST_ONLY) !== 0 || (isPostOnly && (type !== LIMIT || !mayRest))) {
      return INVALID_FLAGS;
    }
    if (!this.#hasValidPrice()) return INVALID_PRICE;
    if (isStop ? !this.#hasValidStop() : this.stopPriceTicks !== 0) return INVALID_STOP_PRICE;
    if (!this.#hasValidQuantity()) return INVALID_QUANTITY;
    if (!this.#hasValidDisplay(mayRest)) return INVALID_DISPLAY_QUANTITY;
    if (this.minQtyLots !== 0 && (isStop || isPostOnly || !isQuantity(this.minQtyLots, this.qtyLots))) {
      return INVALID_MINIMUM_QUANTITY;
    }
    if (!this.#hasValidExpiry()) return INVALID_EXPIRY;
    return this.#checkValue();
  }

  /** A limit order without any of the extras, valid but for its quantity: most orders are, and need fewer looks. */
  #isPlainLimit(): boolean {
    const timeInForce = this.timeInForce;
    return (
      this.orderType === LIMIT &&
      (this.side === BUY || this.side === SELL) &&
      timeInForce >= 1 &&
      timeInForce < GOOD_TILL_DATE &&
      this.priceTicks >= 1 &&
      (this.orderFlags | this.stopPriceTicks | this.expireSeconds) === 0 &&
      this.displayQtyLots === 0 &&
      this.minQtyLots === 0
    );
  }

  #hasValidPrice(): boolean {
    const isPriced = this.orderType === LIMIT || this.orderType === STOP_LIMIT;
    return isPriced ? this.priceTicks >= 1 && this.priceTicks <= PRICE_MAX : this.priceTicks === 0;
  }

  /** A stop that the last price has not reached yet. */
  #hasValidStop(): boolean {
    if (this.stopPriceTicks < 1) return false;
    const last = this.state.books[this.row].lastPriceTicks;
    if (last === 0) return true;
    return this.side === BUY ? this.stopPriceTicks > last : this.stopPriceTicks < last;
  }

  #hasValidQuantity(): boolean {
    const { instruments } = this.state;
    return (
      isQuantity(this.qtyLots, instruments.maxQtyLots(this.row)) &&
      this.qtyLots >= instruments.minQtyLots(this.row)
    );
  }

  #hasValidDisplay(mayRest: boolean): boolean {
    const display = this.displayQtyLots;
    if (display === 0) return true;
    const isPriced = this.orderType === LIMIT || this.orderType === STOP_LIMIT;
    if (!isPriced || !mayRest || !isQuantity(display, this.qtyLots)) return false;
    if (this.qtyLots > display * SLICES_MAX) return false;
    if (display === this.qtyLots) this.displayQtyLots = 0;
    return true;
  }

  #hasValidExpiry(): boolean {
    if (this.timeInForce !== GOOD_TILL_DATE) return this.expireSeconds === 0;
    return this.expireSeconds >>> 0 > this.state.timeSeconds;
  }

  /** VALUE_TOO_LARGE, INVALID_SELF_TRADE_PREVENTION and NO_REFERENCE_PRICE; sets the hold price. */
  #checkValue(): number {
    const { ledger, books, instruments } = this.state;
    const type = this.orderType;
    let price = this.priceTicks;
    if (type === MARKET || type === STOP) {
      const reference = type === STOP ? this.stopPriceTicks : books[this.row].reference();
      price = this.incoming.protectionTicks(this.row, this.side as Side, reference);
    }
    this.holdPriceTicks = price;
    if (price !== 0 && ledger.valueMinor(this.row, price, this.qtyLots) === -1) return VALUE_TOO_LARGE;
    if (this.selfTrade > STP_LAST) return INVALID_SELF_TRADE_PREVENTION;
    if (this.selfTrade === STP_DEFAULT) {
      this.selfTrade = instruments.selfTradePrevention(this.row) || STP_CANCEL_NEWEST;
    }
    return price === 0 ? NO_REFERENCE_PRICE : NONE;
  }

  /** The 300s: kill switches and phase. */
  #checkMarket(): number {
    const { risk, phases } = this.state;
    const killed = risk.killSwitch(this.row, this.accountRow, this.userRow);
    if (killed !== NONE) return killed;
    const phase = phases.phase[this.row];
    if (phase === CONTINUOUS) return NONE;
    if (!isAuction(phase)) return PHASE;
    const isPostOnly = (this.orderFlags & POST_ONLY) !== 0;
    return this.#mayRest() && !isPostOnly && this.minQtyLots === 0 ? NONE : PHASE;
  }

  /**
   * The 400s; on acceptance the funds are reserved.
   * @param replacedLots what the order that is being replaced had open; 0 for a new order
   */
  #checkRisk(leavesLots: number, replacedLots: number): number {
    const { ledger, risk, books, orders, expiry } = this.state;
    const holding = ledger.holdingRow(this.accountRow, this.row);
    if (holding === -1) return CAPACITY;
    this.holding = holding;
    const isLimitPrice = this.priceTicks !== 0;
    const code = risk.admit(
      holding,
      this.side,
      this.holdPriceTicks,
      isLimitPrice,
      books[this.row].reference(),
      this.qtyLots,
      leavesLots,
      replacedLots,
    );
    if (code !== NONE) return code;
    const hasRoom =
      (replacedLots > 0 || orders.store.canAllocateOrder()) && (this.expireSeconds === 0 || expiry.canAdd());
    if (hasRoom) return NONE;
    ledger.rehold(holding, this.side, this.holdPriceTicks, leavesLots, 0);
    return ORDER_CAPACITY;
  }

  /** Writes the row of an order that passed every check. */
  #addOrder(words: WordBuffer, offset: number): number {
    const orders = this.orders;
    const slot = orders.store.allocateOrder();
    const book = this.state.books[this.row];
    book.setOrder(slot, this.state.nextOrderId(), this.holding + 1, this.qtyLots, this.displayQtyLots);
    const terms = packTerms(this.side, this.orderType, this.timeInForce, this.orderFlags, this.selfTrade);
    orders.open(slot, this.userRow, terms);
    if (this.partner !== 0) {
      orders.setPartner(slot, this.partner);
      orders.setPartner(this.partner, slot);
    }
    this.#writeTerms(slot);
    orders.add(slot, words.i32[offset + NEW_CLIENT_ORDER_ID]);
    if (isUniqueTag(words.i32, offset, NEW_CLIENT_TAG)) this.state.tags.add();
    this.state.accounts.addOpenOrders(this.accountRow, 1);
    return slot;
  }

  /** The part of a row that a replace changes too. */
  #writeTerms(slot: number): void {
    const orders = this.orders;
    const { expiry } = this.state;
    const expireSeconds = this.expireSeconds;
    orders.setPrices(slot, this.priceTicks, this.holdPriceTicks, this.stopPriceTicks, expireSeconds);
    if (expireSeconds !== 0) expiry.add(slot, expireSeconds);
  }

  cancelOrder(words: WordBuffer, offset: number): void {
    const { users, instruments, orders, risk, timeSeconds } = this.state;
    const { i32, f64 } = words;
    const user = users.rowIfAllowed(i32[offset + CANCEL_USER_ID], CANCEL_ORDERS);
    const instrumentId = i32[offset + CANCEL_INSTRUMENT_ID];
    const totalQtyLots = f64[(offset + CANCEL_TOTAL_QTY_LOTS) >> 1];
    let code = NONE as number;
    let slot = 0;
    if (user === -1) code = users.refusalOf(i32[offset + CANCEL_USER_ID]);
    else {
      risk.countMessage(users.accountRow(user), timeSeconds);
      slot = orders.find(user, i32[offset + CANCEL_CLIENT_ORDER_ID]);
      const row = instrumentId === 0 ? -1 : instruments.rowOf(instrumentId);
      if (instrumentId !== 0 && row === -1) code = UNKNOWN_INSTRUMENT;
      else if (slot === 0 || (row !== -1 && orders.instrumentRow(slot) !== row)) code = UNKNOWN_ORDER;
      else if (totalQtyLots !== 0 && !isQuantity(totalQtyLots, this.#totalOf(slot) - 1)) {
        code = INVALID_QUANTITY;
      }
    }
    if (code !== NONE) {
      this.refusals.refuse(CANCEL_ORDER, code, words, offset, offset + CANCEL_CLIENT_TAG);
      return;
    }
    const row = orders.instrumentRow(slot);
    const leavesQtyLots = totalQtyLots - orders.cumQtyLots(slot);
    this.reports.requestedBy(i32, offset + CANCEL_CLIENT_TAG);
    if (leavesQtyLots <= 0) this.execution.cancel(slot, REQUESTED);
    else this.#reduce(slot, leavesQtyLots);
    this.incoming.triggerStops(row);
  }

  /** What an order has executed and what it has open. */
  #totalOf(slot: number): number {
    const { orders } = this.state;
    return orders.cumQtyLots(slot) + orders.store.leavesQtyLots(slot);
  }

  #reduce(slot: number, leavesQtyLots: number): void {
    const { orders } = this.state;
    const book = this.execution.bookOf(slot);
    const qtyLots = orders.store.leavesQtyLots(slot) - leavesQtyLots;
    const isWaiting = book.isWaitingStop(slot);
    const visible = book.reduce(slot, qtyLots);
    this.execution.onCanceled(slot, qtyLots, isWaiting ? 0 : visible, 0, REQUESTED);
  }

  replaceOrder(words: WordBuffer, offset: number): void {
    const { orders } = this.state;
    const { i32 } = words;
    const clientOrderId = i32[offset + REPLACE_CLIENT_ORDER_ID];
    const slot = clientOrderId <= 0 ? 0 : this.#findOriginal(words, offset);
    let code: number = clientOrderId <= 0 ? MALFORMED_COMMAND : this.originalCode;
    if (code === NONE) code = this.#checkReplace(words, offset, slot);
    if (code !== NONE) {
      this.refusals.refuse(REPLACE_ORDER, code, words, offset, offset + REPLACE_CLIENT_TAG);
      return;
    }
    const row = orders.instrumentRow(slot);
    this.#applyReplace(slot, words, offset);
    this.execution.settlePairs();
    this.incoming.triggerStops(row);
  }

  /** The live order that a ReplaceOrder names; `originalCode` says why there is none. */
  #findOriginal(words: WordBuffer, offset: number): number {
    const { users, instruments, orders } = this.state;
    const { i32 } = words;
    const userId = i32[offset + REPLACE_USER_ID];
    const isFresh = this.#identify(userId, i32[offset + REPLACE_CLIENT_ORDER_ID]);
    const instrumentId = i32[offset + REPLACE_INSTRUMENT_ID];
    const row = instrumentId === 0 ? -1 : instruments.rowOf(instrumentId);
    if (this.userRow === -1) {
      this.originalCode = users.refusalOf(userId);
      return 0;
    }
    this.originalCode = UNKNOWN_INSTRUMENT;
    if (instrumentId !== 0 && row === -1) return 0;
    this.originalCode = DUPLICATE_CLIENT_ORDER_ID;
    if (!isFresh) return 0;
    this.originalCode = DUPLICATE_CLIENT_TAG;
    if (this.#isTagUsed(i32, offset, REPLACE_CLIENT_TAG)) return 0;
    const slot = orders.find(this.userRow, i32[offset + REPLACE_ORIGINAL_CLIENT_ORDER_ID]);
    this.originalCode = UNKNOWN_ORDER;
    if (slot === 0 || (row !== -1 && orders.instrumentRow(slot) !== row)) return 0;
    this.originalCode = NONE;
    return slot;
  }

  #checkReplace(words: WordBuffer, offset: number, slot: number): number {
    const { orders, ledger } = this.state;
    const { i32, f64 } = words;
    const isWaiting = this.execution.bookOf(slot).isWaitingStop(slot);
    this.row = orders.instrumentRow(slot);
    this.side = orders.side(slot);
    // A stop that has triggered rests as the limit order that it became.
    this.orderType = isWaiting ? orders.orderType(slot) : LIMIT;
    this.timeInForce = orders.timeInForce(slot);
    this.orderFlags = orders.orderFlags(slot);
    this.selfTrade = orders.selfTradePrevention(slot);
    this.minQtyLots = 0;
    this.priceTicks = i32[offset + REPLACE_PRICE_TICKS];
    this.stopPriceTicks = isWaiting ? i32[offset + REPLACE_STOP_PRICE_TICKS] : orders.stopPriceTicks(slot);
    this.qtyLots = f64[(offset + REPLACE_QTY_LOTS) >> 1];
    this.displayQtyLots = f64[(offset + REPLACE_DISPLAY_QTY_LOTS) >> 1];
    this.expireSeconds = i32[offset + REPLACE_EXPIRE_SECONDS];
    if (!this.#hasValidPrice()) return INVALID_PRICE;
    if (isWaiting && !this.#hasValidStop()) return INVALID_STOP_PRICE;
    if (!this.#hasValidQuantity()) return INVALID_QUANTITY;
    if (!this.#hasValidDisplay(true)) return INVALID_DISPLAY_QUANTITY;
    if (!this.#hasValidExpiry()) return INVALID_EXPIRY;
    const open = this.qtyLots - orders.cumQtyLots(slot);
    const code = this.#checkOpenValue(open);
    if (code !== NONE) return code;
    if (open <= 0) return NOTHING_TO_REPLACE;
    const market = this.#checkMarket();
    if (market !== NONE) return market;
    const leaves = orders.store.leavesQtyLots(slot);
    const holding = orders.holding(slot);
    const oldPrice = orders.holdPriceTicks(slot);
    ledger.rehold(holding, this.side, oldPrice, leaves, 0);
    const risk = this.#checkRisk(open, leaves);
    if (risk !== NONE) {
      ledger.restore(holding, this.side, oldPrice, leaves);
    }
    return risk;
  }

  /** VALUE_TOO_LARGE at the open quantity; sets the hold price. */
  #checkOpenValue(openLots: number): number {
    const qtyLots = this.qtyLots;
    this.qtyLots = Math.max(openLots, 0);
    const code = this.#checkValue();
    this.qtyLots = qtyLots;
    return code;
  }

  #applyReplace(slot: number, words: WordBuffer, offset: number): void {
    const { orders, expiry, books } = this.state;
    const { store } = orders;
    const book = books[this.row];
    const isWaiting = book.isWaitingStop(slot);
    const leaves = store.leavesQtyLots(slot);
    const open = this.qtyLots - orders.cumQtyLots(slot);
    const originalOrderId = store.orderId(slot);
    const originalClientOrderId = orders.clientOrderId(slot);
    const originalPriceTicks = orders.priceTicks(slot);
    const keepsPriority =
      !isWaiting &&
      this.priceTicks === originalPriceTicks &&
      this.displayQtyLots === store.sliceOf(slot) &&
      open <= leaves;
    let visible = 0;
    if (!keepsPriority) {
      if (!isWaiting) visible = store.visibleQtyLots(slot);
      book.remove(slot);
    } else if (open < leaves) {
      visible = book.reduce(slot, leaves - open);
    }
    const expireSeconds = orders.expireSeconds(slot);
    if (expireSeconds !== 0) expiry.remove(slot, expireSeconds);
    orders.remove(slot);
    if (keepsPriority) store.setOrderId(slot, this.state.nextOrderId());
    else book.setOrder(slot, this.state.nextOrderId(), this.holding + 1, open, this.displayQtyLots);
    this.#writeTerms(slot);
    orders.add(slot, words.i32[offset + REPLACE_CLIENT_ORDER_ID]);
    if (isUniqueTag(words.i32, offset, REPLACE_CLIENT_TAG)) this.state.tags.add();
    this.reports.replaced(
      slot,
      originalOrderId,
      originalClientOrderId,
      originalPriceTicks,
      visible,
      keepsPriority,
      words.i32,
      offset + REPLACE_CLIENT_TAG,
    );
    if (keepsPriority) return;
    if (isWaiting) this.incoming.wait(slot);
    else this.incoming.enter(slot, this.priceTicks, false, 0);
  }
}

/** Whether the command has a text that may be used once. */
function isUniqueTag(i32: Int32Array, offset: number, tagAt: number): boolean {
  return (i32[offset] & UNIQUE_TAG) !== 0 && i32[offset + tagAt] !== 0;
}

/** Whether `value` is an integer from 1 to `max`. */
function isQuantity(value: number, max: number): boolean {
  return value >= 1 && value <= max && value <= QTY_MAX && value === Math.floor(value);
}
