import { validateEntry } from '#codec/log/validate-entry.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import type { Log, TurnSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';

const ENTRY_WORDS_MAX = Limits.ENTRY_BYTES_MAX / WORD_BYTES;
const ENTRY_COMMANDS_MAX = Limits.ENTRY_COMMANDS_MAX;
const HEADER_WORDS = ENTRY_HEADER_WORDS;
const CAPACITY_WORDS = Limits.TURN_BYTES_MAX / WORD_BYTES;
const COMMAND_COUNT_SHIFT = 16;

/**
 * Collects the commands of one event-loop turn into as few log entries as hold them. Bounded: when a turn has
 * brought TURN_BYTES_MAX of commands, `reserve` says -1 until they are in the log.
 */
export class Outbox implements TurnSink {
  declare readonly words: WordBuffer;
  declare private readonly nodeId: number;
  declare private epoch: number;
  declare private readonly onFirst: () => void;
  declare private entryNo: number;
  /** First word of the entry that is being filled; -1 when there is none. */
  declare private entry: number;
  declare private commands: number;
  declare private end: number;
  declare private isOpen: boolean;

  /**
   * @param epoch how often the node has started; with the entry number it makes entries unique. 0: not open yet
   * @param onFirst called when the first command of a turn is reserved, to arrange for `drain`
   */
  constructor(nodeId: number, epoch: number, onFirst: () => void) {
    this.words = WordBuffer.allocate(CAPACITY_WORDS);
    this.nodeId = nodeId;
    this.epoch = epoch;
    this.onFirst = onFirst;
    this.entryNo = 0;
    this.entry = -1;
    this.commands = 0;
    this.end = 0;
    this.isOpen = epoch !== 0;
  }

  get isEmpty(): boolean {
    return this.end === 0;
  }

  /** Takes commands from now on, as the node's start `epoch`. */
  open(epoch: number): void {
    this.epoch = epoch;
    this.entryNo = 0;
    this.isOpen = true;
  }

  hasRoom(commands: number, sizeWords: number): boolean {
    // Each may be the first of an entry.
    return this.isOpen && this.end + sizeWords + commands * HEADER_WORDS <= CAPACITY_WORDS;
  }

  reserve(sizeWords: number): number {
    if (!this.isOpen || this.end + sizeWords + HEADER_WORDS > CAPACITY_WORDS) return -1;
    if (this.entry === -1) {
      if (this.end === 0) this.onFirst();
      this.#begin();
    } else if (this.end - this.entry + sizeWords > ENTRY_WORDS_MAX || this.commands === ENTRY_COMMANDS_MAX) {
      this.#finish();
      this.#begin();
    }
    const at = this.end;
    this.end = at + sizeWords;
    this.commands++;
    return at;
  }

  #begin(): void {
    this.entry = this.end;
    this.commands = 0;
    this.end += HEADER_WORDS;
  }

  #finish(): void {
    const { i32, f64 } = this.words;
    const entry = this.entry;
    i32[entry] = this.nodeId | (this.commands << COMMAND_COUNT_SHIFT);
    i32[entry + EntryHeader.at.epoch] = this.epoch;
    f64[(entry + EntryHeader.at.entryNo) >> 1] = ++this.entryNo;
  }

  /** Appends what the turn collected to the log, as one entry or more. The caller commits. */
  drain(log: Pick<Log, 'append'>): void {
    if (this.entry === -1) return;
    this.#finish();
    const end = this.end;
    for (let entry = 0; entry < end; ) {
      let next = entry + HEADER_WORDS;
      for (let left = this.words.i32[entry] >>> COMMAND_COUNT_SHIFT; left > 0; left--) {
        next += this.words.i32[next] >>> 16;
      }
      const fault = validateEntry(this.words, entry, next);
      assert(fault === 0, 'Condition: a gateway fills what it reserves: no broken entry reaches the log');
      log.append(this.words, entry, next);
      entry = next;
    }
    // Whoever reserves next gets zeros: one fill for all.
    this.words.i32.fill(0, 0, end);
    this.entry = -1;
    this.end = 0;
  }

  /** Takes nothing any more: the log is gone, or the node is stopping. */
  close(): void {
    this.isOpen = false;
  }
}
