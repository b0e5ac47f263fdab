/**
 * Record layouts: one table per command and event says where each field sits. The core reads and writes
 * fields at these offsets, the codec turns records into plain objects with them, and the written
 * specification is generated from them, so the three cannot drift apart.
 *
 * Kinds of field:
 * - `u8`, `u16`: one or two bytes of a word; consecutive ones share a word, lowest byte first
 * - `i32`, `u32`: one word
 * - `i53`: two words at an even offset; an integer of magnitude below 2^53 carried as an IEEE 754 binary64
 * - `text8`, `text24`, `text36`, `text64`, `text256`: so many bytes of printable ASCII, padded with NUL
 * - `bytes16`, `bytes32`: opaque bytes
 */
export type FieldKind =
  | 'u8'
  | 'u16'
  | 'i32'
  | 'u32'
  | 'i53'
  | 'text8'
  | 'text24'
  | 'text36'
  | 'text64'
  | 'text256'
  | 'bytes16'
  | 'bytes32';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Offset from the record's first word. */
  readonly word: number;
  /** For `u8` and `u16`: the first byte within the word, 0 the lowest. Otherwise 0. */
  readonly byte: number;
}

export interface Layout<Names extends string = string> {
  readonly name: string;
  readonly type: number;
  /** Words of the whole record, header and optional fields included; always even. */
  readonly words: number;
  /**
   * Words of a record that ends before its optional fields, all of which are then zero; `words` where the layout has none. A
   * record has one of these two lengths.
   */
  readonly shortWords: number;
  readonly fields: readonly Field[];
  /** Word offset of each field, for the hot path: `i32[record + layout.at.priceTicks]`. */
  readonly at: { readonly [Name in Names]: number };
}

const WORDS_OF: Record<Exclude<FieldKind, 'u8' | 'u16'>, number> = {
  i32: 1,
  u32: 1,
  i53: 2,
  text8: 2,
  text24: 6,
  text36: 9,
  text64: 16,
  text256: 64,
  bytes16: 4,
  bytes32: 8,
};

type FieldTable = { readonly [name: string]: FieldKind };

/**
 * Lays `fields` out after `header` in the order given; kinds of an even number of words are aligned to an even word. What is
 * `optional` follows from the next even word.
 * @throws Error when a name is there twice.
 */
export function layout<
  const Header extends FieldTable,
  const Fields extends FieldTable,
  const Optional extends FieldTable = Record<never, never>,
>(
  name: string,
  type: number,
  header: Header,
  fields: Fields,
  optional?: Optional,
): Layout<(keyof Header & string) | (keyof Fields & string) | (keyof Optional & string)> {
  const inEach = place([...Object.entries(header), ...Object.entries(fields)], 0);
  const atEnd = place(Object.entries(optional ?? {}), inEach.words);
  const at: Record<string, number> = {};
  const placed = [...inEach.fields, ...atEnd.fields];
  for (const field of placed) {
    if (field.name in at) throw new Error(`layout ${name}: field ${field.name} twice`);
    at[field.name] = field.word;
  }
  return {
    name,
    type,
    words: atEnd.words,
    shortWords: inEach.words,
    fields: placed,
    at: at as Layout<(keyof Header & string) | (keyof Fields & string) | (keyof Optional & string)>['at'],
  };
}

/** Places fields one after the other from the even word `from`. */
function place(
  table: readonly (readonly [string, FieldKind])[],
  from: number,
): { readonly fields: readonly Field[] /** The even word after them. */; readonly words: number } {
  const fields: Field[] = [];
  let word = from;
  let byte = 0;
  for (const [name, kind] of table) {
    if (kind === 'u8' || kind === 'u16') {
      const bytes = kind === 'u8' ? 1 : 2;
      if (byte % bytes !== 0) byte++;
      if (byte === 4) {
        byte = 0;
        word++;
      }
      fields.push({ name, kind, word, byte });
      byte += bytes;
      if (byte === 4) {
        byte = 0;
        word++;
      }
      continue;
    }
    if (byte !== 0) {
      byte = 0;
      word++;
    }
    const size = WORDS_OF[kind];
    if ((size & 1) === 0 && (word & 1) === 1) word++;
    fields.push({ name, kind, word, byte: 0 });
    word += size;
  }
  if (byte !== 0) word++;
  return { fields, words: word + (word & 1) };
}

/**
 * Byte offset, from the first byte of a record, of a `u8`, `text` or `bytes` field: `u8[record * 4 + byteAt(…)]` where
 * `record` is the record's first word. For module constants, not for the hot path.
 */
export function byteAt<Names extends string>(record: Layout<Names>, name: NoInfer<Names>): number {
  const field = record.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`layout ${record.name}: no field ${name}`);
  return field.word * 4 + field.byte;
}
