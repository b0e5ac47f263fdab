import { assert } from '#lib/assert.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { checksum } from './fix-framer.ts';
import { SOH } from './tags.ts';
import { TIMESTAMP_BYTES, UtcText } from './utc-text.ts';

const EQUALS = 0x3d;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const QUESTION_MARK = 0x3f;
/** In front of the body: BeginString, BodyLength and their separators. */
const PREFIX_ROOM = 32;
const CHECKSUM_BYTES = 7;
/** Digits of the largest tag and of the largest integer, their separators. */
const NUMBER_FIELD_BYTES = 11 + 18;

/**
 * Writes one FIX message at a time into memory of its own: `begin`, the fields in their order, `finish`, then the message is
 * `buffer.u8[from, to)` until the next `begin`. A message that does not fit is a bug of the caller, who bounds texts and
 * groups: it fails an assertion.
 */
export class FixWriter {
  declare readonly buffer: ByteBuffer;
  declare from: number;
  /** Where the next field goes; after `finish` the end of the message. */
  declare to: number;
  declare private readonly utc: UtcText;
  declare private readonly digits: Uint8Array;

  /** @param messageBytesMax room for the longest message. */
  constructor(messageBytesMax: number) {
    this.buffer = new ByteBuffer(PREFIX_ROOM + messageBytesMax + CHECKSUM_BYTES);
    this.from = PREFIX_ROOM;
    this.to = PREFIX_ROOM;
    this.utc = new UtcText();
    this.digits = new Uint8Array(16);
  }

  /** Begins a message: its body, from MsgType on, follows. */
  begin(): void {
    this.from = PREFIX_ROOM;
    this.to = PREFIX_ROOM;
  }

  /** An integer, below 2^53 either way. */
  int(tag: number, value: number): void {
    this.#reserve(NUMBER_FIELD_BYTES);
    this.#tag(tag);
    let magnitude = value;
    if (value < 0) {
      this.buffer.u8[this.to++] = MINUS;
      magnitude = -value;
    }
    this.#digits(magnitude, 1);
    this.buffer.u8[this.to++] = SOH;
  }

  /** An integer of 10^-decimals as a decimal with all of them: 150 with 2 decimals is `1.50`. */
  decimal(tag: number, value: number, decimals: number): void {
    this.#reserve(NUMBER_FIELD_BYTES + decimals);
    this.#tag(tag);
    const { u8 } = this.buffer;
    let magnitude = value;
    if (value < 0) {
      u8[this.to++] = MINUS;
      magnitude = -value;
    }
    this.#digits(magnitude, decimals + 1);
    if (decimals > 0) {
      const point = this.to - decimals;
      u8.copyWithin(point + 1, point, this.to);
      u8[point] = POINT;
      this.to++;
    }
    u8[this.to++] = SOH;
  }

  /** A field of one character, given by its byte. */
  char(tag: number, code: number): void {
    this.#reserve(NUMBER_FIELD_BYTES);
    this.#tag(tag);
    this.buffer.u8[this.to++] = code;
    this.buffer.u8[this.to++] = SOH;
  }

  /** Y or N. */
  boolean(tag: number, value: boolean): void {
    this.char(tag, value ? 0x59 : 0x4e);
  }

  /** A text, not empty; characters beyond Latin-1 and control characters become `?`. */
  text(tag: number, value: string): void {
    this.#reserve(NUMBER_FIELD_BYTES + value.length);
    this.#tag(tag);
    const { u8 } = this.buffer;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      u8[this.to++] = code < 0x20 || code > 0xff ? QUESTION_MARK : code;
    }
    u8[this.to++] = SOH;
  }

  /** A copy of the value `bytes[from, to)`, which holds no SOH unless the field is of type data. */
  bytes(tag: number, bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(NUMBER_FIELD_BYTES + to - from);
    this.#tag(tag);
    this.#copy(bytes, from, to);
    this.buffer.u8[this.to++] = SOH;
  }

  /** A copy of whole fields with their separators. */
  fields(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    this.#copy(bytes, from, to);
  }

  /** A UTC timestamp with milliseconds, of `timeMs` since the Unix epoch. */
  timestamp(tag: number, timeMs: number): void {
    this.#reserve(NUMBER_FIELD_BYTES + TIMESTAMP_BYTES);
    this.#tag(tag);
    this.to = this.utc.write(this.buffer.u8, this.to, timeMs);
    this.buffer.u8[this.to++] = SOH;
  }

  /**
   * Puts BeginString and BodyLength before the body and CheckSum behind it.
   * @param begin the bytes `8=…` with their separator
   */
  finish(begin: Uint8Array): void {
    const { u8 } = this.buffer;
    let length = this.to - PREFIX_ROOM;
    let at = PREFIX_ROOM;
    u8[--at] = SOH;
    do {
      u8[--at] = ZERO + (length % 10);
      length = Math.floor(length / 10);
    } while (length > 0);
    u8[--at] = EQUALS;
    u8[--at] = 0x39;
    at -= begin.length;
    assert(at >= 0, 'Condition: a BeginString has at most ten characters');
    for (let i = 0; i < begin.length; i++) u8[at + i] = begin[i];
    this.from = at;
    const sum = checksum(u8, at, this.to);
    u8[this.to++] = 0x31;
    u8[this.to++] = ZERO;
    u8[this.to++] = EQUALS;
    u8[this.to++] = ZERO + Math.floor(sum / 100);
    u8[this.to++] = ZERO + (Math.floor(sum / 10) % 10);
    u8[this.to++] = ZERO + (sum % 10);
    u8[this.to++] = SOH;
  }

  #reserve(bytes: number): void {
    assert(
      this.to + bytes + CHECKSUM_BYTES <= this.buffer.u8.length,
      'Condition: an outgoing FIX message is no longer than the writer has room for',
    );
  }

  #tag(tag: number): void {
    this.#digits(tag, 1);
    this.buffer.u8[this.to++] = EQUALS;
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    const { u8 } = this.buffer;
    let at = this.to;
    for (let byte = from; byte < to; byte++) u8[at++] = bytes[byte];
    this.to = at;
  }

  /** The digits of an integer, with zeros in front up to `digitsMin`. */
  #digits(value: number, digitsMin: number): void {
    const { digits } = this;
    const { u8 } = this.buffer;
    let count = 0;
    let rest = value;
    // Within 31 bits division is an integer operation.
    while (rest > 0x7fffffff) {
      const tenth = Math.floor(rest / 10);
      digits[count++] = rest - tenth * 10;
      rest = tenth;
    }
    let small = rest | 0;
    while (small > 0) {
      const tenth = (small / 10) | 0;
      digits[count++] = small - tenth * 10;
      small = tenth;
    }
    for (let missing = digitsMin - count; missing > 0; missing--) u8[this.to++] = ZERO;
    while (count > 0) u8[this.to++] = ZERO + digits[--count];
  }
}
