import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { damagedHistory, HistoryError, historyError } from './history-errors.ts';
import { HISTORY_FORMAT, SCHEMA } from './history-schema.ts';

const FILE = 'history.db';
/** Beside the database while it is open or was not closed. https://www.sqlite.org/wal.html */
const WRITE_AHEAD_LOG = '-wal';
const COMPANIONS = [WRITE_AHEAD_LOG, '-shm'];

/**
 * Large pages and a log of up to 4 MiB before it is copied into the database: rows of recent orders change again soon,
 * and so are written to their place less often. With 32 MiB that was a tenth less work, but SQLite syncs all of it at once: 50 MB in one
 * go, for which a durable write of the order path waited 20 ms. The cache holds what recent orders touch.
 */
const PRAGMAS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 512;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -16384;
  PRAGMA temp_store = MEMORY;
`;

/** How far history goes. */
export interface HistoryMeta {
  readonly logId: string;
  /** First entry of the log from which on nothing is lacking. */
  readonly completeFrom: number;
  /** The log's time before that entry; 0 when it is the log's first. */
  readonly completeFromSeconds: number;
  /** Last entry that is in the tables; 0 none. */
  readonly lastSequence: number;
  /** The core's state hash after it. */
  readonly stateHash: string;
}

/** Where the database of a history directory is. */
export function historyFile(directory: string): string {
  return join(directory, FILE);
}

/** Removes the history of a directory. @throws the error of node:fs */
export function removeHistory(directory: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(historyFile(directory) + suffix, { force: true });
}

/** Moves a history that cannot be used out of the way, over the one that was there before; returns where it went. */
export function setHistoryAside(directory: string): string {
  const file = historyFile(directory);
  const aside = `${file}.damaged`;
  for (const suffix of ['', ...COMPANIONS]) {
    rmSync(aside + suffix, { force: true });
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}

/** One history on disk: its connection and how far it goes. Its statements are those of the writer and the reader. */
export class HistoryDatabase {
  declare readonly file: string;
  declare private readonly database: DatabaseSync;
  declare private _meta: HistoryMeta;
  declare private isWriting: boolean;
  declare private readonly setMeta: StatementSync | undefined;
  /** When the file was last written before it was opened as one that does not change; undefined: it may. */
  declare private readonly unchangedMs: number | undefined;

  private constructor(
    file: string,
    database: DatabaseSync,
    isReadOnly: boolean,
    unchangedMs: number | undefined,
  ) {
    this.file = file;
    this.database = database;
    this.unchangedMs = unchangedMs;
    this.isWriting = false;
    this._meta = readMeta(file, database);
    this.setMeta = isReadOnly
      ? undefined
      : database.prepare(
          'UPDATE meta SET completeFrom = ?, completeFromSeconds = ?, lastSequence = ?, stateHash = ?',
        );
  }

  /**
   * Opens the history of a directory to write, and makes it where there is none.
   * @throws HistoryError
   */
  static open(directory: string, logId: string): HistoryDatabase {
    const file = historyFile(directory);
    const isNew = !existsSync(file);
    try {
      makeDirectory(directory);
    } catch (error) {
      throw historyError(file, error);
    }
    return HistoryDatabase.#openChecked(file, logId, false, (database) => {
      database.exec(PRAGMAS);
      const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as {
        tables: number;
      };
      // A start that was interrupted leaves a file without tables.
      if (user_version === 0 && tables === 0) {
        database.exec(`BEGIN; ${SCHEMA}`);
        database.prepare("INSERT INTO meta VALUES (1, ?, 1, 0, 0, '')").run(logId);
        database.exec('COMMIT');
      }
      if (isNew) syncDirectory(directory);
    });
  }

  /** Opens a history to read, beside a node that writes it too; the right to read is enough. @throws HistoryError; the error of node:fs */
  static openReadOnly(directory: string, logId: string): HistoryDatabase {
    const file = historyFile(directory);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) {
      throw new HistoryError(
        'MISSING',
        file,
        'is not there: the node makes it at its next start; "hive history rebuild" does so now',
      );
    }
    // Whoever opens a database makes its companions where there are none, which takes the right to write, and leaves them there. Not of one that does not change.
    const unchangedMs = existsSync(file + WRITE_AHEAD_LOG) ? undefined : stats.mtimeMs;
    return HistoryDatabase.#openChecked(file, logId, true, () => {}, unchangedMs);
  }

  static #openChecked(
    file: string,
    logId: string,
    readOnly: boolean,
    prepare: (database: DatabaseSync) => void,
    unchangedMs?: number,
  ): HistoryDatabase {
    const url = pathToFileURL(file);
    if (unchangedMs !== undefined) url.search = 'immutable=1';
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(url, { readOnly });
      prepare(database);
      const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (user_version !== HISTORY_FORMAT) {
        const what = `has format ${user_version}, this build's is ${HISTORY_FORMAT}: the node's next start, or "hive history rebuild", writes it anew from the log`;
        throw new HistoryError('OTHER_FORMAT', file, what);
      }
      const history = new HistoryDatabase(file, database, readOnly, unchangedMs);
      if (history.meta.logId !== logId) {
        const what = `is of log ${history.meta.logId}, this directory's is ${logId}: "hive history rebuild" writes it anew`;
        throw new HistoryError('OTHER_LOG', file, what);
      }
      return history;
    } catch (error) {
      database?.close();
      throw historyError(file, error);
    }
  }

  get meta(): HistoryMeta {
    return this._meta;
  }

  /** Whether somebody began to write what was opened as a file that does not change: what was read may be of two times. */
  get hasChanged(): boolean {
    return this.unchangedMs !== undefined && statSync(this.file).mtimeMs !== this.unchangedMs;
  }

  /** From now on this connection sees what is there now, whoever writes; returns how far that goes. */
  hold(): HistoryMeta {
    this.database.exec('BEGIN');
    this._meta = readMeta(this.file, this.database);
    return this._meta;
  }

  /** @throws HistoryError */
  prepare(sql: string): StatementSync {
    try {
      return this.database.prepare(sql);
    } catch (error) {
      throw historyError(this.file, error);
    }
  }

  /** All rows of a question that has no parameters. @throws HistoryError */
  all(sql: string): Record<string, SQLOutputValue>[] {
    try {
      return this.database.prepare(sql).all();
    } catch (error) {
      throw historyError(this.file, error);
    }
  }

  exec(sql: string): void {
    this.database.exec(sql);
  }

  /** Begins a transaction unless one is open. @throws the error of node:sqlite */
  begin(): void {
    if (this.isWriting) return;
    this.database.exec('BEGIN IMMEDIATE');
    this.isWriting = true;
  }

  /** Ends the transaction: what it wrote, and how far that goes, is there for readers. @throws the error of node:sqlite */
  commit(changes: Partial<Omit<HistoryMeta, 'logId'>>): void {
    const meta = { ...this._meta, ...changes };
    const { completeFrom, completeFromSeconds, lastSequence, stateHash } = meta;
    this.begin();
    this.setMeta?.run(completeFrom, completeFromSeconds, lastSequence, stateHash);
    this.database.exec('COMMIT');
    this.isWriting = false;
    this._meta = meta;
  }

  /** Makes what was committed durable. @throws the error of node:sqlite */
  sync(): void {
    // With FULL a commit writes the write-ahead log through, and with it every commit before.
    this.database.exec('PRAGMA synchronous = FULL');
    this.commit({});
    this.database.exec('PRAGMA synchronous = NORMAL');
  }

  /** Forgets an open transaction and closes the file. */
  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

function readMeta(file: string, database: DatabaseSync): HistoryMeta {
  const sql = 'SELECT logId, completeFrom, completeFromSeconds, lastSequence, stateHash FROM meta';
  const meta = database.prepare(sql).get();
  if (meta === undefined) throw damagedHistory(file, 'it does not say how far it goes');
  return meta as unknown as HistoryMeta;
}

function makeDirectory(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) syncDirectory(dirname(made));
}

function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
