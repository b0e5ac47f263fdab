import { createHash, randomBytes } from 'node:crypto';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import {
  type BackupManifest,
  decodeManifest,
  encodeManifest,
  MANIFEST_BYTES_MAX,
  type ManifestObject,
} from '#codec/backup/manifest.ts';
import { backupSequence, manifestName, parseManifestName, setOf } from '#codec/backup/object-names.ts';
import { seal, unseal } from '#codec/backup/sealed-stream.ts';
import type { BackupTarget, TargetObject } from './backup-target.ts';

/** The key id of a set without encryption. */
export const PLAIN = 'plain';
const BUSY_FOLDER = 'busy/';
const BUSY_RENEW_MS = 10_000;
/** A mark that was not renewed for so long is of a process that was killed. */
const BUSY_MS_MAX = 60_000;

/** What the manifests of a set say. */
export interface Manifests {
  /** The oldest first. */
  readonly whole: BackupManifest[];
  readonly damaged: DamagedManifest[];
}

/** A manifest of which no more is known than its name says. */
export interface DamagedManifest {
  readonly id: string;
  /** Last entry of the backup. */
  readonly sequence: number;
  readonly error: BackupError;
}

/** All backups of one log under one key in a target: its objects, by names within the set. */
export class BackupSet {
  declare readonly target: BackupTarget;
  declare readonly logId: string;
  declare readonly key: BackupKey | undefined;
  declare readonly keyId: string;
  declare private readonly root: string;

  /** @param keyId of the set, for who has no key and does not look into objects */
  constructor(
    target: BackupTarget,
    logId: string,
    key: BackupKey | undefined,
    keyId: string = key?.id ?? PLAIN,
  ) {
    this.target = target;
    this.logId = logId;
    this.key = key;
    this.keyId = keyId;
    this.root = `${logId}/${keyId}/`;
  }

  /** Stores an object, encrypted where there is a key, and says what a manifest says of it. */
  async put(name: string, source: AsyncIterable<Uint8Array>): Promise<ManifestObject> {
    const measured = new Measured(
      this.key === undefined ? source : seal(source, this.key, this.#contextOf(name)),
    );
    await this.target.put(this.root + name, measured);
    return { name, bytes: measured.bytes, sha256: measured.digest() };
  }

  /**
   * An object's plaintext. It is authenticated as it comes where there is a key; against `expected` when it has ended.
   * @throws BackupError
   */
  async *get(name: string, expected?: ManifestObject): AsyncGenerator<Uint8Array> {
    const measured = new Measured(this.target.get(this.root + name));
    const full = `${this.root}${name}`;
    if (this.key === undefined) yield* measured;
    else yield* unseal(measured, this.key, this.#contextOf(name), full);
    if (expected === undefined) return;
    if (measured.bytes === expected.bytes && measured.digest() === expected.sha256) return;
    throw new BackupError(
      'DAMAGED',
      `${full} in ${this.target.place} is not what the backup's manifest says: use another backup or another copy of the target`,
    );
  }

  /**
   * What a manifest says of an object that is in the target already: reads all of it, and checks what can be checked.
   * @param checked the same bytes, or what is wrong with them
   */
  async describe(
    name: string,
    checked: (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (content) => content,
  ): Promise<ManifestObject> {
    const measured = new Measured(this.target.get(this.root + name));
    const full = `${this.root}${name}`;
    const content =
      this.key === undefined ? measured : unseal(measured, this.key, this.#contextOf(name), full);
    for await (const _ of checked(content));
    return { name, bytes: measured.bytes, sha256: measured.digest() };
  }

  async list(prefix: string): Promise<TargetObject[]> {
    const objects = await this.target.list(this.root + prefix);
    return objects.map((object) => ({ ...object, name: object.name.slice(this.root.length) }));
  }

  async remove(name: string): Promise<void> {
    await this.target.remove(this.root + name);
  }

  async putManifest(manifest: BackupManifest): Promise<void> {
    const text = encodeManifest(manifest, this.key);
    await this.target.put(this.root + manifestName(manifest.id), once(Buffer.from(text)));
  }

  /** @throws BackupError MISSING, DAMAGED */
  async manifest(id: string): Promise<BackupManifest> {
    return readManifest(this.target, this.root + manifestName(id), this.key);
  }

  /**
   * The newest backups of the set, without those that somebody removes meanwhile. One that is damaged stands in the way of no other.
   * @param countMax default: all of them
   * @throws BackupError
   */
  async manifests(countMax = Number.POSITIVE_INFINITY): Promise<Manifests> {
    const ids = (await this.list('backups/'))
      .map(({ name }) => parseManifestName(name))
      .filter((id) => id !== undefined);
    const manifests: Manifests = { whole: [], damaged: [] };
    for (const id of ids.slice(-countMax)) {
      try {
        manifests.whole.push(await this.manifest(id));
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        if (error.code === 'DAMAGED') manifests.damaged.push({ id, sequence: backupSequence(id), error });
        else if (error.code !== 'MISSING') throw error;
      }
    }
    return manifests;
  }

  /**
   * Does `work` while nobody does what is against it: each puts a mark, then looks for the other's, so that of two that begin at
   * once at least one sees the other. Marks are renewed; one that is not is of a process that was killed, and is removed.
   * @param work gets a function that refuses to go on when its own mark was taken for such a one
   * @throws BackupError BUSY
   */
  async exclusively<T>(
    kind: 'backup' | 'prune',
    work: (check: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const against = kind === 'backup' ? 'prune' : '';
    const mark = `${BUSY_FOLDER}${kind}-${randomDigits()}`;
    const renew = (): Promise<void> => this.target.put(this.root + mark, once(new Uint8Array()));
    await renew();
    // What cannot be renewed will be seen by the check.
    const renewal = setInterval(() => void renew().catch(() => {}), BUSY_RENEW_MS);
    try {
      await this.#refuseOthers(mark, against);
      return await work(() => this.#refuseOthers(mark, against));
    } finally {
      clearInterval(renewal);
      await this.remove(mark).catch(() => {});
    }
  }

  async #refuseOthers(mark: string, against: string): Promise<void> {
    const marks = await this.list(BUSY_FOLDER);
    // The target's clock for both: ours may differ.
    const own = marks.find(({ name }) => name === mark);
    if (own === undefined) throw this.#busy('this process was taken for dead meanwhile');
    for (const { name, modifiedMs } of marks) {
      if (name === mark || !name.startsWith(BUSY_FOLDER + against)) continue;
      if (own.modifiedMs - modifiedMs > BUSY_MS_MAX) await this.remove(name);
      else
        throw this.#busy(
          name.startsWith(`${BUSY_FOLDER}prune`) ? 'backups are being removed' : 'a backup is being made',
        );
    }
  }

  #busy(what: string): BackupError {
    return new BackupError(
      'BUSY',
      `${what} in ${this.target.place}: try again in a while. If whoever did it was killed, wait a minute`,
    );
  }

  /** Binds an encrypted object to its place. */
  #contextOf(name: string): string {
    return `${this.logId}/${name}`;
  }
}

/** Every set that a target holds. */
export async function listSets(
  target: BackupTarget,
): Promise<{ readonly logId: string; readonly keyId: string; readonly objects: TargetObject[] }[]> {
  const sets = new Map<string, { logId: string; keyId: string; objects: TargetObject[] }>();
  for (const object of await target.list('')) {
    const found = setOf(object.name);
    if (found === undefined) continue;
    const root = `${found.logId}/${found.keyId}/`;
    const set = sets.get(root) ?? { ...found, objects: [] };
    set.objects.push({ ...object, name: object.name.slice(root.length) });
    sets.set(root, set);
  }
  return [...sets.values()];
}

/** @param name of the object, with its set @throws BackupError */
async function readManifest(
  target: BackupTarget,
  name: string,
  key: BackupKey | undefined,
): Promise<BackupManifest> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const set = setOf(name);
  const id = parseManifestName(name.slice(`${set?.logId}/${set?.keyId}/`.length)) ?? '';
  for await (const piece of target.get(name)) {
    bytes += piece.length;
    if (bytes > MANIFEST_BYTES_MAX) {
      throw new BackupError('DAMAGED', `the manifest of backup ${id} is too large: use another backup`);
    }
    pieces.push(piece);
  }
  const manifest = decodeManifest(Buffer.concat(pieces).toString(), id, key);
  if (manifest.logId === set?.logId && manifest.keyId === set.keyId) return manifest;
  throw new BackupError(
    'DAMAGED',
    `the manifest of backup ${id} is of another log or key: use another backup`,
  );
}

/** Ends the name of an object, so that no other has it. */
export function randomDigits(): string {
  return randomBytes(4).toString('hex');
}

/** A stream of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Counts and hashes what passes. */
class Measured implements AsyncIterable<Uint8Array> {
  declare bytes: number;
  declare private readonly source: AsyncIterable<Uint8Array>;
  declare private readonly hash: ReturnType<typeof createHash>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source;
    this.bytes = 0;
    this.hash = createHash('sha256');
  }

  digest(): string {
    return this.hash.copy().digest('hex');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.source) {
      this.bytes += piece.length;
      this.hash.update(piece);
      yield piece;
    }
  }
}
