import { BackupError } from './backup-error.ts';
import type { BackupKey } from './backup-key.ts';
import { isBackupId, parsePieceName, parseSnapshotName } from './object-names.ts';

export const MANIFEST_FORMAT_VERSION = 1;
/** A manifest is read into memory: room for the segments of some terabytes of log. */
export const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** An object as it lies in the target. */
export interface ManifestObject {
  readonly name: string;
  readonly bytes: number;
  /** Of the stored bytes, which are ciphertext where there is a key: 64 hexadecimal digits. */
  readonly sha256: string;
}

/** What a backup is: docs/backup-format.md. */
export interface BackupManifest {
  readonly formatVersion: number;
  readonly id: string;
  /** Version of the package that wrote it. */
  readonly toolVersion: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly logId: string;
  readonly nodeId: number;
  /** Of the data directory when it was backed up. */
  readonly epoch: number;
  /** Which history of the log: see PieceName. */
  readonly line: number;
  /** Whether it was taken by the node itself, which backs up continuously. */
  readonly isContinuous: boolean;
  readonly keyId: string;
  /** The state to start from; null: the log goes back to its first entry. */
  readonly snapshot: {
    readonly sequence: number;
    /** Log time after it. */
    readonly timeSeconds: number;
    readonly timeNanos: number;
    readonly stateHash: string;
    readonly coreVersion: number;
    readonly object: ManifestObject;
  } | null;
  readonly log: {
    readonly firstSequence: number;
    readonly lastSequence: number;
    readonly lastTimeSeconds: number;
    readonly lastTimeNanos: number;
    /** In order; together they hold the entries without a gap, some maybe twice. */
    readonly objects: readonly ManifestObject[];
  };
  /** After the last entry. */
  readonly stateHash: string;
}

/** The manifest's text: JSON, and behind it a line with the key's proof where there is a key. */
export function encodeManifest(manifest: BackupManifest, key: BackupKey | undefined): string {
  const text = `${JSON.stringify(manifest, undefined, 1)}\n`;
  return key === undefined ? text : `${text}proof ${key.proofOf(text)}\n`;
}

/**
 * Reads a manifest and believes nothing of it: every field has its form, every object a name that can be one of its kind.
 * @param key checks the proof; undefined for who only lists
 * @throws BackupError DAMAGED, KEY
 */
export function decodeManifest(text: string, id: string, key: BackupKey | undefined): BackupManifest {
  const damaged = (what: string): BackupError =>
    new BackupError('DAMAGED', `the manifest of backup ${id} ${what}: use another backup`);
  const [, json, proof] = /^([\s\S]*\n)proof ([0-9a-f]{64})\n$/.exec(text) ?? [undefined, text, undefined];
  let manifest: BackupManifest;
  try {
    manifest = JSON.parse(json) as BackupManifest;
  } catch (cause) {
    throw new BackupError('DAMAGED', `the manifest of backup ${id} is no JSON: use another backup`, {
      cause,
    });
  }
  if (manifest?.formatVersion !== MANIFEST_FORMAT_VERSION) {
    throw damaged(`has format ${manifest?.formatVersion}, this build reads ${MANIFEST_FORMAT_VERSION}`);
  }
  if (!isSane(manifest) || manifest.id !== id) throw damaged('has missing or wrong fields');
  if (key !== undefined && proof !== key.proofOf(json)) {
    throw damaged(`was not written with key ${key.id}, or was changed since`);
  }
  return manifest;
}

function isSane(manifest: BackupManifest): boolean {
  const { snapshot, log } = manifest;
  if (log === null || typeof log !== 'object' || !Array.isArray(log.objects)) return false;
  const isPiece = ({ name }: ManifestObject): boolean => parsePieceName(name)?.isLive === false;
  return (
    isBackupId(manifest.id) &&
    [manifest.toolVersion, manifest.logId, manifest.keyId].every((text) => typeof text === 'string') &&
    !Number.isNaN(Date.parse(manifest.createdAt)) &&
    typeof manifest.isContinuous === 'boolean' &&
    [manifest.nodeId, manifest.epoch, manifest.line].every(isCount) &&
    isHash64(manifest.stateHash) &&
    [log.firstSequence, log.lastSequence, log.lastTimeSeconds, log.lastTimeNanos].every(isCount) &&
    log.firstSequence >= 1 &&
    log.lastSequence >= log.firstSequence - 1 &&
    log.objects.every((object) => isObject(object) && isPiece(object)) &&
    (snapshot === null ? log.firstSequence === 1 : isSnapshot(snapshot, log))
  );
}

function isSnapshot(snapshot: NonNullable<BackupManifest['snapshot']>, log: BackupManifest['log']): boolean {
  if (typeof snapshot !== 'object' || !isObject(snapshot.object)) return false;
  const { sequence, timeSeconds, timeNanos, coreVersion, stateHash, object } = snapshot;
  return (
    [sequence, timeSeconds, timeNanos, coreVersion].every(isCount) &&
    isHash64(stateHash) &&
    parseSnapshotName(object.name)?.sequence === sequence &&
    sequence <= log.lastSequence &&
    sequence + 1 >= log.firstSequence
  );
}

function isObject(object: ManifestObject): boolean {
  return (
    object !== null &&
    typeof object === 'object' &&
    typeof object.name === 'string' &&
    isCount(object.bytes) &&
    typeof object.sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(object.sha256)
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A state hash: 16 hexadecimal digits. */
function isHash64(text: unknown): boolean {
  return typeof text === 'string' && /^[0-9a-f]{16}$/.test(text);
}
