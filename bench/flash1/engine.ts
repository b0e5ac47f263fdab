import type { BookListener } from '#core/book/book-listener.ts';
import { BookStore } from '#core/book/book-store.ts';
import { OrderBook } from '#core/book/order-book.ts';
import { SelfTradePrevention, Side } from '#domain/commands.ts';
import type { BookState } from './naive.ts';
import { ReportType } from './reports.ts';
import type { RingProducer } from './ring.ts';
import { MESSAGE_WORDS, MessageKind, type Workload } from './workload.ts';

const WORDS = MESSAGE_WORDS;
const { New: NEW, Cancel: CANCEL } = MessageKind;
const { Buy: BUY, Sell: SELL } = Side;
const NO_PREVENTION = SelfTradePrevention.Default;
const {
  OrderAck: ORDER_ACK,
  Trade: TRADE,
  CancelAck: CANCEL_ACK,
  ModifyAck: MODIFY_ACK,
  CancelReject: CANCEL_REJECT,
  ModifyReject: MODIFY_REJECT,
} = ReportType;

/**
 * Our book behind the harness' messages: what its adapters do for other engines. Order ids are found by a flat
 * table, as in those (its docs/METHODOLOGY.md, "Order-identifier resolution"); every report goes into the ring.
 */
export class Flash1Engine implements BookListener, BookState {
  declare private readonly store: BookStore;
  declare private readonly book: OrderBook;
  declare private readonly ring: RingProducer;
  /** By order id: slot * 2 + sell; 0 when it does not rest. */
  declare private readonly slots: Int32Array;
  declare private sequence: number;

  constructor(workload: Workload, ring: RingProducer) {
    this.store = new BookStore({ ordersMax: Math.min(workload.messages, 1 << 20) });
    this.book = new OrderBook(this.store, this);
    this.ring = ring;
    this.slots = new Int32Array(workload.orderIdMax + 1);
    this.sequence = 0;
  }

  onTrade(makerSlot: number, takerSlot: number, qtyLots: number, priceTicks: number): void {
    const store = this.store;
    const maker = store.orderId(makerSlot);
    this.ring.push(TRADE, 0, this.sequence, maker, priceTicks, qtyLots, store.orderId(takerSlot));
    if (store.leavesQtyLots(makerSlot) === 0) this.slots[maker] = 0;
  }

  onCanceled(): void {
    throw new Error('the workload names no owners, so the book never cancels by itself');
  }

  onRested(): void {}

  /** Applies the messages `from` up to, not including, `to`. */
  apply(workload: Workload, from: number, to: number): void {
    const { words } = workload;
    const slots = this.slots;
    for (let sequence = from; sequence < to; sequence++) {
      const at = sequence * WORDS;
      const kind = words[at] & 255;
      this.sequence = sequence;
      if (kind === NEW) this.#onNew(words, at);
      else if (kind === CANCEL) this.#onCancel(slots, words[at + 3]);
      else this.#onModify(words, at);
    }
  }

  #onNew(words: Int32Array, at: number): void {
    const sell = (words[at] >> 8) & 255;
    const price = words[at + 1];
    const qty = words[at + 2];
    const id = words[at + 3];
    this.ring.push(ORDER_ACK, sell, this.sequence, id, price, qty, 0);
    const slot = this.store.allocateOrder();
    const left = this.#enter(slot, id, sell, price, qty, words[at] >> 16 === 0);
    if (left > 0) this.ring.push(CANCEL_ACK, sell, this.sequence, id, price, 0, 0);
  }

  #onCancel(slots: Int32Array, id: number): void {
    const entry = slots[id];
    if (entry === 0) {
      this.ring.push(CANCEL_REJECT, 0, this.sequence, id, 0, 0, 0);
      return;
    }
    const slot = entry >> 1;
    this.ring.push(CANCEL_ACK, entry & 1, this.sequence, id, this.store.levelKey(slot), 0, 0);
    this.book.remove(slot);
    this.store.releaseOrder(slot);
    slots[id] = 0;
  }

  #onModify(words: Int32Array, at: number): void {
    const price = words[at + 1];
    const qty = words[at + 2];
    const id = words[at + 3];
    const entry = this.slots[id];
    if (entry === 0) {
      this.ring.push(MODIFY_REJECT, 0, this.sequence, id, 0, 0, 0);
      return;
    }
    this.book.remove(entry >> 1);
    this.#enter(entry >> 1, id, entry & 1, price, qty, true);
    this.ring.push(MODIFY_ACK, entry & 1, this.sequence, id, price, qty, 0);
  }

  /** Matches and rests; returns what is left of an order that may not rest. */
  #enter(slot: number, id: number, sell: number, price: number, qty: number, mayRest: boolean): number {
    const store = this.store;
    const side = sell === 0 ? BUY : SELL;
    this.book.setOrder(slot, id, 0, qty, 0);
    this.book.match(slot, side, price, NO_PREVENTION);
    const left = store.leavesQtyLots(slot);
    if (left > 0 && mayRest) {
      this.book.rest(slot, side, price);
      this.slots[id] = (slot << 1) | sell;
      return 0;
    }
    store.releaseOrder(slot);
    this.slots[id] = 0;
    return left;
  }

  get bestBid(): number {
    return this.book.bestBidTicks;
  }

  get bestAsk(): number {
    return this.book.bestAskTicks;
  }

  depthAt(sell: boolean, price: number): number {
    return this.book.depthAt(sell ? SELL : BUY, price);
  }
}
