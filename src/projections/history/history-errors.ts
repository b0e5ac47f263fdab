/** History cannot be opened, read or written. Orders, reports and snapshots do not depend on it. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  /**
   * `MISSING`: there is no file. `DAMAGED`: the file is not what was written. `OTHER_FORMAT`: another build wrote it.
   * `OTHER_LOG`: it is of another log.
   */
  declare readonly code: HistoryErrorCode;
  declare readonly file: string;

  constructor(code: HistoryErrorCode, file: string, what: string, options?: { cause?: unknown }) {
    super(`history: ${file} ${what}`, options);
    this.code = code;
    this.file = file;
  }
}

export type HistoryErrorCode =
  | 'MISSING'
  | 'DAMAGED'
  | 'OTHER_FORMAT'
  | 'OTHER_LOG'
  | 'DISK_FULL'
  | 'IO_ERROR';

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const SQLITE_ERROR = 1;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/** The file is not what was written. */
export function damagedHistory(file: string, why: string, options?: { cause?: unknown }): HistoryError {
  const what = `is damaged (${why}): look at the disk, then restart the node or run "hive history rebuild"`;
  return new HistoryError('DAMAGED', file, what, options);
}

/** What an error of node:sqlite means here; any other error is a bug and is thrown on. */
export function historyError(file: string, error: unknown): HistoryError {
  if (error instanceof HistoryError) return error;
  const { errcode, syscall, code, message } = error as NodeJS.ErrnoException & { errcode?: number };
  if (errcode === undefined && syscall === undefined) throw error;
  const options = { cause: error };
  switch (code === 'ENOSPC' ? SQLITE_FULL : (errcode ?? SQLITE_IOERR) & 0xff) {
    case SQLITE_FULL:
      return new HistoryError(
        'DISK_FULL',
        file,
        'cannot grow: free space, then restart the node, which writes what is missing from the log',
        options,
      );
    // A table or a column is not there.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
      return damagedHistory(file, message, options);
    default:
      return new HistoryError(
        'IO_ERROR',
        file,
        `cannot be used (${message}): mend that, then restart the node, which writes what is missing from the log`,
        options,
      );
  }
}
