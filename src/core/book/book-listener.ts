import type { CancelReason } from '#domain/events.ts';

/** What a book tells its owner while it matches. Slots are valid during the call and, unless said otherwise, after it. */
export interface BookListener {
  /**
   * One fill; both orders' leaves are already reduced. A maker with nothing left is out of its level, and its
   * slot is freed when the call returns.
   */
  onTrade(makerSlot: number, takerSlot: number, qtyLots: number, priceTicks: number): void;
  /**
   * `qtyLots` of an order were canceled by the book itself, of which `visibleQtyLots` had been displayed at
   * `priceTicks`; leaves are already reduced. A resting order with nothing left is out of its level and freed after the call.
   */
  onCanceled(
    slot: number,
    qtyLots: number,
    visibleQtyLots: number,
    priceTicks: number,
    reason: CancelReason,
  ): void;
  /** The order displays a (new) quantity at the tail of its level. */
  onRested(slot: number, priceTicks: number): void;
}
