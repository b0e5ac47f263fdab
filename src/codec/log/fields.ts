import type { Field, FieldKind } from '#domain/layout.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import { CodecError } from './codec-error.ts';

export type Value = number | string | Uint8Array;

/** Bytes that a field of each kind takes. */
export const KIND_BYTES: { readonly [Kind in FieldKind]: number } = {
  u8: 1,
  u16: 2,
  i32: 4,
  u32: 4,
  i53: 8,
  text8: 8,
  text24: 24,
  text36: 36,
  text64: 64,
  text256: 256,
  bytes16: 16,
  bytes32: 32,
};

const TEXT_KINDS = ['text8', 'text24', 'text36', 'text64', 'text256'] as const;
type TextKind = (typeof TEXT_KINDS)[number];
type IntegerKind = 'u8' | 'u16' | 'i32' | 'u32' | 'i53';

/** Smallest and largest value of each integer kind. */
const INTEGER_RANGE: { readonly [Kind in IntegerKind]: readonly [min: number, max: number] } = {
  u8: [0, 2 ** 8 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i53: [-INT53_MAX, INT53_MAX],
};

const ASCII_FIRST = 0x20;
const ASCII_LAST = 0x7e;

/** Byte offset of a field in the buffer, for a record that starts at word `at`. */
export function fieldOffset(field: Field, at: number): number {
  return (at + field.word) * WORD_BYTES + field.byte;
}

/** Whether fields of a kind hold text. */
export function isTextKind(kind: FieldKind): kind is TextKind {
  return (TEXT_KINDS as readonly FieldKind[]).includes(kind);
}

/** The value that a missing field stands for. */
export function defaultValue(kind: FieldKind): Value {
  if (isTextKind(kind)) return '';
  if (kind === 'bytes16' || kind === 'bytes32') return new Uint8Array(KIND_BYTES[kind]);
  return 0;
}

/**
 * Writes one field of the record at word `at`.
 * @throws CodecError NOT_INTEGER, OUT_OF_RANGE, BAD_TEXT, BAD_BYTES
 */
export function writeField(words: WordBuffer, at: number, field: Field, value: unknown): void {
  const offset = fieldOffset(field, at);
  switch (field.kind) {
    case 'text8':
    case 'text24':
    case 'text36':
    case 'text64':
    case 'text256':
      writeText(words.u8, field, offset, value);
      return;
    case 'bytes16':
    case 'bytes32':
      if (!(value instanceof Uint8Array) || value.length !== KIND_BYTES[field.kind]) {
        const bytes = KIND_BYTES[field.kind];
        throw new CodecError('BAD_BYTES', field.name, offset, `needs a Uint8Array of ${bytes} bytes`);
      }
      words.u8.set(value, offset);
      return;
    default:
      writeInteger(words, field, field.kind, offset, checkInteger(field, field.kind, offset, value));
  }
}

/**
 * Reads one field of the record at word `at`.
 * @throws CodecError NOT_INTEGER, OUT_OF_RANGE, BAD_TEXT
 */
export function readField(words: WordBuffer, at: number, field: Field): Value {
  const offset = fieldOffset(field, at);
  const { i32, f64, u8 } = words;
  switch (field.kind) {
    case 'u8':
      return u8[offset];
    case 'u16':
      return u8[offset] | (u8[offset + 1] << 8);
    case 'i32':
      return i32[at + field.word];
    case 'u32':
      return i32[at + field.word] >>> 0;
    case 'i53': {
      const value = f64[(at + field.word) >> 1];
      if (Object.is(value, -0)) throw new CodecError('NOT_INTEGER', field.name, offset, 'negative zero');
      return checkInteger(field, field.kind, offset, value);
    }
    case 'text8':
    case 'text24':
    case 'text36':
    case 'text64':
    case 'text256':
      return readText(u8, field, offset);
    case 'bytes16':
    case 'bytes32':
      return u8.slice(offset, offset + KIND_BYTES[field.kind]);
  }
}

function checkInteger(field: Field, kind: IntegerKind, offset: number, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new CodecError('NOT_INTEGER', field.name, offset, `${String(value)} is not an integer`);
  }
  const [min, max] = INTEGER_RANGE[kind];
  if (value < min || value > max) {
    throw new CodecError('OUT_OF_RANGE', field.name, offset, `${value} is not within ${min} to ${max}`);
  }
  return value;
}

function writeInteger(
  words: WordBuffer,
  field: Field,
  kind: IntegerKind,
  offset: number,
  value: number,
): void {
  switch (kind) {
    case 'u8':
      words.u8[offset] = value;
      return;
    case 'u16':
      words.u8[offset] = value & 0xff;
      words.u8[offset + 1] = value >>> 8;
      return;
    case 'i32':
    case 'u32':
      words.i32[offset / WORD_BYTES] = value;
      return;
    case 'i53':
      // Adding zero turns -0 into 0, so that one value has one encoding.
      words.f64[offset / KIND_BYTES[field.kind]] = value + 0;
      return;
  }
}

function writeText(u8: Uint8Array, field: Field, offset: number, value: unknown): void {
  const room = KIND_BYTES[field.kind];
  if (typeof value !== 'string') throw new CodecError('BAD_TEXT', field.name, offset, 'needs a string');
  if (value.length > room) {
    throw new CodecError(
      'BAD_TEXT',
      field.name,
      offset,
      `${value.length} characters, at most ${room} have room`,
    );
  }
  for (let index = 0; index < room; index++) {
    const code = index < value.length ? value.charCodeAt(index) : 0;
    if (index < value.length && (code < ASCII_FIRST || code > ASCII_LAST)) {
      throw new CodecError(
        'BAD_TEXT',
        field.name,
        offset + index,
        `character ${code} is not printable ASCII`,
      );
    }
    u8[offset + index] = code;
  }
}

function readText(u8: Uint8Array, field: Field, offset: number): string {
  const end = offset + KIND_BYTES[field.kind];
  let text = '';
  let at = offset;
  for (; at < end && u8[at] !== 0; at++) {
    const code = u8[at];
    if (code < ASCII_FIRST || code > ASCII_LAST) {
      throw new CodecError('BAD_TEXT', field.name, at, `byte ${code} is not printable ASCII`);
    }
    text += String.fromCharCode(code);
  }
  for (; at < end; at++) {
    if (u8[at] !== 0) throw new CodecError('BAD_TEXT', field.name, at, 'text goes on after a NUL');
  }
  return text;
}
