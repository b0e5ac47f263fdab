import { ReportType } from './reports.ts';
import type { RingProducer } from './ring.ts';
import { MESSAGE_WORDS, MessageKind, type Workload } from './workload.ts';

const WORDS = MESSAGE_WORDS;
const { New: NEW, Cancel: CANCEL } = MessageKind;
const {
  OrderAck: ORDER_ACK,
  Trade: TRADE,
  CancelAck: CANCEL_ACK,
  ModifyAck: MODIFY_ACK,
  CancelReject: CANCEL_REJECT,
  ModifyReject: MODIFY_REJECT,
} = ReportType;

/** Words of an order: the next and the previous one of its price, what is left of it, its price's key and side. */
const NEXT = 0;
const PREVIOUS = 1;
const QTY = 2;
const PLACE = 3;

/** The prices of one side in a flat table, by their distance from the best one that the workload names. */
class Ladder {
  declare readonly heads: Int32Array;
  declare readonly tails: Int32Array;
  /** One bit per price at which orders rest, and one per word of those. */
  declare private readonly bits: Int32Array;
  declare private readonly summary: Int32Array;
  /** Key of the best price at which orders rest; `prices` when there is none. */
  declare best: number;
  declare private readonly prices: number;

  constructor(prices: number) {
    this.heads = new Int32Array(prices);
    this.tails = new Int32Array(prices);
    this.bits = new Int32Array((prices >> 5) + 1);
    this.summary = new Int32Array((prices >> 10) + 1);
    this.best = prices;
    this.prices = prices;
  }

  add(key: number): void {
    this.bits[key >> 5] |= 1 << (key & 31);
    this.summary[key >> 10] |= 1 << ((key >> 5) & 31);
    if (key < this.best) this.best = key;
  }

  remove(key: number): void {
    const word = key >> 5;
    const left = this.bits[word] & ~(1 << (key & 31));
    this.bits[word] = left;
    if (left === 0) this.summary[key >> 10] &= ~(1 << (word & 31));
    if (key === this.best) this.best = this.#lowest(word, left);
  }

  /** Nothing is set before `word`, whose bits are `bits`. */
  #lowest(word: number, bits: number): number {
    if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits);
    for (let group = word >> 5; group < this.summary.length; group++) {
      const words = this.summary[group];
      if (words === 0) continue;
      const at = (group << 5) + 31 - Math.clz32(words & -words);
      return (at << 5) + 31 - Math.clz32(this.bits[at] & -this.bits[at]);
    }
    return this.prices;
  }
}

/**
 * A peer for our book, made for this harness alone: it knows every price and every order id of a workload beforehand, keeps both in
 * flat tables, and has neither owners nor icebergs, stops, bands, 64-bit quantities or images. It waits for memory in the table of order ids.
 */
export class FlatBook {
  declare private readonly ring: RingProducer;
  declare private readonly orders: Int32Array;
  declare private readonly bids: Ladder;
  declare private readonly asks: Ladder;
  declare private readonly lowest: number;
  declare private readonly highest: number;

  constructor(workload: Workload, ring: RingProducer) {
    const { words, messages, orderIdMax } = workload;
    let lowest = Number.MAX_SAFE_INTEGER;
    let highest = 0;
    for (let at = 0; at < messages * WORDS; at += WORDS) {
      if ((words[at] & 255) === CANCEL) continue;
      lowest = Math.min(lowest, words[at + 1]);
      highest = Math.max(highest, words[at + 1]);
    }
    this.ring = ring;
    this.orders = new Int32Array((orderIdMax + 1) * 4);
    this.bids = new Ladder(highest - lowest + 1);
    this.asks = new Ladder(highest - lowest + 1);
    this.lowest = lowest;
    this.highest = highest;
  }

  /** Applies the messages `from` up to, not including, `to`. */
  apply(workload: Workload, from: number, to: number): void {
    const { words } = workload;
    const { orders, ring } = this;
    for (let sequence = from; sequence < to; sequence++) {
      const at = sequence * WORDS;
      const head = words[at];
      const kind = head & 255;
      const id = words[at + 3];
      if (kind === NEW) {
        const sell = (head >> 8) & 255;
        ring.push(ORDER_ACK, sell, sequence, id, words[at + 1], words[at + 2], 0);
        const left = this.#enter(sequence, id, sell, words[at + 1], words[at + 2], head >> 16 === 0);
        if (left > 0) ring.push(CANCEL_ACK, sell, sequence, id, words[at + 1], 0, 0);
        continue;
      }
      if (orders[(id << 2) | QTY] === 0) {
        ring.push(kind === CANCEL ? CANCEL_REJECT : MODIFY_REJECT, 0, sequence, id, 0, 0, 0);
        continue;
      }
      const place = orders[(id << 2) | PLACE];
      const sell = place & 1;
      const key = place >> 1;
      if (kind === CANCEL) {
        ring.push(CANCEL_ACK, sell, sequence, id, sell === 0 ? this.highest - key : this.lowest + key, 0, 0);
        this.#remove(id, sell === 0 ? this.bids : this.asks, key);
        continue;
      }
      this.#remove(id, sell === 0 ? this.bids : this.asks, key);
      this.#enter(sequence, id, sell, words[at + 1], words[at + 2], true);
      ring.push(MODIFY_ACK, sell, sequence, id, words[at + 1], words[at + 2], 0);
    }
  }

  #remove(id: number, side: Ladder, key: number): void {
    const orders = this.orders;
    const next = orders[(id << 2) | NEXT];
    const previous = orders[(id << 2) | PREVIOUS];
    orders[(id << 2) | QTY] = 0;
    if (previous === 0) side.heads[key] = next;
    else orders[(previous << 2) | NEXT] = next;
    if (next === 0) side.tails[key] = previous;
    else orders[(next << 2) | PREVIOUS] = previous;
    if (previous === 0 && next === 0) side.remove(key);
  }

  /** Matches and rests; returns what is left of an order that may not rest. */
  #enter(sequence: number, id: number, sell: number, price: number, qty: number, mayRest: boolean): number {
    const orders = this.orders;
    const side = sell === 0 ? this.bids : this.asks;
    const other = sell === 0 ? this.asks : this.bids;
    // Worst key of the other side at which the order trades.
    const limit = sell === 0 ? price - this.lowest : this.highest - price;
    let left = qty;
    while (left > 0 && other.best <= limit) {
      const key = other.best;
      const maker = other.heads[key];
      const makerQty = orders[(maker << 2) | QTY];
      const traded = Math.min(left, makerQty);
      left -= traded;
      this.ring.push(
        TRADE,
        0,
        sequence,
        maker,
        sell === 0 ? this.lowest + key : this.highest - key,
        traded,
        id,
      );
      if (traded === makerQty) this.#remove(maker, other, key);
      else orders[(maker << 2) | QTY] = makerQty - traded;
    }
    if (left === 0 || !mayRest) return left;
    const key = sell === 0 ? this.highest - price : price - this.lowest;
    const tail = side.tails[key];
    if (tail === 0) {
      side.heads[key] = id;
      side.add(key);
    } else {
      orders[(tail << 2) | NEXT] = id;
    }
    side.tails[key] = id;
    const at = id << 2;
    orders[at | NEXT] = 0;
    orders[at | PREVIOUS] = tail;
    orders[at | QTY] = left;
    orders[at | PLACE] = (key << 1) | sell;
    return 0;
  }
}
