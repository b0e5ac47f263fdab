import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { managerOf } from '#log/jetstream/log-stream.ts';
import { isNoRoom } from '#log/jetstream/no-storage.ts';
import { readManifest } from '#replica/snapshot-file.ts';
import { NatsObjectFiles } from './nats-object-files.ts';
import { type ListedObject, ObjectDamagedError, type ObjectFiles } from './object-files.ts';
import { UnfinishedObjects } from './unfinished-objects.ts';

const NAME = /^snapshot-(\d{16})\.hms$/;
const UNFINISHED = /^snapshot-\d{16}\.hms\.part$/;
const UNFINISHED_SUFFIX = '.part';
const REMOVE_IT =
  'Remove it from the store ("nats object rm"), and start again: the nodes put newer ones there';

/** A snapshot that a majority of the nodes attested, in the cluster's store. */
export interface StoredSnapshot {
  readonly name: string;
  readonly sequence: number;
  readonly bytes: number;
  readonly stateHash: string;
}

/** `DAMAGED`: the snapshot in the store is not the one that was put there. `REMOVED`: it was listed, and is gone. `FULL`: the servers have no room for another. */
export class SnapshotStoreError extends Error {
  override readonly name = 'SnapshotStoreError';
  declare readonly code: 'DAMAGED' | 'REMOVED' | 'FULL';

  constructor(code: SnapshotStoreError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The snapshots of a cluster: files as nodes have them, in an object store beside the log's stream. */
export class SnapshotStore {
  declare private readonly store: ObjectFiles;
  declare private readonly logId: string;
  declare private readonly unfinished: Pick<UnfinishedObjects, 'remove'> | undefined;

  /** @param unfinished what to remove with each `prune`; undefined: nothing */
  constructor(store: ObjectFiles, logId: string, unfinished?: Pick<UnfinishedObjects, 'remove'>) {
    this.store = store;
    this.logId = logId;
    this.unfinished = unfinished;
  }

  /** Opens the store, and makes it where there is none. @throws the client's error */
  static async open(
    connection: NatsConnection,
    stream: string,
    replicas: number,
    logId: string,
  ): Promise<SnapshotStore> {
    const bucket = `${stream}_SNAPSHOTS`;
    const store = await new Objm(connection).create(bucket, { replicas });
    const unfinished = new UnfinishedObjects(await managerOf(connection), store, bucket);
    return new SnapshotStore(new NatsObjectFiles(store), logId, unfinished);
  }

  /** Opens the store of the cluster in another JetStream domain. @throws the client's error where there is none */
  static async openIn(
    domain: string,
    connection: NatsConnection,
    stream: string,
    logId: string,
  ): Promise<SnapshotStore> {
    const store = await new Objm(jetstream(connection, { domain })).open(`${stream}_SNAPSHOTS`);
    return new SnapshotStore(new NatsObjectFiles(store), logId);
  }

  /** Whole snapshots of the log, the newest first. */
  async list(): Promise<StoredSnapshot[]> {
    return snapshotsOf(await this.store.list(), this.logId);
  }

  /** Puts a snapshot file into the store. @throws SnapshotError when the file is no snapshot; SnapshotStoreError FULL; the client's error */
  async put(path: string): Promise<void> {
    const { logId, stateHash } = readManifest(path);
    try {
      await this.store.put(path, { logId, stateHash });
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      throw new SnapshotStoreError(
        'FULL',
        `the nats-servers have no room for it (${(error as Error).message}). Lower snapshots.keep, or let the servers store more: max_file_store in their jetstream section, the limits of the account, or larger disks`,
        { cause: error },
      );
    }
  }

  /**
   * Brings a snapshot into a directory, under its own name once it is whole and, by its digest, what was put there. Returns its path.
   * @throws SnapshotStoreError; ClusterError NO_ANSWER when nothing comes any more; the client's error
   */
  async fetch({ name, stateHash }: StoredSnapshot, directory: string): Promise<string> {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, name);
    const unfinished = path + UNFINISHED_SUFFIX;
    try {
      if (!(await this.store.fetch(name, unfinished)))
        throw new SnapshotStoreError('REMOVED', `${name} was removed from the store meanwhile: start again`);
      const manifest = readManifest(unfinished);
      if (manifest.logId !== this.logId || manifest.stateHash !== stateHash) {
        throw new SnapshotStoreError(
          'DAMAGED',
          `${name} is of log ${manifest.logId} and state ${manifest.stateHash}. ${REMOVE_IT}`,
        );
      }
      renameSync(unfinished, path);
      return path;
    } catch (error) {
      rmSync(unfinished, { force: true });
      if (!(error instanceof ObjectDamagedError)) throw error;
      throw new SnapshotStoreError('DAMAGED', `${name}: ${error.message}. ${REMOVE_IT}`, { cause: error });
    }
  }

  /** Removes all but the newest, and what killed writers have left; returns which snapshots it removed, the newest first. */
  async prune(keep: number): Promise<StoredSnapshot[]> {
    await this.unfinished?.remove();
    const removed = (await this.list()).slice(keep);
    for (const { name } of removed) await this.store.delete(name);
    return removed;
  }
}

/** Removes what a crash in the middle of `fetch` left in a directory. */
export function removeUnfinished(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (UNFINISHED.test(name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/**
 * The snapshots of a log among the objects of a store, the newest first. While two nodes put the same one, the client may list it twice: it
 * counts once.
 */
export function snapshotsOf(objects: readonly ListedObject[], logId: string): StoredSnapshot[] {
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
