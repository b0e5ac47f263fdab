import { assert } from './assert.ts';

/** Largest magnitude that every integer of the platform stays within: 2^53 - 1. */
export const INT53_MAX = Number.MAX_SAFE_INTEGER;
/** The same for this module: V8 folds a binding of its own into the machine code, and loads one that it exports. */
const RESULT_MAX = INT53_MAX;

/** `mulDivFloor` needs no bigint while one factor and the divisor stay below these. */
const NARROW_FACTOR_MAX = 2 ** 32 - 1;
const NARROW_DIVISOR_MAX = 2 ** 36;
const HALF_WORD = 2 ** 16;

/**
 * `floor(a * b / divisor)` without losing a bit, or -1 when the result would pass 2^53 - 1.
 *
 * A product below 2^53 costs two multiplications. A larger one is divided in two steps of 16 bits when `a` is below
 * 2^32 and the divisor at most 2^36 (a price or a rate times an amount); anything else takes a bigint path
 * (about 200 ns and garbage) that ordinary instruments never reach.
 *
 * @param a non-negative safe integer
 * @param b non-negative safe integer
 * @param divisor positive safe integer
 */
export function mulDivFloor(a: number, b: number, divisor: number): number {
  const product = a * b;
  // The quotient of two integers below 2^53 never rounds up to the next integer, so its floor is exact.
  if (product <= RESULT_MAX) return divisor === 1 ? product : Math.floor(product / divisor);
  if (divisor === 1) return -1;
  if (a <= NARROW_FACTOR_MAX && divisor <= NARROW_DIVISOR_MAX) return mulDivFloorNarrow(a, b, divisor);
  return mulDivFloorWide(a, b, divisor);
}

/** `floor(a * b * c / divisor)`; otherwise like `mulDivFloor`. */
export function mulMulDivFloor(a: number, b: number, c: number, divisor: number): number {
  const product = a * b;
  if (product <= RESULT_MAX) return mulDivFloor(c, product, divisor);
  if (c === 1) return mulDivFloor(a, b, divisor);
  if (c === 0) return 0;
  if (divisor === 1) return -1;
  assert(
    Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(c),
    'Condition: mulMulDivFloor takes safe integers',
  );
  return narrowed((BigInt(a) * BigInt(b) * BigInt(c)) / BigInt(divisor));
}

/** With b = q * divisor + r: a * q whole, then a * r by the upper and the lower 16 bits of a; no step passes 2^53. */
function mulDivFloorNarrow(a: number, b: number, divisor: number): number {
  const whole = a * Math.floor(b / divisor);
  if (whole > RESULT_MAX) return -1;
  const rest = b % divisor;
  const high = Math.floor(a / HALF_WORD) * rest;
  const low = (high % divisor) * HALF_WORD + (a % HALF_WORD) * rest;
  const result = whole + Math.floor(high / divisor) * HALF_WORD + Math.floor(low / divisor);
  return result > RESULT_MAX ? -1 : result;
}

function mulDivFloorWide(a: number, b: number, divisor: number): number {
  assert(Number.isSafeInteger(a) && Number.isSafeInteger(b), 'Condition: mulDivFloor takes safe integers');
  return narrowed((BigInt(a) * BigInt(b)) / BigInt(divisor));
}

function narrowed(quotient: bigint): number {
  return quotient > BigInt(RESULT_MAX) ? -1 : Number(quotient);
}
