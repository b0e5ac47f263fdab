import { BackupError } from '#codec/backup/backup-error.ts';

/** An object as a target lists it. */
export interface TargetObject {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * A place for backups: named objects, each written whole or not at all, and seen by everybody once it is written. Names are
 * lower-case words with slashes between them (src/codec/backup/object-names.ts). What goes wrong is a BackupError.
 */
export interface BackupTarget {
  /** As the operator wrote it, without anything secret. */
  readonly place: string;
  /** Stores an object, durably; one of the same name is replaced. */
  put(name: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** @throws BackupError MISSING when there is no such object */
  get(name: string): AsyncIterable<Uint8Array>;
  /** Objects whose names begin with `prefix`, in the order of names. */
  list(prefix: string): Promise<TargetObject[]>;
  /** Removes an object; one that is already gone is fine. */
  remove(name: string): Promise<void>;
  /** Removes all objects whose names begin with `folder` and a slash, and the folder; nobody may write there meanwhile. */
  removeFolder(folder: string): Promise<void>;
  /** Removes what interrupted writes left behind, where that is visible, if it is older than `ageMs`. */
  removeUnfinished(ageMs: number): Promise<void>;
}

/** What a target says of an object that is not there. */
export function missing(name: string, place: string): BackupError {
  return new BackupError(
    'MISSING',
    `${place} has no object ${name}: use another backup, or another copy of the target`,
  );
}
