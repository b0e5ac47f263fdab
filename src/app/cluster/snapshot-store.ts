import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { jetstream } from '@nats-io/jetstream';
import { type ObjectInfo, type ObjectStore, Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { readManifest } from '#replica/snapshot-file.ts';

const CHUNK_MS_MAX = 10_000;
const NAME = /^snapshot-(\d{16})\.hms$/;
const UNFINISHED_SUFFIX = '.part';

/** A snapshot that a majority of the nodes attested, in the cluster's store. */
export interface StoredSnapshot {
  readonly name: string;
  readonly sequence: number;
  readonly bytes: number;
  readonly stateHash: string;
}

/** The snapshot in the store is not the one that was put there. */
export class SnapshotStoreError extends Error {
  override readonly name = 'SnapshotStoreError';
  readonly code = 'SNAPSHOT_DAMAGED';
}

/** The snapshots of a cluster: files as nodes have them, in an object store beside the log's stream. */
export class SnapshotStore {
  declare private readonly store: ObjectStore;
  declare private readonly logId: string;

  private constructor(store: ObjectStore, logId: string) {
    this.store = store;
    this.logId = logId;
  }

  /** Opens the store, and makes it where there is none. @throws the client's error */
  static async open(
    connection: NatsConnection,
    stream: string,
    replicas: number,
    logId: string,
  ): Promise<SnapshotStore> {
    const store = await new Objm(connection).create(`${stream}_SNAPSHOTS`, { replicas });
    return new SnapshotStore(store, logId);
  }

  /** Opens the store of the cluster in another JetStream domain. @throws the client's error where there is none */
  static async openIn(
    domain: string,
    connection: NatsConnection,
    stream: string,
    logId: string,
  ): Promise<SnapshotStore> {
    const store = await new Objm(jetstream(connection, { domain })).open(`${stream}_SNAPSHOTS`);
    return new SnapshotStore(store, logId);
  }

  /** Whole snapshots of the log, the newest first. */
  async list(): Promise<StoredSnapshot[]> {
    return snapshotsOf(await this.store.list(), this.logId);
  }

  /** Puts a snapshot file into the store. @throws SnapshotError when the file is no snapshot; the client's error */
  async put(path: string): Promise<void> {
    const { logId, stateHash } = readManifest(path);
    const data = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
    await this.store.put(
      { name: basename(path), metadata: { logId, stateHash } },
      data as Parameters<ObjectStore['put']>[1],
      { timeout: CHUNK_MS_MAX },
    );
  }

  /**
   * Brings a snapshot into a directory, under its own name once it is whole and, by its digest, what was put there. Returns its path.
   * @throws SnapshotStoreError, the client's error
   */
  async fetch({ name, stateHash }: StoredSnapshot, directory: string): Promise<string> {
    const result = await this.store.get(name);
    if (result === null)
      throw new SnapshotStoreError(`${name} was removed from the store meanwhile: start again`);
    await mkdir(directory, { recursive: true });
    const path = join(directory, name);
    const unfinished = path + UNFINISHED_SUFFIX;
    try {
      const data = Readable.fromWeb(result.data as ReadableStream<Uint8Array>);
      await pipeline(data, createWriteStream(unfinished, { flush: true }));
      const error = await result.error;
      // The client says undefined, and not null as its types do.
      if (error instanceof Error) throw error;
      const manifest = readManifest(unfinished);
      if (manifest.logId !== this.logId || manifest.stateHash !== stateHash) {
        throw new SnapshotStoreError(`${name} is of log ${manifest.logId} and state ${manifest.stateHash}`);
      }
      renameSync(unfinished, path);
      return path;
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  /** Removes all but the newest; returns what it removed, the newest first. */
  async prune(keep: number): Promise<StoredSnapshot[]> {
    const removed = (await this.list()).slice(keep);
    for (const { name } of removed) await this.store.delete(name);
    return removed;
  }
}

/**
 * The snapshots of a log among the objects of a store, the newest first. While two nodes put the same one, the client may list it twice: it
 * counts once.
 */
export function snapshotsOf(
  objects: readonly Pick<ObjectInfo, 'name' | 'size' | 'metadata'>[],
  logId: string,
): StoredSnapshot[] {
  const byName = new Map(objects.map((object) => [object.name, object]));
  return [...byName.values()]
    .filter(({ name, metadata }) => NAME.test(name) && metadata?.['logId'] === logId)
    .map(({ name, size, metadata }) => ({
      name,
      sequence: Number(NAME.exec(name)?.[1]),
      bytes: size,
      stateHash: metadata?.['stateHash'] ?? '',
    }))
    .sort((a, b) => b.sequence - a.sequence);
}
