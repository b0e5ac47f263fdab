/** Bytes kept of a message that came before its turn. */
interface EarlyMessage {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Messages that came while earlier ones are missing, by number, bounded in number and bytes. */
export class EarlyMessages {
  declare private readonly messages: Map<number, EarlyMessage>;
  declare private readonly messagesMax: number;
  declare private readonly bytesMax: number;
  declare private bytes: number;

  constructor(messagesMax: number, bytesMax: number) {
    this.messages = new Map();
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
    this.bytes = 0;
  }

  /** Keeps a copy of `bytes[from, to)`. One that does not fit is forgotten: it will be asked for again. */
  keep(number: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.messages.has(number) || this.messages.size >= this.messagesMax) return;
    if (this.bytes + to - from > this.bytesMax) return;
    this.messages.set(number, { number, bytes: bytes.slice(from, to) });
    this.bytes += to - from;
  }

  /** The message with the number, if it is kept. */
  get(number: number): Uint8Array | undefined {
    return this.messages.size === 0 ? undefined : this.messages.get(number)?.bytes;
  }

  /** Forgets what is below `number`: it was dealt with, or passed over. */
  forgetBelow(number: number): void {
    if (this.messages.size === 0) return;
    for (const [early, { bytes }] of this.messages) {
      if (early >= number) continue;
      this.messages.delete(early);
      this.bytes -= bytes.length;
    }
  }

  clear(): void {
    this.messages.clear();
    this.bytes = 0;
  }
}
