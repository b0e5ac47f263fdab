import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogReader } from '#domain/ports.ts';
import { type DataDirectoryMeta, readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { errorCode, nodeDisk } from '#log/file/disk.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { RecordCopier } from '#log/file/record-copier.ts';
import { listSegments } from '#log/file/scan.ts';
import { checkedSnapshot } from '#replica/snapshot-check.ts';
import {
  listSnapshots,
  readOpenManifest,
  SnapshotError,
  type SnapshotManifest,
} from '#replica/snapshot-file.ts';
import { DamagedSnapshots } from './damaged-snapshots.ts';

/** Bytes of log that are read at once. */
const COPY_BYTES = 1024 * 1024;

/** Entries of one segment of a node's log. */
export interface SegmentRange {
  readonly path: string;
  readonly firstSequence: number;
  /** Of a segment that is being written: as far as the reader may look. */
  readonly lastSequence: number;
  /** Whether another segment follows: it never changes any more. */
  readonly isComplete: boolean;
}

/** A snapshot that is held open, so that it stays readable when its node removes it. */
export interface OpenSnapshot {
  readonly path: string;
  readonly manifest: SnapshotManifest;
  /** All of it, checked on its way. @throws SnapshotError at the latest before the last bytes, when it is not whole */
  bytes(): AsyncIterable<Uint8Array>;
}

/** A data directory as a backup reads it, beside the node that uses it. */
export class LocalLog {
  declare readonly meta: DataDirectoryMeta;
  declare readonly line: number;
  declare private readonly logDirectory: string;
  declare private readonly snapshotDirectory: string;
  declare private readonly logId: LogId;

  /** @throws DataDirectoryError */
  constructor(dataDirectory: string) {
    this.meta = readDataDirectoryMeta(dataDirectory);
    this.line = this.meta.line ?? 0;
    this.logDirectory = join(dataDirectory, 'log');
    this.snapshotDirectory = join(dataDirectory, 'snapshots');
    this.logId = new LogId(this.meta.logId);
  }

  /** The log's segments up to entry `toSequence`. Empty ones are left out. */
  segments(toSequence: number): SegmentRange[] {
    const files = listSegments(nodeDisk, this.logDirectory);
    return files
      .map(({ path, firstSequence }, index) => {
        const next = files.at(index + 1)?.firstSequence;
        const end = next === undefined ? toSequence : next - 1;
        return {
          path,
          firstSequence,
          lastSequence: Math.min(end, toSequence),
          isComplete: next !== undefined && end <= toSequence,
        };
      })
      .filter(({ firstSequence, lastSequence }) => lastSequence >= firstSequence);
  }

  /** Bytes of a complete segment's file. */
  bytesOf({ path }: SegmentRange): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** The bytes of the records of these entries. @throws LogCorruptError, LogTruncatedError */
  async *records(firstSequence: number, lastSequence: number): AsyncGenerator<Uint8Array> {
    const copier = this.copier(firstSequence, COPY_BYTES);
    try {
      for (let copied = copier.take(lastSequence); copied !== undefined; copied = copier.take(lastSequence)) {
        yield copied.bytes;
      }
    } finally {
      copier.close();
    }
  }

  copier(fromSequence: number, bytesMax: number): RecordCopier {
    return new RecordCopier({ directory: this.logDirectory, logId: this.logId, fromSequence, bytesMax });
  }

  /** When an entry was logged. */
  timeOf(sequence: number): { readonly seconds: number; readonly nanos: number } {
    let time = { seconds: 0, nanos: 0 };
    this.read(sequence, sequence, {
      deliver: (_, seconds, nanos) => {
        time = { seconds, nanos };
      },
    });
    return time;
  }

  /** Hands entries to a reader. `toSequence` Infinity: as far as they are whole. Returns the last one. */
  read(fromSequence: number, toSequence: number, reader: LogReader): number {
    const tail = new LogTail({ directory: this.logDirectory, logId: this.logId, fromSequence });
    try {
      while (tail.nextSequence <= toSequence && tail.poll(reader, toSequence, COPY_BYTES) > 0);
      return tail.nextSequence - 1;
    } finally {
      tail.close();
    }
  }

  /**
   * The snapshots of this log at or before entry `toSequence`, the newest first, each open until the next one is asked for. Only
   * their manifests are checked: who reads one checks the rest.
   * @param damaged these are passed over, and those whose manifest cannot be used are added
   */
  async *snapshots(toSequence: number, damaged: DamagedSnapshots): AsyncGenerator<OpenSnapshot> {
    for (const { path, sequence } of listSnapshots(this.snapshotDirectory)) {
      if (sequence > toSequence || damaged.has(path)) continue;
      // The node keeps only the newest ones, and may have removed this one.
      const file = await open(path, 'r').catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (file === undefined) continue;
      try {
        const manifest = this.#manifestOf(path, file.fd, damaged);
        if (manifest?.logId === this.meta.logId && manifest.sequence === sequence)
          yield { path, manifest, bytes: () => checkedSnapshot(path, bytesOf(path, file)) };
      } finally {
        await file.close();
      }
    }
  }

  #manifestOf(path: string, file: number, damaged: DamagedSnapshots): SnapshotManifest | undefined {
    try {
      return readOpenManifest(path, file);
    } catch (error) {
      damaged.note(path, error instanceof SnapshotError ? error : unreadable(path, error));
      return undefined;
    }
  }

  /** Path of the newest snapshot at or before entry `toSequence` of which every byte is right. */
  async wholeSnapshot(toSequence: number): Promise<string | undefined> {
    const damaged = new DamagedSnapshots(() => {});
    for await (const { path, bytes } of this.snapshots(toSequence, damaged)) {
      try {
        for await (const _ of bytes());
        return path;
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
      }
    }
    return undefined;
  }
}

async function* bytesOf(path: string, file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    yield* file.createReadStream({ start: 0, autoClose: false, highWaterMark: COPY_BYTES });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): SnapshotError {
  const { message } = cause as Error;
  return new SnapshotError(
    `${path} cannot be read: ${message}. Look at the kernel log (dmesg) and the device`,
    { cause },
  );
}
