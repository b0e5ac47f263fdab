import { assert } from './assert.ts';

/** Largest magnitude that every integer of the platform stays within: 2^53 - 1. */
export const INT53_MAX = Number.MAX_SAFE_INTEGER;

/**
 * `floor(a * b / divisor)` without losing a bit, or -1 when the result would pass 2^53 - 1.
 *
 * The fast path is two multiplications; operands whose product is not exact as a double take a bigint path
 * (about 200 ns), which is rare enough in order flow not to matter.
 *
 * @param a non-negative safe integer
 * @param b non-negative safe integer
 * @param divisor positive safe integer
 */
export function mulDivFloor(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (product <= INT53_MAX) return divisor === 1 ? product : Math.floor(product / divisor);
  return mulDivFloorWide(a, b, divisor);
}

function mulDivFloorWide(a: number, b: number, divisor: number): number {
  assert(Number.isSafeInteger(a) && Number.isSafeInteger(b), 'Condition: mulDivFloor takes safe integers');
  const quotient = (BigInt(a) * BigInt(b)) / BigInt(divisor);
  return quotient > BigInt(INT53_MAX) ? -1 : Number(quotient);
}
