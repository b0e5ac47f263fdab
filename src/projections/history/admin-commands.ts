import { isCredential } from '#codec/log/describe.ts';
import { KIND_BYTES } from '#codec/log/fields.ts';
import { COMMAND_LAYOUTS, CommandType, NewOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import type { Layout } from '#domain/layout.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

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

/**
 * The entry that the core is applying. Its answers to commands come in the order of the commands, so that each answer is
 * of the next command that fits it; those between were not answered to anybody that history asks about.
 */
export class EntryCommands {
  declare private words: WordBuffer | undefined;
  declare private at: number;
  declare private to: number;

  constructor() {
    this.words = undefined;
    this.at = 0;
    this.to = 0;
  }

  /** The entry in words `from` up to `to`, before the core applies it. The memory is read until the next entry. */
  begin(words: WordBuffer, from: number, to: number): void {
    this.words = words;
    this.at = from + ENTRY_HEADER_WORDS;
    this.to = to;
  }

  /**
   * The first word of the command of this type, user and number that is next, in `this.memory`; -1 when the entry has
   * none left.
   */
  next(commandType: number, userId: number, clientOrderId: number): number {
    const { i32 } = this.memory;
    while (this.at < this.to) {
      const at = this.at;
      this.at = at + (i32[at] >>> 16);
      const isOne =
        (i32[at] & 255) === commandType &&
        i32[at + NewOrder.at.userId] >>> 0 === userId &&
        i32[at + NewOrder.at.clientOrderId] >>> 0 === clientOrderId;
      if (isOne) return at;
    }
    return -1;
  }

  /** Of the entry. */
  get memory(): WordBuffer {
    if (this.words === undefined) throw new Error('Condition: an entry comes before its events');
    return this.words;
  }
}

/** The command's reason text; empty when it has none. */
export function reasonOf({ u8, i32 }: WordBuffer, at: number): string {
  const place = REASONS.get(i32[at] & 255);
  if (place === undefined) return '';
  const start = at * WORD_BYTES + place.from;
  const bytes = u8.subarray(start, at * WORD_BYTES + place.to);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)));
}

/** The command's record as it is in the log, but for login credentials, which are zeros. */
export function commandBytes({ u8, i32 }: WordBuffer, at: number): Uint8Array {
  const bytes = u8.slice(at * WORD_BYTES, (at + (i32[at] >>> 16)) * WORD_BYTES);
  for (const { from, to } of SECRETS.get(i32[at] & 255) ?? []) bytes.fill(0, from, to);
  return bytes;
}
