import { Side } from '#domain/commands.ts';
import { assert } from '#lib/assert.ts';

/**
 * The displayed price levels of one side of one instrument, as the venue's public events leave them.
 *
 * Levels are sorted from the worst to the best: changes happen near the best, so they move few elements.
 */
export class DepthSide {
  declare readonly side: Side;
  /** Prices in ticks, the best last. */
  declare readonly prices: number[];
  /** Displayed lots of each level. */
  declare readonly sizes: number[];

  constructor(side: Side) {
    this.side = side;
    this.prices = [];
    this.sizes = [];
  }

  /** Number of levels. */
  get count(): number {
    return this.prices.length;
  }

  /** Best price, or 0 when the side is empty. */
  get best(): number {
    return this.prices.length === 0 ? 0 : this.prices[this.prices.length - 1];
  }

  /** Lots displayed at a price. */
  sizeAt(priceTicks: number): number {
    const at = this.#find(priceTicks);
    return at < this.prices.length && this.prices[at] === priceTicks ? this.sizes[at] : 0;
  }

  add(priceTicks: number, qtyLots: number): void {
    const at = this.#find(priceTicks);
    if (at < this.prices.length && this.prices[at] === priceTicks) {
      this.sizes[at] += qtyLots;
    } else {
      this.prices.splice(at, 0, priceTicks);
      this.sizes.splice(at, 0, qtyLots);
    }
  }

  reduce(priceTicks: number, qtyLots: number): void {
    if (qtyLots === 0) return;
    const at = this.#find(priceTicks);
    assert(
      this.prices[at] === priceTicks && this.sizes[at] >= qtyLots,
      'Condition: the venue takes from a level only what its events put there',
    );
    this.sizes[at] -= qtyLots;
    if (this.sizes[at] === 0) {
      this.prices.splice(at, 1);
      this.sizes.splice(at, 1);
    }
  }

  /** Whether `a` is a better price than `b` on this side. */
  better(a: number, b: number): boolean {
    return this.side === Side.Buy ? a > b : a < b;
  }

  /** Whether an order of the other side with this limit would trade now. */
  isReachedBy(limitTicks: number): boolean {
    return this.prices.length > 0 && !this.better(limitTicks, this.best);
  }

  /** Index of the price, or where it belongs. */
  #find(priceTicks: number): number {
    const sign = this.side === Side.Buy ? 1 : -1;
    const rank = sign * priceTicks;
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sign * this.prices[middle] < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
