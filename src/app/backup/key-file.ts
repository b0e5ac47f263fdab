import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { BackupError } from '#codec/backup/backup-error.ts';
import { BackupKey } from '#codec/backup/backup-key.ts';
import { PrivateFileError, readPrivateFile } from '#gateways/identity/private-file.ts';
import { errorCode } from '#log/file/disk.ts';

/** Reads a key, also one that is mounted for this process' group. @throws BackupError KEY, also when others may read the file */
export function readKeyFile(path: string): BackupKey {
  const bytes = bytesOf(path);
  if (bytes !== undefined) return BackupKey.parse(bytes.toString('latin1'), path);
  throw new BackupError('KEY', `there is no key file ${path}: make one with "hive backup new-key"`);
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readPrivateFile(path, process.getegid?.());
  } catch (cause) {
    throw cause instanceof PrivateFileError ? new BackupError('KEY', cause.message, { cause }) : cause;
  }
}

/** Makes a new key and a file for it, which only its owner may read. @throws BackupError KEY when there is such a file */
export function writeNewKeyFile(path: string): BackupKey {
  const key = BackupKey.generate();
  let handle: number;
  try {
    handle = openSync(path, 'wx', 0o600);
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    const advice = 'a key that backups are encrypted with must not be lost: choose another name';
    throw new BackupError('KEY', `${path} is there already, and ${advice}`, { cause });
  }
  try {
    writeSync(handle, key.toText());
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return key;
}
