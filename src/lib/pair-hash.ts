// The multipliers of murmur3's 32-bit finalizer: https://github.com/aappleby/smhasher (MurmurHash3.cpp, fmix32).
const MULTIPLIER_A = 0x85ebca6b | 0;
const MULTIPLIER_B = 0xc2b2ae35 | 0;

/**
 * Where a pair of keys belongs: the upper bits of the result. A bijection of keyB for every keyA and seed; every bit of
 * both keys and of the seed reaches the upper bits. Whoever chooses keys without knowing the seed cannot choose them to
 * meet (hash flooding); this is no cryptographic hash, so the seed must not be derivable from anything told.
 */
export function hashOfPair(keyA: number, keyB: number, seed: number): number {
  const a = Math.imul(keyA ^ seed, MULTIPLIER_A);
  const b = Math.imul((a ^ (a >>> 15)) + keyB, seed | 1);
  return Math.imul(b ^ (b >>> 15), MULTIPLIER_B);
}
