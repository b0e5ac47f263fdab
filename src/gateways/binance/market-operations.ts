import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import {
  type AggregateTrade,
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  type PublicTrade,
} from '#domain/market-views.ts';
import { BinanceError } from './errors.ts';
import { readSymbolFilter, symbolInfo } from './exchange-info.ts';
import { wholeCandles } from './kline-history.ts';
import { klineOf } from './klines.ts';
import {
  type BinanceSources,
  type PublicOperation,
  readyViews,
  spotInstruments,
  spotOf,
  tradedOf,
} from './operations.ts';
import type { Params } from './params.ts';
import { type Texts, TimeUnit, textsOf, timeOf, timeOfMs } from './texts.ts';
import { bookTicker, dayTicker, miniTicker } from './ticker.ts';

/** Levels of each side in one answer. */
const DEPTH_DEFAULT = 100;
const DEPTH_MAX = 1_000;
const ROWS_DEFAULT = 500;
/** Weight of a question about one symbol, and about all of them. */
const ONE_WEIGHT = 2;
const ALL_WEIGHT = 20;

/** What anybody may ask. */
export function marketOperations(sources: BinanceSources): PublicOperation[] {
  return [
    { method: 'GET', path: '/ping', wsMethod: 'ping', weight: 1, prepare: () => () => ({}) },
    {
      method: 'GET',
      path: '/time',
      wsMethod: 'time',
      weight: 1,
      prepare: (_params, unit) => () => ({ serverTime: timeOfMs(sources.wallMs(), unit) }),
    },
    exchangeInfo(sources),
    depth(sources),
    trades(sources),
    aggregateTrades(sources),
    klines(sources),
    dayTickers(sources),
    priceTickers(sources),
    bookTickers(sources),
  ];
}

function exchangeInfo(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/exchangeInfo',
    wsMethod: 'exchangeInfo',
    weight: ALL_WEIGHT,
    prepare: (params, unit) => {
      const instruments = instrumentsOf(sources, params);
      const isWanted = readSymbolFilter(params);
      const showsPermissions = params.boolean('showPermissionSets') ?? true;
      return () => {
        const views = readyViews(sources);
        return {
          timezone: 'UTC',
          serverTime: timeOfMs(sources.wallMs(), unit),
          // A bucket, which a minute that keeps to it does not empty.
          rateLimits: [
            {
              rateLimitType: 'REQUEST_WEIGHT',
              interval: 'MINUTE',
              intervalNum: 1,
              limit: sources.weightMax,
            },
          ],
          exchangeFilters: [],
          symbols: instruments()
            .list.filter(isWanted)
            .map((instrument) => symbolInfo(views, instrument, showsPermissions)),
        };
      };
    },
  };
}

function depth(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/depth',
    wsMethod: 'depth',
    weight: 5,
    prepare: (params) => {
      const symbol = params.mandatory('symbol');
      const limit = params.limit(DEPTH_DEFAULT, DEPTH_MAX);
      return () => {
        const { terms, book } = spotOf(sources, symbol);
        const { levels } = textsOf(sources.views, terms);
        const { sequence, bids, asks } = book.snapshot(limit);
        return { lastUpdateId: sequence, bids: levels(bids), asks: levels(asks) };
      };
    },
  };
}

function trades(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/trades',
    wsMethod: 'trades.recent',
    weight: 10,
    prepare: (params, unit) => {
      const symbol = params.mandatory('symbol');
      const limit = params.limit(ROWS_DEFAULT, Limits.VIEW_TRADES_MAX);
      return () => {
        const { terms, trades: tape } = tradedOf(sources, symbol);
        const texts = textsOf(sources.views, terms);
        return tape
          .read(Math.max(tape.oldest, tape.next - limit), limit)
          .map((trade) => tradeOf(texts, trade, unit));
      };
    },
  };
}

function tradeOf(texts: Texts, trade: PublicTrade, unit: TimeUnit): object {
  return {
    id: trade.tradeId,
    price: texts.price(trade.priceTicks),
    qty: texts.quantity(trade.qtyLots),
    quoteQty: texts.money(trade.amountMinor),
    time: timeOf(trade, unit),
    isBuyerMaker: trade.aggressorSide === Side.Sell,
    isBestMatch: true,
  };
}

/** Their id is that of their first trade: it grows, and has holes. */
function aggregateTrades(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/aggTrades',
    wsMethod: 'trades.aggregate',
    weight: 4,
    prepare: (params, unit) => {
      const symbol = params.mandatory('symbol');
      const fromId = params.integer('fromId');
      const startMicros = params.startMicros('startTime');
      const endMicros = params.endMicros('endTime') ?? Number.MAX_SAFE_INTEGER;
      const limit = params.limit(ROWS_DEFAULT, Limits.VIEW_TRADES_MAX);
      const isFromStart = fromId !== undefined || startMicros !== undefined;
      return () => {
        const { terms, aggregateTrades: tape } = spotOf(sources, symbol);
        const texts = textsOf(sources.views, terms);
        const wanted = tape.read(tape.oldest, Limits.VIEW_TRADES_MAX).filter((trade) => {
          const micros = timeOf(trade, TimeUnit.Microsecond);
          return trade.firstTradeId >= (fromId ?? 0) && micros >= (startMicros ?? 0) && micros <= endMicros;
        });
        const rows = isFromStart ? wanted.slice(0, limit) : wanted.slice(-limit);
        return rows.map((trade) => aggregateOf(texts, trade, unit));
      };
    },
  };
}

/** An aggregate trade, as REST and streams have it. */
export function aggregateOf(texts: Texts, trade: AggregateTrade, unit: TimeUnit) {
  return {
    a: trade.firstTradeId,
    p: texts.price(trade.priceTicks),
    q: texts.quantity(trade.qtyLots),
    f: trade.firstTradeId,
    l: trade.lastTradeId,
    T: timeOf(trade, unit),
    m: trade.aggressorSide === Side.Sell,
    M: true,
  };
}

function klines(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/klines',
    wsMethod: 'klines',
    weight: 5,
    prepare: (params, unit) => {
      const symbol = params.mandatory('symbol');
      const interval = intervalOf(params.mandatory('interval'));
      const startMicros = params.startMicros('startTime');
      const endMicros = params.endMicros('endTime');
      const limit = params.limit(ROWS_DEFAULT, Limits.HISTORY_CANDLES_MAX);
      return async () => {
        const instrument = spotOf(sources, symbol);
        const { views } = sources;
        const seconds = CANDLE_SECONDS[interval];
        /** The end of the candle that a moment is in. */
        const endOf = (timeSeconds: number) => (Math.floor(timeSeconds / seconds) + 1) * seconds;
        const nowEnd = endOf(views.nowSeconds);
        const candles = await wholeCandles(sources, instrument, {
          interval,
          fromSeconds:
            startMicros === undefined
              ? undefined
              : Math.ceil(startMicros / TimeUnit.Microsecond / seconds) * seconds,
          endSeconds:
            endMicros === undefined ? nowEnd : Math.min(endOf(endMicros / TimeUnit.Microsecond), nowEnd),
          limit,
        });
        const texts = textsOf(views, instrument.terms);
        return candles.map((candle) => klineOf(texts, seconds, candle, unit));
      };
    },
  };
}

/** @throws BinanceError for an interval that there is not, as 3d, 1w and 1M */
export function intervalOf(text: string): CandleInterval {
  if (Object.hasOwn(CANDLE_SECONDS, text)) return text as CandleInterval;
  throw new BinanceError('BAD_INTERVAL', 'Invalid interval.');
}

const DAY_TICKERS: ReadonlyMap<string, typeof dayTicker | typeof miniTicker> = new Map([
  ['FULL', dayTicker],
  ['MINI', miniTicker],
]);

function dayTickers(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/ticker/24hr',
    wsMethod: 'ticker.24hr',
    weight: ALL_WEIGHT,
    prepare: (params, unit) => {
      const instruments = tradedInstrumentsOf(sources, params);
      const write = DAY_TICKERS.get(params.text('type') ?? 'FULL');
      if (write === undefined) throw new BinanceError('INVALID_TICKER_TYPE', 'Invalid ticker type.');
      return () =>
        oneOrAll(instruments(), (one) => write(sources.views, one, sources.views.nowSeconds, unit));
    },
  };
}

function priceTickers(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/ticker/price',
    wsMethod: 'ticker.price',
    weight: ONE_WEIGHT,
    prepare: (params) => {
      const instruments = tradedInstrumentsOf(sources, params);
      return () =>
        oneOrAll(instruments(), (one) => {
          const { lastPriceTicks } = one.statistics(sources.views.nowSeconds);
          return { symbol: one.terms.symbol, price: textsOf(sources.views, one.terms).price(lastPriceTicks) };
        });
    },
  };
}

function bookTickers(sources: BinanceSources): PublicOperation {
  return {
    method: 'GET',
    path: '/ticker/bookTicker',
    wsMethod: 'ticker.book',
    weight: ONE_WEIGHT,
    prepare: (params) => {
      const instruments = instrumentsOf(sources, params);
      return () => oneOrAll(instruments(), (one) => bookTicker(sources.views, one));
    },
  };
}

interface Instruments {
  readonly list: readonly InstrumentView[];
  /** A single one was asked for. */
  readonly isOne: boolean;
}

/** As `instrumentsOf`, those of which it is known what was traded last: the others are left out of all, and cannot be named now. */
function tradedInstrumentsOf(sources: BinanceSources, params: Params): () => Instruments {
  const instruments = instrumentsOf(sources, params, tradedOf);
  return () => {
    const { list, isOne } = instruments();
    return { list: list.filter(({ isLastTradeKnown }) => isLastTradeKnown), isOne };
  };
}

/** The pairs that `symbol` or `symbols` names; neither: all. */
function instrumentsOf(sources: BinanceSources, params: Params, find = spotOf): () => Instruments {
  const symbol = params.text('symbol');
  const symbols = params.texts('symbols');
  if (symbol !== undefined && symbols !== undefined)
    throw new BinanceError('OPTIONAL_PARAMS_BAD_COMBO', 'Combination of optional parameters invalid.');
  if (symbols !== undefined && new Set(symbols).size < symbols.length)
    throw new BinanceError('DUPLICATE_SYMBOLS', 'Symbol is present multiple times in the list.');
  const named = symbol === undefined ? symbols : [symbol];
  return () => ({
    list: named?.map((name) => find(sources, name)) ?? spotInstruments(readyViews(sources)),
    isOne: symbol !== undefined,
  });
}

function oneOrAll({ list, isOne }: Instruments, write: (instrument: InstrumentView) => object): unknown {
  return isOne ? write(list[0]) : list.map(write);
}
