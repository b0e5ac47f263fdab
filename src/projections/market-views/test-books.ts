import assert from 'node:assert/strict';
import { Side } from '#domain/commands.ts';
import type { BookLevel, BookSnapshot, BookView } from '#domain/market-views.ts';

/** One book as a client keeps it: levels by price, moved by snapshots and changes. */
export class BookCopy {
  /** Of the state it is at; -1: of none. */
  sequence = -1;
  snapshots = 0;
  readonly bids = new Map<number, BookLevel>();
  readonly asks = new Map<number, BookLevel>();

  /** Brings the copy to where `book` is. @returns how many levels that took */
  follow(book: BookView): number {
    const changes = book.changesSince(this.sequence);
    if (changes !== undefined) {
      assert.equal(changes.previousSequence, this.sequence);
      return this.#apply(changes);
    }
    this.snapshots++;
    this.bids.clear();
    this.asks.clear();
    return this.#apply(book.snapshot(Number.POSITIVE_INFINITY));
  }

  /** Levels of one side, best first. */
  side(side: Side): BookLevel[] {
    const levels = side === Side.Buy ? this.bids : this.asks;
    const sign = side === Side.Buy ? -1 : 1;
    return [...levels.values()].sort((a, b) => sign * (a.priceTicks - b.priceTicks));
  }

  #apply({ sequence, bids, asks }: BookSnapshot): number {
    this.sequence = sequence;
    for (const [levels, changed] of [
      [this.bids, bids],
      [this.asks, asks],
    ] as const) {
      for (const level of changed) {
        if (level.qtyLots === 0) levels.delete(level.priceTicks);
        else levels.set(level.priceTicks, level);
      }
    }
    return bids.length + asks.length;
  }
}
