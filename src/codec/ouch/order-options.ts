import { OrderType, RegulatoryFlag, SelfTradePrevention, TimeInForce } from '#domain/commands.ts';
import { readU16, readU32, readU64 } from './bytes.ts';
import { APPENDAGE_LENGTH_BYTES } from './layout.ts';
import { Tag, VENUE_TAG_FIRST } from './options.ts';

/** What a refused or unknown value of an enumeration becomes: the core answers with the reject code of that field. */
const INVALID = 0xff;

/** A bit that no RegulatoryFlag has: the core answers INVALID_REGULATORY_FIELDS. */
const NO_REGULATORY_FLAG = 1 << 7;

/** Longest value of a number among the options; a longer one is not a number. */
const VALUE_BYTES_MAX = 8;

/**
 * The options of one inbound message, read from its appendage into fields that are reused for the next.
 *
 * `unsupported` says that the client asked for something that this venue does not do (pegs, discretion, channels, an
 * unknown tag), or said something twice: the order must be refused, not entered without it.
 */
export class OrderOptions {
  declare unsupported: boolean;
  declare minQty: number;
  declare maxFloor: number;
  declare postOnly: boolean;
  /** Seconds to live; 0 not given. */
  declare expireTime: number;
  /** Seconds since the Unix epoch; 0 not given. */
  declare expireSeconds: number;
  /** An OrderType; 0 not given. */
  declare orderType: number;
  /** Price field; 0 not given. */
  declare stopPrice: number;
  /** A TimeInForce; 0 not given. */
  declare timeInForce: number;
  declare ocoUserRefNum: number;
  declare selfTradePrevention: number;
  /** As it was given, known or not; 0 not given. So are the five below; NO_REGULATORY_FLAG is added to flags that lack their code. */
  declare tradingCapacity: number;
  declare regulatoryFlags: number;
  declare clientCode: number;
  declare investmentDecisionCode: number;
  declare executionDecisionCode: number;
  declare nonExecutingBrokerCode: number;
  /** ASCII of the Side option; 0 not given. */
  declare side: number;
  declare groupIdGiven: boolean;

  constructor() {
    this.#clear();
  }

  /** Whether it says what only a Mass Cancel is told. */
  get isForMassCancel(): boolean {
    return this.side !== 0 || this.groupIdGiven;
  }

  /** Whether it says for whom the order is, or who decided. */
  get hasParties(): boolean {
    return (
      this.clientCode !== 0 ||
      this.investmentDecisionCode !== 0 ||
      this.executionDecisionCode !== 0 ||
      this.nonExecutingBrokerCode !== 0
    );
  }

  get hasRegulatoryFields(): boolean {
    return this.tradingCapacity !== 0 || this.regulatoryFlags !== 0 || this.hasParties;
  }

  /** Whether it says terms of an order, as only an Enter or a Replace does. */
  get hasTerms(): boolean {
    return (
      this.minQty !== 0 ||
      this.maxFloor !== 0 ||
      this.postOnly ||
      this.expireTime !== 0 ||
      this.expireSeconds !== 0 ||
      this.orderType !== 0 ||
      this.stopPrice !== 0 ||
      this.timeInForce !== 0 ||
      this.ocoUserRefNum !== 0 ||
      this.selfTradePrevention !== 0 ||
      this.hasRegulatoryFields
    );
  }

  #clear(): void {
    this.unsupported = false;
    this.minQty = 0;
    this.maxFloor = 0;
    this.postOnly = false;
    this.expireTime = 0;
    this.expireSeconds = 0;
    this.orderType = 0;
    this.stopPrice = 0;
    this.timeInForce = 0;
    this.ocoUserRefNum = 0;
    this.selfTradePrevention = 0;
    this.tradingCapacity = 0;
    this.regulatoryFlags = 0;
    this.clientCode = 0;
    this.investmentDecisionCode = 0;
    this.executionDecisionCode = 0;
    this.nonExecutingBrokerCode = 0;
    this.side = 0;
    this.groupIdGiven = false;
  }

  /**
   * Reads the appendage that starts with its length at `at` and must end at `to`.
   * @param optional whether nothing at all (`at` = `to`) is an empty appendage
   * @returns false when the bytes are not an appendage
   */
  read(bytes: Uint8Array, at: number, to: number, optional: boolean): boolean {
    this.#clear();
    if (at === to) return optional;
    if (to - at < APPENDAGE_LENGTH_BYTES) return false;
    let next = at + APPENDAGE_LENGTH_BYTES;
    // A bit for each tag that it knows.
    let nasdaqs = 0;
    let ours = 0;
    if (readU16(bytes, at) !== to - next) return false;
    while (next < to) {
      const length = bytes[next];
      const end = next + 1 + length;
      if (length === 0 || end > to) return false;
      const tag = bytes[next + 1];
      const bit = 1 << (tag & 31);
      if (((tag < VENUE_TAG_FIRST ? nasdaqs : ours) & bit) !== 0) this.unsupported = true;
      if (tag < VENUE_TAG_FIRST) nasdaqs |= bit;
      else ours |= bit;
      if (!this.#take(bytes, tag, next + 2, end)) return false;
      next = end;
    }
    if (this.expireTime !== 0 && this.expireSeconds !== 0) this.unsupported = true;
    if (this.#lacksAlgorithm()) this.regulatoryFlags |= NO_REGULATORY_FLAG;
    return true;
  }

  /** Whether an algorithm is said to have decided, and not which. */
  #lacksAlgorithm(): boolean {
    const { regulatoryFlags: flags, investmentDecisionCode, executionDecisionCode } = this;
    return (
      ((flags & RegulatoryFlag.InvestmentDecisionByAlgorithm) !== 0 && investmentDecisionCode === 0) ||
      ((flags & RegulatoryFlag.ExecutionDecisionByAlgorithm) !== 0 && executionDecisionCode === 0)
    );
  }

  /** @returns false when the value has the wrong length for its tag */
  #take(bytes: Uint8Array, tag: number, at: number, end: number): boolean {
    const length = end - at;
    const value = length === 0 || length > VALUE_BYTES_MAX ? 0 : readNumber(bytes, at, length);
    switch (tag) {
      case Tag.minQty:
        this.minQty = value;
        return length === 4;
      case Tag.maxFloor:
        this.maxFloor = value;
        return length === 4;
      case Tag.postOnly:
        this.postOnly = value === P;
        if (value !== P && value !== N && value !== SPACE) this.unsupported = true;
        return length === 1;
      case Tag.expireTime:
        this.expireTime = value;
        return length === 4;
      case Tag.side:
        this.side = value === 0 ? INVALID : value;
        return length === 1;
      case Tag.groupId:
        this.groupIdGiven = true;
        return length === 2;
      case Tag.orderType:
        this.orderType = orderTypeOf(value);
        return length === 1;
      case Tag.stopPrice:
        this.stopPrice = value;
        return length === 8;
      case Tag.timeInForce:
        this.timeInForce = timeInForceOf(value);
        return length === 1;
      case Tag.expireSeconds:
        this.expireSeconds = value;
        return length === 4;
      case Tag.ocoUserRefNum:
        this.ocoUserRefNum = value;
        return length === 4;
      case Tag.selfTradePrevention:
        this.selfTradePrevention = selfTradePreventionOf(value);
        return length === 1;
      case Tag.tradingCapacity:
        this.tradingCapacity = value;
        return length === 1;
      case Tag.regulatoryFlags:
        this.regulatoryFlags = value;
        return length === 1;
      case Tag.clientCode:
        this.clientCode = value;
        return length === 4;
      case Tag.investmentDecisionCode:
        this.investmentDecisionCode = value;
        return length === 4;
      case Tag.executionDecisionCode:
        this.executionDecisionCode = value;
        return length === 4;
      case Tag.nonExecutingBrokerCode:
        this.nonExecutingBrokerCode = value;
        return length === 4;
      // What only labels the order, and changes nothing about how it trades here
      case Tag.firm:
      case Tag.route:
      case Tag.locateBroker:
        return length === 4;
      case Tag.customerType:
      case Tag.sharesLocated:
        return length === 1;
      // What must have its default
      case Tag.priceType:
      case Tag.discretionPriceType:
        if (value !== L) this.unsupported = true;
        return length === 1;
      case Tag.tradeNow:
      case Tag.handleInst:
        if (value !== SPACE && value !== N) this.unsupported = true;
        return length === 1;
      case Tag.userRefIdx:
        if (value !== 0) this.unsupported = true;
        return length === 1;
      case Tag.pegOffset:
      case Tag.discretionPegOffset:
      case Tag.randomReserves:
        if (value !== 0) this.unsupported = true;
        return length === 4;
      case Tag.discretionPrice:
        if (value !== 0) this.unsupported = true;
        return length === 8;
      default:
        this.unsupported = true;
        return true;
    }
  }
}

const SPACE = 0x20;
const B = 0x42;
const D = 0x44;
const L = 0x4c;
const M = 0x4d;
const N = 0x4e;
const O = 0x4f;
const P = 0x50;
const S = 0x53;
const T = 0x54;

function readNumber(bytes: Uint8Array, at: number, length: number): number {
  if (length === 4) return readU32(bytes, at);
  if (length === 8) return readU64(bytes, at);
  return length === 2 ? readU16(bytes, at) : bytes[at];
}

function orderTypeOf(character: number): number {
  if (character === L) return OrderType.Limit;
  if (character === M) return OrderType.Market;
  if (character === S) return OrderType.Stop;
  return character === T ? OrderType.StopLimit : INVALID;
}

/** A TimeInForce from the ASCII of FIX TimeInForce (59). */
export function timeInForceOf(character: number): number {
  switch (character) {
    case 0x30:
      return TimeInForce.Day;
    case 0x31:
      return TimeInForce.GoodTillCancel;
    case 0x33:
      return TimeInForce.ImmediateOrCancel;
    case 0x34:
      return TimeInForce.FillOrKill;
    case 0x36:
      return TimeInForce.GoodTillDate;
    default:
      return INVALID;
  }
}

function selfTradePreventionOf(character: number): number {
  if (character === N) return SelfTradePrevention.CancelNewest;
  if (character === O) return SelfTradePrevention.CancelOldest;
  if (character === B) return SelfTradePrevention.CancelBoth;
  return character === D ? SelfTradePrevention.Decrement : INVALID;
}
