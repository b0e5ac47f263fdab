import { Side } from '#domain/commands.ts';
import { DepthSide } from './depth.ts';
import { OrderQueue, type VenueOrder } from './venue-order.ts';

/** What the replay keeps of one instrument of the venue: its displayed depth and its own resting orders. */
export class MarketBook {
  readonly instrumentId: number;
  readonly bids: DepthSide;
  readonly asks: DepthSide;
  readonly #bidQueues: Map<number, OrderQueue>;
  readonly #askQueues: Map<number, OrderQueue>;
  /** Orders rest without trading: the recorded market is halted or collects for an auction. */
  collecting: boolean;
  /** The recorded market trades again; the venue follows once its book is not crossed. */
  resuming: boolean;

  constructor(instrumentId: number) {
    this.instrumentId = instrumentId;
    this.bids = new DepthSide(Side.Buy);
    this.asks = new DepthSide(Side.Sell);
    this.#bidQueues = new Map();
    this.#askQueues = new Map();
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
    return side === Side.Buy ? this.#bidQueues : this.#askQueues;
  }
}
