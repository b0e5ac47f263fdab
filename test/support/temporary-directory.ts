import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What has just been killed may still write: its end is waited for, a little longer each time. */
const RETRIES_MAX = 10;
const RETRY_MS = 20;
const directories: string[] = [];

/**
 * Makes a directory for what a test writes. It goes when this process ends, for hooks of node:test run in the order in which they were registered:
 * one that removes the directory would run before those that end who writes there.
 *
 * @param name what the directory is called after, for who finds it left by a process that was killed
 */
export function temporaryDirectory(name: string): string {
  if (directories.length === 0) process.once('exit', removeAll);
  const directory = mkdtempSync(join(tmpdir(), `hive-${name}-`));
  directories.push(directory);
  return directory;
}

function removeAll(): void {
  for (const directory of directories)
    rmSync(directory, { recursive: true, force: true, maxRetries: RETRIES_MAX, retryDelay: RETRY_MS });
}
