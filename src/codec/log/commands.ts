import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Command, CommandInput } from './record-types.ts';
import { RecordCodec } from './records.ts';

const codec = new RecordCodec('command', COMMAND_LAYOUTS);

/** Words of the record that `command` encodes to. @throws CodecError UNKNOWN_TYPE */
export function commandWords(command: CommandInput): number {
  return codec.sizeWords(command);
}

/** The bytes of one command record. @throws CodecError */
export function encodeCommand(command: CommandInput): Uint8Array {
  return codec.encode(command);
}

/** Writes one command record at the even word `at` and returns the word after it. @throws CodecError */
export function writeCommand(words: WordBuffer, at: number, command: CommandInput): number {
  return codec.write(words, at, command);
}

/** Reads `bytes`, which must be exactly one command record. @throws CodecError */
export function decodeCommand(bytes: Uint8Array): Command {
  return codec.decode(bytes) as Command;
}

/** Reads the command record at word `at`, which must end at or before word `to`. @throws CodecError */
export function readCommand(words: WordBuffer, at: number, to: number = words.words): Command {
  return codec.read(words, at, to) as Command;
}

/** Reads the command records that fill words `from` up to `to`. @throws CodecError */
export function readCommands(words: WordBuffer, from: number, to: number): Command[] {
  return codec.readAll(words, from, to) as Command[];
}
