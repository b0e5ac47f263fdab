import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { AssertionError } from './assert.ts';
import { INT53_MAX, mulDivFloor, mulMulDivFloor } from './integer.ts';

/** The definition, in bigint. */
function exact(factors: readonly number[], divisor: number): number {
  const product = factors.reduce((left, right) => left * BigInt(right), 1n);
  const quotient = product / BigInt(divisor);
  return quotient > BigInt(INT53_MAX) ? -1 : Number(quotient);
}

/** Integers of every magnitude, and those next to the powers of two where a path ends. */
const factor = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 53 }), fc.noBias(fc.maxSafeNat()))
    .map(([bits, value]) => value % 2 ** bits),
  fc
    .tuple(fc.constantFrom(0, 16, 26, 27, 31, 32, 36, 40, 53), fc.integer({ min: -2, max: 2 }))
    .map(([bits, away]) => Math.min(INT53_MAX, Math.max(0, 2 ** bits + away))),
);
const divisor = factor.map((value) => Math.max(1, value));

function seeded(t: TestContext): { seed: number } {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  return { seed };
}

test('mulDivFloor: known values at the edges', () => {
  assert.equal(mulDivFloor(0, INT53_MAX, 1), 0);
  assert.equal(mulDivFloor(INT53_MAX, 1, 1), INT53_MAX);
  assert.equal(mulDivFloor(INT53_MAX, 1, INT53_MAX), 1);
  assert.equal(mulDivFloor(INT53_MAX - 1, 1, INT53_MAX), 0);
  assert.equal(mulDivFloor(INT53_MAX, INT53_MAX, INT53_MAX), INT53_MAX);
  assert.equal(mulDivFloor(2 ** 27, 2 ** 26, 1), -1);
  assert.equal(mulDivFloor(2 ** 27, 2 ** 26, 2), 2 ** 52);
  assert.equal(mulDivFloor(INT53_MAX, 2, 1), -1);
  assert.equal(
    mulDivFloor(2 ** 31 - 1, 2 ** 40, 10 ** 8),
    Number(((2n ** 31n - 1n) * 2n ** 40n) / 10n ** 8n),
  );
  assert.equal(mulDivFloor(7, 1, 2), 3);
});

test('mulDivFloor: equals the bigint definition for all safe operands', (t) => {
  fc.assert(
    fc.property(factor, factor, divisor, (a, b, by) => {
      assert.equal(mulDivFloor(a, b, by), exact([a, b], by));
    }),
    { ...seeded(t), numRuns: 20_000 },
  );
});

test('mulMulDivFloor: equals the bigint definition for all safe operands', (t) => {
  fc.assert(
    fc.property(factor, factor, factor, divisor, (a, b, c, by) => {
      assert.equal(mulMulDivFloor(a, b, c, by), exact([a, b, c], by));
    }),
    { ...seeded(t), numRuns: 20_000 },
  );
});

test('mulDivFloor: the property fails on arithmetic that loses a bit', (t) => {
  const lossy = (a: number, b: number, by: number): number => {
    const quotient = Math.floor((a * b) / by);
    return quotient > INT53_MAX ? -1 : quotient;
  };
  assert.throws(() =>
    fc.assert(
      fc.property(factor, factor, divisor, (a, b, by) => lossy(a, b, by) === exact([a, b], by)),
      { ...seeded(t), numRuns: 20_000 },
    ),
  );
});

test('mulDivFloor: what is not an integer is a bug of the caller', () => {
  assert.throws(() => mulDivFloor(Number.NaN, 1, 2), AssertionError);
  assert.throws(() => mulDivFloor(2 ** 60, 1, 2), AssertionError);
});
