import {
  CommandFlag,
  CommandType,
  NewOrder,
  OrderFlag,
  OrderType,
  Phase,
  ReplaceOrder,
  Side,
} from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { WORD_OFFSET_MASK, type WordBuffer } from '#lib/word-buffer.ts';
import type { Execution } from './execution.ts';
import type { Incoming } from './incoming.ts';
import { OrderTerms } from './order-terms.ts';
import type { Orders } from './orders.ts';
import type { Refusals } from './refusals.ts';
import type { Reports } from './reports.ts';
import type { CoreState } from './state.ts';

const { Market: MARKET, Stop: STOP, StopLimit: STOP_LIMIT } = OrderType;
const {
  CAPACITY,
  CLIENT_ORDER_ID_LIMIT,
  DUPLICATE_CLIENT_ORDER_ID,
  DUPLICATE_CLIENT_TAG,
  MALFORMED_COMMAND,
  NOTHING_TO_REPLACE,
  OCO_PARTNER_UNUSABLE,
  ORDER_CAPACITY,
  PHASE,
  UNKNOWN_INSTRUMENT,
  UNKNOWN_ORDER,
} = RejectCode;
const NONE = ACCEPTED;
const MASK = WORD_OFFSET_MASK;
const PLACE_ORDERS = Action.PlaceOrders;
const BUY = Side.Buy;
const CONTINUOUS = Phase.Continuous;
const POST_ONLY = OrderFlag.PostOnly;
/** In a command's first word. */
const UNIQUE_TAG = CommandFlag.UniqueTag << 8;
const NEW_ORDER = CommandType.NewOrder;
const REPLACE_ORDER = CommandType.ReplaceOrder;
const {
  clientTag: NEW_CLIENT_TAG,
  clientOrderId: NEW_CLIENT_ORDER_ID,
  userId: NEW_USER_ID,
  instrumentId: NEW_INSTRUMENT_ID,
  ocoClientOrderId: NEW_OCO_CLIENT_ORDER_ID,
} = NewOrder.at;
const {
  clientOrderId: REPLACE_CLIENT_ORDER_ID,
  clientTag: REPLACE_CLIENT_TAG,
  userId: REPLACE_USER_ID,
  instrumentId: REPLACE_INSTRUMENT_ID,
  originalClientOrderId: REPLACE_ORIGINAL_CLIENT_ORDER_ID,
} = ReplaceOrder.at;

/** Whether the command has a text that may be used once. */
const isUniqueTag = (i32: Int32Array, offset: number, tagAt: number): boolean =>
  (i32[offset & MASK] & UNIQUE_TAG) !== 0 && i32[(offset & MASK) + tagAt] !== 0;

/** New orders and replaces: checks in the order of the reject table, then effect. */
export class OrderEntry {
  declare private readonly state: CoreState;
  declare private readonly orders: Orders;
  declare private readonly execution: Execution;
  declare private readonly reports: Reports;
  declare private readonly incoming: Incoming;
  declare private readonly refusals: Refusals;
  declare private readonly terms: OrderTerms;

  declare private userRow: number;
  declare private accountRow: number;
  declare private holding: number;
  declare private partner: number;
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
    this.terms = new OrderTerms(state, incoming);
    this.userRow = 0;
    this.accountRow = 0;
    this.holding = 0;
    this.partner = 0;
    this.originalCode = NONE;
  }

  newOrder(words: WordBuffer, offset: number): void {
    const terms = this.terms;
    const code = this.#checkNew(words, offset);
    if (code !== NONE) {
      this.refusals.refuse(NEW_ORDER, code, words, offset, offset + NEW_CLIENT_TAG);
      return;
    }
    const slot = this.#addOrder(words, offset);
    this.reports.accepted(slot, terms.minQtyLots, words.i32, offset + NEW_CLIENT_TAG);
    const type = terms.orderType;
    if (type === STOP || type === STOP_LIMIT) this.incoming.wait(slot);
    else this.incoming.enter(slot, terms.holdPriceTicks, type === MARKET, terms.minQtyLots);
    this.execution.settlePairs();
    this.incoming.triggerStops(terms.row);
  }

  #checkNew(words: WordBuffer, offset: number): number {
    const terms = this.terms;
    const { i32 } = words;
    const at = offset & MASK;
    const clientOrderId = i32[at + NEW_CLIENT_ORDER_ID];
    if (clientOrderId === 0) return MALFORMED_COMMAND;
    const isFresh = this.#identify(i32[at + NEW_USER_ID], clientOrderId);
    if (this.userRow === -1) return this.state.users.refusalOf(i32[at + NEW_USER_ID]);
    terms.row = this.state.instruments.rowOf(i32[at + NEW_INSTRUMENT_ID]);
    if (terms.row === -1) return UNKNOWN_INSTRUMENT;
    if (!isFresh) return DUPLICATE_CLIENT_ORDER_ID;
    if (this.#isTagUsed(i32, offset, NEW_CLIENT_TAG)) return DUPLICATE_CLIENT_TAG;
    if (clientOrderId < 0) return CLIENT_ORDER_ID_LIMIT;
    terms.readNew(words, offset);
    this.partner = 0;
    const ocoClientOrderId = i32[at + NEW_OCO_CLIENT_ORDER_ID];
    if (ocoClientOrderId !== 0 && !this.#findPartner(ocoClientOrderId)) return OCO_PARTNER_UNUSABLE;
    const code = terms.checkNew(words, offset) || this.#checkMarket();
    if (code !== NONE) return code;
    const holding = this.state.ledger.holdingRow(this.accountRow, terms.row);
    return holding === -1 ? CAPACITY : this.#checkRisk(holding, terms.qtyLots, 0);
  }

  /**
   * Finds the user, who must be allowed to place orders, counts the message for its account and takes the clientOrderId, unless
   * it is above 2^31 - 1: negative here. False: the id is not greater than all before.
   */
  #identify(userId: number, clientOrderId: number): boolean {
    const { users, risk, timeSeconds } = this.state;
    const user = users.rowIfAllowed(userId, PLACE_ORDERS);
    this.userRow = user;
    if (user === -1) return false;
    this.accountRow = users.accountRow(user);
    risk.countMessage(this.accountRow, timeSeconds);
    if (clientOrderId < 0) return true;
    if (clientOrderId <= users.lastClientOrderId(user)) return false;
    users.setLastClientOrderId(user, clientOrderId);
    return true;
  }

  /** Whether the command's text may be used once and was. Its key is then at hand for `tags.add`. */
  #isTagUsed(i32: Int32Array, offset: number, tagAt: number): boolean {
    return isUniqueTag(i32, offset, tagAt) && this.state.tags.has(this.userRow, i32, offset + tagAt);
  }

  /** A live, unlinked order of the same user and instrument; the new order must be able to wait for it. */
  #findPartner(clientOrderId: number): boolean {
    const terms = this.terms;
    const { orders } = this.state;
    const partner = orders.find(this.userRow, clientOrderId);
    if (partner === 0 || orders.instrumentRow(partner) !== terms.row || orders.partner(partner) !== 0)
      return false;
    if (!terms.mayRest()) return false;
    this.partner = partner;
    return true;
  }

  /** The 300s: kill switches and phase. */
  #checkMarket(): number {
    const terms = this.terms;
    const { risk, phases } = this.state;
    const killed = risk.killSwitch(terms.row, this.accountRow, this.userRow);
    if (killed !== NONE) return killed;
    if (phases.phase[terms.row] === CONTINUOUS) return NONE;
    if (!phases.isAuction(terms.row)) return PHASE;
    const isPostOnly = (terms.orderFlags & POST_ONLY) !== 0;
    return terms.mayRest() && !isPostOnly && terms.minQtyLots === 0 ? NONE : PHASE;
  }

  /**
   * The 400s; on acceptance the funds are reserved.
   * @param holding of the order's account in its instrument
   * @param replacedLots what the order that is being replaced had open; 0 for a new order
   */
  #checkRisk(holding: number, leavesLots: number, replacedLots: number): number {
    const terms = this.terms;
    const { ledger, risk, books, orders, expiry, instruments } = this.state;
    const book = books[terms.row];
    this.holding = holding;
    if (terms.side === BUY && !book.hasBuys) instruments.renewHoldFee(terms.row);
    const isLimitPrice = terms.priceTicks !== 0;
    const code = risk.admit(
      holding,
      terms.side,
      terms.holdPriceTicks,
      isLimitPrice,
      book.reference(),
      terms.qtyLots,
      leavesLots,
      replacedLots,
    );
    if (code !== NONE) return code;
    const hasRoom =
      (replacedLots > 0 || orders.store.canAllocateOrder()) && (terms.expireSeconds === 0 || expiry.canAdd());
    if (hasRoom) return NONE;
    ledger.rehold(holding, terms.side, terms.holdPriceTicks, leavesLots, 0);
    return ORDER_CAPACITY;
  }

  /** Writes the row of an order that passed every check. */
  #addOrder(words: WordBuffer, offset: number): number {
    const terms = this.terms;
    const orders = this.orders;
    const slot = orders.store.allocateOrder();
    const book = this.state.books[terms.row];
    book.setOrder(slot, this.state.nextOrderId(), this.holding + 1, terms.qtyLots, terms.displayQtyLots);
    const { side, orderType, timeInForce, orderFlags, selfTrade } = terms;
    orders.open(slot, this.userRow, side, orderType, timeInForce, orderFlags, selfTrade);
    if (this.partner !== 0) {
      orders.setPartner(slot, this.partner);
      orders.setPartner(this.partner, slot);
    }
    this.#writeTerms(slot);
    orders.add(slot, this.userRow, this.accountRow, words.i32[(offset & MASK) + NEW_CLIENT_ORDER_ID]);
    if (isUniqueTag(words.i32, offset, NEW_CLIENT_TAG)) this.state.tags.add();
    this.state.accounts.addOpenOrders(this.accountRow, 1);
    return slot;
  }

  /** The part of a row that a replace changes too. */
  #writeTerms(slot: number): void {
    const terms = this.terms;
    const orders = this.orders;
    const { expiry } = this.state;
    const expireSeconds = terms.expireSeconds;
    orders.setPrices(slot, terms.priceTicks, terms.holdPriceTicks, terms.stopPriceTicks, expireSeconds);
    if (expireSeconds !== 0) expiry.add(slot, expireSeconds);
  }

  replaceOrder(words: WordBuffer, offset: number): void {
    const { orders } = this.state;
    const { i32 } = words;
    const at = offset & MASK;
    const clientOrderId = i32[at + REPLACE_CLIENT_ORDER_ID];
    const slot = clientOrderId === 0 ? 0 : this.#findOriginal(words, offset);
    let code: number = clientOrderId === 0 ? MALFORMED_COMMAND : this.originalCode;
    if (code === NONE) code = this.#checkReplace(words, offset, slot);
    if (code !== NONE) {
      this.refusals.refuse(REPLACE_ORDER, code, words, offset, at + REPLACE_CLIENT_TAG);
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
    const at = offset & MASK;
    const userId = i32[at + REPLACE_USER_ID];
    const clientOrderId = i32[at + REPLACE_CLIENT_ORDER_ID];
    const isFresh = this.#identify(userId, clientOrderId);
    const instrumentId = i32[at + REPLACE_INSTRUMENT_ID];
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
    this.originalCode = CLIENT_ORDER_ID_LIMIT;
    if (clientOrderId < 0) return 0;
    const slot = orders.find(this.userRow, i32[at + REPLACE_ORIGINAL_CLIENT_ORDER_ID]);
    this.originalCode = UNKNOWN_ORDER;
    if (slot === 0 || (row !== -1 && orders.instrumentRow(slot) !== row)) return 0;
    this.originalCode = NONE;
    return slot;
  }

  #checkReplace(words: WordBuffer, offset: number, slot: number): number {
    const terms = this.terms;
    const { orders, ledger } = this.state;
    const isWaiting = this.execution.bookOf(slot).isWaitingStop(slot);
    terms.readReplace(words, offset, slot, isWaiting);
    const open = terms.qtyLots - orders.cumQtyLots(slot);
    const code = terms.checkReplace(open, isWaiting);
    if (code !== NONE) return code;
    if (open <= 0) return NOTHING_TO_REPLACE;
    const beforeRisk = terms.checkReplacedFields(words, offset) || this.#checkMarket();
    if (beforeRisk !== NONE) return beforeRisk;
    const leaves = orders.store.leavesQtyLots(slot);
    const holding = orders.holding(slot);
    const oldPrice = orders.holdPriceTicks(slot);
    ledger.rehold(holding, terms.side, oldPrice, leaves, 0);
    const risk = this.#checkRisk(holding, open, leaves);
    if (risk !== NONE) {
      ledger.restore(holding, terms.side, oldPrice, leaves);
    }
    return risk;
  }

  #applyReplace(slot: number, words: WordBuffer, offset: number): void {
    const terms = this.terms;
    const { orders, expiry, books } = this.state;
    const { store } = orders;
    const book = books[terms.row];
    const isWaiting = book.isWaitingStop(slot);
    const leaves = store.leavesQtyLots(slot);
    const open = terms.qtyLots - orders.cumQtyLots(slot);
    const originalOrderId = store.orderId(slot);
    const originalClientOrderId = orders.clientOrderId(slot);
    const originalPriceTicks = orders.priceTicks(slot);
    const keepsPriority =
      !isWaiting &&
      terms.priceTicks === originalPriceTicks &&
      terms.displayQtyLots === store.sliceOf(slot) &&
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
    orders.remove(slot, this.accountRow);
    if (keepsPriority) store.setOrderId(slot, this.state.nextOrderId());
    else book.setOrder(slot, this.state.nextOrderId(), this.holding + 1, open, terms.displayQtyLots);
    this.#writeTerms(slot);
    orders.add(slot, this.userRow, this.accountRow, words.i32[(offset & MASK) + REPLACE_CLIENT_ORDER_ID]);
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
    else this.incoming.enter(slot, terms.priceTicks, false, 0);
  }
}
