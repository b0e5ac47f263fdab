import { FixFramer, FrameVerdict } from './fix-framer.ts';
import { FixMessage } from './fix-message.ts';

/** Bytes of a text in which `|` stands for SOH. */
export function fixBytes(text: string): Uint8Array {
  return Buffer.from(text.replaceAll('|', '\x01'), 'latin1');
}

/** The text of bytes, `|` for SOH. */
export function fixText(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return Buffer.from(bytes.subarray(from, to)).toString('latin1').replaceAll('\x01', '|');
}

/** A whole message: `8=…|` and the body that follows, with BodyLength and CheckSum. */
export function framed(body: string, begin = 'FIX.4.4'): string {
  const head = `8=${begin}|9=${body.length}|${body}`;
  const sum = fixBytes(head).reduce((total, byte) => total + byte, 0) % 256;
  return `${head}10=${String(sum).padStart(3, '0')}|`;
}

/** A scanned message. */
export function scanned(text: string, fieldsMax = 64): FixMessage {
  const message = new FixMessage(fieldsMax);
  const bytes = fixBytes(text);
  message.scan(bytes, 0, bytes.length);
  return message;
}

/** A framer that writes down what it finds: messages as text, `garbled N`, `too long`. */
export class RecordingFramer {
  readonly found: string[] = [];
  /** What the next messages are answered with. */
  verdict: FrameVerdict = FrameVerdict.Taken;
  /** What a message that is too long is answered with. */
  tooLong: typeof FrameVerdict.Later | typeof FrameVerdict.Stop = FrameVerdict.Stop;
  readonly framer: FixFramer;

  constructor(messageBytesMax = 256) {
    this.framer = new FixFramer(
      {
        onFrame: (bytes, from, to) => {
          if (this.verdict === FrameVerdict.Taken) this.found.push(fixText(bytes, from, to));
          return this.verdict;
        },
        onGarbled: (length) => {
          this.found.push(`garbled ${length}`);
          return FrameVerdict.Taken;
        },
        onTooLong: () => {
          this.found.push('too long');
          return this.tooLong;
        },
      },
      messageBytesMax,
    );
  }

  /** Pushes the text in pieces of at most `size` bytes. */
  push(text: string, size = Number.POSITIVE_INFINITY): this {
    const bytes = fixBytes(text);
    for (let at = 0; at < bytes.length; at += size) {
      // A slice: a socket's chunk is memory of its own.
      this.framer.push(bytes.slice(at, Math.min(at + size, bytes.length)));
    }
    return this;
  }

  /** The messages without what was passed over. */
  get messages(): string[] {
    return this.found.filter((found) => found.startsWith('8='));
  }
}
