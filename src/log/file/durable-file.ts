import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeDisk } from './disk.ts';

/** The name of a file that is being written; one that is left over means nothing. */
export const UNFINISHED_SUFFIX = '.unfinished';

/**
 * Replaces a small file: after a crash it holds the old text or the new, and the new once this has returned.
 * @throws the error of node:fs, which names the file
 */
export function writeFileDurably(path: string, text: string): void {
  const unfinished = path + UNFINISHED_SUFFIX;
  const handle = openSync(unfinished, 'w', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    fsyncSync(handle);
  } catch (error) {
    // What is written to a handle fails without a name.
    if (error instanceof Error && 'syscall' in error) error.message += ` '${path}'`;
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, path);
  nodeDisk.syncDirectory(dirname(path));
}
