import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import {
  backupSequence,
  isBackupId,
  manifestName,
  parseManifestName,
  parseSnapshotName,
} from '#codec/backup/object-names.ts';
import { BackupSet, listSets, PLAIN } from './backup-set.ts';
import type { BackupTarget, TargetObject } from './backup-target.ts';
import { LogCover } from './log-cover.ts';

export interface SetChoice {
  /** A backup's id, or undefined. */
  readonly id: string | undefined;
  /** Id of the log, where the target has several. */
  readonly logId: string | undefined;
  readonly key: BackupKey | undefined;
  /** Whether objects are to be read: then an encrypted set needs its key. */
  readonly isRead: boolean;
}

/** The set that somebody means, or what else there is to choose from. @throws BackupError NOT_FOUND, UNUSABLE, KEY */
export async function chooseSet(target: BackupTarget, choice: SetChoice): Promise<BackupSet> {
  const { id, logId, key, isRead } = choice;
  if (id !== undefined && !isBackupId(id)) {
    throw new BackupError('UNUSABLE', `${id} is no backup's id: see "hive backup list"`);
  }
  const sets = await listSets(target);
  const found = sets.filter((set) => {
    const hasId = id === undefined || set.objects.some(({ name }) => name === manifestName(id));
    return hasId && (logId === undefined || set.logId === logId);
  });
  const ofKey = found.filter((set) => set.keyId === (key?.id ?? PLAIN));
  const [chosen, other] = ofKey.length > 0 || isRead ? ofKey : found;
  if (chosen !== undefined && other === undefined) {
    const newer = found.find((set) => set.logId === chosen.logId && goesFarther(set.objects, chosen.objects));
    if (isRead && newer !== undefined) throw notNewest(target, newestOf(chosen.objects), newer.keyId);
    return new BackupSet(target, chosen.logId, key?.id === chosen.keyId ? key : undefined, chosen.keyId);
  }
  if (other !== undefined) {
    const ids = [...new Set(found.map((set) => set.logId))];
    throw new BackupError(
      'UNUSABLE',
      `${target.place} has several logs: say which with --log, one of ${ids.join(', ')}`,
    );
  }
  if (found.length > 0) throw wrongKey(target, found[0].keyId, key);
  const what = id === undefined ? 'no backup' : `no backup ${id}`;
  throw new BackupError(
    'NOT_FOUND',
    `${target.place} has ${what}${logId === undefined ? '' : ` of log ${logId}`}`,
  );
}

/** By the log, whose entries have one order: the clocks of those who made the backups may differ. */
function goesFarther(objects: readonly TargetObject[], than: readonly TargetObject[]): boolean {
  const [a, b] = [reachOf(objects), reachOf(than)];
  return a.line === b.line ? a.sequence > b.sequence : a.line > b.line;
}

/** The newest history of a set, and the last entry of it. Where a node had let go of all its log, only the snapshot has that. */
function reachOf(objects: readonly TargetObject[]): { readonly line: number; readonly sequence: number } {
  const cover = LogCover.ofObjects(objects);
  const snapshots = objects.flatMap(({ name }) => parseSnapshotName(name) ?? []);
  const ends = snapshots.map(({ line, sequence }) => Math.min(sequence, cover.limitOf(line)));
  return { line: cover.newestLine, sequence: Math.max(cover.lastSequence, ...ends) };
}

/** Id of the backup that goes farthest among the objects of a set; empty when it has none. */
function newestOf(objects: readonly TargetObject[]): string {
  return (
    objects
      .flatMap(({ name }) => parseManifestName(name) ?? [])
      .sort((a, b) => backupSequence(a) - backupSequence(b))
      .at(-1) ?? ''
  );
}

/** Who asks for the newest backup must not get, without a word, that of before the key was changed. */
function notNewest(target: BackupTarget, newest: string, keyId: string): BackupError {
  const way = keyId === PLAIN ? 'leave --key-file out' : 'give its key with --key-file';
  const by = keyId === PLAIN ? 'not encrypted' : `encrypted with key ${keyId}`;
  return new BackupError(
    'KEY',
    `${target.place} has newer backups of this log that are ${by}: ${way}, or name the backup that you mean, ${newest}`,
  );
}

function wrongKey(target: BackupTarget, keyId: string, key: BackupKey | undefined): BackupError {
  if (keyId === PLAIN) {
    return new BackupError('KEY', `the backups in ${target.place} are not encrypted: leave --key-file out`);
  }
  return new BackupError(
    'KEY',
    `the backups in ${target.place} are encrypted with key ${keyId}: ${key === undefined ? 'give it with --key-file' : `the key that was given is ${key.id}`}`,
  );
}
