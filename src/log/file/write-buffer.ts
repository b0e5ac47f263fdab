import { Limits } from '#domain/limits.ts';
import type { LogReader } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import {
  END_MARK,
  type LogId,
  RECORD_BYTES_MAX,
  RECORD_HEADER_WORDS,
  RECORD_MARK,
  RECORD_TRAILER_WORDS,
  RecordHeader,
  recordBytes,
} from './format.ts';

/** Payloads from this size on are copied by memcpy; shorter ones are faster in a loop. */
const COPY_LOOP_WORDS_MAX = 96;

/**
 * The records of the commit that is being put together, as they will stand on the disk. Grows by doubling up
 * to `bytesMax` and is reused; in steady state nothing is allocated.
 */
export class WriteBuffer {
  declare words: WordBuffer;
  /** Bytes and records waiting. */
  declare bytes: number;
  declare records: number;
  declare private readonly bytesMax: number;
  declare private readonly crc: number;
  declare private target: Buffer;
  declare private source: WordBuffer;
  declare private sourceBytes: Buffer;

  constructor(logId: LogId, bytesMax: number) {
    assert(bytesMax % 8 === 0 && bytesMax > 0, 'Condition: commitBytesMax is a multiple of 8');
    this.words = WordBuffer.allocate(Math.min(bytesMax, 2 * RECORD_BYTES_MAX) / 4);
    this.bytes = 0;
    this.records = 0;
    this.bytesMax = bytesMax;
    this.crc = logId.crc;
    this.target = bufferOf(this.words);
    this.source = this.words;
    this.sourceBytes = this.target;
  }

  /** Adds a record with a copy of the words `from` up to `to` of `source`. */
  add(sequence: number, seconds: number, nanos: number, source: WordBuffer, from: number, to: number): void {
    assert(
      from >= 0 && from < to && to <= source.words,
      'Condition: an entry is at least one word of its buffer',
    );
    const payloadBytes = (to - from) * 4;
    assert(payloadBytes <= Limits.ENTRY_BYTES_MAX, 'Condition: an entry is at most ENTRY_BYTES_MAX bytes');
    const bytes = recordBytes(payloadBytes);
    const end = this.bytes + bytes;
    assert(end <= this.bytesMax, 'Condition: the entries of one commit fit commitBytesMax');
    if (end > this.words.u8.length) this.#grow(end);

    const { i32, f64 } = this.words;
    const record = this.bytes / 4;
    i32[record + RecordHeader.payloadBytes] = payloadBytes;
    f64[(record + RecordHeader.sequence) >> 1] = sequence;
    i32[record + RecordHeader.timeSeconds] = seconds;
    i32[record + RecordHeader.timeNanos] = nanos;
    i32[record + RecordHeader.commitIndex] = this.records;
    i32[record + RecordHeader.mark] = RECORD_MARK;
    const trailer = end / 4 - RECORD_TRAILER_WORDS;
    i32[trailer - 1] = 0;
    this.#copy(source, from, to, record + RECORD_HEADER_WORDS);
    i32[trailer] = payloadBytes;
    i32[trailer + 1] = END_MARK;
    i32[record + RecordHeader.crc] = crc32cWords(i32, record + 1, trailer, this.crc);
    this.bytes = end;
    this.records++;
  }

  /** Hands every record to `reader`, in place. */
  deliver(reader: LogReader): void {
    const { i32, f64 } = this.words;
    for (let record = 0; record < this.bytes / 4; ) {
      const payloadBytes = i32[record + RecordHeader.payloadBytes];
      const payload = record + RECORD_HEADER_WORDS;
      reader.deliver(
        f64[(record + RecordHeader.sequence) >> 1],
        i32[record + RecordHeader.timeSeconds] >>> 0,
        i32[record + RecordHeader.timeNanos],
        this.words,
        payload,
        payload + payloadBytes / 4,
      );
      record += recordBytes(payloadBytes) / 4;
    }
  }

  clear(): void {
    this.bytes = 0;
    this.records = 0;
  }

  #copy(source: WordBuffer, from: number, to: number, target: number): void {
    if (to - from <= COPY_LOOP_WORDS_MAX) {
      const read = source.i32;
      const write = this.words.i32;
      for (let i = from, k = target; i < to; i++, k++) write[k] = read[i];
      return;
    }
    if (source !== this.source) {
      this.source = source;
      this.sourceBytes = bufferOf(source);
    }
    this.sourceBytes.copy(this.target, target * 4, from * 4, to * 4);
  }

  #grow(bytes: number): void {
    let size = this.words.u8.length;
    while (size < bytes) size = Math.min(size * 2, this.bytesMax);
    const grown = WordBuffer.allocate(size / 4);
    grown.u8.set(this.words.u8.subarray(0, this.bytes));
    this.words = grown;
    this.target = bufferOf(grown);
  }
}

function bufferOf(words: WordBuffer): Buffer {
  return Buffer.from(words.u8.buffer, words.u8.byteOffset, words.u8.byteLength);
}
