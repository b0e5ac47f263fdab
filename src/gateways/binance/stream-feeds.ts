import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import {
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  type MarketViews,
  type Tape,
  ViewChange,
} from '#domain/market-views.ts';
import type { Feed, Update } from '../websocket/feed.ts';
import type { SharedMessage } from '../websocket/shared-message.ts';
import { klineOf } from './klines.ts';
import { type TimeUnit, textsOf } from './texts.ts';

/** What the feeds of one stream share. */
export interface StreamTerms {
  readonly views: MarketViews;
  readonly instrument: InstrumentView;
  /** Of the times in events. */
  readonly timeUnit: TimeUnit;
  /** E: now. */
  eventTime(): number;
  /** An event as it goes out: as it is, or with the stream's name around it. */
  wrap(event: object): SharedMessage;
}

interface Place {
  readonly sequence: number;
}

/** Changes of a book's levels. A client begins where the book is; a snapshot of REST is its beginning. */
export class DepthFeed implements Feed<Place> {
  declare readonly changes: number;
  declare private readonly stream: StreamTerms;
  /** Of the newest sequence: one object, so that clients there share their messages. */
  declare private place: Place | undefined;

  constructor(stream: StreamTerms) {
    this.changes = ViewChange.Book;
    this.stream = stream;
    this.place = undefined;
  }

  update(place: Place | undefined): Update<Place> | undefined {
    const { book, terms } = this.stream.instrument;
    const { sequence } = book;
    if (place?.sequence === sequence) return undefined;
    if (this.place?.sequence !== sequence) this.place = { sequence };
    if (place === undefined) return { message: undefined, state: this.place };
    const changes = book.changesSince(place.sequence);
    // What is lacking is not known any more: a hole between two numbers says so.
    const { bids, asks } = changes ?? { bids: [], asks: [] };
    if (changes !== undefined && bids.length === 0 && asks.length === 0) return undefined;
    const { levels } = textsOf(this.stream.views, terms);
    const message = this.stream.wrap({
      e: 'depthUpdate',
      E: this.stream.eventTime(),
      s: terms.symbol,
      U: changes === undefined ? sequence : place.sequence + 1,
      u: sequence,
      b: levels(bids),
      a: levels(asks),
    });
    return { message, state: this.place };
  }
}

/** A stream of which only the newest message counts. The state of a client is what it was told, without the time. */
export class NewestFeed implements Feed<string> {
  declare readonly changes: number;
  declare private readonly stream: StreamTerms;
  declare private readonly write: () => object;
  declare private readonly event: string;

  /** @param event e, which comes with E; empty: neither does */
  constructor(stream: StreamTerms, changes: number, event: string, write: () => object) {
    this.changes = changes;
    this.stream = stream;
    this.event = event;
    this.write = write;
  }

  update(state: string | undefined): Update<string> | undefined {
    const { stream, event } = this;
    const body = this.write();
    const text = JSON.stringify(body);
    if (text === state) return undefined;
    const head = event === '' ? {} : { e: event, E: stream.eventTime() };
    return { message: stream.wrap({ ...head, ...body }), state: text };
  }
}

interface TapePlace {
  /** Position of the next one that the client lacks. */
  readonly next: number;
  readonly generation: number;
}

/** Each trade as a message of its own, from now on. */
export class TapeFeed<Row> implements Feed<TapePlace> {
  declare readonly changes: number;
  declare private readonly stream: StreamTerms;
  declare private readonly tape: Tape<Row>;
  declare private readonly write: (row: Row) => object;
  /** At the end of the tape: one object, so that clients there share their messages. */
  declare private end: TapePlace | undefined;

  constructor(stream: StreamTerms, tape: Tape<Row>, write: (row: Row) => object) {
    this.changes = ViewChange.Trades;
    this.stream = stream;
    this.tape = tape;
    this.write = write;
    this.end = undefined;
  }

  update(place: TapePlace | undefined): Update<TapePlace> | undefined {
    const { oldest, next } = this.tape;
    if (place === undefined) return { message: undefined, state: this.#placeAt(next) };
    // Trades that are lost leave a hole in the numbers.
    if (place.generation !== this.stream.views.generation || place.next < oldest)
      return { message: undefined, state: this.#placeAt(Math.max(place.next, oldest)) };
    if (place.next === next) return undefined;
    const [row] = this.tape.read(place.next, 1);
    return { message: this.stream.wrap(this.write(row)), state: this.#placeAt(place.next + 1) };
  }

  #placeAt(next: number): TapePlace {
    const { generation } = this.stream.views;
    if (this.end?.next !== next || this.end.generation !== generation) this.end = { next, generation };
    return this.end;
  }
}

interface KlinePlace {
  readonly openSeconds: number;
  readonly trades: number;
}

/** The candle that changes; when others have begun, those before as closed. */
export class KlineFeed implements Feed<KlinePlace> {
  declare readonly changes: number;
  declare private readonly stream: StreamTerms;
  declare private readonly interval: CandleInterval;
  declare private place: KlinePlace | undefined;

  constructor(stream: StreamTerms, interval: CandleInterval) {
    this.changes = ViewChange.Trades;
    this.stream = stream;
    this.interval = interval;
    this.place = undefined;
  }

  update(place: KlinePlace | undefined): Update<KlinePlace> | undefined {
    const { candles } = this.stream.instrument;
    const latest = candles.latest(this.interval);
    if (latest === undefined) return undefined;
    const { openSeconds, trades } = latest;
    if (place?.openSeconds === openSeconds && place.trades === trades) return undefined;
    if (place !== undefined && place.openSeconds !== openSeconds) {
      const since = candles.range(
        this.interval,
        place.openSeconds,
        openSeconds + 1,
        Limits.HISTORY_CANDLES_MAX,
      );
      const isKept = since[0]?.openSeconds === place.openSeconds;
      const [closed, next = latest] = isKept ? since : [undefined, ...since];
      const state = this.#placeAt(next.openSeconds, 0);
      return { message: closed && this.#message(closed, true), state };
    }
    return { message: this.#message(latest, false), state: this.#placeAt(openSeconds, trades) };
  }

  #placeAt(openSeconds: number, trades: number): KlinePlace {
    if (this.place?.openSeconds !== openSeconds || this.place.trades !== trades)
      this.place = { openSeconds, trades };
    return this.place;
  }

  #message(candle: Parameters<typeof klineOf>[2], isClosed: boolean): SharedMessage {
    const { views, instrument, timeUnit, eventTime, wrap } = this.stream;
    const { symbol } = instrument.terms;
    const seconds = CANDLE_SECONDS[this.interval];
    const texts = textsOf(views, instrument.terms);
    const [t, o, h, l, c, v, T, q, n, V, Q, B] = klineOf(texts, seconds, candle, timeUnit);
    const { firstTradeId, lastTradeId } = candle;
    const k = { t, T, s: symbol, i: this.interval, f: firstTradeId, L: lastTradeId };
    return wrap({
      e: 'kline',
      E: eventTime(),
      s: symbol,
      k: { ...k, o, c, h, l, v, n, x: isClosed, q, V, Q, B },
    });
  }
}

/** The best prices, each time that they change. */
export function bookTickerFeed(stream: StreamTerms): Feed<string> {
  const { book, terms } = stream.instrument;
  return new NewestFeed(stream, ViewChange.BestPrices, '', () => {
    const { price, quantity } = textsOf(stream.views, terms);
    const bid = book.best(Side.Buy);
    const ask = book.best(Side.Sell);
    return {
      u: book.sequence,
      s: terms.symbol,
      b: price(bid?.priceTicks ?? 0),
      B: quantity(bid?.qtyLots ?? 0),
      a: price(ask?.priceTicks ?? 0),
      A: quantity(ask?.qtyLots ?? 0),
    };
  });
}

/** The best levels of each side. */
export function partialDepthFeed(stream: StreamTerms, depth: number): Feed<string> {
  return new NewestFeed(stream, ViewChange.Book, '', () => {
    const { book, terms } = stream.instrument;
    const { levels } = textsOf(stream.views, terms);
    const { sequence, bids, asks } = book.snapshot(depth);
    return { lastUpdateId: sequence, bids: levels(bids), asks: levels(asks) };
  });
}
