import { readEvent } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { KillScope, type Phase, type Side } from '#domain/commands.ts';
import { EventType, OrderCanceled, OrderRested, Trade } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type {
  AssetTerms,
  InstrumentStatus,
  InstrumentTerms,
  MarketViews,
  MarketViewsListener,
  ViewGap,
} from '#domain/market-views.ts';
import type { EventSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { DisplayedBooks } from './displayed-books.ts';
import { InstrumentState, type PastTrades } from './instrument-state.ts';
import { ViewGaps } from './view-gaps.ts';

const INSTRUMENT_AT = OrderRested.at.instrumentId;
const SEQUENCE_AT = OrderRested.at.sequence;
const SECONDS_AT = OrderRested.at.timeSeconds;
const AGGRESSOR_SIDE = byteAt(Trade, 'aggressorSide');

/**
 * Public market state from events: first an image of what stands, then everything that happens after. It opens nothing
 * and has no clock: its owner hands it events, tells it the time, and calls `flush` when readers are to hear of them.
 *
 * The owner's part: after the constructor, and after each `onRestart`, come the events of one image, then `onImage`, then
 * the events of later entries.
 */
export class LiveMarketViews implements MarketViews, EventSink {
  declare private readonly position: { sequence: number; timeSeconds: number };
  /** What the owner said last. */
  declare private ownerSeconds: number;
  declare private readonly _gaps: ViewGaps;
  declare private readonly books: DisplayedBooks;
  declare private readonly byId: Map<number, InstrumentState>;
  declare private readonly bySymbol: Map<string, InstrumentState>;
  declare private readonly assetsById: Map<number, AssetTerms>;
  declare private readonly listeners: Set<MarketViewsListener>;
  /** Instruments with something to flush. */
  declare private readonly touched: InstrumentState[];
  /** The entry after which the newest image stood. */
  declare private imageSequence: number;
  declare private isVenueSuspended: boolean;
  declare private readonly suspended: Set<number>;
  declare private _generation: number;
  declare private _isReady: boolean;
  /** Listeners have not heard yet that the views are ready. */
  declare private isReadyUntold: boolean;
  /** Nothing was seen since the beginning: the next event ends a gap. */
  declare private isInGap: boolean;

  constructor() {
    this.position = { sequence: 0, timeSeconds: 0 };
    this.ownerSeconds = 0;
    this._gaps = new ViewGaps();
    this.books = new DisplayedBooks(this.position);
    this.byId = new Map();
    this.bySymbol = new Map();
    this.assetsById = new Map();
    this.listeners = new Set();
    this.touched = [];
    this.imageSequence = 0;
    this.isVenueSuspended = false;
    this.suspended = new Set();
    this._generation = 1;
    this._isReady = false;
    this.isReadyUntold = false;
    this.isInGap = true;
  }

  get generation(): number {
    return this._generation;
  }

  get isReady(): boolean {
    return this._isReady;
  }

  get sequence(): number {
    return this.position.sequence;
  }

  get timeSeconds(): number {
    return this.position.timeSeconds;
  }

  get nowSeconds(): number {
    return Math.max(this.ownerSeconds, this.position.timeSeconds);
  }

  get gaps(): readonly ViewGap[] {
    return this._gaps.all;
  }

  /** Displayed orders of all instruments. */
  get displayedOrders(): number {
    return this.books.orders;
  }

  asset(assetId: number): AssetTerms | undefined {
    return this.assetsById.get(assetId);
  }

  assets(): Iterable<AssetTerms> {
    return this.assetsById.values();
  }

  instrument(instrumentId: number): InstrumentState | undefined {
    return this.byId.get(instrumentId);
  }

  instrumentBySymbol(symbol: string): InstrumentState | undefined {
    return this.bySymbol.get(symbol);
  }

  instruments(): Iterable<InstrumentState> {
    return this.byId.values();
  }

  subscribe(listener: MarketViewsListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (from === to) return;
    const { i32, f64 } = words;
    if (this.isInGap) {
      this.#addGap(this.position.timeSeconds, i32[from + SECONDS_AT] >>> 0);
      this.isInGap = false;
    }
    let last = from;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      this.#apply(words, at);
      last = at;
    }
    this.position.sequence = f64[(last + SEQUENCE_AT) >> 1];
    this.position.timeSeconds = i32[last + SECONDS_AT] >>> 0;
  }

  /** The image is whole: it stands after entry `sequence`. */
  onImage(sequence: number): void {
    this.position.sequence = sequence;
    this.imageSequence = sequence;
    // Before the log's first entry there was nothing to miss.
    if (sequence === 0) this.isInGap = false;
    this._isReady = true;
    this.isReadyUntold = true;
  }

  /**
   * Events were missed: books, phases and indicatives are forgotten until an image says what stands. Trades and candles
   * stay, with a gap.
   */
  onRestart(): void {
    this._generation++;
    this._isReady = false;
    this.isInGap = true;
    this.isVenueSuspended = false;
    this.suspended.clear();
    this.books.restart();
    for (const instrument of this.byId.values()) {
      instrument.tape.close();
      instrument.setIndicative(undefined);
      this.#touch(instrument);
    }
  }

  /** It is this second, though nothing happens. Listeners hear at the next flush where trades have left the last 24 hours. */
  passTime(seconds: number): void {
    const before = this.ownerSeconds;
    this.ownerSeconds = seconds;
    for (const instrument of this.byId.values())
      if (instrument.passTime(before, seconds)) this.#touch(instrument);
  }

  /**
   * Takes in what history has of trades before the newest image. Listeners hear of it at the next flush.
   * @returns false when so much came since that history is to be asked again
   */
  fill(instrument: InstrumentState, past: PastTrades): boolean {
    this.#touch(instrument);
    return instrument.fill(this.imageSequence, past);
  }

  /**
   * Tells listeners what changed since the last flush; nothing while the views are not ready.
   * @returns how many instruments changed
   */
  flush(): number {
    if (!this._isReady) return 0;
    if (this.isReadyUntold) {
      this.isReadyUntold = false;
      for (const listener of this.listeners) listener.onViewRestart();
    }
    const { touched } = this;
    let changed = 0;
    for (const instrument of touched) {
      instrument.isListed = false;
      const changes = instrument.takeChanges();
      if (changes === 0) continue;
      changed++;
      for (const listener of this.listeners) listener.onViewChange(instrument, changes);
    }
    touched.length = 0;
    return changed;
  }

  #apply(words: WordBuffer, at: number): void {
    switch (words.i32[at] & 0xff) {
      case EventType.OrderRested: {
        const instrument = this.#touchedBy(words, at);
        this.books.rested(instrument.book, words, at);
        instrument.tape.endOfOrder(words.f64[(at + OrderRested.at.orderId) >> 1]);
        return;
      }
      case EventType.Trade:
        this.#trade(words, at);
        return;
      case EventType.OrderCanceled:
        this.#canceled(words, at);
        return;
      case EventType.OrderReplaced:
        this.books.replaced(this.#touchedBy(words, at).book, words, at);
        return;
      case EventType.PhaseChanged:
        this.#phaseChanged(words, at);
        return;
      case EventType.AuctionIndicative:
        this.#indicative(words, at);
        return;
      case EventType.AuctionUncrossed:
        this.#touchedBy(words, at).tape.close();
        return;
      case EventType.InstrumentAdded:
        this.#instrumentAdded(words, at);
        return;
      case EventType.PriceControlsSet:
        this.#priceControlsSet(words, at);
        return;
      case EventType.FeesSet: {
        const instrument = this.#touchedBy(words, at);
        const { makerFeePpm, takerFeePpm } = readEvent(words, at) as Event<'FeesSet'>;
        instrument.setTerms({ ...instrument.terms, makerFeePpm, takerFeePpm });
        return;
      }
      case EventType.OrderRulesSet: {
        const instrument = this.#touchedBy(words, at);
        const { regulatoryFields } = readEvent(words, at) as Event<'OrderRulesSet'>;
        instrument.setTerms({ ...instrument.terms, regulatoryFields });
        return;
      }
      case EventType.AssetAdded: {
        const { assetId, symbol, decimals } = readEvent(words, at) as Event<'AssetAdded'>;
        this.assetsById.set(assetId, { assetId, symbol, decimals });
        return;
      }
      case EventType.KillSwitchSet:
        this.#killSwitchSet(words, at);
        return;
    }
  }

  #addGap(fromSeconds: number, toSeconds: number): void {
    this._gaps.add(fromSeconds, toSeconds);
    for (const { candles } of this.byId.values()) candles.addGap(fromSeconds, toSeconds);
  }

  #touch(instrument: InstrumentState): void {
    if (instrument.isListed) return;
    instrument.isListed = true;
    this.touched.push(instrument);
  }

  #touchedBy(words: WordBuffer, at: number): InstrumentState {
    const instrument = this.byId.get(words.i32[at + INSTRUMENT_AT]);
    assert(instrument !== undefined, 'Invariant: an instrument is added before anything happens in it');
    this.#touch(instrument);
    return instrument;
  }

  #trade(words: WordBuffer, at: number): void {
    const instrument = this.#touchedBy(words, at);
    const { i32, f64 } = words;
    const tradeId = f64[(at + Trade.at.tradeId) >> 1];
    assert(tradeId > instrument.tape.lastTradeId, 'Invariant: every trade comes once, in order');
    this.books.traded(instrument.book, words, at);
    instrument.tape.add(words, at);
    instrument.candles.add(
      i32[at + SECONDS_AT] >>> 0,
      tradeId,
      i32[at + Trade.at.priceTicks],
      f64[(at + Trade.at.qtyLots) >> 1],
      f64[(at + Trade.at.amountMinor) >> 1],
      words.u8[(at << 2) + AGGRESSOR_SIDE],
    );
  }

  #canceled(words: WordBuffer, at: number): void {
    const instrument = this.#touchedBy(words, at);
    this.books.canceled(instrument.book, words, at);
    if (words.f64[(at + OrderCanceled.at.leavesQtyLots) >> 1] === 0) {
      instrument.tape.endOfOrder(words.f64[(at + OrderCanceled.at.orderId) >> 1]);
    }
  }

  #phaseChanged(words: WordBuffer, at: number): void {
    const instrument = this.#touchedBy(words, at);
    const { phase, nextPhase, endSeconds } = readEvent(words, at) as Event<'PhaseChanged'>;
    instrument.setStatus(
      this.#status(instrument.terms.instrumentId, phase as Phase, nextPhase as Phase | 0, endSeconds),
    );
    instrument.setIndicative(undefined);
  }

  #indicative(words: WordBuffer, at: number): void {
    const instrument = this.#touchedBy(words, at);
    const event = readEvent(words, at) as Event<'AuctionIndicative'>;
    const { priceTicks, qtyLots, surplusQtyLots } = event;
    const surplusSide = event.surplusSide as Side | 0;
    const wouldTrade = priceTicks > 0;
    instrument.setIndicative(wouldTrade ? { priceTicks, qtyLots, surplusQtyLots, surplusSide } : undefined);
  }

  /** A new instrument or, in an image, one that may be known. */
  #instrumentAdded(words: WordBuffer, at: number): void {
    const event = readEvent(words, at) as Event<'InstrumentAdded'>;
    const { type, flags, sequence, timeSeconds, timeNanos, userId, reportNumber, phase, ...terms } = event;
    const status = this.#status(terms.instrumentId, phase as Phase, 0, 0);
    let instrument = this.byId.get(terms.instrumentId);
    if (instrument === undefined) {
      instrument = this.#newInstrument(terms, status);
    } else {
      instrument.setTerms(terms);
      instrument.setStatus(status);
    }
    this.#touch(instrument);
  }

  #priceControlsSet(words: WordBuffer, at: number): void {
    const instrument = this.#touchedBy(words, at);
    const { collarPpm, marketProtectionPpm, staticBandPpm, dynamicBandPpm, volatilityAuctionSeconds } =
      readEvent(words, at) as Event<'PriceControlsSet'>;
    const controls = {
      collarPpm,
      marketProtectionPpm,
      staticBandPpm,
      dynamicBandPpm,
      volatilityAuctionSeconds,
    };
    instrument.setTerms({ ...instrument.terms, ...controls });
  }

  #newInstrument(terms: InstrumentTerms, status: InstrumentStatus): InstrumentState {
    const book = this.books.addBook(terms.instrumentId, terms);
    // What is not of an image is added before the eyes of the views.
    const past = this._isReady ? undefined : this._gaps.all;
    const instrument = new InstrumentState(terms, status, book, past, this.position);
    this.byId.set(terms.instrumentId, instrument);
    this.bySymbol.set(terms.symbol, instrument);
    return instrument;
  }

  #killSwitchSet(words: WordBuffer, at: number): void {
    const { scope, scopeId, engaged } = readEvent(words, at) as Event<'KillSwitchSet'>;
    if (scope === KillScope.Venue) this.isVenueSuspended = engaged === 1;
    else if (scope !== KillScope.Instrument) return;
    else if (engaged === 1) this.suspended.add(scopeId);
    else this.suspended.delete(scopeId);
    for (const instrument of this.byId.values()) {
      const { phase, nextPhase, endSeconds, isSuspended } = instrument.status;
      const status = this.#status(instrument.terms.instrumentId, phase, nextPhase, endSeconds);
      if (status.isSuspended === isSuspended) continue;
      instrument.setStatus(status);
      this.#touch(instrument);
    }
  }

  #status(instrumentId: number, phase: Phase, nextPhase: Phase | 0, endSeconds: number): InstrumentStatus {
    const isSuspended = this.isVenueSuspended || this.suspended.has(instrumentId);
    return { phase, nextPhase, endSeconds, isSuspended };
  }
}
