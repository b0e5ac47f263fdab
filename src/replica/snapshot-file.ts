import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { ColumnImage } from '#lib/columns.ts';
import { crc32c } from '#lib/crc32c.ts';

/*
 * A snapshot file: 16 bytes of head (magic, bytes of the manifest, CRC32C of the manifest), the manifest as JSON,
 * then the bytes of every column in the manifest's order, each padded to 8. Integers are little-endian.
 */
const MAGIC = 0x50414e53_4d48; // "HMSNAP"
export const HEAD_BYTES = 16;
/** What is longer is a damaged length: ours have some kilobytes. */
export const MANIFEST_BYTES_MAX = 2 ** 24;
const FORMAT_VERSION = 4;
const TEMPORARY = '.tmp';
/** A durable write of the log that meets 100 MiB on their way to the disk waits for all of them: 45 ms. */
const UNSYNCED_BYTES_MAX = 1024 * 1024;
const NAME = /^snapshot-(\d{16})\.hms$/;

interface ColumnEntry {
  readonly name: string;
  readonly bytes: number;
  readonly crc32c: number;
}

interface StoreEntry {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly ColumnEntry[];
}

export interface SnapshotManifest {
  readonly formatVersion: number;
  readonly logId: string;
  readonly sequence: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly coreVersion: number;
  /** The core's rolling hash after `sequence`: 16 hexadecimal digits. */
  readonly stateHash: string;
  readonly stores: readonly StoreEntry[];
}

/** A snapshot cannot be used: damaged, of another log, or of a version that this build does not read. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code = 'SNAPSHOT_UNUSABLE';
}

export interface SnapshotFile {
  readonly path: string;
  readonly sequence: number;
  readonly bytes: number;
}

/** The snapshots of a directory, newest first; empty when there is no directory. @throws the error of node:fs */
export function listSnapshots(directory: string): SnapshotFile[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      if (match === null) return [];
      const path = join(directory, name);
      // A node that runs beside removes the oldest.
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ path, sequence: Number(match[1]), bytes: stats.size }];
    })
    .sort((a, b) => b.sequence - a.sequence);
}

/** What `read` says of a snapshot that was listed; undefined when its node has removed it since. */
export function unlessRemoved<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes the core's state as a snapshot, durably: under a temporary name, synced, read back, then renamed. So a file with
 * a snapshot's name was whole when it got it. Returns its path. Blocks while it writes: it belongs in the archive thread.
 * @throws SnapshotError when what is read back is not what was written; nothing is left behind then.
 */
export function writeSnapshot(directory: string, core: TradingCore, logId: string): string {
  mkdirSync(directory, { recursive: true });
  const images: ColumnImage[] = [];
  const stores = core.stores().map((store): StoreEntry => {
    const columns = store.images();
    images.push(...columns);
    return {
      name: store.name,
      rows: store.rows,
      columns: columns.map(({ column, bytes }) => ({
        name: column,
        bytes: bytes.length,
        crc32c: checksum(bytes),
      })),
    };
  });
  const { sequence, timeSeconds, timeNanos, coreVersion } = core.state;
  const manifest: SnapshotManifest = {
    formatVersion: FORMAT_VERSION,
    logId,
    sequence,
    timeSeconds,
    timeNanos,
    coreVersion,
    stateHash: core.stateHash,
    stores,
  };
  const path = join(directory, `snapshot-${String(sequence).padStart(16, '0')}.hms`);
  const temporary = `${path}${TEMPORARY}`;
  const file = openSync(temporary, 'w');
  try {
    const json = padded(Buffer.from(JSON.stringify(manifest)), 0x20);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUIntLE(MAGIC, 0, 6);
    head.writeUInt32LE(json.length, 8);
    head.writeUInt32LE(checksum(json), 12);
    writeSync(file, head);
    writeSync(file, json);
    let unsyncedBytes = 0;
    for (const { bytes } of images) {
      for (let at = 0; at < bytes.length; ) {
        const written = writeSync(file, bytes, at, Math.min(bytes.length - at, UNSYNCED_BYTES_MAX));
        at += written;
        unsyncedBytes += written;
        if (unsyncedBytes < UNSYNCED_BYTES_MAX) continue;
        fdatasyncSync(file);
        unsyncedBytes = 0;
      }
      const padding = -bytes.length & 7;
      if (padding > 0) writeSync(file, Buffer.alloc(padding));
    }
    fsyncSync(file);
    readBack(temporary);
    renameSync(temporary, path);
  } catch (error) {
    // On a full disk what does not fit must not take what the log needs.
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  syncDirectory(dirname(path));
  return path;
}

/** The checksums in the file are those of the state in memory: when they match, so do the two, byte for byte. */
function readBack(path: string): void {
  try {
    readSnapshot(path);
  } catch (cause) {
    if (!(cause instanceof SnapshotError)) throw cause;
    throw new SnapshotError(
      `what was written to ${path} does not read back: look at the kernel log (dmesg) and the device`,
      { cause },
    );
  }
}

function padded(bytes: Buffer, filler: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7, filler)]);
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Reads and checks a snapshot's manifest. @throws SnapshotError */
export function readManifest(path: string): SnapshotManifest {
  const file = openSync(path, 'r');
  try {
    return readOpenManifest(path, file);
  } finally {
    closeSync(file);
  }
}

/** The same of a file that is open, whoever has removed its name. @param path for messages @throws SnapshotError */
export function readOpenManifest(path: string, file: number): SnapshotManifest {
  return parseManifest(path, (to, at) => readAt(path, file, to, at));
}

/** Says how many bytes of `to` were read. @throws the error of node:fs, with file and offset before its message */
function readAt(path: string, file: number, to: Uint8Array, at: number): number {
  try {
    return readSync(file, to, 0, to.length, at);
  } catch (error) {
    // Neither is in what the system says of a device that cannot read a sector.
    if (error instanceof Error) error.message = `${path}: at byte ${at}: ${error.message}`;
    throw error;
  }
}

/**
 * Head and manifest of a snapshot from wherever its bytes are.
 * @param read fills `to` with the bytes from `at`, and says how many there were
 * @throws SnapshotError
 */
export function parseManifest(path: string, read: (to: Uint8Array, at: number) => number): SnapshotManifest {
  const head = Buffer.alloc(HEAD_BYTES);
  if (read(head, 0) < HEAD_BYTES || head.readUIntLE(0, 6) !== MAGIC || head.readUInt16LE(6) !== 0)
    throw new SnapshotError(
      `${path}: at byte 0: is not a snapshot, or its beginning is damaged. Remove it where it is one of a node's: the node starts from an older snapshot, or from the whole log.`,
    );
  const json = Buffer.alloc(Math.min(head.readUInt32LE(8), MANIFEST_BYTES_MAX));
  if (read(json, HEAD_BYTES) < json.length || checksum(json) !== head.readUInt32LE(12)) {
    throw unusable(path, HEAD_BYTES, 'has a damaged manifest');
  }
  const manifest = JSON.parse(json.toString()) as SnapshotManifest;
  if (manifest.formatVersion !== FORMAT_VERSION) {
    throw new SnapshotError(
      `${path}: at byte ${HEAD_BYTES}: has format ${manifest.formatVersion}, this build reads ${FORMAT_VERSION}. It is passed over: the node starts from an older snapshot, or from the whole log. Keep it where that does not begin with entry 1: it takes the build that wrote it to start.`,
    );
  }
  return manifest;
}

/** What is wrong with a snapshot that does not end with its last column. */
export const BEHIND = 'has more than its columns';

/** Whether bytes are what fills a column up to a multiple of 8. */
export function isPadding(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** What is wrong with a snapshot, and where. */
export function unusable(path: string, offset: number, what: string): SnapshotError {
  return new SnapshotError(
    `${path}: at byte ${offset}: ${what}. Remove the file: the node starts from an older snapshot, or from the whole log.`,
  );
}

/**
 * Checks every byte of a snapshot and, when a core is given, restores it into that (a fresh one).
 * @throws SnapshotError naming file and offset; the core is then unusable.
 */
export function readSnapshot(path: string, core?: TradingCore): SnapshotManifest {
  const file = openSync(path, 'r');
  try {
    return readColumns(path, file, core);
  } finally {
    closeSync(file);
  }
}

/**
 * One column of a snapshot, without what the others hold: those are neither read nor checked. Undefined: it has no such column.
 * @throws SnapshotError naming file and offset
 */
export function readColumn(path: string, storeName: string, columnName: string): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    let { manifest, offset } = readFront(path, file);
    for (const { name, columns } of manifest.stores) {
      for (const column of columns) {
        if (name === storeName && column.name === columnName)
          return columnAt(path, file, offset, name, column).subarray(0, column.bytes);
        offset += paddedBytes(column);
      }
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** The manifest, and where the first column begins. */
function readFront(path: string, file: number): { manifest: SnapshotManifest; offset: number } {
  let offset = 0;
  const manifest = parseManifest(path, (to, at) => {
    const read = readAt(path, file, to, at);
    offset = at + read;
    return read;
  });
  return { manifest, offset };
}

/** The column's bytes and its padding, checked. @throws SnapshotError */
function columnAt(path: string, file: number, offset: number, store: string, column: ColumnEntry): Buffer {
  const padded = Buffer.allocUnsafeSlow(paddedBytes(column));
  if (
    readAt(path, file, padded, offset) < padded.length ||
    checksum(padded.subarray(0, column.bytes)) !== column.crc32c ||
    !isPadding(padded.subarray(column.bytes))
  ) {
    throw unusable(path, offset, `column ${store}.${column.name} is damaged`);
  }
  return padded;
}

function paddedBytes({ bytes }: ColumnEntry): number {
  return bytes + (-bytes & 7);
}

/** Column by column: a file may be larger than the 2 GiB that node:fs reads at once. */
function readColumns(path: string, file: number, core: TradingCore | undefined): SnapshotManifest {
  let { manifest, offset } = readFront(path, file);
  const stores = new Map(core?.stores().map((store) => [store.name, store]));
  for (const store of manifest.stores) {
    const images: ColumnImage[] = [];
    for (const column of store.columns) {
      const padded = columnAt(path, file, offset, store.name, column);
      if (core !== undefined) {
        const bytes = padded.subarray(0, column.bytes);
        images.push({ store: store.name, column: column.name, bytes });
      }
      offset += padded.length;
    }
    if (core === undefined) continue;
    const target = stores.get(store.name);
    if (target === undefined) throw unusable(path, offset, `store ${store.name} is unknown to this build`);
    try {
      target.restore(store.rows, images);
    } catch (error) {
      throw unusable(path, offset, (error as Error).message);
    }
  }
  if (readAt(path, file, Buffer.alloc(1), offset) > 0) throw unusable(path, offset, BEHIND);
  try {
    core?.restored();
  } catch (error) {
    if (error instanceof CoreVersionError)
      throw new SnapshotError(`${path}: ${error.message}.`, { cause: error });
    throw error;
  }
  return manifest;
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes) >>> 0;
}

/**
 * Removes all but the `keep` newest snapshots of up to entry `lastSequence`, and what an interrupted write left. Later ones are those that the
 * start passed over.
 */
export function pruneSnapshots(directory: string, keep: number, lastSequence: number): void {
  for (const name of readdirSync(directory)) if (name.endsWith(TEMPORARY)) rmSync(join(directory, name));
  const counted = listSnapshots(directory).filter(({ sequence }) => sequence <= lastSequence);
  for (const { path } of counted.slice(keep)) rmSync(path);
}
