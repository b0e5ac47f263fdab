import { join } from 'node:path';
import { Limits } from '#domain/limits.ts';
import { LogCorruptError } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

/**
 * The bytes of a segment file, as docs/log-format.md specifies them: a header of 64 bytes, records back to
 * back, zeros up to the size that the header names. Offsets here are in words of four bytes, little-endian.
 */
export const FORMAT_VERSION = 1;

/** Word offsets of the segment header. */
export const SegmentHeader = {
  /** The bytes `HIVELOG` and a newline. */
  magic: 0,
  formatVersion: 2,
  /** Reserved for partitioned venues (DESIGN section 13); 0. */
  partition: 3,
  /** The 16 bytes of the log's UUID, in the order in which it is written. */
  logId: 4,
  /** i53 */
  firstSequence: 8,
  /** Log time at which the segment was begun: not later than any record in it, not earlier than any before. */
  createdSeconds: 10,
  createdNanos: 11,
  /** Size of the whole file. */
  segmentBytes: 12,
  /** CRC32C of the 60 bytes before it. */
  crc: 15,
} as const;
export const SEGMENT_HEADER_BYTES = 64;
const SEGMENT_HEADER_WORDS = SEGMENT_HEADER_BYTES / 4;

/** Word offsets of the record header; the payload follows it. */
export const RecordHeader = {
  /** CRC32C of the log id's 16 bytes, then of the record from the next word up to its trailer. */
  crc: 0,
  payloadBytes: 1,
  /** i53 */
  sequence: 2,
  timeSeconds: 4,
  timeNanos: 5,
  /** Position among the records of its commit, from 0: those were written together. */
  commitIndex: 6,
  /** The bytes `REC!`. */
  mark: 7,
} as const;
export const RECORD_HEADER_WORDS = 8;
/** After the payload: payloadBytes again, then the bytes `END!`, so that no record ends in a zero byte. */
export const RECORD_TRAILER_WORDS = 2;
export const RECORD_OVERHEAD_BYTES = (RECORD_HEADER_WORDS + RECORD_TRAILER_WORDS) * 4;

const wordOf = (text: string): number => Buffer.from(text, 'latin1').readInt32LE(0);
const MAGIC_0 = wordOf('HIVE');
const MAGIC_1 = wordOf('LOG\n');
export const RECORD_MARK = wordOf('REC!');
export const END_MARK = wordOf('END!');

/** Bytes in which a disk writes all or nothing; a torn write is torn between these. */
export const SECTOR_BYTES = 512;

/** Default size of a segment file. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Largest size of a segment file: a size fits 31 bits. */
export const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024;
/** The most bytes that one commit may write, record headers included: recovery relies on it. */
export const COMMIT_BYTES_MAX = 8 * 1024 * 1024;
/** Largest record. */
export const RECORD_BYTES_MAX = RECORD_OVERHEAD_BYTES + Limits.ENTRY_BYTES_MAX;

/** Bytes on disk of a record whose payload has `payloadBytes`: padded so that the next one starts at a multiple of 8. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_OVERHEAD_BYTES + ((payloadBytes + 7) & ~7);
}

/** A log's identity: a UUID, its 16 bytes as words, and the CRC32C of those, from which every record's CRC starts. */
export class LogId {
  declare readonly uuid: string;
  declare readonly words: Int32Array;
  declare readonly crc: number;

  /** @throws AssertionError when `uuid` is not a UUID. */
  constructor(uuid: string) {
    assert(
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid),
      'Condition: a log id is a lower-case UUID',
    );
    const { i32, u8 } = WordBuffer.allocate(4);
    u8.set(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    this.uuid = uuid;
    this.words = i32;
    this.crc = crc32cWords(i32, 0, 4);
  }

  static ofBytes(bytes: Uint8Array): LogId {
    const hex = Buffer.from(bytes).toString('hex');
    return new LogId(
      `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    );
  }
}

/** What a segment's header says. */
export interface SegmentStart {
  readonly logId: LogId;
  readonly firstSequence: number;
  readonly createdSeconds: number;
  readonly createdNanos: number;
  readonly segmentBytes: number;
}

export function encodeSegmentHeader(start: SegmentStart): Uint8Array {
  const { i32, f64, u8 } = WordBuffer.allocate(SEGMENT_HEADER_WORDS);
  i32[SegmentHeader.magic] = MAGIC_0;
  i32[SegmentHeader.magic + 1] = MAGIC_1;
  i32[SegmentHeader.formatVersion] = FORMAT_VERSION;
  i32.set(start.logId.words, SegmentHeader.logId);
  f64[SegmentHeader.firstSequence >> 1] = start.firstSequence;
  i32[SegmentHeader.createdSeconds] = start.createdSeconds;
  i32[SegmentHeader.createdNanos] = start.createdNanos;
  i32[SegmentHeader.segmentBytes] = start.segmentBytes;
  i32[SegmentHeader.crc] = crc32cWords(i32, 0, SegmentHeader.crc);
  return u8;
}

const RESTORE = 'Restore this log from a snapshot and another copy (docs/log-format.md, "Damage").';

/** Adds to every report of damage what to do next. */
export function corrupt(file: string, offset: number, what: string): LogCorruptError {
  return new LogCorruptError(
    file,
    offset,
    `${file}: offset ${offset}: ${what}. Nothing was changed. ${RESTORE}`,
  );
}

/**
 * Reads a segment header, `bytes` of it being what the file has (fewer than 64 in a file that was cut).
 * @param expectedId refuses the segment of another log; undefined accepts any.
 * @throws LogCorruptError
 */
export function decodeSegmentHeader(
  file: string,
  header: WordBuffer,
  bytes: number,
  expectedId?: LogId,
): SegmentStart {
  const { i32, f64, u8 } = header;
  if (bytes < SEGMENT_HEADER_BYTES) throw corrupt(file, bytes, 'the file ends within the segment header');
  if (i32[SegmentHeader.magic] !== MAGIC_0 || i32[SegmentHeader.magic + 1] !== MAGIC_1) {
    throw corrupt(file, 0, 'this is not a log segment, or its header is damaged');
  }
  const version = i32[SegmentHeader.formatVersion];
  if (version !== FORMAT_VERSION) {
    throw corrupt(
      file,
      8,
      `format version ${version}, but this build reads version ${FORMAT_VERSION}: run the build that wrote it (or the header is damaged)`,
    );
  }
  if (i32[SegmentHeader.crc] !== crc32cWords(i32, 0, SegmentHeader.crc)) {
    throw corrupt(file, 0, 'the checksum of the segment header does not match');
  }
  const partition = i32[SegmentHeader.partition];
  if (partition !== 0)
    throw corrupt(file, 12, `partition ${partition}, but this build knows only partition 0`);
  const logId = LogId.ofBytes(u8.subarray(SegmentHeader.logId * 4, SegmentHeader.logId * 4 + 16));
  if (expectedId !== undefined && logId.uuid !== expectedId.uuid) {
    throw corrupt(file, 16, `the segment belongs to log ${logId.uuid}, not to ${expectedId.uuid}`);
  }
  const start = {
    logId,
    firstSequence: f64[SegmentHeader.firstSequence >> 1],
    createdSeconds: i32[SegmentHeader.createdSeconds] >>> 0,
    createdNanos: i32[SegmentHeader.createdNanos],
    segmentBytes: i32[SegmentHeader.segmentBytes],
  };
  const sane =
    Number.isSafeInteger(start.firstSequence) &&
    start.firstSequence >= 1 &&
    start.segmentBytes >= SECTOR_BYTES &&
    start.segmentBytes <= SEGMENT_BYTES_MAX &&
    start.segmentBytes % SECTOR_BYTES === 0;
  if (!sane) throw corrupt(file, 0, 'the segment header has values outside their range');
  return start;
}

const SUFFIX = '.segment';
const SEQUENCE_DIGITS = 16;

/** A segment's file: its first sequence in 16 decimal digits, so that names sort as sequences do. */
export function segmentPath(directory: string, firstSequence: number): string {
  return join(directory, `${String(firstSequence).padStart(SEQUENCE_DIGITS, '0')}${SUFFIX}`);
}

/** The first sequence that a file's name tells, or 0 for a file that is not a segment. */
export function sequenceOfName(name: string): number {
  const sequence = /^\d{16}\.segment$/.test(name) ? Number(name.slice(0, SEQUENCE_DIGITS)) : 0;
  return Number.isSafeInteger(sequence) ? sequence : 0;
}
