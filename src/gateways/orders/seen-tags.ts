import { assert } from '#lib/assert.ts';

/**
 * Which texts users gave to their orders, as hashes of 52 bits: a fixed number of the newest, in fixed memory. It may say
 * "seen" of one that was not (then the owner looks it up), never "new" of one that is among the newest.
 */
export class SeenTags {
  /** Hashes in the order in which they came; 0 empty. */
  declare private readonly ring: Float64Array;
  /** Open addressing over the ring's positions + 1. */
  declare private readonly table: Int32Array;
  declare private next: number;

  /** @param capacity how many are remembered: a power of two */
  constructor(capacity: number) {
    assert(capacity > 0 && (capacity & (capacity - 1)) === 0, 'Condition: a power of two');
    this.ring = new Float64Array(capacity);
    this.table = new Int32Array(capacity * 2);
    this.next = 0;
  }

  has(userId: number, tag: string): boolean {
    return this.#find(hashOf(userId, tag)) !== -1;
  }

  add(userId: number, tag: string): void {
    const hash = hashOf(userId, tag);
    if (this.#find(hash) !== -1) return;
    const position = this.next;
    if (this.ring[position] !== 0) this.#remove(this.ring[position]);
    this.ring[position] = hash;
    this.next = (position + 1) & (this.ring.length - 1);
    const { table } = this;
    let slot = this.#slotOf(hash);
    while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
    table[slot] = position + 1;
  }

  /** Slot of a hash in the table, -1 when it is not there. */
  #find(hash: number): number {
    const { table, ring } = this;
    for (let slot = this.#slotOf(hash); table[slot] !== 0; slot = (slot + 1) & (table.length - 1)) {
      if (ring[table[slot] - 1] === hash) return slot;
    }
    return -1;
  }

  /** Takes a hash out and moves those behind it up, so that no search ends early. */
  #remove(hash: number): void {
    const { table, ring } = this;
    const mask = table.length - 1;
    let hole = this.#find(hash);
    table[hole] = 0;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#slotOf(ring[table[slot] - 1]);
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = table[slot];
      table[slot] = 0;
      hole = slot;
    }
  }

  #slotOf(hash: number): number {
    return (hash % 0x7fffffff) & (this.table.length - 1);
  }
}

const HIGH_BITS = 0x100000;

/** FNV-1a twice, with two seeds; never 0. */
function hashOf(userId: number, tag: string): number {
  let low = 0x811c9dc5 ^ userId;
  let high = 0x01000193 ^ (userId * 31);
  for (let at = 0; at < tag.length; at++) {
    const code = tag.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 15);
  }
  return ((high >>> 0) % HIGH_BITS) * 2 ** 32 + (low >>> 0) || 1;
}
