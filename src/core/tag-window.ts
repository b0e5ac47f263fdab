import { Columns } from '#lib/columns.ts';
import { hashOfPair } from '#lib/pair-hash.ts';

/** Words of one row: the user's row, then the two halves of the text's hash. */
const ROW_WORDS = 3;
const TAG_WORDS = 9;
const DEFAULT_SEED = 0x9e3779b1;
const MULTIPLIER_LOW = 0x85ebca6b | 0;
const MULTIPLIER_HIGH = 0xc2b2ae35 | 0;

/**
 * The newest texts (text36) that may be used once, such as the clientTags of orders: so many of the whole venue, each as its
 * user and a 64-bit hash. Two texts of one user have the same hash once in 2^64; then the second is taken for a repeat. Texts
 * of different users never meet, so nobody can use up another's.
 *
 * A ring in the order of entry, which is the image, and an open-addressing table of the ring's positions, which is not: its
 * layout depends on the seed. Both are reserved and touched only as texts come. Nothing is allocated per text.
 */
export class TagWindow {
  declare readonly stores: readonly Columns[];
  /** Texts that ever entered: the next one's row, modulo the capacity. Kept in the core's scalars. */
  declare count: number;
  declare private readonly store: Columns;
  declare private readonly rows: Int32Array<ArrayBuffer>;
  /** Row + 1 by hash; 0 empty. At most half of it is in use. */
  declare private readonly table: Int32Array<ArrayBuffer>;
  declare private readonly mask: number;
  declare private readonly seed: number;
  /** What `has` was asked last. */
  declare private userRow: number;
  declare private hashLow: number;
  declare private hashHigh: number;

  /**
   * @param name of its store
   * @param capacity texts that are remembered
   * @param seed any 32 bits; a secret random one where clients are not trusted, since they choose the texts
   */
  constructor(name: string, capacity: number, seed: number = DEFAULT_SEED) {
    const store = new Columns(name, capacity);
    this.store = store;
    this.stores = [store];
    this.rows = store.i32('userAndHash', ROW_WORDS);
    this.table = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(capacity, 1) * 2)));
    this.mask = this.table.length - 1;
    this.seed = seed | 0;
    this.count = 0;
    this.userRow = 0;
    this.hashLow = 0;
    this.hashHigh = 0;
  }

  /** Whether the text of nine words at `at` of the user in `userRow` (-1: the operator) is in the window. */
  has(userRow: number, words: Int32Array, at: number): boolean {
    let low = 0;
    let high = 0;
    for (let word = 0; word < TAG_WORDS; word++) {
      const text = words[at + word];
      low = Math.imul(low ^ text, MULTIPLIER_LOW);
      low ^= low >>> 15;
      high = Math.imul((high ^ text) + low, MULTIPLIER_HIGH);
      high ^= high >>> 13;
    }
    this.userRow = userRow;
    this.hashLow = low;
    this.hashHigh = high;
    const { rows, table, mask } = this;
    for (let slot = this.#slotOf(userRow, low, high); table[slot] !== 0; slot = (slot + 1) & mask) {
      const row = (table[slot] - 1) * ROW_WORDS;
      if (rows[row + 1] === low && rows[row + 2] === high && rows[row] === userRow) return true;
    }
    return false;
  }

  /** Takes in the text that `has` was asked last, and did not have; the oldest makes room. */
  add(): void {
    const { rows, store, userRow, hashLow, hashHigh } = this;
    if (store.capacity === 0) return;
    const position = this.count % store.capacity;
    if (this.count >= store.capacity) this.#forget(position);
    else store.addRow();
    this.count++;
    const row = position * ROW_WORDS;
    rows[row] = userRow;
    rows[row + 1] = hashLow;
    rows[row + 2] = hashHigh;
    this.#index(position);
  }

  /** Computes a fresh window's table from its ring, after a restore. @param count texts that ever entered */
  rebuild(count: number): void {
    this.count = count;
    for (let position = 0; position < this.store.rows; position++) this.#index(position);
  }

  #index(position: number): void {
    const { table, mask } = this;
    let slot = this.#homeOf(position);
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = position + 1;
  }

  /** Takes a position out of the table and moves what lies behind it back, so that no search ends early. */
  #forget(position: number): void {
    const { table, mask } = this;
    let hole = this.#homeOf(position);
    while (table[hole] !== position + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      // One moves only when the hole lies on its way from its home to where it is.
      if (((slot - this.#homeOf(table[slot] - 1)) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = table[slot];
      hole = slot;
    }
    table[hole] = 0;
  }

  #homeOf(position: number): number {
    const { rows } = this;
    const row = position * ROW_WORDS;
    return this.#slotOf(rows[row], rows[row + 1], rows[row + 2]);
  }

  #slotOf(userRow: number, low: number, high: number): number {
    const hash = hashOfPair(low, high ^ userRow, this.seed);
    return (hash ^ (hash >>> 16)) & this.mask;
  }
}
