import type { BookListener } from '#core/book/book-listener.ts';
import { BookStore } from '#core/book/book-store.ts';
import { OrderBook } from '#core/book/order-book.ts';
import { SelfTradePrevention, Side } from '#domain/commands.ts';
import { LiveOrders } from './live-orders.ts';
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

/** Our book behind the harness' messages: what its adapters do for other engines. Every report goes into the ring. */
export class Flash1Engine implements BookListener, BookState {
  declare private readonly store: BookStore;
  declare private readonly book: OrderBook;
  declare private readonly ring: RingProducer;
  /** Places are slot * 2 + sell. */
  declare private readonly live: LiveOrders;
  declare private sequence: number;

  constructor(workload: Workload, ring: RingProducer) {
    this.store = new BookStore({ ordersMax: Math.min(workload.messages, 1 << 20) });
    this.book = new OrderBook(this.store, this);
    this.ring = ring;
    this.live = new LiveOrders(this.store.orders.capacity);
    this.sequence = 0;
  }

  onTrade(makerSlot: number, takerSlot: number, qtyLots: number, priceTicks: number): void {
    const store = this.store;
    const maker = store.orderId(makerSlot);
    this.ring.push(TRADE, 0, this.sequence, maker, priceTicks, qtyLots, store.orderId(takerSlot));
    if (store.leavesQtyLots(makerSlot) === 0) this.live.remove(maker);
  }

  onCanceled(): void {
    throw new Error('the workload names no owners, so the book never cancels by itself');
  }

  onRested(): void {}

  /** Applies the messages `from` up to, not including, `to`. */
  apply(workload: Workload, from: number, to: number): void {
    const { words } = workload;
    for (let sequence = from; sequence < to; sequence++) {
      const at = sequence * WORDS;
      const kind = words[at] & 255;
      this.sequence = sequence;
      if (kind === NEW) this.#onNew(words, at);
      else if (kind === CANCEL) this.#onCancel(words[at + 3]);
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
    if (left < 0) {
      this.live.add(id, (slot << 1) | sell);
      return;
    }
    this.store.releaseOrder(slot);
    if (left > 0) this.ring.push(CANCEL_ACK, sell, this.sequence, id, price, 0, 0);
  }

  #onCancel(id: number): void {
    const place = this.live.remove(id);
    if (place === 0) {
      this.ring.push(CANCEL_REJECT, 0, this.sequence, id, 0, 0, 0);
      return;
    }
    const slot = place >> 1;
    this.ring.push(CANCEL_ACK, place & 1, this.sequence, id, this.store.levelKey(slot), 0, 0);
    this.book.remove(slot);
    this.store.releaseOrder(slot);
  }

  #onModify(words: Int32Array, at: number): void {
    const price = words[at + 1];
    const qty = words[at + 2];
    const id = words[at + 3];
    const place = this.live.find(id);
    if (place === 0) {
      this.ring.push(MODIFY_REJECT, 0, this.sequence, id, 0, 0, 0);
      return;
    }
    const slot = place >> 1;
    this.book.remove(slot);
    if (this.#enter(slot, id, place & 1, price, qty, true) === 0) {
      this.store.releaseOrder(slot);
      this.live.remove(id);
    }
    this.ring.push(MODIFY_ACK, place & 1, this.sequence, id, price, qty, 0);
  }

  /** Matches and rests; returns what is left of an order that does not rest, -1 of one that does. */
  #enter(slot: number, id: number, sell: number, price: number, qty: number, mayRest: boolean): number {
    const side = sell === 0 ? BUY : SELL;
    this.book.setOrder(slot, id, 0, qty, 0);
    this.book.match(slot, side, price, NO_PREVENTION);
    const left = this.store.leavesQtyLots(slot);
    if (left === 0 || !mayRest) return left;
    this.book.rest(slot, side, price);
    return -1;
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
