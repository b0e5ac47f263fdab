import { assert } from './assert.ts';
import * as pairHash from './pair-hash.ts';

// A binding of this module, not an import: V8 folds the former into the machine code and loads the latter each time.
const { hashOfPair } = pairHash;

/** Words of one slot: keyA, keyB, value + 1 (0: empty), unused. Sixteen bytes, so a probe touches one cache line. */
const SLOT_WORDS = 4;
const SLOT_SHIFT = 2;
const SLOTS_MIN = 8;
const SLOTS_MAX = 2 ** 28;
const DEFAULT_SEED = 0x9e3779b1;

/**
 * Hash map from a pair of 32-bit integers to a row number (0 to 2^31 - 2).
 *
 * Open addressing with linear probing in one Int32Array; deletion shifts the following entries back, so there
 * are no tombstones and lookups do not slow down with churn. At most half of the slots are in use; the table
 * doubles by rehashing when that would be passed, which the capacity given at construction avoids. Slots are
 * zero when empty: reserved memory that was never used costs nothing.
 *
 * Single keys use keyB = 0. What it returns depends on the operations alone; its layout on the seed too. Where somebody
 * else chooses keys the seed must be a secret random one.
 */
export class IntPairMap {
  declare private slots: Int32Array<ArrayBuffer>;
  declare private mask: number;
  declare private shift: number;
  declare private _size: number;
  /** Entries at which the table doubles. */
  declare private sizeMax: number;
  declare private readonly seed: number;

  /**
   * @param capacity entries that fit without growing, 0 to 2^27.
   * @param seed any 32 bits
   */
  constructor(capacity = 0, seed = DEFAULT_SEED) {
    let slots = SLOTS_MIN;
    while (slots < capacity * 2) slots *= 2;
    assert(slots <= SLOTS_MAX, 'Condition: an IntPairMap holds at most 2^27 entries');
    this.slots = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots * SLOT_WORDS - 1;
    this.shift = Math.clz32(slots) + 1;
    this._size = 0;
    this.sizeMax = slots / 2;
    this.seed = seed | 0;
  }

  /** Entries in the map. */
  get size(): number {
    return this._size;
  }

  /** The row under (keyA, keyB), or -1. */
  get(keyA: number, keyB: number): number {
    const slots = this.slots;
    const mask = this.mask;
    let slot = (hashOfPair(keyA, keyB, this.seed) >>> this.shift) << SLOT_SHIFT;
    for (;;) {
      const value = slots[slot | 2];
      if (value === 0) return -1;
      if (slots[slot] === keyA && slots[slot | 1] === keyB) return value - 1;
      slot = (slot + SLOT_WORDS) & mask;
    }
  }

  /** Puts `row` under (keyA, keyB), in place of the row that was there. */
  set(keyA: number, keyB: number, row: number): void {
    let slot = this.#find(keyA, keyB);
    if (this.slots[slot | 2] === 0) {
      if (this._size === this.sizeMax) {
        this.#grow();
        slot = this.#find(keyA, keyB);
      }
      this._size++;
    }
    const slots = this.slots;
    slots[slot] = keyA;
    slots[slot | 1] = keyB;
    slots[slot | 2] = row + 1;
  }

  /** Removes (keyA, keyB) and returns the row that was there, or -1. */
  delete(keyA: number, keyB: number): number {
    const slots = this.slots;
    const mask = this.mask;
    const shift = this.shift;
    let hole = this.#find(keyA, keyB);
    const removed = slots[hole | 2] - 1;
    if (removed === -1) return -1;
    let slot = hole;
    for (;;) {
      slot = (slot + SLOT_WORDS) & mask;
      if (slots[slot | 2] === 0) break;
      const home = (hashOfPair(slots[slot], slots[slot | 1], this.seed) >>> shift) << SLOT_SHIFT;
      // An entry moves back only when the hole lies on its probe path: between its home and where it is.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot];
      slots[hole | 1] = slots[slot | 1];
      slots[hole | 2] = slots[slot | 2];
      hole = slot;
    }
    slots[hole] = 0;
    slots[hole | 1] = 0;
    slots[hole | 2] = 0;
    this._size--;
    return removed;
  }

  /** Removes everything and keeps the capacity. */
  clear(): void {
    if (this._size > 0) this.slots.fill(0);
    this._size = 0;
  }

  /** The slot that holds (keyA, keyB), or the empty one where it belongs. */
  #find(keyA: number, keyB: number): number {
    const slots = this.slots;
    const mask = this.mask;
    let slot = (hashOfPair(keyA, keyB, this.seed) >>> this.shift) << SLOT_SHIFT;
    while (slots[slot | 2] !== 0 && (slots[slot] !== keyA || slots[slot | 1] !== keyB)) {
      slot = (slot + SLOT_WORDS) & mask;
    }
    return slot;
  }

  #grow(): void {
    const old = this.slots;
    const slots = (old.length / SLOT_WORDS) * 2;
    assert(slots <= SLOTS_MAX, 'Condition: an IntPairMap holds at most 2^27 entries');
    this.slots = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots * SLOT_WORDS - 1;
    this.shift = Math.clz32(slots) + 1;
    this.sizeMax = slots / 2;
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 2] === 0) continue;
      const to = this.#find(old[from], old[from + 1]);
      this.slots[to] = old[from];
      this.slots[to + 1] = old[from + 1];
      this.slots[to + 2] = old[from + 2];
    }
  }
}
