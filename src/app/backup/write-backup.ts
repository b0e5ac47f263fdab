import { BackupError } from '#codec/backup/backup-error.ts';
import { type BackupManifest, MANIFEST_FORMAT_VERSION, type ManifestObject } from '#codec/backup/manifest.ts';
import {
  backupId,
  forkName,
  parseSnapshotName,
  pieceName,
  snapshotName,
} from '#codec/backup/object-names.ts';
import { checkedSnapshot } from '#replica/snapshot-check.ts';
import { SnapshotError } from '#replica/snapshot-file.ts';
import { HIVE_VERSION } from '../version.ts';
import { type BackupSet, once, randomDigits } from './backup-set.ts';
import type { DamagedSnapshots } from './damaged-snapshots.ts';
import type { LocalLog, OpenSnapshot } from './local-log.ts';
import { LogCover } from './log-cover.ts';
import { objectsOf } from './restore-plan.ts';

export interface BackupOptions {
  readonly set: BackupSet;
  readonly log: LocalLog;
  /** Last entry, which must be durable, and the state hash after it. */
  readonly sequence: number;
  readonly stateHash: string;
  readonly epoch: number;
  readonly isContinuous: boolean;
  /** What this process has stored itself, so that it need not be read again. */
  readonly known?: ReadonlyMap<string, ManifestObject>;
  /** Snapshots of the node that are passed over; those that show to be damaged are added. An older one and more of the log take their place. */
  readonly damaged: DamagedSnapshots;
  /** Told of each object that is sent, before it is. */
  readonly onObject?: (name: string) => void;
}

export interface WrittenBackup {
  readonly manifest: BackupManifest;
  /** Objects and bytes that were not there yet. */
  readonly objectsSent: number;
  readonly bytesSent: number;
}

/**
 * Makes a backup: sends what the set lacks, then the manifest, which comes last and names only what is there whole. One that is
 * interrupted leaves objects that the next one uses.
 * @throws BackupError, LogCorruptError, LogTruncatedError
 */
export async function writeBackup(options: BackupOptions): Promise<WrittenBackup> {
  return options.set.exclusively('backup', (check) => new BackupWriter(options).write(check));
}

/**
 * Says in the set that this copy of the log goes on by itself from where it was restored, if it was.
 * @throws BackupError SUPERSEDED when another one does so since
 */
export async function claimLine(set: BackupSet, log: LocalLog): Promise<LogCover> {
  const { line, meta } = log;
  const cover = await LogCover.of(set);
  if (cover.newestLine > line) {
    throw new BackupError(
      'SUPERSEDED',
      `log ${meta.logId} was restored elsewhere and goes on there: this copy of it must not add to its backups in ${set.target.place}. Stop the node of one of the two`,
    );
  }
  if (line === 0 || cover.newestLine === line || meta.origin === undefined) return cover;
  await set.put(forkName(line, meta.origin.sequence), once(new Uint8Array()));
  return LogCover.of(set);
}

class BackupWriter {
  declare private readonly options: BackupOptions;
  declare private readonly known: Map<string, ManifestObject>;
  declare private objectsSent: number;
  declare private bytesSent: number;

  constructor(options: BackupOptions) {
    this.options = options;
    this.known = new Map(options.known);
    this.objectsSent = 0;
    this.bytesSent = 0;
  }

  /** @param check that nobody removes what the manifest is about to name */
  async write(check: () => Promise<void>): Promise<WrittenBackup> {
    const { set, log, sequence, stateHash, epoch, isContinuous } = this.options;
    const cover = await claimLine(set, log);
    for (const [name, object] of objectsOf((await set.manifests()).whole)) this.known.set(name, object);
    const snapshot = await this.#snapshot();
    const logPart = await this.#log(cover, snapshot?.sequence ?? 0);
    const createdAt = new Date();
    const manifest: BackupManifest = {
      formatVersion: MANIFEST_FORMAT_VERSION,
      id: backupId(createdAt, sequence, randomDigits()),
      toolVersion: HIVE_VERSION,
      createdAt: createdAt.toISOString(),
      logId: set.logId,
      nodeId: log.meta.nodeId,
      epoch,
      line: log.line,
      isContinuous,
      keyId: set.keyId,
      snapshot,
      log: logPart,
      stateHash,
    };
    await check();
    await set.putManifest(manifest);
    return { manifest, objectsSent: this.objectsSent, bytesSent: this.bytesSent };
  }

  /** The newest one that is whole: a damaged one is passed over, whether its manifest or the sending of it shows it. */
  async #snapshot(): Promise<BackupManifest['snapshot']> {
    const { log, sequence, damaged } = this.options;
    for await (const snapshot of log.snapshots(sequence, damaged)) {
      const { sequence: last, timeSeconds, timeNanos, stateHash, coreVersion } = snapshot.manifest;
      try {
        const object = (await this.#stored(last)) ?? (await this.#sendSnapshot(snapshot));
        return { sequence: last, timeSeconds, timeNanos, stateHash, coreVersion, object };
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        damaged.note(snapshot.path, error);
      }
    }
    return null;
  }

  #sendSnapshot({ manifest, bytes }: OpenSnapshot): Promise<ManifestObject> {
    return this.#send(snapshotName(this.options.log.line, manifest.sequence, randomDigits()), bytes());
  }

  /** A snapshot that the set has: named by an earlier backup, or whole. */
  async #stored(sequence: number): Promise<ManifestObject | undefined> {
    const { set, log } = this.options;
    const names = (await set.list('snapshots/'))
      .map(({ name }) => name)
      .filter((name) => {
        const parsed = parseSnapshotName(name);
        return parsed?.line === log.line && parsed.sequence === sequence;
      });
    for (const name of names) {
      try {
        return await this.#described(name, (content) => checkedSnapshot(name, content));
      } catch (error) {
        const isDamaged = error instanceof BackupError && error.code === 'DAMAGED';
        if (!isDamaged && !(error instanceof SnapshotError)) throw error;
      }
    }
    return undefined;
  }

  async #log(cover: LogCover, snapshotSequence: number): Promise<BackupManifest['log']> {
    const { set, log, sequence } = this.options;
    const { seconds, nanos } = sequence === 0 ? { seconds: 0, nanos: 0 } : log.timeOf(sequence);
    const time = { lastSequence: sequence, lastTimeSeconds: seconds, lastTimeNanos: nanos };
    const segments = log.segments(sequence);
    const localFirst = segments[0]?.firstSequence ?? sequence + 1;
    if (localFirst > snapshotSequence + 1) {
      throw new BackupError(
        'UNUSABLE',
        `the log of this node begins with entry ${localFirst}, and it has no snapshot that reaches that far: start the node once, so that it writes one`,
      );
    }
    const stored = cover.withoutLive();
    for (const { firstSequence, lastSequence, isComplete } of segments) {
      if (stored.holds(firstSequence, lastSequence)) continue;
      // Of the segment that is being written only what is new.
      const from = isComplete ? firstSequence : Math.max(firstSequence, stored.endFrom(firstSequence) + 1);
      if (from > lastSequence) continue;
      const name = pieceName({ line: log.line, firstSequence: from, lastSequence }, randomDigits());
      await this.#send(name, log.records(from, lastSequence));
    }
    const whole = (await LogCover.of(set)).withoutLive();
    const objects: ManifestObject[] = [];
    for (const { piece } of whole.chain(localFirst, sequence))
      objects.push(await this.#described(piece.name));
    return { firstSequence: localFirst, ...time, objects };
  }

  async #send(name: string, source: AsyncIterable<Uint8Array>): Promise<ManifestObject> {
    this.options.onObject?.(name);
    const object = await this.options.set.put(name, source);
    this.known.set(name, object);
    this.objectsSent++;
    this.bytesSent += object.bytes;
    return object;
  }

  /** Of an object that is there: from who stored it or an earlier backup, or by reading it back. */
  async #described(name: string, checked?: Parameters<BackupSet['describe']>[1]): Promise<ManifestObject> {
    const known = this.known.get(name) ?? (await this.options.set.describe(name, checked));
    this.known.set(name, known);
    return known;
  }
}
