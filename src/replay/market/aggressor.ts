import type { Side } from '#domain/commands.ts';
import type { RecordedFill } from './execution-replay.ts';
import type { MarketBook } from './market-book.ts';

/**
 * Collects the executions that one aggressor caused. The record does not name it: consecutive executions belong
 * together when they have the same time and resting side, their prices never get better for the aggressor, no
 * resting order is filled twice, and none but the last leaves its order partly open (that would have used the
 * aggressor up).
 */
export class Aggressor {
  declare readonly book: MarketBook;
  /** Side of the resting orders. */
  declare readonly side: Side;
  declare readonly timeSeconds: number;
  declare readonly timeNanos: number;
  declare readonly fills: RecordedFill[];
  /** Resting orders of the fills. */
  declare private readonly ids: Set<number>;
  declare private usedUp: boolean;

  constructor(book: MarketBook, side: Side, timeSeconds: number, timeNanos: number) {
    this.book = book;
    this.side = side;
    this.timeSeconds = timeSeconds;
    this.timeNanos = timeNanos;
    this.fills = [];
    this.ids = new Set();
    this.usedUp = false;
  }

  /** Whether an execution of `id` at this price can be of the same aggressor. */
  accepts(
    book: MarketBook,
    side: Side,
    timeSeconds: number,
    timeNanos: number,
    id: number,
    priceTicks: number,
  ): boolean {
    if (book !== this.book || side !== this.side || this.usedUp) return false;
    if (timeSeconds !== this.timeSeconds || timeNanos !== this.timeNanos) return false;
    if (this.fills.length === 0) return true;
    const last = this.fills[this.fills.length - 1];
    return !this.ids.has(id) && !book.depth(side).better(priceTicks, last.priceTicks);
  }

  add(fill: RecordedFill): void {
    this.fills.push(fill);
    this.ids.add(fill.id);
    this.usedUp = fill.order !== null && fill.order.claimLots > fill.qtyLots;
  }
}
