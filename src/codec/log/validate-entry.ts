import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import { LogCorruptError } from '#domain/ports.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

/** What is wrong with an entry's structure; 0 is nothing. */
export const EntryFault = {
  None: 0,
  /** `from` or `to` is odd or outside the buffer. */
  Misaligned: 1,
  /** Shorter than its header, or a command runs past the end. */
  Truncated: 2,
  /** Longer than ENTRY_BYTES_MAX. */
  TooLarge: 3,
  /** entryNo is not an integer from 1 to 2^53 - 1. */
  BadEntryNumber: 4,
  /** A command's type is not in the table. */
  UnknownCommand: 5,
  /** A command's sizeWords is none of its layout's two. */
  WrongSize: 6,
  /** commandCount is not the number of commands. */
  WrongCommandCount: 7,
} as const;
export type EntryFault = (typeof EntryFault)[keyof typeof EntryFault];

/** Words of each command by its type, with its optional fields and without; 0 where there is no such type. */
const WORDS = new Int32Array(256);
const SHORT_WORDS = new Int32Array(256);
for (const { type, words, shortWords } of COMMAND_LAYOUTS) {
  WORDS[type] = words;
  SHORT_WORDS[type] = shortWords;
}

/** Whether a command of this type can have so many words. */
export function isCommandSize(type: number, sizeWords: number): boolean {
  return sizeWords !== 0 && (sizeWords === SHORT_WORDS[type] || sizeWords === WORDS[type]);
}

const COUNT_FIELD = EntryHeader.fields.find(({ name }) => name === 'commandCount');
const COUNT_WORD = EntryHeader.at.commandCount;
const COUNT_SHIFT = 8 * (COUNT_FIELD?.byte ?? 0);

/**
 * Checks the structure of the entry in words `from` up to `to`: after `None`, walking its commands by their
 * sizeWords stays inside the entry and meets exactly commandCount records, each of a known type and of that
 * type's size. Field values are not looked at: refusing those is the core's work. Allocates nothing.
 */
export function validateEntry(words: WordBuffer, from: number, to: number): EntryFault {
  const fault = headerFault(words, from, to);
  if (fault !== EntryFault.None) return fault;
  const { i32 } = words;
  let commands = 0;
  let at = from + ENTRY_HEADER_WORDS;
  while (at < to) {
    const head = i32[at];
    const sizeWords = head >>> 16;
    const type = head & 0xff;
    if (WORDS[type] === 0) return EntryFault.UnknownCommand;
    if (!isCommandSize(type, sizeWords)) return EntryFault.WrongSize;
    at += sizeWords;
    commands++;
  }
  if (at > to) return EntryFault.Truncated;
  if (commands !== ((i32[from + COUNT_WORD] >>> COUNT_SHIFT) & 0xffff)) return EntryFault.WrongCommandCount;
  return EntryFault.None;
}

function headerFault({ words, f64 }: WordBuffer, from: number, to: number): EntryFault {
  if ((from & 1) === 1 || (to & 1) === 1 || from < 0 || to > words) return EntryFault.Misaligned;
  if (to - from < ENTRY_HEADER_WORDS) return EntryFault.Truncated;
  if ((to - from) * WORD_BYTES > Limits.ENTRY_BYTES_MAX) return EntryFault.TooLarge;
  const entryNo = f64[(from + EntryHeader.at.entryNo) >> 1];
  const isNumber = entryNo >= 1 && entryNo <= INT53_MAX && Math.floor(entryNo) === entryNo;
  return isNumber ? EntryFault.None : EntryFault.BadEntryNumber;
}

/**
 * Whether words `from` up to `to` have the frame of an entry: its header, and as many records as that says, each as long as it says itself. Unlike
 * `validateEntry` it asks no table, so that all builds, also those with other commands, answer the same of the same bytes.
 */
export function isFramed(words: WordBuffer, from: number, to: number): boolean {
  if (headerFault(words, from, to) !== EntryFault.None) return false;
  const { i32 } = words;
  let commands = 0;
  let at = from + ENTRY_HEADER_WORDS;
  while (at < to) {
    const sizeWords = i32[at] >>> 16;
    if (sizeWords === 0) return false;
    at += sizeWords;
    commands++;
  }
  return at === to && commands === ((i32[from + COUNT_WORD] >>> COUNT_SHIFT) & 0xffff);
}

/**
 * What whoever applies a log asks of each entry first: a core that is given a broken one refuses what it does not know, where the build that wrote it
 * did something.
 * @throws LogCorruptError
 */
export function requireEntry(sequence: number, words: WordBuffer, from: number, to: number): void {
  const fault = validateEntry(words, from, to);
  if (fault === EntryFault.None) return;
  throw new LogCorruptError(
    `entry ${sequence}`,
    0,
    `entry ${sequence} breaks the format (fault ${entryFaultName(fault)}). Use the build that wrote it. Where none did, restore the log up to the entry before (docs/disaster-recovery.md)`,
  );
}

/** The name of a fault, for messages. */
export function entryFaultName(fault: EntryFault): keyof typeof EntryFault {
  const names = Object.keys(EntryFault) as (keyof typeof EntryFault)[];
  return names.find((name) => EntryFault[name] === fault) as keyof typeof EntryFault;
}
