import { assert } from './assert.ts';

/** Elements of one sum in its array. */
export const WIDE_SUM_STRIDE = 2;
const HALF = 2 ** 52;

/**
 * Exact sums of non-negative integers below 2^53 that may pass 2^53 themselves (up to 2^104): two elements of a
 * Float64Array each, so that adding allocates nothing. `at` is the first element: the multiples of 2^52; the second is
 * the rest.
 */
export function addToWideSum(sums: Float64Array, at: number, amount: number): void {
  assert(
    amount >= 0 && Number.isSafeInteger(amount),
    'Condition: a wide sum takes integers of 0 to 2^53 - 1',
  );
  let high = sums[at];
  let low = amount;
  if (low >= HALF) {
    low -= HALF;
    high++;
  }
  low += sums[at + 1];
  if (low >= HALF) {
    low -= HALF;
    high++;
  }
  sums[at] = high;
  sums[at + 1] = low;
}

/** Adds the sum at `from` of `others` to that at `at`. */
export function addWideSums(sums: Float64Array, at: number, others: Float64Array, from: number): void {
  sums[at] += others[from];
  addToWideSum(sums, at, others[from + 1]);
}

export function wideSum(sums: Float64Array, at: number): bigint {
  return BigInt(sums[at]) * BigInt(HALF) + BigInt(sums[at + 1]);
}

/** Sets the sum at `at` to what `wideSum` gave. */
export function setWideSum(sums: Float64Array, at: number, sum: bigint): void {
  sums[at] = Number(sum / BigInt(HALF));
  sums[at + 1] = Number(sum % BigInt(HALF));
}
