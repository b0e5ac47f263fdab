import assert from 'node:assert/strict';
import type { Message } from './websocket-client.ts';

/** A book made as Binance tells its clients to make one: a snapshot of REST, and the events of a depth stream behind it. */
export class BinanceBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  lastUpdateId: number;
  events = 0;

  constructor({ lastUpdateId, bids, asks }: Message) {
    this.lastUpdateId = lastUpdateId;
    for (const [price, quantity] of bids) this.bids.set(price, quantity);
    for (const [price, quantity] of asks) this.asks.set(price, quantity);
  }

  /** Takes an event; one that is older than the book says nothing. */
  apply({ e, U, u, b, a }: Message): void {
    assert.equal(e, 'depthUpdate');
    assert.ok(U <= u, `${U} to ${u}`);
    if (u <= this.lastUpdateId) return;
    const isNext = this.events === 0 ? U <= this.lastUpdateId + 1 : U === this.lastUpdateId + 1;
    assert.ok(isNext, `event ${U} to ${u} behind ${this.lastUpdateId}`);
    for (const [price, quantity] of b) set(this.bids, price, quantity);
    for (const [price, quantity] of a) set(this.asks, price, quantity);
    this.lastUpdateId = u;
    this.events++;
  }

  /** The levels, best first. */
  get levels(): { readonly bids: string[][]; readonly asks: string[][] } {
    const sorted = (side: Map<string, string>, sign: number) =>
      [...side].sort(([one], [other]) => sign * (Number(one) - Number(other)));
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }
}

function set(side: Map<string, string>, price: string, quantity: string): void {
  if (Number(quantity) === 0) side.delete(price);
  else side.set(price, quantity);
}
