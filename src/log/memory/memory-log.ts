import { Limits } from '#domain/limits.ts';
import {
  type Clock,
  type Log,
  type LogFollower,
  type LogReader,
  LogUnavailableError,
} from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

/** Words of a page; the largest entry fits one. */
const PAGE_WORDS = 256 * 1024;
assert(PAGE_WORDS * 4 >= Limits.ENTRY_BYTES_MAX, 'Condition: the largest entry fits a page');

interface Entry {
  readonly page: WordBuffer;
  readonly from: number;
  readonly to: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
}

/** The log without a disk, for tests and simulation: what it calls durable lives as long as this object. */
export class MemoryLog implements Log {
  declare readonly isEmbedded: true;
  declare firstSequence: number;
  declare lastSequence: number;
  declare private readonly clock: Clock;
  declare private readonly follower: LogFollower;
  /** Entries from `firstSequence` on, those that wait for the commit included. */
  declare private entries: Entry[];
  declare private page: WordBuffer;
  declare private pageWords: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;
  declare private delivering: boolean;
  declare private closed: boolean;

  constructor(clock: Clock, follower: LogFollower) {
    this.isEmbedded = true;
    this.firstSequence = 1;
    this.lastSequence = 0;
    this.clock = clock;
    this.follower = follower;
    this.entries = [];
    this.page = WordBuffer.allocate(PAGE_WORDS);
    this.pageWords = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.delivering = false;
    this.closed = false;
  }

  append(words: WordBuffer, from: number, to: number): void {
    this.#assertUsable();
    assert(
      from >= 0 && from < to && to <= words.words,
      'Condition: an entry is at least one word of its buffer',
    );
    assert((to - from) * 4 <= Limits.ENTRY_BYTES_MAX, 'Condition: an entry is at most ENTRY_BYTES_MAX bytes');
    const length = to - from;
    if (this.pageWords + length > PAGE_WORDS) {
      this.page = WordBuffer.allocate(PAGE_WORDS);
      this.pageWords = 0;
    }
    const start = this.pageWords;
    this.page.i32.set(words.i32.subarray(from, to), start);
    this.pageWords = (start + length + 1) & ~1;

    const clock = this.clock;
    clock.read();
    const { seconds, nanos } = clock;
    if (seconds > this.timeSeconds || (seconds === this.timeSeconds && nanos > this.timeNanos)) {
      this.timeSeconds = seconds;
      this.timeNanos = nanos;
    }
    this.entries.push({
      page: this.page,
      from: start,
      to: start + length,
      timeSeconds: this.timeSeconds,
      timeNanos: this.timeNanos,
    });
  }

  commit(): void {
    this.#assertUsable();
    const from = this.lastSequence + 1;
    this.lastSequence = this.firstSequence + this.entries.length - 1;
    if (from > this.lastSequence) return;
    this.delivering = true;
    this.#deliver(from, this.follower, this.lastSequence);
    this.follower.onDelivered();
    this.delivering = false;
  }

  read(fromSequence: number, reader: LogReader, toSequence: number = this.lastSequence): void {
    if (this.closed) throw new LogUnavailableError('CLOSED', 'the log is closed');
    assert(fromSequence >= this.firstSequence, 'Condition: entries before firstSequence are forgotten');
    assert(toSequence <= this.lastSequence, 'Condition: entries after lastSequence do not exist');
    this.#deliver(fromSequence, reader, toSequence);
  }

  /** Forgets exactly the entries before, the last one excepted. */
  truncate(beforeSequence: number): void {
    this.#assertUsable();
    assert(beforeSequence <= this.lastSequence + 1, 'Condition: only existing entries are truncated');
    const forgotten = Math.min(beforeSequence, this.lastSequence) - this.firstSequence;
    if (forgotten <= 0) return;
    this.entries = this.entries.slice(forgotten);
    this.firstSequence += forgotten;
  }

  close(): void {
    this.closed = true;
  }

  #deliver(fromSequence: number, reader: LogReader, toSequence: number): void {
    for (let sequence = fromSequence; sequence <= toSequence; sequence++) {
      const entry = this.entries[sequence - this.firstSequence];
      reader.deliver(sequence, entry.timeSeconds, entry.timeNanos, entry.page, entry.from, entry.to);
    }
  }

  #assertUsable(): void {
    assert(!this.delivering, 'Condition: the follower neither appends nor commits while it gets entries');
    if (this.closed) throw new LogUnavailableError('CLOSED', 'the log is closed');
  }
}
