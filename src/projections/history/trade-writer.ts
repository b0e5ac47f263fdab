import type { StatementSync } from 'node:sqlite';
import { Side } from '#domain/commands.ts';
import { FillCanceled, InstrumentAdded, Trade, TradeCanceled, TradeFlag } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';
import type { OrderWriter } from './order-writer.ts';
import { TradeSums } from './trade-sums.ts';

const AUCTION = TradeFlag.Auction;
const { Buy: BUY, Sell: SELL } = Side;
const TRADE = Trade.at;

/** Where one side of a trade is in its record. */
interface TradeSide {
  readonly accountId: number;
  readonly orderId: number;
  readonly userId: number;
  readonly clientOrderId: number;
  readonly feeMinor: number;
  readonly leavesQtyLots: number;
  readonly reportNumber: number;
}
const MAKER: TradeSide = {
  accountId: TRADE.makerAccountId,
  orderId: TRADE.makerOrderId,
  userId: TRADE.makerUserId,
  clientOrderId: TRADE.makerClientOrderId,
  feeMinor: TRADE.makerFeeMinor,
  leavesQtyLots: TRADE.makerLeavesQtyLots,
  reportNumber: TRADE.makerReportNumber,
};
const TAKER: TradeSide = {
  accountId: TRADE.takerAccountId,
  orderId: TRADE.takerOrderId,
  userId: TRADE.takerUserId,
  clientOrderId: TRADE.takerClientOrderId,
  feeMinor: TRADE.takerFeeMinor,
  leavesQtyLots: TRADE.takerLeavesQtyLots,
  reportNumber: TRADE.takerReportNumber,
};

/** Writes trades, the fills of both sides, what both add to candles and fees, and which of them were taken back. */
export class TradeWriter {
  declare private readonly moment: EventMoment;
  declare private readonly orders: OrderWriter;
  declare private readonly sums: TradeSums;
  /** By instrument: fees are in this asset. */
  declare private readonly quoteAssetOf: Map<number, number>;
  declare private readonly insertTrade: StatementSync;
  declare private readonly insertFill: StatementSync;
  declare private readonly insertCancel: StatementSync;
  declare private readonly insertInstrument: StatementSync;

  /** @throws HistoryError */
  constructor(database: HistoryDatabase, moment: EventMoment, orders: OrderWriter) {
    this.moment = moment;
    this.orders = orders;
    this.sums = new TradeSums(database);
    this.insertTrade = database.prepare(insertInto('trades'));
    this.insertFill = database.prepare(insertInto('fills'));
    this.insertCancel = database.prepare(insertInto('trade_cancels'));
    this.insertInstrument = database.prepare('INSERT OR REPLACE INTO instruments VALUES (?, ?)');
    const instruments = database.all('SELECT instrumentId, quoteAssetId FROM instruments');
    this.quoteAssetOf = new Map(
      instruments.map(({ instrumentId, quoteAssetId }) => [Number(instrumentId), Number(quoteAssetId)]),
    );
  }

  /** Writes the sums of what came since the last time. */
  write(): void {
    this.sums.write();
  }

  /** An InstrumentAdded. */
  addInstrument({ i32 }: WordBuffer, at: number): void {
    const quoteAssetId = i32[at + InstrumentAdded.at.quoteAssetId];
    this.quoteAssetOf.set(i32[at + 1], quoteAssetId);
    this.insertInstrument.run(i32[at + 1], quoteAssetId);
  }

  /** A Trade. */
  traded(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const { sequence, timeSeconds, timeNanos } = this.moment;
    const instrumentId = i32[at + 1];
    const kind = i32[at + TRADE.aggressorSide];
    const aggressorSide = kind & 255;
    const isAuction = ((kind >> 8) & AUCTION) !== 0;
    const tradeId = f64[(at + TRADE.tradeId) >> 1];
    const qtyLots = f64[(at + TRADE.qtyLots) >> 1];
    const amountMinor = f64[(at + TRADE.amountMinor) >> 1];
    const priceTicks = i32[at + TRADE.priceTicks];
    // In an auction's trade the buyer stands in the maker's fields.
    const makerSide = isAuction || aggressorSide === SELL ? BUY : SELL;
    this.#fill(words, at, MAKER, makerSide, isAuction ? 0 : 1);
    this.#fill(words, at, TAKER, makerSide === BUY ? SELL : BUY, 0);
    this.insertTrade.run(
      instrumentId,
      tradeId,
      sequence,
      timeSeconds,
      timeNanos,
      priceTicks,
      qtyLots,
      amountMinor,
      aggressorSide,
    );
    this.sums.trade(
      instrumentId,
      timeSeconds,
      sequence,
      tradeId,
      priceTicks,
      qtyLots,
      amountMinor,
      aggressorSide,
    );
  }

  /** A TradeCanceled. */
  canceled({ i32, f64 }: WordBuffer, at: number): void {
    const { sequence, timeSeconds, timeNanos } = this.moment;
    const tradeId = f64[(at + TradeCanceled.at.tradeId) >> 1];
    this.insertCancel.run(tradeId, sequence, timeSeconds, timeNanos, i32[at + 1]);
  }

  /** A FillCanceled: its fee is paid back on the day of the cancel, so that the sums of days that are over stay. */
  fillCanceled({ i32, f64 }: WordBuffer, at: number): void {
    const { sequence, timeSeconds } = this.moment;
    const accountId = i32[at + FillCanceled.at.accountId];
    const feeMinor = f64[(at + FillCanceled.at.feeMinor) >> 1];
    this.sums.fee(accountId, this.quoteAssetOf.get(i32[at + 1]) ?? 0, timeSeconds, sequence, -feeMinor);
  }

  #fill({ i32, f64 }: WordBuffer, at: number, place: TradeSide, side: number, isMaker: number): void {
    const { sequence, timeSeconds, timeNanos } = this.moment;
    const tradeId = f64[(at + TRADE.tradeId) >> 1];
    const qtyLots = f64[(at + TRADE.qtyLots) >> 1];
    const amountMinor = f64[(at + TRADE.amountMinor) >> 1];
    const orderId = f64[(at + place.orderId) >> 1];
    const feeMinor = f64[(at + place.feeMinor) >> 1];
    const leavesQtyLots = f64[(at + place.leavesQtyLots) >> 1];
    const accountId = i32[at + place.accountId];
    const instrumentId = i32[at + 1];
    this.orders.filled(orderId, tradeId, qtyLots, amountMinor, feeMinor, leavesQtyLots);
    const feeAssetId = this.quoteAssetOf.get(instrumentId) ?? 0;
    this.sums.fee(accountId, feeAssetId, timeSeconds, sequence, feeMinor);
    this.insertFill.run(
      accountId,
      tradeId,
      orderId,
      sequence,
      timeSeconds,
      timeNanos,
      i32[at + place.userId],
      i32[at + place.clientOrderId],
      instrumentId,
      side,
      isMaker,
      i32[at + TRADE.priceTicks],
      qtyLots,
      amountMinor,
      feeMinor,
      feeAssetId,
      leavesQtyLots,
      f64[(at + place.reportNumber) >> 1],
    );
  }
}
