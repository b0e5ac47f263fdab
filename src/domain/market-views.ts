import type { Phase, Side } from './commands.ts';
import type { InstrumentAdded } from './events.ts';

/**
 * Public market state as doors that speak text read it (docs/market-views.md). Everything is integers: prices in ticks,
 * quantities in lots, money in minor units; sums that may pass 2^53 are bigint. What is handed out is immutable and may
 * be kept; two reads without a change in between hand out the same object, so that a door can encode it once for all
 * of its clients and keep the bytes beside it in a `WeakMap`.
 */
export interface MarketViews {
  /** Grows when the views begin anew after events were missed: every stream then starts with new snapshots. */
  readonly generation: number;
  /** False from the beginning, or a new one, until what stands is known: until then nothing is to be shown. */
  readonly isReady: boolean;
  /** Log sequence and log time of the newest event seen. */
  readonly sequence: number;
  readonly timeSeconds: number;
  /** The present second. Log time says it while events come; while none do, whoever owns the views. */
  readonly nowSeconds: number;
  /** Times of which no events came, oldest first: of their trades only what history has told is known here. */
  readonly gaps: readonly ViewGap[];
  asset(assetId: number): AssetTerms | undefined;
  /** Every asset, in the order in which they were added. */
  assets(): Iterable<AssetTerms>;
  instrument(instrumentId: number): InstrumentView | undefined;
  instrumentBySymbol(symbol: string): InstrumentView | undefined;
  /** In the order in which they were added. */
  instruments(): Iterable<InstrumentView>;
  /** Calls `listener` from the next flush on; returns how to stop that. */
  subscribe(listener: MarketViewsListener): () => void;
}

/** Called at the end of a flush. A listener may read everything; it must not throw. */
export interface MarketViewsListener {
  /** @param changes bits of `ViewChange`: what of the instrument is not as it was at the flush before. */
  onViewChange(instrument: InstrumentView, changes: number): void;
  /** The views begin, or began anew (`generation` has grown), and are ready. Comes before the changes of the same flush. */
  onViewRestart(): void;
}

/** What a flush found changed. */
export const ViewChange = {
  /** The instrument is new, or its terms are. */
  Terms: 1,
  /** Phase, its end, or suspension. */
  Status: 2,
  /** Price, quantity or surplus of an auction that collects. */
  Indicative: 4,
  /** Any level of the book. */
  Book: 8,
  /** Price or quantity of the best level of a side. */
  BestPrices: 16,
  /** There are new trades: candles and statistics have changed too. */
  Trades: 32,
  /** Trades have left the last 24 hours: statistics have changed. */
  Day: 64,
} as const;

export interface AssetTerms {
  readonly assetId: number;
  readonly symbol: string;
  /** Decimal digits of the minor unit. */
  readonly decimals: number;
}

type NotTerms =
  | 'type'
  | 'flags'
  | 'sizeWords'
  | 'sequence'
  | 'timeSeconds'
  | 'timeNanos'
  | 'userId'
  | 'reportNumber'
  | 'phase';

/** The fields of `InstrumentAdded`, but its header and the phase. */
export type InstrumentTerms = {
  readonly [Name in Exclude<keyof typeof InstrumentAdded.at, NotTerms>]: Name extends 'symbol'
    ? string
    : number;
};

export interface InstrumentView {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentStatus;
  /** What the auction that collects would do now; undefined when nothing would trade or none collects. */
  readonly indicative: Indicative | undefined;
  readonly book: BookView;
  /** Single trades. */
  readonly trades: Tape<PublicTrade>;
  /** Trades of one incoming order at one price as one; see `AggregateTrade`. */
  readonly aggregateTrades: Tape<AggregateTrade>;
  readonly candles: CandlesView;
  /** False: nothing is known of trades, and there may have been some before the views began. */
  readonly isLastTradeKnown: boolean;
  /** The last 24 hours, in whole minutes, the one of `nowSeconds` included. */
  statistics(nowSeconds: number): DayStatistics;
}

export interface InstrumentStatus {
  readonly phase: Phase;
  /** The phase that follows at `endSeconds`; 0 while that is 0. */
  readonly nextPhase: Phase | 0;
  /** Second at which the phase ends by itself; 0: until changed. */
  readonly endSeconds: number;
  /** A kill switch of the instrument or of the venue refuses new orders. */
  readonly isSuspended: boolean;
}

export interface Indicative {
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly surplusQtyLots: number;
  /** Side with the surplus; 0 none. */
  readonly surplusSide: Side | 0;
}

/** One price of one side. */
export interface BookLevel {
  readonly priceTicks: number;
  /** Displayed; 0 in changes: the level is gone. */
  readonly qtyLots: number;
  /** Displayed orders. */
  readonly orders: number;
}

export interface BookSnapshot {
  readonly instrumentId: number;
  readonly sequence: number;
  /** Best price first, as asks. */
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** The levels that changed after `previousSequence`, up to `sequence`, as they are now. */
export interface BookChanges extends BookSnapshot {
  readonly previousSequence: number;
}

export interface BookView {
  /** Grows strictly with every change that was flushed or read; at least the log sequence of that change. */
  readonly sequence: number;
  /** Number of levels of a side. */
  depth(side: Side): number;
  /** The best level of a side, undefined when it is empty. */
  best(side: Side): BookLevel | undefined;
  /** At most `depth` levels of each side. */
  snapshot(depth: number): BookSnapshot;
  /**
   * What a reader at `sequence` needs to be at the present one: nothing when it is there already; undefined when that
   * is too long ago, or was never: take a snapshot.
   */
  changesSince(sequence: number): BookChanges | undefined;
  /** CRC-32 of the top of the book, 0 to 2^32 - 1: docs/market-views.md, section "Checksum". */
  checksum(): number;
}

/** The newest of a row of things, by position: positions count without holes, as long as the process lives. */
export interface Tape<T> {
  /** Position of the oldest one that is kept; `next` when there is none. */
  readonly oldest: number;
  /** Position that the next one will have. */
  readonly next: number;
  /** At most `max` of those kept from position `from` on, oldest first. */
  read(from: number, max: number): T[];
}

export interface PublicTrade {
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Money that changed hands, in minor units of the quote asset. */
  readonly amountMinor: number;
  /** Side of the incoming order; 0 in an auction, which has none. */
  readonly aggressorSide: Side | 0;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  /** Log sequence. */
  readonly sequence: number;
}

/**
 * Consecutive trades of one instrument at one price with one incoming order; all of an uncross are one. It is there once
 * it is complete, which is always within the command that caused it.
 */
export interface AggregateTrade {
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly aggressorSide: Side | 0;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly sequence: number;
}

/** Lengths of candles in seconds. All begin at multiples of their length since the Unix epoch (UTC). */
export const CANDLE_SECONDS = {
  '1s': 1,
  '1m': 60,
  '3m': 180,
  '5m': 300,
  '15m': 900,
  '30m': 1_800,
  '1h': 3_600,
  '2h': 7_200,
  '4h': 14_400,
  '6h': 21_600,
  '8h': 28_800,
  '12h': 43_200,
  '1d': 86_400,
} as const;
export type CandleInterval = keyof typeof CANDLE_SECONDS;

/** What was traded in one stretch of time. There is none where nothing was. */
export interface TradeSummary {
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly closeTicks: number;
  readonly trades: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly volumeLots: bigint;
  readonly quoteVolumeMinor: bigint;
  /** Of these, what incoming buys took. */
  readonly takerBuyLots: bigint;
  readonly takerBuyQuoteMinor: bigint;
}

export interface Candle extends TradeSummary {
  readonly openSeconds: number;
  /** False: trades of this time may be missing here; the history database has them. */
  readonly isComplete: boolean;
}

export interface CandlesView {
  /** The candle of the newest trade; undefined before there is one, or when it is not in memory any more. */
  latest(interval: CandleInterval): Candle | undefined;
  /**
   * Candles that begin in `fromSeconds` up to, not including, `toSeconds`, oldest first, at most the newest `max`. Those
   * that begin before `keptFromSeconds` are left out: the history database has them.
   */
  range(interval: CandleInterval, fromSeconds: number, toSeconds: number, max: number): Candle[];
  /** First second that candles of this interval may begin at: of those before, trades were pushed out of memory. */
  keptFromSeconds(interval: CandleInterval): number;
  /**
   * First second from which on all candles of this interval that begin before `toSeconds` are whole: none of their trades
   * was pushed out of memory, or missed.
   */
  wholeFromSeconds(interval: CandleInterval, toSeconds: number): number;
}

export interface DayStatistics {
  /** Where the window begins: the first second of a minute. */
  readonly fromSeconds: number;
  /** Undefined when nothing was traded in the window. */
  readonly traded: TradeSummary | undefined;
  /** False: trades in the window may be missing here. */
  readonly isComplete: boolean;
  /** Price and quantity of the newest trade known, in the window or before it; 0 none. */
  readonly lastPriceTicks: number;
  readonly lastQtyLots: number;
}

/** Trades after `fromSeconds` began and until `toSeconds` ended may have been missed. */
export interface ViewGap {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}
