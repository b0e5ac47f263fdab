import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IntPairMap } from './int-map.ts';
import { hashOfPair } from './pair-hash.ts';

test('get: -1 where nothing was set, also for key (0, 0) and negative keys', () => {
  const map = new IntPairMap();
  assert.equal(map.get(0, 0), -1);
  map.set(0, 0, 0);
  map.set(-1, -(2 ** 31), 7);
  map.set(2 ** 31 - 1, -1, 2 ** 31 - 2);
  assert.equal(map.get(0, 0), 0);
  assert.equal(map.get(-1, -(2 ** 31)), 7);
  assert.equal(map.get(2 ** 31 - 1, -1), 2 ** 31 - 2);
  assert.equal(map.get(-(2 ** 31), -1), -1);
  assert.equal(map.size, 3);
});

test('set: the second row under one key takes the place of the first', () => {
  const map = new IntPairMap();
  map.set(4, 5, 1);
  map.set(4, 5, 2);
  assert.equal(map.get(4, 5), 2);
  assert.equal(map.size, 1);
});

test('delete: returns the row, then -1; clear keeps nothing', () => {
  const map = new IntPairMap();
  map.set(4, 5, 1);
  map.set(5, 4, 2);
  assert.equal(map.delete(4, 5), 1);
  assert.equal(map.delete(4, 5), -1);
  assert.equal(map.get(5, 4), 2);
  map.clear();
  assert.equal(map.size, 0);
  assert.equal(map.get(5, 4), -1);
});

test('growth: ten thousand entries in a map made for none, and in one made for them', () => {
  for (const capacity of [0, 10_000]) {
    const map = new IntPairMap(capacity);
    for (let key = 0; key < 10_000; key++) map.set(key % 7, key, key);
    assert.equal(map.size, 10_000);
    for (let key = 0; key < 10_000; key++) assert.equal(map.get(key % 7, key), key);
    for (let key = 0; key < 10_000; key += 2) assert.equal(map.delete(key % 7, key), key);
    for (let key = 0; key < 10_000; key++) assert.equal(map.get(key % 7, key), key % 2 === 0 ? -1 : key);
  }
});

test('random sets and deletes: equal to a Map of the platform', () => {
  // Few keys, so that probe runs are long, wrap around the end and are cut in the middle by deletions.
  const key = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 9 }));
  const operation = fc.record({ key, isSet: fc.boolean(), row: fc.nat(1_000) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), fc.integer(), (operations, seed) => {
      const map = new IntPairMap(0, seed);
      const expected = new Map<string, number>();
      for (const { key, isSet, row } of operations) {
        if (isSet) {
          map.set(key[0], key[1], row);
          expected.set(key.join(), row);
        } else {
          assert.equal(map.delete(key[0], key[1]), expected.get(key.join()) ?? -1);
          expected.delete(key.join());
        }
        assert.equal(map.size, expected.size);
      }
      for (let a = -3; a <= 3; a++) {
        for (let b = 0; b <= 9; b++) assert.equal(map.get(a, b), expected.get(`${a},${b}`) ?? -1);
      }
    }),
    { numRuns: 500 },
  );
});

const BUCKET_BITS = 12;

/** How many of the keys fall into the fullest bucket of 4,096. */
function fullest(keys: readonly number[], seed: number): number {
  const counts = new Int32Array(1 << BUCKET_BITS);
  for (const keyB of keys) counts[hashOfPair(1, keyB, seed) >>> (32 - BUCKET_BITS)]++;
  return Math.max(...counts);
}

test('hash: keys chosen to meet under one seed spread under others', () => {
  const known = 7;
  const chosen: number[] = [];
  for (let keyB = 1; chosen.length < 1 << 8; keyB++) {
    if (hashOfPair(1, keyB, known) >>> (32 - BUCKET_BITS) === 0) chosen.push(keyB);
  }
  assert.equal(fullest(chosen, known), chosen.length);
  for (const seed of [0x2545f491, -0x61c88647, 0x1234567, 2 ** 31 - 1]) {
    assert.ok(fullest(chosen, seed) <= 6, `seed ${seed}: ${fullest(chosen, seed)}`);
  }
});

test('hash: keys in steps of any power of two, and of what undoes a fixed multiplier, spread', () => {
  // An inverse's multiples are small numbers after the multiplication: all in the first bucket.
  const steps = [
    ...Array.from({ length: 23 }, (_, bit) => 2 ** bit),
    inverseOf(0x9e3779b1),
    inverseOf(0xc2b2ae35),
  ];
  for (const step of steps) {
    const keys = Array.from({ length: 256 }, (_, index) => Math.imul(step, index + 1));
    for (const seed of [0x2545f491, -0x61c88647]) {
      assert.ok(fullest(keys, seed) <= 6, `step ${step}, seed ${seed}: ${fullest(keys, seed)}`);
    }
  }
});

/** The number that an odd one makes 1 of, modulo 2^32. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let bits = 3; bits < 32; bits *= 2) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
