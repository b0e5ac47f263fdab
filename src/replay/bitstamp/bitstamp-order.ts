import type { RecordedOrder } from '../market/market-book.ts';

/** An open order since its created row or its last change of price. */
export interface BitstampOrder {
  readonly recorded: RecordedOrder;
  /** Open by the last row; the recorded order's claim also has fills whose trade is not yet replayed. */
  volumeLots: number;
}
