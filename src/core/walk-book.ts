import type { CancelReason } from '#domain/events.ts';
import type { PriceIndex } from '#lib/price-index.ts';
import type { OrderBook } from './book/order-book.ts';
import type { Execution } from './execution.ts';

/** Calls `visit` with every live order of a book: bids, asks, buy stops, sell stops, each in priority order. */
export function walkBook(book: OrderBook, visit: (slot: number) => void): void {
  for (const index of [book.bids, book.asks, book.buyStops, book.sellStops]) walkIndex(book, index, visit);
}

/** `visit` may remove the order that it is called with. */
function walkIndex(book: OrderBook, index: PriceIndex, visit: (slot: number) => void): void {
  let level = index.best;
  let key = index.bestKey;
  while (level !== 0) {
    for (let slot = book.headOf(level); slot !== 0; ) {
      const next = book.nextInLevel(slot);
      visit(slot);
      slot = next;
    }
    level = index.next(key);
    key = index.foundKey;
  }
}

/** Cancels every order of a book for which `matches` holds and returns how many. */
export function cancelInBook(
  book: OrderBook,
  execution: Execution,
  reason: CancelReason,
  matches: (slot: number) => boolean,
): number {
  let canceled = 0;
  walkBook(book, (slot) => {
    if (!matches(slot)) return;
    execution.cancel(slot, reason);
    canceled++;
  });
  return canceled;
}
