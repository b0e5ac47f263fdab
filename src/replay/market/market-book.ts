import { Side } from '#domain/commands.ts';
import { DepthSide } from './depth.ts';

/** An order of the record, as far as the record has told. */
export class RecordedOrder {
  declare readonly id: number;
  declare readonly book: MarketBook;
  declare readonly side: Side;
  declare priceTicks: number;
  /** Lots open by the record. */
  declare claimLots: number;
  /** The order that stands for it in the venue; null while none does. */
  declare venue: VenueOrder | null;
  /** Number of the message that entered it. */
  declare readonly message: number;

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
  declare readonly book: MarketBook;
  declare readonly side: Side;
  declare priceTicks: number;
  declare clientOrderId: number;
  declare leavesLots: number;
  declare cumLots: number;
  /** The recorded order that it stands for; null for quantity that the record shows without naming its orders. */
  declare owner: RecordedOrder | null;
  /** Highest order id that the record had named when this order was entered. */
  declare readonly newestId: number;
  declare previous: VenueOrder | null;
  declare next: VenueOrder | null;
  declare linked: boolean;

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
  declare head: VenueOrder | null;
  declare tail: VenueOrder | null;

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

/** What the replay keeps of one instrument of the venue: its displayed depth and its own resting orders. */
export class MarketBook {
  declare readonly instrumentId: number;
  declare readonly bids: DepthSide;
  declare readonly asks: DepthSide;
  declare private readonly bidQueues: Map<number, OrderQueue>;
  declare private readonly askQueues: Map<number, OrderQueue>;
  /** Orders rest without trading: the recorded market is halted or collects for an auction. */
  declare collecting: boolean;
  /** The recorded market trades again; the venue follows once its book is not crossed. */
  declare resuming: boolean;

  constructor(instrumentId: number) {
    this.instrumentId = instrumentId;
    this.bids = new DepthSide(Side.Buy);
    this.asks = new DepthSide(Side.Sell);
    this.bidQueues = new Map();
    this.askQueues = new Map();
    this.collecting = false;
    this.resuming = false;
  }

  depth(side: Side): DepthSide {
    return side === Side.Buy ? this.bids : this.asks;
  }

  /** Our orders at a price in the order of their priority, or undefined when there is none. */
  queue(side: Side, priceTicks: number): OrderQueue | undefined {
    return this.#queues(side).get(priceTicks);
  }

  /** Puts an order at the tail of its price. */
  link(order: VenueOrder): void {
    const queues = this.#queues(order.side);
    let queue = queues.get(order.priceTicks);
    if (queue === undefined) {
      queue = new OrderQueue();
      queues.set(order.priceTicks, queue);
    }
    queue.append(order);
  }

  unlink(order: VenueOrder): void {
    const queue = this.queue(order.side, order.priceTicks);
    if (queue === undefined || !queue.remove(order)) return;
    if (queue.head === null) this.#queues(order.side).delete(order.priceTicks);
  }

  /** Whether the best bid reaches the best ask. */
  get crossed(): boolean {
    return this.bids.count > 0 && this.asks.isReachedBy(this.bids.best);
  }

  #queues(side: Side): Map<number, OrderQueue> {
    return side === Side.Buy ? this.bidQueues : this.askQueues;
  }
}
