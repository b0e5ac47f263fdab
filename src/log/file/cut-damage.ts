import { LogCorruptError } from '#domain/ports.ts';
import type { Disk } from './disk.ts';
import { type LogId, SEGMENT_HEADER_BYTES } from './format.ts';
import { listSegments, scanLog } from './scan.ts';
import { unavailable, writeZeros } from './segment-file.ts';

/**
 * For a log that is a copy of another: removes the first record that is not whole and everything after it, so that what is left opens. May
 * leave no segment at all.
 * @param fromSequence as `FileLogOptions.scanFromSequence`
 * @returns true when something was removed, beyond what an interrupted write leaves.
 * @throws LogUnavailableError when the disk refuses.
 */
export function cutDamage(disk: Disk, directory: string, logId: LogId, fromSequence: number): boolean {
  let last: LogCorruptError | undefined;
  while (listSegments(disk, directory).length > 0) {
    try {
      scanLog(disk, directory, logId, fromSequence);
      break;
    } catch (error) {
      if (!(error instanceof LogCorruptError)) throw error;
      // What a cut did not mend is not in the records: then the whole segment goes.
      const isRepeated = last?.file === error.file && last.offset === error.offset;
      cut(disk, directory, error.file, isRepeated ? 0 : error.offset);
      last = error;
    }
  }
  return last !== undefined;
}

/** Makes `file` end at `offset`, in any case before the segments that follow it, which go. */
function cut(disk: Disk, directory: string, file: string, offset: number): void {
  const segments = listSegments(disk, directory);
  const index = segments.findIndex(({ path }) => path === file);
  const keeps = offset >= SEGMENT_HEADER_BYTES;
  try {
    // The last first: an interruption leaves a log without a hole.
    for (const { path } of segments.slice(keeps ? index + 1 : index).reverse()) disk.remove(path);
    if (keeps) {
      const handle = disk.openWrite(file);
      try {
        writeZeros(disk, handle, offset, disk.size(handle));
      } finally {
        disk.close(handle);
      }
    }
    disk.syncDirectory(directory);
  } catch (error) {
    throw unavailable(file, error);
  }
}
