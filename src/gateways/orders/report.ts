import { CommandType } from '#domain/commands.ts';
import {
  CommandRejected,
  EventFlag,
  EventType,
  FillCanceled,
  MassCancelDone,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderTriggered,
  Trade,
} from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** What a report says. */
export const ReportKind = {
  Accepted: 1,
  /** A command had no effect. */
  Rejected: 2,
  Replaced: 3,
  Filled: 4,
  /** All or a part of the order was canceled. */
  Canceled: 5,
  Triggered: 6,
  /** A mass cancel is done; the orders have reports of their own. */
  MassCanceled: 7,
  /** A trade of the order was taken back. The order stays as it is. */
  TradeCanceled: 8,
} as const;
export type ReportKind = (typeof ReportKind)[keyof typeof ReportKind];

/** The terms of an order as OrderAccepted and OrderReplaced carry them. */
export interface OrderTerms {
  readonly side: number;
  readonly orderType: number;
  readonly timeInForce: number;
  readonly orderFlags: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly expireSeconds: number;
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly minQtyLots: number;
}

/**
 * One report to one user: an event of the log from that user's side. Fields that a kind does not have are 0, text is
 * empty. Quantities in lots, prices in ticks, money in minor units of the quote asset.
 */
export interface Report {
  readonly kind: ReportKind;
  readonly userId: number;
  /** Position in the user's report stream. */
  readonly number: number;
  /** Entry of the log: the receipt. */
  readonly sequence: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  /** A command of another node caused it. Known of live reports only: it is not stored. */
  readonly isForeign: boolean;
  readonly instrumentId: number;
  readonly accountId: number;
  /** 0 where the report concerns no order. */
  readonly orderId: number;
  /** Of the order, or of the mass cancel or the command that was rejected: those have any of 32 bits. */
  readonly clientOrderId: number;
  readonly clientTag: string;
  /** Accepted, Replaced. */
  readonly terms: OrderTerms | undefined;
  /** Accepted, Replaced: executed before; Canceled: executed in all. */
  readonly cumQtyLots: number;
  /** Replaced: the order that goes on under a new id. */
  readonly originalOrderId: number;
  readonly originalClientOrderId: number;
  /** Filled, Canceled: what stays open. */
  readonly leavesQtyLots: number;
  /** Filled, TradeCanceled. */
  readonly tradeId: number;
  readonly priceTicks: number;
  /** Filled, TradeCanceled: quantity of the trade; Canceled: quantity that was canceled. */
  readonly qtyLots: number;
  readonly amountMinor: number;
  /** TradeCanceled: what is paid back. */
  readonly feeMinor: number;
  /** TradeCanceled: number of the report of the fill that does not count. */
  readonly fillNumber: number;
  /** TradeCanceled: of the order, of which nothing may be known any more. */
  readonly side: number;
  /** The order rested before this trade. */
  readonly isMaker: boolean;
  readonly isAuction: boolean;
  /** Canceled: a CancelReason. */
  readonly cancelReason: number;
  /** Canceled, or a cancel that was rejected: the client's own text for the request. */
  readonly requestTag: string;
  /** Rejected. */
  readonly commandType: CommandType | 0;
  readonly rejectCode: number;
  /** MassCanceled. */
  readonly canceledOrders: number;
}

const REJECTED_COMMAND_TYPE = byteAt(CommandRejected, 'commandType');
const REJECTED_CODE = byteAt(CommandRejected, 'rejectCode');
const CANCEL_REASON = byteAt(OrderCanceled, 'reason');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');
const FILL_SIDE = byteAt(FillCanceled, 'side');
const IMAGE = EventFlag.Image << 8;
const FOREIGN = EventFlag.Foreign << 8;

/** Hands the reports in the event at word `at` to `take`: none, one, or a trade's two. Images are no reports. */
export function readReports(words: WordBuffer, at: number, take: (report: Report) => void): void {
  const { i32, f64 } = words;
  if ((i32[at] & IMAGE) !== 0) return;
  if ((i32[at] & 255) !== EventType.Trade) {
    if (f64[(at + 8) >> 1] !== 0) {
      const report = readOwnReport(words, at);
      if (report !== undefined) take(report);
    }
    return;
  }
  const maker = f64[(at + Trade.at.makerReportNumber) >> 1];
  const taker = f64[(at + Trade.at.takerReportNumber) >> 1];
  const isOneUser = i32[at + Trade.at.makerUserId] === i32[at + Trade.at.takerUserId];
  // Both sides may be one user in an auction: then in the order of their numbers.
  const takerFirst = isOneUser && taker < maker;
  if (takerFirst && taker !== 0) take(readFill(words, at, false, taker));
  if (maker !== 0) take(readFill(words, at, true, maker));
  if (!takerFirst && taker !== 0) take(readFill(words, at, false, taker));
}

function readOwnReport(words: WordBuffer, at: number): Report | undefined {
  switch (words.i32[at] & 255) {
    case EventType.OrderAccepted:
      return readAccepted(words, at);
    case EventType.OrderReplaced:
      return readReplaced(words, at);
    case EventType.OrderCanceled:
      return readCanceled(words, at);
    case EventType.OrderTriggered: {
      const report = newOwnReport(words, at, ReportKind.Triggered);
      setOrder(report, words, at, OrderTriggered);
      return report;
    }
    case EventType.CommandRejected:
      return readRejected(words, at);
    case EventType.FillCanceled:
      return readFillCanceled(words, at);
    case EventType.MassCancelDone: {
      const report = newOwnReport(words, at, ReportKind.MassCanceled);
      report.clientOrderId = words.i32[at + MassCancelDone.at.clientOrderId] >>> 0;
      report.canceledOrders = words.i32[at + MassCancelDone.at.canceledOrders];
      return report;
    }
    default:
      return undefined;
  }
}

function readAccepted(words: WordBuffer, at: number): Report {
  const report = newOwnReport(words, at, ReportKind.Accepted);
  setOrder(report, words, at, OrderAccepted);
  report.terms = terms(words, at, OrderAccepted, ACCEPTED_BYTES);
  report.clientTag = tagAt(words.u8, ACCEPTED_BYTES.clientTag + at * 4);
  report.cumQtyLots = words.f64[(at + OrderAccepted.at.cumQtyLots) >> 1];
  return report;
}

function readReplaced(words: WordBuffer, at: number): Report {
  const { i32, f64, u8 } = words;
  const report = newOwnReport(words, at, ReportKind.Replaced);
  setOrder(report, words, at, OrderReplaced);
  report.terms = terms(words, at, OrderReplaced, REPLACED_BYTES);
  report.clientTag = tagAt(u8, REPLACED_BYTES.clientTag + at * 4);
  report.cumQtyLots = f64[(at + OrderReplaced.at.cumQtyLots) >> 1];
  report.originalOrderId = f64[(at + OrderReplaced.at.originalOrderId) >> 1];
  report.originalClientOrderId = i32[at + OrderReplaced.at.originalClientOrderId];
  return report;
}

function readCanceled(words: WordBuffer, at: number): Report {
  const { f64, u8 } = words;
  const report = newOwnReport(words, at, ReportKind.Canceled);
  setOrder(report, words, at, OrderCanceled);
  report.cumQtyLots = f64[(at + OrderCanceled.at.cumQtyLots) >> 1];
  report.leavesQtyLots = f64[(at + OrderCanceled.at.leavesQtyLots) >> 1];
  report.qtyLots = f64[(at + OrderCanceled.at.canceledQtyLots) >> 1];
  report.cancelReason = u8[at * 4 + CANCEL_REASON];
  report.requestTag = tagAt(u8, at * 4 + CANCELED_TAG);
  return report;
}

function readRejected(words: WordBuffer, at: number): Report {
  const { i32, u8 } = words;
  const report = newOwnReport(words, at, ReportKind.Rejected);
  report.accountId = i32[at + CommandRejected.at.accountId];
  report.clientOrderId = i32[at + CommandRejected.at.clientOrderId] >>> 0;
  report.commandType = u8[at * 4 + REJECTED_COMMAND_TYPE] as CommandType;
  const text = tagAt(u8, REJECTED_TAG + at * 4);
  // That of a cancel names the request, not an order.
  if (report.commandType === CommandType.CancelOrder) report.requestTag = text;
  else report.clientTag = text;
  report.rejectCode = u8[at * 4 + REJECTED_CODE] | (u8[at * 4 + REJECTED_CODE + 1] << 8);
  return report;
}

function readFillCanceled(words: WordBuffer, at: number): Report {
  const { i32, f64, u8 } = words;
  const field = FillCanceled.at;
  const report = newOwnReport(words, at, ReportKind.TradeCanceled);
  setOrder(report, words, at, FillCanceled);
  report.tradeId = f64[(at + field.tradeId) >> 1];
  report.priceTicks = i32[at + field.priceTicks];
  report.qtyLots = f64[(at + field.qtyLots) >> 1];
  report.amountMinor = f64[(at + field.amountMinor) >> 1];
  report.feeMinor = f64[(at + field.feeMinor) >> 1];
  report.fillNumber = f64[(at + field.fillReportNumber) >> 1];
  report.side = u8[at * 4 + FILL_SIDE];
  return report;
}

function readFill(words: WordBuffer, at: number, isMaker: boolean, number: number): Report {
  const { i32, f64, u8 } = words;
  const field = Trade.at;
  const userId = i32[at + (isMaker ? field.makerUserId : field.takerUserId)];
  const isAuction = (u8[at * 4 + TRADE_FLAGS] & 1) !== 0;
  const report = newReport(words, at, ReportKind.Filled, userId, number);
  report.accountId = i32[at + (isMaker ? field.makerAccountId : field.takerAccountId)];
  report.orderId = f64[(at + (isMaker ? field.makerOrderId : field.takerOrderId)) >> 1];
  report.clientOrderId = i32[at + (isMaker ? field.makerClientOrderId : field.takerClientOrderId)];
  report.leavesQtyLots = f64[(at + (isMaker ? field.makerLeavesQtyLots : field.takerLeavesQtyLots)) >> 1];
  report.tradeId = f64[(at + field.tradeId) >> 1];
  report.priceTicks = i32[at + field.priceTicks];
  report.qtyLots = f64[(at + field.qtyLots) >> 1];
  report.amountMinor = f64[(at + field.amountMinor) >> 1];
  report.feeMinor = f64[(at + (isMaker ? field.makerFeeMinor : field.takerFeeMinor)) >> 1];
  report.isMaker = isMaker && !isAuction;
  report.isAuction = isAuction;
  return report;
}

type UnfinishedReport = { -readonly [Name in keyof Report]: Report[Name] };

function newOwnReport(words: WordBuffer, at: number, kind: ReportKind): UnfinishedReport {
  return newReport(words, at, kind, words.i32[at + 6], words.f64[(at + 8) >> 1]);
}

/** With what every kind has. One shape, made in one piece: the edge reads two or three reports for each order. */
function newReport(
  { i32, f64 }: WordBuffer,
  at: number,
  kind: ReportKind,
  userId: number,
  number: number,
): UnfinishedReport {
  return {
    kind,
    userId,
    number,
    sequence: f64[(at + 2) >> 1],
    timeSeconds: i32[at + 4] >>> 0,
    timeNanos: i32[at + 5],
    isForeign: (i32[at] & FOREIGN) !== 0,
    instrumentId: i32[at + 1],
    accountId: 0,
    orderId: 0,
    clientOrderId: 0,
    clientTag: '',
    terms: undefined,
    cumQtyLots: 0,
    originalOrderId: 0,
    originalClientOrderId: 0,
    leavesQtyLots: 0,
    tradeId: 0,
    priceTicks: 0,
    qtyLots: 0,
    amountMinor: 0,
    feeMinor: 0,
    fillNumber: 0,
    side: 0,
    isMaker: false,
    isAuction: false,
    cancelReason: 0,
    requestTag: '',
    commandType: 0,
    rejectCode: 0,
    canceledOrders: 0,
  };
}

type OrderEvent = { readonly at: { readonly [Name in 'orderId' | 'clientOrderId' | 'accountId']: number } };

function setOrder(report: UnfinishedReport, { i32, f64 }: WordBuffer, at: number, layout: OrderEvent): void {
  report.orderId = f64[(at + layout.at.orderId) >> 1];
  report.clientOrderId = i32[at + layout.at.clientOrderId];
  report.accountId = i32[at + layout.at.accountId];
}

type Terms = typeof OrderAccepted | typeof OrderReplaced;

function bytesOf(layout: Terms) {
  const named = layout as typeof OrderAccepted;
  return {
    side: byteAt(named, 'side'),
    orderType: byteAt(named, 'orderType'),
    timeInForce: byteAt(named, 'timeInForce'),
    orderFlags: byteAt(named, 'orderFlags'),
    clientTag: byteAt(named, 'clientTag'),
  };
}
const ACCEPTED_BYTES = bytesOf(OrderAccepted);
const REPLACED_BYTES = bytesOf(OrderReplaced);
const CANCELED_TAG = byteAt(OrderCanceled, 'clientTag');
const REJECTED_TAG = byteAt(CommandRejected, 'clientTag');
const TAG_BYTES = 36;

function terms(
  { i32, f64, u8 }: WordBuffer,
  at: number,
  layout: Terms,
  bytes: typeof ACCEPTED_BYTES,
): OrderTerms {
  const first = at * 4;
  return {
    side: u8[first + bytes.side],
    orderType: u8[first + bytes.orderType],
    timeInForce: u8[first + bytes.timeInForce],
    orderFlags: u8[first + bytes.orderFlags],
    priceTicks: i32[at + layout.at.priceTicks],
    stopPriceTicks: i32[at + layout.at.stopPriceTicks],
    expireSeconds: i32[at + layout.at.expireSeconds] >>> 0,
    qtyLots: f64[(at + layout.at.qtyLots) >> 1],
    displayQtyLots: f64[(at + layout.at.displayQtyLots) >> 1],
    minQtyLots: f64[(at + layout.at.minQtyLots) >> 1],
  };
}

function tagAt(bytes: Uint8Array, start: number): string {
  return paddedTextOf(bytes, start, start + TAG_BYTES);
}
