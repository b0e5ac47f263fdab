import { fail } from '#lib/assert.ts';
import * as pairHash from '#lib/pair-hash.ts';
import { OrderRecord } from './order-record.ts';

// Bindings of this module, not imports: V8 folds the former into the machine code and loads the latter each time.
const { hashOfPair } = pairHash;
const { userRow: USER_ROW, clientOrderId: CLIENT_ORDER_ID, shift: SHIFT } = OrderRecord;
const BUCKETS_MIN = 1_024;

/**
 * Finds a live order by its user and clientOrderId: a hash table of chains through the orders' slots. It grows by one
 * bucket for each order beyond one per bucket (linear hashing: W. Litwin, "Linear hashing: a new tool for file and table
 * addressing", VLDB 1980), so that no order ever waits for a whole table to be built anew.
 *
 * The keys are read from the orders' records; eight bytes for each order come on top. Where a word names a slot, the bits that no
 * slot needs are some of the hash of its keys, so that hardly ever another order's record is read. It is no part of an image:
 * its layout depends on the seed.
 */
export class OrderIndex {
  declare private readonly records: Int32Array<ArrayBuffer>;
  declare private readonly seed: number;
  /** First slot of each bucket's chain, with bits of its hash; 0 none. */
  declare private readonly buckets: Int32Array<ArrayBuffer>;
  /** By slot: the next one of its chain, with bits of that one's hash; 0 ends it. */
  declare private readonly chain: Int32Array<ArrayBuffer>;
  /** The bits of a word that are the slot. */
  declare private readonly slotMask: number;
  declare private orders: number;
  /** Buckets in use. */
  declare private size: number;
  /** The lowest 2^n - 1 that is not below `size` - 1. */
  declare private mask: number;

  /**
   * @param records the orders' records, see OrderRecord
   * @param ordersMax greatest slot
   * @param seed any 32 bits; a secret random one where clients are not trusted, since they choose the keys
   */
  constructor(records: Int32Array<ArrayBuffer>, ordersMax: number, seed: number) {
    this.records = records;
    this.seed = seed | 0;
    this.buckets = new Int32Array(Math.max(BUCKETS_MIN, ordersMax));
    this.chain = new Int32Array(ordersMax + 1);
    this.slotMask = 2 ** (32 - Math.clz32(ordersMax)) - 1;
    this.orders = 0;
    this.size = BUCKETS_MIN;
    this.mask = BUCKETS_MIN - 1;
  }

  /** The slot of a user's clientOrderId; 0 none. */
  find(userRow: number, clientOrderId: number): number {
    const { records, chain, slotMask } = this;
    const hash = hashOfPair(userRow, clientOrderId, this.seed);
    let word = this.buckets[this.#bucketOf(hash)];
    while (word !== 0) {
      const slot = word & slotMask;
      if (((word ^ hash) & ~slotMask) === 0) {
        const at = slot << SHIFT;
        if (records[at | CLIENT_ORDER_ID] === clientOrderId && records[at | USER_ROW] === userRow)
          return slot;
      }
      word = chain[slot];
    }
    return 0;
  }

  /** Adds a slot, whose record has these keys, which no other has. */
  add(slot: number, userRow: number, clientOrderId: number): void {
    const hash = hashOfPair(userRow, clientOrderId, this.seed);
    const bucket = this.#bucketOf(hash);
    this.chain[slot] = this.buckets[bucket];
    this.buckets[bucket] = slot | (hash & ~this.slotMask);
    this.orders++;
    if (this.orders > this.size && this.size < this.buckets.length) this.#split();
  }

  /** Removes a slot that is in it, under the keys that it was added with. */
  remove(slot: number): void {
    const { chain, buckets, slotMask } = this;
    const bucket = this.#bucketOf(this.#hashOfSlot(slot));
    this.orders--;
    let before = buckets[bucket] & slotMask;
    if (before === slot) {
      buckets[bucket] = chain[slot];
      return;
    }
    for (;;) {
      if (before === 0) fail('Invariant: an order that is removed is in the index');
      const next = chain[before] & slotMask;
      if (next === slot) break;
      before = next;
    }
    chain[before] = chain[slot];
  }

  /** Empties it, with buckets for `orders` orders to come. */
  clear(orders: number): void {
    this.buckets.fill(0, 0, this.size);
    this.orders = 0;
    this.size = Math.min(Math.max(BUCKETS_MIN, orders), this.buckets.length);
    this.mask = 2 ** (32 - Math.clz32(this.size - 1)) - 1;
  }

  #bucketOf(hash: number): number {
    const bucket = (hash ^ (hash >>> 16)) & this.mask;
    return bucket < this.size ? bucket : bucket & (this.mask >> 1);
  }

  #hashOfSlot(slot: number): number {
    const at = slot << SHIFT;
    return hashOfPair(this.records[at | USER_ROW], this.records[at | CLIENT_ORDER_ID], this.seed);
  }

  /** One bucket more: what belongs there is in the bucket with the same number but for its highest bit. */
  #split(): void {
    const { chain, buckets, slotMask } = this;
    const fresh = this.size++;
    if (fresh > this.mask) this.mask = this.mask * 2 + 1;
    const old = fresh & (this.mask >> 1);
    let word = buckets[old];
    let kept = 0;
    let moved = 0;
    while (word !== 0) {
      const slot = word & slotMask;
      const next = chain[slot];
      if (this.#bucketOf(this.#hashOfSlot(slot)) === fresh) {
        chain[slot] = moved;
        moved = word;
      } else {
        chain[slot] = kept;
        kept = word;
      }
      word = next;
    }
    buckets[old] = kept;
    buckets[fresh] = moved;
  }
}
