import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INT53_MAX } from './integer.ts';
import { seededRandom } from './seeded-random.ts';
import { addToWideSum, addWideSums, setWideSum, wideSum } from './wide-sum.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? 20_253);

test(`wide sums are those of bigints (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const sums = new Float64Array(6);
  const exact = [0n, 0n, 0n];
  for (let i = 0; i < 20_000; i++) {
    const which = Math.floor(random() * 3);
    const amount =
      random() < 0.2 ? INT53_MAX - (i % 3) : Math.floor(random() * 2 ** Math.floor(random() * 53));
    addToWideSum(sums, which * 2, amount);
    exact[which] += BigInt(amount);
    if (i % 100 === 0) {
      addWideSums(sums, 0, sums, 2);
      exact[0] += exact[1];
    }
    assert.equal(wideSum(sums, which * 2), exact[which]);
  }
  assert.ok(exact[0] > BigInt(INT53_MAX) * 1_000n);
  const copy = new Float64Array(6);
  exact.forEach((sum, i) => void setWideSum(copy, i * 2, sum));
  assert.deepEqual(copy, sums);
});

test('addToWideSum: takes no fractions, negative numbers or numbers that are not exact', () => {
  for (const amount of [-1, 0.5, 2 ** 53, Number.NaN]) {
    assert.throws(() => addToWideSum(new Float64Array(2), 0, amount), /Condition: a wide sum takes integers/);
  }
});
