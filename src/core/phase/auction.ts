import type { PriceIndex } from '#lib/price-index.ts';
import type { OrderBook } from '../book/order-book.ts';

/**
 * Finds the price at which a crossed book trades most; docs/matching.md, section 8. One instance serves all
 * books: the result is left in its fields.
 */
export class AuctionPrice {
  /** 0: nothing would trade. */
  declare priceTicks: number;
  declare qtyLots: number;
  /** Unfilled quantity at the price: positive to buy, negative to sell. */
  declare surplusLots: number;
  /** The crossing levels of both sides: bids ascending, asks ascending. */
  declare private bidKeys: Float64Array;
  declare private bidLots: Float64Array;
  declare private askKeys: Float64Array;
  declare private askLots: Float64Array;

  constructor() {
    this.priceTicks = 0;
    this.qtyLots = 0;
    this.surplusLots = 0;
    this.bidKeys = new Float64Array(64);
    this.bidLots = new Float64Array(64);
    this.askKeys = new Float64Array(64);
    this.askLots = new Float64Array(64);
  }

  /** Cost: the levels that cross. */
  find(book: OrderBook): void {
    this.priceTicks = 0;
    this.qtyLots = 0;
    this.surplusLots = 0;
    if (book.bids.best === 0 || book.asks.best === 0 || book.bids.bestKey < book.asks.bestKey) return;
    const bids = this.#collect(book, book.bids, book.asks.bestKey);
    const asks = this.#collect(book, book.asks, book.bids.bestKey);
    let buyLots = 0;
    for (let bid = 0; bid < bids; bid++) buyLots += this.bidLots[bid];
    this.#choose(bids, asks, buyLots, book.reference());
  }

  /** Fills the side's arrays with the levels from the best to `limit`; bids are turned round so that both ascend. */
  #collect(book: OrderBook, index: PriceIndex, limit: number): number {
    let count = 0;
    let level = index.best;
    let key = index.bestKey;
    while (level !== 0 && (index.descending ? key >= limit : key <= limit)) {
      if (count === this.bidKeys.length) this.#grow();
      (index.descending ? this.bidKeys : this.askKeys)[count] = key;
      (index.descending ? this.bidLots : this.askLots)[count] = book.totalAt(level);
      count++;
      level = index.next(key);
      key = index.foundKey;
    }
    if (index.descending) {
      this.bidKeys.subarray(0, count).reverse();
      this.bidLots.subarray(0, count).reverse();
    }
    return count;
  }

  #grow(): void {
    const grown = (array: Float64Array): Float64Array => {
      const larger = new Float64Array(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.bidKeys = grown(this.bidKeys);
    this.bidLots = grown(this.bidLots);
    this.askKeys = grown(this.askKeys);
    this.askLots = grown(this.askLots);
  }

  /** Walks all prices in ascending order, keeping the best candidates: they are neighbours in that order. */
  #choose(bids: number, asks: number, buyLots: number, reference: number): void {
    let bid = 0;
    let ask = 0;
    let buy = buyLots;
    let sell = 0;
    let bestQty = 0;
    let bestSurplus = 0;
    let allBuy = true;
    let allSell = true;
    let lowest = 0;
    let highest = 0;
    let nearest = 0;
    let nearestSurplus = 0;
    let lowestSurplus = 0;
    let highestSurplus = 0;
    while (bid < bids || ask < asks) {
      const price = Math.min(
        bid < bids ? this.bidKeys[bid] : Number.POSITIVE_INFINITY,
        ask < asks ? this.askKeys[ask] : Number.POSITIVE_INFINITY,
      );
      if (ask < asks && this.askKeys[ask] === price) sell += this.askLots[ask++];
      const qty = Math.min(buy, sell);
      const surplus = buy - sell;
      const better = qty > bestQty || (qty === bestQty && Math.abs(surplus) < bestSurplus);
      if (qty > 0 && (better || (qty === bestQty && Math.abs(surplus) === bestSurplus))) {
        if (better) {
          bestQty = qty;
          bestSurplus = Math.abs(surplus);
          allBuy = true;
          allSell = true;
          lowest = price;
          lowestSurplus = surplus;
          nearest = 0;
        }
        allBuy = allBuy && surplus > 0;
        allSell = allSell && surplus < 0;
        highest = price;
        highestSurplus = surplus;
        if (nearest === 0 || Math.abs(price - reference) <= Math.abs(nearest - reference)) {
          nearest = price;
          nearestSurplus = surplus;
        }
      }
      if (bid < bids && this.bidKeys[bid] === price) buy -= this.bidLots[bid++];
    }
    this.qtyLots = bestQty;
    if (bestQty === 0) return;
    if (allSell) {
      this.priceTicks = lowest;
      this.surplusLots = lowestSurplus;
    } else if (allBuy || reference === 0) {
      this.priceTicks = highest;
      this.surplusLots = highestSurplus;
    } else {
      this.priceTicks = nearest;
      this.surplusLots = nearestSurplus;
    }
  }
}

/** The order at the head of an index's best level; 0 none. */
export function headOfBest(book: OrderBook, index: PriceIndex): number {
  return index.best === 0 ? 0 : book.headOf(index.best);
}
