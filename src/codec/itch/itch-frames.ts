import { assert } from '#lib/assert.ts';
import { counted } from '#lib/counted.ts';
import { decodeItch, ItchDecode } from './itch-decoder.ts';
import { ItchMessage } from './itch-messages.ts';

/** Receives the messages of a framed stream. Everything handed over is reused: copy what you keep. */
export interface ItchHandler {
  /** A decoded message (`headerOnly`: of a type whose body we do not decode). */
  onItchMessage(message: ItchMessage, headerOnly: boolean): void;
  /** A message of a type that ITCH 5.0 does not have; readers go on past it. */
  onUnknownItchType(type: number, length: number): void;
}

/** A stream of frames is damaged: `offset` is that of the frame, in bytes from the stream's begin. */
export class ItchFormatError extends Error {
  override readonly name = 'ItchFormatError';
  readonly code = 'ITCH_FORMAT';
  declare readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Bytes of the length that stands before each message. */
const FRAME_HEADER_BYTES = 2;
/** Longest frame, header included: the length field is 16 bits. */
const FRAME_BYTES_MAX = FRAME_HEADER_BYTES + 0xffff;

/**
 * Reads messages framed by a two-byte big-endian length, the form of recorded files (Nasdaq BinaryFILE), from
 * chunks cut anywhere. Holds at most one frame between chunks and allocates nothing per message.
 */
export class ItchFrameReader {
  declare private readonly handler: ItchHandler;
  declare private readonly message: ItchMessage;
  /** A frame that began in an earlier chunk. */
  declare private readonly partial: Uint8Array;
  declare private partialBytes: number;
  /** Bytes of the stream that are read, whole frames only. */
  declare private _offset: number;
  /** The end of the session was read: a frame of length zero (Nasdaq BinaryFILE 1.00, "End of Session"). */
  declare private ended: boolean;

  constructor(handler: ItchHandler) {
    this.handler = handler;
    this.message = new ItchMessage();
    this.partial = new Uint8Array(FRAME_BYTES_MAX);
    this.partialBytes = 0;
    this._offset = 0;
    this.ended = false;
  }

  /** Bytes read so far as whole frames: where the next frame begins. */
  get offset(): number {
    return this._offset;
  }

  /**
   * Hands over every message that is whole after this chunk.
   * @throws ItchFormatError when a frame's length or a number in it is impossible, or a frame follows the end of the session.
   */
  push(chunk: Uint8Array): void {
    let at = this.partialBytes > 0 ? this.#completePartial(chunk) : 0;
    while (at + FRAME_HEADER_BYTES <= chunk.length) {
      const end = at + FRAME_HEADER_BYTES + ((chunk[at] << 8) | chunk[at + 1]);
      if (end > chunk.length) break;
      this.#frame(chunk, at + FRAME_HEADER_BYTES, end);
      at = end;
    }
    if (at < chunk.length) {
      this.partial.set(at === 0 ? chunk : chunk.subarray(at), this.partialBytes);
      this.partialBytes += chunk.length - at;
    }
  }

  /** The stream ends here. @throws ItchFormatError when a frame is cut off. */
  end(): void {
    if (this.partialBytes > 0) {
      throw new ItchFormatError(
        this._offset,
        `the last message is cut off: ${counted(this.partialBytes, 'byte')} of a frame at offset ${this._offset}`,
      );
    }
  }

  /** Completes the frame that an earlier chunk began; returns how much of `chunk` that took. */
  #completePartial(chunk: Uint8Array): number {
    const partial = this.partial;
    let at = 0;
    while (this.partialBytes < FRAME_HEADER_BYTES && at < chunk.length) {
      partial[this.partialBytes++] = chunk[at++];
    }
    if (this.partialBytes < FRAME_HEADER_BYTES) return at;
    const frameBytes = FRAME_HEADER_BYTES + ((partial[0] << 8) | partial[1]);
    assert(this.partialBytes <= frameBytes, 'Invariant: a partial frame is not longer than its length');
    const taken = Math.min(frameBytes - this.partialBytes, chunk.length - at);
    partial.set(chunk.subarray(at, at + taken), this.partialBytes);
    this.partialBytes += taken;
    if (this.partialBytes === frameBytes) {
      this.partialBytes = 0;
      this.#frame(partial, FRAME_HEADER_BYTES, frameBytes);
    }
    return at + taken;
  }

  #frame(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (this.ended) {
      throw new ItchFormatError(
        this._offset,
        `the session ended at offset ${this._offset}, and more follows`,
      );
    }
    if (length === 0) {
      this.ended = true;
    } else {
      const result = decodeItch(bytes, from, length, this.message);
      if (result === ItchDecode.UnknownType) {
        this.handler.onUnknownItchType(bytes[from], length);
      } else if (result === ItchDecode.Ok || result === ItchDecode.HeaderOnly) {
        this.handler.onItchMessage(this.message, result === ItchDecode.HeaderOnly);
      } else {
        const type = JSON.stringify(String.fromCharCode(bytes[from]));
        const fault =
          result === ItchDecode.WrongLength
            ? `has ${counted(length, 'byte')}, which is not the length of its type`
            : 'has a number of 2^53 or more';
        throw new ItchFormatError(
          this._offset,
          `message of type ${type} at offset ${this._offset} ${fault}: not an ITCH 5.0 stream`,
        );
      }
    }
    this._offset += FRAME_HEADER_BYTES + length;
  }
}
