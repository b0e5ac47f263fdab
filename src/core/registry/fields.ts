import { Limits } from '#domain/limits.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

export { byteAt } from '#domain/layout.ts';

/** Whether `id`, read as a signed word, is an id that may be given: 1 to 2^31 - 1. */
export function isId(id: number): boolean {
  return id >= 1 && id <= Limits.ID_MAX;
}

/** Whether an `i53` field holds an integer from `min` to 2^53 - 1. */
export function isAmount(value: number, min: number): boolean {
  return value >= min && Number.isSafeInteger(value);
}

/** Whether the 8 bytes at `start` are 1 to 8 printable ASCII characters without spaces, padded with NUL. */
export function isSymbol(bytes: Uint8Array, start: number): boolean {
  let length = 0;
  while (length < 8 && bytes[start + length] > 0x20 && bytes[start + length] < 0x7f) length++;
  return length > 0 && isPadding(bytes, start + length, start + 8);
}

/**
 * Whether the 8 bytes at `start` are a login name: 1 to 6 characters of A-Z and 0-9, padded with NUL. SoupBinTCP
 * carries it in six bytes and compares it without regard to case.
 * https://www.nasdaqtrader.com/content/technicalsupport/specifications/dataproducts/soupbintcp.pdf, section 2.2
 */
export function isLoginName(bytes: Uint8Array, start: number): boolean {
  let length = 0;
  while (length < 6 && isLetterOrDigit(bytes[start + length])) length++;
  return length > 0 && isPadding(bytes, start + length, start + 8);
}

function isLetterOrDigit(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39);
}

function isPadding(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Copies `words` 32-bit words of a record's field into row `row` of a column with that stride. */
export function copyWords(
  column: Int32Array,
  row: number,
  buffer: WordBuffer,
  at: number,
  words: number,
): void {
  for (let word = 0; word < words; word++) column[row * words + word] = buffer.i32[at + word];
}
