import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { Phase, Side } from '#domain/commands.ts';
import { CancelReason, EventFlag, TradeFlag } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { OrdersAnswer, StandingOrders } from './standing-orders.ts';

/** One resting order of the test venue. */
export interface TestOrder {
  orderId: number;
  /** Its id when it took its place, or when the session began. */
  reference: number;
  readonly instrumentId: number;
  readonly side: Side;
  readonly priceTicks: number;
  leavesQtyLots: number;
  visibleQtyLots: number;
  /** Size of a displayed slice; 0: no iceberg. */
  readonly displayQtyLots: number;
}

/** What a venue delivers to: a feed, or less of one. */
interface TestSink {
  onEvents(words: WordBuffer, from: number, to: number): void;
  onCaughtUp?(sequence: number): void;
  step?(): boolean;
}

/**
 * A deliberately naive venue that tells only what the market-data feed reads: books as sorted arrays, events in the
 * order and with the fields that docs/matching.md says. No accounts, no risk. What is delivered together is an entry. For tests of the feed, which may ask it for the orders that stood after an entry.
 */
export class TestVenue implements StandingOrders {
  /** Orders of every side, best price first and oldest first. */
  declare private readonly sides: Map<string, TestOrder[]>;
  declare private readonly instruments: EventInput<'InstrumentAdded'>[];
  declare private readonly phases: Map<number, Phase>;
  declare readonly words: WordBuffer;
  /** Words of events that wait to be taken. */
  declare to: number;
  declare timeSeconds: number;
  declare timeNanos: number;
  /** Entry that is being written. */
  declare sequence: number;
  declare private entrySeconds: number;
  /** By entry: what was displayed after it. */
  declare private readonly stood: Map<number, EventInput<'OrderRested'>[]>;
  declare private nextOrderId: number;
  declare private nextTradeId: number;

  constructor() {
    this.sides = new Map();
    this.instruments = [];
    this.phases = new Map();
    this.words = WordBuffer.allocate(1 << 16);
    this.to = 0;
    this.timeSeconds = 1_580_367_600;
    this.timeNanos = 1;
    this.sequence = 1;
    this.entrySeconds = this.timeSeconds;
    this.stood = new Map();
    this.nextOrderId = 1;
    this.nextTradeId = 1;
  }

  emit(event: EventInput): void {
    if (this.timeSeconds !== this.entrySeconds) {
      this.entrySeconds = this.timeSeconds;
      this.sequence++;
    }
    this.timeNanos++;
    const { sequence, timeSeconds, timeNanos } = this;
    this.to = writeEvent(this.words, this.to, { sequence, timeSeconds, timeNanos, ...event } as EventInput);
  }

  /** Hands the events so far to `sink` as one batch, and lets it do what it has to. */
  deliver(sink: TestSink): void {
    const { to } = this;
    this.to = 0;
    const orders = [...this.sides.values()].flat();
    orders.sort((a, b) => a.instrumentId - b.instrumentId || a.side - b.side);
    this.stood.set(
      this.sequence,
      orders.map((order) => restedOf(order, EventFlag.Image)),
    );
    sink.onEvents(this.words, 0, to);
    while (sink.step?.() === true);
    sink.onCaughtUp?.(this.sequence);
    while (sink.step?.() === true);
    this.sequence++;
  }

  ask(sequence: number, onAnswer: (answer: OrdersAnswer) => void): () => void {
    let entry = sequence;
    while (entry > 0 && !this.stood.has(entry)) entry--;
    const words = WordBuffer.allocate(1 << 16);
    let to = 0;
    for (const event of this.stood.get(entry) ?? []) to = writeEvent(words, to, event);
    const read = (): number => {
      const words = to;
      to = 0;
      return words;
    };
    onAnswer({ image: { words, read, close: () => {} } });
    return () => {};
  }

  /** A session begins: orders are shown under their ids. */
  forgetReferences(): void {
    for (const orders of this.sides.values()) for (const order of orders) order.reference = order.orderId;
  }

  phaseOf(instrumentId: number): Phase {
    return this.phases.get(instrumentId)!;
  }

  /** One side of a book, best price first and oldest first: the venue's own array. */
  side(instrumentId: number, side: Side): TestOrder[] {
    const key = `${instrumentId} ${side}`;
    let orders = this.sides.get(key);
    if (orders === undefined) this.sides.set(key, (orders = []));
    return orders;
  }

  addInstrument(instrumentId: number, terms: Partial<EventInput<'InstrumentAdded'>> = {}): void {
    const event: EventInput<'InstrumentAdded'> = {
      type: 'InstrumentAdded',
      instrumentId,
      symbol: `INST${instrumentId}`.slice(0, 8),
      priceDecimals: 2,
      qtyDecimals: 0,
      tickSize: 1,
      lotSize: 1,
      minQtyLots: 1,
      maxQtyLots: 1_000_000,
      phase: Phase.Continuous,
      ...terms,
    };
    this.instruments.push(event);
    this.phases.set(instrumentId, event.phase as Phase);
    this.emit(event);
  }

  /** A new order: it matches in the continuous phase, and what is left rests. Returns its id. */
  enter(instrumentId: number, side: Side, priceTicks: number, qtyLots: number, displayQtyLots = 0): number {
    const orderId = this.nextOrderId++;
    this.#matchAndRest(orderId, instrumentId, side, priceTicks, qtyLots, displayQtyLots);
    return orderId;
  }

  /** Cancels all of a resting order or reduces it by `qtyLots`, hidden quantity first. */
  cancel(order: TestOrder, qtyLots: number): void {
    const canceledQtyLots = Math.min(qtyLots, order.leavesQtyLots);
    order.leavesQtyLots -= canceledQtyLots;
    const visibleQtyLots = Math.max(0, order.visibleQtyLots - order.leavesQtyLots);
    order.visibleQtyLots -= visibleQtyLots;
    this.emit({
      type: 'OrderCanceled',
      instrumentId: order.instrumentId,
      orderId: order.orderId,
      canceledQtyLots,
      leavesQtyLots: order.leavesQtyLots,
      visibleQtyLots,
      priceTicks: order.priceTicks,
      side: order.side,
      reason: CancelReason.Requested,
    });
    if (order.leavesQtyLots === 0) this.#drop(order);
  }

  /** Replaces a resting order at its price with an open quantity not above the old: it keeps its priority. */
  replaceInPlace(order: TestOrder, openQtyLots: number): void {
    const originalOrderId = order.orderId;
    order.orderId = this.nextOrderId++;
    const lost = Math.max(0, order.visibleQtyLots - openQtyLots);
    order.leavesQtyLots = openQtyLots;
    order.visibleQtyLots -= lost;
    this.#replaced(order, originalOrderId, order.priceTicks, order.priceTicks, openQtyLots, lost, true);
  }

  /** Replaces a resting order by one that enters anew. */
  replaceAnew(order: TestOrder, priceTicks: number, openQtyLots: number, displayQtyLots = 0): number {
    const originalOrderId = order.orderId;
    this.#drop(order);
    const orderId = this.nextOrderId++;
    const { visibleQtyLots } = order;
    const { instrumentId, side, priceTicks: oldTicks } = order;
    const replaced = { ...order, orderId };
    this.#replaced(replaced, originalOrderId, oldTicks, priceTicks, openQtyLots, visibleQtyLots, false);
    this.#matchAndRest(orderId, instrumentId, side, priceTicks, openQtyLots, displayQtyLots);
    return orderId;
  }

  setPhase(instrumentId: number, phase: Phase): void {
    const previousPhase = this.phaseOf(instrumentId);
    this.phases.set(instrumentId, phase);
    this.emit({ type: 'PhaseChanged', instrumentId, phase, previousPhase });
  }

  /**
   * Trades everything that can at `priceTicks`, then changes the phase. A used-up iceberg shows its next slice at
   * the tail when the trades are over.
   */
  uncross(instrumentId: number, priceTicks: number): void {
    const bids = this.side(instrumentId, Side.Buy);
    const asks = this.side(instrumentId, Side.Sell);
    let volume = 0;
    while (bids.length > 0 && asks.length > 0) {
      const [buy, sell] = [bids[0], asks[0]];
      if (buy.priceTicks < priceTicks || sell.priceTicks > priceTicks) break;
      const qtyLots = Math.min(buy.leavesQtyLots, sell.leavesQtyLots);
      volume += qtyLots;
      const [buyTaken, sellTaken] = [buy, sell].map((order) => Math.min(qtyLots, order.visibleQtyLots));
      for (const order of [buy, sell]) {
        order.leavesQtyLots -= qtyLots;
        order.visibleQtyLots = Math.max(0, order.visibleQtyLots - qtyLots);
      }
      this.emit({
        type: 'Trade',
        instrumentId,
        tradeId: this.nextTradeId++,
        qtyLots,
        priceTicks,
        tradeFlags: TradeFlag.Auction,
        makerOrderId: buy.orderId,
        makerLeavesQtyLots: buy.leavesQtyLots,
        makerVisibleQtyLots: buy.visibleQtyLots,
        makerTakenVisibleQtyLots: buyTaken,
        makerPriceTicks: buy.priceTicks,
        takerOrderId: sell.orderId,
        takerLeavesQtyLots: sell.leavesQtyLots,
        takerVisibleQtyLots: sell.visibleQtyLots,
        takerTakenVisibleQtyLots: sellTaken,
        takerPriceTicks: sell.priceTicks,
      });
      for (const order of [buy, sell]) {
        if (order.leavesQtyLots === 0) this.#drop(order);
      }
    }
    for (const order of [bids[0], asks[0]]) {
      if (order === undefined || order.visibleQtyLots > 0) continue;
      this.#drop(order);
      this.#rest(order);
    }
    this.emit({
      type: 'AuctionUncrossed',
      instrumentId,
      qtyLots: volume,
      priceTicks: volume > 0 ? priceTicks : 0,
      phase: this.phaseOf(instrumentId),
    });
    this.setPhase(instrumentId, Phase.Continuous);
  }

  /** Everything that stands, as image events. */
  emitImage(): void {
    const flags = EventFlag.Image;
    this.forgetReferences();
    for (const event of this.instruments) {
      this.emit({ ...event, phase: this.phaseOf(event.instrumentId!), flags });
    }
    for (const orders of this.sides.values()) {
      for (const order of orders) this.emit(restedOf(order, flags));
    }
  }

  #matchAndRest(
    orderId: number,
    instrumentId: number,
    side: Side,
    priceTicks: number,
    qtyLots: number,
    displayQtyLots: number,
  ): void {
    let leavesQtyLots = qtyLots;
    const opposite = this.side(instrumentId, side === Side.Buy ? Side.Sell : Side.Buy);
    const crosses = (price: number): boolean =>
      side === Side.Buy ? price <= priceTicks : price >= priceTicks;
    while (
      this.phaseOf(instrumentId) === Phase.Continuous &&
      leavesQtyLots > 0 &&
      opposite.length > 0 &&
      crosses(opposite[0].priceTicks)
    ) {
      const maker = opposite[0];
      const fill = Math.min(leavesQtyLots, maker.visibleQtyLots);
      leavesQtyLots -= fill;
      maker.leavesQtyLots -= fill;
      maker.visibleQtyLots -= fill;
      this.emit({
        type: 'Trade',
        instrumentId,
        tradeId: this.nextTradeId++,
        qtyLots: fill,
        priceTicks: maker.priceTicks,
        aggressorSide: side,
        makerOrderId: maker.orderId,
        makerLeavesQtyLots: maker.leavesQtyLots,
        makerVisibleQtyLots: maker.visibleQtyLots,
        makerTakenVisibleQtyLots: fill,
        makerPriceTicks: maker.priceTicks,
        takerOrderId: orderId,
        takerLeavesQtyLots: leavesQtyLots,
      });
      if (maker.visibleQtyLots > 0) continue;
      this.#drop(maker);
      if (maker.leavesQtyLots > 0) this.#rest(maker);
    }
    if (leavesQtyLots === 0) return;
    const slice = displayQtyLots < qtyLots ? displayQtyLots : 0;
    this.#rest({
      orderId,
      reference: orderId,
      instrumentId,
      side,
      priceTicks,
      leavesQtyLots,
      visibleQtyLots: 0,
      displayQtyLots: slice,
    });
  }

  /** Puts an order behind all others at its price. */
  #rest(order: TestOrder): void {
    const orders = this.side(order.instrumentId, order.side);
    const behind = orders.findIndex((other) =>
      order.side === Side.Buy ? other.priceTicks < order.priceTicks : other.priceTicks > order.priceTicks,
    );
    orders.splice(behind < 0 ? orders.length : behind, 0, order);
    order.reference = order.orderId;
    this.#show(order);
    this.emit(restedOf(order, 0));
  }

  #show(order: TestOrder): void {
    order.visibleQtyLots =
      order.displayQtyLots === 0 ? order.leavesQtyLots : Math.min(order.displayQtyLots, order.leavesQtyLots);
  }

  #replaced(
    order: TestOrder,
    originalOrderId: number,
    originalPriceTicks: number,
    priceTicks: number,
    openQtyLots: number,
    visibleQtyLots: number,
    keepsPriority: boolean,
  ): void {
    this.emit({
      type: 'OrderReplaced',
      instrumentId: order.instrumentId,
      orderId: order.orderId,
      originalOrderId,
      originalPriceTicks,
      qtyLots: openQtyLots + 7,
      cumQtyLots: 7,
      displayQtyLots: order.displayQtyLots,
      visibleQtyLots,
      priceTicks,
      side: order.side,
      keepsPriority: keepsPriority ? 1 : 0,
    });
  }

  #drop(order: TestOrder): void {
    const orders = this.side(order.instrumentId, order.side);
    orders.splice(orders.indexOf(order), 1);
  }
}

function restedOf(order: TestOrder, flags: number): EventInput<'OrderRested'> {
  return {
    type: 'OrderRested',
    flags,
    instrumentId: order.instrumentId,
    orderId: order.orderId,
    displayQtyLots: order.visibleQtyLots,
    priceTicks: order.priceTicks,
    side: order.side,
  };
}
