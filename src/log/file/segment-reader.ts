import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { Disk } from './disk.ts';
import {
  corrupt,
  decodeSegmentHeader,
  END_MARK,
  type LogId,
  RECORD_BYTES_MAX,
  RECORD_HEADER_WORDS,
  RECORD_MARK,
  RECORD_OVERHEAD_BYTES,
  RECORD_TRAILER_WORDS,
  RecordHeader,
  recordBytes,
  SEGMENT_HEADER_BYTES,
} from './format.ts';

/** What stands where the next record would be. */
export const Scan = {
  Record: 0,
  /** Zeros, or no room for a record. */
  End: 1,
  /** Neither a whole record nor zeros. */
  Bad: 2,
} as const;
export type Scan = (typeof Scan)[keyof typeof Scan];

/** Bytes of a read: it starts small, so that following a log's end stays cheap, and grows while there is more. */
const READ_BYTES_MIN = 64 * 1024;
const READ_BYTES_MAX = 1024 * 1024;

assert(READ_BYTES_MAX >= RECORD_BYTES_MAX, 'Condition: the largest record fits the read buffer');

/**
 * True when `i32` holds at `word` a record whose checksum is right; `wordsEnd` is the end of what may be looked at.
 * The trailer is not looked at.
 */
export function isRecord(i32: Int32Array, word: number, wordsEnd: number, logId: LogId): boolean {
  if (word + RECORD_OVERHEAD_BYTES / 4 > wordsEnd) return false;
  if (i32[word + RecordHeader.mark] !== RECORD_MARK) return false;
  const payloadBytes = i32[word + RecordHeader.payloadBytes];
  if (payloadBytes <= 0 || payloadBytes > Limits.ENTRY_BYTES_MAX || (payloadBytes & 3) !== 0) return false;
  const end = word + recordBytes(payloadBytes) / 4;
  if (end > wordsEnd) return false;
  return i32[word] === crc32cWords(i32, word + 1, end - RECORD_TRAILER_WORDS, logId.crc);
}

/**
 * Walks the records of one segment file after another, through one buffer: each record is checked and shown
 * in place, aligned, without a copy. What the file lacks of the size in its header reads as zeros.
 */
export class SegmentReader {
  /** Where the current record stands; valid until the next call, which may replace it by a larger one. */
  declare words: WordBuffer;
  declare file: string;
  declare logId: LogId | undefined;
  declare firstSequence: number;
  declare createdSeconds: number;
  declare createdNanos: number;
  declare segmentBytes: number;
  /** Bytes of the current record, header and trailer included; 0 when there is none. */
  declare recordBytes: number;
  /** Offset in the file of the current record, or of what `next` found instead of one. */
  declare offset: number;
  declare sequence: number;
  declare timeSeconds: number;
  declare timeNanos: number;
  declare commitIndex: number;
  /** The payload: words `payloadFrom` up to `payloadTo` of `words`. */
  declare payloadFrom: number;
  declare payloadTo: number;
  declare private readonly disk: Disk;
  declare private handle: number;
  declare private bufferFrom: number;
  declare private bufferTo: number;
  declare private readBytes: number;

  /** @param logId refuses other logs' segments; undefined takes the id of the first segment that is opened. */
  constructor(disk: Disk, logId: LogId | undefined) {
    this.words = WordBuffer.allocate(READ_BYTES_MIN / 4);
    this.file = '';
    this.logId = logId;
    this.firstSequence = 0;
    this.createdSeconds = 0;
    this.createdNanos = 0;
    this.segmentBytes = 0;
    this.recordBytes = 0;
    this.offset = 0;
    this.sequence = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.commitIndex = 0;
    this.payloadFrom = 0;
    this.payloadTo = 0;
    this.disk = disk;
    this.handle = -1;
    this.bufferFrom = 0;
    this.bufferTo = 0;
    this.readBytes = READ_BYTES_MIN;
  }

  get isOpen(): boolean {
    return this.handle !== -1;
  }

  /**
   * Leaves the current file and opens `file`, which must begin with `firstSequence`. Stays where it is when there is
   * no such file.
   * @throws LogCorruptError when its header is damaged or another's.
   */
  open(file: string, firstSequence: number): void {
    const handle = this.disk.openRead(file);
    this.close();
    this.handle = handle;
    this.file = file;
    this.bufferFrom = this.bufferTo = 0;
    const bytes = this.#read(this.words, 0, SEGMENT_HEADER_BYTES);
    const start = decodeSegmentHeader(file, this.words, bytes, this.logId);
    if (start.firstSequence !== firstSequence) {
      throw corrupt(
        file,
        32,
        `the header's first sequence is ${start.firstSequence}, the file's name says ${firstSequence}`,
      );
    }
    const size = this.disk.size(this.handle);
    if (size > start.segmentBytes) {
      throw corrupt(
        file,
        start.segmentBytes,
        `the file has ${size} bytes, its header says ${start.segmentBytes}`,
      );
    }
    this.logId = start.logId;
    this.firstSequence = firstSequence;
    this.createdSeconds = start.createdSeconds;
    this.createdNanos = start.createdNanos;
    this.segmentBytes = start.segmentBytes;
    this.offset = SEGMENT_HEADER_BYTES;
    this.recordBytes = 0;
    this.readBytes = READ_BYTES_MIN;
  }

  /** Bytes that the file really has. */
  get fileBytes(): number {
    return this.disk.size(this.handle);
  }

  /** Forgets what was read ahead: bytes after the current record may have been written since. */
  refresh(): void {
    this.bufferFrom = this.bufferTo = 0;
    this.readBytes = READ_BYTES_MIN;
  }

  /** Goes on to the next record. After `End` or `Bad` a further call looks again at the same place. */
  next(): Scan {
    assert(this.isOpen, 'Condition: a segment is open');
    this.offset += this.recordBytes;
    this.recordBytes = 0;
    const room = this.segmentBytes - this.offset;
    if (room < RECORD_OVERHEAD_BYTES) return Scan.End;
    const header = this.#load(RECORD_OVERHEAD_BYTES);
    if (isZero(this.words.i32, header, header + RECORD_HEADER_WORDS)) return Scan.End;
    const payloadBytes = this.words.i32[header + RecordHeader.payloadBytes];
    if (payloadBytes <= 0 || payloadBytes > Limits.ENTRY_BYTES_MAX) return Scan.Bad;
    const bytes = recordBytes(payloadBytes);
    if (bytes > room) return Scan.Bad;
    const record = this.#load(bytes);
    const { i32, f64 } = this.words;
    const end = record + bytes / 4;
    if (!isRecord(i32, record, end, this.logId as LogId)) return Scan.Bad;
    if (i32[end - 2] !== payloadBytes || i32[end - 1] !== END_MARK) return Scan.Bad;
    this.recordBytes = bytes;
    this.sequence = f64[(record + RecordHeader.sequence) >> 1];
    this.timeSeconds = i32[record + RecordHeader.timeSeconds] >>> 0;
    this.timeNanos = i32[record + RecordHeader.timeNanos];
    this.commitIndex = i32[record + RecordHeader.commitIndex];
    this.payloadFrom = record + RECORD_HEADER_WORDS;
    this.payloadTo = this.payloadFrom + payloadBytes / 4;
    return Scan.Record;
  }

  /**
   * Goes to a record not far before that of `sequence`, by halving the file: a few reads, however large it is. Returns the
   * sequence of the record that `next` finds then: `sequence` or one before it.
   */
  seek(sequence: number): number {
    assert(this.isOpen && sequence >= this.firstSequence, 'Condition: the open segment begins before it');
    let low = SEGMENT_HEADER_BYTES;
    let lowSequence = this.firstSequence;
    for (let high = this.segmentBytes; high - low > READ_BYTES_MIN; ) {
      const middle = low + Math.floor((high - low) / 16) * 8;
      const found = this.#recordFrom(middle);
      if (found === undefined || found.sequence > sequence) high = middle;
      else {
        low = found.offset;
        lowSequence = found.sequence;
      }
    }
    this.refresh();
    this.offset = low;
    this.recordBytes = 0;
    return lowSequence;
  }

  /** The first whole record at or after `from`, which need not be where one begins; undefined: the log has none there. */
  #recordFrom(from: number): { readonly offset: number; readonly sequence: number } | undefined {
    // As records lie back to back, the next one begins before the longest would end.
    const last = Math.min(from + RECORD_BYTES_MAX, this.segmentBytes - RECORD_OVERHEAD_BYTES);
    for (let offset = from; offset <= last; offset += READ_BYTES_MIN - RECORD_OVERHEAD_BYTES) {
      const bytes = Math.min(READ_BYTES_MIN, this.segmentBytes - offset);
      const read = this.#read(this.words, offset, bytes);
      const wordsEnd = read >> 2;
      for (let word = 0; word < wordsEnd; word += 2) {
        const { i32, f64 } = this.words;
        if (i32[word + RecordHeader.mark] !== RECORD_MARK) continue;
        const at = offset + word * 4;
        if (isRecord(i32, word, wordsEnd, this.logId as LogId))
          return { offset: at, sequence: f64[(word + RecordHeader.sequence) >> 1] };
        // It may go on behind what was read.
        const found = this.#recordAt(at);
        if (found !== undefined) return { offset: at, sequence: found };
        this.#read(this.words, offset, bytes);
      }
      if (read < bytes) return undefined;
    }
    return undefined;
  }

  /** The sequence of the whole record at `offset`; undefined when there is none. */
  #recordAt(offset: number): number | undefined {
    this.refresh();
    this.offset = offset;
    this.recordBytes = 0;
    return this.next() === Scan.Record ? this.sequence : undefined;
  }

  /**
   * A copy of the file from `offset` up to the last byte that is not zero, and of the zeros after it as far as a record that
   * begins before can reach; empty when there are only zeros. `next` looks at the file again.
   */
  readRest(): WordBuffer {
    const written = this.#writtenEnd();
    const bytes =
      written === this.offset ? 0 : Math.min(this.segmentBytes, written + RECORD_BYTES_MAX) - this.offset;
    const rest = WordBuffer.allocate(bytes / 4);
    this.#read(rest, this.offset, bytes);
    return rest;
  }

  /** Offset after the file's last eight bytes that are not zero, or `offset`. A piece at a time: a segment may be large. */
  #writtenEnd(): number {
    this.refresh();
    this.#growBuffer();
    for (let to = this.segmentBytes; to > this.offset; ) {
      const from = Math.max(this.offset, to - READ_BYTES_MAX);
      const read = this.#read(this.words, from, to - from);
      this.words.u8.fill(0, read, to - from);
      const { i32 } = this.words;
      let word = (to - from) / 4 - 1;
      while (word >= 0 && i32[word] === 0) word--;
      if (word >= 0) return from + ((word >> 1) + 1) * 8;
      to = from;
    }
    return this.offset;
  }

  close(): void {
    if (this.handle === -1) return;
    this.disk.close(this.handle);
    this.handle = -1;
  }

  /** Brings `bytes` from `offset` into the buffer and returns the word at which they start. */
  #load(bytes: number): number {
    if (this.offset < this.bufferFrom || this.offset + bytes > this.bufferTo) {
      const length = Math.min(Math.max(this.readBytes, bytes), this.segmentBytes - this.offset);
      if (length > this.words.u8.length) this.#growBuffer();
      const read = this.#read(this.words, this.offset, length);
      this.words.u8.fill(0, read, length);
      this.bufferFrom = this.offset;
      this.bufferTo = this.offset + length;
      this.readBytes = Math.min(this.readBytes * 4, READ_BYTES_MAX);
    }
    return (this.offset - this.bufferFrom) / 4;
  }

  #growBuffer(): void {
    if (this.words.u8.length < READ_BYTES_MAX) this.words = WordBuffer.allocate(READ_BYTES_MAX / 4);
  }

  /**
   * Reads to the start of `to`; fewer bytes than `length` mean the end of the file.
   * @throws the error of node:fs, with file and offset before its message
   */
  #read(to: WordBuffer, position: number, length: number): number {
    let filled = 0;
    try {
      while (filled < length) {
        const read = this.disk.read(this.handle, to.u8, filled, length - filled, position + filled);
        if (read === 0) break;
        filled += read;
      }
    } catch (error) {
      // Neither is in what the system says of a device that cannot read a sector.
      if (error instanceof Error)
        error.message = `${this.file}: offset ${position + filled}: ${error.message}`;
      throw error;
    }
    return filled;
  }
}

/** True when the words `from` up to `to` are all zero. */
export function isZero(i32: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (i32[i] !== 0) return false;
  return true;
}
