import type { StatementSync } from 'node:sqlite';
import { isCredential } from '#codec/log/describe.ts';
import { KIND_BYTES } from '#codec/log/fields.ts';
import { COMMAND_LAYOUTS, CommandType } from '#domain/commands.ts';
import { CommandAccepted, CommandRejected } from '#domain/events.ts';
import type { Layout } from '#domain/layout.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import type { EntryCommands } from './entry-commands.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';

/** Commands of administration have numbers from here on. */
export const ADMINISTRATION_FROM = CommandType.AddAsset;

/** Bytes of a command's record, from its first. */
interface Bytes {
  readonly from: number;
  readonly to: number;
}

const LAYOUT_OF = new Map<number, Layout>(COMMAND_LAYOUTS.map((layout) => [layout.type, layout]));

function bytesOf(layout: Layout, isWanted: (fieldName: string) => boolean): Bytes[] {
  return layout.fields
    .filter(({ name }) => isWanted(name))
    .map(({ kind, word, byte }) => {
      const from = word * WORD_BYTES + byte;
      return { from, to: from + KIND_BYTES[kind] };
    });
}

/** By command type: where its reason is, and what of it must not be kept. */
const REASONS = new Map<number, Bytes>();
const SECRETS = new Map<number, readonly Bytes[]>();
for (const layout of LAYOUT_OF.values()) {
  const [reason] = bytesOf(layout, (name) => name === 'reason');
  if (reason !== undefined) REASONS.set(layout.type, reason);
  SECRETS.set(layout.type, bytesOf(layout, isCredential));
}

/** Writes what administrators did, or were refused, with the reason that they gave and the command itself. */
export class AdminActionWriter {
  declare private readonly moment: EventMoment;
  declare private readonly commands: EntryCommands;
  declare private readonly insert: StatementSync;

  constructor(database: HistoryDatabase, moment: EventMoment, commands: EntryCommands) {
    this.moment = moment;
    this.commands = commands;
    this.insert = database.prepare(insertInto('admin_actions'));
  }

  /** A CommandAccepted: commands of administration alone have one. */
  accepted(words: WordBuffer, at: number): void {
    const { commandType, clientOrderId } = CommandAccepted.at;
    this.#write(words, at, words.i32[at + commandType] & 255, words.i32[at + clientOrderId] >>> 0, 0);
  }

  /** A CommandRejected of a command from `ADMINISTRATION_FROM` on. */
  rejected(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const { commandType, rejectCode, clientOrderId } = CommandRejected.at;
    const type = i32[at + commandType] & 255;
    this.#write(words, at, type, i32[at + clientOrderId] >>> 0, i32[at + rejectCode] >>> 16);
  }

  /** @param rejectCode 0: accepted */
  #write(
    { i32 }: WordBuffer,
    at: number,
    commandType: number,
    clientOrderId: number,
    rejectCode: number,
  ): void {
    const { sequence, position, timeSeconds, timeNanos } = this.moment;
    const userId = i32[at + 6] >>> 0;
    const command = this.commands.next(commandType, userId, clientOrderId);
    this.insert.run(
      sequence,
      position,
      timeSeconds,
      timeNanos,
      userId,
      commandType,
      i32[at + 1] >>> 0,
      clientOrderId,
      rejectCode,
      command === -1 ? '' : reasonOf(this.commands.memory, command),
      command === -1 ? new Uint8Array(0) : commandBytes(this.commands.memory, command),
    );
  }
}

/** The command's reason text; empty when it has none. */
function reasonOf({ u8, i32 }: WordBuffer, at: number): string {
  const place = REASONS.get(i32[at] & 255);
  if (place === undefined) return '';
  return paddedTextOf(u8, at * WORD_BYTES + place.from, at * WORD_BYTES + place.to);
}

/** The command's record as it is in the log, but for login credentials, which are zeros. */
function commandBytes({ u8, i32 }: WordBuffer, at: number): Uint8Array {
  const bytes = u8.slice(at * WORD_BYTES, (at + (i32[at] >>> 16)) * WORD_BYTES);
  for (const { from, to } of SECRETS.get(i32[at] & 255) ?? []) bytes.fill(0, from, to);
  return bytes;
}
