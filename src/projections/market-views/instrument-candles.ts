import { Limits } from '#domain/limits.ts';
import {
  CANDLE_SECONDS,
  type Candle,
  type CandleInterval,
  type CandlesView,
  type DayStatistics,
  type TradeSummary,
} from '#domain/market-views.ts';
import {
  addCandle,
  CANDLE_STRIDE,
  CandleSeries,
  candleBegin,
  candleOpenSeconds,
  clearCandle,
  hasTrades,
  readCandle,
} from '../candles.ts';
import type { ViewGaps } from './view-gaps.ts';

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** A stretch of whole minutes summed up as far as they are over, so that only the running minute is to be added. */
class Sum {
  /** Positions of the minutes that are in. */
  declare from: number;
  declare to: number;
  declare readonly row: Float64Array<ArrayBuffer>;

  constructor() {
    this.from = 0;
    this.to = 0;
    this.row = new Float64Array(CANDLE_STRIDE);
  }
}

/**
 * The candles of one instrument and its last 24 hours. Only seconds and minutes are kept; everything longer is summed up
 * from minutes when it is read, and a running sum is kept for each length that is asked for again.
 */
export class InstrumentCandles implements CandlesView {
  declare private readonly gaps: ViewGaps;
  declare private readonly seconds: CandleSeries;
  declare private readonly minutes: CandleSeries;
  declare private readonly sums: Map<CandleInterval | 'day', Sum>;
  declare private readonly scratch: Float64Array<ArrayBuffer>;

  constructor(gaps: ViewGaps) {
    this.gaps = gaps;
    this.seconds = new CandleSeries(1, Limits.VIEW_SECOND_CANDLES_MAX);
    this.minutes = new CandleSeries(MINUTE_SECONDS, Limits.VIEW_MINUTE_CANDLES_MAX);
    this.sums = new Map();
    this.scratch = new Float64Array(CANDLE_STRIDE);
  }

  /** Adds a trade; times never go back. */
  add(
    seconds: number,
    tradeId: number,
    priceTicks: number,
    qtyLots: number,
    amountMinor: number,
    aggressorSide: number,
  ): void {
    this.seconds.add(seconds, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
    this.minutes.add(seconds, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
  }

  latest(interval: CandleInterval): Candle | undefined {
    const length = CANDLE_SECONDS[interval];
    const series = length < MINUTE_SECONDS ? this.seconds : this.minutes;
    const { next } = series.rows;
    if (next === 0) return undefined;
    const openSeconds = candleBegin(series.openSeconds(next - 1), length);
    if (length <= MINUTE_SECONDS) return this.#read(series.rows.f64, series.rows.at(next - 1), length);
    const row = this.#sumUp(interval, openSeconds, next);
    return this.#read(row, 0, length);
  }

  range(interval: CandleInterval, fromSeconds: number, toSeconds: number, max: number): Candle[] {
    const length = CANDLE_SECONDS[interval];
    const series = length < MINUTE_SECONDS ? this.seconds : this.minutes;
    const { scratch } = this;
    const begin = Math.max(fromSeconds, this.keptFromSeconds(interval));
    const first = series.firstFrom(Math.ceil(begin / length) * length);
    // The end of the last candle that begins before `toSeconds`.
    let position = series.firstFrom(Math.ceil(toSeconds / length) * length);
    const candles: Candle[] = [];
    while (position > first && candles.length < max) {
      const openSeconds = candleBegin(series.openSeconds(position - 1), length);
      const from = Math.max(first, series.firstFrom(openSeconds));
      clearCandle(scratch, 0, openSeconds);
      series.addTo(scratch, 0, from, position);
      candles.push(this.#read(scratch, 0, length));
      position = from;
    }
    return candles.reverse();
  }

  keptFromSeconds(interval: CandleInterval): number {
    const length = CANDLE_SECONDS[interval];
    const series = length < MINUTE_SECONDS ? this.seconds : this.minutes;
    const { oldest } = series.rows;
    if (oldest === 0) return 0;
    // The one before the oldest that is kept was pushed out: a longer candle that it may be part of is not whole.
    return Math.ceil(series.openSeconds(oldest) / length) * length;
  }

  wholeFromSeconds(interval: CandleInterval, toSeconds: number): number {
    const length = CANDLE_SECONDS[interval];
    const seconds = Math.ceil(this.gaps.wholeFromSeconds(toSeconds) / length) * length;
    return Math.max(this.keptFromSeconds(interval), seconds);
  }

  /** What was traded from the first second of the minute 23 hours and 59 minutes before that of `nowSeconds` on. */
  day(nowSeconds: number): Pick<DayStatistics, 'fromSeconds' | 'traded' | 'isComplete'> {
    const fromSeconds = candleBegin(nowSeconds, MINUTE_SECONDS) + MINUTE_SECONDS - DAY_SECONDS;
    const row = this.#sumUp('day', fromSeconds, this.minutes.rows.next);
    return {
      fromSeconds,
      traded: hasTrades(row, 0) ? readCandle(row, 0) : undefined,
      isComplete: this.gaps.isComplete(fromSeconds, fromSeconds + DAY_SECONDS),
    };
  }

  /** Sums up the minutes from `fromSeconds` up to position `next`; the row is valid until the next call. */
  #sumUp(what: CandleInterval | 'day', fromSeconds: number, next: number): Float64Array {
    const { minutes, scratch } = this;
    let sum = this.sums.get(what);
    if (sum === undefined) this.sums.set(what, (sum = new Sum()));
    const over = Math.max(0, next - 1);
    if (candleOpenSeconds(sum.row, 0) !== fromSeconds || sum.to === 0) {
      sum.from = minutes.firstFrom(fromSeconds);
      sum.to = sum.from;
      clearCandle(sum.row, 0, fromSeconds);
    }
    minutes.addTo(sum.row, 0, sum.to, over);
    sum.to = Math.max(sum.to, over);
    clearCandle(scratch, 0, fromSeconds);
    addCandle(scratch, 0, sum.row, 0);
    minutes.addTo(scratch, 0, Math.max(sum.to, sum.from), next);
    return scratch;
  }

  #read(rows: Float64Array, at: number, length: number): Candle {
    const openSeconds = candleOpenSeconds(rows, at);
    const summary: TradeSummary = readCandle(rows, at);
    return { openSeconds, ...summary, isComplete: this.gaps.isComplete(openSeconds, openSeconds + length) };
  }
}
