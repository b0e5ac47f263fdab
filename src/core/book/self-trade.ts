import { SelfTradePrevention } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import type { BookListener } from './book-listener.ts';
import type { BookStore } from './book-store.ts';

const { CancelBoth: CANCEL_BOTH, CancelOldest: CANCEL_OLDEST, Decrement: DECREMENT } = SelfTradePrevention;
const SELF_TRADE = CancelReason.SelfTrade;

/** The book of the two orders, as far as they are canceled: see OrderBook. */
interface CancelingBook {
  readonly store: BookStore;
  leavesQtyLots(slot: number): number;
  reduce(slot: number, qtyLots: number): number;
  remove(slot: number): void;
}

/**
 * Two orders of one owner meet, `taker` coming in and `maker` resting at `priceTicks`: one or both are canceled, wholly or in part.
 * True when the incoming one is gone. Rules: docs/matching.md.
 */
export function preventSelfTrade(
  book: CancelingBook,
  listener: BookListener,
  taker: number,
  maker: number,
  priceTicks: number,
  mode: SelfTradePrevention,
): boolean {
  const takerLeaves = book.leavesQtyLots(taker);
  const makerLeaves = book.leavesQtyLots(maker);
  if (mode === DECREMENT) {
    const qtyLots = Math.min(takerLeaves, makerLeaves);
    cancelResting(book, listener, maker, qtyLots, priceTicks);
    cancelIncoming(book, listener, taker, qtyLots);
    return qtyLots === takerLeaves;
  }
  if (mode === CANCEL_OLDEST || mode === CANCEL_BOTH) {
    cancelResting(book, listener, maker, makerLeaves, priceTicks);
    if (mode === CANCEL_OLDEST) return false;
  }
  cancelIncoming(book, listener, taker, takerLeaves);
  return true;
}

function cancelIncoming(book: CancelingBook, listener: BookListener, slot: number, qtyLots: number): void {
  book.store.lowerLeaves(slot, qtyLots);
  listener.onCanceled(slot, qtyLots, 0, 0, SELF_TRADE);
}

function cancelResting(
  book: CancelingBook,
  listener: BookListener,
  slot: number,
  qtyLots: number,
  priceTicks: number,
): void {
  if (qtyLots < book.leavesQtyLots(slot)) {
    const visible = book.reduce(slot, qtyLots);
    listener.onCanceled(slot, qtyLots, visible, priceTicks, SELF_TRADE);
    return;
  }
  const visible = book.store.visibleQtyLots(slot);
  book.remove(slot);
  book.store.clearLeaves(slot);
  listener.onCanceled(slot, qtyLots, visible, priceTicks, SELF_TRADE);
  book.store.releaseOrder(slot);
}
