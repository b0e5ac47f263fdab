import { AppTag } from '#codec/fix/application-tags.ts';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import {
  BYTE_OF_ORD_TYPE,
  BYTE_OF_SIDE,
  BYTE_OF_TIME_IN_FORCE,
  CANCEL_TEXTS,
  NONE,
  POST_ONLY,
  UNDISCLOSED_SIDE,
} from '#codec/fix/order-fields.ts';
import { ordRejReasonOf, rejectText } from '#codec/fix/reject-reasons.ts';
import { OrderFlag, OrderType } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { type RejectName, rejectName } from '#domain/rejects.ts';
import { type Report, ReportKind } from '../../orders/report.ts';
import { averagePrice, type FixInstrument, type FixInstruments } from './instruments.ts';
import { ExecType, execId, type OrderAsked, OrdStatus, ordStatusOf } from './report-values.ts';

/** ExecRestatementReason (378). */
const Restatement = { BrokerOption: 4, PartialDecline: 5, Other: 99 } as const;
const EXEC_TRANS_NEW = '0';
const EXEC_TRANS_CANCEL = '1';
const EXEC_TRANS_STATUS = '3';
/** ExecID (17) of answers to status requests, as FIX says. */
const STATUS_EXEC_ID = '0';
/** CommType (13): an absolute amount. */
const COMMISSION_ABSOLUTE = '3';
const LiquidityInd = { Added: 1, Removed: 2, Auction: 4 } as const;

/** The mass status request that an answer belongs to. */
export interface MassStatusPart {
  readonly reqId: string;
  readonly total: number;
  readonly isLast: boolean;
}

/** Writes Execution Reports (8) of one FIX version. */
export class ExecutionReports {
  declare private readonly version: FixVersion;
  declare private readonly instruments: FixInstruments;
  declare private readonly is42: boolean;
  declare private readonly is50: boolean;
  /** Copies for others than the owner: drop copy. */
  declare private readonly isCopy: boolean;

  constructor(version: FixVersion, instruments: FixInstruments, isCopy: boolean) {
    this.version = version;
    this.instruments = instruments;
    this.is42 = version === FixVersion.Fix42;
    this.is50 = version === FixVersion.Fixt11;
    this.isCopy = isCopy;
  }

  /**
   * The fields of a report about an order.
   * @param order as it is after it; undefined: unknown
   * @param original Replaced: the order that was replaced; undefined: unknown
   * @param asked Replaced: the request of this session that it answers
   */
  write(
    writer: FixWriter,
    report: Report,
    order: OrderRecord | undefined,
    original: OrderRecord | undefined,
    asked: OrderAsked | undefined,
  ): void {
    const instrument = this.instruments.byId(report.instrumentId);
    const clientTag = order?.clientTag ?? report.clientTag;
    const clOrdId = report.requestTag === '' ? clientTag : report.requestTag;
    this.#ids(writer, report.orderId, clOrdId, origClOrdId(report, clientTag, original, asked));
    writer.text(AppTag.ExecID, execId(report.userId, report.number));
    const isTakenBack = report.kind === ReportKind.TradeCanceled;
    if (this.is42) writer.text(AppTag.ExecTransType, isTakenBack ? EXEC_TRANS_CANCEL : EXEC_TRANS_NEW);
    if (isTakenBack) writer.text(AppTag.ExecRefID, execId(report.userId, report.fillNumber));
    // Of a fill what it executed is all that is known without the order.
    const isFill = isTakenBack || report.kind === ReportKind.Filled;
    const cumQtyLots = order?.cumQtyLots ?? (isFill ? report.qtyLots : report.cumQtyLots);
    this.#kind(writer, report, order, cumQtyLots);
    if (this.isCopy && !this.is42) writer.boolean(AppTag.CopyMsgIndicator, true);
    this.#terms(writer, order, instrument, report.accountId, order?.side ?? report.side);
    if (isFill) this.#fill(writer, report, instrument);
    const isSingleFill = isFill && cumQtyLots === report.qtyLots;
    this.#progress(
      writer,
      instrument,
      leavesOf(report, order),
      cumQtyLots,
      isSingleFill ? 0 : (order?.cumAmountMinor ?? 0),
      isSingleFill ? report.priceTicks : 0,
    );
    writer.timestamp(AppTag.TransactTime, timeMs(report.timeSeconds, report.timeNanos));
    const text = textOf(report);
    if (text !== '') writer.text(AppTag.Text, text);
  }

  /**
   * The fields of a report that an order was refused.
   * @param asked what was sent; undefined: another session or door sent it
   */
  writeRejected(writer: FixWriter, report: Report, asked: OrderAsked | undefined): void {
    const name = rejectName(report.rejectCode) ?? 'MALFORMED_COMMAND';
    const symbol = asked?.symbol ?? this.instruments.byId(report.instrumentId).symbol;
    const id = execId(report.userId, report.number);
    const atMs = timeMs(report.timeSeconds, report.timeNanos);
    const { clientTag, accountId } = report;
    const sideByte = asked?.sideByte ?? 0;
    this.#refusal(writer, id, clientTag, name, rejectText(name), accountId, symbol, sideByte, atMs);
  }

  /** The fields of a report that an order was refused before it came to the log. @param id unique ExecID */
  writeRefused(
    writer: FixWriter,
    id: string,
    asked: OrderAsked,
    name: RejectName,
    text: string,
    nowMs: number,
  ): void {
    this.#refusal(writer, id, asked.clOrdId, name, text, 0, asked.symbol, asked.sideByte, nowMs);
  }

  /** The fields of an answer to a status request. @param reqId OrdStatusReqID; empty: none */
  writeStatus(writer: FixWriter, order: OrderRecord, reqId: string, part: MassStatusPart | undefined): void {
    const instrument = this.instruments.byId(order.instrumentId);
    this.#ids(writer, order.orderId, order.clientTag, '');
    if (reqId !== '' && !this.is42) writer.text(AppTag.OrdStatusReqID, reqId);
    this.#massStatus(writer, part);
    this.#statusKind(writer, ordStatusOf(this.version, order), order);
    if (order.rejectCode !== 0)
      this.#ordRejReason(writer, rejectName(order.rejectCode) ?? 'MALFORMED_COMMAND');
    this.#terms(writer, order, instrument, order.accountId, order.side);
    const leavesQtyLots = order.status === OrderStatus.Open ? order.leavesQtyLots : 0;
    this.#progress(writer, instrument, leavesQtyLots, order.cumQtyLots, order.cumAmountMinor, 0);
    writer.timestamp(AppTag.TransactTime, timeMs(order.updatedSeconds, order.updatedNanos));
  }

  /** The fields of the answer to a status request for an order that is not known, or for none. */
  writeNoStatus(
    writer: FixWriter,
    asked: OrderAsked,
    reqId: string,
    part: MassStatusPart | undefined,
    nowMs: number,
  ): void {
    writer.text(AppTag.OrderID, NONE);
    if (asked.clOrdId !== '') writer.text(AppTag.ClOrdID, asked.clOrdId);
    if (reqId !== '' && !this.is42) writer.text(AppTag.OrdStatusReqID, reqId);
    this.#massStatus(writer, part);
    this.#statusKind(writer, OrdStatus.Rejected, undefined);
    if (part === undefined) this.#ordRejReason(writer, 'UNKNOWN_ORDER');
    this.#unknownTerms(writer, asked.symbol, asked.sideByte, nowMs);
    writer.text(AppTag.Text, part === undefined ? rejectText('UNKNOWN_ORDER') : 'no open order matches');
  }

  #refusal(
    writer: FixWriter,
    id: string,
    clOrdId: string,
    name: RejectName,
    text: string,
    accountId: number,
    symbol: string,
    sideByte: number,
    atMs: number,
  ): void {
    writer.text(AppTag.OrderID, NONE);
    if (clOrdId !== '') writer.text(AppTag.ClOrdID, clOrdId);
    writer.text(AppTag.ExecID, id);
    if (this.is42) writer.text(AppTag.ExecTransType, EXEC_TRANS_NEW);
    writer.text(AppTag.ExecType, ExecType.Rejected);
    writer.text(AppTag.OrdStatus, OrdStatus.Rejected);
    this.#ordRejReason(writer, name);
    if (this.isCopy && !this.is42) writer.boolean(AppTag.CopyMsgIndicator, true);
    if (accountId !== 0) writer.int(AppTag.Account, accountId);
    this.#unknownTerms(writer, symbol, sideByte, atMs);
    writer.text(AppTag.Text, text);
  }

  #unknownTerms(writer: FixWriter, symbol: string, sideByte: number, atMs: number): void {
    if (symbol !== '' || this.is42) writer.text(AppTag.Symbol, symbol === '' ? '[N/A]' : symbol);
    if (sideByte === 0) writer.text(AppTag.Side, UNDISCLOSED_SIDE);
    else writer.char(AppTag.Side, sideByte);
    writer.int(AppTag.LeavesQty, 0);
    writer.int(AppTag.CumQty, 0);
    writer.int(AppTag.AvgPx, 0);
    writer.timestamp(AppTag.TransactTime, atMs);
  }

  #ordRejReason(writer: FixWriter, name: RejectName): void {
    writer.int(AppTag.OrdRejReason, ordRejReasonOf(this.version, name));
  }

  #ids(writer: FixWriter, orderId: number, clOrdId: string, origClOrdId: string): void {
    if (orderId === 0) writer.text(AppTag.OrderID, NONE);
    else writer.int(AppTag.OrderID, orderId);
    if (clOrdId !== '') writer.text(AppTag.ClOrdID, clOrdId);
    if (origClOrdId !== '') writer.text(AppTag.OrigClOrdID, origClOrdId);
  }

  #kind(writer: FixWriter, report: Report, order: OrderRecord | undefined, cumQtyLots: number): void {
    const open = cumQtyLots > 0 ? OrdStatus.PartiallyFilled : OrdStatus.New;
    switch (report.kind) {
      case ReportKind.Accepted:
        this.#types(writer, ExecType.New, open, order);
        return;
      case ReportKind.Filled: {
        const isFilled = report.leavesQtyLots === 0;
        const old = isFilled ? ExecType.Fill : ExecType.PartialFill;
        this.#types(
          writer,
          this.is42 ? old : ExecType.Trade,
          isFilled ? OrdStatus.Filled : OrdStatus.PartiallyFilled,
          order,
        );
        return;
      }
      case ReportKind.Replaced:
        this.#types(
          writer,
          ExecType.Replaced,
          this.is42 && open === OrdStatus.New ? OrdStatus.Replaced : open,
          order,
        );
        return;
      case ReportKind.Triggered:
        this.#types(writer, this.is50 ? ExecType.Triggered : ExecType.Restated, open, order);
        if (!this.is50) {
          writer.int(AppTag.ExecRestatementReason, this.is42 ? Restatement.BrokerOption : Restatement.Other);
        }
        return;
      case ReportKind.TradeCanceled: {
        // An order that nobody knows any more is not open.
        const status = order === undefined ? OrdStatus.Filled : ordStatusOf(this.version, order);
        const old = status === OrdStatus.Filled ? ExecType.Fill : ExecType.PartialFill;
        this.#types(writer, this.is42 ? old : ExecType.TradeCancel, status, order);
        return;
      }
      default:
        this.#canceled(writer, report, order, open);
    }
  }

  #canceled(writer: FixWriter, report: Report, order: OrderRecord | undefined, open: string): void {
    if (report.leavesQtyLots > 0) {
      this.#types(writer, ExecType.Restated, open, order);
      writer.int(AppTag.ExecRestatementReason, Restatement.PartialDecline);
    } else if (isExpiry(report.cancelReason)) this.#types(writer, ExecType.Expired, OrdStatus.Expired, order);
    else this.#types(writer, ExecType.Canceled, OrdStatus.Canceled, order);
  }

  /** WorkingIndicator is for OrdStatus New only, as FIX says. */
  #types(writer: FixWriter, execType: string, ordStatus: string, order: OrderRecord | undefined): void {
    writer.text(AppTag.ExecType, execType);
    writer.text(AppTag.OrdStatus, ordStatus);
    if (this.is42 || ordStatus !== OrdStatus.New || !isStop(order)) return;
    writer.boolean(AppTag.WorkingIndicator, order !== undefined && order.triggered !== 0);
  }

  #statusKind(writer: FixWriter, status: string, order: OrderRecord | undefined): void {
    writer.text(AppTag.ExecID, STATUS_EXEC_ID);
    if (this.is42) writer.text(AppTag.ExecTransType, EXEC_TRANS_STATUS);
    this.#types(writer, this.is42 ? status : ExecType.OrderStatus, status, order);
  }

  #massStatus(writer: FixWriter, part: MassStatusPart | undefined): void {
    if (part === undefined) return;
    writer.text(AppTag.MassStatusReqID, part.reqId);
    writer.int(AppTag.TotNumReports, part.total);
    writer.boolean(AppTag.LastRptRequested, part.isLast);
  }

  #terms(
    writer: FixWriter,
    order: OrderRecord | undefined,
    instrument: FixInstrument,
    accountId: number,
    side: number,
  ): void {
    if (accountId !== 0) writer.int(AppTag.Account, accountId);
    writer.text(AppTag.Symbol, instrument.symbol);
    if (BYTE_OF_SIDE[side] === 0) writer.text(AppTag.Side, UNDISCLOSED_SIDE);
    else writer.char(AppTag.Side, BYTE_OF_SIDE[side]);
    if (order === undefined) return;
    const typeByte = BYTE_OF_ORD_TYPE[order.orderType];
    const timeInForceByte = BYTE_OF_TIME_IN_FORCE[order.timeInForce];
    const { priceDecimals, tickSize } = instrument;
    this.#qty(writer, AppTag.OrderQty, order.qtyLots, instrument);
    if (typeByte !== 0) writer.char(AppTag.OrdType, typeByte);
    if (order.priceTicks !== 0) writer.decimal(AppTag.Price, order.priceTicks * tickSize, priceDecimals);
    if (order.stopPriceTicks !== 0) {
      writer.decimal(AppTag.StopPx, order.stopPriceTicks * tickSize, priceDecimals);
    }
    if (timeInForceByte !== 0) writer.char(AppTag.TimeInForce, timeInForceByte);
    if (order.expireSeconds !== 0) writer.timestamp(AppTag.ExpireTime, order.expireSeconds * 1_000);
    if ((order.orderFlags & OrderFlag.PostOnly) !== 0) writer.text(AppTag.ExecInst, POST_ONLY);
    if (order.minQtyLots !== 0) this.#qty(writer, AppTag.MinQty, order.minQtyLots, instrument);
    if (order.displayQtyLots !== 0) {
      this.#qty(writer, this.is50 ? AppTag.DisplayQty : AppTag.MaxFloor, order.displayQtyLots, instrument);
    }
  }

  /** Of a fill, or of one that does not count any more: what is paid back is a negative commission, so that all of them add up. */
  #fill(writer: FixWriter, report: Report, instrument: FixInstrument): void {
    const isTakenBack = report.kind === ReportKind.TradeCanceled;
    this.#qty(writer, AppTag.LastQty, report.qtyLots, instrument);
    writer.decimal(AppTag.LastPx, report.priceTicks * instrument.tickSize, instrument.priceDecimals);
    const feeMinor = isTakenBack ? -report.feeMinor : report.feeMinor;
    writer.decimal(AppTag.Commission, feeMinor, instrument.quoteDecimals);
    writer.text(AppTag.CommType, COMMISSION_ABSOLUTE);
    if (!isTakenBack) this.#liquidity(writer, report);
    if (this.is50) writer.int(AppTag.TrdMatchID, report.tradeId);
  }

  #liquidity(writer: FixWriter, report: Report): void {
    const resting = report.isMaker ? LiquidityInd.Added : LiquidityInd.Removed;
    if (this.is50) writer.int(AppTag.LastLiquidityInd, report.isAuction ? LiquidityInd.Auction : resting);
    else if (!this.is42 && !report.isAuction) writer.int(AppTag.LastLiquidityInd, resting);
  }

  /** @param amountMinor paid in all, for the average price; 0: `priceTicks` is it, or nothing was executed */
  #progress(
    writer: FixWriter,
    instrument: FixInstrument,
    leavesQtyLots: number,
    cumQtyLots: number,
    amountMinor: number,
    priceTicks: number,
  ): void {
    this.#qty(writer, AppTag.LeavesQty, leavesQtyLots, instrument);
    this.#qty(writer, AppTag.CumQty, cumQtyLots, instrument);
    if (amountMinor !== 0 && cumQtyLots !== 0) {
      const { value, decimals } = averagePrice(instrument, amountMinor, cumQtyLots);
      writer.decimal(AppTag.AvgPx, value, decimals);
    } else if (priceTicks !== 0) {
      writer.decimal(AppTag.AvgPx, priceTicks * instrument.tickSize, instrument.priceDecimals);
    } else writer.int(AppTag.AvgPx, 0);
  }

  #qty(writer: FixWriter, tag: number, lots: number, { lotSize, qtyDecimals }: FixInstrument): void {
    writer.decimal(tag, lots * lotSize, qtyDecimals);
  }
}

function origClOrdId(
  report: Report,
  clientTag: string,
  original: OrderRecord | undefined,
  asked: OrderAsked | undefined,
): string {
  if (report.kind === ReportKind.Replaced) return original?.clientTag ?? asked?.origClOrdId ?? '';
  return report.requestTag === '' ? '' : clientTag;
}

function leavesOf(report: Report, order: OrderRecord | undefined): number {
  if (report.kind === ReportKind.Filled || report.kind === ReportKind.Canceled) return report.leavesQtyLots;
  return order?.leavesQtyLots ?? 0;
}

function isStop(order: OrderRecord | undefined): boolean {
  return order?.orderType === OrderType.Stop || order?.orderType === OrderType.StopLimit;
}

function isExpiry(cancelReason: number): boolean {
  return cancelReason === CancelReason.Expired || cancelReason === CancelReason.EndOfDay;
}

function textOf(report: Report): string {
  if (report.kind === ReportKind.Triggered) return 'its stop price was reached';
  if (report.kind === ReportKind.TradeCanceled) return 'the trade was canceled';
  if (report.kind !== ReportKind.Canceled) return '';
  return CANCEL_TEXTS.get(report.cancelReason) ?? '';
}

function timeMs(seconds: number, nanos: number): number {
  return seconds * 1_000 + Math.floor(nanos / 1_000_000);
}
