/**
 * Price-time priority in the plainest way: sorted arrays of prices, an array of orders per price. It generates the
 * flows and checks the report streams of the fast book; it never runs inside a timed region.
 */
export interface NaiveOrder {
  readonly id: number;
  readonly buy: boolean;
  readonly priceTicks: number;
  leaves: number;
}

export type OnTrade = (makerId: number, takerId: number, qtyLots: number, priceTicks: number) => void;

class NaiveSide {
  /** Occupied prices, ascending. */
  readonly prices: number[] = [];
  readonly queues = new Map<number, NaiveOrder[]>();

  append(order: NaiveOrder): void {
    const queue = this.queues.get(order.priceTicks);
    if (queue !== undefined) {
      queue.push(order);
      return;
    }
    this.queues.set(order.priceTicks, [order]);
    this.prices.splice(this.#position(order.priceTicks), 0, order.priceTicks);
  }

  remove(order: NaiveOrder): void {
    const queue = this.queues.get(order.priceTicks)!;
    queue.splice(queue.indexOf(order), 1);
    if (queue.length > 0) return;
    this.queues.delete(order.priceTicks);
    this.prices.splice(this.#position(order.priceTicks), 1);
  }

  /** Index of the first price that is not below `priceTicks`. */
  #position(priceTicks: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.prices[middle] < priceTicks) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class NaiveBook {
  readonly bids = new NaiveSide();
  readonly asks = new NaiveSide();
  readonly orders = new Map<number, NaiveOrder>();
  declare private readonly onTrade: OnTrade;

  constructor(onTrade: OnTrade) {
    this.onTrade = onTrade;
  }

  /** Matches, then rests what is left if `mayRest`. Returns what was left. */
  add(id: number, buy: boolean, priceTicks: number, qtyLots: number, mayRest: boolean): number {
    const opposite = buy ? this.asks : this.bids;
    let leaves = qtyLots;
    while (leaves > 0 && opposite.prices.length > 0) {
      const best = buy ? opposite.prices[0] : opposite.prices[opposite.prices.length - 1];
      if (buy ? best > priceTicks : best < priceTicks) break;
      const maker = opposite.queues.get(best)![0];
      const qty = Math.min(leaves, maker.leaves);
      leaves -= qty;
      maker.leaves -= qty;
      if (maker.leaves === 0) {
        opposite.remove(maker);
        this.orders.delete(maker.id);
      }
      this.onTrade(maker.id, id, qty, best);
    }
    if (leaves > 0 && mayRest) {
      const order = { id, buy, priceTicks, leaves };
      this.orders.set(id, order);
      (buy ? this.bids : this.asks).append(order);
    }
    return leaves;
  }

  /** Takes an order out; undefined when it does not rest. */
  cancel(id: number): NaiveOrder | undefined {
    const order = this.orders.get(id);
    if (order === undefined) return undefined;
    this.orders.delete(id);
    (order.buy ? this.bids : this.asks).remove(order);
    return order;
  }

  /** Cancels and adds under the same id; undefined when it does not rest. */
  replace(id: number, priceTicks: number, qtyLots: number): NaiveOrder | undefined {
    const order = this.cancel(id);
    if (order !== undefined) this.add(id, order.buy, priceTicks, qtyLots, true);
    return order;
  }

  get bestBid(): number {
    return this.bids.prices.at(-1) ?? 0;
  }

  get bestAsk(): number {
    return this.asks.prices[0] ?? 0;
  }
}
