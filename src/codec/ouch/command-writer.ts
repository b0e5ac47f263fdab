import {
  CancelOrder as CancelCommand,
  CommandType,
  KillScope,
  MassCancel as MassCancelCommand,
  NewOrder,
  OrderFlag,
  OrderType,
  ReplaceOrder as ReplaceCommand,
  SetKillSwitch,
  Side,
  TimeInForce,
  TradingCapacity,
} from '#domain/commands.ts';
import type { Layout } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import type { Clock, CommandSink } from '#domain/ports.ts';
import { readTextWord, readU32, readU64 } from './bytes.ts';
import type { OuchInstruments } from './instruments.ts';
import {
  CancelOrder,
  DisableOrderEntry,
  EnableOrderEntry,
  EnterOrder,
  MassCancel,
  ModifyOrder,
  ReplaceOrder,
} from './messages.ts';
import { OrderOptions, timeInForceOf } from './order-options.ts';
import type { OrderScales } from './order-scales.ts';

/** What became of a client's message. */
export const WriteOutcome = {
  /** A command is in the sink. */
  Written: 0,
  /** The sink takes no more this turn: try the message again. */
  Full: 1,
  /** Not a message: `fault` says why. */
  Malformed: 2,
  /** A UserRefNum that is not above the user's last: a retransmission (OUCH 5.0, 1.2), ignored. */
  Ignored: 3,
} as const;
export type WriteOutcome = (typeof WriteOutcome)[keyof typeof WriteOutcome];

/** What the writer must know of the user whose message it is. */
export interface OuchUserRefs {
  readonly userId: number;
  /** Highest UserRefNum that an order of the user has used, as far as is known here. */
  lastUserRefNum: number;
}

/** Price field of a market order (OUCH 5.0, 1.2). */
export const MARKET_PRICE = 0x7fff_ffff;

/** A tick count that no order can have: the core answers INVALID_PRICE or INVALID_STOP_PRICE. */
const NO_TICKS = -1;
/** A quantity that no order can have. */
const NO_QUANTITY = -1;
/** Flags that no order can have: the core answers INVALID_FLAGS. */
const NO_FLAGS = 0xff;
/** An id that no instrument has: the core answers UNKNOWN_INSTRUMENT, where 0 would mean every instrument. */
const NO_INSTRUMENT = -1;
/** An id that no user has: the core answers MALFORMED_COMMAND. */
const NO_USER = 0;
const INVALID = 0xff;

const enter = EnterOrder.at;
const replace = ReplaceOrder.at;

const byteOf = <Names extends string>(layout: Layout<Names>, name: Names): number => {
  const field = layout.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${layout.name} has no field ${name}`);
  return field.word * 4 + field.byte;
};
const NEW_SIDE = byteOf(NewOrder, 'side');
const NEW_ORDER_TYPE = byteOf(NewOrder, 'orderType');
const NEW_TIME_IN_FORCE = byteOf(NewOrder, 'timeInForce');
const NEW_ORDER_FLAGS = byteOf(NewOrder, 'orderFlags');
const NEW_SELF_TRADE_PREVENTION = byteOf(NewOrder, 'selfTradePrevention');
const NEW_TRADING_CAPACITY = byteOf(NewOrder, 'tradingCapacity');
const NEW_REGULATORY_FLAGS = byteOf(NewOrder, 'regulatoryFlags');
const REPLACE_TRADING_CAPACITY = byteOf(ReplaceCommand, 'tradingCapacity');
const REPLACE_REGULATORY_FLAGS = byteOf(ReplaceCommand, 'regulatoryFlags');
const MASS_CANCEL_SIDE = byteOf(MassCancelCommand, 'side');
const KILL_SCOPE = byteOf(SetKillSwitch, 'scope');
const KILL_ENGAGED = byteOf(SetKillSwitch, 'engaged');

const CL_ORD_ID_BYTES = 14;

type PartyPlaces = Pick<
  typeof NewOrder.at,
  'clientCode' | 'investmentDecisionCode' | 'executionDecisionCode' | 'nonExecutingBrokerCode'
>;

/**
 * Turns OUCH messages of clients into commands, straight from the received bytes into the sink.
 *
 * A message whose bytes hold together always becomes a command, even where a field has a value that the venue does not
 * know or a feature that it does not have: the command then carries a value that the core refuses, so that the refusal
 * is in the log and reaches the client in sequence. Only bytes that are no message at all are `Malformed`.
 */
export class OuchCommandWriter {
  /** Why the last message was malformed. */
  declare fault: string;
  /** Which UserRefNum made the last message that was ignored a retransmission. */
  declare ignoredRefNum: number;
  declare private readonly instruments: OuchInstruments;
  declare private readonly scales: OrderScales;
  declare private readonly clock: Clock;
  declare private readonly sink: CommandSink;
  declare private readonly options: OrderOptions;
  /** Words of a ClOrdID as a clientTag. */
  declare private readonly tag: Int32Array;

  constructor(instruments: OuchInstruments, scales: OrderScales, clock: Clock, sink: CommandSink) {
    this.fault = '';
    this.ignoredRefNum = 0;
    this.instruments = instruments;
    this.scales = scales;
    this.clock = clock;
    this.sink = sink;
    this.options = new OrderOptions();
    this.tag = new Int32Array(4);
  }

  /** Writes the command of the message in `bytes[from, to)`. */
  write(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    switch (bytes[from]) {
      case EnterOrder.type:
        return this.#enterOrder(user, bytes, from, to);
      case ReplaceOrder.type:
        return this.#replaceOrder(user, bytes, from, to);
      case CancelOrder.type:
        return this.#cancelOrder(user, bytes, from, to);
      case ModifyOrder.type:
        return this.#modifyOrder(user, bytes, from, to);
      case MassCancel.type:
        return this.#massCancel(user, bytes, from, to);
      case DisableOrderEntry.type:
        return this.#orderEntry(user, bytes, from, to, 1);
      case EnableOrderEntry.type:
        return this.#orderEntry(user, bytes, from, to, 0);
      default:
        return this.#malformed('unknown message type');
    }
  }

  #enterOrder(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    const options = this.options;
    if (!options.read(bytes, from + EnterOrder.bytes, to, false))
      return this.#malformed('malformed Enter Order');
    const userRefNum = readU32(bytes, from + enter.userRefNum);
    if (userRefNum <= user.lastUserRefNum) return this.#ignored(userRefNum);
    const { hasParties } = options;
    const sizeWords = hasParties ? NewOrder.words : NewOrder.shortWords;
    const at = this.#reserve(CommandType.NewOrder, sizeWords, user.userId, userRefNum);
    if (at === -1) return WriteOutcome.Full;

    const { i32, f64, u8 } = this.sink.words;
    const field = NewOrder.at;
    const instrument = this.instruments.find(bytes, from + enter.symbol);
    const priceFactor = instrument === undefined ? 0 : instrument.priceFactor;
    const price = readU64(bytes, from + enter.price);
    const isMarketPrice = price === MARKET_PRICE;
    const orderType =
      options.orderType !== 0 ? options.orderType : isMarketPrice ? OrderType.Market : OrderType.Limit;
    const hasNoPrice = orderType === OrderType.Market || orderType === OrderType.Stop;
    const timeInForce =
      options.timeInForce !== 0 ? options.timeInForce : baseTimeInForce(bytes[from + enter.timeInForce]);
    const tagIsText = this.#readTag(bytes, from + enter.clOrdId);
    const supported =
      !options.unsupported && !options.isForMassCancel && tagIsText && areLabelsSupported(bytes, from);

    i32[at + 2] = instrument === undefined ? NO_INSTRUMENT : instrument.id;
    i32[at + field.priceTicks] = hasNoPrice && isMarketPrice ? 0 : ticksOf(price, priceFactor);
    i32[at + field.stopPriceTicks] = ticksOf(options.stopPrice, priceFactor);
    f64[(at + field.qtyLots) >> 1] = readU32(bytes, from + enter.quantity);
    f64[(at + field.displayQtyLots) >> 1] =
      bytes[from + enter.display] === HIDDEN ? NO_QUANTITY : options.maxFloor;
    f64[(at + field.minQtyLots) >> 1] = options.minQty;
    i32[at + field.expireSeconds] = this.#expireSeconds();
    i32[at + field.ocoClientOrderId] = options.ocoUserRefNum;
    const first = at * 4;
    u8[first + NEW_SIDE] = sideOf(bytes[from + enter.side]);
    u8[first + NEW_ORDER_TYPE] = orderType;
    u8[first + NEW_TIME_IN_FORCE] = timeInForce;
    u8[first + NEW_ORDER_FLAGS] = !supported ? NO_FLAGS : options.postOnly ? OrderFlag.PostOnly : 0;
    u8[first + NEW_SELF_TRADE_PREVENTION] = options.selfTradePrevention;
    u8[first + NEW_TRADING_CAPACITY] =
      options.tradingCapacity !== 0 ? options.tradingCapacity : capacityOf(bytes[from + enter.capacity]);
    u8[first + NEW_REGULATORY_FLAGS] = options.regulatoryFlags;
    if (hasParties) this.#writeParties(i32, at, field);
    this.#writeTag(i32, at + field.clientTag);
    this.#useRefNum(user, userRefNum, priceFactor);
    return WriteOutcome.Written;
  }

  #replaceOrder(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    const options = this.options;
    if (!options.read(bytes, from + ReplaceOrder.bytes, to, false)) {
      return this.#malformed('malformed Replace Order');
    }
    const userRefNum = readU32(bytes, from + replace.userRefNum);
    if (userRefNum <= user.lastUserRefNum) return this.#ignored(userRefNum);
    const { hasRegulatoryFields } = options;
    const sizeWords = hasRegulatoryFields ? ReplaceCommand.words : ReplaceCommand.shortWords;
    const at = this.#reserve(CommandType.ReplaceOrder, sizeWords, user.userId, userRefNum);
    if (at === -1) return WriteOutcome.Full;

    const { i32, f64, u8 } = this.sink.words;
    const field = ReplaceCommand.at;
    const original = readU32(bytes, from + replace.origUserRefNum);
    const priceFactor = this.scales.of(user.userId, original, this.instruments.commonPriceFactor);
    const price = readU64(bytes, from + replace.price);
    const tagIsText = this.#readTag(bytes, from + replace.clOrdId);
    // A replace cannot carry these; the order must not change without them either.
    const impossible =
      options.unsupported ||
      options.isForMassCancel ||
      !tagIsText ||
      !isDisplay(bytes[from + replace.display]) ||
      !isSweep(bytes[from + replace.interMarketSweep]) ||
      options.minQty !== 0 ||
      options.postOnly ||
      (options.orderType !== 0 && options.orderType !== OrderType.Limit) ||
      options.timeInForce !== 0 ||
      options.selfTradePrevention !== 0 ||
      options.ocoUserRefNum !== 0;

    i32[at + field.originalClientOrderId] = original;
    i32[at + field.priceTicks] =
      price === MARKET_PRICE && options.orderType === 0 ? 0 : ticksOf(price, priceFactor);
    f64[(at + field.qtyLots) >> 1] = impossible ? NO_QUANTITY : readU32(bytes, from + replace.quantity);
    f64[(at + field.displayQtyLots) >> 1] =
      bytes[from + replace.display] === HIDDEN ? NO_QUANTITY : options.maxFloor;
    i32[at + field.stopPriceTicks] = ticksOf(options.stopPrice, priceFactor);
    i32[at + field.expireSeconds] = this.#expireSeconds();
    if (hasRegulatoryFields) {
      this.#writeParties(i32, at, field);
      u8[at * 4 + REPLACE_TRADING_CAPACITY] = options.tradingCapacity;
      u8[at * 4 + REPLACE_REGULATORY_FLAGS] = options.regulatoryFlags;
    }
    this.#writeTag(i32, at + field.clientTag);
    this.#useRefNum(user, userRefNum, priceFactor);
    return WriteOutcome.Written;
  }

  #cancelOrder(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    if (!this.options.read(bytes, from + CancelOrder.bytes, to, true)) {
      return this.#malformed('malformed Cancel Order');
    }
    const { userRefNum, quantity } = CancelOrder.at;
    return this.#cancel(user, readU32(bytes, from + userRefNum), readU32(bytes, from + quantity), true);
  }

  #modifyOrder(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    if (!this.options.read(bytes, from + ModifyOrder.bytes, to, true)) {
      return this.#malformed('malformed Modify Order');
    }
    const { userRefNum, side, quantity } = ModifyOrder.at;
    // Only sell, short and short exempt can be exchanged for one another, and they are one side here.
    const sideIsAllowed = sideOf(bytes[from + side]) === Side.Sell;
    return this.#cancel(
      user,
      readU32(bytes, from + userRefNum),
      readU32(bytes, from + quantity),
      sideIsAllowed,
    );
  }

  /** @param possible false: the core must refuse it. */
  #cancel(user: OuchUserRefs, userRefNum: number, quantity: number, possible: boolean): WriteOutcome {
    const at = this.#reserve(CommandType.CancelOrder, CancelCommand.words, user.userId, userRefNum);
    if (at === -1) return WriteOutcome.Full;
    const { unsupported, isForMassCancel, hasTerms } = this.options;
    const isRefused = unsupported || isForMassCancel || hasTerms || !possible;
    this.sink.words.f64[(at + CancelCommand.at.totalQtyLots) >> 1] = isRefused ? NO_QUANTITY : quantity;
    return WriteOutcome.Written;
  }

  #massCancel(user: OuchUserRefs, bytes: Uint8Array, from: number, to: number): WriteOutcome {
    const options = this.options;
    if (!options.read(bytes, from + MassCancel.bytes, to, false))
      return this.#malformed('malformed Mass Cancel');
    const userRefNum = readU32(bytes, from + MassCancel.at.userRefNum);
    const at = this.#reserve(CommandType.MassCancel, MassCancelCommand.words, user.userId, userRefNum);
    if (at === -1) return WriteOutcome.Full;
    const { i32, u8 } = this.sink.words;
    const symbol = from + MassCancel.at.symbol;
    if (options.unsupported || options.groupIdGiven || options.hasTerms) i32[at + 2] = NO_INSTRUMENT;
    else if (!isBlank(bytes, symbol)) {
      const instrument = this.instruments.find(bytes, symbol);
      i32[at + 2] = instrument === undefined ? NO_INSTRUMENT : instrument.id;
    }
    i32[at + MassCancelCommand.at.sessionUserId] = user.userId;
    u8[at * 4 + MASS_CANCEL_SIDE] = options.side === 0 ? 0 : sideOf(options.side);
    return WriteOutcome.Written;
  }

  #orderEntry(
    user: OuchUserRefs,
    bytes: Uint8Array,
    from: number,
    to: number,
    engaged: number,
  ): WriteOutcome {
    const options = this.options;
    if (!options.read(bytes, from + DisableOrderEntry.bytes, to, false)) {
      return this.#malformed('malformed Disable or Enable Order Entry');
    }
    const userRefNum = readU32(bytes, from + DisableOrderEntry.at.userRefNum);
    const at = this.#reserve(CommandType.SetKillSwitch, SetKillSwitch.words, user.userId, userRefNum);
    if (at === -1) return WriteOutcome.Full;
    const { i32, u8 } = this.sink.words;
    u8[at * 4 + KILL_SCOPE] = KillScope.User;
    u8[at * 4 + KILL_ENGAGED] = engaged;
    const isRefused = options.unsupported || options.isForMassCancel || options.hasTerms;
    i32[at + SetKillSwitch.at.scopeId] = isRefused ? NO_USER : user.userId;
    return WriteOutcome.Written;
  }

  #ignored(userRefNum: number): WriteOutcome {
    this.ignoredRefNum = userRefNum;
    return WriteOutcome.Ignored;
  }

  #malformed(fault: string): WriteOutcome {
    this.fault = fault;
    return WriteOutcome.Malformed;
  }

  #reserve(type: CommandType, words: number, userId: number, clientOrderId: number): number {
    const at = this.sink.reserve(words);
    if (at === -1) return -1;
    const { i32 } = this.sink.words;
    i32[at] = type | (words << 16);
    i32[at + 1] = userId;
    i32[at + 3] = clientOrderId;
    return at;
  }

  #useRefNum(user: OuchUserRefs, userRefNum: number, priceFactor: number): void {
    if (userRefNum > Limits.ID_MAX) return;
    user.lastUserRefNum = userRefNum;
    if (priceFactor !== 0) {
      this.scales.note(user.userId, userRefNum, priceFactor, this.instruments.commonPriceFactor);
    }
  }

  #expireSeconds(): number {
    const { expireSeconds, expireTime } = this.options;
    if (expireTime === 0) return expireSeconds;
    this.clock.read();
    return this.clock.seconds + expireTime;
  }

  /** Reads a ClOrdID as the words of a clientTag; false when it is not text. */
  #readTag(bytes: Uint8Array, at: number): boolean {
    const tag = this.tag;
    let length = CL_ORD_ID_BYTES;
    while (length > 0 && (bytes[at + length - 1] === 0x20 || bytes[at + length - 1] === 0)) length--;
    tag[0] = 0;
    tag[1] = 0;
    tag[2] = 0;
    tag[3] = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i];
      if (byte < 0x20 || byte > 0x7e) {
        tag[0] = 0;
        tag[1] = 0;
        tag[2] = 0;
        tag[3] = 0;
        return false;
      }
      tag[i >> 2] |= byte << ((i & 3) * 8);
    }
    return true;
  }

  /** Writes the codes of the options into the command at `at`, of which `field` are the places. */
  #writeParties(i32: Int32Array, at: number, field: PartyPlaces): void {
    const options = this.options;
    i32[at + field.clientCode] = options.clientCode;
    i32[at + field.investmentDecisionCode] = options.investmentDecisionCode;
    i32[at + field.executionDecisionCode] = options.executionDecisionCode;
    i32[at + field.nonExecutingBrokerCode] = options.nonExecutingBrokerCode;
  }

  #writeTag(i32: Int32Array, at: number): void {
    i32[at] = this.tag[0];
    i32[at + 1] = this.tag[1];
    i32[at + 2] = this.tag[2];
    i32[at + 3] = this.tag[3];
  }
}

const HIDDEN = 0x4e;
const BLANK_WORD = 0x2020_2020;

function isBlank(bytes: Uint8Array, at: number): boolean {
  return readTextWord(bytes, at) === BLANK_WORD && readTextWord(bytes, at + 4) === BLANK_WORD;
}

/** 'B' buys; 'S', 'T' (short) and 'E' (short exempt) sell. */
function sideOf(character: number): number {
  if (character === 0x42) return Side.Buy;
  if (character === 0x53 || character === 0x54 || character === 0x45) return Side.Sell;
  return INVALID;
}

/** 'P' principal, 'R' riskless principal, 'A' agency. 'O', other, does not say which; unknown letters are refused elsewhere. */
function capacityOf(character: number): number {
  if (character === 0x50) return TradingCapacity.Dealing;
  if (character === 0x52) return TradingCapacity.MatchedPrincipal;
  return character === 0x41 ? TradingCapacity.AnyOther : 0;
}

/** '0', '3' and '6' of the message's own field; GTX ('5') and after hours ('E') do not exist here. */
function baseTimeInForce(character: number): number {
  const timeInForce = timeInForceOf(character);
  return timeInForce === TimeInForce.GoodTillCancel || timeInForce === TimeInForce.FillOrKill
    ? INVALID
    : timeInForce;
}

/** Ticks of a price field; 0 for none, NO_TICKS when it is not a whole, possible number of ticks. */
function ticksOf(price: number, priceFactor: number): number {
  if (price === 0 || priceFactor === 0) return 0;
  if (price > priceFactor * Limits.PRICE_TICKS_MAX || price % priceFactor !== 0) return NO_TICKS;
  return price / priceFactor;
}

/**
 * Display, capacity, sweep eligibility and cross type of an Enter Order: known letters, and a cross type that asks for
 * no cross. A hidden order is refused by its display quantity.
 */
function areLabelsSupported(bytes: Uint8Array, from: number): boolean {
  const capacity = bytes[from + enter.capacity];
  return (
    isDisplay(bytes[from + enter.display]) &&
    (capacity === 0x41 || capacity === 0x50 || capacity === 0x52 || capacity === 0x4f) &&
    isSweep(bytes[from + enter.interMarketSweep]) &&
    bytes[from + enter.crossType] === 0x4e
  );
}

/** 'Y' visible, 'A' attributable, 'N' hidden. */
function isDisplay(character: number): boolean {
  return character === 0x59 || character === 0x41 || character === HIDDEN;
}

function isSweep(character: number): boolean {
  return character === 0x59 || character === 0x4e;
}
