import { Limits } from '#domain/limits.ts';
import type { Log } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

const FIRST_WORDS = 256;

/**
 * The entries of this start of the node that were appended to a replicated log and have not come back: the memory from
 * which they are appended again. Bounded by ENTRIES_IN_FLIGHT_MAX and what one turn may bring.
 */
export class Unconfirmed {
  declare private readonly log: Log;
  /** Oldest first; entry `first + i` of the node is `entries[i]`, up to its word `words[i]`. */
  declare private readonly entries: WordBuffer[];
  declare private readonly words: number[];
  /** Of each entry that was stamped, two: see `stamp`. */
  declare private readonly times: number[];
  /** Of the entry that came back last: when the first command of its turn was received, and the turn appended; 0: not stamped. */
  declare receivedMs: number;
  declare appendedMs: number;
  /** Buffers to use again. */
  declare private readonly free: WordBuffer[];
  /** Entry number of the oldest. */
  declare private first: number;

  constructor(log: Log) {
    this.log = log;
    this.entries = [];
    this.words = [];
    this.times = [];
    this.receivedMs = 0;
    this.appendedMs = 0;
    this.free = [];
    this.first = 1;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** No further turn may be appended. */
  get isFull(): boolean {
    return this.entries.length >= Limits.ENTRIES_IN_FLIGHT_MAX;
  }

  /** As `Log.append`, and keeps a copy. */
  append(words: WordBuffer, from: number, to: number): void {
    const size = to - from;
    let copy = this.free.pop() ?? WordBuffer.allocate(FIRST_WORDS);
    if (copy.words < size) copy = WordBuffer.allocate(2 ** Math.ceil(Math.log2(size)));
    copy.i32.set(words.i32.subarray(from, to));
    this.entries.push(copy);
    this.words.push(size);
    this.log.append(copy, 0, size);
  }

  /** Notes when the turn of the entries that were appended since the last call was received and appended. */
  stamp(receivedMs: number, appendedMs: number): void {
    while (this.times.length < 2 * this.entries.length) this.times.push(receivedMs, appendedMs);
  }

  /** The oldest has come back. */
  confirm(): void {
    this.receivedMs = this.times.shift() ?? 0;
    this.appendedMs = this.times.shift() ?? 0;
    this.words.shift();
    this.first++;
    const copy = this.entries.shift();
    if (copy !== undefined && this.free.length < Limits.ENTRIES_IN_FLIGHT_MAX) this.free.push(copy);
  }

  /** Whether an entry is, word for word, the oldest. */
  isOldest(words: WordBuffer, from: number, to: number): boolean {
    if (to - from !== this.words[0]) return false;
    const own = this.entries[0].i32;
    for (let i = from; i < to; i++) if (words.i32[i] !== own[i - from]) return false;
    return true;
  }

  /** Whether the entry of this number came back although one before it has not. */
  isAhead(entryNo: number): boolean {
    return entryNo > this.first;
  }

  /** Appends all again, the same bytes in the same order. The caller commits. */
  repeat(): void {
    for (let i = 0; i < this.entries.length; i++) this.log.append(this.entries[i], 0, this.words[i]);
  }
}
