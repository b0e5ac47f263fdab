import { isMap, isScalar, isSeq, type Scalar } from 'yaml';
import { type Decimal, parseDecimal } from '#codec/json/decimal.ts';
import { parseByteSize } from '../byte-size.ts';
import { type Issues, joined, type Placed } from './issues.ts';
import { nearest } from './nearest.ts';

/**
 * One kind of value of the configuration: reads it from a YAML node, and says for the documentation what it takes.
 * `read` reports what is wrong to `issues` and then returns undefined.
 */
export interface Kind<T> {
  /** What is allowed, as it reads after "must be". */
  readonly what: string;
  /** The keys within, for the documentation. */
  readonly section?: FieldTable;
  /** A value as it is written in the file, where that is not its own text. */
  show?(value: unknown): string;
  read(node: unknown, path: string, issues: Issues): T | undefined;
}

/** A key: its kind, what it means, and what holds when it is missing. */
export interface Field<T> {
  readonly kind: Kind<T>;
  readonly meaning: string;
  readonly presence: 'required' | 'optional' | 'default';
  readonly fallback: T | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds fields of any type; `ValuesOf` recovers each.
export type FieldTable = { readonly [key: string]: Field<any> };

/** What an object of these fields is read into. */
export type ValuesOf<Table extends FieldTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Field<infer T> ? T : never;
};

export function required<T>(kind: Kind<T>, meaning: string): Field<T> {
  return { kind, meaning, presence: 'required', fallback: undefined };
}

export function optional<T>(kind: Kind<T>, meaning: string): Field<T | undefined> {
  return { kind, meaning, presence: 'optional', fallback: undefined };
}

export function withDefault<T>(kind: Kind<T>, fallback: T, meaning: string): Field<T> {
  return { kind, meaning, presence: 'default', fallback };
}

/** A key with keys within, which may be left out as a whole when none of those is required. */
export function section<Table extends FieldTable>(table: Table, meaning: string): Field<ValuesOf<Table>> {
  return withDefault(object(table), defaultsOf(table), meaning);
}

/** The values of a table whose keys are all left out. */
export function defaultsOf<Table extends FieldTable>(table: Table): ValuesOf<Table> {
  return Object.fromEntries(
    Object.entries(table).map(([key, { fallback }]) => [key, fallback]),
  ) as ValuesOf<Table>;
}

export function integer(min: number, max: number): Kind<number> {
  const what = `an integer from ${min} to ${max}`;
  return scalar(what, ({ value }) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : undefined,
  );
}

/** An integer, or one word that stands for none. */
export function integerOr<Word extends string>(word: Word, min: number, max: number): Kind<number | Word> {
  return scalar(`an integer from ${min} to ${max}, or ${word}`, ({ value }) => {
    if (value === word) return word;
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : undefined;
  });
}

/** Text, also where YAML would read it as a number, as it is written. */
export function text(what: string, pattern: RegExp): Kind<string> {
  return scalar(what, (node) => {
    const written = writtenText(node);
    return written !== undefined && pattern.test(written) ? written : undefined;
  });
}

export function flag(): Kind<boolean> {
  return scalar('true or false', ({ value }) => (typeof value === 'boolean' ? value : undefined));
}

/** One of the names of `values`; read as its value. */
export function choice<T>(values: { readonly [name: string]: T }): Kind<T> {
  const names = Object.keys(values);
  const kind = scalar(`one of ${names.join(', ')}`, (node) => {
    const text = writtenText(node);
    return text !== undefined && Object.hasOwn(values, text) ? values[text] : undefined;
  });
  return { ...kind, show: (value) => names.find((name) => values[name] === value) ?? '' };
}

/** A decimal number, exact as written. */
export function decimal(): Kind<Decimal> {
  return scalar('a decimal number such as 0.01', (node) => parseDecimal(writtenText(node) ?? ''));
}

/** Bytes, written as a number and a unit of thousands or of 1,024s. */
export function byteSize(): Kind<number> {
  return scalar('a size such as 500MB, 50GB or 1.5TB', (node) => parseByteSize(writtenText(node) ?? ''));
}

/** Seconds after midnight, written HH:MM:SS. */
export function timeOfDay(): Kind<number> {
  return scalar('a time of day such as "09:30:00" (UTC)', (node) => {
    const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(writtenText(node) ?? '');
    return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
  });
}

export function object<Table extends FieldTable>(table: Table): Kind<ValuesOf<Table>> {
  const what = 'a mapping of keys to values';
  return {
    what,
    section: table,
    read: (node, path, issues) => {
      if (!isMap(node)) return wrong(node, path, what, issues);
      const values: Record<string, unknown> = {};
      const nodes = new Map<string, Placed>([['', node]]);
      for (const pair of node.items) {
        const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
        const field = Object.hasOwn(table, key) ? table[key] : undefined;
        if (field === undefined) {
          const close = nearest(key, Object.keys(table));
          const advice =
            close === undefined ? `known keys: ${Object.keys(table).join(', ')}` : `did you mean ${close}?`;
          issues.add(pair.key as Placed, joined(path, key), `unknown key; ${advice}`);
          continue;
        }
        nodes.set(key, (pair.value ?? pair.key) as Placed);
        values[key] = field.kind.read(pair.value, joined(path, key), issues);
      }
      for (const [key, field] of Object.entries(table)) {
        if (nodes.has(key)) continue;
        if (field.presence === 'required') issues.add(node, joined(path, key), 'is missing');
        values[key] = field.fallback;
      }
      issues.remember(values, path, nodes);
      return values as ValuesOf<Table>;
    },
  };
}

export function list<T>(item: Kind<T>): Kind<readonly T[]> {
  const what = `a list, each item ${item.what}`;
  return {
    what,
    ...(item.section === undefined ? {} : { section: item.section }),
    read: (node, path, issues) => {
      if (!isSeq(node)) return wrong(node, path, what, issues);
      return node.items
        .map((one, index) => item.read(one, `${path}[${index}]`, issues))
        .filter((value) => value !== undefined);
    },
  };
}

/** Keys that the user chooses, each with a value of one kind. */
export function mapping<T>(keyName: string, value: Kind<T>): Kind<{ readonly [key: string]: T }> {
  const what = `a mapping from ${keyName} to ${value.what}`;
  return {
    what,
    read: (node, path, issues) => {
      if (!isMap(node)) return wrong(node, path, what, issues);
      const values: Record<string, T> = {};
      const nodes = new Map<string, Placed>([['', node]]);
      for (const pair of node.items) {
        const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
        const read = value.read(pair.value, joined(path, key), issues);
        nodes.set(key, (pair.value ?? pair.key) as Placed);
        if (read !== undefined) values[key] = read;
      }
      issues.remember(values, path, nodes);
      return values;
    },
  };
}

function scalar<T>(what: string, read: (node: Scalar) => T | undefined): Kind<T> {
  return {
    what,
    read: (node, path, issues) => {
      const value = isScalar(node) ? read(node) : undefined;
      return value ?? wrong(node, path, what, issues);
    },
  };
}

/** The characters of a plain or quoted scalar. */
function writtenText(node: Scalar): string | undefined {
  if (typeof node.value === 'string') return node.value;
  return typeof node.value === 'number' ? node.source : undefined;
}

function wrong(node: unknown, path: string, what: string, issues: Issues): undefined {
  issues.add(node as Placed | null, path, `must be ${what}, not ${shown(node)}`);
  return undefined;
}

function shown(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'empty';
  return JSON.stringify(node.source ?? node.value);
}
