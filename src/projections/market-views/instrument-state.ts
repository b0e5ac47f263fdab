import { Side } from '#domain/commands.ts';
import {
  type AggregateTrade,
  type DayStatistics,
  type Indicative,
  type InstrumentStatus,
  type InstrumentTerms,
  type InstrumentView,
  type PublicTrade,
  type Tape,
  ViewChange,
} from '#domain/market-views.ts';
import type { Book } from './book.ts';
import { InstrumentCandles } from './instrument-candles.ts';
import { TradeTape } from './trade-tape.ts';
import type { ViewGaps } from './view-gaps.ts';

/** Where the log is, in sequence and in time. */
interface LogTime {
  readonly timeSeconds: number;
}

/** All that is public of one instrument, and what of it changed since the last flush. */
export class InstrumentState implements InstrumentView {
  declare readonly book: Book;
  declare readonly tape: TradeTape;
  declare readonly candles: InstrumentCandles;
  /** It waits for the next flush. */
  declare isListed: boolean;
  declare private readonly time: LogTime;
  declare private _terms: InstrumentTerms;
  declare private _status: InstrumentStatus;
  declare private _indicative: Indicative | undefined;
  declare private changes: number;
  // As the last flush left them.
  declare private flushedSequence: number;
  declare private flushedTrades: number;
  declare private readonly flushedBest: Float64Array<ArrayBuffer>;

  constructor(terms: InstrumentTerms, status: InstrumentStatus, book: Book, gaps: ViewGaps, time: LogTime) {
    this.book = book;
    this.tape = new TradeTape();
    this.candles = new InstrumentCandles(gaps);
    this.isListed = false;
    this.time = time;
    this._terms = terms;
    this._status = status;
    this._indicative = undefined;
    this.changes = ViewChange.Terms | ViewChange.Status;
    this.flushedSequence = 0;
    this.flushedTrades = 0;
    this.flushedBest = new Float64Array(4);
  }

  get terms(): InstrumentTerms {
    return this._terms;
  }

  get status(): InstrumentStatus {
    return this._status;
  }

  get indicative(): Indicative | undefined {
    return this._indicative;
  }

  get trades(): Tape<PublicTrade> {
    return this.tape.trades;
  }

  get aggregateTrades(): Tape<AggregateTrade> {
    return this.tape.aggregateTrades;
  }

  statistics(nowSeconds: number): DayStatistics {
    return {
      ...this.candles.day(Math.max(nowSeconds, this.time.timeSeconds)),
      lastPriceTicks: this.tape.lastPriceTicks,
      lastQtyLots: this.tape.lastQtyLots,
    };
  }

  /** The terms are known, or known anew. */
  setTerms(terms: InstrumentTerms): void {
    this._terms = terms;
    this.book.setTerms(terms);
    this.changes |= ViewChange.Terms;
  }

  setStatus(status: InstrumentStatus): void {
    this._status = status;
    this.changes |= ViewChange.Status;
  }

  setIndicative(indicative: Indicative | undefined): void {
    if (indicative === undefined && this._indicative === undefined) return;
    this._indicative = indicative;
    this.changes |= ViewChange.Indicative;
  }

  /** What changed since the last call, as bits of `ViewChange`. */
  takeChanges(): number {
    let { changes } = this;
    this.changes = 0;
    const { sequence } = this.book;
    if (sequence !== this.flushedSequence) {
      this.flushedSequence = sequence;
      changes |= ViewChange.Book;
      if (this.#bestMoved()) changes |= ViewChange.BestPrices;
    }
    if (this.trades.next !== this.flushedTrades) {
      this.flushedTrades = this.trades.next;
      changes |= ViewChange.Trades;
    }
    return changes;
  }

  #bestMoved(): boolean {
    const bid = this.book.best(Side.Buy);
    const ask = this.book.best(Side.Sell);
    const before = this.flushedBest;
    const now = [bid?.priceTicks ?? 0, bid?.qtyLots ?? 0, ask?.priceTicks ?? 0, ask?.qtyLots ?? 0];
    const moved = now.some((value, i) => value !== before[i]);
    before.set(now);
    return moved;
  }
}
