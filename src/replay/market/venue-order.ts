import type { Side } from '#domain/commands.ts';
import type { MarketBook } from './market-book.ts';

/** An order of the record, as far as the record has told. */
export class RecordedOrder {
  readonly id: number;
  readonly book: MarketBook;
  readonly side: Side;
  priceTicks: number;
  /** Lots open by the record. */
  claimLots: number;
  /** The order that stands for it in the venue; null while none does. */
  venue: VenueOrder | null;
  /** Number of the message that entered it. */
  readonly message: number;

  constructor(
    id: number,
    book: MarketBook,
    side: Side,
    priceTicks: number,
    claimLots: number,
    message: number,
  ) {
    this.id = id;
    this.book = book;
    this.side = side;
    this.priceTicks = priceTicks;
    this.claimLots = claimLots;
    this.venue = null;
    this.message = message;
  }
}

/** A live order that the replay has entered into the venue. */
export class VenueOrder {
  readonly book: MarketBook;
  readonly side: Side;
  priceTicks: number;
  clientOrderId: number;
  leavesLots: number;
  cumLots: number;
  /** The recorded order that it stands for; null for quantity that the record shows without naming its orders. */
  owner: RecordedOrder | null;
  /** Highest order id that the record had named when this order was entered. */
  readonly newestId: number;
  previous: VenueOrder | null;
  next: VenueOrder | null;
  linked: boolean;

  constructor(
    book: MarketBook,
    side: Side,
    priceTicks: number,
    clientOrderId: number,
    qtyLots: number,
    owner: RecordedOrder | null,
    newestId: number,
  ) {
    this.book = book;
    this.side = side;
    this.priceTicks = priceTicks;
    this.clientOrderId = clientOrderId;
    this.leavesLots = qtyLots;
    this.cumLots = 0;
    this.owner = owner;
    this.newestId = newestId;
    this.previous = null;
    this.next = null;
    this.linked = false;
  }

  /** Lots that no recorded order claims. */
  get unclaimedLots(): number {
    return this.owner === null ? this.leavesLots : Math.max(0, this.leavesLots - this.owner.claimLots);
  }
}

/** The orders at one price, the oldest first. */
export class OrderQueue {
  head: VenueOrder | null;
  tail: VenueOrder | null;

  constructor() {
    this.head = null;
    this.tail = null;
  }

  append(order: VenueOrder): void {
    order.previous = this.tail;
    order.next = null;
    if (this.tail === null) this.head = order;
    else this.tail.next = order;
    this.tail = order;
    order.linked = true;
  }

  /** False when the order is not in a queue. */
  remove(order: VenueOrder): boolean {
    if (!order.linked) return false;
    if (order.previous === null) this.head = order.next;
    else order.previous.next = order.next;
    if (order.next === null) this.tail = order.previous;
    else order.next.previous = order.previous;
    order.previous = null;
    order.next = null;
    order.linked = false;
    return true;
  }
}
