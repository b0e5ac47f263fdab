import { assert } from './assert.ts';

/** The Castagnoli polynomial, bits reversed (RFC 3720 appendix B.4, RFC 3309). */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/**
 * Slice `k` of the table (256 entries from `k * 256`) is the effect of one byte that is followed by `k` zero
 * bytes, so sixteen bytes are folded with sixteen independent look-ups.
 */
const TABLE = buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256];
    table[i] = (before >>> 8) ^ table[before & 255];
  }
  return table;
}

/**
 * CRC32C of the little-endian words `from` up to `to`, as a signed 32-bit integer (so that it never becomes a
 * heap number; print it with `>>> 0`).
 *
 * @param crc the CRC of what comes before: `crc32cWords(b, …, crc32cWords(a, …))` is the CRC of a then b.
 */
export function crc32cWords(words: Int32Array, from: number, to: number, crc = 0): number {
  assert(from >= 0 && to <= words.length, 'Condition: the words lie within the array');
  const table = TABLE;
  let state = ~crc;
  let i = from;
  for (const end = to - 3; i < end; i += 4) {
    const a = state ^ words[i];
    const b = words[i + 1];
    const c = words[i + 2];
    const d = words[i + 3];
    state =
      table[3840 + (a & 255)] ^
      table[3584 + ((a >>> 8) & 255)] ^
      table[3328 + ((a >>> 16) & 255)] ^
      table[3072 + (a >>> 24)] ^
      table[2816 + (b & 255)] ^
      table[2560 + ((b >>> 8) & 255)] ^
      table[2304 + ((b >>> 16) & 255)] ^
      table[2048 + (b >>> 24)] ^
      table[1792 + (c & 255)] ^
      table[1536 + ((c >>> 8) & 255)] ^
      table[1280 + ((c >>> 16) & 255)] ^
      table[1024 + (c >>> 24)] ^
      table[768 + (d & 255)] ^
      table[512 + ((d >>> 8) & 255)] ^
      table[256 + ((d >>> 16) & 255)] ^
      table[d >>> 24];
  }
  for (; i < to; i++) {
    const a = state ^ words[i];
    state =
      table[768 + (a & 255)] ^
      table[512 + ((a >>> 8) & 255)] ^
      table[256 + ((a >>> 16) & 255)] ^
      table[a >>> 24];
  }
  return ~state;
}

/**
 * CRC32C of `bytes`, as a signed 32-bit integer. Bytes that start at a multiple of four in their buffer go
 * through the fast path of `crc32cWords`.
 *
 * @param crc the CRC of what comes before.
 */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let result = crc;
  let i = 0;
  if ((bytes.byteOffset & 3) === 0) {
    const words = bytes.length >> 2;
    result = crc32cWords(new Int32Array(bytes.buffer, bytes.byteOffset, words), 0, words, result);
    i = words * 4;
  }
  let state = ~result;
  for (; i < bytes.length; i++) state = (state >>> 8) ^ TABLE[(state ^ bytes[i]) & 255];
  return ~state;
}
