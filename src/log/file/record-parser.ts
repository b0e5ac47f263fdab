import type { LogReader } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import {
  corrupt,
  END_MARK,
  type LogId,
  RECORD_BYTES_MAX,
  RECORD_HEADER_WORDS,
  RecordHeader,
  recordBytes,
} from './format.ts';
import { isRecord } from './segment-reader.ts';

/**
 * Reads records that lie back to back outside of a segment: a copy of a part of a log, as it comes from a network. Each is
 * checked like one of a segment, and must follow the one before.
 */
export class RecordParser {
  /** Sequence that the next record must have. */
  declare nextSequence: number;
  declare private readonly name: string;
  declare private readonly logId: LogId;
  declare private readonly words: WordBuffer;
  /** Bytes in the buffer that belong to a record that is not whole yet. */
  declare private filled: number;
  /** Bytes of all records so far. */
  declare private offset: number;

  /** @param name for messages */
  constructor(name: string, logId: LogId, firstSequence: number) {
    this.nextSequence = firstSequence;
    this.name = name;
    this.logId = logId;
    this.words = WordBuffer.allocate((2 * RECORD_BYTES_MAX) / 4);
    this.filled = 0;
    this.offset = 0;
  }

  /** Takes bytes of any length and hands the records that they complete to `reader`. @throws LogCorruptError */
  push(bytes: Uint8Array, reader: LogReader): void {
    const { u8 } = this.words;
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(u8.length - this.filled, bytes.length - at);
      u8.set(bytes.subarray(at, at + length), this.filled);
      this.filled += length;
      at += length;
      this.#deliver(reader);
    }
  }

  /** The bytes have ended. @throws LogCorruptError when they ended within a record or before entry `lastSequence` */
  end(lastSequence: number): void {
    if (this.filled > 0 || this.nextSequence !== lastSequence + 1) {
      throw corrupt(this.name, this.offset, `entry ${this.nextSequence} is cut off or missing`);
    }
  }

  #deliver(reader: LogReader): void {
    const { i32, f64, u8 } = this.words;
    let word = 0;
    const wordsEnd = this.filled >> 2;
    while (wordsEnd - word > RECORD_HEADER_WORDS) {
      const payloadBytes = i32[word + RecordHeader.payloadBytes];
      const size = recordBytes(Math.max(payloadBytes, 0));
      if (size > RECORD_BYTES_MAX) throw this.#damaged(word);
      const end = word + size / 4;
      if (end > wordsEnd) break;
      const sequence = f64[(word + RecordHeader.sequence) >> 1];
      const isWhole =
        isRecord(i32, word, wordsEnd, this.logId) &&
        i32[end - 2] === payloadBytes &&
        i32[end - 1] === END_MARK &&
        sequence === this.nextSequence;
      if (!isWhole) throw this.#damaged(word);
      this.nextSequence++;
      const payload = word + RECORD_HEADER_WORDS;
      reader.deliver(
        sequence,
        i32[word + RecordHeader.timeSeconds] >>> 0,
        i32[word + RecordHeader.timeNanos],
        this.words,
        payload,
        payload + payloadBytes / 4,
      );
      word = end;
    }
    u8.copyWithin(0, word * 4, this.filled);
    this.filled -= word * 4;
    this.offset += word * 4;
    assert(this.filled < RECORD_BYTES_MAX, 'Invariant: what is left is less than a record');
  }

  #damaged(word: number): Error {
    return corrupt(this.name, this.offset + word * 4, `entry ${this.nextSequence} is damaged`);
  }
}
