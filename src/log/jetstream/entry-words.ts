import { Limits } from '#domain/limits.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

/**
 * Writes a message as the words of an entry to the start of `words`, and returns how many. An entry of ours comes out as it went in. Foreign
 * bytes of any length come out the same on every node: padded with zeros to a whole word, at least one, cut at the largest entry.
 * `words` holds at least ENTRY_BYTES_MAX.
 */
export function writeEntryWords(data: Uint8Array, words: WordBuffer): number {
  const bytes = Math.min(data.length, Limits.ENTRY_BYTES_MAX);
  const count = Math.max(1, Math.ceil(bytes / WORD_BYTES));
  words.i32[count - 1] = 0;
  words.u8.set(bytes === data.length ? data : data.subarray(0, bytes));
  return count;
}
