import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Disk } from './disk.ts';
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

/** The segments of a log directory in order. Other files are ignored. */
export function listSegments(disk: Disk, directory: string): SegmentFile[] {
  return disk
    .list(directory)
    .map(sequenceOfName)
    .filter((firstSequence) => firstSequence > 0)
    .sort((a, b) => a - b)
    .map((firstSequence) => ({ path: segmentPath(directory, firstSequence), firstSequence }));
}

const PROGRESS_ENTRIES = 65_536;

/**
 * Checks every record from the segment that holds `fromSequence` on, and the header of every segment. Changes nothing.
 * @throws LogCorruptError when stored entries are damaged or missing; a torn end of the last segment is no damage.
 */
export function scanLog(
  disk: Disk,
  directory: string,
  logId: LogId | undefined,
  fromSequence: number,
  onProgress?: (progress: ScanProgress) => void,
): LogScan {
  const segments = listSegments(disk, directory);
  if (segments.length === 0) throw corrupt(directory, 0, 'the log has no segment: its files are missing');
  let start = segments.length - 1;
  while (start > 0 && segments[start].firstSequence > fromSequence) start--;

  const reader = new SegmentReader(disk, logId);
  try {
    let entries = 0;
    let bytes = 0;
    let expected = 0;
    let lastCommitOffset = 0;
    let seconds = 0;
    let nanos = 0;
    for (let s = 0; s < segments.length; s++) {
      reader.open(segments[s].path, segments[s].firstSequence);
      if (s < start) continue;
      if (s > start && reader.firstSequence !== expected) {
        throw corrupt(
          reader.file,
          0,
          `entries ${expected} to ${reader.firstSequence - 1} are missing before this segment`,
        );
      }
      expected = reader.firstSequence;
      lastCommitOffset = SEGMENT_HEADER_BYTES;
      seconds = reader.createdSeconds;
      nanos = reader.createdNanos;
      while (reader.next() === Scan.Record) {
        if (reader.sequence !== expected) {
          throw corrupt(
            reader.file,
            reader.offset,
            `entry ${reader.sequence} stands where entry ${expected} should`,
          );
        }
        expected++;
        if (reader.commitIndex === 0) lastCommitOffset = reader.offset;
        seconds = reader.timeSeconds;
        nanos = reader.timeNanos;
        if (++entries % PROGRESS_ENTRIES === 0)
          onProgress?.({ segment: s + 1, segments: segments.length, entries });
      }
      bytes += reader.offset - SEGMENT_HEADER_BYTES;
      onProgress?.({ segment: s + 1, segments: segments.length, entries });
      if (s < segments.length - 1) checkSealed(reader, expected);
    }
    assert(reader.logId !== undefined, 'Invariant: an open segment has told its log id');
    return {
      logId: reader.logId,
      segments,
      entries,
      bytes,
      firstSequence: segments[0].firstSequence,
      lastSequence: expected - 1,
      lastTimeSeconds: seconds,
      lastTimeNanos: nanos,
      segmentBytes: reader.segmentBytes,
      fileBytes: reader.fileBytes,
      lastCommitOffset,
      endOffset: reader.offset,
      tornBytes: tornBytes(reader, reader.logId, expected),
    };
  } finally {
    reader.close();
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
function tornBytes(reader: SegmentReader, logId: LogId, expected: number): number {
  const rest = reader.readRest();
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
