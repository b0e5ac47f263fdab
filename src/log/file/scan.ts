import { Limits } from '#domain/limits.ts';
import { type LogCorruptError, LogTruncatedError } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Disk, errorCode } from './disk.ts';
import {
  corrupt,
  END_MARK,
  type LogId,
  RECORD_HEADER_WORDS,
  RECORD_MARK,
  RECORD_TRAILER_WORDS,
  RecordHeader,
  recordBytes,
  SECTOR_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentPath,
  sequenceOfName,
} from './format.ts';
import { isRecord, isZero, Scan, SegmentReader } from './segment-reader.ts';

/** A segment file and the first sequence that it holds. */
export interface SegmentFile {
  readonly path: string;
  readonly firstSequence: number;
}

/** Progress of a scan: after each segment, and often enough within one to draw a bar. */
export interface ScanProgress {
  readonly segment: number;
  readonly segments: number;
  readonly entries: number;
}

/** What a scan found. Counts cover the segments that were scanned, positions the last segment. */
export interface LogScan {
  readonly logId: LogId;
  readonly segments: SegmentFile[];
  readonly entries: number;
  /** Bytes of the scanned records. */
  readonly bytes: number;
  readonly firstSequence: number;
  /** `firstSequence - 1` when there is no entry. */
  readonly lastSequence: number;
  readonly lastTimeSeconds: number;
  readonly lastTimeNanos: number;
  readonly segmentBytes: number;
  /** Bytes that the last segment's file has; fewer than `segmentBytes` when it was cut. */
  readonly fileBytes: number;
  /** Where the last commit begins and where the next record goes; equal when the segment has no record. */
  readonly lastCommitOffset: number;
  readonly endOffset: number;
  /** Bytes after `endOffset` that an interrupted write left; they were never acknowledged. */
  readonly tornBytes: number;
}

/** The segments of a log directory in order. Other files are ignored. @throws LogCorruptError when it is not there */
export function listSegments(disk: Disk, directory: string): SegmentFile[] {
  return namesIn(disk, directory)
    .map(sequenceOfName)
    .filter((firstSequence) => firstSequence > 0)
    .sort((a, b) => a - b)
    .map((firstSequence) => ({ path: segmentPath(directory, firstSequence), firstSequence }));
}

function namesIn(disk: Disk, directory: string): readonly string[] {
  try {
    return disk.list(directory);
  } catch (error) {
    throw ['ENOENT', 'ENOTDIR'].includes(errorCode(error)) ? withoutSegments(directory) : error;
  }
}

function withoutSegments(directory: string): LogCorruptError {
  return corrupt(directory, 0, 'the log has no segment: its files are missing');
}

const PROGRESS_ENTRIES = 65_536;

/**
 * Checks every record from the segment that holds `fromSequence` on, and the header of every segment. Changes nothing.
 * What a node that runs beside truncates meanwhile does not count: the scan is then one of what is left.
 * @throws LogCorruptError when stored entries are damaged or missing; a torn end of the last segment is no damage.
 * @throws LogTruncatedError when every segment that was there has been truncated meanwhile.
 */
export function scanLog(
  disk: Disk,
  directory: string,
  logId: LogId | undefined,
  fromSequence: number,
  onProgress?: ((progress: ScanProgress) => void) | undefined,
): LogScan {
  const segments = listSegments(disk, directory);
  if (segments.length === 0) throw withoutSegments(directory);
  let start = segments.length - 1;
  while (start > 0 && segments[start].firstSequence > fromSequence) start--;

  const scanner = new Scanner(disk, directory, logId, segments, onProgress);
  try {
    for (let index = 0; index < segments.length; index++) {
      if (scanner.open(index) && index >= start) scanner.scan();
    }
    return scanner.finish();
  } finally {
    scanner.close();
  }
}

class Scanner {
  declare private readonly disk: Disk;
  declare private readonly directory: string;
  declare private readonly reader: SegmentReader;
  declare private readonly segments: SegmentFile[];
  declare private readonly onProgress: ((progress: ScanProgress) => void) | undefined;
  declare private index: number;
  /** The first segment that has not been truncated since the scan began. */
  declare private first: number;
  declare private entries: number;
  declare private bytes: number;
  /** Sequence that the next record must have; 0 before the first. */
  declare private expected: number;
  declare private lastCommitOffset: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;

  constructor(
    disk: Disk,
    directory: string,
    logId: LogId | undefined,
    segments: SegmentFile[],
    onProgress: ((progress: ScanProgress) => void) | undefined,
  ) {
    this.disk = disk;
    this.directory = directory;
    this.reader = new SegmentReader(disk, logId);
    this.segments = segments;
    this.onProgress = onProgress;
    this.index = 0;
    this.first = 0;
    this.entries = 0;
    this.bytes = 0;
    this.expected = 0;
    this.lastCommitOffset = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
  }

  /** Opens a segment, which checks its header; false when it has been truncated away, and what was before it. */
  open(index: number): boolean {
    const { path, firstSequence } = this.segments[index];
    this.index = index;
    try {
      this.reader.open(path, firstSequence);
      return true;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      const left = listSegments(this.disk, this.directory).at(0)?.firstSequence ?? 0;
      if (left <= firstSequence) throw corrupt(path, 0, 'it is a link, and what it leads to is not there');
      if (index === this.segments.length - 1) throw new LogTruncatedError(firstSequence, left);
    }
    this.first = index + 1;
    this.entries = 0;
    this.bytes = 0;
    this.expected = 0;
    return false;
  }

  /** Checks the records of the open segment, which must go on where the one that was scanned before ended. */
  scan(): void {
    const reader = this.reader;
    const { firstSequence } = reader;
    if (this.expected !== 0 && firstSequence !== this.expected) {
      const fault =
        firstSequence > this.expected
          ? `entries ${this.expected} to ${firstSequence - 1} are missing before this segment`
          : `entries ${firstSequence} to ${this.expected - 1} are in the segment before it too, as where the two are of different copies of the log`;
      throw corrupt(reader.file, 0, fault);
    }
    this.expected = firstSequence;
    this.lastCommitOffset = SEGMENT_HEADER_BYTES;
    this.timeSeconds = reader.createdSeconds;
    this.timeNanos = reader.createdNanos;
    this.#walk();
    if (this.index < this.segments.length - 1) {
      checkSealed(reader, this.expected);
      this.bytes += reader.offset - SEGMENT_HEADER_BYTES;
    }
  }

  /** What was found, after the last segment was scanned. */
  finish(): LogScan {
    const reader = this.reader;
    assert(reader.logId !== undefined, 'Invariant: an open segment has told its log id');
    let rest = reader.readRest();
    while (writtenBytes(rest) > 0) {
      // A node that runs beside may have gone on writing since: judge only what no longer grows.
      const { offset } = reader;
      reader.refresh();
      this.#walk();
      if (reader.offset === offset) break;
      rest = reader.readRest();
    }
    return {
      logId: reader.logId,
      segments: this.segments.slice(this.first),
      entries: this.entries,
      bytes: this.bytes + reader.offset - SEGMENT_HEADER_BYTES,
      firstSequence: this.segments[this.first].firstSequence,
      lastSequence: this.expected - 1,
      lastTimeSeconds: this.timeSeconds,
      lastTimeNanos: this.timeNanos,
      segmentBytes: reader.segmentBytes,
      fileBytes: reader.fileBytes,
      lastCommitOffset: this.lastCommitOffset,
      endOffset: reader.offset,
      tornBytes: tornBytes(reader, rest, reader.logId, this.expected),
    };
  }

  close(): void {
    this.reader.close();
  }

  /** Goes on as far as there are whole records. */
  #walk(): void {
    const reader = this.reader;
    while (reader.next() === Scan.Record) {
      if (reader.sequence !== this.expected) {
        const found = `entry ${reader.sequence} stands where entry ${this.expected} should`;
        throw corrupt(reader.file, reader.offset, found);
      }
      this.expected++;
      if (reader.commitIndex === 0) this.lastCommitOffset = reader.offset;
      this.timeSeconds = reader.timeSeconds;
      this.timeNanos = reader.timeNanos;
      if (++this.entries % PROGRESS_ENTRIES === 0) this.#report();
    }
    this.#report();
  }

  #report(): void {
    this.onProgress?.({
      segment: this.index + 1,
      segments: this.segments.length,
      entries: this.entries,
    });
  }
}

/** A segment that another follows was complete before that one was begun: after its records there are only zeros. */
function checkSealed(reader: SegmentReader, expected: number): void {
  const rest = reader.readRest();
  if (isZero(rest.i32, 0, rest.words)) return;
  throw corrupt(reader.file, reader.offset, `entry ${expected} is damaged, and a later segment follows`);
}

/**
 * Bytes that an interrupted write left after the last whole record, 0 for none.
 *
 * What a cut of the power can leave of one write is known: each sector is either written or still zero, and a
 * process that dies writes a prefix. Anything else, and anything that a later commit follows, is damage to
 * entries that may have been acknowledged.
 */
function tornBytes(reader: SegmentReader, rest: WordBuffer, logId: LogId, expected: number): number {
  const written = writtenBytes(rest);
  if (written === 0) return 0;
  const later = sequenceOfLaterCommit(rest, logId, expected);
  if (later > 0) {
    throw corrupt(
      reader.file,
      reader.offset,
      `entry ${expected} is damaged, and entry ${later} of a later commit follows`,
    );
  }
  if (!isTorn(rest, written, reader.offset, logId, expected)) {
    throw corrupt(
      reader.file,
      reader.offset,
      `entry ${expected} is damaged, and not by an interrupted write`,
    );
  }
  return written;
}

/** Bytes up to and with the last that is not zero. */
function writtenBytes(rest: WordBuffer): number {
  let word = rest.words - 1;
  while (word >= 0 && rest.i32[word] === 0) word--;
  let byte = word * 4 + 3;
  while (byte >= 0 && rest.u8[byte] === 0) byte--;
  return byte + 1;
}

/** The sequence of a whole record in `rest` whose commit began after entry `expected`, or 0. */
function sequenceOfLaterCommit(rest: WordBuffer, logId: LogId, expected: number): number {
  for (let word = 2; word < rest.words; word += 2) {
    if (!isRecord(rest.i32, word, rest.words, logId)) continue;
    const sequence = rest.f64[(word + RecordHeader.sequence) >> 1];
    if (sequence - rest.i32[word + RecordHeader.commitIndex] > expected) return sequence;
  }
  return 0;
}

function isTorn(
  rest: WordBuffer,
  written: number,
  fileOffset: number,
  logId: LogId,
  expected: number,
): boolean {
  if (isRecord(rest.i32, 0, rest.words, logId)) return isTornTrailer(rest);
  if (isBeginningOfRecord(rest, written, expected)) return true;
  const firstSector = fileOffset % SECTOR_BYTES;
  for (let from = 0, to = SECTOR_BYTES - firstSector; from < written; from = to, to += SECTOR_BYTES) {
    if (isZero(rest.i32, from >> 2, (Math.min(to, written) + 3) >> 2)) return true;
  }
  return false;
}

/** True when what was written can be the first bytes of the expected record, and no more. */
function isBeginningOfRecord(rest: WordBuffer, written: number, expected: number): boolean {
  if (written < RECORD_HEADER_WORDS * 4) return true;
  const endsWithRecord = written % 8 === 0 && rest.i32[written / 4 - 1] === END_MARK;
  if (endsWithRecord) return false;
  const payloadBytes = rest.i32[RecordHeader.payloadBytes];
  return (
    rest.i32[RecordHeader.mark] === RECORD_MARK &&
    rest.f64[RecordHeader.sequence >> 1] === expected &&
    payloadBytes > 0 &&
    payloadBytes <= Limits.ENTRY_BYTES_MAX &&
    written < recordBytes(payloadBytes)
  );
}

/** The first record is whole up to its trailer: true when the trailer was written up to some byte and not beyond. */
function isTornTrailer(rest: WordBuffer): boolean {
  const payloadBytes = rest.i32[RecordHeader.payloadBytes];
  const trailer = recordBytes(payloadBytes) - RECORD_TRAILER_WORDS * 4;
  const expected = new Uint8Array(Int32Array.of(payloadBytes, END_MARK).buffer);
  let byte = 0;
  while (byte < expected.length && rest.u8[trailer + byte] === expected[byte]) byte++;
  return isZeroBytes(rest.u8, trailer + byte, trailer + expected.length);
}

function isZeroBytes(u8: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (u8[i] !== 0) return false;
  return true;
}
