import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReplayFormat } from '#replay/replay-file.ts';

/** Recordings that are listed. */
const RECORDINGS_MAX = 1_000;

/** A recorded market in the directory of recordings. */
export interface Recording {
  /** Its name in the directory. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly format: ReplayFormat;
}

/** The recordings that lie directly in a directory, by name. Links and folders are none. @throws the error of node:fs */
export async function recordingsIn(directory: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (recordings.length === RECORDINGS_MAX) break;
    const format = formatOf(name);
    if (format === undefined) continue;
    const path = join(directory, name);
    // Not stat: what a link leads to may lie anywhere.
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() === true) recordings.push({ name, path, bytes: found.size, format });
  }
  return recordings;
}

/** The reader that a recording needs, by its name; undefined: it is no recording. */
export function formatOf(name: string): ReplayFormat | undefined {
  if (name.startsWith('.')) return undefined;
  if (/itch/i.test(name)) return 'itch';
  if (/\.zip$/i.test(name)) return 'lobster';
  // One of the two files of a LOBSTER day alone cannot be replayed.
  if (/_(message|orderbook)_/i.test(name)) return undefined;
  return /\.(csv|log)(\.(gz|xz))?$/i.test(name) ? 'bitstamp' : undefined;
}
