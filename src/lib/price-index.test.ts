import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INDEX_WORDS, PriceIndex, PricePages } from './price-index.ts';
import { seededRandom } from './seeded-random.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? 20_257);

/** The keys of an index from the best on. */
function keysOf(index: PriceIndex): number[] {
  const keys: number[] = [];
  let key = index.bestKey;
  for (let level = index.best; level !== 0; level = index.next(key), key = index.foundKey) keys.push(key);
  return keys;
}

test(`PriceIndex: is an ordered map, keys close together or far apart (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const pages = new PricePages(4_096);
  const { free } = pages;
  for (const descending of [false, true]) {
    for (const spread of [40, 3_000, 2 ** 18, 2 ** 32]) {
      const index = new PriceIndex(pages, descending);
      const naive = new Map<number, number>();
      for (let step = 1; step <= 3_000; step++) {
        const known = [...naive.keys()];
        const isRemoval = naive.size > 0 && random() < (naive.size > 100 ? 0.6 : 0.4);
        const key = isRemoval ? known[Math.floor(random() * known.length)] : Math.floor(random() * spread);
        if (isRemoval) {
          index.remove(key);
          naive.delete(key);
        } else if (!naive.has(key)) {
          assert.ok(index.canInsert());
          index.insert(key, step);
          naive.set(key, step);
        }
        assert.equal(index.get(key), naive.get(key) ?? 0);
        const from = Math.floor(random() * spread);
        const behind = [...naive.keys()].filter((one) => (descending ? one < from : one > from));
        const next = descending ? Math.max(...behind) : Math.min(...behind);
        assert.equal(index.next(from), naive.get(next) ?? 0);
        if (behind.length > 0) assert.equal(index.foundKey, next);
        if (step % 50 > 0) continue;
        const sorted = [...naive.keys()].sort((a, b) => (descending ? b - a : a - b));
        assert.deepEqual(keysOf(index), sorted);
        assert.equal(index.best, naive.get(sorted[0]) ?? 0);
      }
      for (const key of naive.keys()) index.remove(key);
      assert.deepEqual(keysOf(index), []);
    }
  }
  // An index keeps its root; everything else was given back.
  assert.equal(pages.free, free - 8);
});

test('PriceIndex: a side with two prices or fewer, or whose best one comes and goes, touches no page', () => {
  const pages = new PricePages(16);
  const index = new PriceIndex(pages, false);
  for (let key = 1; key < 1_000; key++) {
    index.insert(key, key);
    index.insert(key + 1_000, key + 1_000);
    index.remove(key);
    index.insert(key + 70_000, key + 70_000);
    index.remove(key + 1_000);
    index.remove(key + 70_000);
  }
  index.insert(5, 1);
  assert.deepEqual([index.best, index.get(5), index.get(4), index.next(5), index.next(4)], [1, 1, 0, 0, 1]);
  index.insert(8, 2);
  assert.deepEqual([index.get(5), index.get(6), index.get(8), index.next(5), index.next(6)], [1, 0, 2, 2, 2]);
  assert.equal(index.next(8), 0);
  assert.equal(pages.columns.rows, 1);

  index.insert(6, 3);
  const { rows } = pages.columns;
  for (let key = 1; key < 1_000; key++) {
    index.remove(5);
    index.insert(5, 1);
  }
  assert.deepEqual(keysOf(index), [5, 6, 8]);
  assert.equal(pages.columns.rows, rows);
});

/** What an image has of an index and its pages. */
function imageOf(pages: PricePages, index: PriceIndex): { own: Int32Array; words: Uint8Array; free: number } {
  const own = new Int32Array(INDEX_WORDS);
  index.save(own, 0);
  return { own, words: pages.columns.images()[0].bytes, free: pages.freePage };
}

function restoredFrom({ own, words, free }: ReturnType<typeof imageOf>, descending: boolean) {
  const pages = new PricePages(64);
  const rowBytes = pages.columns.images()[0].bytes.length;
  pages.columns.restore(words.length / rowBytes, [
    { store: 'pricePages', column: 'words', bytes: words.slice() },
  ]);
  pages.restoreFree(free);
  const index = new PriceIndex(pages, descending);
  index.load(own, 0);
  return { pages, index };
}

test(`PriceIndex: goes on from its image, byte for byte as it would have without (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const keys = [0, 1, 2, 300, 70_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
  const seen = new Set<string>();
  for (const descending of [false, true]) {
    const own = new PricePages(64);
    const whole = { pages: own, index: new PriceIndex(own, descending) };
    let cut = restoredFrom(imageOf(whole.pages, whole.index), descending);
    const present = new Set<number>();
    for (let step = 1; step <= 3_000; step++) {
      const key = keys[Math.floor(random() * keys.length)];
      // A price of the core is signed, or not.
      const given = random() < 0.5 ? key : key | 0;
      const isThere = present.has(key);
      // Mostly few at a time.
      if (!isThere && random() < present.size / 6) continue;
      for (const { index } of [whole, cut]) {
        if (isThere) index.remove(given);
        else index.insert(given, step);
      }
      if (isThere) present.delete(key);
      else present.add(key);
      const image = imageOf(cut.pages, cut.index);
      assert.deepEqual(image, imageOf(whole.pages, whole.index));
      assert.deepEqual(
        keysOf(cut.index),
        [...present].sort((a, b) => (descending ? b - a : a - b)),
      );
      seen.add(`${Math.min(present.size, 2)} ${image.own[3] !== 0}`);
      cut = restoredFrom(image, descending);
    }
    assert.equal(cut.pages.free, whole.pages.free);
  }
  // None, one, a second that is in the tree, and one that stands beside it.
  assert.deepEqual([...seen].sort(), ['0 false', '1 false', '2 false', '2 true']);
});
