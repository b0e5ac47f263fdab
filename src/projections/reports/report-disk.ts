import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** All that the writer of reports asks of a disk. Errors are those of node:fs; tests put faulty ones in its place. */
export interface ReportDisk {
  /** Opens a file to write, and makes it, for its owner only, where there is none. */
  open(path: string): number;
  close(handle: number): void;
  /** False when the file's name is gone: what is written to it, nobody will find. */
  hasName(handle: number): boolean;
  /** Writes at `position`; returns the bytes written, which may be fewer than `length`. */
  write(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Makes the file's contents durable. */
  sync(handle: number): void;
  /** The same of a file by its name, without holding up the thread. */
  syncAhead(path: string): Promise<void>;
  /** Makes a directory, for its owner only, durably; one that is there is fine. */
  makeDirectory(path: string): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
}

const { O_CREAT, O_DIRECTORY, O_RDONLY, O_WRONLY } = constants;

function syncDirectory(path: string): void {
  const handle = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The real disk, by node:fs. */
export const nodeReportDisk: ReportDisk = {
  open: (path) => openSync(path, O_WRONLY | O_CREAT, 0o600),
  close: closeSync,
  hasName: (handle) => fstatSync(handle).nlink > 0,
  write: writeSync,
  sync: fdatasyncSync,
  syncAhead: async (path) => {
    const file = await open(path, O_WRONLY);
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  },
  makeDirectory: (path) => {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncDirectory(dirname(made));
  },
  syncDirectory,
};
