import type { ArchiveAnswerOf } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { Candle } from '#domain/market-views.ts';
import { addCandle, addTrade, CANDLE_STRIDE, candleBegin, clearCandle, readCandle } from '../candles.ts';
import { CANDLE_COLUMNS } from './history-schema.ts';

/** A trade as the table has it. */
export interface FoldTrade {
  readonly timeSeconds: number;
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly amountMinor: number;
  readonly aggressorSide: number;
}

/** Makes candles of one span from trades or shorter candles in the order of their time. */
export class CandleFold {
  declare private readonly intervalSeconds: number;
  declare private readonly limit: number;
  declare private readonly completeFromSeconds: number;
  declare private readonly candles: Candle[];
  /** The candle that is being made, and one that is added to it. */
  declare private readonly row: Float64Array;
  declare private readonly part: Float64Array;
  declare private openSeconds: number | undefined;
  declare private parts: number;
  declare private nextFromSeconds: number | undefined;

  /**
   * @param limit candles
   * @param completeFromSeconds the log's time before what history has: candles that open up to this second may lack trades; 0: it has all
   */
  constructor(intervalSeconds: number, limit: number, completeFromSeconds: number) {
    this.intervalSeconds = intervalSeconds;
    this.limit = limit;
    this.completeFromSeconds = completeFromSeconds;
    this.candles = [];
    this.row = new Float64Array(CANDLE_STRIDE);
    this.part = new Float64Array(CANDLE_STRIDE);
    this.openSeconds = undefined;
    this.parts = 0;
    this.nextFromSeconds = undefined;
  }

  /** False when the trade is for a later question: there are enough candles, or enough parts were looked at. */
  addTrade(trade: FoldTrade): boolean {
    if (!this.#begin(trade.timeSeconds)) return false;
    const { tradeId, priceTicks, qtyLots, amountMinor, aggressorSide } = trade;
    addTrade(this.row, 0, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
    return true;
  }

  /** As `addTrade`, for a row of the table. */
  addRow(columns: Readonly<Record<string, unknown>>): boolean {
    for (const [element, name] of CANDLE_COLUMNS.entries()) this.part[element] = Number(columns[name]);
    if (!this.#begin(this.part[0])) return false;
    addCandle(this.row, 0, this.part, 0);
    return true;
  }

  #begin(seconds: number): boolean {
    const openSeconds = candleBegin(seconds, this.intervalSeconds);
    if (openSeconds !== this.openSeconds) {
      this.#end();
      if (this.candles.length === this.limit || this.parts >= Limits.HISTORY_SCAN_MAX) {
        this.nextFromSeconds = openSeconds;
        return false;
      }
      clearCandle(this.row, 0, openSeconds);
      this.openSeconds = openSeconds;
    }
    this.parts++;
    return true;
  }

  #end(): void {
    const { openSeconds } = this;
    if (openSeconds === undefined) return;
    const isComplete = openSeconds > this.completeFromSeconds;
    this.candles.push({ openSeconds, isComplete, ...readCandle(this.row, 0) });
    this.openSeconds = undefined;
  }

  result(): ArchiveAnswerOf<'candles'> {
    this.#end();
    const { candles, nextFromSeconds, completeFromSeconds } = this;
    return { rows: candles, nextFromSeconds, completeFromSeconds };
  }
}
