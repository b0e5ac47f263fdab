/**
 * What stands in the way of a backup or a restore. The message says what to do next.
 * - DAMAGED: stored bytes are not what was stored, or do not give the state that they should.
 * - MISSING: an object that a backup names is not in the target.
 * - KEY: the backup is encrypted and no key, or another one, was given; or the key file is no key.
 * - NOT_FOUND: there is no such backup, or no entry of the log at that point.
 * - UNREACHABLE, DENIED, FULL: the target does not answer, does not let us, takes nothing more.
 * - BUSY: somebody else writes or removes backups there.
 * - SUPERSEDED: the log goes on elsewhere, from a restore: this copy of it may not add to the backups.
 * - UNUSABLE: what was asked for cannot be, such as a target that is no place, or a directory that is not empty.
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  declare readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export type BackupErrorCode =
  | 'DAMAGED'
  | 'MISSING'
  | 'KEY'
  | 'NOT_FOUND'
  | 'UNREACHABLE'
  | 'DENIED'
  | 'FULL'
  | 'BUSY'
  | 'SUPERSEDED'
  | 'UNUSABLE';
