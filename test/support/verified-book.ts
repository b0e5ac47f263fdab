import { crc32 } from 'node:zlib';
import type { Message } from './websocket-client.ts';

type Level = [price: string, quantity: string, orders: number];

/** The book that a client keeps, by docs/protocols/websocket.md alone: text and a sort, nothing of the venue's code. */
export class VerifiedBook {
  sequence = 0;
  snapshots = 0;
  changes = 0;
  #depth = 0;
  #sides: { readonly bids: Map<string, Level>; readonly asks: Map<string, Level> } = {
    bids: new Map(),
    asks: new Map(),
  };

  /** Takes a message. @throws Error where the door broke its word */
  apply(message: Message): void {
    const { type, depth, previousSequence, sequence, checksum } = message;
    if (type === 'snapshot') {
      this.#depth = depth;
      this.#sides = { bids: new Map(), asks: new Map() };
      this.snapshots++;
    } else {
      if (previousSequence !== this.sequence)
        throw new Error(`at ${this.sequence}, but the message follows ${previousSequence}`);
      this.changes++;
    }
    if (sequence <= this.sequence) throw new Error(`the sequence goes from ${this.sequence} to ${sequence}`);
    for (const side of ['bids', 'asks'] as const) {
      const levels = this.#sides[side];
      for (const level of message[side] as Level[]) {
        if (level[2] === 0) levels.delete(level[0]);
        else levels.set(level[0], level);
      }
      for (const [price] of this.#sorted(side).slice(this.#depth)) levels.delete(price);
    }
    this.sequence = sequence;
    const own = crc32(`${this.#text('bids')}|${this.#text('asks')}`);
    if (own !== checksum) throw new Error(`checksum ${own} instead of ${checksum} at ${sequence}`);
  }

  get bids(): Level[] {
    return this.#sorted('bids');
  }

  get asks(): Level[] {
    return this.#sorted('asks');
  }

  #sorted(side: 'bids' | 'asks'): Level[] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this.#sides[side].values()].sort(([a], [b]) => sign * (Number(a) - Number(b)));
  }

  #text(side: 'bids' | 'asks'): string {
    return this.#sorted(side)
      .slice(0, 25)
      .map(([price, quantity]) => `${price}:${quantity}`)
      .join(',');
  }
}
