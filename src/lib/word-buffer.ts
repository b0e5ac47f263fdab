import { assert } from './assert.ts';

/** Bytes in one word, the unit in which records are laid out. */
export const WORD_BYTES = 4;

/** Words that a buffer has at most. */
const WORDS_MAX = 2 ** 30;

/**
 * A mask that changes no word's offset: with it V8 knows that an offset and a little more cannot overflow, and drops a check
 * from every access (bench/core.ts). A module that uses it binds it to a name of its own: what is imported V8 loads each time.
 */
export const WORD_OFFSET_MASK = WORDS_MAX - 1;

assert(
  new Uint8Array(new Uint32Array([1]).buffer)[0] === 1,
  'Condition: this machine must be little-endian: records in memory are the records on disk',
);

/**
 * One block of memory seen as 32-bit words, as 64-bit floats and as bytes.
 *
 * Records (commands, events) are laid out in words; a 64-bit field sits at an even word and is read as
 * `f64[word >> 1]`. The memory form is the wire form: little-endian, no padding but what the layout names.
 * Plain fields, no accessors: this is the hot path's only data structure.
 */
export class WordBuffer {
  declare readonly i32: Int32Array;
  declare readonly f64: Float64Array;
  declare readonly u8: Uint8Array;
  /** Capacity in words. */
  declare readonly words: number;

  /** @param memory byteLength must be a multiple of 8. */
  constructor(memory: ArrayBufferLike) {
    assert(memory.byteLength % 8 === 0, 'Condition: WordBuffer memory must be a multiple of 8 bytes');
    assert(memory.byteLength <= WORDS_MAX * WORD_BYTES, 'Condition: a WordBuffer has at most 2^30 words');
    this.i32 = new Int32Array(memory);
    this.f64 = new Float64Array(memory);
    this.u8 = new Uint8Array(memory);
    this.words = memory.byteLength / WORD_BYTES;
  }

  /** A zeroed buffer of `words` words (rounded up to an even number). */
  static allocate(words: number): WordBuffer {
    return new WordBuffer(new ArrayBuffer(((words + 1) >> 1) * 8));
  }

  /** A private, aligned copy of `bytes` (padded with zero bytes to a multiple of 8). */
  static copyOf(bytes: Uint8Array): WordBuffer {
    const buffer = WordBuffer.allocate((bytes.length + 3) >> 2);
    buffer.u8.set(bytes);
    return buffer;
  }
}
