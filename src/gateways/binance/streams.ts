import { InstrumentKind, Side } from '#domain/commands.ts';
import {
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  type PublicTrade,
  ViewChange,
} from '#domain/market-views.ts';
import { ChannelHub } from '../websocket/channel-hub.ts';
import type { Feed } from '../websocket/feed.ts';
import type { Subscriber, Subscription } from '../websocket/public-channel.ts';
import { SharedMessage } from '../websocket/shared-message.ts';
import { BinanceLimits } from './limits.ts';
import { aggregateOf } from './market-operations.ts';
import { type BinanceSources, readyViews } from './operations.ts';
import {
  bookTickerFeed,
  DepthFeed,
  KlineFeed,
  NewestFeed,
  partialDepthFeed,
  type StreamTerms,
  TapeFeed,
} from './stream-feeds.ts';
import { type TimeUnit, textsOf, timeOf, timeOfMs } from './texts.ts';
import { dayTicker, miniTicker } from './ticker.ts';

/** How often a stream is sent. */
type Pace = 'fast' | 'medium' | 'slow';

/** A stream's name, read. */
interface StreamName {
  readonly pace: Pace;
  newFeed(stream: StreamTerms): Feed<unknown>;
}

const DEPTH = /^depth(5|10|20)?(?:@(100|1000)ms)?$/;
const KLINE = /^kline_(.+)$/;

/** The public streams, as `SYMBOL@depth`, by the names that Binance gives them. */
export class BinanceStreams {
  declare private readonly sources: BinanceSources;
  declare private readonly hubs: Readonly<Record<Pace, ChannelHub>>;

  constructor(sources: BinanceSources) {
    const { views } = sources;
    this.sources = sources;
    this.hubs = {
      fast: new ChannelHub(views, BinanceLimits.FAST_MS),
      medium: new ChannelHub(views, BinanceLimits.MEDIUM_MS),
      slow: new ChannelHub(views, BinanceLimits.SLOW_MS),
    };
  }

  /** Streams that somebody follows. */
  get count(): number {
    const { fast, medium, slow } = this.hubs;
    return fast.count + medium.count + slow.count;
  }

  /**
   * Follows a stream; undefined where there is none of that name.
   * @param isCombined whether its messages say which stream they are of
   * @param timeUnit of the times in its messages
   * @throws BinanceError while the state of the market is not known
   */
  subscribe(
    name: string,
    isCombined: boolean,
    timeUnit: TimeUnit,
    subscriber: Subscriber,
  ): Subscription | undefined {
    readyViews(this.sources);
    const at = name.indexOf('@');
    const instrument = at === -1 ? undefined : this.#instrument(name.slice(0, at));
    const stream = readStream(name.slice(at + 1));
    if (instrument === undefined || stream === undefined) return undefined;
    const { views, wallMs } = this.sources;
    const eventTime = (): number => timeOfMs(wallMs(), timeUnit);
    const wrap = (event: object): SharedMessage =>
      new SharedMessage(JSON.stringify(isCombined ? { stream: name, data: event } : event));
    const channel = this.hubs[stream.pace].channel(`${isCombined} ${timeUnit} ${name}`, instrument, () =>
      stream.newFeed({ views, instrument, timeUnit, eventTime, wrap }),
    );
    return channel.subscribe(subscriber);
  }

  /** Names of streams have symbols in small letters. */
  #instrument(symbol: string): InstrumentView | undefined {
    const instrument = this.sources.views.instrumentBySymbol(symbol.toUpperCase());
    const isOne = symbol === symbol.toLowerCase() && instrument?.terms.kind === InstrumentKind.Spot;
    return isOne ? instrument : undefined;
  }

  close(): void {
    for (const hub of Object.values(this.hubs)) hub.close();
  }
}

function readStream(name: string): StreamName | undefined {
  switch (name) {
    case 'trade':
      return { pace: 'fast', newFeed: (stream) => tradeFeed(stream) };
    case 'aggTrade':
      return { pace: 'fast', newFeed: (stream) => aggregateFeed(stream) };
    case 'bookTicker':
      return { pace: 'fast', newFeed: bookTickerFeed };
    case 'ticker':
      return { pace: 'slow', newFeed: (stream) => dayTickerFeed(stream) };
    case 'miniTicker':
      return { pace: 'slow', newFeed: (stream) => miniTickerFeed(stream) };
  }
  const [, interval = ''] = KLINE.exec(name) ?? [];
  if (Object.hasOwn(CANDLE_SECONDS, interval))
    return { pace: 'slow', newFeed: (stream) => new KlineFeed(stream, interval as CandleInterval) };
  const depth = DEPTH.exec(name);
  if (depth === null) return undefined;
  const [, levels, speed] = depth;
  return {
    pace: speed === '100' ? 'medium' : 'slow',
    newFeed: (stream) =>
      levels === undefined ? new DepthFeed(stream) : partialDepthFeed(stream, Number(levels)),
  };
}

function tradeFeed(stream: StreamTerms): Feed<unknown> {
  const { views, instrument, timeUnit, eventTime } = stream;
  const { price, quantity } = textsOf(views, instrument.terms);
  const write = (trade: PublicTrade): object => ({
    e: 'trade',
    E: eventTime(),
    s: instrument.terms.symbol,
    t: trade.tradeId,
    p: price(trade.priceTicks),
    q: quantity(trade.qtyLots),
    T: timeOf(trade, timeUnit),
    m: trade.aggressorSide === Side.Sell,
    M: true,
  });
  return new TapeFeed(stream, instrument.trades, write);
}

function aggregateFeed(stream: StreamTerms): Feed<unknown> {
  const { views, instrument, timeUnit, eventTime } = stream;
  const texts = textsOf(views, instrument.terms);
  return new TapeFeed(stream, instrument.aggregateTrades, (trade) => ({
    e: 'aggTrade',
    E: eventTime(),
    s: instrument.terms.symbol,
    ...aggregateOf(texts, trade, timeUnit),
  }));
}

function dayTickerFeed(stream: StreamTerms): Feed<unknown> {
  const { views, instrument, timeUnit } = stream;
  const changes = ViewChange.Trades | ViewChange.BestPrices | ViewChange.Day;
  return new NewestFeed(stream, changes, '24hrTicker', () => {
    const ticker = dayTicker(views, instrument, views.nowSeconds, timeUnit);
    return {
      s: ticker.symbol,
      p: ticker.priceChange,
      P: ticker.priceChangePercent,
      w: ticker.weightedAvgPrice,
      x: ticker.prevClosePrice,
      c: ticker.lastPrice,
      Q: ticker.lastQty,
      b: ticker.bidPrice,
      B: ticker.bidQty,
      a: ticker.askPrice,
      A: ticker.askQty,
      o: ticker.openPrice,
      h: ticker.highPrice,
      l: ticker.lowPrice,
      v: ticker.volume,
      q: ticker.quoteVolume,
      O: ticker.openTime,
      C: ticker.closeTime,
      F: ticker.firstId,
      L: ticker.lastId,
      n: ticker.count,
    };
  });
}

function miniTickerFeed(stream: StreamTerms): Feed<unknown> {
  const { views, instrument, timeUnit } = stream;
  return new NewestFeed(stream, ViewChange.Trades | ViewChange.Day, '24hrMiniTicker', () => {
    const ticker = miniTicker(views, instrument, views.nowSeconds, timeUnit);
    return {
      s: ticker.symbol,
      c: ticker.lastPrice,
      o: ticker.openPrice,
      h: ticker.highPrice,
      l: ticker.lowPrice,
      v: ticker.volume,
      q: ticker.quoteVolume,
    };
  });
}
