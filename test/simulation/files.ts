import type fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Disk } from '#log/file/disk.ts';

/** First path component of every simulated machine. */
const ROOT = '/simulated/';
/** Handles from here on are simulated. */
const FIRST_HANDLE = 1_000_000;

interface OpenFile {
  readonly disk: Disk;
  /** -1: a directory. */
  readonly handle: number;
  position: number;
}

/** The directory of a simulated machine. */
export function machineRoot(host: string): string {
  return `${ROOT}${host}`;
}

/** What code that uses node:fs itself (snapshots) sees of the disks of simulated machines: paths under `/simulated/HOST`. */
export class SimulatedFiles {
  readonly disks = new Map<string, Disk>();
  readonly #open = new Map<number, OpenFile>();
  #nextHandle = FIRST_HANDLE;

  /** Replacements for functions of node:fs. Other paths and handles are left to `real`. */
  functions(real: typeof fs): object {
    const {
      openSync,
      closeSync,
      readSync,
      writeSync,
      fsyncSync,
      mkdirSync,
      readdirSync,
      renameSync,
      rmSync,
    } = {
      ...real,
    };
    const { existsSync, statSync, writeFileSync } = real;
    return {
      openSync: (path: string, flags: string, ...rest: []) =>
        this.#diskOf(path) === undefined ? openSync(path, flags, ...rest) : this.#openSync(path, flags),
      closeSync: (handle: number) => {
        const file = this.#open.get(handle);
        if (file === undefined) return closeSync(handle);
        this.#open.delete(handle);
        if (file.handle !== -1) file.disk.close(file.handle);
      },
      readSync: (handle: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
        const file = this.#open.get(handle);
        if (file === undefined) return readSync(handle, bytes, offset, length, position);
        return file.disk.read(file.handle, bytes, offset, length, position);
      },
      writeSync: (handle: number, bytes: Uint8Array, offset = 0, length = bytes.length - offset) => {
        const file = this.#open.get(handle);
        if (file === undefined) return writeSync(handle, bytes, offset, length);
        const written = file.disk.write(file.handle, bytes, offset, length, file.position);
        file.position += written;
        return written;
      },
      fsyncSync: (handle: number) => {
        if (!this.#open.has(handle)) fsyncSync(handle);
      },
      mkdirSync: (path: string, ...rest: []) =>
        this.#diskOf(path) === undefined ? mkdirSync(path, ...rest) : undefined,
      readdirSync: (path: string, ...rest: []) =>
        this.#diskOf(path)?.list(path) ?? readdirSync(path, ...rest),
      renameSync: (from: string, to: string) => {
        const disk = this.#diskOf(from);
        if (disk === undefined) return renameSync(from, to);
        disk.rename(from, to);
        disk.syncDirectory(dirname(to));
      },
      existsSync: (path: string) => {
        const disk = this.#diskOf(path);
        if (disk === undefined) return existsSync(path);
        return (
          disk.list(dirname(path)).some((name) => join(dirname(path), name) === path) ||
          disk.list(path).length > 0
        );
      },
      writeFileSync: (path: string, text: string, ...rest: []) => {
        const disk = this.#diskOf(path);
        if (disk === undefined) {
          writeFileSync(path, text, ...rest);
          return;
        }
        const bytes = Buffer.from(text);
        const handle = disk.create(path);
        disk.write(handle, bytes, 0, bytes.length, 0);
        disk.close(handle);
        disk.syncDirectory(dirname(path));
      },
      rmSync: (path: string, ...rest: []) => {
        const disk = this.#diskOf(path);
        if (disk === undefined) return rmSync(path, ...rest);
        disk.removeInBackground(path);
      },
      statSync: (path: string, ...rest: []) => {
        const disk = this.#diskOf(path);
        if (disk === undefined) return statSync(path, ...rest);
        const handle = disk.openRead(path);
        const size = disk.size(handle);
        disk.close(handle);
        return { size };
      },
    };
  }

  #openSync(path: string, flags: string): number {
    const disk = this.#diskOf(path) as Disk;
    const handle = this.#nextHandle++;
    const isDirectory =
      flags === 'r' && !disk.list(dirname(path)).includes(path.slice(path.lastIndexOf('/') + 1));
    let inner = -1;
    if (flags === 'w') {
      disk.removeInBackground(path);
      inner = disk.create(path);
    } else if (!isDirectory) inner = disk.openRead(path);
    this.#open.set(handle, { disk, handle: inner, position: 0 });
    return handle;
  }

  #diskOf(path: unknown): Disk | undefined {
    if (typeof path !== 'string' || !path.startsWith(ROOT)) return undefined;
    return this.disks.get(path.slice(ROOT.length).split('/')[0]);
  }
}
