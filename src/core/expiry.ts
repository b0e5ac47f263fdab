import { PriceIndex } from '#lib/price-index.ts';
import { type BookStore, LevelHot } from './book/book-store.ts';

const { head: HEAD, tail: TAIL } = LevelHot;
/** Kind of the levels of this index (the books use 0 to 3). */
const EXPIRY = 4;

/** Live good-till-date orders by expiry second, and within a second in the order in which they were added. */
export class ExpiryIndex {
  declare private readonly store: BookStore;
  declare private readonly index: PriceIndex;
  declare private readonly level: Int32Array<ArrayBuffer>;
  declare private readonly next: Int32Array<ArrayBuffer>;
  declare private readonly prev: Int32Array<ArrayBuffer>;

  constructor(store: BookStore) {
    this.store = store;
    this.index = new PriceIndex(store.pages, false);
    this.level = store.orders.i32('expiryLevel');
    this.next = store.orders.i32('expiryNext');
    this.prev = store.orders.i32('expiryPrev');
  }

  /** Whether an order can be added. */
  canAdd(): boolean {
    return this.index.canInsert();
  }

  /** Adds an order at a second (an unsigned word). Needs `canAdd`. */
  add(slot: number, expireSeconds: number): void {
    const levels = this.store.rows;
    let level = this.index.get(expireSeconds);
    if (level === 0) {
      level = this.store.allocateLevel(expireSeconds, EXPIRY);
      this.index.insert(expireSeconds, level);
      levels[(level << 3) + HEAD] = slot;
      this.prev[slot] = 0;
    } else {
      const tail = levels[(level << 3) + TAIL];
      this.next[tail] = slot;
      this.prev[slot] = tail;
    }
    this.next[slot] = 0;
    this.level[slot] = level;
    levels[(level << 3) + TAIL] = slot;
  }

  remove(slot: number, expireSeconds: number): void {
    const levels = this.store.rows;
    const level = this.level[slot];
    const next = this.next[slot];
    const prev = this.prev[slot];
    if (prev === 0) levels[(level << 3) + HEAD] = next;
    else this.next[prev] = next;
    if (next === 0) levels[(level << 3) + TAIL] = prev;
    else this.prev[next] = prev;
    if (prev === 0 && next === 0) {
      this.index.remove(expireSeconds);
      this.store.releaseLevel(level);
    }
  }

  /** An order whose expiry is `nowSeconds` or before, the earliest first; 0 none. */
  due(nowSeconds: number): number {
    const level = this.index.best;
    if (level === 0 || this.index.bestKey > nowSeconds) return 0;
    return this.store.rows[(level << 3) + HEAD];
  }

  save(words: Int32Array, at: number): void {
    this.index.save(words, at);
  }

  load(words: Int32Array, at: number): void {
    this.index.load(words, at);
  }
}
