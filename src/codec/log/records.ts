import type { Field, Layout } from '#domain/layout.ts';
import { counted } from '#lib/counted.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { CodecError } from './codec-error.ts';
import { defaultValue, fieldOffset, KIND_BYTES, readField, type Value, writeField } from './fields.ts';

type PlainRecord = { type: string } & Record<string, Value>;

interface Shape {
  readonly layout: Layout;
  /** Fields that an object carries: all but `type` and `sizeWords`. */
  readonly fields: readonly Field[];
  readonly names: ReadonlySet<string>;
  /** Bytes of the record that belong to no field. */
  readonly padding: readonly number[];
  /** Of `fields`, those that a short record lacks. */
  readonly optional: readonly Field[];
}

/** A layout with what reading and writing plain objects needs beside it. */
export function shapeOf(layout: Layout): Shape {
  const used = new Set<number>();
  for (const field of layout.fields) {
    const start = fieldOffset(field, 0);
    for (let byte = start; byte < start + KIND_BYTES[field.kind]; byte++) used.add(byte);
  }
  const fields = layout.fields.filter(({ name }) => name !== 'type' && name !== 'sizeWords');
  const bytes = Array.from({ length: layout.words * WORD_BYTES }, (_, byte) => byte);
  return {
    layout,
    fields,
    names: new Set(fields.map(({ name }) => name)),
    padding: bytes.filter((byte) => !used.has(byte)),
    optional: fields.filter(({ word }) => word >= layout.shortWords),
  };
}

/** Reads the fields of the record of `sizeWords` words at word `at`, which must lie inside `words`. @throws CodecError */
export function readFields(
  words: WordBuffer,
  at: number,
  shape: Shape,
  sizeWords: number = shape.layout.words,
): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const field of shape.fields) {
    values[field.name] = field.word < sizeWords ? readField(words, at, field) : defaultValue(field.kind);
  }
  for (const byte of shape.padding) {
    const offset = at * WORD_BYTES + byte;
    if (byte < sizeWords * WORD_BYTES && words.u8[offset] !== 0) {
      throw new CodecError('BAD_PADDING', '', offset, `byte ${words.u8[offset]} belongs to no field`);
    }
  }
  return values;
}

/** Writes the fields of the record of `sizeWords` words at word `at`; what `values` lacks becomes zero. @throws CodecError */
export function writeFields(
  words: WordBuffer,
  at: number,
  shape: Shape,
  values: Readonly<Record<string, unknown>>,
  sizeWords: number = shape.layout.words,
): void {
  words.i32.fill(0, at, at + sizeWords);
  for (const field of shape.fields) {
    if (field.word >= sizeWords) continue;
    const value = values[field.name];
    writeField(words, at, field, value === undefined ? defaultValue(field.kind) : value);
  }
}

/**
 * One family of records (commands or events): reads and writes them as plain objects.
 *
 * This is the slow path, for tools, tests and dumps; the core and the gateways index words by layout instead.
 * Reading is strict: what it accepts encodes back to the same bytes.
 */
export class RecordCodec {
  declare private readonly family: string;
  declare private readonly byType: readonly (Shape | undefined)[];
  declare private readonly byName: ReadonlyMap<string, Shape>;

  /** @param family what messages call these records: "command" or "event". */
  constructor(family: string, layouts: readonly Layout[]) {
    const byType: (Shape | undefined)[] = [];
    for (const layout of layouts) byType[layout.type] = shapeOf(layout);
    this.family = family;
    this.byType = byType;
    this.byName = new Map(layouts.map((layout) => [layout.name, byType[layout.type] as Shape]));
  }

  /** Words of the record that `record` encodes to. @throws CodecError UNKNOWN_TYPE */
  sizeWords(record: Readonly<Record<string, unknown>>): number {
    return sizeOf(this.#shape(record['type'], 0), record);
  }

  /**
   * Writes `record` at the even word `at`.
   * @returns the word after it
   * @throws CodecError also for a property that is not a field; the record's words are then undefined
   */
  write(words: WordBuffer, at: number, record: Readonly<Record<string, unknown>>): number {
    const offset = at * WORD_BYTES;
    const shape = this.#shape(record['type'], offset);
    const sizeWords = sizeOf(shape, record);
    const end = at + sizeWords;
    checkAligned(at);
    if (end > words.words) {
      throw new CodecError('NO_ROOM', '', offset, `${shape.layout.name} needs ${sizeWords} words`);
    }
    for (const name of Object.keys(record)) {
      if (name !== 'type' && !shape.names.has(name)) {
        throw new CodecError('UNKNOWN_FIELD', name, offset, `${shape.layout.name} has no such field`);
      }
    }
    writeFields(words, at, shape, record, sizeWords);
    words.u8[offset] = shape.layout.type;
    words.u8[offset + 2] = sizeWords & 0xff;
    words.u8[offset + 3] = sizeWords >>> 8;
    return end;
  }

  /** The bytes of one record. @throws CodecError */
  encode(record: Readonly<Record<string, unknown>>): Uint8Array {
    const words = WordBuffer.allocate(this.sizeWords(record));
    this.write(words, 0, record);
    return words.u8;
  }

  /**
   * Reads the record at the even word `at`, which must end at or before word `to`.
   * @throws CodecError
   */
  read(words: WordBuffer, at: number, to: number): PlainRecord {
    const offset = at * WORD_BYTES;
    checkAligned(at);
    if (at >= to || to > words.words) {
      throw new CodecError('TRUNCATED', '', offset, `no ${this.family} here`);
    }
    const type = words.i32[at] & 0xff;
    const sizeWords = words.i32[at] >>> 16;
    const shape = this.byType[type];
    if (shape === undefined) {
      throw new CodecError('UNKNOWN_TYPE', 'type', offset, `no ${this.family} has type ${type}`);
    }
    const { name, words: longest, shortWords } = shape.layout;
    if (sizeWords !== longest && sizeWords !== shortWords) {
      const expected = longest === shortWords ? longest : `${shortWords} or ${longest}`;
      throw new CodecError(
        'WRONG_SIZE',
        'sizeWords',
        offset + 2,
        `${name} has ${expected} words, not ${sizeWords}`,
      );
    }
    if (at + sizeWords > to) {
      throw new CodecError('TRUNCATED', '', offset, `${name} has ${sizeWords} words, ${to - at} are left`);
    }
    const record = { type: name, ...readFields(words, at, shape, sizeWords) };
    if (sizeOf(shape, record) !== sizeWords) {
      const why = `${name} of ${sizeWords} words says nothing behind its first ${shortWords}`;
      throw new CodecError('WRONG_SIZE', 'sizeWords', offset + 2, why);
    }
    return record;
  }

  /** Reads the records that fill words `from` up to `to`. @throws CodecError */
  readAll(words: WordBuffer, from: number, to: number): PlainRecord[] {
    const records: PlainRecord[] = [];
    for (let at = from; at < to; at += words.i32[at] >>> 16) records.push(this.read(words, at, to));
    return records;
  }

  /** Reads `bytes`, which must be exactly one record. @throws CodecError */
  decode(bytes: Uint8Array): PlainRecord {
    const words = WordBuffer.copyOf(bytes);
    const record = this.read(words, 0, Math.floor(bytes.length / WORD_BYTES));
    const length = (words.i32[0] >>> 16) * WORD_BYTES;
    if (bytes.length > length) {
      throw new CodecError(
        'TRAILING_BYTES',
        '',
        length,
        `${counted(bytes.length - length, 'byte')} after the record`,
      );
    }
    return record;
  }

  #shape(type: unknown, offset: number): Shape {
    const shape = typeof type === 'string' ? this.byName.get(type) : undefined;
    if (shape === undefined) {
      throw new CodecError('UNKNOWN_TYPE', 'type', offset, `no ${this.family} is named ${String(type)}`);
    }
    return shape;
  }
}

/** Words of a record with these values: a record ends before its optional fields where none of them says anything. */
function sizeOf({ layout, optional }: Shape, values: Readonly<Record<string, unknown>>): number {
  const isLong = optional.some(({ name }) => values[name] !== undefined && values[name] !== 0);
  return isLong ? layout.words : layout.shortWords;
}

function checkAligned(at: number): void {
  if (at < 0 || !Number.isInteger(at) || (at & 1) === 1) {
    throw new CodecError('MISALIGNED', '', at * WORD_BYTES, 'records start at even words');
  }
}
