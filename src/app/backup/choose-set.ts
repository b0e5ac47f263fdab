import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import { isBackupId, manifestName, parseManifestName } from '#codec/backup/object-names.ts';
import { BackupSet, listSets, PLAIN } from './backup-set.ts';
import type { BackupTarget, TargetObject } from './backup-target.ts';

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
    const newest = newestOf(chosen.objects);
    const newer = found.find((set) => set.logId === chosen.logId && newestOf(set.objects) > newest);
    if (isRead && newer !== undefined) throw notNewest(target, newest, newer.keyId);
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

/** Id of the newest backup among the objects of a set; empty when it has none. */
function newestOf(objects: readonly TargetObject[]): string {
  return (
    objects
      .flatMap(({ name }) => parseManifestName(name) ?? [])
      .sort()
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
