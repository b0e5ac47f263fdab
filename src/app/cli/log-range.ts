import type { LogReader } from '#domain/ports.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { listSegments, scanLog } from '#log/file/scan.ts';

/** Bytes of log that are read between two looks at the output. */
export const STEP_BYTES = 1024 * 1024;

/** The first entry that is there, and the one that will be next. */
export function rangeOf(directory: string): { first: number; next: number } {
  const segments = listSegments(nodeDisk, directory);
  const counter = new LogTail({ directory, fromSequence: segments.at(-1)?.firstSequence ?? 1 });
  const nothing: LogReader = { deliver: () => {} };
  while (counter.poll(nothing, Number.POSITIVE_INFINITY, STEP_BYTES) > 0);
  counter.close();
  return { first: segments[0]?.firstSequence ?? 1, next: counter.nextSequence };
}

/** Where entries end that are whole, the log may be damaged, not at its end. @throws LogCorruptError */
export function refuseDamagedEnd(directory: string): void {
  scanLog(nodeDisk, directory, undefined, Number.POSITIVE_INFINITY);
}
