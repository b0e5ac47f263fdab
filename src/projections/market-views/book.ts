import { Side } from '#domain/commands.ts';
import type { BookChanges, BookLevel, BookSnapshot, BookView } from '#domain/market-views.ts';
import { assert } from '#lib/assert.ts';
import { PriceIndex } from '#lib/price-index.ts';
import { type AnswerBudget, Answers } from './answers.ts';
import { bookChecksum, CHECKSUM_LEVELS, type TextTerms } from './book-checksum.ts';
import { ChangeList } from './change-list.ts';
import { type LevelStore, NO_LEVEL } from './level-store.ts';

/** How far the owner of the books has read the log. */
export interface LogPosition {
  /** Sequence of the newest event. */
  sequence: number;
}

/**
 * The displayed levels of one instrument, sorted by price, with what changed lately.
 *
 * `sequence` numbers the states that readers can see. Changes collect until somebody reads or the owner settles; then
 * they become one step, to the log sequence of the newest event or, when that has not moved, one further (the events of
 * one log entry may come in several pieces).
 */
export class Book implements BookView {
  declare readonly row: number;
  declare readonly instrumentId: number;
  declare private readonly position: LogPosition;
  declare private terms: TextTerms;
  declare private store: LevelStore;
  declare private bids: PriceIndex;
  declare private asks: PriceIndex;
  declare private bidLevels: number;
  declare private askLevels: number;
  declare private changes: ChangeList;
  /** Whether anything changed since `_sequence`, the next state's first sight included. */
  declare private isDirty: boolean;
  declare private _sequence: number;
  declare private readonly snapshots: Answers<BookSnapshot>;
  declare private readonly changesBySequence: Answers<BookChanges>;
  /** Of the present state; -1 not computed yet. */
  declare private _checksum: number;

  /** @param row number of the book, under which the levels in `store` name it */
  constructor(
    row: number,
    instrumentId: number,
    position: LogPosition,
    terms: TextTerms,
    store: LevelStore,
    budget: AnswerBudget,
  ) {
    this.row = row;
    this.instrumentId = instrumentId;
    this.position = position;
    this.terms = terms;
    this.snapshots = new Answers(budget);
    this.changesBySequence = new Answers(budget);
    this._sequence = 0;
    this.#begin(store);
  }

  get sequence(): number {
    this.settle();
    return this._sequence;
  }

  depth(side: Side): number {
    return side === Side.Buy ? this.bidLevels : this.askLevels;
  }

  best(side: Side): BookLevel | undefined {
    const level = this.#index(side).best;
    return level === NO_LEVEL ? undefined : this.store.read(level);
  }

  snapshot(depth: number): BookSnapshot {
    this.settle();
    const known = this.snapshots.get(depth);
    if (known !== undefined) return known;
    const bids = this.#top(Side.Buy, depth);
    const asks = this.#top(Side.Sell, depth);
    const snapshot = { instrumentId: this.instrumentId, sequence: this._sequence, bids, asks };
    return this.snapshots.keep(depth, snapshot, bids.length + asks.length);
  }

  changesSince(sequence: number): BookChanges | undefined {
    this.settle();
    if (sequence < this.changes.floor || sequence > this._sequence) return undefined;
    const known = this.changesBySequence.get(sequence);
    if (known !== undefined) return known;
    const changes = this.#collect(sequence);
    return this.changesBySequence.keep(sequence, changes, changes.bids.length + changes.asks.length);
  }

  checksum(): number {
    this.settle();
    if (this._checksum === -1) {
      const bids = this.#top(Side.Buy, CHECKSUM_LEVELS);
      this._checksum = bookChecksum(this.terms, bids, this.#top(Side.Sell, CHECKSUM_LEVELS));
    }
    return this._checksum;
  }

  /** The instrument's terms may have changed. */
  setTerms(terms: TextTerms): void {
    this.terms = terms;
    this._checksum = -1;
  }

  /** The level at a price, to be changed next; a price that has none gets one. */
  levelAt(side: Side, priceTicks: number): number {
    const index = this.#index(side);
    const known = index.get(priceTicks);
    if (known !== NO_LEVEL) return known;
    assert(index.canInsert(), 'Invariant: no more prices than the core can hold');
    const level = this.store.take(this.row, side, priceTicks);
    index.insert(priceTicks, level);
    if (side === Side.Buy) this.bidLevels++;
    else this.askLevels++;
    return level;
  }

  /** The level of a price that has orders. */
  occupiedLevel(side: Side, priceTicks: number): number {
    const level = this.#index(side).get(priceTicks);
    assert(level !== NO_LEVEL, 'Invariant: what leaves the displayed book was in it');
    return level;
  }

  /** Adds to what a level displays. Without orders it is gone. */
  change(level: number, qtyLots: number, orders: number): void {
    const { store } = this;
    this.isDirty = true;
    const left = store.change(level, qtyLots, orders);
    const displays = store.qtyLots(level);
    assert(
      left > 0 ? displays > 0 : left === 0 && displays === 0,
      'Invariant: a level displays something while it has orders',
    );
    if (left > 0) {
      this.changes.onChanged(level, left !== orders);
      return;
    }
    const side = store.side(level);
    this.#index(side).remove(store.priceTicks(level));
    if (side === Side.Buy) this.bidLevels--;
    else this.askLevels--;
    this.changes.onEmptied(level);
  }

  /** Makes the changes so far one step of `sequence`. */
  settle(): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    if (!this.changes.hasPending) return;
    this._sequence = Math.max(this._sequence + 1, this.position.sequence);
    this.changes.settle(this._sequence);
    this.snapshots.clear();
    this.changesBySequence.clear();
    this._checksum = -1;
  }

  /** Forgets all levels: what stands now comes as an image. No reader of before can go on without a snapshot. */
  restart(store: LevelStore): void {
    this.#begin(store);
    this.snapshots.clear();
    this.changesBySequence.clear();
  }

  #begin(store: LevelStore): void {
    this.store = store;
    this.bids = new PriceIndex(store.pages, true);
    this.asks = new PriceIndex(store.pages, false);
    this.bidLevels = 0;
    this.askLevels = 0;
    this.changes = new ChangeList(store);
    this.isDirty = true;
    this._checksum = -1;
  }

  #index(side: Side): PriceIndex {
    return side === Side.Buy ? this.bids : this.asks;
  }

  #top(side: Side, depth: number): BookLevel[] {
    const index = this.#index(side);
    const levels: BookLevel[] = [];
    for (let level = index.best; level !== NO_LEVEL && levels.length < depth; ) {
      levels.push(this.store.read(level));
      level = index.next(this.store.priceTicks(level));
    }
    return levels;
  }

  #collect(previousSequence: number): BookChanges {
    const { store } = this;
    const bids: BookLevel[] = [];
    const asks: BookLevel[] = [];
    this.changes.visitSince(previousSequence, (level) => {
      (store.side(level) === Side.Buy ? bids : asks).push(store.read(level));
    });
    bids.sort((a, b) => b.priceTicks - a.priceTicks);
    asks.sort((a, b) => a.priceTicks - b.priceTicks);
    return { instrumentId: this.instrumentId, previousSequence, sequence: this._sequence, bids, asks };
  }
}
