import { ItchCode } from '#codec/itch/itch-messages.ts';
import { Phase, type Side } from '#domain/commands.ts';
import {
  AuctionIndicative,
  AuctionUncrossed,
  EVENT_HEADER_WORDS,
  EventType,
  InstrumentAdded,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  PhaseChanged,
  Trade,
  TradeCanceled,
  TradeFlag,
} from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type FeedInstrument, feedInstrument } from './feed-instrument.ts';
import type { ItchPublisher } from './itch-publisher.ts';
import { OrderReferences } from './order-references.ts';

const INSTRUMENT_AT = OrderRested.at.instrumentId;
const SECONDS_AT = OrderRested.at.timeSeconds;
const NANOS_AT = OrderRested.at.timeNanos;
const RESTED_SIDE = byteAt(OrderRested, 'side');
const REPLACED_KEEPS = byteAt(OrderReplaced, 'keepsPriority');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');
const PHASE_PHASE = byteAt(PhaseChanged, 'phase');
const INDICATIVE_SIDE = byteAt(AuctionIndicative, 'surplusSide');
const INDICATIVE_PHASE = byteAt(AuctionIndicative, 'phase');
const UNCROSSED_PHASE = byteAt(AuctionUncrossed, 'phase');
const ADDED_PRICE_DECIMALS = byteAt(InstrumentAdded, 'priceDecimals');
const ADDED_QTY_DECIMALS = byteAt(InstrumentAdded, 'qtyDecimals');
const ADDED_PHASE = byteAt(InstrumentAdded, 'phase');
assert(SECONDS_AT < EVENT_HEADER_WORDS, 'Invariant: the time is in the header');

/** What stands at a moment, without the orders: with it a session or a snapshot begins. */
export interface VenueState {
  /** Whether an instrument is not closed, and whether one has traded continuously since. */
  readonly isOpen: boolean;
  readonly isMarketOpen: boolean;
  /** As they were. */
  readonly instruments: readonly FeedInstrument[];
}

/**
 * Events to ITCH messages. The rules are in docs/protocols/itch.md, section "From events to messages": a reader that applies the
 * messages to an empty book holds, order by order and in priority order, what is displayed after each command. No order is kept
 * here: the events say what left the display, at which price, and what is left. All that they do not say is the reference of an
 * order that was replaced in its place.
 */
export class EventTranslator {
  declare private references: OrderReferences;
  /** While they are to be known: references of orders that left their place since. */
  declare private left: Map<number, number> | undefined;
  declare private readonly publisher: ItchPublisher;
  declare private readonly log: (line: string) => void;
  declare private readonly instruments: Map<number, FeedInstrument>;
  /** Instruments that are not closed. */
  declare private openInstruments: number;
  declare private marketOpen: boolean;

  /** A replaced order that left its place: it becomes a Replace if it rests next, else a Delete. 0 none. */
  declare private leftReference: number;
  declare private leftNewOrderId: number;
  declare private leftInstrument: FeedInstrument | undefined;
  declare private lastMatchNumber: number;

  constructor(publisher: ItchPublisher, log: (line: string) => void) {
    this.references = new OrderReferences();
    this.left = undefined;
    this.publisher = publisher;
    this.log = log;
    this.instruments = new Map();
    this.openInstruments = 0;
    this.marketOpen = false;
    this.leftReference = 0;
    this.leftNewOrderId = 0;
    this.leftInstrument = undefined;
    this.lastMatchNumber = 0;
  }

  /** Takes the event record at word `at`. */
  translate(words: WordBuffer, at: number): void {
    const type = words.i32[at] & 0xff;
    switch (type) {
      case EventType.OrderRested:
        this.#rested(words, at);
        return;
      case EventType.Trade:
        this.#trade(words, at);
        return;
      case EventType.TradeCanceled:
        this.#tradeCanceled(words, at);
        return;
      case EventType.OrderCanceled:
        this.#canceled(words, at);
        return;
      case EventType.OrderReplaced:
        this.#replaced(words, at);
        return;
      case EventType.PhaseChanged:
        this.#phaseChanged(words, at);
        return;
      case EventType.AuctionIndicative:
        this.#indicative(words, at);
        return;
      case EventType.AuctionUncrossed:
        this.#uncrossed(words, at);
        return;
      case EventType.InstrumentAdded:
        this.#instrumentAdded(words, at);
        return;
    }
  }

  /** Sends what was held back. Call at the end of every batch, before anything else is written to the log. */
  settle(): void {
    const instrument = this.leftInstrument;
    if (instrument === undefined) return;
    this.leftInstrument = undefined;
    this.publisher.orderDelete(instrument, this.leftReference);
  }

  /** What stands now, orders aside. */
  state(): VenueState {
    return {
      isOpen: this.openInstruments > 0,
      isMarketOpen: this.marketOpen,
      instruments: Array.from(this.instruments.values(), (instrument) => ({ ...instrument })),
    };
  }

  /** From now on `referenceThen` answers for this moment. */
  markReferences(): void {
    this.left = new Map();
  }

  /** The reference that an order, which was displayed when `markReferences` was called, had then. */
  referenceThen(orderId: number): number {
    return this.left?.get(orderId) ?? this.#reference(orderId);
  }

  /** Orders that left their place since `markReferences`, of those that had another reference than their id. */
  get leftReferences(): number {
    return this.left?.size ?? 0;
  }

  /** Orders are shown under their ids from now on: a session begins. */
  forgetReferences(): void {
    this.references = new OrderReferences();
    this.left = undefined;
  }

  /** `referenceThen` is no longer asked. */
  unmarkReferences(): void {
    this.left = undefined;
  }

  #instrumentOf(words: WordBuffer, at: number): FeedInstrument | undefined {
    return this.instruments.get(words.i32[at + INSTRUMENT_AT]);
  }

  #reference(orderId: number): number {
    return this.references.get(orderId) ?? orderId;
  }

  /** The order is no longer where it was, or goes on under another id. */
  #leave(orderId: number): void {
    const reference = this.references.remove(orderId);
    if (reference !== undefined) this.left?.set(orderId, reference);
  }

  #begin(words: WordBuffer, at: number): void {
    this.settle();
    this.publisher.at(words.i32[at + SECONDS_AT] >>> 0, words.i32[at + NANOS_AT]);
  }

  #rested(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    const orderId = words.f64[(at + OrderRested.at.orderId) >> 1];
    const qtyLots = words.f64[(at + OrderRested.at.displayQtyLots) >> 1];
    const priceTicks = words.i32[at + OrderRested.at.priceTicks];
    const side = words.u8[(at << 2) + RESTED_SIDE] as Side;
    if (!this.#isShown(instrument, priceTicks)) return;
    if (this.leftInstrument === instrument && this.leftNewOrderId === orderId) {
      this.leftInstrument = undefined;
      this.publisher.at(words.i32[at + SECONDS_AT] >>> 0, words.i32[at + NANOS_AT]);
      this.publisher.orderReplace(instrument, this.leftReference, orderId, priceTicks, qtyLots);
      return;
    }
    this.#begin(words, at);
    this.publisher.addOrder(instrument, orderId, side, priceTicks, qtyLots);
  }

  #trade(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    this.#begin(words, at);
    const { i32, f64 } = words;
    const makerOrderId = f64[(at + Trade.at.makerOrderId) >> 1];
    const makerVisible = f64[(at + Trade.at.makerVisibleQtyLots) >> 1];
    const makerPriceTicks = i32[at + Trade.at.makerPriceTicks];
    this.lastMatchNumber = f64[(at + Trade.at.tradeId) >> 1];
    if ((words.u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0) {
      const priceTicks = i32[at + Trade.at.priceTicks];
      const makerTaken = f64[(at + Trade.at.makerTakenVisibleQtyLots) >> 1];
      this.#tradeInUncross(instrument, makerOrderId, makerTaken, makerVisible, makerPriceTicks, priceTicks);
      const takerOrderId = f64[(at + Trade.at.takerOrderId) >> 1];
      const takerTaken = f64[(at + Trade.at.takerTakenVisibleQtyLots) >> 1];
      const takerVisible = f64[(at + Trade.at.takerVisibleQtyLots) >> 1];
      const takerPriceTicks = i32[at + Trade.at.takerPriceTicks];
      this.#tradeInUncross(instrument, takerOrderId, takerTaken, takerVisible, takerPriceTicks, priceTicks);
      return;
    }
    if (makerPriceTicks <= instrument.priceTicksMax) {
      const qtyLots = f64[(at + Trade.at.qtyLots) >> 1];
      const reference = this.#reference(makerOrderId);
      this.publisher.orderExecuted(instrument, reference, qtyLots, this.lastMatchNumber);
    }
    if (makerVisible === 0) this.#leave(makerOrderId);
  }

  #tradeCanceled(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    // Of a trade at a price that is not shown nothing was said.
    if (instrument === undefined || words.i32[at + TradeCanceled.at.priceTicks] > instrument.priceTicksMax)
      return;
    this.#begin(words, at);
    this.publisher.brokenTrade(instrument, words.f64[(at + TradeCanceled.at.tradeId) >> 1]);
  }

  /**
   * One side of an auction's trade.
   * @param takenQtyLots what it had displayed of the trade: what is beyond was hidden
   * @param visibleQtyLots what it displays after it
   * @param ownPriceTicks where it rested
   */
  #tradeInUncross(
    instrument: FeedInstrument,
    orderId: number,
    takenQtyLots: number,
    visibleQtyLots: number,
    ownPriceTicks: number,
    priceTicks: number,
  ): void {
    if (takenQtyLots === 0) return;
    if (ownPriceTicks <= instrument.priceTicksMax) {
      const reference = this.#reference(orderId);
      if (priceTicks <= instrument.priceTicksMax) {
        const { lastMatchNumber } = this;
        this.publisher.orderExecutedInCross(instrument, reference, takenQtyLots, lastMatchNumber, priceTicks);
      } else this.#publishReduction(instrument, reference, takenQtyLots, visibleQtyLots);
    }
    if (visibleQtyLots === 0) this.#leave(orderId);
  }

  /** A shown order loses `qtyLots` without a trade; `leftQtyLots` 0: nothing of it is left. */
  #publishReduction(
    instrument: FeedInstrument,
    reference: number,
    qtyLots: number,
    leftQtyLots: number,
  ): void {
    if (leftQtyLots === 0) this.publisher.orderDelete(instrument, reference);
    else this.publisher.orderCancel(instrument, reference, qtyLots);
  }

  #canceled(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const visibleQtyLots = f64[(at + OrderCanceled.at.visibleQtyLots) >> 1];
    if (visibleQtyLots === 0) return;
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    this.#begin(words, at);
    const orderId = f64[(at + OrderCanceled.at.orderId) >> 1];
    // Hidden quantity goes first: an order of which something is left displays something.
    const leavesQtyLots = f64[(at + OrderCanceled.at.leavesQtyLots) >> 1];
    if (i32[at + OrderCanceled.at.priceTicks] <= instrument.priceTicksMax) {
      this.#publishReduction(instrument, this.#reference(orderId), visibleQtyLots, leavesQtyLots);
    }
    if (leavesQtyLots === 0) this.#leave(orderId);
  }

  #replaced(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    const lostQtyLots = f64[(at + OrderReplaced.at.visibleQtyLots) >> 1];
    const keepsPriority = words.u8[(at << 2) + REPLACED_KEEPS] !== 0;
    // A stop that waits is not displayed.
    if (!keepsPriority && lostQtyLots === 0) return;
    this.#begin(words, at);
    const originalOrderId = f64[(at + OrderReplaced.at.originalOrderId) >> 1];
    const orderId = f64[(at + OrderReplaced.at.orderId) >> 1];
    const shown = i32[at + OrderReplaced.at.originalPriceTicks] <= instrument.priceTicksMax;
    const reference = this.#reference(originalOrderId);
    this.#leave(originalOrderId);
    if (!keepsPriority) {
      if (!shown) return;
      this.leftReference = reference;
      this.leftNewOrderId = orderId;
      this.leftInstrument = instrument;
      return;
    }
    this.references.add(orderId, reference);
    if (lostQtyLots !== 0 && shown) this.publisher.orderCancel(instrument, reference, lostQtyLots);
  }

  #phaseChanged(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    this.#begin(words, at);
    this.#enterPhase(instrument, words.u8[(at << 2) + PHASE_PHASE] as Phase);
  }

  #enterPhase(instrument: FeedInstrument, phase: Phase): void {
    const wasOpen = instrument.phase !== Phase.Closed;
    const isOpen = phase !== Phase.Closed;
    instrument.phase = phase;
    instrument.indicative = undefined;
    if (isOpen && !wasOpen && ++this.openInstruments === 1) {
      this.publisher.systemEvent(ItchCode.StartOfSystemHours);
    }
    this.publisher.tradingAction(instrument);
    if (phase === Phase.Continuous && !this.marketOpen) {
      this.marketOpen = true;
      this.publisher.systemEvent(ItchCode.StartOfMarketHours);
    }
    if (wasOpen && !isOpen && --this.openInstruments === 0) {
      if (this.marketOpen) this.publisher.systemEvent(ItchCode.EndOfMarketHours);
      this.marketOpen = false;
      this.publisher.systemEvent(ItchCode.EndOfSystemHours);
    }
  }

  #indicative(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    this.#begin(words, at);
    const priceTicks = words.i32[at + AuctionIndicative.at.priceTicks];
    instrument.indicative = {
      phase: words.u8[(at << 2) + INDICATIVE_PHASE],
      qtyLots: words.f64[(at + AuctionIndicative.at.qtyLots) >> 1],
      surplusQtyLots: words.f64[(at + AuctionIndicative.at.surplusQtyLots) >> 1],
      surplusSide: words.u8[(at << 2) + INDICATIVE_SIDE],
      priceTicks: this.#isShown(instrument, priceTicks) ? priceTicks : 0,
    };
    this.publisher.imbalance(instrument, instrument.indicative);
  }

  #uncrossed(words: WordBuffer, at: number): void {
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    this.#begin(words, at);
    const qtyLots = words.f64[(at + AuctionUncrossed.at.qtyLots) >> 1];
    const priceTicks = words.i32[at + AuctionUncrossed.at.priceTicks];
    const prints = qtyLots > 0 && this.#isShown(instrument, priceTicks);
    this.publisher.crossTrade(
      instrument,
      prints ? qtyLots : 0,
      prints ? priceTicks : 0,
      prints ? this.lastMatchNumber : 0,
      words.u8[(at << 2) + UNCROSSED_PHASE],
    );
  }

  #instrumentAdded(words: WordBuffer, at: number): void {
    const symbolAt = (at + InstrumentAdded.at.symbol) << 2;
    let symbol = '';
    for (let i = symbolAt; i < symbolAt + 8 && words.u8[i] !== 0; i++) {
      symbol += String.fromCharCode(words.u8[i]);
    }
    const instrumentId = words.i32[at + INSTRUMENT_AT];
    assert(!this.instruments.has(instrumentId), 'Invariant: an instrument is added once');
    const instrument = feedInstrument({
      instrumentId,
      symbol,
      priceDecimals: words.u8[(at << 2) + ADDED_PRICE_DECIMALS],
      qtyDecimals: words.u8[(at << 2) + ADDED_QTY_DECIMALS],
      tickSize: words.i32[at + InstrumentAdded.at.tickSize] >>> 0,
      lotSize: words.i32[at + InstrumentAdded.at.lotSize] >>> 0,
      maxQtyLots: words.f64[(at + InstrumentAdded.at.maxQtyLots) >> 1],
      phase: Phase.Closed,
    });
    if (typeof instrument === 'string') {
      this.log(`market data: instrument ${instrumentId} ${symbol} is not on the ITCH feed: ${instrument}`);
      return;
    }
    this.instruments.set(instrumentId, instrument);
    this.#begin(words, at);
    this.publisher.directory(instrument);
    this.#enterPhase(instrument, words.u8[(at << 2) + ADDED_PHASE] as Phase);
  }

  /** Whether a price fits the wire; the first that does not is logged. */
  #isShown(instrument: FeedInstrument, priceTicks: number): boolean {
    if (priceTicks <= instrument.priceTicksMax) return true;
    if (!instrument.unshownLogged) {
      instrument.unshownLogged = true;
      this.log(
        `market data: instrument ${instrument.instrumentId} has a price of ${priceTicks} ticks; ` +
          `the ITCH feed shows prices up to ${instrument.priceTicksMax} ticks only`,
      );
    }
    return false;
  }
}
