import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import type { Names } from './names.ts';

/**
 * The pieces that the schemas of resources are made of. A description of a text says what is allowed: validation errors
 * repeat it. Numbers on the wire are integers that count or name something; what has a scale is a decimal string.
 */

/** Every `named` schema: what references lead to. */
const NAMED = new Map<string, TSchema>();

/** A schema that others refer to by name: it stands once in the OpenAPI document. */
export function named<Fields extends Record<string, TSchema>>(
  name: string,
  description: string,
  fields: Fields,
): TObject<Fields> {
  assert(!NAMED.has(name), `Condition: one schema is named ${name}`);
  const schema = Type.Object(fields, { $id: name, description, additionalProperties: false });
  NAMED.set(name, schema);
  return schema;
}

/** The named schemas that `roots` refer to, and those that these refer to: what a document of the roots must hold. */
export function namedSchemasOf(roots: readonly unknown[]): TSchema[] {
  const found = new Map<string, TSchema>();
  const waiting = [...roots];
  for (let root = waiting.pop(); root !== undefined; root = waiting.pop()) {
    for (const [, name] of JSON.stringify(root).matchAll(/"\$ref":"([A-Za-z]+)#"/g)) {
      const schema = NAMED.get(name);
      assert(schema !== undefined, `Condition: a schema is named ${name}`);
      if (found.has(name)) continue;
      found.set(name, schema);
      waiting.push(schema);
    }
  }
  return [...found.values()];
}

/** A reference to a `named` schema. */
export function ref<Schema extends TSchema>(schema: Schema): ReturnType<typeof Type.Unsafe<Static<Schema>>> {
  return Type.Unsafe<Static<Schema>>({ $ref: `${(schema as { $id?: string }).$id}#` });
}

/** The names of an enumeration. */
export function oneOf<Name extends string>({ all }: Names<Name>, description?: string) {
  return Type.Unsafe<Name>({
    type: 'string',
    enum: [...all],
    ...(description === undefined ? {} : { description }),
  });
}

const DECIMAL = '^-?[0-9]{1,40}(\\.[0-9]{1,18})?$';

/** A decimal string in an answer. */
export const decimal = (description: string) => Type.String({ pattern: DECIMAL, description });

export const Money = (whose: string) => decimal(`${whose}, in units of the asset`);
export const Price = decimal("a price, with the instrument's number of decimals");
export const Quantity = decimal("a quantity, with the instrument's number of decimals");

/** Log time in an answer, with nanoseconds. */
export const Time = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{9})?Z$',
  description: 'UTC, ISO 8601',
});

/** Position in the log: the receipt. */
export const Sequence = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'position in the log: the receipt of what is told',
});

/** Of a trade or a fill that does not count. */
export const CanceledSequence = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'position in the log of what took the trade back; absent: it counts',
});

/** Number of an account, user, instrument, key, order or trade. */
export const Id = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

/** The same in a request about something that has a number of 31 bits: an account, user, instrument, asset or key. */
export const GivenId = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Limits.ID_MAX, description });

export const Count = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const SYMBOL_CHARS_MAX = 8;
export const SymbolText = Type.String({
  minLength: 1,
  maxLength: SYMBOL_CHARS_MAX,
  pattern: '^[!-~]+$',
  description: `a symbol: 1 to ${SYMBOL_CHARS_MAX} printable characters`,
});

export const CLIENT_ORDER_ID_CHARS_MAX = 36;
/** What a client calls an order; becomes the `clientTag` of the domain. */
export const clientOrderIdOf = (what: string) =>
  Type.String({
    minLength: 1,
    maxLength: CLIENT_ORDER_ID_CHARS_MAX,
    pattern: '^[!-~]+$',
    description: `the client's own name of ${what}: 1 to ${CLIENT_ORDER_ID_CHARS_MAX} printable characters`,
  });
export const ClientOrderId = clientOrderIdOf('the order');

const REQUEST_ID_CHARS_MAX = 36;
/** What a client calls a request that must count once: its idempotency key. */
export const RequestId = Type.String({
  minLength: 1,
  maxLength: REQUEST_ID_CHARS_MAX,
  pattern: '^[!-~]+$',
  description: `your own name of the request, which counts once: 1 to ${REQUEST_ID_CHARS_MAX} printable characters. Send it again with the same one`,
});

/** A page of rows, newest first. */
export function pageOf<Schema extends TSchema>(name: string, row: Schema) {
  return named(name, 'Rows, newest first. With a cursor there is more: ask again with it.', {
    sequence: Sequence,
    items: Type.Array(ref(row)),
    cursor: Type.Optional(Type.String({ description: 'of the next page; absent: that was all' })),
  });
}

const CURSOR_CHARS_MAX = 128;
/** Which page of a list is asked for. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Limits.HISTORY_PAGE_MAX,
      default: 100,
      description: 'rows at most',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CURSOR_CHARS_MAX,
      pattern: '^[A-Za-z0-9._~:-]+$',
      description: 'the cursor of the page before',
    }),
  ),
};

const DAYS =
  '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])';
const LEAP_YEARS = '(19(7[26]|8[048]|9[26])|20([02468][048]|[13579][26]))';
const SECOND_PATTERN = `^((19[7-9]|20[0-9])[0-9]-(${DAYS})|${LEAP_YEARS}-02-29)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$`;

/** A whole second of the years 1970 to 2099, in UTC, on a day that there is. */
export const Second = (description: string) =>
  Type.String({
    maxLength: 20,
    pattern: SECOND_PATTERN,
    description: `${description}, as 2026-01-02T03:04:05Z`,
  });

/** A stretch of log time. */
export const timeQuery = {
  from: Type.Optional(Second('the first second that counts')),
  to: Type.Optional(Second('the first second that no longer counts')),
};

/** Seconds since the Unix epoch of a text that `timeQuery` allows; undefined stays undefined. */
export function secondsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text) / 1_000;
}

/** `2026-01-02T03:04:05Z` of seconds since the Unix epoch. */
export function secondText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`;
}

/** Reading one's own writes. */
export const freshQuery = {
  atSequence: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        "log sequence that the answer must include, such as that of the newest report that you have; default: that of the user's newest report known to the node",
    }),
  ),
};
