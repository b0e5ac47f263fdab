import { EVENT_HEADER_WORDS, EventFlag } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { EventSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

/** Room kept for one more event of any type. */
const EVENT_WORDS_MAX = 64;
const CAPACITY_WORDS = Limits.EVENT_BATCH_WORDS;
const HEADER_WORDS = EVENT_HEADER_WORDS;
const IMAGE = EventFlag.Image;

/**
 * Where the core writes events: one reused buffer, handed to the sink when an entry ends or the buffer is full.
 * Keeps the state hash, which rolls over the words of every event that is not an image.
 */
export class EventWriter {
  readonly words: WordBuffer;
  /** Sequence and time of the entry that is being applied: stamped on every event. */
  sequence: number;
  timeSeconds: number;
  timeNanos: number;
  /** The state hash up to the last flush, as two words. */
  hashHigh: number;
  hashLow: number;
  /** Events written since the core was made. */
  eventCount: number;
  readonly #sink: EventSink;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  #length: number;
  #imageFlag: number;

  constructor(sink: EventSink) {
    this.words = WordBuffer.allocate(CAPACITY_WORDS);
    this.sequence = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.hashHigh = 0x6a09e667;
    this.hashLow = 0xbb67ae85 | 0;
    this.eventCount = 0;
    this.#sink = sink;
    this.#i32 = this.words.i32;
    this.#f64 = this.words.f64;
    this.#length = 0;
    this.#imageFlag = 0;
  }

  /**
   * Starts an event of `sizeWords` (even) words and returns its first word. All body words are zero. The caller
   * writes the body before it begins another.
   */
  begin(type: number, sizeWords: number, instrumentId: number, userId: number, reportNumber: number): number {
    if (this.#length + EVENT_WORDS_MAX > CAPACITY_WORDS) this.flush();
    const at = this.#length;
    const i32 = this.#i32;
    this.#length = at + sizeWords;
    i32[at] = type | this.#imageFlag | (sizeWords << 16);
    i32[at + 1] = instrumentId;
    this.#f64[(at + 2) >> 1] = this.sequence;
    i32[at + 4] = this.timeSeconds;
    i32[at + 5] = this.timeNanos;
    i32[at + 6] = userId;
    i32[at + 7] = reportNumber;
    for (let word = at + HEADER_WORDS; word < at + sizeWords; word++) i32[word] = 0;
    this.eventCount++;
    return at;
  }

  /** Events from now on describe standing state (EventFlag.Image) and are not hashed, or changes again. */
  image(on: boolean): void {
    this.flush();
    this.#imageFlag = on ? IMAGE << 8 : 0;
  }

  /** Hashes what was written and hands it to the sink. */
  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    if (this.#imageFlag === 0) this.#hash(length);
    this.#sink.onEvents(this.words, 0, length);
  }

  /**
   * Two 32-bit lanes over even and odd words (every step a bijection of its lane, so that one changed word always
   * shows), mixed into each other every 16 words. Fast, not cryptographic: the archive's hash chain is that.
   */
  #hash(length: number): void {
    const i32 = this.#i32;
    let high = this.hashHigh;
    let low = this.hashLow;
    for (let word = 0; word < length; word += 2) {
      high = Math.imul(high ^ i32[word], 0x9e3779b1);
      low = Math.imul(low ^ i32[word + 1], 0x85ebca77);
      high ^= high >>> 15;
      low ^= low >>> 13;
      if ((word & 14) === 0) {
        high = (high + low) | 0;
        low ^= (high << 7) | (high >>> 25);
      }
    }
    this.hashHigh = (high + low) | 0;
    this.hashLow = low ^ ((this.hashHigh << 11) | (this.hashHigh >>> 21));
  }
}
