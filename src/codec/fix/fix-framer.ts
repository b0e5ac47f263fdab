import { assert } from '#lib/assert.ts';
import { SOH } from './tags.ts';

/** What a handler says of a message. */
export const FrameVerdict = {
  /** Dealt with: go on. */
  Taken: 0,
  /** Not now: keep it and hand it over again on `resume`. */
  Later: 1,
  /** The connection is over: forget the rest. */
  Stop: 2,
} as const;
export type FrameVerdict = (typeof FrameVerdict)[keyof typeof FrameVerdict];

export interface FixFrameHandler {
  /** One message, `bytes[from, to)`, whose length and checksum are right; the memory is valid during the call only. */
  onFrame(bytes: Uint8Array, from: number, to: number): FrameVerdict;
  /** `length` bytes that are no message were passed over: garbled, or not FIX at all. */
  onGarbled(length: number): FrameVerdict;
  /** A message longer than the maximum has begun: `Later` keeps what has come of it until `resume`, for a larger maximum. */
  onTooLong(): typeof FrameVerdict.Later | typeof FrameVerdict.Stop;
}

const EIGHT = 0x38;
const NINE = 0x39;
const EQUALS = 0x3d;
const ZERO = 0x30;
/** `10=nnn` and SOH. */
const TRAILER_BYTES = 7;
/** Longest `8=…` and `9=…`, separators included: the search for them ends there. */
const BEGIN_BYTES_MAX = 16;
const LENGTH_BYTES_MAX = 10;

/** What `#next` found at the place where it looked. */
const Found = { Message: 0, Garbled: 1, Incomplete: 2, TooLong: 3 } as const;
type Found = (typeof Found)[keyof typeof Found];

/**
 * Cuts a byte stream into FIX messages, in place: a message that lies whole in one chunk is handed over without a copy.
 *
 * A message begins with `8=FIX`, `9=` and `35=` in this order, its body has the length that it says, and `10=` with the right
 * checksum follows. What is not so is garbled and passed over, as the FIX session protocol asks: bytes before a `8=FIX`
 * up to it, a message with a wrong length up to the end of the next `10=` field behind that length. A field that begins
 * with `8=FIX` must not be looked for inside a message whose length is right.
 *
 * After `Later` the framer keeps the rest of the chunk: the caller stops reading and calls `resume` before the next `push`.
 */
export class FixFramer {
  declare private readonly handler: FixFrameHandler;
  /** The begin of a message whose end has not come; empty until one is split. */
  declare private carry: Uint8Array;
  declare private carried: number;
  declare private chunk: Uint8Array | undefined;
  declare private at: number;
  declare private over: boolean;
  declare private bytesMax: number;
  /** Where what `#next` found ends. */
  declare private foundEnd: number;

  /** @param messageBytesMax longest message, all of it. */
  constructor(handler: FixFrameHandler, messageBytesMax: number) {
    this.handler = handler;
    this.carry = new Uint8Array(0);
    this.carried = 0;
    this.chunk = undefined;
    this.at = 0;
    this.over = false;
    this.bytesMax = messageBytesMax;
    this.foundEnd = 0;
  }

  /** Whether a message waits for `resume`. */
  get holding(): boolean {
    return this.chunk !== undefined;
  }

  /** Bytes of a longest message from now on; not less than before. */
  set messageBytesMax(bytes: number) {
    assert(bytes >= this.bytesMax, 'Condition: the longest message only becomes longer');
    this.bytesMax = bytes;
  }

  /** Takes the next bytes of the stream. While messages wait the chunk is kept: it must not be reused. */
  push(chunk: Uint8Array): void {
    assert(this.chunk === undefined, 'Condition: resume before the next push');
    if (this.over) return;
    this.chunk = chunk;
    this.at = 0;
    this.resume();
  }

  /** Goes on with what was kept. */
  resume(): void {
    while (this.chunk !== undefined && !this.over) {
      if (this.carried > 0) {
        if (!this.#resumeCarried(this.chunk)) return;
        continue;
      }
      const { chunk, at } = this;
      if (at === chunk.length) {
        this.chunk = undefined;
        return;
      }
      const found = this.#next(chunk, at, chunk.length);
      if (found === Found.Incomplete) {
        this.#keep(chunk, at);
        this.chunk = undefined;
        return;
      }
      if (!this.#hand(found, chunk, at)) return;
      this.at = this.foundEnd;
    }
  }

  /** Adds of the chunk what the carried message may still need. @returns whether to go on */
  #resumeCarried(chunk: Uint8Array): boolean {
    const before = this.carried;
    this.#reserve();
    const taken = Math.min(this.carry.length - before, chunk.length - this.at);
    this.carry.set(chunk.subarray(this.at, this.at + taken), before);
    const filled = before + taken;
    const found = this.#next(this.carry, 0, filled);
    if (found === Found.Incomplete) {
      // A message that the whole room cannot hold was found too long, so here the chunk is used up.
      this.carried = filled;
      this.at += taken;
      this.chunk = undefined;
      return false;
    }
    if (!this.#hand(found, this.carry, 0)) return false;
    const end = this.foundEnd;
    if (end >= before) {
      this.carried = 0;
      this.at += end - before;
    } else {
      this.carry.copyWithin(0, end, before);
      this.carried = before - end;
    }
    return true;
  }

  /** Hands over what `#next` found. @returns whether to go on behind it */
  #hand(found: Found, bytes: Uint8Array, from: number): boolean {
    const verdict = this.#verdict(found, bytes, from);
    if (verdict === FrameVerdict.Taken) return true;
    if (verdict === FrameVerdict.Stop) this.#end();
    return false;
  }

  #verdict(found: Found, bytes: Uint8Array, from: number): FrameVerdict {
    if (found === Found.Message) return this.handler.onFrame(bytes, from, this.foundEnd);
    return found === Found.TooLong ? this.handler.onTooLong() : this.handler.onGarbled(this.foundEnd - from);
  }

  #keep(chunk: Uint8Array, at: number): void {
    this.#reserve();
    this.carry.set(chunk.subarray(at));
    this.carried = chunk.length - at;
  }

  #reserve(): void {
    if (this.carry.length === this.bytesMax) return;
    const larger = new Uint8Array(this.bytesMax);
    larger.set(this.carry.subarray(0, this.carried));
    this.carry = larger;
  }

  #end(): void {
    this.over = true;
    this.chunk = undefined;
    this.carry = new Uint8Array(0);
    this.carried = 0;
  }

  /** Looks at `bytes[from, to)` and sets `foundEnd`. */
  #next(bytes: Uint8Array, from: number, to: number): Found {
    const begin = beginAt(bytes, from, to);
    if (begin > from) return this.#found(Found.Garbled, begin);
    const incomplete = to - from >= this.bytesMax ? Found.TooLong : Found.Incomplete;
    if (begin < 0) return incomplete;
    const lengthFrom = fieldEnd(bytes, from, to, BEGIN_BYTES_MAX);
    if (lengthFrom < 0) return this.#notFramed(bytes, from, to, lengthFrom);
    if (to - lengthFrom < 2) return incomplete;
    if (bytes[lengthFrom] !== NINE || bytes[lengthFrom + 1] !== EQUALS) return this.#skip(bytes, from, to);
    const bodyFrom = fieldEnd(bytes, lengthFrom, to, LENGTH_BYTES_MAX);
    if (bodyFrom < 0) return this.#notFramed(bytes, from, to, bodyFrom);
    let bodyLength = bodyFrom - lengthFrom > 3 ? 0 : -1;
    for (let at = lengthFrom + 2; at < bodyFrom - 1; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) return this.#skip(bytes, from, to);
      bodyLength = bodyLength * 10 + digit;
    }
    if (bodyLength < 0) return this.#skip(bytes, from, to);
    const bodyEnd = bodyFrom + bodyLength;
    if (bodyEnd + TRAILER_BYTES - from > this.bytesMax) return Found.TooLong;
    if (to < bodyEnd + TRAILER_BYTES) return Found.Incomplete;
    if (
      !isTrailer(bytes, bodyEnd) ||
      bytes[bodyEnd - 1] !== SOH ||
      bytes[bodyFrom] !== 0x33 ||
      bytes[bodyFrom + 1] !== 0x35 ||
      bytes[bodyFrom + 2] !== EQUALS ||
      checksum(bytes, from, bodyEnd) !== checksumAt(bytes, bodyEnd)
    ) {
      return this.#skipTo(bytes, from, bodyEnd, to);
    }
    return this.#found(Found.Message, bodyEnd + TRAILER_BYTES);
  }

  #found(found: Found, end: number): Found {
    this.foundEnd = end;
    return found;
  }

  /** A field whose end was not found: `-1` it has not come, `-2` it is too long to be one. */
  #notFramed(bytes: Uint8Array, from: number, to: number, end: number): Found {
    return end === -1 ? Found.Incomplete : this.#skip(bytes, from, to);
  }

  /** Passes over a message without a length: up to the next that may be one. */
  #skip(bytes: Uint8Array, from: number, to: number): Found {
    const next = beginAt(bytes, from + 1, to);
    return this.#found(Found.Garbled, next < 0 ? to : next);
  }

  /** Passes over a message with a wrong length: up to the end of the first CheckSum field at or behind it. */
  #skipTo(bytes: Uint8Array, from: number, bodyEnd: number, to: number): Found {
    for (let at = Math.max(bodyEnd - 1, from); at < to - 3; at++) {
      if (bytes[at] !== SOH || bytes[at + 1] !== 0x31 || bytes[at + 2] !== ZERO || bytes[at + 3] !== EQUALS) {
        continue;
      }
      for (let end = at + 4; end < to; end++) {
        if (bytes[end] === SOH) return this.#found(Found.Garbled, end + 1);
      }
    }
    return to - from >= this.bytesMax ? this.#found(Found.Garbled, to) : Found.Incomplete;
  }
}

/**
 * Where a message may begin: `from` when `8=FIX` or the part of it that has come stands there, else the next place; -1
 * when nothing of it has come. Bytes that cannot be a begin are before the place.
 */
function beginAt(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== EIGHT) continue;
    let same = 1;
    while (same < 5 && at + same < to && bytes[at + same] === BEGIN[same]) same++;
    if (same === 5 || at + same === to) return at;
  }
  return to > from ? to : -1;
}
const BEGIN = [0x38, 0x3d, 0x46, 0x49, 0x58];

/** Behind the SOH that ends the field at `from`; -1 when it has not come, -2 when it is not within `bytesMax`. */
function fieldEnd(bytes: Uint8Array, from: number, to: number, bytesMax: number): number {
  const end = Math.min(to, from + bytesMax);
  for (let at = from; at < end; at++) if (bytes[at] === SOH) return at + 1;
  return end === to && to - from < bytesMax ? -1 : -2;
}

/** Whether `10=`, three characters and SOH stand at `at`. */
function isTrailer(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x31 && bytes[at + 1] === ZERO && bytes[at + 2] === EQUALS && bytes[at + 6] === SOH;
}

/** The checksum that the trailer at `at` says; -1 when it is not three digits. */
function checksumAt(bytes: Uint8Array, at: number): number {
  const hundreds = bytes[at + 3] - ZERO;
  const tens = bytes[at + 4] - ZERO;
  const ones = bytes[at + 5] - ZERO;
  if (hundreds < 0 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return hundreds * 100 + tens * 10 + ones;
}

/** Sum of the bytes modulo 256. */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += bytes[at];
  return sum & 0xff;
}
