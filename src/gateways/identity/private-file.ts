import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The name of a file that is being written; one that is left over means nothing. */
export const UNFINISHED_SUFFIX = '.unfinished';
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const OTHERS = 0o077;
/** All that others than the owner may have in a file that was mounted, but its group's reading. */
const MOUNTED_OTHERS = 0o037;
const ROOT = 0;

/** A file with a secret cannot be used as it is. */
export class PrivateFileError extends Error {
  override readonly name = 'PrivateFileError';
  declare readonly code: 'READABLE_BY_OTHERS' | 'NOT_A_KEY' | 'UNREADABLE';

  constructor(code: PrivateFileError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whose a file is, and what others may do with it. */
export interface FileAccess {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether nobody but this process' user, and root, may read a file.
 * @param mountedGroup group of a process that takes secrets which are mounted for it, as Kubernetes does with `fsGroup`: root's, read-only
 * for that group. undefined: it takes none
 */
export function isPrivate({ mode, uid, gid }: FileAccess, mountedGroup: number | undefined): boolean {
  if ((mode & OTHERS) === 0) return true;
  return (mode & MOUNTED_OTHERS) === 0 && uid === ROOT && gid === mountedGroup;
}

/**
 * The bytes of a file that only its owner may read; undefined where there is none.
 * @param mountedGroup of `isPrivate`
 * @throws PrivateFileError when others may read it, or it cannot be read
 */
export function readPrivateFile(path: string, mountedGroup?: number): Buffer | undefined {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PrivateFileError('UNREADABLE', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    if (!isPrivate(fstatSync(handle), mountedGroup)) {
      const advice = `chmod 600 ${path}, and replace the key if somebody may have read it`;
      throw new PrivateFileError(
        'READABLE_BY_OTHERS',
        `${path} may be read by others than its owner: ${advice}`,
      );
    }
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes a file that only its owner may read, in a directory of the same kind. After a crash it holds the old bytes or
 * the new, and the new once this has returned. @throws the error of node:fs
 */
export function writePrivateFile(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  const unfinished = path + UNFINISHED_SUFFIX;
  const handle = openSync(unfinished, 'w', OWNER_ONLY);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, path);
  syncDirectory(dirname(path));
}

/** Removes such a file for good; one that is not there is removed already. @throws the error of node:fs */
export function removePrivateFile(path: string): void {
  rmSync(path, { force: true });
  syncDirectory(dirname(path));
}

function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
