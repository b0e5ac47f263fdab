import type { Side } from '#domain/commands.ts';
import { assert } from '#lib/assert.ts';
import { type MarketBook, RecordedOrder, type VenueOrder } from './market-book.ts';
import type { ReplayVenue } from './replay-venue.ts';

/**
 * The recorded orders and the venue orders that stand for them.
 *
 * While record and venue agree, each recorded order has one venue order with the same open quantity. Where they
 * cannot agree order by order (a record that leaves orders out, a fill that went to another order of the level),
 * the level's total still follows the record: quantity that the record takes from an order which has none left in
 * the venue is taken from lots of the same level that no recorded order claims.
 */
export class RecordedMarket {
  declare readonly venue: ReplayVenue;
  declare private readonly orders: Map<number, RecordedOrder>;
  /** Messages so far; the format's replay counts it up. */
  declare message: number;

  constructor(venue: ReplayVenue) {
    this.venue = venue;
    this.orders = new Map();
    this.message = 0;
  }

  /** The live recorded order of this id. */
  find(id: number): RecordedOrder | undefined {
    return this.orders.get(id);
  }

  /** A new order of the record that is not (yet) in the venue. */
  register(id: number, book: MarketBook, side: Side, priceTicks: number, qtyLots: number): RecordedOrder {
    const order = new RecordedOrder(id, book, side, priceTicks, qtyLots, this.message);
    this.orders.set(id, order);
    if (id > this.venue.newestId) this.venue.newestId = id;
    return order;
  }

  /** Enters a registered order into the venue with the open quantity that it has by the record. */
  enter(order: RecordedOrder): void {
    order.venue = this.venue.rest(order.book, order.side, order.priceTicks, order.claimLots, order);
  }

  /** The record lowers an order's open quantity; at zero the order is forgotten. */
  lower(order: RecordedOrder, qtyLots: number): void {
    order.claimLots = Math.max(0, order.claimLots - qtyLots);
    if (order.claimLots === 0 && this.orders.get(order.id) === order) this.orders.delete(order.id);
  }

  /** The order ends by the record, whatever was open. */
  forget(order: RecordedOrder): void {
    this.lower(order, order.claimLots);
  }

  /** The record takes `qtyLots` out of `order` other than by a trade. */
  cancel(order: RecordedOrder, qtyLots: number): void {
    this.lower(order, qtyLots);
    this.take(order.book, order.side, order.priceTicks, qtyLots, order, order.id);
  }

  /**
   * The record continues `order` under a new id, price and size, at the tail of its price. What keeps its price
   * without growing is canceled and entered anew: the venue would let a replace keep its priority.
   */
  replace(order: RecordedOrder, newId: number, priceTicks: number, qtyLots: number): void {
    const { book, side, claimLots } = order;
    const old = order.venue;
    this.forget(order);
    const next = this.register(newId, book, side, priceTicks, qtyLots);
    const moves = priceTicks !== order.priceTicks || qtyLots > claimLots;
    if (old !== null && old.leavesLots === claimLots && claimLots > 0 && moves) {
      old.owner = next;
      if (this.venue.replace(old, priceTicks, qtyLots)) next.venue = old;
      else this.venue.reduce(old, old.leavesLots);
      return;
    }
    this.take(book, side, order.priceTicks, claimLots, order, order.id);
    this.enter(next);
  }

  /**
   * Takes `qtyLots` out of a level of the venue by cancels: from the order that stands for `preferred` as far as it
   * has more than the record leaves it, then from lots that no recorded order claims, then from any, the oldest
   * first. `id` is the recorded order's: of unclaimed lots those come first that stood when the record had not yet
   * named a newer order. Returns what could be taken.
   */
  take(
    book: MarketBook,
    side: Side,
    priceTicks: number,
    qtyLots: number,
    preferred: RecordedOrder | null,
    id: number,
  ): number {
    let rest = qtyLots;
    const own = preferred?.venue ?? null;
    if (own !== null && own.priceTicks === priceTicks) {
      rest -= this.#takeFrom(own, Math.min(rest, own.unclaimedLots));
    }
    if (rest > 0) rest -= this.#takeUnclaimed(book, side, priceTicks, rest, id);
    if (rest > 0) rest -= this.#takeUnclaimed(book, side, priceTicks, rest, 0);
    while (rest > 0) {
      const oldest = book.queue(side, priceTicks)?.head ?? null;
      if (oldest === null) break;
      rest -= this.#takeFrom(oldest, Math.min(rest, oldest.leavesLots));
    }
    return qtyLots - rest;
  }

  /**
   * Takes `qtyLots` out of a level when the record does not say from which orders: lots that no recorded order
   * claims, then the newest orders, which are canceled more often than those that have waited for their turn.
   */
  shrink(book: MarketBook, side: Side, priceTicks: number, qtyLots: number): void {
    let rest = qtyLots - this.#takeUnclaimed(book, side, priceTicks, qtyLots, 0);
    while (rest > 0) {
      const newest = book.queue(side, priceTicks)?.tail ?? null;
      assert(newest !== null, 'Condition: the level holds what is to be taken');
      rest -= this.#takeFrom(newest, Math.min(rest, newest.leavesLots));
    }
  }

  #takeUnclaimed(
    book: MarketBook,
    side: Side,
    priceTicks: number,
    qtyLots: number,
    newestId: number,
  ): number {
    let rest = qtyLots;
    let order = book.queue(side, priceTicks)?.head ?? null;
    while (order !== null && rest > 0) {
      const next: VenueOrder | null = order.next;
      if (order.newestId >= newestId) rest -= this.#takeFrom(order, Math.min(rest, order.unclaimedLots));
      order = next;
    }
    return qtyLots - rest;
  }

  #takeFrom(order: VenueOrder, qtyLots: number): number {
    if (qtyLots <= 0 || order.leavesLots === 0) return 0;
    this.venue.reduce(order, qtyLots);
    return qtyLots;
  }
}
