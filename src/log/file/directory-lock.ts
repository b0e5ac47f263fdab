import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from './disk.ts';

/** Why a data directory cannot be used. The message says what to do. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  declare readonly code:
    | 'LOCKED'
    | 'FORMAT_VERSION'
    | 'NOT_A_DATA_DIRECTORY'
    | 'DAMAGED'
    | 'WRONG_NODE'
    | 'WRONG_LOG'
    | 'NOT_EMPTY'
    | 'UNFINISHED_RESTORE'
    | 'UNUSABLE';

  constructor(code: DataDirectoryError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Keeps the locks' databases from being collected, which would release them. */
const held = new Set<DatabaseSync>();

const SQLITE_BUSY = 5;
const LOCK_FILE = 'lock';
const OWNER_FILE = 'lock-owner';

/** The files that a lock leaves in its directory, for ever: removing them would let two processes in. */
export const LOCK_FILES: readonly string[] = [LOCK_FILE, OWNER_FILE];

/**
 * Makes this process the only one that uses `directory`, until the returned function is called or the process ends.
 *
 * The lock is the kernel's (fcntl, a write lock on bytes of the file `lock`), so it ends with its process however
 * that ends, needs no clean-up, cannot be taken over by mistake, and holds between containers that share a volume
 * on one machine, where process ids and abstract sockets mean nothing. Node has no call for it; SQLite, which is
 * part of Node, has: an exclusive transaction on a database that stays empty.
 *
 * @throws DataDirectoryError LOCKED, naming the process that holds it; UNUSABLE when the file system refuses.
 */
export function lockDirectory(directory: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    writeOwner(directory);
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new DataDirectoryError(
        'LOCKED',
        `the data directory ${directory} is in use by ${ownerOf(directory)}: stop that first, or choose another directory`,
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataDirectoryError(
      'UNUSABLE',
      `the data directory ${directory} cannot be locked (${reason}): it must be writable, on a file system with POSIX locks`,
      { cause: error },
    );
  }
  const database_ = database;
  held.add(database_);
  return () => {
    if (held.delete(database_)) database_.close();
  };
}

/**
 * Who has the lock of a directory, without touching it: who starts at the same time must find it free. undefined: nobody, or the kernel
 * does not say (/proc/locks of Linux).
 */
export function lockHolder(directory: string): string | undefined {
  try {
    const { ino } = statSync(join(directory, LOCK_FILE));
    const owner = ownerOf(directory);
    const held = readFileSync('/proc/locks', 'latin1').matchAll(/ WRITE (\d+) \w+:\w+:(\d+) /g);
    const isHeld = [...held].some(
      ([, pid, file]) => file === `${ino}` && owner.startsWith(`process ${pid} `),
    );
    return isHeld ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** On a full disk nobody is named: what only looks at the directory still can. */
function writeOwner(directory: string): void {
  try {
    writeFileSync(
      join(directory, OWNER_FILE),
      `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`,
    );
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

function ownerOf(directory: string): string {
  try {
    return readFileSync(join(directory, OWNER_FILE), 'utf8').trim() || 'another process';
  } catch {
    return 'another process';
  }
}
