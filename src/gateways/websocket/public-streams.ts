import { BOOK_DEPTH_DEFAULT, BOOK_DEPTHS, type BookDepth } from '#codec/json/stream-json.ts';
import {
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  type MarketViews,
} from '#domain/market-views.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { BookFeed } from './book-feed.ts';
import { ChannelHub } from './channel-hub.ts';
import type { Feed } from './feed.ts';
import type { Subscriber, Subscription } from './public-channel.ts';
import { CandlesFeed, phaseFeed, tickerFeed } from './state-feeds.ts';
import { TradesFeed } from './trades-feed.ts';

/** Forms of public channels, for messages. */
export const PUBLIC_CHANNELS =
  'book.SYMBOL, trades.SYMBOL, ticker.SYMBOL, candles.SYMBOL.INTERVAL and phase.SYMBOL';

/** The public channels of the venue's own protocol. */
export class PublicStreams {
  declare private readonly views: MarketViews;
  declare private readonly hub: ChannelHub;

  /** @param flushMs what changed is sent at most once in so many milliseconds */
  constructor(views: MarketViews, flushMs: number) {
    this.views = views;
    this.hub = new ChannelHub(views, flushMs);
  }

  /** Channels that somebody follows. */
  get count(): number {
    return this.hub.count;
  }

  /** Times that changed channels were sent. */
  get flushes(): number {
    return this.hub.flushes;
  }

  /** @throws Problem for a channel or an option that is none */
  subscribe(name: string, depth: number | undefined, subscriber: Subscriber): Subscription {
    const { views } = this;
    if (!views.isReady) throw new Problem('starting', 'the state of the market is being read: ask again');
    const { kind, symbol, interval } = partsOf(name);
    if (depth !== undefined && kind !== 'book') throw invalidField('depth', 'is of books only');
    const levels = depth ?? BOOK_DEPTH_DEFAULT;
    if (!BOOK_DEPTHS.includes(levels as BookDepth))
      throw invalidField('depth', `must be one of ${BOOK_DEPTHS.join(', ')}`);
    const instrument = views.instrumentBySymbol(symbol);
    if (instrument === undefined) throw new Problem('UNKNOWN_INSTRUMENT', `there is no instrument ${symbol}`);
    const key = kind === 'book' ? `${name}@${levels}` : name;
    return this.hub
      .channel(key, instrument, () => this.#feed(kind, instrument, interval, levels))
      .subscribe(subscriber);
  }

  #feed(kind: Kind, instrument: InstrumentView, interval: CandleInterval, levels: number): Feed<unknown> {
    const { views } = this;
    switch (kind) {
      case 'book':
        return new BookFeed(instrument, levels);
      case 'trades':
        return new TradesFeed(views, instrument);
      case 'ticker':
        return tickerFeed(views, instrument);
      case 'phase':
        return phaseFeed(instrument);
      case 'candles':
        return new CandlesFeed(views, instrument, interval);
    }
  }

  close(): void {
    this.hub.close();
  }
}

const KINDS = ['book', 'trades', 'ticker', 'candles', 'phase'] as const;
type Kind = (typeof KINDS)[number];

/** A symbol may have points in it: what stands before the first and, of candles, behind the last is not the symbol. */
function partsOf(name: string): { kind: Kind; symbol: string; interval: CandleInterval } {
  const first = name.indexOf('.');
  const kind = name.slice(0, Math.max(0, first)) as Kind;
  if (!KINDS.includes(kind)) throw noSuchChannel();
  const end = kind === 'candles' ? name.lastIndexOf('.') : name.length;
  const interval = name.slice(end + 1);
  if (end === first) throw noSuchChannel();
  if (kind === 'candles' && !Object.hasOwn(CANDLE_SECONDS, interval)) {
    throw invalidField('channel', `must end with one of ${Object.keys(CANDLE_SECONDS).join(', ')}`);
  }
  return { kind, symbol: name.slice(first + 1, end), interval: interval as CandleInterval };
}

function noSuchChannel(): Problem {
  return new Problem(
    'unknown-channel',
    `public are ${PUBLIC_CHANNELS}; private are reports, balances, positions and orders; of the venue are those of docs/protocols/websocket.md`,
  );
}
