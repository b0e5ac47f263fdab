import { lstatSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirectoryError, readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { lockDirectory } from '#log/file/directory-lock.ts';
import type { BackupTarget } from './backup-target.ts';

const PREFIX = 'hive-drill-';
/** Where the drill's backups go, so that only a drill to the same place takes them away. */
const PLACE_FILE = 'target';
/** How often the removal of a folder is tried: what was interrupted may still write there. */
const REMOVALS_MAX = 10;

/** What a drill has on the disk. It is locked while the drill's process runs, however that ends. */
export interface DrillFolder {
  readonly path: string;
  /** Of the venue that is lost. */
  readonly killedDirectory: string;
  remove(): Promise<void>;
}

/** Makes the folder of a drill whose backups go to `place`. */
export function makeDrillFolder(workDirectory: string, place: string): DrillFolder {
  const path = mkdtempSync(join(workDirectory, PREFIX));
  const release = lockDirectory(path);
  writeFileSync(join(path, PLACE_FILE), place);
  return {
    path,
    killedDirectory: killedDirectoryOf(path),
    remove: () => removeFolder(path).finally(release),
  };
}

/**
 * Removes what drills to this target have left that were killed: their folders, and their logs in the target.
 * @param onRemoved called with each folder
 */
export async function removeLeftDrills(
  workDirectory: string,
  target: BackupTarget,
  onRemoved: (path: string) => void,
): Promise<void> {
  for (const name of readdirSync(workDirectory)) {
    const path = join(workDirectory, name);
    if (!name.startsWith(PREFIX) || !isOurs(path) || placeOf(path) !== target.place) continue;
    const release = lockUnlessHeld(path);
    if (release === undefined) continue;
    try {
      const logId = logIdOf(killedDirectoryOf(path));
      if (logId !== undefined) await target.removeFolder(logId);
      await removeFolder(path);
    } finally {
      release();
    }
    onRemoved(path);
  }
}

function killedDirectoryOf(path: string): string {
  return join(path, 'killed');
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: REMOVALS_MAX });
}

/** In a directory that all may write to, somebody else's folder could name any log. */
function isOurs(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.();
}

function placeOf(path: string): string | undefined {
  try {
    return readFileSync(join(path, PLACE_FILE), 'utf8');
  } catch {
    return undefined;
  }
}

/** undefined: its drill runs. */
function lockUnlessHeld(path: string): (() => void) | undefined {
  try {
    return lockDirectory(path);
  } catch (error) {
    if (error instanceof DataDirectoryError && error.code === 'LOCKED') return undefined;
    throw error;
  }
}

/** Of the drill's own log; undefined: it has not come to a log yet. */
export function logIdOf(killedDirectory: string): string | undefined {
  try {
    return readDataDirectoryMeta(killedDirectory).logId;
  } catch (error) {
    if (error instanceof DataDirectoryError) return undefined;
    throw error;
  }
}
