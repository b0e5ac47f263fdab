import type { WordBuffer } from '#lib/word-buffer.ts';

/** When the event that is being written happened, and which of its entry's it is: the writers of history share one. */
export class EventMoment {
  /** The entry, and its log time. */
  declare sequence: number;
  declare timeSeconds: number;
  declare timeNanos: number;
  /** Events of the entry before it. */
  declare position: number;

  constructor(sequence: number) {
    this.sequence = sequence;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.position = 0;
  }

  /** Takes over sequence and time of the event at word `at`, the first of its entry. */
  take({ i32, f64 }: WordBuffer, at: number): void {
    this.sequence = f64[(at + 2) >> 1];
    this.timeSeconds = i32[at + 4] >>> 0;
    this.timeNanos = i32[at + 5];
    this.position = 0;
  }
}
