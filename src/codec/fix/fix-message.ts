import { LENGTH_TAG_OF_DATA, packMsgType, SOH } from './tags.ts';
import { readDecimal, readTimestampMs, readUint } from './values.ts';

/** In place of a tag: it is not a number, or has a leading zero; or no tag is meant. */
export const NO_TAG: number = -(2 ** 31);

const EQUALS = 0x3d;
const ZERO = 0x30;
const MINUS = 0x2d;
const YES = 0x59;
const TAG_DIGITS_MAX = 9;
/** Tags below this are found by a table look-up, others by a search. */
const INDEXED_TAGS = 8_192;

/**
 * One FIX message as a table of where its fields lie: field `i` has the tag `tags[i]` and the value
 * `bytes[starts[i], ends[i])`. Made once and filled by `scan` for each message; nothing is allocated or copied, so the
 * table is valid as long as the bytes are. Fields keep the order of the message, repeating groups included.
 */
export class FixMessage {
  declare bytes: Uint8Array;
  declare count: number;
  /** MsgType packed by `packMsgType`; -1 when there is none that may be one. */
  declare msgType: number;
  /** Whether the message had more fields than fit; those are not in the table. */
  declare truncated: boolean;
  declare readonly tags: Int32Array;
  declare readonly starts: Int32Array;
  declare readonly ends: Int32Array;
  /** `stamps[tag] === stamp`: the message has the tag, first at `firsts[tag]`. */
  declare private readonly stamps: Uint32Array;
  declare private readonly firsts: Uint16Array;
  declare private stamp: number;

  /** @param fieldsMax the most fields of a message, below 65,536. */
  constructor(fieldsMax: number) {
    this.bytes = new Uint8Array(0);
    this.count = 0;
    this.msgType = -1;
    this.truncated = false;
    this.tags = new Int32Array(fieldsMax);
    this.starts = new Int32Array(fieldsMax);
    this.ends = new Int32Array(fieldsMax);
    this.stamps = new Uint32Array(INDEXED_TAGS);
    this.firsts = new Uint16Array(INDEXED_TAGS);
    this.stamp = 0;
  }

  /** Fills the table from `bytes[from, to)`, a whole message that ends with SOH as the framer hands it over. */
  scan(bytes: Uint8Array, from: number, to: number): void {
    const { tags, starts, ends, stamps, firsts } = this;
    this.bytes = bytes;
    this.truncated = false;
    this.stamp = (this.stamp + 1) >>> 0;
    // After 2^32 messages the stamps of long ago would seem to be of this one.
    if (this.stamp === 0) {
      stamps.fill(0);
      this.stamp = 1;
    }
    const { stamp } = this;
    let count = 0;
    let at = from;
    while (at < to) {
      if (count === tags.length) {
        this.truncated = true;
        break;
      }
      let tag = 0;
      const tagFrom = at;
      for (let digit = bytes[at] - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO) {
        tag = tag * 10 + digit;
      }
      const digits = at - tagFrom;
      if (
        bytes[at] !== EQUALS ||
        digits === 0 ||
        digits > TAG_DIGITS_MAX ||
        (bytes[tagFrom] === ZERO && digits > 1)
      ) {
        tag = NO_TAG;
        at = tagFrom;
        while (bytes[at] !== EQUALS && bytes[at] !== SOH) at++;
        if (bytes[tagFrom] === MINUS) {
          const magnitude = readUint(bytes, tagFrom + 1, at);
          if (magnitude > 0 && at - tagFrom <= TAG_DIGITS_MAX) tag = -magnitude;
        }
      }
      if (bytes[at] === EQUALS) at++;
      const start = at;
      at = this.#dataEnd(tag, start, to, count);
      if (at < 0) {
        at = start;
        while (bytes[at] !== SOH) at++;
      }
      tags[count] = tag;
      starts[count] = start;
      ends[count] = at;
      if (tag >= 0 && tag < INDEXED_TAGS && stamps[tag] !== stamp) {
        stamps[tag] = stamp;
        firsts[tag] = count;
      }
      count++;
      at++;
    }
    this.count = count;
    this.msgType = count > 2 ? packMsgType(bytes, starts[2], ends[2]) : -1;
  }

  /** Index of the first field with the tag; -1 when there is none. */
  find(tag: number): number {
    if (tag >= 0 && tag < INDEXED_TAGS) return this.stamps[tag] === this.stamp ? this.firsts[tag] : -1;
    for (let i = 0; i < this.count; i++) if (this.tags[i] === tag) return i;
    return -1;
  }

  /** Index of the first field with the tag from index `from` up to `to`, such as within a group's entry; -1: none. */
  findWithin(tag: number, from: number, to: number): number {
    for (let i = from; i < to; i++) if (this.tags[i] === tag) return i;
    return -1;
  }

  /** The unsigned integer of the first field with the tag; -1 when it is absent or malformed. */
  uint(tag: number): number {
    const index = this.find(tag);
    return index < 0 ? -1 : readUint(this.bytes, this.starts[index], this.ends[index]);
  }

  /** The first field with the tag as an integer of 10^-decimals; NaN when it is absent, malformed or not exact. */
  decimal(tag: number, decimals: number): number {
    const index = this.find(tag);
    return index < 0 ? Number.NaN : readDecimal(this.bytes, this.starts[index], this.ends[index], decimals);
  }

  /** The UTC timestamp of the first field with the tag in ms since the epoch; -1 when it is absent or malformed. */
  timestampMs(tag: number): number {
    const index = this.find(tag);
    return index < 0 ? -1 : readTimestampMs(this.bytes, this.starts[index], this.ends[index]);
  }

  /** The byte of a field of one character; -1 when the tag is absent or its value has another length. */
  char(tag: number): number {
    const index = this.find(tag);
    return index < 0 || this.ends[index] - this.starts[index] !== 1 ? -1 : this.bytes[this.starts[index]];
  }

  /** Whether the tag is there with the value Y. */
  isYes(tag: number): boolean {
    return this.char(tag) === YES;
  }

  /** The text of the first field with the tag, a byte a character; undefined when it is absent. Allocates. */
  text(tag: number): string | undefined {
    const index = this.find(tag);
    return index < 0 ? undefined : this.textAt(index);
  }

  /** The text of field `index`. Allocates. */
  textAt(index: number): string {
    let text = '';
    for (let at = this.starts[index]; at < this.ends[index]; at++)
      text += String.fromCharCode(this.bytes[at]);
    return text;
  }

  /** Whether field `index` has the bytes of `value`. */
  equalsAt(index: number, value: Uint8Array): boolean {
    const start = this.starts[index];
    if (this.ends[index] - start !== value.length) return false;
    for (let i = 0; i < value.length; i++) if (this.bytes[start + i] !== value[i]) return false;
    return true;
  }

  /** End of a data field whose length field stands before it; -1 when it is another field or the length is wrong. */
  #dataEnd(tag: number, start: number, to: number, count: number): number {
    if (tag < 0 || tag >= LENGTH_TAG_OF_DATA.length || count === 0) return -1;
    const lengthTag = LENGTH_TAG_OF_DATA[tag];
    if (lengthTag === 0 || this.tags[count - 1] !== lengthTag) return -1;
    const length = readUint(this.bytes, this.starts[count - 1], this.ends[count - 1]);
    const end = start + length;
    return length >= 0 && end < to && this.bytes[end] === SOH ? end : -1;
  }
}
