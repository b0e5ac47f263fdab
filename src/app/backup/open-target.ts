import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import { errorCode } from '#log/file/disk.ts';
import type { BackupTarget } from './backup-target.ts';
import { DirectoryTarget } from './directory-target.ts';
import { S3Target } from './s3-target.ts';

/**
 * The target that `place` names: a directory, or `s3://BUCKET/PREFIX`. What begins with a scheme and a colon is no directory: who writes `s3:/x` does not
 * mean one of that name here.
 * @throws BackupError UNUSABLE
 */
export function openTarget(place: string, environment: NodeJS.ProcessEnv = process.env): BackupTarget {
  const scheme = /^([a-z0-9]{2,}):/i.exec(place)?.[1];
  if (scheme?.toLowerCase() === 's3') return S3Target.open(place, environment);
  if (scheme === undefined && place !== '') return new DirectoryTarget(resolve(place));
  throw new BackupError(
    'UNUSABLE',
    `${place} is no place for backups: name a directory (with ./ before a name with a colon), or s3://BUCKET/PREFIX`,
  );
}

/**
 * A target to read backups from. A directory must be there: one that nothing was written to yet is not told from a wrong path.
 * @throws BackupError UNUSABLE
 */
export function openSource(place: string): BackupTarget {
  const target = openTarget(place);
  if (target instanceof DirectoryTarget && !isDirectory(target.place)) {
    throw new BackupError(
      'UNUSABLE',
      `there is no directory ${target.place}: name the one that backups were written to`,
    );
  }
  return target;
}

/** One that cannot be looked at is for who reads it to tell. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(errorCode(error));
  }
}
