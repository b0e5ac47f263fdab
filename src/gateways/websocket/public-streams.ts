import { BOOK_DEPTH_DEFAULT, BOOK_DEPTHS, type BookDepth } from '#codec/json/stream-json.ts';
import {
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  type MarketViews,
  type MarketViewsListener,
} from '#domain/market-views.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { BookFeed } from './book-feed.ts';
import type { Feed } from './feed.ts';
import { PublicChannel, type Subscriber, type Subscription } from './public-channel.ts';
import { CandlesFeed, phaseFeed, tickerFeed } from './state-feeds.ts';
import { TradesFeed } from './trades-feed.ts';

/** Forms of public channels, for messages. */
export const PUBLIC_CHANNELS =
  'book.SYMBOL, trades.SYMBOL, ticker.SYMBOL, candles.SYMBOL.INTERVAL and phase.SYMBOL';

type AnyChannel = PublicChannel<unknown>;

/**
 * The public channels that somebody follows. What changed is sent at most once in `flushMs`: the first change after a
 * quiet time at once, what follows together.
 */
export class PublicStreams implements MarketViewsListener {
  /** Times that changed channels were sent. */
  declare flushes: number;
  declare private readonly views: MarketViews;
  declare private readonly flushMs: number;
  declare private readonly channels: Map<string, AnyChannel>;
  declare private readonly byInstrument: Map<number, Set<AnyChannel>>;
  declare private readonly changed: Set<AnyChannel>;
  declare private timer: NodeJS.Timeout | undefined;
  declare private flushedMs: number;
  declare private readonly unsubscribe: () => void;

  constructor(views: MarketViews, flushMs: number) {
    this.flushes = 0;
    this.views = views;
    this.flushMs = flushMs;
    this.channels = new Map();
    this.byInstrument = new Map();
    this.changed = new Set();
    this.timer = undefined;
    this.flushedMs = Number.NEGATIVE_INFINITY;
    this.unsubscribe = views.subscribe(this);
  }

  /** Channels that somebody follows. */
  get count(): number {
    return this.channels.size;
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
    const channel =
      this.channels.get(key) ?? this.#open(key, instrument, this.#feed(kind, instrument, interval, levels));
    return channel.subscribe(subscriber);
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

  onViewChange(instrument: InstrumentView, changes: number): void {
    const channels = this.byInstrument.get(instrument.terms.instrumentId);
    if (channels === undefined) return;
    for (const channel of channels) {
      if ((channel.feed.changes & changes) !== 0) this.#onChange(channel);
    }
  }

  /** Every state that clients have is of before: what it takes to get them to the new one, feeds know. */
  onViewRestart(): void {
    for (const channel of this.channels.values()) this.#onChange(channel);
  }

  close(): void {
    clearTimeout(this.timer);
    this.unsubscribe();
  }

  #open(key: string, instrument: InstrumentView, feed: Feed<unknown>): AnyChannel {
    const { instrumentId } = instrument.terms;
    const siblings = this.byInstrument.get(instrumentId) ?? new Set();
    const channel: AnyChannel = new PublicChannel(feed, () => {
      this.channels.delete(key);
      this.changed.delete(channel);
      siblings.delete(channel);
      if (siblings.size === 0) this.byInstrument.delete(instrumentId);
    });
    this.channels.set(key, channel);
    this.byInstrument.set(instrumentId, siblings.add(channel));
    return channel;
  }

  #onChange(channel: AnyChannel): void {
    channel.invalidate();
    this.changed.add(channel);
    if (this.timer !== undefined) return;
    const waitMs = Math.max(0, this.flushedMs + this.flushMs - performance.now());
    this.timer = setTimeout(() => this.#flush(), waitMs);
  }

  #flush(): void {
    this.timer = undefined;
    this.flushedMs = performance.now();
    this.flushes++;
    for (const channel of this.changed) channel.publish();
    this.changed.clear();
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
    `public are ${PUBLIC_CHANNELS}; private are reports, balances and positions`,
  );
}
