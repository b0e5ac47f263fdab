import type { Side } from '#domain/commands.ts';
import type { ReplayTallies } from '../replay-report.ts';
import type { DepthSide } from './depth.ts';
import type { MarketBook, RecordedOrder } from './market-book.ts';
import type { RecordedMarket } from './recorded-market.ts';
import type { VenueFill } from './replay-venue.ts';

/** One recorded execution of a resting order. */
export interface RecordedFill {
  /** Null when the record does not say how the order came in. */
  readonly order: RecordedOrder | null;
  readonly id: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Why a difference would say nothing; null when the execution must be reproduced. */
  readonly doubt: string | null;
}

/** Reasons for which executions are left out of the comparison or differ. */
export const ExecutionReason = {
  Auction: 'executed in an auction or halt',
  BetterPrice: 'a better-priced order stood in the book',
  NoLevel: 'no order stood at the execution price',
  ShortLevel: 'the level held less than was executed',
  YoungerFirst: 'the record filled an order before an older one of its level',
  AlreadyFilled: 'the venue had filled the order before, after an earlier difference',
  OtherOrder: 'another order of the level was first in the queue',
  OtherSize: 'the order was filled with another size',
  OtherPrice: 'filled at another price',
  NotFilled: 'nothing was filled',
} as const;

/**
 * Turns the recorded fills of one aggressor into one immediate-or-cancel order of their total quantity at the price
 * of the worst, and compares what the venue makes of it with the record.
 *
 * Fills that price priority does not allow in the venue's book are not sent, since the order would hit others: they
 * count as differing, and the quantity leaves the level as recorded.
 */
export class ExecutionReplay {
  declare private readonly market: RecordedMarket;
  declare private readonly tallies: ReplayTallies;

  constructor(market: RecordedMarket, tallies: ReplayTallies) {
    this.market = market;
    this.tallies = tallies;
  }

  /** @param afterFill called when fill number `index` has left the venue's displayed depth. */
  execute(
    book: MarketBook,
    side: Side,
    fills: readonly RecordedFill[],
    afterFill: (index: number) => void,
  ): void {
    let from = 0;
    while (from < fills.length) {
      if (book.collecting) {
        this.#bypass(book, side, fills[from], ExecutionReason.Auction, false);
        afterFill(from++);
        continue;
      }
      const walk = new DepthWalk(book.depth(side));
      let to = from;
      let obstacle: string | null = null;
      while (to < fills.length && obstacle === null) {
        obstacle = walk.consume(fills[to].priceTicks, fills[to].qtyLots);
        if (obstacle === null) to++;
      }
      if (to > from) this.#aggress(book, side, fills, from, to, afterFill);
      if (obstacle !== null) {
        this.#bypass(book, side, fills[to], obstacle, true);
        afterFill(to++);
      }
      from = to;
    }
  }

  #aggress(
    book: MarketBook,
    side: Side,
    fills: readonly RecordedFill[],
    from: number,
    to: number,
    afterFill: (index: number) => void,
  ): void {
    let qtyLots = 0;
    for (let index = from; index < to; index++) qtyLots += fills[index].qtyLots;
    const { venue } = this.market;
    const trades = venue.aggress(book, side, fills[to - 1].priceTicks, qtyLots);
    let trade = 0;
    let used = 0;
    for (let index = from; index < to; index++) {
      const fill = fills[index];
      this.#compare(fill, trades[trade], used);
      if (fill.order !== null) this.market.lower(fill.order, fill.qtyLots);
      for (let rest = fill.qtyLots; rest > 0 && trade < trades.length; ) {
        const part = Math.min(rest, trades[trade].qtyLots - used);
        venue.settle(trades[trade], part);
        rest -= part;
        used += part;
        if (used === trades[trade].qtyLots) {
          trade++;
          used = 0;
        }
      }
      afterFill(index);
    }
  }

  #compare(fill: RecordedFill, trade: VenueFill | undefined, used: number): void {
    const reason = difference(fill, trade, used);
    if (fill.order !== null && reason === null) this.tallies.executionsExact++;
    else if (fill.doubt !== null) this.tallies.executionsNotComparable.add(fill.doubt);
    else this.tallies.executionsDiffering.add(reason ?? ExecutionReason.OtherOrder);
  }

  /** Takes an execution that the venue cannot reproduce out of the book as the record does. */
  #bypass(book: MarketBook, side: Side, fill: RecordedFill, reason: string, comparable: boolean): void {
    if (comparable && fill.doubt === null) this.tallies.executionsDiffering.add(reason);
    else this.tallies.executionsNotComparable.add(fill.doubt ?? reason);
    if (fill.order !== null) this.market.lower(fill.order, fill.qtyLots);
    this.market.take(book, side, fill.priceTicks, fill.qtyLots, fill.order, fill.id);
  }
}

/** Why the venue's fill is not the recorded one; null when it is. */
function difference(fill: RecordedFill, trade: VenueFill | undefined, used: number): string | null {
  if (trade === undefined) return ExecutionReason.NotFilled;
  if (trade.priceTicks !== fill.priceTicks) return ExecutionReason.OtherPrice;
  const { owner } = trade.order;
  if (fill.order === null) return ExecutionReason.OtherOrder;
  if (owner === fill.order) {
    return used === 0 && trade.qtyLots === fill.qtyLots ? null : ExecutionReason.OtherSize;
  }
  if (owner !== null && owner.claimLots > 0 && owner.message < fill.order.message) {
    return ExecutionReason.YoungerFirst;
  }
  return (fill.order.venue?.leavesLots ?? 0) === 0
    ? ExecutionReason.AlreadyFilled
    : ExecutionReason.OtherOrder;
}

/** Walks down one side's levels as an aggressor would. */
class DepthWalk {
  declare private readonly depth: DepthSide;
  declare private level: number;
  declare private used: number;

  constructor(depth: DepthSide) {
    this.depth = depth;
    this.level = depth.count - 1;
    this.used = 0;
  }

  /** Consumes a fill at the best price that is left; says why not when price priority does not allow it. */
  consume(priceTicks: number, qtyLots: number): string | null {
    const { prices, sizes } = this.depth;
    if (this.level < 0) return ExecutionReason.NoLevel;
    const best = prices[this.level];
    if (best !== priceTicks) {
      return this.depth.better(best, priceTicks) ? ExecutionReason.BetterPrice : ExecutionReason.NoLevel;
    }
    if (sizes[this.level] - this.used < qtyLots) return ExecutionReason.ShortLevel;
    this.used += qtyLots;
    if (this.used === sizes[this.level]) {
      this.level--;
      this.used = 0;
    }
    return null;
  }
}
