import { type Disk, nodeDisk } from './disk.ts';
import { type ScanProgress, scanLog } from './scan.ts';

export interface LogSummary {
  readonly logId: string;
  readonly segments: number;
  readonly entries: number;
  readonly firstSequence: number;
  /** `firstSequence - 1` when there is no entry. */
  readonly lastSequence: number;
  /** Bytes of all records. */
  readonly bytes: number;
  /** Bytes of an interrupted write after the last entry (or of one in progress, when a node runs). */
  readonly tornBytes: number;
}

/**
 * Reads a whole log and checks every byte of it. Changes nothing, and may run beside a node.
 * @throws LogCorruptError naming file and offset
 */
export function verifyLog(
  directory: string,
  onProgress?: (progress: ScanProgress) => void,
  disk: Disk = nodeDisk,
): LogSummary {
  const scan = scanLog(disk, directory, undefined, 1, onProgress);
  return {
    logId: scan.logId.uuid,
    segments: scan.segments.length,
    entries: scan.entries,
    firstSequence: scan.firstSequence,
    lastSequence: scan.lastSequence,
    bytes: scan.bytes,
    tornBytes: scan.tornBytes,
  };
}
