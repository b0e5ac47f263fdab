import type { HistoryDatabase } from './history-database.ts';
import { TABLES } from './history-schema.ts';

/** What a comparison found. */
export interface Comparison {
  /** Rows that are in both and equal. */
  readonly rows: number;
  /** The first row that is not: its table, and the row of each side as JSON; undefined: there is none. */
  readonly difference:
    | { readonly table: string; readonly actual: string; readonly expected: string }
    | undefined;
}

/** Tables of sums: of a time that began before the comparison does, their rows cannot be made anew. */
const SUMS: readonly string[] = ['candles', 'fees', 'activity', 'reject_counts'];

/**
 * Compares two histories row by row, up to the first difference.
 * @param afterSequence rows from entries up to this one do not count; 0: all count. Unless it is 0, sums are left out, and
 * orders that replaced others, whose money began before
 * @param onTable called before each table, with its number and how many there are
 */
export function compareHistories(
  actual: HistoryDatabase,
  expected: HistoryDatabase,
  afterSequence: number,
  onTable: (index: number, tables: number) => void,
): Comparison {
  let rows = 0;
  for (const [index, { name, key, since }] of TABLES.entries()) {
    onTable(index, TABLES.length);
    if (afterSequence > 0 && SUMS.includes(name)) continue;
    const begun = afterSequence > 0 && name === 'orders' ? 'AND originalOrderId = 0' : '';
    const sql = `SELECT * FROM ${name} WHERE ${since} > ? ${begun} ORDER BY ${key}`;
    const others = expected.prepare(sql).iterate(afterSequence);
    for (const row of actual.prepare(sql).iterate(afterSequence)) {
      const other = others.next().value;
      if (!isEqual(row, other)) return { rows, difference: { table: name, ...shown(row, other) } };
      rows++;
    }
    const left = others.next();
    if (left.done !== true) return { rows, difference: { table: name, ...shown(undefined, left.value) } };
  }
  return { rows, difference: undefined };
}

type Row = Record<string, unknown>;

function isEqual(a: Row, b: Row | undefined): boolean {
  if (b === undefined || b === null) return false;
  return Object.entries(a).every(([name, value]) => {
    const other = b[name];
    if (value instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(value, other) === 0;
    return value === other;
  });
}

function shown(actual: Row | undefined, expected: Row | undefined): { actual: string; expected: string } {
  const text = (row: Row | undefined): string =>
    row === undefined || row === null
      ? 'no row'
      : JSON.stringify(row, (_, value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
        );
  return { actual: text(actual), expected: text(expected) };
}
