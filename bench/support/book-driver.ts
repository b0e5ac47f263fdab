import type { BookListener } from '#core/book/book-listener.ts';
import { BookStore } from '#core/book/book-store.ts';
import { OrderBook } from '#core/book/order-book.ts';
import { SelfTradePrevention, Side } from '#domain/commands.ts';
import { FLOW_WORDS, type Flow, FlowKind } from '../flows.ts';

const { New: NEW, Cancel: CANCEL, Replace: REPLACE } = FlowKind;
const { Buy: BUY, Sell: SELL } = Side;
const NO_PREVENTION = SelfTradePrevention.Default;

/** Folds one trade into a 32-bit hash; order counts. */
export function hashTrade(
  hash: number,
  maker: number,
  taker: number,
  qtyLots: number,
  price: number,
): number {
  let h = Math.imul(hash ^ maker, 0x01000193);
  h = Math.imul(h ^ taker, 0x01000193);
  h = Math.imul(h ^ qtyLots, 0x01000193);
  return Math.imul(h ^ price, 0x01000193);
}

/**
 * The book alone on a flow, as an embedding program would drive it: it keeps which slot an order number has and
 * hears of every trade.
 */
export class BookDriver implements BookListener {
  declare readonly store: BookStore;
  declare readonly book: OrderBook;
  /** Slot of each order number; 0 when it does not rest. */
  declare readonly slots: Int32Array;
  declare trades: number;
  declare hash: number;

  constructor(flow: Flow) {
    this.store = new BookStore({ ordersMax: flow.statistics.depthMax + 4_096 });
    this.book = new OrderBook(this.store, this);
    this.slots = new Int32Array(flow.orders + 1);
    this.trades = 0;
    this.hash = 0;
  }

  onTrade(makerSlot: number, takerSlot: number, qtyLots: number, priceTicks: number): void {
    const { store } = this;
    const maker = store.orderId(makerSlot);
    this.trades++;
    this.hash = hashTrade(this.hash, maker, store.orderId(takerSlot), qtyLots, priceTicks);
    if (store.leavesQtyLots(makerSlot) === 0) this.slots[maker] = 0;
  }

  onCanceled(): void {
    throw new Error('the flows name no owners, so the book never cancels by itself');
  }

  onRested(): void {}

  /** Applies the commands `from` up to, not including, `to`. */
  apply(flow: Flow, from: number, to: number): void {
    const { words } = flow;
    const { slots, book, store } = this;
    for (let at = from * FLOW_WORDS; at < to * FLOW_WORDS; at += FLOW_WORDS) {
      const kind = words[at] & 255;
      const order = words[at + 3];
      if (kind === CANCEL) {
        const slot = slots[order];
        if (slot === 0) continue;
        book.remove(slot);
        store.releaseOrder(slot);
        slots[order] = 0;
        continue;
      }
      let slot: number;
      if (kind === REPLACE) {
        slot = slots[order];
        if (slot === 0) continue;
        book.remove(slot);
      } else {
        slot = store.allocateOrder();
      }
      const side = words[at] >> 8 === 1 ? BUY : SELL;
      const price = words[at + 1];
      book.setOrder(slot, order, 0, words[at + 2], 0);
      book.match(slot, side, price, NO_PREVENTION);
      if ((kind === NEW || kind === REPLACE) && store.leavesQtyLots(slot) > 0) {
        book.rest(slot, side, price);
        slots[order] = slot;
      } else {
        store.releaseOrder(slot);
        slots[order] = 0;
      }
    }
  }
}
