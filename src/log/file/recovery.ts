import { join } from 'node:path';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { Disk } from './disk.ts';
import { COMMIT_BYTES_MAX, type LogId } from './format.ts';
import { type LogScan, type ScanProgress, scanLog } from './scan.ts';
import { REMOVED_SUFFIX, SPARE_SUFFIX, unavailable, writeAll, writeZeros } from './segment-file.ts';

/**
 * Brings a log's files to a state that new entries may follow: checks them (`scanLog`), writes the last commit once
 * more, and zeros after it over all that an interrupted commit can have touched.
 *
 * Both are written even where they already read so: a process that dies, or a device that fails, in the middle
 * of a write (a commit's, or an earlier recovery's) can leave in the kernel's cache what is not on the disk. An
 * entry that reads as whole will be applied, so it must be durable first; and an old torn write must not come back
 * behind new entries when the power is cut. Only the last commit and the one after it can be in that state.
 *
 * @returns the scan, and the last segment's handle, open to write.
 * @throws LogCorruptError when entries are damaged or missing; nothing was changed then.
 * @throws LogUnavailableError when the disk refuses the repair.
 */
export function recoverLog(
  disk: Disk,
  directory: string,
  logId: LogId,
  fromSequence: number,
  onProgress?: (progress: ScanProgress) => void,
): { scan: LogScan; handle: number } {
  const scan = scanLog(disk, directory, logId, fromSequence, onProgress);
  const { path } = scan.segments[scan.segments.length - 1];
  const handle = disk.openWrite(path);
  try {
    removeLeftovers(disk, directory);
    const touched = Math.max(scan.tornBytes, COMMIT_BYTES_MAX);
    writeZeros(disk, handle, scan.endOffset, Math.min(scan.endOffset + touched, scan.segmentBytes));
    writeZeros(disk, handle, scan.fileBytes, scan.segmentBytes);
    rewrite(disk, handle, scan.lastCommitOffset, scan.endOffset);
    disk.syncDirectory(directory);
  } catch (error) {
    disk.close(handle);
    throw unavailable(path, error);
  }
  return { scan, handle };
}

function removeLeftovers(disk: Disk, directory: string): void {
  for (const name of disk.list(directory)) {
    if (name.endsWith(SPARE_SUFFIX) || name.endsWith(REMOVED_SUFFIX))
      disk.removeInBackground(join(directory, name));
  }
}

/** Writes the bytes `from` up to `to` where they already stand. */
function rewrite(disk: Disk, handle: number, from: number, to: number): void {
  if (from === to) return;
  const { u8 } = WordBuffer.allocate((to - from) / 4);
  const read = disk.read(handle, u8, 0, to - from, from);
  if (read !== to - from) throw new Error(`read ${read} of ${to - from} bytes`);
  writeAll(disk, handle, u8, to - from, from);
}
