import type { StatementSync } from 'node:sqlite';
import { ArchiveRefusedError, type Page, type PageRequest } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { HistoryDatabase } from './history-database.ts';

/** A list that is read page by page, newest first. */
export interface List {
  readonly table: string;
  /** What a row of the answer consists of: an SQL list of result columns, of the table `page`. */
  readonly columns: string;
  /** Columns that every page fixes, such as accountId. */
  readonly group: readonly string[];
  /** Ascends with the log, and with time. */
  readonly key: string;
  /** Second part of the key, where the first is not unique within the group; itself unique within one value of that. */
  readonly subkey?: string;
  /** A condition that all rows meet, for an index of such rows alone. */
  readonly condition?: string;
}

/** What else the rows of a page have in common: column and value; undefined: any. */
export type Filters = Readonly<Record<string, number | undefined>>;

/** A position in a list: before the first row, at a row, or after all. */
interface Place {
  readonly key: number;
  readonly subkey: number;
}

const END = Number.MAX_SAFE_INTEGER;

/** Reads pages of lists. Statements are kept: there is one for each list and set of filters. */
export class Pages {
  declare private readonly database: HistoryDatabase;
  declare private readonly statements: Map<string, StatementSync>;

  constructor(database: HistoryDatabase) {
    this.database = database;
    this.statements = new Map();
  }

  /**
   * The rows of a group that meet the filters. Looks at no more than HISTORY_SCAN_MAX rows.
   * @param keys the first and last key that count
   * @throws ArchiveRefusedError BAD_QUERY
   */
  read<Row>(
    list: List,
    group: readonly number[],
    filters: Filters,
    request: PageRequest,
    keys: { readonly from: number; readonly to: number } = { from: 0, to: END - 1 },
  ): Page<Row> {
    const limit = pageLimit(request.limit);
    let before = request.cursor === undefined ? { key: keys.to + 1, subkey: 0 } : placeOf(request.cursor);
    let { from } = keys;
    if (request.toSeconds !== undefined) {
      const key = this.#firstAt(list, group, request.toSeconds);
      if (key <= before.key) before = { key, subkey: 0 };
    }
    if (request.fromSeconds !== undefined) {
      from = Math.max(from, this.#firstAt(list, group, request.fromSeconds));
    }
    const wanted = Object.entries(filters).filter(([, value]) => value !== undefined);
    const values = wanted.map(([name, value]) => pageFilter(name, value));
    const statement = this.#pageStatement(
      list,
      wanted.map(([name]) => name),
    );
    const scan = wanted.length === 0 ? limit + 1 : Limits.HISTORY_SCAN_MAX;
    const bounds = [...group, from, ...this.#bound(list, before)];
    const found = statement.all(...bounds, scan, ...values, limit + 1) as unknown as (Row & KeyedRow)[];
    const rows = found.slice(0, limit).map(({ pageKey: _key, pageSubkey: _subkey, ...row }) => row as Row);
    if (found.length > limit) return { rows, cursor: cursorOf(found[limit - 1]) };
    if (wanted.length === 0) return { rows, cursor: undefined };
    const last = this.#lastScanned(list).get(...bounds, Limits.HISTORY_SCAN_MAX - 1) as KeyedRow | undefined;
    return { rows, cursor: last === undefined ? undefined : cursorOf(last) };
  }

  /** The first key of the group whose time is not before `seconds`; END when there is none. */
  #firstAt(list: List, group: readonly number[], seconds: number): number {
    if (!Number.isSafeInteger(seconds)) throw badQuery('a time is a whole number of seconds');
    const next = this.#prepare(
      `SELECT ${list.key} AS pageKey, timeSeconds FROM ${list.table}
       WHERE ${conditions(list)} AND ${list.key} >= ? ORDER BY ${list.key} LIMIT 1`,
    );
    // Everything below `low` is too old; at `high` and above nothing is.
    let low = 0;
    let high = this.#newest(list, group) + 1;
    let first = END;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const row = next.get(...group, middle) as { pageKey: number; timeSeconds: number } | undefined;
      if (row === undefined || row.timeSeconds >= seconds) {
        if (row !== undefined) first = row.pageKey;
        high = middle;
      } else low = row.pageKey + 1;
    }
    return first;
  }

  #newest(list: List, group: readonly number[]): number {
    const statement = this.#prepare(
      `SELECT max(${list.key}) AS pageKey FROM ${list.table} WHERE ${conditions(list)}`,
    );
    return (statement.get(...group) as { pageKey: number | null }).pageKey ?? 0;
  }

  /** The condition's parameters that say "before this place". */
  #bound(list: List, { key, subkey }: Place): number[] {
    return list.subkey === undefined ? [key] : [key, subkey];
  }

  #pageStatement(list: List, filters: readonly string[]): StatementSync {
    const { table, columns, key, subkey } = list;
    const order = subkey === undefined ? `${key} DESC` : `${key} DESC, ${subkey} DESC`;
    const met = ['true', ...filters.map((name) => `${name} = ?`)].join(' AND ');
    return this.#prepare(
      `SELECT ${columns}, ${keyColumns(list)} FROM (
         SELECT * FROM ${table} WHERE ${within(list)} ORDER BY ${order} LIMIT ?
       ) AS page WHERE ${met} ORDER BY ${order} LIMIT ?`,
    );
  }

  #lastScanned(list: List): StatementSync {
    const { table, key, subkey } = list;
    const order = subkey === undefined ? `${key} DESC` : `${key} DESC, ${subkey} DESC`;
    return this.#prepare(
      `SELECT ${keyColumns(list)} FROM ${table} WHERE ${within(list)} ORDER BY ${order} LIMIT 1 OFFSET ?`,
    );
  }

  #prepare(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

interface KeyedRow {
  readonly pageKey: number;
  readonly pageSubkey: number;
}

function keyColumns({ key, subkey }: List): string {
  return `${key} AS pageKey, ${subkey ?? '0'} AS pageSubkey`;
}

function conditions({ group, condition }: List): string {
  return ['true', ...group.map((column) => `${column} = ?`), ...(condition ? [condition] : [])].join(' AND ');
}

function within(list: List): string {
  const { key, subkey } = list;
  const before = subkey === undefined ? `${key} < ?` : `(${key}, ${subkey}) < (?, ?)`;
  return `${conditions(list)} AND ${key} >= ? AND ${before}`;
}

function cursorOf({ pageKey, pageSubkey }: KeyedRow): string {
  return `${pageKey}.${pageSubkey}`;
}

function placeOf(cursor: string): Place {
  const match = /^(\d{1,16})\.(\d{1,10})$/.exec(cursor);
  if (match === null) throw badQuery('cursor is not one of an answer');
  return { key: Number(match[1]), subkey: Number(match[2]) };
}

/** @throws ArchiveRefusedError BAD_QUERY */
export function pageLimit(
  limit: number = Limits.HISTORY_PAGE_MAX,
  max: number = Limits.HISTORY_PAGE_MAX,
): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  throw badQuery(`limit must be 1 to ${max}`);
}

function pageFilter(name: string, value: number | undefined): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badQuery(`${name} must be a number from 0`);
}

export function badQuery(what: string): ArchiveRefusedError {
  return new ArchiveRefusedError('BAD_QUERY', what);
}
