import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ComponentState, type ComponentStatus, UPTIME_DAYS } from '#domain/component-status.ts';
import type { UptimeDay, UptimeRecord } from '#domain/history.ts';

const FILE = 'uptime.db';
const COMPANIONS = ['-wal', '-shm'];
/** Raised with every change of the tables: what another build wrote is put aside. */
const FORMAT = 1;
/** https://www.sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11;
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

const SCHEMA = `
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), lastMinute INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (1, 0);
  CREATE TABLE days (
    name TEXT NOT NULL, daySeconds INTEGER NOT NULL,
    operationalMinutes INTEGER NOT NULL, degradedMinutes INTEGER NOT NULL, outageMinutes INTEGER NOT NULL,
    PRIMARY KEY (name, daySeconds)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT};
`;

interface UptimeLogger {
  warn(fields: object, message: string): void;
}

/**
 * How often each part of the venue was up: measurements as minutes of days, in `uptime.db` of the data directory. A minute counts as
 * the worst of what was measured in it; one in which nothing was measured counts as nothing. It is no part of the log: each node has
 * its own. Kept for UPTIME_DAYS. Where the file cannot be used, it is put aside or nothing is recorded: trading does not depend on it.
 */
export class UptimeStore {
  declare private readonly logger: UptimeLogger;
  declare private readonly file: string;
  declare private database: DatabaseSync | undefined;
  declare private add: StatementSync | undefined;
  /** Minutes since the Unix epoch: of what is being measured, and the last one that was written. */
  declare private minute: number;
  declare private lastMinute: number;
  /** By part: the worst in this minute. */
  declare private readonly worst: Map<string, ComponentState>;

  constructor(directory: string, logger: UptimeLogger) {
    this.logger = logger;
    this.database = undefined;
    this.add = undefined;
    this.minute = 0;
    this.lastMinute = 0;
    this.worst = new Map();
    this.file = join(directory, FILE);
    try {
      this.#open();
    } catch (error) {
      this.#replace(error as Error);
    }
  }

  /** One look at the parts, at a time of the wall clock in milliseconds since the Unix epoch. Where that ran back, it counts again later. */
  measure(components: readonly ComponentStatus[], wallMs: number): void {
    const minute = Math.floor(wallMs / 1_000 / MINUTE_SECONDS);
    if (minute <= this.lastMinute) return;
    if (minute !== this.minute) {
      this.#write();
      this.minute = minute;
    }
    for (const { name, state } of components) {
      if (state > (this.worst.get(name) ?? 0)) this.worst.set(name, state);
    }
  }

  /** What was recorded, the present minute left out. */
  read(): UptimeRecord {
    const parts = new Map<string, UptimeDay[]>();
    for (const { name, ...day } of this.#rows()) {
      const days = parts.get(String(name)) ?? [];
      parts.set(String(name), days);
      days.push({ ...day } as unknown as UptimeDay);
    }
    return { parts: [...parts].map(([name, days]) => ({ name, days })) };
  }

  /** Writes the minute that is not over, and closes the file. */
  close(): void {
    this.#write();
    this.database?.close();
    this.database = undefined;
  }

  #rows(): Record<string, unknown>[] {
    try {
      return this.database?.prepare('SELECT * FROM days ORDER BY name, daySeconds').all() ?? [];
    } catch (error) {
      this.#onError(error as Error);
      return [];
    }
  }

  #write(): void {
    const { database, add, minute } = this;
    if (database === undefined || add === undefined || this.worst.size === 0) return;
    const seconds = minute * MINUTE_SECONDS;
    const daySeconds = seconds - (seconds % DAY_SECONDS);
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const [name, state] of this.worst) {
        add.run(
          name,
          daySeconds,
          state === ComponentState.Operational ? 1 : 0,
          state === ComponentState.Degraded ? 1 : 0,
          state === ComponentState.Outage ? 1 : 0,
        );
      }
      database.prepare('UPDATE meta SET lastMinute = ?').run(minute);
      const oldest = daySeconds - (UPTIME_DAYS - 1) * DAY_SECONDS;
      database.prepare('DELETE FROM days WHERE daySeconds < ?').run(oldest);
      database.exec('COMMIT');
      this.lastMinute = minute;
    } catch (error) {
      this.#onError(error as Error);
    }
    this.worst.clear();
  }

  #open(): void {
    const database = new DatabaseSync(this.file);
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (user_version === 0) database.exec(`BEGIN; ${SCHEMA} COMMIT`);
      else if (user_version !== FORMAT) throw new Error(`its format is ${user_version}, not ${FORMAT}`);
      this.add = database.prepare(
        `INSERT INTO days VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         operationalMinutes = operationalMinutes + excluded.operationalMinutes,
         degradedMinutes = degradedMinutes + excluded.degradedMinutes,
         outageMinutes = outageMinutes + excluded.outageMinutes`,
      );
      const { lastMinute } = database.prepare('SELECT lastMinute FROM meta').get() as { lastMinute: number };
      this.lastMinute = lastMinute;
      this.database = database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Of pages that the opening did not look at, or of the disk. */
  #onError(error: Error): void {
    const isDamaged = 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_CORRUPT;
    if (!isDamaged) {
      this.#fail(error);
      return;
    }
    this.database?.close();
    this.database = undefined;
    this.#replace(error);
  }

  #replace({ message }: Error): void {
    const { file } = this;
    const aside = `${file}.damaged`;
    try {
      for (const suffix of ['', ...COMPANIONS]) {
        rmSync(aside + suffix, { force: true });
        if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
      }
      this.#open();
      this.logger.warn({ movedTo: aside }, `${file} cannot be used: ${message}. Uptime is recorded anew`);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail({ message }: Error): void {
    this.logger.warn({}, `uptime is not recorded until the node starts again: ${message}`);
    if (this.database?.isOpen === true) this.database.close();
    this.database = undefined;
  }
}
