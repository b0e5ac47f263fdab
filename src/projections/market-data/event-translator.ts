import { ItchCode } from '#codec/itch/itch-messages.ts';
import { Phase, Side } from '#domain/commands.ts';
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
  TradeFlag,
} from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type FeedInstrument, feedInstrument } from './feed-instrument.ts';
import type { ItchPublisher } from './itch-publisher.ts';
import { MarketDataBook } from './market-data-book.ts';

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

/**
 * Events to ITCH messages, and the displayed book that they describe. The rules are in docs/protocols/itch.md,
 * section "From events to messages": a reader that applies the messages to an empty book holds, order by order and
 * in priority order, what `book` holds after each command.
 */
export class EventTranslator {
  declare readonly book: MarketDataBook;
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
    this.book = new MarketDataBook();
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

  /** Writes everything that stands now, to begin a session or a snapshot: system events in force, directory, phases, book. */
  writeImage(publisher: ItchPublisher): void {
    publisher.systemEvent(ItchCode.StartOfMessages);
    if (this.openInstruments > 0) publisher.systemEvent(ItchCode.StartOfSystemHours);
    if (this.marketOpen) publisher.systemEvent(ItchCode.StartOfMarketHours);
    for (const instrument of this.instruments.values()) {
      publisher.directory(instrument);
      publisher.tradingAction(instrument);
    }
    for (const instrument of this.instruments.values()) {
      const write = (slot: number): void => {
        if (this.book.priceTicks(slot) <= instrument.priceTicksMax) this.#add(publisher, instrument, slot);
      };
      this.book.visitOrders(instrument.instrumentId, Side.Buy, write);
      this.book.visitOrders(instrument.instrumentId, Side.Sell, write);
    }
  }

  #instrumentOf(words: WordBuffer, at: number): FeedInstrument | undefined {
    return this.instruments.get(words.i32[at + INSTRUMENT_AT]);
  }

  #add(publisher: ItchPublisher, instrument: FeedInstrument, slot: number): void {
    const book = this.book;
    publisher.addOrder(
      instrument,
      book.reference(slot),
      book.side(slot),
      book.priceTicks(slot),
      book.visibleQtyLots(slot),
    );
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
    const shown = this.#isShown(instrument, priceTicks);
    this.book.add(orderId, instrument.instrumentId, side, priceTicks, qtyLots);
    if (!shown) return;
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
    const f64 = words.f64;
    const makerOrderId = f64[(at + Trade.at.makerOrderId) >> 1];
    const makerVisible = f64[(at + Trade.at.makerVisibleQtyLots) >> 1];
    this.lastMatchNumber = f64[(at + Trade.at.tradeId) >> 1];
    if ((words.u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0) {
      const priceTicks = words.i32[at + Trade.at.priceTicks];
      this.#tradeInUncross(instrument, makerOrderId, makerVisible, priceTicks);
      const takerOrderId = f64[(at + Trade.at.takerOrderId) >> 1];
      const takerVisible = f64[(at + Trade.at.takerVisibleQtyLots) >> 1];
      this.#tradeInUncross(instrument, takerOrderId, takerVisible, priceTicks);
      return;
    }
    const qtyLots = f64[(at + Trade.at.qtyLots) >> 1];
    const slot = this.book.find(makerOrderId);
    assert(slot !== 0, 'Invariant: a trade takes from a displayed order');
    assert(
      this.book.visibleQtyLots(slot) - qtyLots === makerVisible,
      'Invariant: a trade takes what the order displays',
    );
    if (this.book.priceTicks(slot) <= instrument.priceTicksMax) {
      this.publisher.orderExecuted(instrument, this.book.reference(slot), qtyLots, this.lastMatchNumber);
    }
    this.book.reduce(slot, qtyLots);
  }

  /** One side of an auction's trade: what it displayed is reduced first, what is beyond was hidden. */
  #tradeInUncross(
    instrument: FeedInstrument,
    orderId: number,
    visibleQtyLots: number,
    priceTicks: number,
  ): void {
    const slot = this.book.find(orderId);
    if (slot === 0) {
      assert(visibleQtyLots === 0, 'Invariant: an order that is not in the book displays nothing');
      return;
    }
    const taken = this.book.visibleQtyLots(slot) - visibleQtyLots;
    if (taken === 0) return;
    const reference = this.book.reference(slot);
    if (this.book.priceTicks(slot) <= instrument.priceTicksMax) {
      if (priceTicks <= instrument.priceTicksMax) {
        this.publisher.orderExecutedInCross(instrument, reference, taken, this.lastMatchNumber, priceTicks);
      } else {
        this.#publishReduction(instrument, slot, taken);
      }
    }
    this.book.reduce(slot, taken);
  }

  /** A shown order loses `qtyLots` without a trade. */
  #publishReduction(instrument: FeedInstrument, slot: number, qtyLots: number): void {
    const reference = this.book.reference(slot);
    if (qtyLots === this.book.visibleQtyLots(slot)) this.publisher.orderDelete(instrument, reference);
    else this.publisher.orderCancel(instrument, reference, qtyLots);
  }

  #canceled(words: WordBuffer, at: number): void {
    const visibleQtyLots = words.f64[(at + OrderCanceled.at.visibleQtyLots) >> 1];
    if (visibleQtyLots === 0) return;
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    const slot = this.book.find(words.f64[(at + OrderCanceled.at.orderId) >> 1]);
    assert(slot !== 0, 'Invariant: what leaves the displayed book was in it');
    this.#begin(words, at);
    if (this.book.priceTicks(slot) <= instrument.priceTicksMax) {
      this.#publishReduction(instrument, slot, visibleQtyLots);
    }
    this.book.reduce(slot, visibleQtyLots);
  }

  #replaced(words: WordBuffer, at: number): void {
    const f64 = words.f64;
    const instrument = this.#instrumentOf(words, at);
    if (instrument === undefined) return;
    const slot = this.book.find(f64[(at + OrderReplaced.at.originalOrderId) >> 1]);
    if (slot === 0) return;
    this.#begin(words, at);
    const orderId = f64[(at + OrderReplaced.at.orderId) >> 1];
    const shown = this.book.priceTicks(slot) <= instrument.priceTicksMax;
    if (words.u8[(at << 2) + REPLACED_KEEPS] === 0) {
      if (shown) {
        this.leftReference = this.book.reference(slot);
        this.leftNewOrderId = orderId;
        this.leftInstrument = instrument;
      }
      this.book.remove(slot);
      return;
    }
    const lostQtyLots = f64[(at + OrderReplaced.at.visibleQtyLots) >> 1];
    this.book.rename(slot, orderId);
    if (lostQtyLots === 0) return;
    if (shown) this.publisher.orderCancel(instrument, this.book.reference(slot), lostQtyLots);
    this.book.reduce(slot, lostQtyLots);
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
    this.publisher.imbalance(
      instrument,
      words.f64[(at + AuctionIndicative.at.qtyLots) >> 1],
      words.f64[(at + AuctionIndicative.at.surplusQtyLots) >> 1],
      words.u8[(at << 2) + INDICATIVE_SIDE],
      this.#isShown(instrument, priceTicks) ? priceTicks : 0,
      words.u8[(at << 2) + INDICATIVE_PHASE],
    );
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
