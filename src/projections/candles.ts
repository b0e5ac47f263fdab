import { Side } from '#domain/commands.ts';
import type { Candle, TradeSummary } from '#domain/market-views.ts';
import { RowRing } from '#lib/row-ring.ts';
import { addToWideSum, addWideSums, setWideSum, wideSum } from '#lib/wide-sum.ts';

/** Elements of a candle's row. */
export const CANDLE_STRIDE = 16;
// Element of each field in a row; sums take two elements.
const OPEN_SECONDS = 0;
const OPEN = 1;
const HIGH = 2;
const LOW = 3;
const CLOSE = 4;
const TRADES = 5;
const FIRST_TRADE_ID = 6;
const LAST_TRADE_ID = 7;
const VOLUME = 8;
const QUOTE_VOLUME = 10;
const TAKER_BUY = 12;
const TAKER_BUY_QUOTE = 14;

/** The first second of the candle of `intervalSeconds` in which `seconds` lies. */
export function candleBegin(seconds: number, intervalSeconds: number): number {
  return seconds - (seconds % intervalSeconds);
}

/** Makes the row at `at` a candle without trades: what a trade or a candle that is added to it then begins. */
export function clearCandle(rows: Float64Array, at: number, openSeconds: number): void {
  rows.fill(0, at, at + CANDLE_STRIDE);
  rows[at + OPEN_SECONDS] = openSeconds;
}

export function candleOpenSeconds(rows: Float64Array, at: number): number {
  return rows[at + OPEN_SECONDS];
}

/** Whether anything was traded. */
export function hasTrades(rows: Float64Array, at: number): boolean {
  return rows[at + TRADES] > 0;
}

/**
 * Adds a trade that came after those which are in. All candles are made by this and by `addCandle`.
 * @param aggressorSide 0 in an auction: nobody took
 */
export function addTrade(
  rows: Float64Array,
  at: number,
  tradeId: number,
  priceTicks: number,
  qtyLots: number,
  amountMinor: number,
  aggressorSide: number,
): void {
  if (rows[at + TRADES]++ === 0) {
    rows[at + OPEN] = priceTicks;
    rows[at + HIGH] = priceTicks;
    rows[at + LOW] = priceTicks;
    rows[at + FIRST_TRADE_ID] = tradeId;
  } else if (priceTicks > rows[at + HIGH]) rows[at + HIGH] = priceTicks;
  else if (priceTicks < rows[at + LOW]) rows[at + LOW] = priceTicks;
  rows[at + CLOSE] = priceTicks;
  rows[at + LAST_TRADE_ID] = tradeId;
  addToWideSum(rows, at + VOLUME, qtyLots);
  addToWideSum(rows, at + QUOTE_VOLUME, amountMinor);
  if (aggressorSide !== Side.Buy) return;
  addToWideSum(rows, at + TAKER_BUY, qtyLots);
  addToWideSum(rows, at + TAKER_BUY_QUOTE, amountMinor);
}

/** Adds a candle whose trades came after those which are in: minutes make an hour. */
export function addCandle(rows: Float64Array, at: number, others: Float64Array, from: number): void {
  if (others[from + TRADES] === 0) return;
  if (rows[at + TRADES] === 0) {
    rows[at + OPEN] = others[from + OPEN];
    rows[at + HIGH] = others[from + HIGH];
    rows[at + LOW] = others[from + LOW];
    rows[at + FIRST_TRADE_ID] = others[from + FIRST_TRADE_ID];
  } else {
    rows[at + HIGH] = Math.max(rows[at + HIGH], others[from + HIGH]);
    rows[at + LOW] = Math.min(rows[at + LOW], others[from + LOW]);
  }
  rows[at + CLOSE] = others[from + CLOSE];
  rows[at + LAST_TRADE_ID] = others[from + LAST_TRADE_ID];
  rows[at + TRADES] += others[from + TRADES];
  addWideSums(rows, at + VOLUME, others, from + VOLUME);
  addWideSums(rows, at + QUOTE_VOLUME, others, from + QUOTE_VOLUME);
  addWideSums(rows, at + TAKER_BUY, others, from + TAKER_BUY);
  addWideSums(rows, at + TAKER_BUY_QUOTE, others, from + TAKER_BUY_QUOTE);
}

export function readCandle(rows: Float64Array, at: number): TradeSummary {
  return {
    openTicks: rows[at + OPEN],
    highTicks: rows[at + HIGH],
    lowTicks: rows[at + LOW],
    closeTicks: rows[at + CLOSE],
    trades: rows[at + TRADES],
    firstTradeId: rows[at + FIRST_TRADE_ID],
    lastTradeId: rows[at + LAST_TRADE_ID],
    volumeLots: wideSum(rows, at + VOLUME),
    quoteVolumeMinor: wideSum(rows, at + QUOTE_VOLUME),
    takerBuyLots: wideSum(rows, at + TAKER_BUY),
    takerBuyQuoteMinor: wideSum(rows, at + TAKER_BUY_QUOTE),
  };
}

/** Makes the row at `at` one that is read as this candle. */
function writeCandle(rows: Float64Array, at: number, candle: Candle): void {
  rows[at + OPEN_SECONDS] = candle.openSeconds;
  rows[at + OPEN] = candle.openTicks;
  rows[at + HIGH] = candle.highTicks;
  rows[at + LOW] = candle.lowTicks;
  rows[at + CLOSE] = candle.closeTicks;
  rows[at + TRADES] = candle.trades;
  rows[at + FIRST_TRADE_ID] = candle.firstTradeId;
  rows[at + LAST_TRADE_ID] = candle.lastTradeId;
  setWideSum(rows, at + VOLUME, candle.volumeLots);
  setWideSum(rows, at + QUOTE_VOLUME, candle.quoteVolumeMinor);
  setWideSum(rows, at + TAKER_BUY, candle.takerBuyLots);
  setWideSum(rows, at + TAKER_BUY_QUOTE, candle.takerBuyQuoteMinor);
}

/** The newest candles of one instrument and one interval, those in which something was traded. */
export class CandleSeries {
  declare readonly rows: RowRing;
  declare readonly intervalSeconds: number;

  constructor(intervalSeconds: number, candlesMax: number) {
    this.rows = new RowRing(CANDLE_STRIDE, candlesMax);
    this.intervalSeconds = intervalSeconds;
  }

  /** Adds a trade of log time `seconds`, never before that of the trade before it. */
  add(
    seconds: number,
    tradeId: number,
    priceTicks: number,
    qtyLots: number,
    amountMinor: number,
    aggressorSide: number,
  ): void {
    const { rows } = this;
    const openSeconds = candleBegin(seconds, this.intervalSeconds);
    if (rows.next === 0 || this.openSeconds(rows.next - 1) !== openSeconds) {
      const at = rows.push();
      clearCandle(rows.f64, at, openSeconds);
    }
    addTrade(rows.f64, rows.at(rows.next - 1), tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
  }

  /** Adds a whole candle, later than those which are in. */
  push(candle: Candle): void {
    const at = this.rows.push();
    writeCandle(this.rows.f64, at, candle);
  }

  /** First second of the candle at a kept position. */
  openSeconds(position: number): number {
    return candleOpenSeconds(this.rows.f64, this.rows.at(position));
  }

  /** Position of the first kept candle that begins at `seconds` or later. */
  firstFrom(seconds: number): number {
    let low = this.rows.oldest;
    let high = this.rows.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.openSeconds(middle) < seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds the candles from position `from` up to, not including, `to` to the row at `at` of `sums`. */
  addTo(sums: Float64Array, at: number, from: number, to: number): void {
    for (let position = from; position < to; position++) {
      addCandle(sums, at, this.rows.f64, this.rows.at(position));
    }
  }
}
