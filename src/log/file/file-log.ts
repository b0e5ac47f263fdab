import { dirname } from 'node:path';
import {
  type Clock,
  type Log,
  type LogFollower,
  type LogReader,
  LogUnavailableError,
} from '#domain/ports.ts';
import { AssertionError, assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { COMMIT_BYTES_MAX, type LogId, RecordHeader, SEGMENT_BYTES, SEGMENT_HEADER_BYTES } from './format.ts';
import { LogTail } from './log-tail.ts';
import { recoverLog } from './recovery.ts';
import { type LogScan, listSegments, type ScanProgress, type SegmentFile } from './scan.ts';
import {
  assertSegmentBytes,
  createZeroedFile,
  installSegment,
  REMOVED_SUFFIX,
  sparePath,
  unavailable,
} from './segment-file.ts';
import { SegmentPreparer } from './segment-preparer.ts';
import { WriteBuffer } from './write-buffer.ts';

export interface FileLogOptions {
  readonly directory: string;
  readonly logId: LogId;
  readonly clock: Clock;
  /** Gets every entry once it is durable, within `commit`. It must not append or commit. */
  readonly follower: LogFollower;
  /**
   * Everything before this sequence is known to be good, from a verified snapshot: segments that end before it
   * are not scanned, only their headers are looked at. Default: all is scanned.
   */
  readonly scanFromSequence?: number;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** Size of the segments that are begun from now on. */
  readonly segmentBytes?: number;
  /** The most bytes that one commit may write: up to COMMIT_BYTES_MAX, which is the default, and fitting a segment. */
  readonly commitBytesMax?: number;
  readonly disk?: Disk;
}

/**
 * Begins a log: makes `directory` and the first segment, durably. An existing log is not touched.
 * @param firstSequence the first entry that it will hold
 * @throws LogUnavailableError
 */
export function createFileLog(
  directory: string,
  logId: LogId,
  clock: Clock,
  segmentBytes: number = SEGMENT_BYTES,
  disk: Disk = nodeDisk,
  firstSequence = 1,
): void {
  assertSegmentBytes(segmentBytes);
  try {
    disk.makeDirectory(directory);
    disk.syncDirectory(dirname(directory));
    assert(
      listSegments(disk, directory).length === 0,
      'Condition: a log is created in a directory that holds none',
    );
    const spare = sparePath(directory);
    const handle = createZeroedFile(disk, spare, segmentBytes);
    clock.read();
    const start = {
      logId,
      firstSequence,
      createdSeconds: clock.seconds,
      createdNanos: clock.nanos,
      segmentBytes,
    };
    installSegment(disk, directory, spare, handle, start);
    disk.close(handle);
  } catch (error) {
    throw error instanceof AssertionError ? error : unavailable(directory, error);
  }
}

/**
 * The embedded log: a directory of preallocated segment files (docs/log-format.md). One commit is one
 * positioned write to a file opened with O_DSYNC, at the price of the bare write (bench/).
 */
export class FileLog implements Log {
  declare readonly isEmbedded: true;
  declare firstSequence: number;
  declare lastSequence: number;
  /** What the opening found, torn tail included. */
  declare readonly recovered: LogScan;
  declare private readonly disk: Disk;
  declare private readonly directory: string;
  declare private readonly logId: LogId;
  declare private readonly clock: Clock;
  declare private readonly follower: LogFollower;
  declare private readonly segments: SegmentFile[];
  declare private readonly preparer: SegmentPreparer;
  declare private readonly buffer: WriteBuffer;
  declare private readonly nextSegmentBytes: number;
  declare private handle: number;
  /** Size of the current segment, and where the next record goes. */
  declare private segmentBytes: number;
  declare private position: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;
  declare private delivering: boolean;
  declare private failure: LogUnavailableError | undefined;

  private constructor(options: FileLogOptions, scan: LogScan, handle: number) {
    const disk = options.disk ?? nodeDisk;
    const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    const commitBytesMax = options.commitBytesMax ?? COMMIT_BYTES_MAX;
    this.isEmbedded = true;
    this.firstSequence = scan.firstSequence;
    this.lastSequence = scan.lastSequence;
    this.recovered = scan;
    this.disk = disk;
    this.directory = options.directory;
    this.logId = options.logId;
    this.clock = options.clock;
    this.follower = options.follower;
    this.segments = scan.segments.slice();
    this.preparer = new SegmentPreparer(disk, options.directory, segmentBytes);
    this.buffer = new WriteBuffer(options.logId, commitBytesMax);
    this.nextSegmentBytes = segmentBytes;
    this.handle = handle;
    this.segmentBytes = scan.segmentBytes;
    this.position = scan.endOffset;
    this.timeSeconds = scan.lastTimeSeconds;
    this.timeNanos = scan.lastTimeNanos;
    this.delivering = false;
    this.failure = undefined;
  }

  /**
   * Opens an existing log and repairs the end that an interrupted write left.
   * @throws LogCorruptError naming file and offset when entries are damaged or missing; nothing was changed then.
   * @throws LogUnavailableError when the disk refuses.
   */
  static open(options: FileLogOptions): FileLog {
    const { segmentBytes = SEGMENT_BYTES, commitBytesMax = COMMIT_BYTES_MAX } = options;
    assertSegmentBytes(segmentBytes);
    assert(
      commitBytesMax <= COMMIT_BYTES_MAX && commitBytesMax <= segmentBytes - SEGMENT_HEADER_BYTES,
      'Condition: commitBytesMax is at most COMMIT_BYTES_MAX and fits a segment',
    );
    const { directory, logId, scanFromSequence = 1, onProgress } = options;
    const { scan, handle } = recoverLog(
      options.disk ?? nodeDisk,
      directory,
      logId,
      scanFromSequence,
      onProgress,
    );
    return new FileLog(options, scan, handle);
  }

  /** Why the next segment could not be prepared ahead: a warning that the log is about to stop; undefined when all is well. */
  get preparationError(): Error | undefined {
    return this.preparer.error;
  }

  append(words: WordBuffer, from: number, to: number): void {
    this.#assertUsable();
    const clock = this.clock;
    clock.read();
    const { seconds, nanos } = clock;
    if (seconds > this.timeSeconds || (seconds === this.timeSeconds && nanos > this.timeNanos)) {
      this.timeSeconds = seconds;
      this.timeNanos = nanos;
    }
    const sequence = this.lastSequence + this.buffer.records + 1;
    this.buffer.add(sequence, this.timeSeconds, this.timeNanos, words, from, to);
  }

  commit(): void {
    this.#assertUsable();
    const buffer = this.buffer;
    const { bytes } = buffer;
    if (bytes === 0) return;
    try {
      if (this.position + bytes > this.segmentBytes) this.#roll();
      const written = this.disk.write(this.handle, buffer.words.u8, 0, bytes, this.position);
      if (written !== bytes) throw new Error(`the disk took ${written} of ${bytes} bytes`);
    } catch (error) {
      this.#fail(error);
    }
    this.position += bytes;
    this.lastSequence += buffer.records;
    // Stays set when the follower throws: half a commit was delivered, and this instance must not go on.
    this.delivering = true;
    buffer.deliver(this.follower);
    buffer.clear();
    this.follower.onDelivered();
    this.delivering = false;
    // From a quarter on, and ready at three quarters, whatever the pace.
    const filled = this.position / this.segmentBytes;
    if (filled > 0.25) this.preparer.advance(2 * (filled - 0.25));
  }

  /** As `Log.read`. Entries come from the files, checked again; it works after a failure too. */
  read(fromSequence: number, reader: LogReader, toSequence: number = this.lastSequence): void {
    if (this.failure?.code === 'CLOSED') throw this.failure;
    assert(fromSequence >= this.firstSequence, 'Condition: entries before firstSequence are forgotten');
    assert(toSequence <= this.lastSequence, 'Condition: entries after lastSequence do not exist');
    if (fromSequence > toSequence) return;
    const tail = new LogTail({
      directory: this.directory,
      logId: this.logId,
      fromSequence,
      disk: this.disk,
    });
    try {
      tail.poll(reader, toSequence, Number.POSITIVE_INFINITY);
    } finally {
      tail.close();
    }
  }

  /**
   * As `Log.truncate`: whole segments whose entries all lie before. They lose their names here, oldest first,
   * each durably; the space is given back off this thread.
   */
  truncate(beforeSequence: number): void {
    this.#assertUsable();
    assert(beforeSequence <= this.lastSequence + 1, 'Condition: only existing entries are truncated');
    while (this.segments.length > 1 && this.segments[1].firstSequence <= beforeSequence) {
      const { path } = this.segments[0];
      try {
        this.disk.rename(path, path + REMOVED_SUFFIX);
        this.disk.syncDirectory(this.directory);
      } catch (error) {
        this.#fail(error);
      }
      this.disk.removeInBackground(path + REMOVED_SUFFIX);
      this.segments.shift();
      this.firstSequence = this.segments[0].firstSequence;
    }
  }

  /** Gives the files back. What was appended and not committed is gone. */
  close(): void {
    if (this.failure?.code === 'CLOSED') return;
    this.failure = new LogUnavailableError('CLOSED', 'the log is closed');
    this.preparer.abandon();
    this.disk.close(this.handle);
  }

  /** Begins the next segment: everything in the buffer goes there. */
  #roll(): void {
    const { i32 } = this.buffer.words;
    const start = {
      logId: this.logId,
      firstSequence: this.lastSequence + 1,
      createdSeconds: i32[RecordHeader.timeSeconds] >>> 0,
      createdNanos: i32[RecordHeader.timeNanos],
      segmentBytes: this.nextSegmentBytes,
    };
    const handle = this.preparer.take();
    let path: string;
    try {
      path = installSegment(this.disk, this.directory, this.preparer.path, handle, start);
    } catch (error) {
      this.disk.close(handle);
      throw error;
    }
    this.disk.close(this.handle);
    this.handle = handle;
    this.segments.push({ path, firstSequence: start.firstSequence });
    this.segmentBytes = start.segmentBytes;
    this.position = SEGMENT_HEADER_BYTES;
  }

  /** After a failed write nobody knows what the disk holds: nothing is acknowledged by this instance any more. */
  #fail(cause: unknown): never {
    const { path } = this.segments[this.segments.length - 1];
    this.failure = unavailable(path, cause);
    this.buffer.clear();
    throw this.failure;
  }

  #assertUsable(): void {
    assert(!this.delivering, 'Condition: the follower neither appends nor commits while it gets entries');
    if (this.failure !== undefined) {
      throw new LogUnavailableError(this.failure.code, this.failure.message, {
        cause: this.failure.cause,
      });
    }
  }
}
