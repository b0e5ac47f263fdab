import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import * as events from '#domain/events.ts';
import { CancelReason, EventType, TradeFlag } from '#domain/events.ts';
import { rejectName } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { MARKET_PRICE } from './command-writer.ts';
import type { OuchInstrument, OuchInstruments } from './instruments.ts';
import { APPENDAGE_LENGTH_BYTES, type OuchLayout } from './layout.ts';
import {
  BrokenTrade,
  CancelReject,
  MassCancelResponse,
  OrderAccepted,
  OrderCanceled,
  OrderExecuted,
  OrderReplaced,
  OrderRestated,
  Rejected,
  VenueEvent,
} from './messages.ts';
import { Tag } from './options.ts';

/** To whom an event is reported: the user of its header, or one side of a trade. */
export const ReportSide = { Owner: 0, Maker: 1, Taker: 2 } as const;
export type ReportSide = (typeof ReportSide)[keyof typeof ReportSide];

/** No report is longer. */
export const REPORT_BYTES_MAX = 128;

const SECONDS_PER_DAY = 86_400;
const NANOS_PER_SECOND = 1_000_000_000;
const U32_MAX = 0xffff_ffff;
const TWO_32 = 2 ** 32;
/** Four spaces. */
const BLANK_WORD = 0x2020_2020;

const B = 0x42;
const N = 0x4e;
const S = 0x53;
const Y = 0x59;
const OTHER_CAPACITY = 0x4f;
const LIVE = 0x4c;
const TRIGGERED = 0x54;
const SUPERVISORY = 0x53;
const ADDED = 0x41;
const REMOVED = 0x52;
const CROSSED = 0x43;

/**
 * Letters of OUCH 5.0, Appendix B, by the platform's cancel reason. Several reasons share a letter; the cancelReason
 * option has the exact one.
 */
const CANCEL_LETTERS: Uint8Array = lettersByNumber({
  [CancelReason.Requested]: 'U',
  [CancelReason.ImmediateOrCancel]: 'I',
  [CancelReason.FillOrKill]: 'I',
  [CancelReason.MinimumQuantity]: 'I',
  [CancelReason.PostOnlyWouldTrade]: 'G',
  [CancelReason.MarketRemainder]: 'I',
  [CancelReason.SelfTrade]: 'Q',
  [CancelReason.Expired]: 'T',
  [CancelReason.EndOfDay]: 'E',
  [CancelReason.MassCancel]: 'U',
  [CancelReason.Disconnected]: 'Z',
  [CancelReason.KillSwitch]: 'S',
  [CancelReason.OneCancelsOther]: 'Z',
  [CancelReason.PriceBand]: 'K',
  [CancelReason.BookLimit]: 'Z',
  [CancelReason.TriggerRefused]: 'Z',
  [CancelReason.UserDisabled]: 'S',
});

const ORDER_TYPE_LETTERS: Uint8Array = lettersByNumber({
  [OrderType.Limit]: 'L',
  [OrderType.Market]: 'M',
  [OrderType.Stop]: 'S',
  [OrderType.StopLimit]: 'T',
});

/** The message's own field: what OUCH has no letter for gets the nearest, and the timeInForce option. */
const BASE_TIME_IN_FORCE: Uint8Array = lettersByNumber({
  [TimeInForce.Day]: '0',
  [TimeInForce.GoodTillCancel]: '0',
  [TimeInForce.ImmediateOrCancel]: '3',
  [TimeInForce.FillOrKill]: '3',
  [TimeInForce.GoodTillDate]: '6',
});

/** FIX TimeInForce (59) where the base letter does not say it all; 0 where it does. */
const EXACT_TIME_IN_FORCE: Uint8Array = lettersByNumber({
  [TimeInForce.GoodTillCancel]: '1',
  [TimeInForce.FillOrKill]: '4',
  [TimeInForce.GoodTillDate]: '6',
});

/** The event layouts with order terms, at one set of offsets each. */
const accepted = events.OrderAccepted.at;
const replaced = events.OrderReplaced.at;
const canceled = events.OrderCanceled.at;
const traded = events.Trade.at;

/**
 * Turns events into OUCH messages: every report to a user becomes exactly one message, a pure function of the event
 * and the instruments, so that a message sent again from the log is the same message.
 */
export class ReportWriter {
  declare private readonly instruments: OuchInstruments;
  declare private words: WordBuffer;
  declare private record: number;
  declare private out: DataView;
  declare private at: number;
  declare private appendageAt: number;
  /** Where the next option goes; the appendage length is filled in at the end. */
  declare private next: number;

  constructor(instruments: OuchInstruments) {
    this.instruments = instruments;
    this.words = WordBuffer.allocate(0);
    this.record = 0;
    this.out = new ByteBuffer(0).view;
    this.at = 0;
    this.appendageAt = 0;
    this.next = 0;
  }

  /**
   * Writes the message of the event at word `record` for `side` to `out` at `at`, where REPORT_BYTES_MAX bytes must be
   * free. The event must be a report (reportNumber of that side not 0).
   * @returns the message's bytes
   */
  write(words: WordBuffer, record: number, side: ReportSide, out: ByteBuffer, at: number): number {
    this.words = words;
    this.record = record;
    this.out = out.view;
    this.at = at;
    switch (words.i32[record] & 0xff) {
      case EventType.OrderAccepted:
        this.#orderAccepted();
        break;
      case EventType.OrderReplaced:
        this.#orderReplaced();
        break;
      case EventType.OrderCanceled:
        this.#orderCanceled();
        break;
      case EventType.Trade:
        if (side === ReportSide.Maker) this.#makerExecuted();
        else this.#takerExecuted();
        break;
      case EventType.FillCanceled:
        this.#brokenTrade();
        break;
      case EventType.CommandRejected:
        this.#commandRejected();
        break;
      case EventType.OrderTriggered:
        this.#orderTriggered();
        break;
      case EventType.MassCancelDone:
        this.#massCancelDone();
        break;
      default:
        this.#venueEvent();
    }
    this.#optionU64(Tag.logSequence, this.#f64(2));
    return this.#end();
  }

  #orderAccepted(): void {
    const { at } = OrderAccepted;
    const instrument = this.#begin(OrderAccepted);
    const word = this.#i32(accepted.side);
    this.#putU32(at.userRefNum, this.#i32(accepted.clientOrderId));
    this.#putQuantity(at.quantity, this.#f64(accepted.qtyLots));
    this.#putTerms(at, instrument, word, this.#i32(accepted.priceTicks));
    this.#putU64(at.orderReferenceNumber, this.#f64(accepted.orderId));
    this.#putTag(at.clOrdId, accepted.clientTag);
    this.#optionsOfTerms(
      instrument,
      word,
      this.#f64(accepted.displayQtyLots),
      this.#i32(accepted.stopPriceTicks),
      this.#i32(accepted.expireSeconds),
      this.#i32(accepted.ocoClientOrderId),
    );
    const minQtyLots = this.#f64(accepted.minQtyLots);
    if (minQtyLots !== 0) this.#optionQuantity(Tag.minQty, minQtyLots);
  }

  #orderReplaced(): void {
    const { at } = OrderReplaced;
    const instrument = this.#begin(OrderReplaced);
    const word = this.#i32(replaced.side);
    const cumQtyLots = this.#f64(replaced.cumQtyLots);
    this.#putU32(at.origUserRefNum, this.#i32(replaced.originalClientOrderId));
    this.#putU32(at.userRefNum, this.#i32(replaced.clientOrderId));
    this.#putQuantity(at.quantity, this.#f64(replaced.qtyLots) - cumQtyLots);
    this.#putTerms(at, instrument, word, this.#i32(replaced.priceTicks));
    this.#putU64(at.orderReferenceNumber, this.#f64(replaced.orderId));
    this.#putTag(at.clOrdId, replaced.clientTag);
    this.#optionsOfTerms(
      instrument,
      word,
      this.#f64(replaced.displayQtyLots),
      this.#i32(replaced.stopPriceTicks),
      this.#i32(replaced.expireSeconds),
      this.#i32(replaced.ocoClientOrderId),
    );
    if (cumQtyLots !== 0) this.#optionQuantity(Tag.cumQuantity, cumQtyLots);
    this.#optionU8(Tag.keepsPriority, this.#i32(replaced.keepsPriority) & 0xff);
  }

  #orderCanceled(): void {
    const { at } = OrderCanceled;
    this.#begin(OrderCanceled);
    const reason = (this.#i32(canceled.reason) >> 8) & 0xff;
    this.#putU32(at.userRefNum, this.#i32(canceled.clientOrderId));
    this.#putQuantity(at.quantity, this.#f64(canceled.canceledQtyLots));
    this.#put(at.reason, CANCEL_LETTERS[reason]);
    this.#optionU8(Tag.cancelReason, reason);
    this.#optionQuantity(Tag.openQuantity, this.#f64(canceled.leavesQtyLots));
  }

  #makerExecuted(): void {
    this.#executed(
      this.#i32(traded.makerClientOrderId),
      ADDED,
      this.#f64(traded.makerLeavesQtyLots),
      this.#f64(traded.makerFeeMinor),
    );
  }

  #takerExecuted(): void {
    this.#executed(
      this.#i32(traded.takerClientOrderId),
      REMOVED,
      this.#f64(traded.takerLeavesQtyLots),
      this.#f64(traded.takerFeeMinor),
    );
  }

  #executed(userRefNum: number, liquidity: number, leavesQtyLots: number, feeMinor: number): void {
    const { at } = OrderExecuted;
    const instrument = this.#begin(OrderExecuted);
    const isAuction = ((this.#i32(traded.tradeFlags) >> 8) & TradeFlag.Auction) !== 0;
    this.#putU32(at.userRefNum, userRefNum);
    this.#putQuantity(at.quantity, this.#f64(traded.qtyLots));
    this.#putPrice(at.price, this.#i32(traded.priceTicks), instrument);
    this.#put(at.liquidityFlag, isAuction ? CROSSED : liquidity);
    this.#putU64(at.matchNumber, this.#f64(traded.tradeId));
    this.#optionQuantity(Tag.openQuantity, leavesQtyLots);
    this.#optionU64(Tag.feeMinor, feeMinor);
  }

  /** OUCH 5.0, 3.7. The event does not have the order's clientTag: ClOrdID is blank. */
  #brokenTrade(): void {
    const { at } = BrokenTrade;
    const fill = events.FillCanceled.at;
    this.#begin(BrokenTrade);
    this.#putU32(at.userRefNum, this.#i32(fill.clientOrderId));
    this.#putU64(at.matchNumber, this.#f64(fill.tradeId));
    this.#put(at.reason, SUPERVISORY);
    this.#putBlankTag(at.clOrdId);
    this.#optionU64(Tag.feeMinor, this.#f64(fill.feeMinor));
  }

  #commandRejected(): void {
    const field = events.CommandRejected.at;
    const word = this.#i32(field.commandType);
    const code = word >>> 16;
    const name = rejectName(code);
    if ((word & 0xff) === CommandType.CancelOrder) {
      this.#begin(CancelReject);
      this.#putU32(CancelReject.at.userRefNum, this.#i32(field.clientOrderId));
      this.#optionU16(Tag.rejectCode, code);
    } else {
      this.#begin(Rejected);
      this.#putU32(Rejected.at.userRefNum, this.#i32(field.clientOrderId));
      this.out.setUint16(this.at + Rejected.at.reason, code);
      this.#putTag(Rejected.at.clOrdId, field.clientTag);
    }
    if (name !== undefined) this.#optionText(Tag.rejectName, name);
  }

  #orderTriggered(): void {
    this.#begin(OrderRestated);
    this.#putU32(OrderRestated.at.userRefNum, this.#i32(events.OrderTriggered.at.clientOrderId));
    this.#put(OrderRestated.at.reason, TRIGGERED);
  }

  #massCancelDone(): void {
    const { at } = MassCancelResponse;
    const instrument = this.#begin(MassCancelResponse);
    this.#putU32(at.userRefNum, this.#i32(events.MassCancelDone.at.clientOrderId));
    this.#putU32(at.firm, BLANK_WORD);
    this.#putSymbol(at.symbol, instrument);
    this.#optionU32(Tag.canceledOrders, this.#i32(events.MassCancelDone.at.canceledOrders));
  }

  #venueEvent(): void {
    this.#begin(VenueEvent);
    this.#put(VenueEvent.at.eventType, this.#i32(0));
  }

  // The parts that Order Accepted and Order Replaced share

  #putTerms(
    at: (typeof OrderAccepted)['at'] | (typeof OrderReplaced)['at'],
    instrument: OuchInstrument | undefined,
    word: number,
    priceTicks: number,
  ): void {
    const orderType = (word >> 8) & 0xff;
    this.#put(at.side, (word & 0xff) === Side.Buy ? B : S);
    this.#putSymbol(at.symbol, instrument);
    if (orderType === OrderType.Market || orderType === OrderType.Stop) this.#putU64(at.price, MARKET_PRICE);
    else this.#putPrice(at.price, priceTicks, instrument);
    this.#put(at.timeInForce, BASE_TIME_IN_FORCE[(word >> 16) & 0xff]);
    this.#put(at.display, Y);
    this.#put(at.capacity, OTHER_CAPACITY);
    this.#put(at.interMarketSweep, N);
    this.#put(at.crossType, N);
    this.#put(at.orderState, LIVE);
  }

  #optionsOfTerms(
    instrument: OuchInstrument | undefined,
    word: number,
    displayQtyLots: number,
    stopPriceTicks: number,
    expireSeconds: number,
    ocoClientOrderId: number,
  ): void {
    const orderType = (word >> 8) & 0xff;
    const exact = EXACT_TIME_IN_FORCE[(word >> 16) & 0xff];
    if (displayQtyLots !== 0) this.#optionQuantity(Tag.maxFloor, displayQtyLots);
    if (((word >>> 24) & OrderFlag.PostOnly) !== 0) this.#optionU8(Tag.postOnly, 0x50);
    if (orderType !== OrderType.Limit) this.#optionU8(Tag.orderType, ORDER_TYPE_LETTERS[orderType]);
    if (stopPriceTicks !== 0) this.#optionU64(Tag.stopPrice, priceOf(stopPriceTicks, instrument));
    if (exact !== 0) this.#optionU8(Tag.timeInForce, exact);
    if (expireSeconds !== 0) this.#optionU32(Tag.expireSeconds, expireSeconds);
    if (ocoClientOrderId !== 0) this.#optionU32(Tag.ocoUserRefNum, ocoClientOrderId);
  }

  // Bytes

  /** Writes type and timestamp, and returns the instrument that the event names. */
  #begin(layout: OuchLayout): OuchInstrument | undefined {
    this.out.setUint8(this.at, layout.type);
    const seconds = (this.#i32(4) >>> 0) % SECONDS_PER_DAY;
    // Every report starts with its timestamp.
    this.#putU64(1, seconds * NANOS_PER_SECOND + (this.#i32(5) >>> 0));
    this.next = this.at + layout.bytes + APPENDAGE_LENGTH_BYTES;
    this.appendageAt = this.at + layout.bytes;
    return this.instruments.byId(this.#i32(1));
  }

  #end(): number {
    this.out.setUint16(this.appendageAt, this.next - this.appendageAt - APPENDAGE_LENGTH_BYTES);
    const bytes = this.next - this.at;
    assert(bytes <= REPORT_BYTES_MAX, 'Invariant: a report has at most REPORT_BYTES_MAX bytes');
    return bytes;
  }

  #i32(word: number): number {
    return this.words.i32[this.record + word];
  }

  #f64(word: number): number {
    return this.words.f64[(this.record + word) >> 1];
  }

  #put(offset: number, byte: number): void {
    this.out.setUint8(this.at + offset, byte);
  }

  #putU32(offset: number, value: number): void {
    this.out.setUint32(this.at + offset, value);
  }

  #putU64(offset: number, value: number): void {
    putU64(this.out, this.at + offset, value);
  }

  #putQuantity(offset: number, lots: number): void {
    this.out.setUint32(this.at + offset, Math.min(lots, U32_MAX));
  }

  #putPrice(offset: number, ticks: number, instrument: OuchInstrument | undefined): void {
    putU64(this.out, this.at + offset, priceOf(ticks, instrument));
  }

  #putSymbol(offset: number, instrument: OuchInstrument | undefined): void {
    const to = this.at + offset;
    this.out.setInt32(to, instrument === undefined ? BLANK_WORD : instrument.symbolFirst, true);
    this.out.setInt32(to + 4, instrument === undefined ? BLANK_WORD : instrument.symbolSecond, true);
  }

  /** The first 14 bytes of a clientTag, padded with spaces. */
  #putTag(offset: number, word: number): void {
    const { i32 } = this.words;
    const from = this.record + word;
    const to = this.at + offset;
    const out = this.out;
    out.setInt32(to, zerosToSpaces(i32[from]), true);
    out.setInt32(to + 4, zerosToSpaces(i32[from + 1]), true);
    out.setInt32(to + 8, zerosToSpaces(i32[from + 2]), true);
    out.setInt16(to + 12, zerosToSpaces(i32[from + 3]), true);
  }

  #putBlankTag(offset: number): void {
    const to = this.at + offset;
    this.out.setInt32(to, BLANK_WORD);
    this.out.setInt32(to + 4, BLANK_WORD);
    this.out.setInt32(to + 8, BLANK_WORD);
    this.out.setInt16(to + 12, BLANK_WORD);
  }

  #option(tag: number, bytes: number): number {
    const at = this.next;
    this.out.setUint8(at, bytes + 1);
    this.out.setUint8(at + 1, tag);
    this.next = at + 2 + bytes;
    return at + 2;
  }

  #optionU8(tag: number, value: number): void {
    this.out.setUint8(this.#option(tag, 1), value);
  }

  #optionU16(tag: number, value: number): void {
    this.out.setUint16(this.#option(tag, 2), value);
  }

  #optionU32(tag: number, value: number): void {
    this.out.setUint32(this.#option(tag, 4), value);
  }

  #optionQuantity(tag: number, lots: number): void {
    this.#optionU32(tag, Math.min(lots, U32_MAX));
  }

  #optionU64(tag: number, value: number): void {
    putU64(this.out, this.#option(tag, 8), value);
  }

  #optionText(tag: number, text: string): void {
    const at = this.#option(tag, text.length);
    for (let i = 0; i < text.length; i++) this.out.setUint8(at + i, text.charCodeAt(i));
  }
}

/** @param value an integer from 0 to 2^53 - 1 */
function putU64(out: DataView, at: number, value: number): void {
  out.setUint32(at, Math.floor(value / TWO_32));
  // Takes the value modulo 2^32.
  out.setUint32(at + 4, value);
}

/** The word with a space in place of each zero byte. */
function zerosToSpaces(word: number): number {
  // The top bit of every byte that is zero, and no other bit; two places down it is a space.
  const zeros = ~(((word & 0x7f7f_7f7f) + 0x7f7f_7f7f) | word | 0x7f7f_7f7f);
  return word | (zeros >>> 2);
}

/** A price field; an order entered at another door may have a price that has no exact one: then the largest. */
function priceOf(ticks: number, instrument: OuchInstrument | undefined): number {
  if (instrument === undefined) return 0;
  return Math.min(ticks * instrument.priceFactor, Number.MAX_SAFE_INTEGER);
}

function lettersByNumber(letters: Readonly<Record<number, string>>): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const [number, letter] of Object.entries(letters)) bytes[Number(number)] = letter.charCodeAt(0);
  return bytes;
}
