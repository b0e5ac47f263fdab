import { Limits } from '#domain/limits.ts';
import {
  CANDLE_SECONDS,
  type Candle,
  type CandleInterval,
  type CandlesView,
  type DayStatistics,
  type PublicTrade,
  type TradeSummary,
  type ViewGap,
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
import { ViewGaps } from './view-gaps.ts';

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
  declare private readonly secondGaps: ViewGaps;
  declare private readonly minuteGaps: ViewGaps;
  declare private readonly seconds: CandleSeries;
  declare private minutes: CandleSeries;
  /** Trades up to this one came with the minutes of history. */
  declare private filledTradeId: number;
  declare private readonly sums: Map<CandleInterval | 'day', Sum>;
  declare private readonly scratch: Float64Array<ArrayBuffer>;

  /** @param gaps times before now of which trades may have been missed */
  constructor(gaps: readonly ViewGap[]) {
    this.secondGaps = new ViewGaps(gaps);
    this.minuteGaps = new ViewGaps(gaps);
    this.seconds = new CandleSeries(1, Limits.VIEW_SECOND_CANDLES_MAX);
    this.minutes = newMinutes();
    this.filledTradeId = 0;
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
    // History may have been ahead of the events.
    if (tradeId <= this.filledTradeId) return;
    this.minutes.add(seconds, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
  }

  /** Trades of this time, which is later than all gaps before, were missed. */
  addGap(fromSeconds: number, toSeconds: number): void {
    this.secondGaps.add(fromSeconds, toSeconds);
    this.minuteGaps.add(fromSeconds, toSeconds);
  }

  /**
   * Begins the minutes anew with those of history: all trades up to `lastTradeId` that came after second `missedToSeconds`.
   * @param later the trades after these that were added already
   */
  fill(
    minutes: readonly Candle[],
    missedToSeconds: number,
    lastTradeId: number,
    later: Iterable<PublicTrade>,
  ): void {
    this.minutes = newMinutes();
    for (const minute of minutes) this.minutes.push(minute);
    for (const { timeSeconds, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide } of later)
      this.minutes.add(timeSeconds, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
    this.filledTradeId = lastTradeId;
    this.minuteGaps.closeAfter(missedToSeconds);
    this.sums.clear();
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
    const seconds = Math.ceil(this.#gaps(length).wholeFromSeconds(toSeconds) / length) * length;
    return Math.max(this.keptFromSeconds(interval), seconds);
  }

  /** What was traded from the first second of the minute 23 hours and 59 minutes before that of `nowSeconds` on. */
  day(nowSeconds: number): Pick<DayStatistics, 'fromSeconds' | 'traded' | 'isComplete'> {
    const fromSeconds = dayBegin(nowSeconds);
    const row = this.#sumUp('day', fromSeconds, this.minutes.rows.next);
    return {
      fromSeconds,
      traded: hasTrades(row, 0) ? readCandle(row, 0) : undefined,
      isComplete: this.minuteGaps.isComplete(fromSeconds, fromSeconds + DAY_SECONDS),
    };
  }

  /** Whether other trades are in the day of one second than in that of another. */
  hasOtherDay(oneSeconds: number, otherSeconds: number): boolean {
    const one = dayBegin(oneSeconds);
    const other = dayBegin(otherSeconds);
    return one !== other && this.minutes.firstFrom(one) !== this.minutes.firstFrom(other);
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
    const isComplete = this.#gaps(length).isComplete(openSeconds, openSeconds + length);
    return { openSeconds, ...summary, isComplete };
  }

  /** Those of what candles of this length are made of. */
  #gaps(length: number): ViewGaps {
    return length < MINUTE_SECONDS ? this.secondGaps : this.minuteGaps;
  }
}

/** When the last 24 hours begin, in whole minutes. */
function dayBegin(nowSeconds: number): number {
  return candleBegin(nowSeconds, MINUTE_SECONDS) + MINUTE_SECONDS - DAY_SECONDS;
}

function newMinutes(): CandleSeries {
  return new CandleSeries(MINUTE_SECONDS, Limits.VIEW_MINUTE_CANDLES_MAX);
}
