import type { Static } from 'typebox';
import { type BookMessage, levelTuples } from '#codec/json/stream-json.ts';
import { Side } from '#domain/commands.ts';
import {
  type BookChanges,
  type BookLevel,
  type BookSnapshot,
  type InstrumentView,
  ViewChange,
} from '#domain/market-views.ts';
import type { Feed, Update } from './feed.ts';
import { SharedMessage } from './shared-message.ts';

/**
 * What a client of a book has: the best levels of each side at `sequence`. A bound is the worst price of them, 0 where they
 * are the whole side.
 */
export interface BookState {
  readonly sequence: number;
  readonly bidBoundTicks: number;
  readonly askBoundTicks: number;
}

/** The best levels of a book: a snapshot, then changes. */
export class BookFeed implements Feed<BookState> {
  declare readonly changes: number;
  declare private readonly instrument: InstrumentView;
  declare private readonly depth: number;
  /** Of the newest sequence: one object, so that clients there share their messages. */
  declare private state: BookState | undefined;

  constructor(instrument: InstrumentView, depth: number) {
    this.changes = ViewChange.Book;
    this.instrument = instrument;
    this.depth = depth;
    this.state = undefined;
  }

  update(state: BookState | undefined): Update<BookState> | undefined {
    const { book } = this.instrument;
    if (state?.sequence === book.sequence) return undefined;
    const snapshot = book.snapshot(this.depth);
    const next = this.#stateOf(snapshot);
    const changes = state && book.changesSince(state.sequence);
    if (state === undefined || changes === undefined) {
      return { message: this.#message('snapshot', snapshot, {}), state: next };
    }
    const bids = changesOfSide(
      Side.Buy,
      changes.bids,
      snapshot.bids,
      state.bidBoundTicks,
      next.bidBoundTicks,
    );
    const asks = changesOfSide(
      Side.Sell,
      changes.asks,
      snapshot.asks,
      state.askBoundTicks,
      next.askBoundTicks,
    );
    // Nothing of it is among the best: the client stays where it is, and its next message covers this too.
    if (bids.length === 0 && asks.length === 0) return undefined;
    return { message: this.#message('changes', { ...changes, bids, asks }, changes), state: next };
  }

  #stateOf({ sequence, bids, asks }: BookSnapshot): BookState {
    if (this.state?.sequence !== sequence) {
      this.state = {
        sequence,
        bidBoundTicks: this.#boundOf(Side.Buy, bids),
        askBoundTicks: this.#boundOf(Side.Sell, asks),
      };
    }
    return this.state;
  }

  #boundOf(side: Side, levels: readonly BookLevel[]): number {
    return this.instrument.book.depth(side) > levels.length ? (levels.at(-1)?.priceTicks ?? 0) : 0;
  }

  #message(
    type: 'snapshot' | 'changes',
    { sequence, bids, asks }: BookSnapshot,
    { previousSequence }: Partial<BookChanges>,
  ): SharedMessage {
    const { terms, book } = this.instrument;
    return new SharedMessage(
      JSON.stringify({
        channel: `book.${terms.symbol}`,
        type,
        ...(previousSequence === undefined ? { depth: this.depth } : { previousSequence }),
        sequence,
        checksum: book.checksum(),
        bids: levelTuples(terms, bids),
        asks: levelTuples(terms, asks),
      } satisfies Static<typeof BookMessage>),
    );
  }
}

/**
 * What a client needs that has the levels of one side down to `hadTicks` and shall have those down to `boundTicks`.
 * @param changed levels of the whole side that changed meanwhile
 * @param best the levels that the client shall have
 */
export function changesOfSide(
  side: Side,
  changed: readonly BookLevel[],
  best: readonly BookLevel[],
  hadTicks: number,
  boundTicks: number,
): BookLevel[] {
  const isWithin = (priceTicks: number, bound: number): boolean =>
    bound === 0 || (side === Side.Buy ? priceTicks >= bound : priceTicks <= bound);
  // What leaves the best by others coming in is dropped by the client itself.
  const levels = changed.filter(({ priceTicks, orders }) =>
    isWithin(priceTicks, orders === 0 ? hadTicks : boundTicks),
  );
  // A level that moves up among the best need not have changed.
  const moved = best.findIndex(({ priceTicks }) => !isWithin(priceTicks, hadTicks));
  if (moved === -1) return levels;
  const told = new Set(levels.map(({ priceTicks }) => priceTicks));
  levels.push(...best.slice(moved).filter(({ priceTicks }) => !told.has(priceTicks)));
  return levels;
}
