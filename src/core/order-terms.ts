import {
  NewOrder,
  OrderFlag,
  OrderType,
  RegulatoryFlag,
  ReplaceOrder,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingCapacity,
} from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { WORD_OFFSET_MASK, type WordBuffer } from '#lib/word-buffer.ts';
import type { Incoming } from './incoming.ts';
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
  INVALID_DISPLAY_QUANTITY,
  INVALID_EXPIRY,
  INVALID_FLAGS,
  INVALID_MINIMUM_QUANTITY,
  INVALID_ORDER_TYPE,
  INVALID_PRICE,
  INVALID_QUANTITY,
  INVALID_REGULATORY_FIELDS,
  INVALID_SELF_TRADE_PREVENTION,
  INVALID_SIDE,
  INVALID_STOP_PRICE,
  INVALID_TIME_IN_FORCE,
  NO_REFERENCE_PRICE,
  REGULATORY_FIELDS_MISSING,
  VALUE_TOO_LARGE,
} = RejectCode;
const NONE = ACCEPTED;
const MASK = WORD_OFFSET_MASK;
const { Default: STP_DEFAULT, CancelNewest: STP_CANCEL_NEWEST, Decrement: STP_LAST } = SelfTradePrevention;
const POST_ONLY = OrderFlag.PostOnly;
const DEALING = TradingCapacity.Dealing;
/** In `OrderTerms.regulatory`, every bit that no capacity and no flag has. */
const NOT_REGULATORY = ~(allBits(TradingCapacity) | (allBits(RegulatoryFlag) << 8));
const {
  side: SIDE_WORD,
  selfTradePrevention: STP_WORD,
  priceTicks: NEW_PRICE_TICKS,
  stopPriceTicks: NEW_STOP_PRICE_TICKS,
  qtyLots: NEW_QTY_LOTS,
  displayQtyLots: NEW_DISPLAY_QTY_LOTS,
  minQtyLots: NEW_MIN_QTY_LOTS,
  expireSeconds: NEW_EXPIRE_SECONDS,
} = NewOrder.at;
const {
  priceTicks: REPLACE_PRICE_TICKS,
  stopPriceTicks: REPLACE_STOP_PRICE_TICKS,
  qtyLots: REPLACE_QTY_LOTS,
  displayQtyLots: REPLACE_DISPLAY_QTY_LOTS,
  expireSeconds: REPLACE_EXPIRE_SECONDS,
  tradingCapacity: REPLACE_REGULATORY,
} = ReplaceOrder.at;

const REPLACE_SHORT_WORDS = ReplaceOrder.shortWords;

/** A record that can say who decided, and for whom. */
type WithParties = typeof NewOrder | typeof ReplaceOrder;

/**
 * The decoded terms of the order command in hand, and whether an order can have them. They sit in fields so that checks need no
 * argument lists and nothing is allocated. Of the instrument in `row`, which is set before a new order is read.
 */
export class OrderTerms {
  declare private readonly state: CoreState;
  declare private readonly incoming: Incoming;
  declare row: number;
  declare side: number;
  declare orderType: number;
  declare timeInForce: number;
  declare orderFlags: number;
  declare selfTrade: number;
  declare priceTicks: number;
  declare stopPriceTicks: number;
  declare qtyLots: number;
  declare displayQtyLots: number;
  declare minQtyLots: number;
  declare expireSeconds: number;
  /** The trading capacity in the low byte, the regulatory flags in the next. */
  declare private regulatory: number;
  /** Price at which the order is valued and held; a check sets it. */
  declare holdPriceTicks: number;

  constructor(state: CoreState, incoming: Incoming) {
    this.state = state;
    this.incoming = incoming;
    this.row = 0;
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
    this.regulatory = 0;
    this.holdPriceTicks = 0;
  }

  readNew(words: WordBuffer, offset: number): void {
    const { i32, f64 } = words;
    const at = offset & MASK;
    const attributes = i32[at + SIDE_WORD];
    this.side = attributes & 255;
    this.orderType = (attributes >> 8) & 255;
    this.timeInForce = (attributes >> 16) & 255;
    this.orderFlags = attributes >>> 24;
    const more = i32[at + STP_WORD];
    this.selfTrade = more & 255;
    this.regulatory = more >>> 8;
    this.priceTicks = i32[at + NEW_PRICE_TICKS];
    this.stopPriceTicks = i32[at + NEW_STOP_PRICE_TICKS];
    this.qtyLots = f64[(at + NEW_QTY_LOTS) >> 1];
    this.displayQtyLots = f64[(at + NEW_DISPLAY_QTY_LOTS) >> 1];
    // Negative zero passes for none and goes on into an event, where it is no integer.
    this.minQtyLots = f64[(at + NEW_MIN_QTY_LOTS) >> 1] + 0;
    this.expireSeconds = i32[at + NEW_EXPIRE_SECONDS];
  }

  /** @param slot the live order that is to be replaced: what a replace does not change is that order's */
  readReplace(words: WordBuffer, offset: number, slot: number, isWaiting: boolean): void {
    const { orders } = this.state;
    const { i32, f64 } = words;
    const at = offset & MASK;
    this.row = orders.instrumentRow(slot);
    this.side = orders.side(slot);
    // A stop that has triggered rests as the limit order that it became.
    this.orderType = isWaiting ? orders.orderType(slot) : LIMIT;
    this.timeInForce = orders.timeInForce(slot);
    this.orderFlags = orders.orderFlags(slot);
    this.selfTrade = orders.selfTradePrevention(slot);
    this.minQtyLots = 0;
    this.priceTicks = i32[at + REPLACE_PRICE_TICKS];
    this.stopPriceTicks = isWaiting ? i32[at + REPLACE_STOP_PRICE_TICKS] : orders.stopPriceTicks(slot);
    this.qtyLots = f64[(at + REPLACE_QTY_LOTS) >> 1];
    this.displayQtyLots = f64[(at + REPLACE_DISPLAY_QTY_LOTS) >> 1];
    this.expireSeconds = i32[at + REPLACE_EXPIRE_SECONDS];
  }

  /** Whether what does not trade at once may stay in the book. */
  mayRest(): boolean {
    return this.timeInForce !== IMMEDIATE_OR_CANCEL && this.timeInForce !== FILL_OR_KILL;
  }

  /** The 200s of the reject table, for new orders. @param offset of the record that was read */
  checkNew(words: WordBuffer, offset: number): number {
    if (this.#isPlainLimit()) {
      if (!this.#hasValidQuantity()) return INVALID_QUANTITY;
      return this.#checkValue() || this.#checkRegulatoryFields(words, offset, NewOrder);
    }
    const type = this.orderType;
    const mayRest = this.mayRest();
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
    return this.#checkValue() || this.#checkRegulatoryFields(words, offset, NewOrder);
  }

  /** The 200s of the reject table up to NOTHING_TO_REPLACE, for replaces. @param openLots of the new quantity, what is not executed yet */
  checkReplace(openLots: number, isWaiting: boolean): number {
    if (!this.#hasValidPrice()) return INVALID_PRICE;
    if (isWaiting && !this.#hasValidStop()) return INVALID_STOP_PRICE;
    if (!this.#hasValidQuantity()) return INVALID_QUANTITY;
    if (!this.#hasValidDisplay(true)) return INVALID_DISPLAY_QUANTITY;
    if (!this.#hasValidExpiry()) return INVALID_EXPIRY;
    return this.#checkOpenValue(openLots);
  }

  /** The last of the 200s, for replaces: of one that says nothing of the regulatory fields, the order's own were checked. */
  checkReplacedFields(words: WordBuffer, offset: number): number {
    const { i32 } = words;
    if (i32[offset] >>> 16 === REPLACE_SHORT_WORDS) return NONE;
    this.regulatory = i32[offset + REPLACE_REGULATORY];
    return this.#checkRegulatoryFields(words, offset, ReplaceOrder);
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

  /** The last of the 200s. Most orders say nothing, where nothing is asked for. */
  #checkRegulatoryFields({ i32 }: WordBuffer, offset: number, layout: WithParties): number {
    const unknown = this.regulatory & NOT_REGULATORY;
    if ((unknown | this.state.instruments.regulatoryFields(this.row)) === 0) return NONE;
    if (unknown !== 0) return INVALID_REGULATORY_FIELDS;
    return saysParties(this.regulatory & 255, i32, offset, layout) ? NONE : REGULATORY_FIELDS_MISSING;
  }

  /** VALUE_TOO_LARGE at the open quantity; sets the hold price. */
  #checkOpenValue(openLots: number): number {
    const qtyLots = this.qtyLots;
    this.qtyLots = Math.max(openLots, 0);
    const code = this.#checkValue();
    this.qtyLots = qtyLots;
    return code;
  }
}

function allBits(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((bits, value) => bits | value, 0);
}

/** Whether an order has all that RegulatoryFieldsRule.Required asks for. */
function saysParties(capacity: number, i32: Int32Array, offset: number, { words, at }: WithParties): boolean {
  if (i32[offset] >>> 16 !== words || capacity === 0 || i32[offset + at.executionDecisionCode] === 0)
    return false;
  return i32[offset + (capacity === DEALING ? at.investmentDecisionCode : at.clientCode)] !== 0;
}

/** Whether `value` is an integer from 1 to `max`. */
export function isQuantity(value: number, max: number): boolean {
  return value >= 1 && value <= max && value <= QTY_MAX && value === Math.floor(value);
}
