/**
 * Message layouts of OUCH: one table per message says which byte each field starts at. The hot path reads and writes
 * at these offsets, the plain-object codec and the documentation are made from them.
 *
 * Kinds of field, all numbers big-endian and unsigned:
 * - `char`: one ASCII character
 * - `u8`, `u16`, `u32`
 * - `u64`: eight bytes; in this platform an integer below 2^53
 * - `price`: eight bytes; units of 10^-wirePriceDecimals of the instrument
 * - `alpha4`, `alpha8`, `alpha14`: text, padded on the right with spaces
 */
export type OuchFieldKind = 'char' | 'u8' | 'u16' | 'u32' | 'u64' | 'price' | 'alpha4' | 'alpha8' | 'alpha14';

export type Appendage = 'always' | 'optional' | 'never';

export interface OuchField {
  readonly name: string;
  readonly kind: OuchFieldKind;
  /** Offset from the message's first byte. */
  readonly at: number;
  readonly bytes: number;
}

export type OuchFieldTable = { readonly [name: string]: OuchFieldKind };

export interface OuchLayout<Name extends string = string, Fields extends OuchFieldTable = OuchFieldTable> {
  readonly name: Name;
  /** The message's first byte. */
  readonly type: number;
  readonly fields: readonly OuchField[];
  readonly at: { readonly [Field in keyof Fields & string]: number };
  /** Bytes before the appendage length. */
  readonly bytes: number;
  /**
   * Whether a message has an appendage: `always` (its length may be 0), `optional` (its length may be missing too) or
   * `never`.
   */
  readonly appendage: Appendage;
  /** What `fields` was made from. */
  readonly table: Fields;
}

/** Bytes of each kind. */
export const OUCH_KIND_BYTES: Readonly<Record<OuchFieldKind, number>> = {
  char: 1,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  price: 8,
  alpha4: 4,
  alpha8: 8,
  alpha14: 14,
};

/** Bytes of the field that says how long the appendage is. */
export const APPENDAGE_LENGTH_BYTES = 2;

/** Lays `fields` out back to back after the type byte. */
export function ouchLayout<const Name extends string, const Fields extends OuchFieldTable>(
  name: Name,
  type: string,
  appendage: Appendage,
  table: Fields,
): OuchLayout<Name, Fields> {
  const fields: OuchField[] = [];
  const at: Record<string, number> = {};
  let next = 1;
  for (const [fieldName, kind] of Object.entries(table)) {
    const bytes = OUCH_KIND_BYTES[kind];
    fields.push({ name: fieldName, kind, at: next, bytes });
    at[fieldName] = next;
    next += bytes;
  }
  return {
    name,
    type: type.charCodeAt(0),
    fields,
    at: at as OuchLayout<Name, Fields>['at'],
    bytes: next,
    appendage,
    table,
  };
}
