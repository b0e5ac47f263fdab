import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlink,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';

/**
 * Zeros are written in pieces of this size: a commit that meets one on its way to the disk waits for no more than that. And the page cache keeps what one write
 * brought as one folio, whose blocks ext4 goes through at every write into it: after pieces of 1 MiB a write that waits for no disk took twice as long.
 */
export const ZEROS = new Uint8Array(128 * 1024);

/** Told what came of zeros in the background: null for all of them written. */
export type ZerosDone = (error: Error | null) => void;

/**
 * All that the file log asks of a disk. Tests put faulty ones in its place (short writes, a full disk, a power
 * cut). Errors are those of node:fs, with a `code` such as ENOSPC.
 *
 * A write to a handle opened by `create` or `openWrite` is on stable storage when it returns (O_DSYNC). Names
 * are on stable storage after `syncDirectory`.
 */
export interface Disk {
  /** Opens an existing file to read. */
  openRead(path: string): number;
  /** Opens an existing file to read and to write durably. */
  openWrite(path: string): number;
  /** Makes a new, empty file, readable by its owner only, to read and to write durably. @throws EEXIST */
  create(path: string): number;
  close(handle: number): void;
  /** Bytes of the file. */
  size(handle: number): number;
  /** Reads at `position`; returns the bytes read, fewer than `length` only at the end of the file. */
  read(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes at `position`, durably; returns the bytes written, which may be fewer than `length`. */
  write(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes zeros from `from` up to `to`, durably, off this thread, in pieces of ZEROS; then calls `done`, on this thread. */
  writeZerosInBackground(handle: number, from: number, to: number, done: ZerosDone): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Removes a file off this thread (64 MiB can take 20 ms); one that is already gone is fine. */
  removeInBackground(path: string): void;
  makeDirectory(path: string): void;
  /** Names in a directory, in no order. */
  list(directory: string): string[];
  syncDirectory(directory: string): void;
}

const { O_CREAT, O_DSYNC, O_EXCL, O_RDWR, O_RDONLY } = constants;

/** The real disk, by node:fs. */
export const nodeDisk: Disk = {
  openRead: (path) => openSync(path, O_RDONLY),
  openWrite: (path) => openSync(path, O_RDWR | O_DSYNC),
  create: (path) => openSync(path, O_RDWR | O_DSYNC | O_CREAT | O_EXCL, 0o600),
  close: closeSync,
  size: (handle) => fstatSync(handle).size,
  read: readSync,
  write: writeSync,
  writeZerosInBackground: writeZerosByPool,
  rename: renameSync,
  remove: unlinkSync,
  removeInBackground: (path) => unlink(path, () => {}),
  makeDirectory: (path) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (directory) => readdirSync(directory),
  syncDirectory: (directory) => {
    const handle = openSync(directory, O_RDONLY);
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
};

/** By Node's own pool of threads. */
function writeZerosByPool(handle: number, from: number, to: number, done: ZerosDone): void {
  const length = Math.min(ZEROS.length, to - from);
  write(handle, ZEROS, 0, length, from, (error, written) => {
    if (error !== null) done(error);
    else if (written === 0) done(new Error('the disk takes no more zeros'));
    else if (from + written === to) done(null);
    else writeZerosByPool(handle, from + written, to, done);
  });
}

/** The real disk, whose writes return before they are on stable storage: for what can be had again from elsewhere. */
export const cachedDisk: Disk = {
  ...nodeDisk,
  openWrite: (path) => openSync(path, O_RDWR),
  create: (path) => openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600),
};

/** The `code` of an error of the operating system, such as ENOENT; an empty string for others. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether a write failed because the volume, or what may be used of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errorCode(error));
}
