import { EVENT_HEADER_WORDS, EventFlag } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { EventSink } from '#domain/ports.ts';
import { WORD_OFFSET_MASK, WordBuffer } from '#lib/word-buffer.ts';

/** Room kept for one more event. Longer ones ask for theirs: the hash is one of where batches end, which shall not move. */
const EVENT_WORDS_USUAL = 64;
const CAPACITY_WORDS = Limits.EVENT_BATCH_WORDS;
const HEADER_WORDS = EVENT_HEADER_WORDS;
const MASK = WORD_OFFSET_MASK;
const WHOLE_MASK = 2 * CAPACITY_WORDS - 4;
const IMAGE = EventFlag.Image;
/** Words of a clientTag. */
const TAG_WORDS = 9;

/**
 * Where the core writes events: one reused buffer, handed to the sink when an entry ends or the buffer is full.
 * Keeps the state hash, which rolls over the words of every event that is not an image.
 */
export class EventWriter {
  declare readonly words: WordBuffer;
  /** The state hash up to the last flush, as two words. */
  declare hashHigh: number;
  declare hashLow: number;
  declare private readonly sink: EventSink;
  /** Sequence and time of the entry that is being applied, in the form in which every event carries them. */
  declare private readonly _stamp: WordBuffer;
  declare private readonly i32: Int32Array;
  declare private readonly f64: Float64Array;
  declare private length: number;
  declare private imageFlag: number;

  constructor(sink: EventSink) {
    this.words = WordBuffer.allocate(CAPACITY_WORDS);
    this.hashHigh = 0x6a09e667;
    this.hashLow = 0xbb67ae85 | 0;
    this.sink = sink;
    this._stamp = WordBuffer.allocate(4);
    this.i32 = this.words.i32;
    this.f64 = this.words.f64;
    this.length = 0;
    this.imageFlag = 0;
  }

  /** Sequence and time of the entry that is being applied: stamped on every event. */
  stamp(sequence: number, timeSeconds: number, timeNanos: number): void {
    const { i32, f64 } = this._stamp;
    f64[0] = sequence;
    i32[2] = timeSeconds;
    i32[3] = timeNanos;
  }

  /**
   * Starts an event of `sizeWords` (even) words and returns its first word. All body words are zero. The caller
   * writes the body before it begins another.
   */
  begin(type: number, sizeWords: number, instrumentId: number, userId: number, reportNumber: number): number {
    const at = this.beginRaw(type, sizeWords, instrumentId, userId, reportNumber);
    this.i32.fill(0, at + HEADER_WORDS, at + sizeWords);
    return at;
  }

  /** As `begin`, but the body holds what an older event left: the caller writes every word of it. */
  beginRaw(
    type: number,
    sizeWords: number,
    instrumentId: number,
    userId: number,
    reportNumber: number,
  ): number {
    // biome-ignore lint/complexity/useMathMinMax: V8 makes doubles of the two
    const room = sizeWords > EVENT_WORDS_USUAL ? sizeWords : EVENT_WORDS_USUAL;
    if (this.length > CAPACITY_WORDS - room) this.flush();
    const at = this.length & MASK;
    const i32 = this.i32;
    const stamp = this._stamp.i32;
    this.length = at + sizeWords;
    i32[at] = type | this.imageFlag | (sizeWords << 16);
    i32[at + 1] = instrumentId | 0;
    i32[at + 2] = stamp[0];
    i32[at + 3] = stamp[1];
    i32[at + 4] = stamp[2];
    i32[at + 5] = stamp[3];
    i32[at + 6] = userId | 0;
    i32[at + 7] = 0;
    this.f64[(at + 8) >> 1] = reportNumber;
    return at;
  }

  /**
   * Copies the nine words of a command's clientTag to word `toAt`, in the event that echoes it. Most are empty, which the
   * first word tells: then the others are not read.
   * @param fromAt its first word in `from`; 0 when there is none, which is empty text
   */
  copyTag(from: Int32Array, fromAt: number, toAt: number): void {
    const i32 = this.i32;
    const source = fromAt & MASK;
    const at = toAt & MASK;
    const first = source === 0 ? 0 : from[source];
    i32[at] = first;
    if (first === 0) {
      // The eight words from the first even one on as doubles; what that leaves out is the first or the last.
      const f64 = this.f64;
      const half = (at + 1) >> 1;
      f64[half] = 0;
      f64[half + 1] = 0;
      f64[half + 2] = 0;
      f64[half + 3] = 0;
      i32[at + 8] = 0;
      return;
    }
    for (let word = 1; word < TAG_WORDS; word++) i32[at + word] = from[source + word];
  }

  /** Events from now on describe standing state (EventFlag.Image) and are not hashed, or changes again. */
  image(on: boolean): void {
    this.flush();
    this.imageFlag = on ? IMAGE << 8 : 0;
  }

  /** Hashes what was written and hands it to the sink. */
  flush(): void {
    const length = this.length;
    if (length === 0) return;
    this.length = 0;
    if (this.imageFlag === 0) this.#hash(length);
    this.sink.onEvents(this.words, 0, length);
  }

  /**
   * Four 32-bit lanes over words 0, 1, 2, 3 modulo 4 (every step a bijection of its lane, so that one changed word always
   * shows), begun from the two words of the hash so far and folded into them at the end of the batch. Fast, not
   * cryptographic: the archive's hash chain is that.
   */
  #hash(length: number): void {
    const i32 = this.i32;
    let a = this.hashHigh;
    let b = this.hashLow;
    let c = a ^ 0x3c6ef372;
    let d = b ^ 0x510e527f;
    const whole = length & WHOLE_MASK;
    for (let word = 0; word < whole; word += 4) {
      a = Math.imul(a ^ i32[word], 0x9e3779b1);
      b = Math.imul(b ^ i32[word + 1], 0x85ebca77);
      c = Math.imul(c ^ i32[word + 2], 0xc2b2ae3d);
      d = Math.imul(d ^ i32[word + 3], 0x27d4eb2f);
      a = (a << 15) | (a >>> 17);
      b = (b << 13) | (b >>> 19);
      c = (c << 16) | (c >>> 16);
      d = (d << 14) | (d >>> 18);
    }
    if (whole < length) {
      a = Math.imul(a ^ i32[whole], 0x9e3779b1);
      b = Math.imul(b ^ i32[whole + 1], 0x85ebca77);
    }
    const high = (Math.imul(a ^ (a >>> 16), 0x85ebca6b) + ((c << 13) | (c >>> 19))) | 0;
    const low = (Math.imul(b ^ (b >>> 16), 0xc2b2ae35) + ((d << 17) | (d >>> 15))) | 0;
    this.hashHigh = (high ^ ((low << 7) | (low >>> 25))) | 0;
    this.hashLow = (low + Math.imul(this.hashHigh, 0x9e3779b1)) | 0;
  }
}
