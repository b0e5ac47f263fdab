import { randomUUID } from 'node:crypto';
import { LogUnavailableError } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { type Disk, isDiskFull, ZEROS } from './disk.ts';
import {
  encodeSegmentHeader,
  SECTOR_BYTES,
  SEGMENT_BYTES_MAX,
  type SegmentStart,
  segmentPath,
} from './format.ts';

/** A file on its way to be a segment; left over by a process that ended, it is removed at the next open. */
export const SPARE_SUFFIX = '.spare';
/** A segment that was truncated away and waits to be deleted. */
export const REMOVED_SUFFIX = '.removed';

/** Writes all of it, durably. A disk that takes a part is asked again, so that it says why. @throws the disk's error */
export function writeAll(
  disk: Pick<Disk, 'write'>,
  handle: number,
  bytes: Uint8Array,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length; ) {
    const written = disk.write(handle, bytes, done, length - done, position + done);
    if (written === 0) throw new Error(`the disk took ${done} of ${length} bytes`);
    done += written;
  }
}

/** Writes zeros from `from` up to `to`, durably, the last piece first (docs/log-format.md, "Recovery"). */
export function writeZeros(disk: Disk, handle: number, from: number, to: number): void {
  for (let end = to; end > from; ) {
    const length = Math.min(ZEROS.length, end - from);
    end -= length;
    writeAll(disk, handle, ZEROS, length, end);
  }
}

/** Writes zeros from `from` up to `to`, durably, the first piece first: a file that grows. */
export function appendZeros(disk: Pick<Disk, 'write'>, handle: number, from: number, to: number): void {
  for (let position = from; position < to; position += ZEROS.length) {
    writeAll(disk, handle, ZEROS, Math.min(ZEROS.length, to - position), position);
  }
}

/** Makes a file of `segmentBytes` zeros and returns its handle. */
export function createZeroedFile(disk: Disk, path: string, segmentBytes: number): number {
  const handle = disk.create(path);
  try {
    appendZeros(disk, handle, 0, segmentBytes);
  } catch (error) {
    disk.close(handle);
    disk.removeInBackground(path);
    throw error;
  }
  return handle;
}

/** Turns a zeroed file into the segment that begins with `start.firstSequence`: durable when it returns. */
export function installSegment(
  disk: Disk,
  directory: string,
  spare: string,
  handle: number,
  start: SegmentStart,
): string {
  const path = segmentPath(directory, start.firstSequence);
  const header = encodeSegmentHeader(start);
  writeAll(disk, handle, header, header.length, 0);
  disk.rename(spare, path);
  disk.syncDirectory(directory);
  return path;
}

/** A name for a zeroed file that no other has. */
export function sparePath(directory: string): string {
  return `${directory}/${randomUUID()}${SPARE_SUFFIX}`;
}

/** Stops on a segment size that no segment may have. */
export function assertSegmentBytes(segmentBytes: number): void {
  assert(
    Number.isSafeInteger(segmentBytes) &&
      segmentBytes >= SECTOR_BYTES &&
      segmentBytes <= SEGMENT_BYTES_MAX &&
      segmentBytes % SECTOR_BYTES === 0,
    'Condition: segmentBytes is a multiple of 512, up to 1 GiB',
  );
}

/** What the log says when `path` could not be written. */
export function unavailable(path: string, cause: unknown): LogUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const full = isDiskFull(cause);
  const advice = full
    ? 'The volume is full: free space or enlarge it, then restart the node.'
    : 'The storage failed: look at the kernel log (dmesg) and the device, move the data directory if in doubt, then restart the node.';
  return new LogUnavailableError(
    full ? 'DISK_FULL' : 'IO_ERROR',
    `the log could not be written (${path}: ${reason}) and takes no more entries; what was acknowledged stays readable. ${advice}`,
    { cause },
  );
}
