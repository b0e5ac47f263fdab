import type { StatementSync } from 'node:sqlite';
import { addTrade, CANDLE_STRIDE, candleBegin, candleOpenSeconds, clearCandle } from '../candles.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';

/** Candles that are kept as rows; others are made of them. */
export const STORED_CANDLE_SECONDS = [60, 3_600, 86_400] as const;
export const DAY_SECONDS = 86_400;

/** Sums of fees end here, as amounts do in the core. */
const MAX = String(Number.MAX_SAFE_INTEGER);

const LOW_BITS = String(2 ** 52 - 1);
const addedSum = (name: string): string =>
  `${name}High = ${name}High + excluded.${name}High + ((${name}Low + excluded.${name}Low) >> 52),
   ${name}Low = (${name}Low + excluded.${name}Low) & ${LOW_BITS}`;

const ADD_CANDLE = `${insertInto('candles')} ON CONFLICT DO UPDATE SET
  highTicks = max(highTicks, excluded.highTicks), lowTicks = min(lowTicks, excluded.lowTicks),
  closeTicks = excluded.closeTicks, trades = trades + excluded.trades, lastTradeId = excluded.lastTradeId,
  ${['volume', 'quoteVolume', 'takerBuy', 'takerBuyQuote'].map(addedSum).join(', ')}`;

const ADD_FEE = `${insertInto('fees')} ON CONFLICT DO UPDATE SET
  feeMinor = min(feeMinor + excluded.feeMinor, ${MAX})`;

interface NewCandle {
  readonly instrumentId: number;
  readonly intervalSeconds: number;
  /** src/projections/candles.ts */
  readonly row: Float64Array;
  readonly firstSequence: number;
}

interface Fee {
  readonly daySeconds: number;
  readonly assetId: number;
  feeMinor: number;
  readonly firstSequence: number;
}

/**
 * What trades since the last write add to candles and to the fees of each day. Bounded by those trades: one candle for
 * each of them at most.
 */
export class TradeSums {
  /** By instrument: its newest candle of each stored span. */
  declare private readonly newest: Map<number, (NewCandle | undefined)[]>;
  declare private candles: NewCandle[];
  /** By account. */
  declare private readonly fees: Map<number, Fee[]>;
  declare private readonly addCandle: StatementSync;
  declare private readonly addFee: StatementSync;

  constructor(database: HistoryDatabase) {
    this.newest = new Map();
    this.candles = [];
    this.fees = new Map();
    this.addCandle = database.prepare(ADD_CANDLE);
    this.addFee = database.prepare(ADD_FEE);
  }

  /** Adds a trade to the candles of its time. Trades come in the order of the log. */
  trade(
    instrumentId: number,
    timeSeconds: number,
    sequence: number,
    tradeId: number,
    priceTicks: number,
    qtyLots: number,
    amountMinor: number,
    aggressorSide: number,
  ): void {
    let newest = this.newest.get(instrumentId);
    if (newest === undefined) {
      newest = STORED_CANDLE_SECONDS.map(() => undefined);
      this.newest.set(instrumentId, newest);
    }
    for (let span = 0; span < STORED_CANDLE_SECONDS.length; span++) {
      const intervalSeconds = STORED_CANDLE_SECONDS[span];
      const openSeconds = candleBegin(timeSeconds, intervalSeconds);
      let candle = newest[span];
      if (candle === undefined || candleOpenSeconds(candle.row, 0) !== openSeconds) {
        const row = new Float64Array(CANDLE_STRIDE);
        clearCandle(row, 0, openSeconds);
        candle = { instrumentId, intervalSeconds, row, firstSequence: sequence };
        newest[span] = candle;
        this.candles.push(candle);
      }
      addTrade(candle.row, 0, tradeId, priceTicks, qtyLots, amountMinor, aggressorSide);
    }
  }

  fee(accountId: number, assetId: number, timeSeconds: number, sequence: number, feeMinor: number): void {
    if (feeMinor === 0) return;
    const daySeconds = timeSeconds - (timeSeconds % DAY_SECONDS);
    let fees = this.fees.get(accountId);
    if (fees === undefined) {
      fees = [];
      this.fees.set(accountId, fees);
    }
    const known = fees.find((fee) => fee.assetId === assetId && fee.daySeconds === daySeconds);
    if (known === undefined) fees.push({ daySeconds, assetId, feeMinor, firstSequence: sequence });
    else known.feeMinor += feeMinor;
  }

  write(): void {
    for (const { instrumentId, intervalSeconds, row, firstSequence } of this.candles) {
      this.addCandle.run(instrumentId, intervalSeconds, ...row, firstSequence);
    }
    this.candles = [];
    this.newest.clear();
    for (const [accountId, fees] of this.fees) {
      for (const { daySeconds, assetId, feeMinor, firstSequence } of fees) {
        const sum = Math.min(feeMinor, Number.MAX_SAFE_INTEGER);
        this.addFee.run(accountId, daySeconds, assetId, sum, firstSequence);
      }
    }
    this.fees.clear();
  }
}
