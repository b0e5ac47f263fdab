import { type Static, type TSchema, Type } from 'typebox';
import {
  Asset,
  assetJson,
  Book,
  bookJson,
  Instrument,
  instrumentJson,
  Ticker,
  Trade,
  TradingStatus,
  tickerJson,
  tradeJson,
  tradingStatusJson,
} from '#codec/json/market-json.ts';
import { named, pageQuery, ref, Sequence, SymbolText } from '#codec/json/schemas.ts';
import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { AssetTerms, InstrumentView, MarketViews } from '#domain/market-views.ts';
import { Problem } from './problems.ts';
import { publicRoute, type Route } from './routes.ts';
import { type RestSources, readyViews, sliceAfter } from './sources.ts';

/** Levels of each side in one answer. */
const BOOK_LEVELS_MAX = 1_000;
/** Trades of memory in one answer. */
const RECENT_TRADES_MAX = Limits.HISTORY_PAGE_MAX;

function listOf<Schema extends TSchema>(name: string, description: string, item: Schema) {
  return named(name, description, {
    sequence: Sequence,
    items: Type.Array(ref(item)),
    cursor: Type.Optional(Type.String({ description: 'of the next page; absent: that was all' })),
  });
}

const Assets = listOf('Assets', 'Assets.', Asset);
const Instruments = listOf('Instruments', 'Instruments in the order in which they were added.', Instrument);
const TradingStatuses = listOf('TradingStatuses', 'Phases of instruments.', TradingStatus);
const Tickers = listOf('Tickers', 'Tickers of instruments.', Ticker);
const RecentTrades = listOf('RecentTrades', 'The newest trades, newest first.', Trade);

export const symbolParam = { symbol: SymbolText };

/** Public market state: from memory, as the events of the log left it. */
export function marketRoutes(sources: RestSources): Route[] {
  const tag = 'market';
  const instrumentsOf = <Json>(
    { limit = 100, cursor }: { readonly limit?: number; readonly cursor?: string },
    toJson: (views: MarketViews, instrument: InstrumentView) => Json,
  ) => {
    const views = readyViews(sources);
    const numberOf = ({ terms }: InstrumentView) => terms.instrumentId;
    const page = sliceAfter(views.instruments(), numberOf, limit, cursor);
    return { sequence: views.sequence, ...page, items: page.items.map((item) => toJson(views, item)) };
  };
  return [
    publicRoute({
      path: '/assets',
      weight: 1,
      tag,
      operationId: 'listAssets',
      summary: 'Assets that balances are kept of, in the order in which they were added',
      answer: Assets,
      problems: ['starting'],
      handle: () => assetsOf(readyViews(sources)),
    }),
    publicRoute({
      path: '/instruments',
      weight: 2,
      tag,
      operationId: 'listInstruments',
      summary: 'Instruments with their rules',
      query: pageQuery,
      answer: Instruments,
      problems: ['starting'],
      handle: ({ query }) => instrumentsOf(query, (views, { terms }) => instrumentJson(views, terms)),
    }),
    publicRoute({
      path: '/instruments/:symbol',
      weight: 1,
      tag,
      operationId: 'getInstrument',
      summary: 'One instrument with its rules',
      params: symbolParam,
      answer: Instrument,
      problems: ['starting', 'UNKNOWN_INSTRUMENT'],
      handle: ({ params }) => {
        const views = readyViews(sources);
        return instrumentJson(views, instrumentOf(views, params.symbol).terms);
      },
    }),
    publicRoute({
      path: '/phases',
      weight: 2,
      tag,
      operationId: 'listPhases',
      summary: 'In which phase every instrument is',
      query: pageQuery,
      answer: TradingStatuses,
      problems: ['starting'],
      handle: ({ query }) => instrumentsOf(query, (_views, instrument) => tradingStatusJson(instrument)),
    }),
    publicRoute({
      path: '/instruments/:symbol/phase',
      weight: 1,
      tag,
      operationId: 'getPhase',
      summary: 'In which phase an instrument is, and what its auction would do now',
      params: symbolParam,
      answer: TradingStatus,
      problems: ['starting', 'UNKNOWN_INSTRUMENT'],
      handle: ({ params }) => tradingStatusJson(instrumentOf(readyViews(sources), params.symbol)),
    }),
    publicRoute({
      path: '/instruments/:symbol/book',
      weight: 2,
      tag,
      operationId: 'getBook',
      summary: 'The book by price, with the sequence at which streams go on',
      params: symbolParam,
      query: {
        depth: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: BOOK_LEVELS_MAX,
            default: 25,
            description: 'levels of each side at most',
          }),
        ),
      },
      answer: Book,
      problems: ['starting', 'UNKNOWN_INSTRUMENT'],
      handle: ({ params, query }) => {
        const { terms, book } = instrumentOf(readyViews(sources), params.symbol);
        return bookJson(terms, book.snapshot(query.depth as number), book.checksum());
      },
    }),
    publicRoute({
      path: '/instruments/:symbol/trades',
      weight: 2,
      tag,
      operationId: 'listNewestTrades',
      summary: 'The newest trades; older ones are at /trades',
      params: symbolParam,
      query: { limit: pageQuery.limit },
      answer: RecentTrades,
      problems: ['starting', 'UNKNOWN_INSTRUMENT', 'history-behind'],
      handle: ({ params, query }) => {
        const views = readyViews(sources);
        const { terms, trades, isLastTradeKnown } = instrumentOf(views, params.symbol);
        if (!isLastTradeKnown)
          throw new Problem(
            'history-behind',
            'what was traded before the node started is being read: ask again',
            {
              headers: { 'retry-after': '1' },
            },
          );
        const limit = Math.min(query.limit as number, RECENT_TRADES_MAX);
        const newest = trades.read(Math.max(trades.oldest, trades.next - limit), limit).reverse();
        return {
          sequence: views.sequence,
          items: newest.map((trade) => tradeJson(views, terms, trade)),
        };
      },
    }),
    publicRoute({
      path: '/tickers',
      weight: 10,
      tag,
      operationId: 'listTickers',
      summary: 'The last 24 hours of every instrument',
      query: pageQuery,
      answer: Tickers,
      problems: ['starting'],
      handle: ({ query }) => instrumentsOf(query, tickerOf),
    }),
    publicRoute({
      path: '/instruments/:symbol/ticker',
      weight: 1,
      tag,
      operationId: 'getTicker',
      summary: 'The last 24 hours of an instrument, and its best prices',
      params: symbolParam,
      answer: Ticker,
      problems: ['starting', 'UNKNOWN_INSTRUMENT'],
      handle: ({ params }) => {
        const views = readyViews(sources);
        return tickerOf(views, instrumentOf(views, params.symbol));
      },
    }),
  ];
}

/** @throws Problem for a symbol that no instrument has */
export function instrumentOf(views: MarketViews, symbol: string): InstrumentView {
  const instrument = views.instrumentBySymbol(symbol);
  if (instrument === undefined)
    throw new Problem(
      'UNKNOWN_INSTRUMENT',
      `there is no instrument ${symbol}: /api/v1/instruments lists them`,
    );
  return instrument;
}

function tickerOf(views: MarketViews, instrument: InstrumentView): Static<typeof Ticker> {
  const { terms, book } = instrument;
  const statistics = instrument.statistics(views.nowSeconds);
  return tickerJson(views, terms, statistics, book.best(Side.Buy), book.best(Side.Sell));
}

/** The number of the asset with this symbol. @throws Problem */
export function assetOf(views: MarketViews, symbol: string): AssetTerms {
  for (const asset of views.assets()) if (asset.symbol === symbol) return asset;
  throw new Problem('UNKNOWN_ASSET', `there is no asset ${symbol}: /api/v1/assets lists them`);
}

function assetsOf(views: MarketViews): Static<typeof Assets> {
  return { sequence: views.sequence, items: Array.from(views.assets(), assetJson) };
}
