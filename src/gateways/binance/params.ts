import { BinanceError } from './errors.ts';

const INTEGER = /^\d{1,15}$/;
const TIME = /^\d{1,16}$/;
const MILLISECONDS = /^\d{1,15}(\.\d{1,3})?$/;
const NAME = /^[A-Za-z0-9]{1,40}$/;
/** Parameters of one request. */
const PARAMS_MAX = 32;
/** A time of so much or more is in microseconds: as milliseconds it would be in the year 33658. */
const MICROS_MIN = 1e15;
const MICROS_PER_MS = 1_000;

/** What a request asks with, as texts by name. Whoever reads it says what is allowed; what nobody reads is refused. */
export class Params {
  declare private readonly values: ReadonlyMap<string, string>;
  declare private readonly unread: Set<string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
    this.unread = new Set(values.keys());
  }

  /** A text; undefined where it is not given. */
  text(name: string): string | undefined {
    this.unread.delete(name);
    return this.values.get(name);
  }

  /** @throws BinanceError where it is not given */
  mandatory(name: string): string {
    return this.text(name) || missing(name);
  }

  /** An integer within its bounds. @throws BinanceError */
  integer(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    return this.#number(name, INTEGER, min, max);
  }

  /** Milliseconds within their bounds, to the microsecond. @throws BinanceError */
  milliseconds(name: string, min: number, max: number): number | undefined {
    return this.#number(name, MILLISECONDS, min, max);
  }

  /** When a stretch of time begins, in microseconds; it is given in these or in milliseconds. @throws BinanceError */
  startMicros(name: string): number | undefined {
    return this.#micros(name, 0);
  }

  /** The last microsecond of a stretch of time; of a millisecond its last one. @throws BinanceError */
  endMicros(name: string): number | undefined {
    return this.#micros(name, MICROS_PER_MS - 1);
  }

  #micros(name: string, ofMs: number): number | undefined {
    const time = this.#number(name, TIME, 0, Number.MAX_SAFE_INTEGER);
    if (time === undefined || time >= MICROS_MIN) return time;
    return time * MICROS_PER_MS + ofMs;
  }

  #number(name: string, form: RegExp, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!form.test(text)) throw illegal(name, form.source.replaceAll('\\d', '[0-9]'));
    if (value < min || value > max)
      throw new BinanceError('INVALID_PARAMETER', `Parameter '${name}' must be ${min} to ${max}.`);
    return value;
  }

  /** How many rows are wanted: more than are given at once counts as that. @throws BinanceError */
  limit(otherwise: number, max: number): number {
    return Math.min(this.integer('limit', 1) ?? otherwise, max);
  }

  boolean(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw illegal(name, '^(true|false)$');
    return text === 'true';
  }

  /** A JSON array of texts. @throws BinanceError */
  texts(name: string): readonly string[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch {
      throw illegal(name, '^\\["[A-Z0-9]+"(,"[A-Z0-9]+")*\\]$');
    }
    if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string')) return list;
    throw illegal(name, '^\\["[A-Z0-9]+"(,"[A-Z0-9]+")*\\]$');
  }

  /** One of the names of a table, or undefined where none is given. @throws BinanceError for one that is not in it */
  named<Value>(name: string, table: { readonly [text: string]: Value }): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (Object.hasOwn(table, text)) return table[text];
    throw new BinanceError('INVALID_PARAMETER', `Invalid ${name}: one of ${Object.keys(table).join(', ')}.`);
  }

  /** Reads what may be given and has no meaning here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.unread.delete(name);
  }

  /** @throws BinanceError where something is given that nobody has read */
  finish(): void {
    const { size } = this.unread;
    if (size === 0) return;
    const sent = this.values.size;
    throw new BinanceError(
      'UNREAD_PARAMETERS',
      `Not all sent parameters were read; read '${sent - size}' parameter(s) but was sent '${sent}': ${[...this.unread].join(', ')}`,
    );
  }
}

/** A mandatory parameter that is not there. @throws BinanceError always */
export function missing(name: string): never {
  throw new BinanceError(
    'MANDATORY_PARAM_EMPTY_OR_MALFORMED',
    `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
  );
}

/** A parameter with characters that it cannot have. */
export function illegal(name: string, range: string): BinanceError {
  return new BinanceError(
    'ILLEGAL_CHARS',
    `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
  );
}

/** The parameters of query strings and form bodies (URL-encoded), read as one list. @throws BinanceError */
export function paramsOfForms(...forms: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of forms.flatMap((form) => form.split('&'))) {
    if (part === '') continue;
    const [, name, value] = /^([^=]*)=?(.*)$/s.exec(part) as unknown as [string, string, string];
    if (!NAME.test(name)) throw illegal(name.slice(0, 40), '^[A-Za-z0-9]{1,40}$');
    add(values, name, decoded(name, value));
  }
  return values;
}

/** The parameters of a WebSocket request: a JSON object of texts, numbers, booleans and lists of texts. @throws BinanceError */
export function paramsOfJson(params: object): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    if (!NAME.test(name)) throw illegal(name.slice(0, 40), '^[A-Za-z0-9]{1,40}$');
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!isPlain && !Array.isArray(value)) throw illegal(name, 'a text, a number or a list');
    add(values, name, isPlain ? String(value) : JSON.stringify(value));
  }
  return values;
}

function add(values: Map<string, string>, name: string, value: string): void {
  if (values.has(name)) throw givenTwice();
  values.set(name, value);
  if (values.size > PARAMS_MAX)
    throw new BinanceError('TOO_MANY_PARAMETERS', `Too many parameters; expected at most ${PARAMS_MAX}.`);
}

function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw illegal(name, 'percent-encoded UTF-8');
  }
}

/** A parameter has two values. */
export function givenTwice(): BinanceError {
  return new BinanceError('TOO_MANY_PARAMETERS', 'Duplicate values for a parameter detected.');
}
