import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import { counted } from '#lib/counted.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { CodecError } from './codec-error.ts';
import { commandWords, readCommand, readCommands, writeCommand } from './commands.ts';
import { fieldOffset } from './fields.ts';
import type { Command, Entry, EntryInput } from './record-types.ts';
import { readFields, shapeOf, writeFields } from './records.ts';

const SHAPE = shapeOf(EntryHeader);

/** The bytes of one log entry. @throws CodecError */
export function encodeEntry(entry: EntryInput): Uint8Array {
  let sizeWords = ENTRY_HEADER_WORDS;
  for (const command of entry.commands) sizeWords += commandWords(command);
  checkSize(0, sizeWords);
  const words = WordBuffer.allocate(sizeWords);
  writeFields(words, 0, SHAPE, { ...entry, commandCount: entry.commands.length });
  checkEntryNumber(0, entry.entryNo);
  let at = ENTRY_HEADER_WORDS;
  for (const command of entry.commands) at = writeCommand(words, at, command);
  return words.u8;
}

/** Reads `bytes`, which must be exactly one log entry. @throws CodecError */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length % (2 * WORD_BYTES) !== 0) {
    throw new CodecError('TRUNCATED', '', bytes.length, 'an entry is a multiple of 8 bytes long');
  }
  return readEntry(WordBuffer.copyOf(bytes), 0, bytes.length / WORD_BYTES);
}

/**
 * Reads the node and the first commands of an entry that is known to be whole, as one of a log is, and says how many commands it
 * has.
 */
export function readEntryStart(
  words: WordBuffer,
  from: number,
  to: number,
  commandsMax: number,
): { readonly nodeId: number; readonly commandCount: number; readonly commands: Command[] } {
  const { nodeId, commandCount } = readFields(words, from, SHAPE) as { nodeId: number; commandCount: number };
  const commands: Command[] = [];
  let at = from + ENTRY_HEADER_WORDS;
  while (at < to && commands.length < commandsMax) {
    commands.push(readCommand(words, at, to));
    at += words.i32[at] >>> 16;
  }
  return { nodeId, commandCount, commands };
}

/** Reads the entry that fills words `from` up to `to`. @throws CodecError */
export function readEntry(words: WordBuffer, from: number, to: number): Entry {
  const offset = from * WORD_BYTES;
  if ((from & 1) === 1 || (to & 1) === 1 || from < 0 || to > words.words) {
    throw new CodecError('MISALIGNED', '', offset, 'an entry starts and ends at even words of the buffer');
  }
  if (to - from < ENTRY_HEADER_WORDS) {
    throw new CodecError('TRUNCATED', '', offset, `an entry has at least ${ENTRY_HEADER_WORDS} words`);
  }
  checkSize(from, to - from);
  const { commandCount, ...header } = readFields(words, from, SHAPE) as Record<string, number>;
  checkEntryNumber(from, header['entryNo'] as number);
  const commands = readCommands(words, from + ENTRY_HEADER_WORDS, to);
  if (commands.length !== commandCount) {
    throw new CodecError(
      'COMMAND_COUNT',
      'commandCount',
      headerOffset('commandCount', from),
      `says ${commandCount}, the entry holds ${counted(commands.length, 'command')}`,
    );
  }
  return { ...(header as Omit<Entry, 'commands'>), commands };
}

function checkSize(from: number, sizeWords: number): void {
  const bytes = sizeWords * WORD_BYTES;
  if (bytes > Limits.ENTRY_BYTES_MAX) {
    throw new CodecError(
      'ENTRY_TOO_LARGE',
      '',
      from * WORD_BYTES,
      `${bytes} bytes, at most ${Limits.ENTRY_BYTES_MAX}`,
    );
  }
}

function checkEntryNumber(from: number, entryNo: number): void {
  if (entryNo < 1) {
    throw new CodecError(
      'OUT_OF_RANGE',
      'entryNo',
      headerOffset('entryNo', from),
      'entries are numbered from 1',
    );
  }
}

function headerOffset(name: keyof typeof EntryHeader.at, from: number): number {
  const field = SHAPE.fields.find((candidate) => candidate.name === name);
  return fieldOffset(field as NonNullable<typeof field>, from);
}
