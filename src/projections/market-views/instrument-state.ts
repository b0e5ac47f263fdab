import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import {
  type AggregateTrade,
  type Candle,
  type DayStatistics,
  type Indicative,
  type InstrumentStatus,
  type InstrumentTerms,
  type InstrumentView,
  type PublicTrade,
  type Tape,
  ViewChange,
  type ViewGap,
} from '#domain/market-views.ts';
import type { Book } from './book.ts';
import { InstrumentCandles } from './instrument-candles.ts';
import { TradeTape } from './trade-tape.ts';

/** Where the log is, in sequence and in time. */
interface LogTime {
  readonly timeSeconds: number;
}

/** What history has of the trades of an instrument, up to any entry behind the image with which the views began. */
export interface PastTrades {
  /** The newest VIEW_TRADES_MAX, oldest first. */
  readonly trades: readonly PublicTrade[];
  /** Those in which something was traded after second `missedToSeconds`, oldest first; read after `trades`. */
  readonly minutes: readonly Candle[];
  readonly missedToSeconds: number;
  /** There were no other trades than history has. */
  readonly isWhole: boolean;
}

/** All that is public of one instrument, and what of it changed since the last flush. */
export class InstrumentState implements InstrumentView {
  declare readonly book: Book;
  declare readonly tape: TradeTape;
  declare readonly candles: InstrumentCandles;
  /** It waits for the next flush. */
  declare isListed: boolean;
  declare private readonly time: LogTime;
  /** What was traded before events told of it is known, or known to be nothing. */
  declare private isPastKnown: boolean;
  declare private _terms: InstrumentTerms;
  declare private _status: InstrumentStatus;
  declare private _indicative: Indicative | undefined;
  declare private changes: number;
  // As the last flush left them.
  declare private flushedSequence: number;
  declare private flushedTrades: number;
  declare private readonly flushedBest: Float64Array<ArrayBuffer>;

  /** @param past times of which trades may have been missed; undefined: the instrument is new */
  constructor(
    terms: InstrumentTerms,
    status: InstrumentStatus,
    book: Book,
    past: readonly ViewGap[] | undefined,
    time: LogTime,
  ) {
    this.book = book;
    this.tape = new TradeTape();
    this.candles = new InstrumentCandles(past ?? []);
    this.isPastKnown = past === undefined;
    this.isListed = false;
    this.time = time;
    this._terms = terms;
    this._status = status;
    this._indicative = undefined;
    this.changes = ViewChange.Terms | ViewChange.Status;
    this.flushedSequence = 0;
    this.flushedTrades = this.tape.trades.next;
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

  get isLastTradeKnown(): boolean {
    return this.isPastKnown || this.tape.lastTradeId > 0;
  }

  statistics(nowSeconds: number): DayStatistics {
    return {
      ...this.candles.day(Math.max(nowSeconds, this.time.timeSeconds)),
      lastPriceTicks: this.tape.lastPriceTicks,
      lastQtyLots: this.tape.lastQtyLots,
    };
  }

  /** Second `before` has become `now`: whether trades have left the last 24 hours. */
  passTime(before: number, now: number): boolean {
    if (!this.candles.hasOtherDay(before, now)) return false;
    this.changes |= ViewChange.Day;
    return true;
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

  /**
   * Takes in what was traded before the views began.
   * @param imageSequence the entry after which their image stood
   * @returns whether candles and statistics know it too: false when so much came since that history is to be asked again
   */
  fill(imageSequence: number, past: PastTrades): boolean {
    const { tape } = this;
    const trades = past.trades.filter(({ sequence }) => sequence <= imageSequence);
    tape.fill(imageSequence, trades);
    this.isPastKnown ||= past.isWhole;
    this.changes |= ViewChange.Trades;
    const lastTradeId = Math.max(trades.at(-1)?.tradeId ?? 0, past.minutes.at(-1)?.lastTradeId ?? 0);
    if (!tape.hasAllAfter(lastTradeId)) return false;
    const kept = tape.trades.read(tape.trades.oldest, Limits.VIEW_TRADES_MAX);
    const later = kept.filter(({ tradeId }) => tradeId > lastTradeId);
    this.candles.fill(past.minutes, past.missedToSeconds, lastTradeId, later);
    return true;
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
