import type { DepthSide } from '../market/depth.ts';
import type { MarketBook } from '../market/market-book.ts';
import type { BookRow } from './lobster-record.ts';
import { isInWindow, rowSide } from './row-window.ts';

/**
 * The venue's own depth inside the window of a row, as it was at construction: a reconciliation may change only what
 * is beyond, and the depth alone, not what the replay meant to do, tells whether that is so.
 */
export class WindowDepth {
  declare private readonly row: BookRow;
  declare private readonly book: MarketBook;
  declare private readonly bids: ReadonlyMap<number, number>;
  declare private readonly asks: ReadonlyMap<number, number>;

  constructor(row: BookRow, book: MarketBook) {
    this.row = row;
    this.book = book;
    this.bids = insideWindow(row, book.bids);
    this.asks = insideWindow(row, book.asks);
  }

  /** Levels inside the window, of both sides, whose displayed quantity is not what it was. */
  get changedLevels(): number {
    const { row, book } = this;
    return (
      changes(this.bids, insideWindow(row, book.bids)) + changes(this.asks, insideWindow(row, book.asks))
    );
  }
}

/** Displayed lots by price. */
function insideWindow(row: BookRow, depth: DepthSide): Map<number, number> {
  const { side, prices, sizes } = depth;
  const levels = rowSide(row, side);
  const inside = new Map<number, number>();
  for (let at = depth.count - 1; at >= 0 && isInWindow(side, levels, prices[at]); at--) {
    inside.set(prices[at], sizes[at]);
  }
  return inside;
}

function changes(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  let changed = 0;
  for (const [price, lots] of after) if (before.get(price) !== lots) changed++;
  for (const price of before.keys()) if (!after.has(price)) changed++;
  return changed;
}
