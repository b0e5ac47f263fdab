import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of the volume, in MiB: little enough to be filled in a moment. */
const VOLUME_MIB = 256;
const MIB = 1024 * 1024;
/** What is left free when the volume is full: nothing of the node fails yet. */
const FREE_SHARE = 0.03;
const FILLER = 'filler';
const LOOK_BYTES = 256 * 1024;
const LOOK_PAUSE_MS = 2;
/** From the end of a record back into its payload, over the trailer: docs/log-format.md. */
const INTO_PAYLOAD_BYTES = 12;

/** Whether a process may have a volume of its own for its data directory. */
export function canMountVolume(): boolean {
  return spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;
}

/** What the command line of a process begins with that has a small volume of its own at this directory. */
export function onSmallVolume(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const mountAndRun = `mount -t tmpfs -o size=${VOLUME_MIB}m tmpfs "$1" && shift && exec "$@"`;
  return ['unshare', '-rm', 'sh', '-c', mountAndRun, 'sh', directory];
}

/** A directory as the process sees it. */
export function directoryOf(pid: number | undefined, directory: string): string {
  return `/proc/${pid}/root${directory}`;
}

/** Leaves no more than a few percent of the volume free. */
export function fillVolume(directory: string): void {
  const { bsize, bavail, blocks } = statfsSync(directory);
  const bytes = Math.floor((bavail - blocks * FREE_SHARE) * bsize);
  const file = openSync(join(directory, FILLER), 'w');
  for (let written = 0; written < bytes; ) written += writeSync(file, Buffer.alloc(MIB, 1));
  closeSync(file);
}

export function emptyVolume(directory: string): void {
  rmSync(join(directory, FILLER), { force: true });
}

/** Flips one bit in the middle of a file. */
export function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

/** Damages every snapshot of a data directory as soon as it is there, until the signal. Returns the paths. */
export async function damageSnapshots(dataDirectory: string, until: AbortSignal): Promise<string[]> {
  const directory = join(dataDirectory, 'snapshots');
  const damaged = new Set<string>();
  while (!until.aborted) {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const path of names.filter((name) => name.endsWith('.hms')).map((name) => join(directory, name))) {
      if (!damaged.has(path)) flipBit(path);
      damaged.add(path);
    }
    await sleep(LOOK_PAUSE_MS);
  }
  return [...damaged];
}

/**
 * Flips a bit in records as soon as they are in the newest segment file, until the signal: the node has applied them, and its archive, which looks
 * now and then, is yet to read some of them.
 */
export async function damageRecords(dataDirectory: string, until: AbortSignal): Promise<void> {
  const directory = join(dataDirectory, 'log');
  const name = readdirSync(directory)
    .filter((one) => one.endsWith('.segment'))
    .sort()
    .at(-1) as string;
  const path = join(directory, name);
  const bytes = readFileSync(path);
  const file = openSync(path, 'r+');
  let end = lastByteOf(bytes) + 1;
  const piece = Buffer.alloc(LOOK_BYTES);
  while (!until.aborted) {
    const last = lastByteOf(piece.subarray(0, readSync(file, piece, 0, piece.length, end)));
    if (last !== -1) {
      const at = last + 1 - INTO_PAYLOAD_BYTES;
      piece[at] ^= 1;
      writeSync(file, piece, at, 1, end + at);
      end += last + 1;
    }
    await sleep(LOOK_PAUSE_MS);
  }
  closeSync(file);
}

/** Where the last byte is that is not zero; -1: there is none. */
function lastByteOf(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) at--;
  return at;
}
