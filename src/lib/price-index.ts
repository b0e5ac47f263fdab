import { assert } from './assert.ts';
import { Columns } from './columns.ts';

/** Slots of one page: eight bits of the key per tier, four tiers for a 32-bit key. */
const PAGE_SLOTS = 256;
/** Offset of the page's bitmap (one bit per occupied slot, eight words). */
const BITMAP = PAGE_SLOTS;
/** Offset of the bitmap's summary (one bit per bitmap word that is not zero). */
const SUMMARY = BITMAP + 8;
/** Offset of the next free page, in a free one: in the cache line of the bitmap, which a page's use touches anyway. */
const NEXT_FREE = SUMMARY + 1;
/** Words of one page, rounded up to a cache line. */
const PAGE_WORDS = 272;

/**
 * The pages of every price index of one core, in one pool; a page is named by its first word, and 0 is "none". A page
 * that becomes empty is all zeros again and goes to the free list, so a drifting market does not leave pages behind.
 */
export class PricePages {
  declare readonly columns: Columns;
  declare readonly words: Int32Array<ArrayBuffer>;
  /** Pages that can be had: never used ones and those of the free list. */
  declare free: number;
  /** Head of the free list; 0 ends it. */
  declare private _freePage: number;

  constructor(pagesMax: number) {
    this.columns = new Columns('pricePages', pagesMax);
    this.words = this.columns.i32('words', PAGE_WORDS);
    this.columns.addRow();
    this.free = pagesMax - 1;
    this._freePage = 0;
  }

  get freePage(): number {
    return this._freePage;
  }

  /** After a restore: takes the free list that begins with `page`. */
  restoreFree(page: number): void {
    this._freePage = page;
    this.free = this.columns.capacity - this.columns.rows;
    for (let next = page; next !== 0; next = this.words[next + NEXT_FREE]) this.free++;
  }

  allocate(): number {
    const page = this._freePage;
    this.free--;
    if (page === 0) {
      const row = this.columns.addRow();
      assert(row > 0, 'Invariant: an index asks for room before it takes a page');
      return row * PAGE_WORDS;
    }
    this._freePage = this.words[page + NEXT_FREE];
    this.words[page + NEXT_FREE] = 0;
    return page;
  }

  release(page: number): void {
    this.words[page + NEXT_FREE] = this._freePage;
    this._freePage = page;
    this.free++;
  }
}

/** Words of an index's own state in an image. */
export const INDEX_WORDS = 5;

/** Pages that one insert may need: one of each tier. */
export const PAGES_PER_INSERT_MAX = 4;

/**
 * An ordered map from a 32-bit key (a price, a second) to a level, for one side of one book: a four-tier radix
 * tree with a bitmap per page, so that finding the neighbour of a key is a few `clz32`, whatever the distance
 * and whatever the depth.
 *
 * The best level, with the lowest key or in a descending index the highest, is kept beside the tree and not in it, and so is
 * the second best where it is known: it is when the best came last, and not when the best went last. A side that has two prices or
 * fewer touches no page, and neither does a market whose best prices come and go, as those of busy markets do.
 *
 * The page of 65,536 keys that was used last is remembered, so that most markets walk two tiers, wherever in that
 * range their orders are. An index costs one page at rest (about 1 kB), and memory follows the occupied prices, not
 * the price range.
 */
export class PriceIndex {
  /** Best level, 0 when empty. */
  declare best: number;
  /** Key of the best level; 0 when empty. */
  declare bestKey: number;
  /** Second best level; 0 when there is none, or it is in the tree. */
  declare private second: number;
  /** Its key; -1 without it. */
  declare private secondKey: number;
  /** Levels in the tree. */
  declare private others: number;
  declare readonly descending: boolean;
  declare private readonly pages: PricePages;
  declare private readonly words: Int32Array<ArrayBuffer>;
  declare private root: number;
  /** The page of the third tier that was used last, 0 none, and its keys' upper 16 bits. */
  declare private third: number;
  declare private thirdPrefix: number;
  /** Key of the level that `next` returned last. */
  declare private _foundKey: number;

  constructor(pages: PricePages, descending: boolean) {
    this.pages = pages;
    this.words = pages.words;
    this.descending = descending;
    this.best = 0;
    this.bestKey = 0;
    this.second = 0;
    this.secondKey = -1;
    this.others = 0;
    this.root = 0;
    this.third = 0;
    this.thirdPrefix = -1;
    this._foundKey = 0;
  }

  /** The level at `key`, 0 if there is none. */
  get(key: number): number {
    const unsigned = key >>> 0;
    if (unsigned === this.bestKey) return this.best;
    if (unsigned === this.secondKey) return this.second;
    return this.others === 0 || this.#isBetter(key, this.bestKey) ? 0 : this.#find(key);
  }

  /** Whether an insert of any key has the pages that it may need. */
  canInsert(): boolean {
    return this.pages.free >= PAGES_PER_INSERT_MAX;
  }

  /** Adds `level` at a key that has none. Needs `canInsert`. */
  insert(key: number, level: number): void {
    if (this.best === 0) {
      this.best = level;
      this.bestKey = key >>> 0;
    } else if (this.#isBetter(key, this.bestKey)) {
      if (this.second !== 0) this.#add(this.secondKey, this.second);
      this.second = this.best;
      this.secondKey = this.bestKey;
      this.best = level;
      this.bestKey = key >>> 0;
    } else {
      this.#insertBehind(key, level);
    }
  }

  /** Adds a level that is not the best. */
  #insertBehind(key: number, level: number): void {
    if (this.second === 0 ? this.others !== 0 : !this.#isBetter(key, this.secondKey)) {
      this.#add(key, level);
      return;
    }
    if (this.second !== 0) this.#add(this.secondKey, this.second);
    this.second = level;
    this.secondKey = key >>> 0;
  }

  /** Removes the level at `key`, which must be there. */
  remove(key: number): void {
    const unsigned = key >>> 0;
    if (unsigned === this.bestKey) {
      if (this.second === 0) {
        this.#takeBest();
        return;
      }
      this.best = this.second;
      this.bestKey = this.secondKey;
    } else if (unsigned !== this.secondKey) {
      this.#delete(key);
      return;
    }
    this.second = 0;
    this.secondKey = -1;
  }

  /** Replaces the best level with the best one of the tree. */
  #takeBest(): void {
    if (this.others === 0) {
      this.best = 0;
      this.bestKey = 0;
      return;
    }
    this.best = this.#behind(this.bestKey);
    this.bestKey = this._foundKey;
    this.#delete(this.bestKey);
  }

  /** The next level behind `key`, away from the best; 0 at the end. `key` itself need not be there. */
  next(key: number): number {
    if (this.best === 0 || this.#isBetter(key, this.bestKey)) {
      this._foundKey = this.bestKey;
      return this.best;
    }
    if (this.second !== 0 && this.#isBetter(key, this.secondKey)) {
      this._foundKey = this.secondKey;
      return this.second;
    }
    return this.others === 0 ? 0 : this.#behind(key);
  }

  /** Key of the level that the last `next` returned. */
  get foundKey(): number {
    return this._foundKey;
  }

  /** Writes the INDEX_WORDS that, with the pages, are the index's state. */
  save(to: Int32Array, at: number): void {
    to[at] = this.root;
    to[at + 1] = this.best;
    to[at + 2] = this.bestKey;
    to[at + 3] = this.second;
    to[at + 4] = this.secondKey;
  }

  load(from: Int32Array, at: number): void {
    this.root = from[at];
    this.best = from[at + 1];
    this.bestKey = from[at + 2] >>> 0;
    this.second = from[at + 3];
    this.secondKey = this.second === 0 ? -1 : from[at + 4] >>> 0;
    this.third = 0;
    this.thirdPrefix = -1;
    this.others = 0;
    if (this.root === 0) return;
    let key = this.bestKey;
    while (this.#behind(key) !== 0) {
      key = this._foundKey;
      this.others++;
    }
  }

  /** Whether a key is better than another one, which is unsigned. */
  #isBetter(key: number, other: number): boolean {
    return this.descending ? key >>> 0 > other : key >>> 0 < other;
  }

  /** The level at `key` in the tree, 0 if there is none. */
  #find(key: number): number {
    const third = key >>> 16 === this.thirdPrefix ? this.third : this.#findThird(key);
    if (third === 0) return 0;
    const leaf = this.words[(third + ((key >>> 8) & 255)) | 0];
    return leaf === 0 ? 0 : this.words[(leaf + (key & 255)) | 0];
  }

  #add(key: number, level: number): void {
    let third = key >>> 16 === this.thirdPrefix ? this.third : this.#findThird(key);
    if (third === 0) third = this.#addThird(key);
    setSlot(this.words, this.#childOrNew(third, (key >>> 8) & 255), key & 255, level);
    this.others++;
  }

  #delete(key: number): void {
    const words = this.words;
    const third = key >>> 16 === this.thirdPrefix ? this.third : this.#findThird(key);
    const leaf = words[(third + ((key >>> 8) & 255)) | 0];
    this.others--;
    if (!clearSlot(words, leaf, key & 255)) return;
    this.pages.release(leaf);
    if (clearSlot(words, third, (key >>> 8) & 255)) this.#releaseThird(key, third);
  }

  /** The next level of the tree behind `key`; 0 at the end. */
  #behind(key: number): number {
    const words = this.words;
    const third = key >>> 16 === this.thirdPrefix ? this.third : this.#findThird(key);
    if (third === 0) return this.#nextThird(key);
    const down = this.descending;
    const leaf = words[(third + ((key >>> 8) & 255)) | 0];
    if (leaf !== 0) {
      const slot = down ? slotBelow(words, leaf, key & 255) : slotAbove(words, leaf, key & 255);
      if (slot >= 0) {
        this._foundKey = ((key & ~255) | slot) >>> 0;
        return words[(leaf + slot) | 0];
      }
    }
    const child = neighbour(words, third, (key >>> 8) & 255, down);
    if (child < 0) return this.#nextThird(key);
    return this.#descend(words[(third + child) | 0], 3, (key & ~0xffff) | (child << 8), down);
  }

  /** The third-tier page of a key, remembered; 0 if there is none. */
  #findThird(key: number): number {
    const words = this.words;
    if (this.root === 0) return 0;
    const second = words[this.root + (key >>> 24)];
    if (second === 0) return 0;
    const third = words[second + ((key >>> 16) & 255)];
    if (third === 0) return 0;
    this.third = third;
    this.thirdPrefix = key >>> 16;
    return third;
  }

  #addThird(key: number): number {
    if (this.root === 0) this.root = this.pages.allocate();
    const second = this.#childOrNew(this.root, key >>> 24);
    this.third = this.#childOrNew(second, (key >>> 16) & 255);
    this.thirdPrefix = key >>> 16;
    return this.third;
  }

  #childOrNew(page: number, slot: number): number {
    const child = this.words[(page + slot) | 0];
    if (child !== 0) return child;
    const fresh = this.pages.allocate();
    setSlot(this.words, page, slot, fresh);
    return fresh;
  }

  /** Frees the empty third-tier page of `key`, and the one above it if that makes it empty; the root stays. */
  #releaseThird(key: number, third: number): void {
    const words = this.words;
    const second = words[this.root + (key >>> 24)];
    this.third = 0;
    this.thirdPrefix = -1;
    this.pages.release(third);
    if (!clearSlot(words, second, (key >>> 16) & 255)) return;
    this.pages.release(second);
    clearSlot(words, this.root, key >>> 24);
  }

  /** `#behind` when the key's own 65,536 keys have nothing left: climb until a neighbour page exists, then descend. */
  #nextThird(key: number): number {
    const words = this.words;
    const root = this.root;
    if (root === 0) return 0;
    const second = words[root + (key >>> 24)];
    const down = this.descending;
    if (second !== 0) {
      const slot = neighbour(words, second, (key >>> 16) & 255, down);
      if (slot >= 0) return this.#descend(words[second + slot], 2, (key & ~0xffffff) | (slot << 16), down);
    }
    const slot = neighbour(words, root, key >>> 24, down);
    if (slot < 0) return 0;
    return this.#descend(words[root + slot], 1, slot << 24, down);
  }

  /** The highest (`down`) or lowest level below `page`, which sits at `tier` (0 root … 3 leaf) under `prefix`. */
  #descend(page: number, tier: number, prefix: number, down: boolean): number {
    const words = this.words;
    let key = prefix;
    let at = page;
    for (let shift = 24 - 8 * tier; ; shift -= 8) {
      const slot = down ? slotLast(words, at) : slotFirst(words, at);
      key |= slot << shift;
      at = words[(at + slot) | 0];
      if (shift === 0) break;
    }
    this._foundKey = key >>> 0;
    return at;
  }
}

// `| 0` on sums of offsets: V8 then adds without a check for overflow, 8 percent of the instructions of `remove`.

function setSlot(words: Int32Array, page: number, slot: number, value: number): void {
  words[(page + slot) | 0] = value;
  words[(page + BITMAP + (slot >> 5)) | 0] |= 1 << (slot & 31);
  words[(page + SUMMARY) | 0] |= 1 << (slot >> 5);
}

/** Clears a slot; true when the page is now empty. */
function clearSlot(words: Int32Array, page: number, slot: number): boolean {
  words[(page + slot) | 0] = 0;
  const word = slot >> 5;
  const bits = words[(page + BITMAP + word) | 0] & ~(1 << (slot & 31));
  words[(page + BITMAP + word) | 0] = bits;
  if (bits !== 0) return false;
  const summary = words[(page + SUMMARY) | 0] & ~(1 << word);
  words[(page + SUMMARY) | 0] = summary;
  return summary === 0;
}

function neighbour(words: Int32Array, page: number, slot: number, down: boolean): number {
  return down ? slotBelow(words, page, slot) : slotAbove(words, page, slot);
}

/** Highest occupied slot below `slot`, -1 if none. */
function slotBelow(words: Int32Array, page: number, slot: number): number {
  let word = slot >> 5;
  let bits = words[(page + BITMAP + word) | 0] & ((1 << (slot & 31)) - 1);
  if (bits === 0) {
    const summary = words[(page + SUMMARY) | 0] & ((1 << word) - 1);
    if (summary === 0) return -1;
    word = 31 - Math.clz32(summary);
    bits = words[(page + BITMAP + word) | 0];
  }
  return (word << 5) + 31 - Math.clz32(bits);
}

/** Lowest occupied slot above `slot`, -1 if none. */
function slotAbove(words: Int32Array, page: number, slot: number): number {
  let word = slot >> 5;
  let bits = words[(page + BITMAP + word) | 0] & (-2 << (slot & 31));
  if (bits === 0) {
    const summary = words[(page + SUMMARY) | 0] & (-2 << word);
    if (summary === 0) return -1;
    word = 31 - Math.clz32(summary & -summary);
    bits = words[(page + BITMAP + word) | 0];
  }
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}

function slotFirst(words: Int32Array, page: number): number {
  const summary = words[(page + SUMMARY) | 0];
  const word = 31 - Math.clz32(summary & -summary);
  const bits = words[(page + BITMAP + word) | 0];
  return (word << 5) + 31 - Math.clz32(bits & -bits);
}

function slotLast(words: Int32Array, page: number): number {
  const word = 31 - Math.clz32(words[(page + SUMMARY) | 0]);
  return (word << 5) + 31 - Math.clz32(words[(page + BITMAP + word) | 0]);
}
