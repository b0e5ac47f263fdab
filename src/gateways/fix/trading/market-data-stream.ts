import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import {
  type BookLevel,
  type BookSnapshot,
  type InstrumentView,
  type PublicTrade,
  ViewChange,
} from '#domain/market-views.ts';
import type { FixApplicationSession } from '../session/application.ts';
import type { FixInstrument } from './instruments.ts';

/** Bits of what a stream shows. */
export const EntryType = { Bid: 1, Offer: 2, Trade: 4 } as const;

/** MDEntryType (269). */
const ENTRY_BYTE = { bid: 0x30, offer: 0x31, trade: 0x32 } as const;
/** MDUpdateAction (279). */
const Update = { New: '0', Change: '1', Delete: '2' } as const;
/** Entries of one incremental message: it stays below the longest message. */
const ENTRIES_MAX = 100;
/** MDBookType (1021) of books by price. */
const MD_BOOK_TYPE = 1021;
const PRICE_DEPTH = 2;

interface Entry {
  readonly update: string;
  readonly byte: number;
  readonly level: BookLevel | undefined;
  readonly trade: PublicTrade | undefined;
}

/**
 * Market data of one instrument for one request: a snapshot (W), then snapshots or changes (X). What was sent last is kept as the
 * view handed it out, which all readers share; a change is the difference to it, however many changes lie between.
 */
export class MarketDataStream {
  declare readonly instrumentId: number;
  declare private view: InstrumentView;
  declare private readonly reqId: string;
  declare private readonly instrument: FixInstrument;
  declare private readonly entryTypes: number;
  declare private readonly levels: number;
  declare private readonly isIncremental: boolean;
  declare private readonly is50: boolean;
  /** What the counterparty has; undefined: nothing yet. */
  declare private sent: BookSnapshot | undefined;
  /** ApplSeqNum of the last message: not each change of the book is one that is shown. */
  declare private lastSequence: number;
  /** Position of the next trade to send. */
  declare private nextTrade: number;

  constructor(
    reqId: string,
    view: InstrumentView,
    instrument: FixInstrument,
    entryTypes: number,
    levels: number,
    isIncremental: boolean,
    is50: boolean,
  ) {
    this.reqId = reqId;
    this.view = view;
    this.instrumentId = view.terms.instrumentId;
    this.instrument = instrument;
    this.entryTypes = entryTypes;
    this.levels = levels;
    this.isIncremental = isIncremental;
    this.is50 = is50;
    this.sent = undefined;
    this.lastSequence = 0;
    this.nextTrade = 0;
  }

  /** Whether changes of the view are of interest. */
  concerns(changes: number): boolean {
    const { entryTypes } = this;
    if ((entryTypes & EntryType.Trade) !== 0 && (changes & ViewChange.Trades) !== 0) return true;
    return (entryTypes & (EntryType.Bid | EntryType.Offer)) !== 0 && (changes & ViewChange.Book) !== 0;
  }

  /** Begins with a snapshot again, from another view of the instrument. */
  restart(view: InstrumentView): void {
    this.view = view;
    this.sent = undefined;
  }

  /** Sends what the counterparty lacks. */
  send(session: FixApplicationSession): void {
    const now = this.view.book.snapshot(this.levels);
    if (this.sent === undefined || !this.isIncremental) this.#sendSnapshot(session, now);
    else this.#sendChanges(session, this.sent, now);
    this.sent = now;
    this.nextTrade = this.view.trades.next;
  }

  #sendSnapshot(session: FixApplicationSession, now: BookSnapshot): void {
    const { view, entryTypes } = this;
    const bids = (entryTypes & EntryType.Bid) === 0 ? [] : now.bids;
    const offers = (entryTypes & EntryType.Offer) === 0 ? [] : now.asks;
    const { trades } = view;
    const hasTrades = (entryTypes & EntryType.Trade) !== 0;
    const [last] = hasTrades ? trades.read(Math.max(trades.oldest, trades.next - 1), 1) : [];
    const writer = session.begin('W');
    this.#head(writer, now.sequence, false);
    writer.text(AppTag.Symbol, this.instrument.symbol);
    writer.int(AppTag.NoMDEntries, bids.length + offers.length + (last === undefined ? 0 : 1));
    for (const level of bids) this.#level(writer, ENTRY_BYTE.bid, level);
    for (const level of offers) this.#level(writer, ENTRY_BYTE.offer, level);
    if (last !== undefined) {
      writer.char(AppTag.MDEntryType, ENTRY_BYTE.trade);
      this.#trade(writer, last);
    }
    session.send();
  }

  #sendChanges(session: FixApplicationSession, before: BookSnapshot, now: BookSnapshot): void {
    const entries: Entry[] = [];
    if ((this.entryTypes & EntryType.Bid) !== 0)
      addChanges(entries, ENTRY_BYTE.bid, before.bids, now.bids, -1);
    if ((this.entryTypes & EntryType.Offer) !== 0) {
      addChanges(entries, ENTRY_BYTE.offer, before.asks, now.asks, 1);
    }
    if ((this.entryTypes & EntryType.Trade) !== 0) {
      const { trades } = this.view;
      for (const trade of trades.read(
        Math.max(this.nextTrade, trades.oldest),
        trades.next - this.nextTrade,
      )) {
        entries.push({ update: Update.New, byte: ENTRY_BYTE.trade, level: undefined, trade });
      }
    }
    for (let from = 0; from < entries.length; from += ENTRIES_MAX) {
      this.#sendEntries(session, entries.slice(from, from + ENTRIES_MAX), now.sequence);
    }
  }

  #sendEntries(session: FixApplicationSession, entries: readonly Entry[], sequence: number): void {
    const writer = session.begin('X');
    this.#head(writer, sequence, true);
    writer.int(AppTag.NoMDEntries, entries.length);
    for (const { update, byte, level, trade } of entries) {
      writer.text(AppTag.MDUpdateAction, update);
      writer.char(AppTag.MDEntryType, byte);
      if (trade !== undefined) writer.int(AppTag.MDEntryID, trade.tradeId);
      writer.text(AppTag.Symbol, this.instrument.symbol);
      if (level !== undefined) this.#levelFields(writer, level, update === Update.Delete);
      else if (trade !== undefined) this.#trade(writer, trade);
    }
    session.send();
  }

  /** The beginning of both messages. @param follows whether it goes on from the message before */
  #head(writer: FixWriter, sequence: number, follows: boolean): void {
    if (this.is50) {
      writer.int(AppTag.ApplSeqNum, sequence);
      if (follows) writer.int(AppTag.ApplLastSeqNum, this.lastSequence);
    }
    this.lastSequence = sequence;
    writer.text(AppTag.MDReqID, this.reqId);
    if (this.is50) writer.int(MD_BOOK_TYPE, PRICE_DEPTH);
  }

  #level(writer: FixWriter, byte: number, level: BookLevel): void {
    writer.char(AppTag.MDEntryType, byte);
    this.#levelFields(writer, level, false);
  }

  #levelFields(writer: FixWriter, { priceTicks, qtyLots, orders }: BookLevel, isGone: boolean): void {
    const { tickSize, priceDecimals, lotSize, qtyDecimals } = this.instrument;
    writer.decimal(AppTag.MDEntryPx, priceTicks * tickSize, priceDecimals);
    if (isGone) return;
    writer.decimal(AppTag.MDEntrySize, qtyLots * lotSize, qtyDecimals);
    writer.int(AppTag.NumberOfOrders, orders);
  }

  #trade(writer: FixWriter, { priceTicks, qtyLots, timeSeconds, timeNanos }: PublicTrade): void {
    const { tickSize, priceDecimals, lotSize, qtyDecimals } = this.instrument;
    writer.decimal(AppTag.MDEntryPx, priceTicks * tickSize, priceDecimals);
    writer.decimal(AppTag.MDEntrySize, qtyLots * lotSize, qtyDecimals);
    const iso = new Date(timeSeconds * 1_000 + Math.floor(timeNanos / 1_000_000)).toISOString();
    writer.text(AppTag.MDEntryDate, iso.slice(0, 10).replaceAll('-', ''));
    writer.text(AppTag.MDEntryTime, iso.slice(11, 23));
  }
}

/**
 * Adds what makes `before` into `now`: both are best price first, `direction` 1 where higher prices follow, -1 where lower ones do.
 * Levels that left the depth shown are deleted, those that came into it are new.
 */
export function addChanges(
  entries: Entry[],
  byte: number,
  before: readonly BookLevel[],
  now: readonly BookLevel[],
  direction: number,
): void {
  let old = 0;
  let next = 0;
  while (old < before.length || next < now.length) {
    const was = before[old];
    const is = now[next];
    const order =
      was === undefined ? 1 : is === undefined ? -1 : Math.sign(was.priceTicks - is.priceTicks) * direction;
    if (order < 0) {
      entries.push({ update: Update.Delete, byte, level: was, trade: undefined });
      old++;
    } else if (order > 0) {
      entries.push({ update: Update.New, byte, level: is, trade: undefined });
      next++;
    } else {
      if (was.qtyLots !== is.qtyLots || was.orders !== is.orders)
        entries.push({ update: Update.Change, byte, level: is, trade: undefined });
      old++;
      next++;
    }
  }
}
