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

test('PriceIndex: goes on from its image', () => {
  const pages = new PricePages(64);
  const index = new PriceIndex(pages, false);
  for (const key of [70_000, 4, 5, 300]) index.insert(key, key + 1);
  const image = new Int32Array(INDEX_WORDS);
  index.save(image, 0);
  const restored = new PriceIndex(pages, false);
  restored.load(image, 0);
  for (const left of [[4, 5, 300, 70_000], [5, 300, 70_000], [300, 70_000], [70_000], []]) {
    assert.deepEqual(keysOf(restored), left);
    assert.deepEqual(
      left.map((key) => restored.get(key)),
      left.map((key) => key + 1),
    );
    if (left.length > 0) restored.remove(left[0]);
  }
  // All pages but none and the root are free again.
  assert.equal(pages.free, 62);
});
