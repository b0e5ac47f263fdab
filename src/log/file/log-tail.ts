import { type LogReader, LogTruncatedError } from '#domain/ports.ts';
import { type Disk, errorCode, nodeDisk } from './disk.ts';
import { corrupt, type LogId, segmentPath } from './format.ts';
import { listSegments } from './scan.ts';
import { Scan, SegmentReader } from './segment-reader.ts';

/** Entries that are read over rather than jumped over. */
const NEAR_ENTRIES = 64;

export interface LogTailOptions {
  readonly directory: string;
  /** The first entry to hand out. */
  readonly fromSequence: number;
  /** Refuses other logs' segments. Default: whatever log the directory holds. */
  readonly logId?: LogId;
  readonly disk?: Disk;
}

/**
 * Follows a log from its files, independently of who writes it: another thread of the node, or another process.
 * Keeps its position, so that each entry is read once.
 */
export class LogTail {
  /** The next entry to be handed out. */
  declare nextSequence: number;
  declare private readonly disk: Disk;
  declare private readonly directory: string;
  declare private readonly segment: SegmentReader;
  /** Sequence that the record at the segment's position must have. */
  declare private expected: number;

  constructor(options: LogTailOptions) {
    this.nextSequence = options.fromSequence;
    this.disk = options.disk ?? nodeDisk;
    this.directory = options.directory;
    this.segment = new SegmentReader(this.disk, options.logId);
    this.expected = 0;
  }

  /**
   * Hands out entries up to `durableSequence`, until their records make `bytesMax`; at least one if there is
   * one. Returns how many. Entries that the writer has not yet called durable are not looked at, so it never
   * meets half a record.
   *
   * With `durableSequence` Infinity, for a reader whom no writer tells: up to the first that is not whole. Such an
   * entry may yet vanish, if the power fails before it is durable.
   *
   * @throws LogCorruptError when an entry up to `durableSequence` is damaged or missing.
   * @throws LogTruncatedError when the next entry was truncated away, before or since the last call.
   */
  poll(reader: LogReader, durableSequence: number, bytesMax: number): number {
    const segment = this.segment;
    if (this.nextSequence > durableSequence) return 0;
    if (!segment.isOpen) this.#openFirst();
    segment.refresh();
    let entries = 0;
    let bytes = 0;
    while (this.nextSequence <= durableSequence && bytes < bytesMax) {
      const scan = segment.next();
      if (scan !== Scan.Record) {
        if (this.#openNext(scan, durableSequence)) continue;
        break;
      }
      if (segment.sequence !== this.expected) {
        throw corrupt(
          segment.file,
          segment.offset,
          `entry ${segment.sequence} stands where entry ${this.expected} should`,
        );
      }
      this.expected++;
      if (segment.sequence < this.nextSequence) continue;
      this.nextSequence++;
      entries++;
      bytes += segment.recordBytes;
      reader.deliver(
        segment.sequence,
        segment.timeSeconds,
        segment.timeNanos,
        segment.words,
        segment.payloadFrom,
        segment.payloadTo,
      );
    }
    return entries;
  }

  /** Goes on with another entry, forward or back. */
  goTo(sequence: number): void {
    const isNear = sequence >= this.expected && sequence - this.expected < NEAR_ENTRIES;
    this.nextSequence = sequence;
    if (!isNear) this.segment.close();
  }

  close(): void {
    this.segment.close();
  }

  /** Opens the segment that holds, or will hold, the next entry. */
  #openFirst(): void {
    const segments = listSegments(this.disk, this.directory);
    if (segments.length === 0) {
      throw corrupt(this.directory, 0, `entry ${this.nextSequence} is asked for, but there is no segment`);
    }
    const found = segments.findLast((segment) => segment.firstSequence <= this.nextSequence);
    if (found === undefined) throw new LogTruncatedError(this.nextSequence, segments[0].firstSequence);
    try {
      this.segment.open(found.path, found.firstSequence);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') this.#refuseTruncated();
      throw error;
    }
    this.expected = this.segment.seek(this.nextSequence);
  }

  /** @throws LogTruncatedError when the writer has truncated the next entry away meanwhile. */
  #refuseTruncated(): void {
    const first = listSegments(this.disk, this.directory).at(0)?.firstSequence ?? 0;
    if (first > this.nextSequence) throw new LogTruncatedError(this.nextSequence, first);
  }

  /** Goes on to the segment that begins with the expected entry; false when the log ends here for now. */
  #openNext(scan: Scan, durableSequence: number): boolean {
    const segment = this.segment;
    const { file, offset } = segment;
    // A segment without entries begins with the expected one itself: there the log ends.
    if (scan === Scan.End && segment.firstSequence !== this.expected) {
      const next = segmentPath(this.directory, this.expected);
      try {
        segment.open(next, this.expected);
        return true;
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
        this.#refuseTruncated();
      }
    }
    if (durableSequence === Number.POSITIVE_INFINITY) return false;
    throw corrupt(file, offset, `entry ${this.expected} is damaged or missing`);
  }
}
