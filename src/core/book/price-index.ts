import { assert } from '#lib/assert.ts';
import { Columns } from '#lib/columns.ts';

/** Slots of one page: eight bits of the key per tier, four tiers for a 32-bit key. */
const PAGE_SLOTS = 256;
/** Offset of the page's bitmap (one bit per occupied slot, eight words). */
const BITMAP = PAGE_SLOTS;
/** Offset of the bitmap's summary (one bit per bitmap word that is not zero). */
const SUMMARY = BITMAP + 8;
/** Words of one page, rounded up to a cache line. */
const PAGE_WORDS = 272;

/**
 * The pages of every price index of one core, in one pool. Page 0 is "none". A page that becomes empty is all
 * zeros again and goes to the free list, so a drifting market does not leave pages behind.
 */
export class PricePages {
  declare readonly columns: Columns;
  declare readonly words: Int32Array<ArrayBuffer>;
  /** Head of the free list, linked through the first word of each page; 0 ends it. */
  declare freePage: number;

  constructor(pagesMax: number) {
    this.columns = new Columns('pricePages', pagesMax);
    this.words = this.columns.i32('words', PAGE_WORDS);
    this.columns.addRow();
    this.freePage = 0;
  }

  /** Whether `count` more pages can be had. */
  canAllocate(count: number): boolean {
    if (this.columns.rows + count <= this.columns.capacity) return true;
    let free = this.columns.capacity - this.columns.rows;
    for (let page = this.freePage; page !== 0 && free < count; page = this.words[page * PAGE_WORDS]) free++;
    return free >= count;
  }

  allocate(): number {
    const page = this.freePage;
    if (page === 0) {
      const row = this.columns.addRow();
      assert(row > 0, 'Invariant: canAllocate is asked before a page is taken');
      return row;
    }
    this.freePage = this.words[page * PAGE_WORDS];
    this.words[page * PAGE_WORDS] = 0;
    return page;
  }

  release(page: number): void {
    this.words[page * PAGE_WORDS] = this.freePage;
    this.freePage = page;
  }
}

/** Pages that one insert may need: the three tiers below the root. */
const PAGES_PER_INSERT_MAX = 3;

/**
 * An ordered map from a 32-bit key (a price, a second) to a level, for one side of one book: a four-tier radix
 * tree with a bitmap per page, so that finding the neighbour of a key is a few `clz32`, whatever the distance
 * and whatever the depth. `best` is kept at hand: the lowest key, or the highest in a descending index.
 *
 * An index costs one page at rest (about 1 kB), and memory follows the occupied prices, not the price range.
 */
export class PriceIndex {
  /** Best level, 0 when empty. */
  declare best: number;
  /** Key of the best level; meaningless when empty. */
  declare bestKey: number;
  declare readonly descending: boolean;
  declare private readonly pages: PricePages;
  declare private root: number;
  /** The leaf page that was used last and its key prefix: most flow is near the touch. */
  declare private leaf: number;
  declare private leafPrefix: number;
  /** Key of the level that `next` returned last. */
  declare private _foundKey: number;

  constructor(pages: PricePages, descending: boolean) {
    this.pages = pages;
    this.descending = descending;
    this.best = 0;
    this.bestKey = 0;
    this.root = 0;
    this.leaf = 0;
    this.leafPrefix = -1;
    this._foundKey = 0;
  }

  /** The level at `key`, 0 if there is none. */
  get(key: number): number {
    const leaf = key >>> 8 === this.leafPrefix ? this.leaf : this.#findLeaf(key);
    return leaf === 0 ? 0 : this.pages.words[leaf * PAGE_WORDS + (key & 255)];
  }

  /** Whether an insert of any key has the pages that it may need. */
  canInsert(): boolean {
    return this.pages.canAllocate(PAGES_PER_INSERT_MAX + 1);
  }

  /** Adds `level` at a key that has none. Needs `canInsert`. */
  insert(key: number, level: number): void {
    if (this.root === 0) this.root = this.pages.allocate();
    let page = this.root;
    page = this.#childOrNew(page, key >>> 24);
    page = this.#childOrNew(page, (key >>> 16) & 255);
    page = this.#childOrNew(page, (key >>> 8) & 255);
    this.leaf = page;
    this.leafPrefix = key >>> 8;
    setSlot(this.pages.words, page * PAGE_WORDS, key & 255, level);
    if (this.best === 0 || (this.descending ? key >>> 0 > this.bestKey : key >>> 0 < this.bestKey)) {
      this.best = level;
      this.bestKey = key >>> 0;
    }
  }

  /** Removes the level at `key`, which must be there. */
  remove(key: number): void {
    const words = this.pages.words;
    const leaf = key >>> 8 === this.leafPrefix ? this.leaf : this.#findLeaf(key);
    if (clearSlot(words, leaf * PAGE_WORDS, key & 255)) this.#releasePath(key, leaf);
    if (this.bestKey === key >>> 0) {
      const next = this.next(key);
      this.best = next;
      this.bestKey = next === 0 ? 0 : this._foundKey;
    }
  }

  /** The next level behind `key`, away from the best; 0 at the end. `key` itself need not be there. */
  next(key: number): number {
    const words = this.pages.words;
    const leaf = key >>> 8 === this.leafPrefix ? this.leaf : this.#findLeaf(key);
    if (leaf !== 0) {
      const slot = this.descending
        ? slotBelow(words, leaf * PAGE_WORDS, key & 255)
        : slotAbove(words, leaf * PAGE_WORDS, key & 255);
      if (slot >= 0) {
        this._foundKey = ((key & ~255) | slot) >>> 0;
        return words[leaf * PAGE_WORDS + slot];
      }
    }
    return this.#nextLeaf(key);
  }

  /** Key of the level that the last `next` returned. */
  get foundKey(): number {
    return this._foundKey;
  }

  /** The three numbers that, with the pages, are the index's state. */
  save(to: Int32Array, at: number): void {
    to[at] = this.root;
    to[at + 1] = this.best;
    to[at + 2] = this.bestKey;
  }

  load(from: Int32Array, at: number): void {
    this.root = from[at];
    this.best = from[at + 1];
    this.bestKey = from[at + 2] >>> 0;
    this.leaf = 0;
    this.leafPrefix = -1;
  }

  #findLeaf(key: number): number {
    const words = this.pages.words;
    let page = this.root;
    if (page === 0) return 0;
    page = words[page * PAGE_WORDS + (key >>> 24)];
    if (page === 0) return 0;
    page = words[page * PAGE_WORDS + ((key >>> 16) & 255)];
    if (page === 0) return 0;
    page = words[page * PAGE_WORDS + ((key >>> 8) & 255)];
    if (page === 0) return 0;
    this.leaf = page;
    this.leafPrefix = key >>> 8;
    return page;
  }

  #childOrNew(page: number, slot: number): number {
    const words = this.pages.words;
    const child = words[page * PAGE_WORDS + slot];
    if (child !== 0) return child;
    const fresh = this.pages.allocate();
    setSlot(words, page * PAGE_WORDS, slot, fresh);
    return fresh;
  }

  /** Frees the empty leaf of `key` and every page above it that becomes empty; the root stays. */
  #releasePath(key: number, leaf: number): void {
    const words = this.pages.words;
    const root = this.root * PAGE_WORDS;
    const high = words[root + (key >>> 24)];
    const middle = words[high * PAGE_WORDS + ((key >>> 16) & 255)];
    this.leaf = 0;
    this.leafPrefix = -1;
    this.pages.release(leaf);
    if (!clearSlot(words, middle * PAGE_WORDS, (key >>> 8) & 255)) return;
    this.pages.release(middle);
    if (!clearSlot(words, high * PAGE_WORDS, (key >>> 16) & 255)) return;
    this.pages.release(high);
    clearSlot(words, root, key >>> 24);
  }

  /** `next` when the key's own leaf has nothing left: climb until a neighbour page exists, then descend. */
  #nextLeaf(key: number): number {
    const words = this.pages.words;
    const root = this.root;
    if (root === 0) return 0;
    const high = words[root * PAGE_WORDS + (key >>> 24)];
    const middle = high === 0 ? 0 : words[high * PAGE_WORDS + ((key >>> 16) & 255)];
    const down = this.descending;
    if (middle !== 0) {
      const slot = neighbour(words, middle * PAGE_WORDS, (key >>> 8) & 255, down);
      if (slot >= 0)
        return this.#descend(words[middle * PAGE_WORDS + slot], 3, (key & ~0xffff) | (slot << 8), down);
    }
    if (high !== 0) {
      const slot = neighbour(words, high * PAGE_WORDS, (key >>> 16) & 255, down);
      if (slot >= 0)
        return this.#descend(words[high * PAGE_WORDS + slot], 2, (key & ~0xffffff) | (slot << 16), down);
    }
    const slot = neighbour(words, root * PAGE_WORDS, key >>> 24, down);
    if (slot < 0) return 0;
    return this.#descend(words[root * PAGE_WORDS + slot], 1, slot << 24, down);
  }

  /** The highest (`down`) or lowest level below `page`, which sits at `tier` (0 root … 3 leaf) under `prefix`. */
  #descend(page: number, tier: number, prefix: number, down: boolean): number {
    const words = this.pages.words;
    let key = prefix;
    for (let shift = 24 - 8 * tier; ; shift -= 8) {
      const base = page * PAGE_WORDS;
      const slot = down ? slotLast(words, base) : slotFirst(words, base);
      key |= slot << shift;
      page = words[base + slot];
      if (shift === 0) break;
    }
    this._foundKey = key >>> 0;
    return page;
  }
}

function setSlot(words: Int32Array, base: number, slot: number, value: number): void {
  words[base + slot] = value;
  words[base + BITMAP + (slot >> 5)] |= 1 << (slot & 31);
  words[base + SUMMARY] |= 1 << (slot >> 5);
}

/** Clears a slot; true when the page is now empty. */
function clearSlot(words: Int32Array, base: number, slot: number): boolean {
  words[base + slot] = 0;
  const word = slot >> 5;
  const bits = words[base + BITMAP + word] & ~(1 << (slot & 31));
  words[base + BITMAP + word] = bits;
  if (bits !== 0) return false;
  const summary = words[base + SUMMARY] & ~(1 << word);
  words[base + SUMMARY] = summary;
  return summary === 0;
}

function neighbour(words: Int32Array, base: number, slot: number, down: boolean): number {
  return down ? slotBelow(words, base, slot) : slotAbove(words, base, slot);
}

/** Highest occupied slot below `slot`, -1 if none. */
function slotBelow(words: Int32Array, base: number, slot: number): number {
  let word = slot >> 5;
  let bits = words[base + BITMAP + word] & ((1 << (slot & 31)) - 1);
  if (bits === 0) {
    const summary = words[base + SUMMARY] & ((1 << word) - 1);
    if (summary === 0) return -1;
    word = 31 - Math.clz32(summary);
    bits = words[base + BITMAP + word];
  }
  return (word << 5) + 31 - Math.clz32(bits);
}

/** Lowest occupied slot above `slot`, -1 if none. */
function slotAbove(words: Int32Array, base: number, slot: number): number {
  let word = slot >> 5;
  let bits = words[base + BITMAP + word] & (-2 << (slot & 31));
  if (bits === 0) {
    const summary = words[base + SUMMARY] & (-2 << word);
    if (summary === 0) return -1;
    word = 31 - Math.clz32(summary & -summary);
    bits = words[base + BITMAP + word];
  }
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}

function slotFirst(words: Int32Array, base: number): number {
  const summary = words[base + SUMMARY];
  const word = 31 - Math.clz32(summary & -summary);
  const bits = words[base + BITMAP + word];
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}

function slotLast(words: Int32Array, base: number): number {
  const word = 31 - Math.clz32(words[base + SUMMARY]);
  return (word << 5) + 31 - Math.clz32(words[base + BITMAP + word]);
}
