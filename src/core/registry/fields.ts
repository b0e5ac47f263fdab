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

/** Bytes of a login name, and words of it. */
export const LOGIN_NAME_BYTES = 24;
export const LOGIN_NAME_WORDS = LOGIN_NAME_BYTES / 4;

/**
 * Whether the 24 bytes at `start` are a login name: 1 to 24 of A-Z, a-z, 0-9 and . _ - @, padded with NUL. Over SoupBinTCP
 * only users whose name has up to six characters can log in.
 * https://www.nasdaqtrader.com/content/technicalsupport/specifications/dataproducts/soupbintcp.pdf, section 2.2
 */
export function isLoginName(bytes: Uint8Array, start: number): boolean {
  let length = 0;
  while (length < LOGIN_NAME_BYTES && isNameCharacter(bytes[start + length])) length++;
  return length > 0 && isPadding(bytes, start + length, start + LOGIN_NAME_BYTES);
}

function isNameCharacter(byte: number): boolean {
  const upper = upperCase(byte);
  const isLetter = upper >= 0x41 && upper <= 0x5a;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isLetter || isDigit || byte === 0x2e || byte === 0x5f || byte === 0x2d || byte === 0x40;
}

/** The upper-case letter of a lower-case one in ASCII; other bytes as they are. */
export function upperCase(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/** Whether the `size` bytes at `start` are printable ASCII, padded with NUL. They may be empty. */
export function isText(bytes: Uint8Array, start: number, size: number): boolean {
  let length = 0;
  while (length < size && bytes[start + length] >= 0x20 && bytes[start + length] < 0x7f) length++;
  return isPadding(bytes, start + length, start + size);
}

function isPadding(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Copies row `row` of a column with a stride of `words` into a record's field at word `at`. */
export function copyRow(to: Int32Array, at: number, column: Int32Array, row: number, words: number): void {
  for (let word = 0; word < words; word++) to[at + word] = column[row * words + word];
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
