import { readEvent } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { EventFlag } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

/** Words of each of the two halves: what falls out is half of it at a time. Larger than any batch of events. */
const HALF_WORDS = 256 * 1024;
const IMAGE = EventFlag.Image << 8;

/** Events one behind the other, and where those of each entry begin. */
class Half {
  declare readonly words: WordBuffer;
  declare used: number;
  /** Entries of the log, ascending, and the first word of each one's events. */
  declare readonly sequences: number[];
  declare readonly starts: number[];

  constructor() {
    this.words = WordBuffer.allocate(HALF_WORDS);
    this.used = 0;
    this.sequences = [];
    this.starts = [];
  }

  /** Takes the events in words `from` up to `to`; all must fit. */
  add(words: WordBuffer, from: number, to: number): void {
    this.words.i32.set(words.i32.subarray(from, to), this.used);
    for (let at = from; at < to; at += words.i32[at] >>> 16) {
      const sequence = words.f64[(at + 2) >> 1];
      if (this.sequences.at(-1) === sequence) continue;
      this.sequences.push(sequence);
      this.starts.push(this.used + at - from);
    }
    this.used += to - from;
  }

  /** Hands out the first word of each event of an entry. */
  each(sequence: number, onEvent: (words: WordBuffer, at: number) => void): void {
    const row = this.sequences.lastIndexOf(sequence);
    if (row === -1) return;
    const end = this.starts[row + 1] ?? this.used;
    const { i32 } = this.words;
    for (let at = this.starts[row]; at < end; at += i32[at] >>> 16) onEvent(this.words, at);
  }
}

/** Events of one entry of the log. */
export interface EntryEvents {
  /** All of them. */
  readonly count: number;
  /** The first ones. */
  readonly events: readonly Event[];
}

/** The newest events of the venue, while somebody wants them: at least a mebibyte, at most two. Otherwise it only notes how far they are. */
export class EventWindow implements FollowingSink {
  declare private older: Half | undefined;
  declare private newer: Half | undefined;
  /** First entry all of whose events are here. */
  declare private completeFrom: number;
  /** Newest entry that there was an event of; 0: none, or events were lost since. */
  declare newestSequence: number;

  constructor() {
    this.older = undefined;
    this.newer = undefined;
    this.completeFrom = Number.POSITIVE_INFINITY;
    this.newestSequence = 0;
  }

  /** Begins to keep events. */
  start(): void {
    this.newer ??= new Half();
  }

  /** Keeps none any more. */
  stop(): void {
    this.older = undefined;
    this.newer = undefined;
    this.completeFrom = Number.POSITIVE_INFINITY;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if ((words.i32[from] & IMAGE) !== 0) return;
    if (this.newer !== undefined) this.#keep(this.newer, words, from, to);
    let last = from;
    for (let at = from; at < to; at += words.i32[at] >>> 16) last = at;
    this.newestSequence = words.f64[(last + 2) >> 1];
  }

  /** Events were lost. */
  onRestart(): void {
    this.newestSequence = 0;
    if (this.newer === undefined) return;
    this.older = undefined;
    this.newer = new Half();
    this.completeFrom = Number.POSITIVE_INFINITY;
  }

  onImage(): void {}

  /** The events of an entry; undefined when not all of them are here. @param max of those that are decoded */
  eventsOf(sequence: number, max: number): EntryEvents | undefined {
    if (sequence < this.completeFrom) return undefined;
    const events: Event[] = [];
    let count = 0;
    const take = (words: WordBuffer, at: number): void => {
      if (count++ < max) events.push(readEvent(words, at));
    };
    this.older?.each(sequence, take);
    this.newer?.each(sequence, take);
    return { count, events };
  }

  #keep(newer: Half, words: WordBuffer, from: number, to: number): void {
    if (this.completeFrom === Number.POSITIVE_INFINITY) {
      const first = words.f64[(from + 2) >> 1];
      // The first entry begins here where the event before it was of another. Else what of it came before is not here.
      const isWhole = this.newestSequence !== 0 && this.newestSequence < first;
      this.completeFrom = isWhole ? first : first + 1;
    }
    if (newer.used + to - from > HALF_WORDS) this.#turn().add(words, from, to);
    else newer.add(words, from, to);
  }

  #turn(): Half {
    this.older = this.newer;
    this.newer = new Half();
    const first = this.older?.sequences[0];
    if (first !== undefined) this.completeFrom = Math.max(this.completeFrom, first + 1);
    return this.newer;
  }
}
