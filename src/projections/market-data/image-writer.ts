import { ItchCode } from '#codec/itch/itch-messages.ts';
import { EventType, OrderRested } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { VenueState } from './event-translator.ts';
import type { FeedInstrument } from './feed-instrument.ts';
import type { ItchPublisher } from './itch-publisher.ts';
import type { OrdersImage } from './standing-orders.ts';

const INSTRUMENT_AT = OrderRested.at.instrumentId;
const SIDE = byteAt(OrderRested, 'side');

/** Writes what stands, to begin a session or as a snapshot: system events in force, directory, trading states, indicatives, then the orders piece by piece. */
export class ImageWriter {
  declare private readonly publisher: ItchPublisher;
  declare private readonly state: VenueState;
  declare private readonly orders: OrdersImage;
  declare private readonly referenceOf: (orderId: number) => number;
  declare private readonly instruments: ReadonlyMap<number, FeedInstrument>;
  declare private hasBegun: boolean;

  /** @param referenceOf under which number an order is shown */
  constructor(
    publisher: ItchPublisher,
    state: VenueState,
    orders: OrdersImage,
    referenceOf: (orderId: number) => number,
  ) {
    this.publisher = publisher;
    this.state = state;
    this.orders = orders;
    this.referenceOf = referenceOf;
    this.instruments = new Map(state.instruments.map((instrument) => [instrument.instrumentId, instrument]));
    this.hasBegun = false;
  }

  /**
   * Writes what comes before the orders, then some thousand orders each time; false: that was all.
   * @throws FeedLogError; FeedImageError when the orders cannot be read.
   */
  step(): boolean {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.#begin();
    }
    const { words } = this.orders;
    const to = this.orders.read();
    for (let at = 0; at < to; at += words.i32[at] >>> 16) {
      if ((words.i32[at] & 0xff) === EventType.OrderRested) this.#order(words, at);
    }
    return to > 0;
  }

  /** Gives back what the image takes. */
  close(): void {
    this.orders.close();
  }

  #begin(): void {
    const { publisher, state } = this;
    publisher.systemEvent(ItchCode.StartOfMessages);
    if (state.isOpen) publisher.systemEvent(ItchCode.StartOfSystemHours);
    if (state.isMarketOpen) publisher.systemEvent(ItchCode.StartOfMarketHours);
    for (const instrument of state.instruments) {
      publisher.directory(instrument);
      publisher.tradingAction(instrument);
      const { indicative } = instrument;
      if (indicative !== undefined && indicative.qtyLots > 0) publisher.imbalance(instrument, indicative);
    }
  }

  #order({ i32, f64, u8 }: WordBuffer, at: number): void {
    const instrument = this.instruments.get(i32[at + INSTRUMENT_AT]);
    const priceTicks = i32[at + OrderRested.at.priceTicks];
    if (instrument === undefined || priceTicks > instrument.priceTicksMax) return;
    const reference = this.referenceOf(f64[(at + OrderRested.at.orderId) >> 1]);
    const qtyLots = f64[(at + OrderRested.at.displayQtyLots) >> 1];
    this.publisher.addOrder(instrument, reference, u8[(at << 2) + SIDE], priceTicks, qtyLots);
  }
}
