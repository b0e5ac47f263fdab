import { NewOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

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
