import { EntryHeader, NO_NODE } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

/** Whether words `from` up to `to` are an entry: a function of them alone, so that all nodes, of whatever build, say the same. */
export type EntryTest = (words: WordBuffer, from: number, to: number) => boolean;

/**
 * Writes a message as the words of an entry to the start of `words`, and returns how many; 0: it is none. An entry of ours comes out as it went in.
 * Without a test each message is one: padded with zeros to a whole word, at least one, cut at the largest entry.
 * `words` holds at least ENTRY_BYTES_MAX.
 */
export function writeEntryWords(data: Uint8Array, words: WordBuffer, isEntry: EntryTest | undefined): number {
  const bytes = Math.min(data.length, Limits.ENTRY_BYTES_MAX);
  const count = Math.max(1, Math.ceil(bytes / WORD_BYTES));
  words.i32[count - 1] = 0;
  words.u8.set(bytes === data.length ? data : data.subarray(0, bytes));
  if (isEntry === undefined) return count;
  return data.length === count * WORD_BYTES && isEntry(words, 0, count) ? count : 0;
}

/**
 * Writes what stands in the copies for a message that is no entry, and returns how many words: an entry without commands, of no node, with a number
 * that is never a node's next one.
 */
export function writeEmptyEntry({ i32, f64 }: WordBuffer): number {
  i32.fill(0, 0, EntryHeader.words);
  i32[EntryHeader.at.nodeId] = NO_NODE;
  f64[EntryHeader.at.entryNo >> 1] = INT53_MAX;
  return EntryHeader.words;
}
