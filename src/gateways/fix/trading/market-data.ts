import { AppTag } from '#codec/fix/application-tags.ts';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { InstrumentView, MarketViews } from '#domain/market-views.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import type { AnswerPace } from './answer-pace.ts';
import type { FixInstruments } from './instruments.ts';
import { EntryType, MarketDataStream } from './market-data-stream.ts';
import { Subscription } from './reference-data.ts';

/** Most levels of a side that are shown: a snapshot of them fits one message. */
export const MARKET_DEPTH_MAX = 100;
/** Streams of one session. */
const STREAMS_MAX = 256;
/** Levels of both sides that are written in the time that an Execution Report takes. */
const LEVELS_PER_WEIGHT = 16;
/** MDUpdateType (265). */
const INCREMENTAL = 1;

/** MDReqRejReason (281). */
const Refusal = {
  UnknownSymbol: '0',
  DuplicateId: '1',
  TooMany: '2',
  Subscription: '4',
  Depth: '5',
  UpdateType: '6',
  AggregatedBook: '7',
  EntryType: '8',
} as const;

/** Market data of one session: MarketDataRequest (V), answered by W and X, or refused by Y. */
export class MarketData {
  declare private readonly session: FixApplicationSession;
  declare private readonly views: MarketViews;
  declare private readonly instruments: FixInstruments;
  declare private readonly pace: AnswerPace;
  declare private readonly is50: boolean;
  /** Streams by MDReqID. */
  declare private readonly requests: Map<string, readonly MarketDataStream[]>;
  declare private readonly byInstrument: Map<number, Set<MarketDataStream>>;
  declare private streams: number;
  /** Streams with something to send. */
  declare private readonly waiting: Set<MarketDataStream>;

  constructor(
    session: FixApplicationSession,
    views: MarketViews,
    instruments: FixInstruments,
    pace: AnswerPace,
  ) {
    this.session = session;
    this.views = views;
    this.instruments = instruments;
    this.pace = pace;
    this.is50 = session.identity.beginString === FixVersion.Fixt11;
    this.requests = new Map();
    this.byInstrument = new Map();
    this.streams = 0;
    this.waiting = new Set();
  }

  /** MarketDataRequest (V). */
  request(message: FixMessage): FixVerdict {
    if (this.session.isFull) return FixVerdict.Later;
    const reqId = message.text(AppTag.MDReqID) ?? '';
    const subscription = message.text(AppTag.SubscriptionRequestType) ?? '';
    if (subscription === Subscription.Unsubscribe) {
      this.#forget(reqId);
      return FixVerdict.Taken;
    }
    const isFollowed = subscription === Subscription.Subscribe;
    const depth = message.uint(AppTag.MarketDepth);
    const updateType = Math.max(0, message.uint(AppTag.MDUpdateType));
    const entryTypes = entryTypesOf(message);
    const views = this.#viewsOf(message);
    if (!isFollowed && subscription !== Subscription.Snapshot) {
      this.#refuse(reqId, Refusal.Subscription, 'SubscriptionRequestType must be 0, 1 or 2');
    } else if (this.requests.has(reqId)) {
      this.#refuse(reqId, Refusal.DuplicateId, 'there is a stream with this MDReqID');
    } else if (depth < 0 || depth > MARKET_DEPTH_MAX) {
      this.#refuse(reqId, Refusal.Depth, `MarketDepth must be 0 to ${MARKET_DEPTH_MAX}`);
    } else if (updateType > INCREMENTAL) {
      this.#refuse(reqId, Refusal.UpdateType, 'MDUpdateType must be 0 or 1');
    } else if (message.find(AppTag.AggregatedBook) >= 0 && !message.isYes(AppTag.AggregatedBook)) {
      this.#refuse(reqId, Refusal.AggregatedBook, 'books are shown by price: AggregatedBook must be Y');
    } else if (entryTypes === 0) {
      this.#refuse(reqId, Refusal.EntryType, 'MDEntryType must be 0 (bid), 1 (offer) or 2 (trade)');
    } else if (views === undefined) {
      this.#refuse(reqId, Refusal.UnknownSymbol, 'unknown Symbol');
    } else if (isFollowed && this.streams + views.length > STREAMS_MAX) {
      this.#refuse(reqId, Refusal.TooMany, `a session has at most ${STREAMS_MAX} streams`);
    } else {
      const levels = depth === 0 ? MARKET_DEPTH_MAX : depth;
      const isIncremental = isFollowed && updateType === INCREMENTAL;
      this.#begin(reqId, views, entryTypes, levels, isIncremental, isFollowed);
    }
    return FixVerdict.Taken;
  }

  /** What changed of an instrument since the last flush of the views. */
  onViewChange(view: InstrumentView, changes: number): void {
    const streams = this.byInstrument.get(view.terms.instrumentId);
    if (streams === undefined) return;
    for (const stream of streams) if (stream.concerns(changes)) this.waiting.add(stream);
    this.send();
  }

  /** The views began anew: every stream begins with a snapshot. */
  onViewRestart(): void {
    for (const streams of this.byInstrument.values()) {
      for (const stream of streams) {
        const view = this.views.instrument(stream.instrumentId);
        if (view === undefined) continue;
        stream.restart(view);
        this.waiting.add(stream);
      }
    }
    this.send();
  }

  /**
   * Sends what waits, as far as the counterparty reads: what changed meanwhile is sent once. While the views begin anew nothing is:
   * `onViewRestart` follows.
   */
  send(): void {
    if (!this.views.isReady) return;
    for (const stream of this.waiting) {
      if (!this.session.loggedOn) return;
      if (this.session.isFull) {
        this.session.wantDrain();
        return;
      }
      this.waiting.delete(stream);
      stream.send(this.session);
    }
  }

  #begin(
    reqId: string,
    views: readonly InstrumentView[],
    entryTypes: number,
    levels: number,
    isIncremental: boolean,
    isFollowed: boolean,
  ): void {
    const streams = views.map((view) => {
      const instrument = this.instruments.of(view);
      return new MarketDataStream(reqId, view, instrument, entryTypes, levels, isIncremental, this.is50);
    });
    this.pace.spend(streams.length * Math.ceil(levels / LEVELS_PER_WEIGHT));
    for (const stream of streams) stream.send(this.session);
    if (!isFollowed) return;
    this.requests.set(reqId, streams);
    this.streams += streams.length;
    for (const stream of streams) {
      const others = this.byInstrument.get(stream.instrumentId);
      if (others === undefined) this.byInstrument.set(stream.instrumentId, new Set([stream]));
      else others.add(stream);
    }
  }

  #forget(reqId: string): void {
    const streams = this.requests.get(reqId) ?? [];
    this.requests.delete(reqId);
    this.streams -= streams.length;
    for (const stream of streams) {
      this.waiting.delete(stream);
      const others = this.byInstrument.get(stream.instrumentId);
      others?.delete(stream);
      if (others?.size === 0) this.byInstrument.delete(stream.instrumentId);
    }
  }

  #refuse(reqId: string, reason: string, text: string): void {
    const writer = this.session.begin('Y');
    writer.text(AppTag.MDReqID, reqId);
    writer.text(AppTag.MDReqRejReason, reason);
    writer.text(AppTag.Text, text);
    this.session.send();
  }

  /** The instruments of the message; undefined when one is unknown or none is named. */
  #viewsOf(message: FixMessage): InstrumentView[] | undefined {
    const views: InstrumentView[] = [];
    const from = Math.max(0, message.find(AppTag.NoRelatedSym));
    for (let index = from; index < message.count; index++) {
      if (message.tags[index] !== AppTag.Symbol) continue;
      const view = this.views.instrumentBySymbol(message.textAt(index));
      if (view === undefined) return undefined;
      if (!views.includes(view)) views.push(view);
    }
    return views.length === 0 ? undefined : views;
  }
}

const BY_BYTE: ReadonlyMap<number, number> = new Map([
  [0x30, EntryType.Bid],
  [0x31, EntryType.Offer],
  [0x32, EntryType.Trade],
]);

/** Bits of the entry types that are asked for; 0 when one is not to be had. */
function entryTypesOf(message: FixMessage): number {
  let types = 0;
  for (let index = 0; index < message.count; index++) {
    if (message.tags[index] !== AppTag.MDEntryType) continue;
    const isOne = message.ends[index] - message.starts[index] === 1;
    const type = isOne ? BY_BYTE.get(message.bytes[message.starts[index]]) : undefined;
    if (type === undefined) return 0;
    types |= type;
  }
  return types;
}
