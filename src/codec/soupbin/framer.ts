import { assert } from '#lib/assert.ts';
import { SOUP_HEADER_BYTES } from './packets.ts';

/** What a handler says of a packet. */
export const PacketVerdict = {
  /** Dealt with: go on. */
  Taken: 0,
  /** Not now: keep it and hand it over again on `resume`. */
  Later: 1,
  /** The connection is over: forget the rest. */
  Stop: 2,
} as const;
export type PacketVerdict = (typeof PacketVerdict)[keyof typeof PacketVerdict];

/** Why a byte stream cannot be cut into packets any further. */
export const FrameFault = {
  None: 0,
  /** A length of zero leaves no room for the type. */
  ZeroLength: 1,
  /** The length is above the receiver's maximum. */
  TooLong: 2,
} as const;
export type FrameFault = (typeof FrameFault)[keyof typeof FrameFault];

export interface PacketHandler {
  /** The payload is `bytes[from, to)`; the memory is valid during the call only. */
  onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict;
}

/**
 * Cuts a TCP byte stream into SoupBinTCP packets, in place: a packet that lies whole in one chunk is handed over
 * without a copy, one that is split is put together in a buffer of the largest allowed packet.
 *
 * After a handler answered `Later` the framer keeps a copy of the rest of the chunk; the caller must stop reading the
 * socket and call `resume` before it pushes again. After a fault or `Stop` the framer takes nothing more.
 */
export class SoupFramer {
  declare private readonly handler: PacketHandler;
  declare private readonly payloadBytesMax: number;
  declare private readonly carry: Uint8Array;
  declare private carried: number;
  /** What is being cut, from `at` to `end`. */
  declare private chunk: Uint8Array | undefined;
  declare private at: number;
  declare private end: number;
  declare private over: boolean;

  /** @param payloadBytesMax a longer payload is a fault. */
  constructor(handler: PacketHandler, payloadBytesMax: number) {
    assert(payloadBytesMax <= 0xfffe, 'Condition: a SoupBinTCP payload has at most 65,534 bytes');
    this.handler = handler;
    this.payloadBytesMax = payloadBytesMax;
    this.carry = new Uint8Array(SOUP_HEADER_BYTES + payloadBytesMax);
    this.carried = 0;
    this.chunk = undefined;
    this.at = 0;
    this.end = 0;
    this.over = false;
  }

  /** Whether a packet waits for `resume`. */
  get holding(): boolean {
    return this.chunk !== undefined;
  }

  /** Takes the next bytes of the stream, the first `length` of the chunk. That may be reused after the call. */
  push(chunk: Uint8Array, length = chunk.length): FrameFault {
    assert(this.chunk === undefined, 'Condition: resume before the next push');
    if (this.over) return FrameFault.None;
    this.chunk = chunk;
    this.at = 0;
    this.end = length;
    const fault = this.resume();
    if (this.chunk !== undefined) {
      this.chunk = new Uint8Array(chunk.subarray(this.at, length));
      this.at = 0;
      this.end = this.chunk.length;
    }
    return fault;
  }

  /** Goes on with what was kept. */
  resume(): FrameFault {
    const chunk = this.chunk;
    if (chunk === undefined || this.over) return FrameFault.None;
    while (true) {
      if (this.carried > 0 || this.end - this.at < SOUP_HEADER_BYTES) {
        const fault = this.#resumeCarried(chunk);
        if (fault !== undefined) return fault;
        continue;
      }
      const at = this.at;
      const length = (chunk[at] << 8) | chunk[at + 1];
      if (length === 0) return this.#end(FrameFault.ZeroLength);
      if (length - 1 > this.payloadBytesMax) return this.#end(FrameFault.TooLong);
      const end = at + 2 + length;
      if (end > this.end) {
        this.carry.set(chunk.subarray(at, this.end));
        this.carried = this.end - at;
        this.chunk = undefined;
        return FrameFault.None;
      }
      const verdict = this.handler.onPacket(chunk[at + 2], chunk, at + SOUP_HEADER_BYTES, end);
      if (verdict === PacketVerdict.Later) return FrameFault.None;
      if (verdict === PacketVerdict.Stop) return this.#end(FrameFault.None);
      this.at = end;
    }
  }

  /** Completes the split packet byte range by byte range; undefined: it was handed over, the chunk goes on. */
  #resumeCarried(chunk: Uint8Array): FrameFault | undefined {
    while (true) {
      const length = (this.carry[0] << 8) | this.carry[1];
      if (this.carried >= 2) {
        if (length === 0) return this.#end(FrameFault.ZeroLength);
        if (length - 1 > this.payloadBytesMax) return this.#end(FrameFault.TooLong);
        if (this.carried === 2 + length) break;
      }
      if (this.at === this.end) {
        this.chunk = undefined;
        return FrameFault.None;
      }
      const wanted = this.carried < 2 ? 2 : 2 + length;
      const taken = Math.min(wanted - this.carried, this.end - this.at);
      for (let i = 0; i < taken; i++) this.carry[this.carried + i] = chunk[this.at + i];
      this.carried += taken;
      this.at += taken;
    }
    const verdict = this.handler.onPacket(this.carry[2], this.carry, SOUP_HEADER_BYTES, this.carried);
    if (verdict === PacketVerdict.Later) return FrameFault.None;
    if (verdict === PacketVerdict.Stop) return this.#end(FrameFault.None);
    this.carried = 0;
    return undefined;
  }

  #end(fault: FrameFault): FrameFault {
    this.over = true;
    this.chunk = undefined;
    return fault;
  }
}
