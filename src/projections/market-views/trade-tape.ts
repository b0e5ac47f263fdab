import type { Side } from '#domain/commands.ts';
import { Trade, TradeFlag } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import type { AggregateTrade, PublicTrade, Tape } from '#domain/market-views.ts';
import { RowRing } from '#lib/row-ring.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const AGGRESSOR_SIDE = byteAt(Trade, 'aggressorSide');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');

const STRIDE = 8;
// Element of each field in a row of either ring.
const TRADE_ID = 0;
/** Of an aggregate its last trade's id, of a trade its money. */
const LAST_TRADE_ID = 1;
const AMOUNT_MINOR = 1;
const PRICE_TICKS = 2;
const QTY_LOTS = 3;
const AGGRESSOR = 4;
const SECONDS = 5;
const NANOS = 6;
const SEQUENCE = 7;

/** No order: none takes in an auction. */
const NOBODY = 0;

/** The newest trades of one instrument, single ones and those of one incoming order at one price as one. */
export class TradeTape {
  declare readonly trades: Tape<PublicTrade>;
  declare readonly aggregateTrades: Tape<AggregateTrade>;
  declare private readonly singleRows: RowRing;
  declare private readonly aggregateRows: RowRing;
  /** The aggregate that may still grow, in the form of a row. */
  declare private readonly growing: Float64Array<ArrayBuffer>;
  declare private isGrowing: boolean;
  declare private growingTakerId: number;
  declare private _lastTradeId: number;

  constructor() {
    // There is room before the first one for those that history has.
    this.singleRows = new RowRing(STRIDE, Limits.VIEW_TRADES_MAX, Limits.VIEW_TRADES_MAX);
    this.aggregateRows = new RowRing(STRIDE, Limits.VIEW_TRADES_MAX);
    this.trades = new RingTape(this.singleRows, readTrade);
    this.aggregateTrades = new RingTape(this.aggregateRows, readAggregate);
    this.growing = new Float64Array(STRIDE);
    this.isGrowing = false;
    this.growingTakerId = NOBODY;
    this._lastTradeId = 0;
  }

  /** Id of the newest trade; 0 none yet. */
  get lastTradeId(): number {
    return this._lastTradeId;
  }

  get lastPriceTicks(): number {
    return this.#ofLast(PRICE_TICKS);
  }

  get lastQtyLots(): number {
    return this.#ofLast(QTY_LOTS);
  }

  /** Takes the Trade record at word `at`. */
  add(words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    const rows = this.singleRows;
    const row = rows.push();
    const single = rows.f64;
    this._lastTradeId = f64[(at + Trade.at.tradeId) >> 1];
    single[row + TRADE_ID] = this._lastTradeId;
    single[row + AMOUNT_MINOR] = f64[(at + Trade.at.amountMinor) >> 1];
    single[row + PRICE_TICKS] = i32[at + Trade.at.priceTicks];
    single[row + QTY_LOTS] = f64[(at + Trade.at.qtyLots) >> 1];
    single[row + AGGRESSOR] = u8[(at << 2) + AGGRESSOR_SIDE];
    single[row + SECONDS] = i32[at + Trade.at.timeSeconds] >>> 0;
    single[row + NANOS] = i32[at + Trade.at.timeNanos];
    single[row + SEQUENCE] = f64[(at + Trade.at.sequence) >> 1];
    const isAuction = (u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0;
    this.#aggregate(single, row, isAuction ? NOBODY : f64[(at + Trade.at.takerOrderId) >> 1]);
    if (!isAuction && f64[(at + Trade.at.takerLeavesQtyLots) >> 1] === 0) this.close();
  }

  /**
   * Takes trades of history for all up to entry `sequence` of the log, of which some may have been missed. Those that came
   * after it stay, at their positions.
   * @param trades the newest up to that entry, oldest first
   */
  fill(sequence: number, trades: readonly PublicTrade[]): void {
    const { singleRows: rows } = this;
    const later = this.trades
      .read(rows.oldest, Limits.VIEW_TRADES_MAX)
      .filter((one) => one.sequence > sequence);
    const all = [...trades, ...later].slice(-Limits.VIEW_TRADES_MAX);
    rows.restart(rows.next - all.length);
    for (const trade of all) {
      const at = rows.push();
      writeTrade(rows.f64, at, trade);
    }
    this._lastTradeId = Math.max(this._lastTradeId, trades.at(-1)?.tradeId ?? 0);
  }

  /** Whether all trades behind this one that came, and those that history gave, are kept. */
  hasAllAfter(tradeId: number): boolean {
    const { oldest, next, f64 } = this.singleRows;
    if (next - oldest < Limits.VIEW_TRADES_MAX) return true;
    return f64[this.singleRows.at(oldest) + TRADE_ID] <= tradeId;
  }

  /** An order rests or is gone: what it took is complete. */
  endOfOrder(orderId: number): void {
    if (this.isGrowing && this.growingTakerId === orderId) this.close();
  }

  /** The aggregate that may still grow does not. */
  close(): void {
    if (!this.isGrowing) return;
    this.isGrowing = false;
    const at = this.aggregateRows.push();
    this.aggregateRows.f64.set(this.growing, at);
  }

  #aggregate(single: Float64Array, row: number, takerOrderId: number): void {
    const { growing } = this;
    const isSame =
      this.isGrowing &&
      this.growingTakerId === takerOrderId &&
      growing[PRICE_TICKS] === single[row + PRICE_TICKS] &&
      growing[SEQUENCE] === single[row + SEQUENCE];
    if (isSame) growing[QTY_LOTS] += single[row + QTY_LOTS];
    else {
      this.close();
      for (let field = 0; field < STRIDE; field++) growing[field] = single[row + field];
      this.isGrowing = true;
      this.growingTakerId = takerOrderId;
    }
    growing[LAST_TRADE_ID] = single[row + TRADE_ID];
  }

  #ofLast(field: number): number {
    const rows = this.singleRows;
    return rows.next === rows.oldest ? 0 : rows.f64[rows.at(rows.next - 1) + field];
  }
}

class RingTape<T> implements Tape<T> {
  declare private readonly rows: RowRing;
  declare private readonly readRow: (rows: Float64Array, at: number) => T;

  constructor(rows: RowRing, readRow: (rows: Float64Array, at: number) => T) {
    this.rows = rows;
    this.readRow = readRow;
  }

  get oldest(): number {
    return this.rows.oldest;
  }

  get next(): number {
    return this.rows.next;
  }

  read(from: number, max: number): T[] {
    const { rows } = this;
    const things: T[] = [];
    for (
      let position = Math.max(from, rows.oldest);
      position < rows.next && things.length < max;
      position++
    ) {
      things.push(this.readRow(rows.f64, rows.at(position)));
    }
    return things;
  }
}

function readTrade(rows: Float64Array, at: number): PublicTrade {
  return {
    tradeId: rows[at + TRADE_ID],
    priceTicks: rows[at + PRICE_TICKS],
    qtyLots: rows[at + QTY_LOTS],
    amountMinor: rows[at + AMOUNT_MINOR],
    aggressorSide: rows[at + AGGRESSOR] as Side | 0,
    timeSeconds: rows[at + SECONDS],
    timeNanos: rows[at + NANOS],
    sequence: rows[at + SEQUENCE],
  };
}

function writeTrade(rows: Float64Array, at: number, trade: PublicTrade): void {
  rows[at + TRADE_ID] = trade.tradeId;
  rows[at + AMOUNT_MINOR] = trade.amountMinor;
  rows[at + PRICE_TICKS] = trade.priceTicks;
  rows[at + QTY_LOTS] = trade.qtyLots;
  rows[at + AGGRESSOR] = trade.aggressorSide;
  rows[at + SECONDS] = trade.timeSeconds;
  rows[at + NANOS] = trade.timeNanos;
  rows[at + SEQUENCE] = trade.sequence;
}

function readAggregate(rows: Float64Array, at: number): AggregateTrade {
  return {
    firstTradeId: rows[at + TRADE_ID],
    lastTradeId: rows[at + LAST_TRADE_ID],
    priceTicks: rows[at + PRICE_TICKS],
    qtyLots: rows[at + QTY_LOTS],
    aggressorSide: rows[at + AGGRESSOR] as Side | 0,
    timeSeconds: rows[at + SECONDS],
    timeNanos: rows[at + NANOS],
    sequence: rows[at + SEQUENCE],
  };
}
