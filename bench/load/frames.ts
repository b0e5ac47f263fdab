import { writeU32, writeU64 } from '#codec/ouch/bytes.ts';
import { APPENDAGE_LENGTH_BYTES } from '#codec/ouch/layout.ts';
import { EnterOrder, OrderAccepted } from '#codec/ouch/messages.ts';
import { SOUP_HEADER_BYTES, SoupPacket, writeSoupHeader } from '#codec/soupbin/packets.ts';

/** Bytes of an Enter Order without options in its SoupBinTCP packet. */
export const ENTER_FRAME_BYTES = SOUP_HEADER_BYTES + EnterOrder.bytes + APPENDAGE_LENGTH_BYTES;
/** Bytes of an Order Accepted without options in its SoupBinTCP packet. */
export const ACCEPTED_FRAME_BYTES = SOUP_HEADER_BYTES + OrderAccepted.bytes + APPENDAGE_LENGTH_BYTES;

const enter = EnterOrder.at;
const ENTER_REF_NUM = SOUP_HEADER_BYTES + enter.userRefNum;
const ACCEPTED_REF_NUM = SOUP_HEADER_BYTES + OrderAccepted.at.userRefNum;

export interface OrderTerms {
  readonly buy: boolean;
  readonly symbol: string;
  /** The wire's price field; buys go down from it and sells up, `priceStep` at a time, over `prices` prices. */
  readonly price: number;
  readonly prices: number;
  readonly priceStep: number;
  readonly quantity: number;
}

/**
 * A ring of Enter Order packets ready to send, alike but for the price and the UserRefNum. What `take` returned must
 * have left the process before the ring comes around.
 */
export class EnterFrames {
  declare private readonly bytes: Buffer;
  declare private readonly frames: number;
  declare private next: number;
  /** UserRefNum of the last order taken. */
  declare lastRefNum: number;

  /** @param lastRefNum UserRefNums count on from here */
  constructor(frames: number, terms: OrderTerms, lastRefNum: number) {
    this.frames = frames;
    this.bytes = Buffer.alloc(frames * ENTER_FRAME_BYTES);
    this.next = 0;
    this.lastRefNum = lastRefNum;
    const frame = new Uint8Array(ENTER_FRAME_BYTES);
    const body = writeSoupHeader(frame, 0, SoupPacket.UnsequencedData, ENTER_FRAME_BYTES - SOUP_HEADER_BYTES);
    const text = (at: number, value: string): void => {
      for (let i = 0; i < value.length; i++) frame[body + at + i] = value.charCodeAt(i);
    };
    frame[body] = EnterOrder.type;
    text(enter.side, terms.buy ? 'B' : 'S');
    writeU32(frame, body + enter.quantity, terms.quantity);
    text(enter.symbol, terms.symbol.padEnd(8));
    text(enter.timeInForce, '0');
    text(enter.display, 'Y');
    text(enter.capacity, 'O');
    text(enter.interMarketSweep, 'N');
    text(enter.crossType, 'N');
    text(enter.clOrdId, 'bench'.padEnd(14));
    for (let i = 0; i < frames; i++) {
      const away = (i % terms.prices) * terms.priceStep;
      writeU64(frame, body + enter.price, terms.buy ? terms.price - away : terms.price + away);
      this.bytes.set(frame, i * ENTER_FRAME_BYTES);
    }
  }

  /** The next packets, `count` of them or as many as stand before the ring's end. */
  take(count: number): Buffer {
    const first = this.next;
    const taken = Math.min(count, this.frames - first);
    const from = first * ENTER_FRAME_BYTES;
    const to = from + taken * ENTER_FRAME_BYTES;
    for (let at = from; at < to; at += ENTER_FRAME_BYTES) {
      writeU32(this.bytes, at + ENTER_REF_NUM, ++this.lastRefNum);
    }
    this.next = (first + taken) % this.frames;
    return this.bytes.subarray(from, to);
  }
}

/** UserRefNum of the Enter Order packet at `at`. */
export function enteredRefNum(bytes: Uint8Array, at: number): number {
  return readU32At(bytes, at + ENTER_REF_NUM);
}

/** UserRefNum of the Order Accepted packet at `at`. */
export function acceptedRefNum(bytes: Uint8Array, at: number): number {
  return readU32At(bytes, at + ACCEPTED_REF_NUM);
}

/** Writes an Order Accepted packet that is zero but for its type and UserRefNum: what the floor answers. */
export function writeAcceptedFrame(bytes: Uint8Array, at: number, refNum: number): void {
  bytes.fill(0, at, at + ACCEPTED_FRAME_BYTES);
  const body = writeSoupHeader(bytes, at, SoupPacket.SequencedData, ACCEPTED_FRAME_BYTES - SOUP_HEADER_BYTES);
  bytes[body] = OrderAccepted.type;
  writeU32(bytes, at + ACCEPTED_REF_NUM, refNum);
}

function readU32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a TCP stream into SoupBinTCP packets. `onPacket` hears the offset of the packet's length field; the bytes are
 * valid during the call.
 */
export class PacketCutter {
  declare private readonly onPacket: (bytes: Uint8Array, at: number) => void;
  declare private rest: Buffer;

  constructor(onPacket: (bytes: Uint8Array, at: number) => void) {
    this.onPacket = onPacket;
    this.rest = EMPTY;
  }

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 2) {
      const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
      if (end > bytes.length) break;
      this.onPacket(bytes, at);
      at = end;
    }
    // A copy: the chunk may be one buffer that is read into again and again.
    this.rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
  }
}
