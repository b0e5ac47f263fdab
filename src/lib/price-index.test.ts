import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PriceIndex, PricePages } from './price-index.ts';
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
