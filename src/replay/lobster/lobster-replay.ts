import { WIRE_QUANTITY_MAX } from '#codec/soupbin/wire-units.ts';
import { Side } from '#domain/commands.ts';
import { Aggressor } from '../market/aggressor.ts';
import { ExecutionReplay } from '../market/execution-replay.ts';
import type { MarketBook } from '../market/market-book.ts';
import { RecordedMarket } from '../market/recorded-market.ts';
import type { ReplayVenue } from '../market/replay-venue.ts';
import type { ReplayTallies } from '../replay-report.ts';
import {
  type BookRow,
  LOBSTER_PRICE_DECIMALS,
  LobsterHalt,
  type LobsterRecord,
  LobsterType,
} from './lobster-record.ts';
import {
  differences,
  enteringPrices,
  followsFrom,
  isInWindow,
  leavingPrices,
  rowSide,
  sizeInRow,
  visibleEffect,
} from './row-window.ts';
import { WindowDepth } from './window-depth.ts';

const SIDES = [Side.Buy, Side.Sell] as const;

/** Reasons of this format for which executions, rows and messages are left out or differ. */
export const LobsterReason = {
  Hidden: 'hidden order',
  Cross: 'auction cross without an order',
  Opening: 'the opening row contains it',
  UnseenOrder: 'the resting order entered before the record or outside its window',
  LeftWindow: "the resting order's level left the window while it rested",
  OutsideWindow: "the message's level is outside the window",
  Halt: 'halt message',
  Contradiction: 'the row does not follow from the row before and the message',
  Carried: 'the difference of an earlier row lasts',
  Different: 'a level differs',
  LevelShort: 'the level held less than the message takes',
} as const;

/**
 * Replays a LOBSTER day and compares the venue's displayed book with every published row.
 *
 * The record shows a window of the best levels. The first row seeds the book. A level that enters the window is set
 * to what the row shows, by orders without an owner or by cancels; levels inside the window are never touched. Orders
 * of levels that leave the window stay: most of them are still there when it comes back.
 */
export class LobsterReplay {
  declare private readonly market: RecordedMarket;
  declare private readonly venue: ReplayVenue;
  declare private readonly book: MarketBook;
  declare private readonly tallies: ReplayTallies;
  declare private readonly executions: ExecutionReplay;
  /** The last row compared. */
  declare private row: BookRow | null;
  /** Executions of one aggressor, and hidden ones between them, that are not yet replayed. */
  declare private held: LobsterRecord[];
  declare private aggressor: Aggressor | null;
  /** Number of the last message after which a price was outside the window, by side and price. */
  declare private readonly leftAt: Map<number, number>;
  /** Differences of the last row. */
  declare private differences: ReadonlySet<string>;

  constructor(venue: ReplayVenue, tallies: ReplayTallies, symbol: string) {
    this.market = new RecordedMarket(venue);
    this.venue = venue;
    this.tallies = tallies;
    this.executions = new ExecutionReplay(this.market, tallies);
    this.row = null;
    this.held = [];
    this.aggressor = null;
    this.leftAt = new Map();
    this.differences = new Set();
    venue.fund({ baseSymbol: 'SHARE', baseDecimals: 0, quoteSymbol: 'USD', quoteDecimals: 2 });
    this.book = venue.addInstrument({
      instrumentId: 1,
      symbol,
      priceDecimals: LOBSTER_PRICE_DECIMALS,
      qtyDecimals: 0,
      valueDenominator: 100,
      maxQtyLots: WIRE_QUANTITY_MAX,
    });
  }

  onMessage(record: LobsterRecord): void {
    this.market.message++;
    this.tallies.messages.add(String(record.type));
    if (this.#joins(record)) {
      this.held.push(record);
      return;
    }
    this.finish();
    this.venue.setTime(record.timeSeconds, record.timeNanos);
    this.venue.tryResume(this.book);
    if (this.row === null) {
      this.#open(record);
    } else if (record.type === LobsterType.Execution) {
      const { side, timeSeconds, timeNanos } = record;
      this.aggressor = new Aggressor(this.book, side, timeSeconds, timeNanos);
      this.#addFill(this.aggressor, record);
      this.held.push(record);
    } else {
      this.#reconcile([record]);
      this.#apply(record);
      this.#compareRow(record);
    }
  }

  /** Replays what is held back; call once more after the last message. */
  finish(): void {
    const aggressor = this.aggressor;
    if (aggressor === null) return;
    const held = this.held;
    this.aggressor = null;
    this.held = [];
    this.#reconcile(held);
    let next = 0;
    this.executions.execute(this.book, aggressor.side, aggressor.fills, () => {
      this.#compareRow(held[next++]);
      while (next < held.length && held[next].type !== LobsterType.Execution) this.#compareRow(held[next++]);
    });
  }

  /** Whether the message goes on with the aggressor at hand; hidden executions of the same time do not end it. */
  #joins(record: LobsterRecord): boolean {
    const aggressor = this.aggressor;
    if (aggressor === null) return false;
    const { type, side, timeSeconds, timeNanos, orderId, price } = record;
    if (type === LobsterType.HiddenExecution) {
      if (timeSeconds !== aggressor.timeSeconds || timeNanos !== aggressor.timeNanos) return false;
      this.tallies.executionsNotComparable.add(LobsterReason.Hidden);
      return true;
    }
    if (type !== LobsterType.Execution) return false;
    if (!aggressor.accepts(this.book, side, timeSeconds, timeNanos, orderId, price)) return false;
    this.#addFill(aggressor, record);
    return true;
  }

  #addFill(aggressor: Aggressor, { orderId, side, price, shares }: LobsterRecord): void {
    const found = this.market.find(orderId);
    const order = found !== undefined && found.priceTicks === price && found.side === side ? found : null;
    let doubt: string | null = null;
    if (order === null) doubt = LobsterReason.UnseenOrder;
    else if ((this.leftAt.get(levelKey(side, price)) ?? 0) >= order.message) doubt = LobsterReason.LeftWindow;
    aggressor.add({ order, id: orderId, priceTicks: price, qtyLots: shares, doubt });
  }

  /**
   * Seeds the book from the first row; an order that the first message adds is entered as itself. A row that is crossed is of a
   * halt that began before the record.
   */
  #open(record: LobsterRecord): void {
    const { bids, asks } = record.row;
    const isCrossed = bids.prices[0] >= asks.prices[0];
    if (isCrossed) this.venue.collect(this.book);
    for (const side of SIDES) {
      const { prices, sizes } = rowSide(record.row, side);
      for (let at = 0; at < prices.length; at++) {
        const own =
          record.type === LobsterType.Add && record.side === side && record.price === prices[at]
            ? record.shares
            : 0;
        if (sizes[at] > own) this.venue.rest(this.book, side, prices[at], sizes[at] - own, null);
        if (own > 0) {
          this.market.enter(this.market.register(record.orderId, this.book, side, prices[at], own));
        }
      }
    }
    if (isCrossed) this.venue.resume(this.book);
    if (record.type === LobsterType.Execution) {
      this.tallies.executionsNotComparable.add(LobsterReason.Opening);
    } else if (visibleEffect(record) === 0) {
      this.#apply(record);
    }
    this.row = record.row;
    this.tallies.rowsNotComparable.add(LobsterReason.Opening);
  }

  #apply(record: LobsterRecord): void {
    const { type, orderId, side, price, shares } = record;
    switch (type) {
      case LobsterType.Add: {
        const old = this.market.find(orderId);
        if (old !== undefined) this.market.forget(old);
        this.market.enter(this.market.register(orderId, this.book, side, price, shares));
        break;
      }
      case LobsterType.PartialCancel:
      case LobsterType.Delete: {
        const order = this.market.find(orderId) ?? null;
        if (order !== null) this.market.lower(order, type === LobsterType.Delete ? order.claimLots : shares);
        const taken = this.market.take(this.book, side, price, shares, order, orderId);
        if (taken < shares) this.tallies.messagesNotReplayed.add(LobsterReason.LevelShort);
        break;
      }
      case LobsterType.HiddenExecution:
        this.tallies.executionsNotComparable.add(LobsterReason.Hidden);
        break;
      case LobsterType.Cross:
        this.tallies.executionsNotComparable.add(LobsterReason.Cross);
        break;
      case LobsterType.Halt:
        if (price === LobsterHalt.Trading) this.venue.resume(this.book);
        else this.venue.collect(this.book);
        break;
    }
  }

  /** Sets the levels that enter the window with these messages to what their rows show, before they are replayed. */
  #reconcile(records: readonly LobsterRecord[]): void {
    let before = this.row;
    for (const record of records) {
      if (before === null) return;
      this.#reconcileOne(before, record);
      before = record.row;
    }
  }

  #reconcileOne(before: BookRow, record: LobsterRecord): void {
    let inside: WindowDepth | null = null;
    for (const side of SIDES) {
      const to = rowSide(record.row, side);
      const depth = this.book.depth(side);
      for (const price of enteringPrices(side, rowSide(before, side), to, depth)) {
        const effect = side === record.side && price === record.price ? visibleEffect(record) : 0;
        const target = Math.max(0, sizeInRow(to, price) - effect);
        const excess = depth.sizeAt(price) - target;
        if (excess === 0) continue;
        inside ??= new WindowDepth(before, this.book);
        this.tallies.reconciliationsEntering++;
        if (excess > 0) this.market.shrink(this.book, side, price, excess);
        else this.venue.rest(this.book, side, price, -excess, null);
      }
    }
    this.tallies.reconciliationsInside += inside?.changedLevels ?? 0;
  }

  /** Compares the venue's displayed book with the record's row, and makes it the last row. */
  #compareRow(record: LobsterRecord): void {
    const before = this.row as BookRow;
    this.row = record.row;
    for (const side of SIDES) {
      for (const price of leavingPrices(side, rowSide(before, side), rowSide(record.row, side))) {
        this.leftAt.set(levelKey(side, price), this.market.message);
      }
    }
    const found = differences(record.row, this.book.bids, this.book.asks);
    const excluded = notComparable(before, record);
    if (excluded !== null) {
      this.tallies.rowsNotComparable.add(
        found.length === 0 ? excluded : `${excluded}; the book is not as published`,
      );
    } else if (found.length === 0) {
      this.tallies.rowsEqual++;
    } else if (!followsFrom(before, record)) {
      this.tallies.rowsNotComparable.add(LobsterReason.Contradiction);
    } else {
      const carried = found.every((difference) => this.differences.has(difference));
      this.tallies.rowsDiffering.add(carried ? LobsterReason.Carried : LobsterReason.Different);
    }
    this.differences = new Set(found);
  }
}

/** Why the row of this message is not compared, or null: the message must change a level that a row shows. */
function notComparable(before: BookRow, { type, side, price, row }: LobsterRecord): string | null {
  if (type === LobsterType.HiddenExecution) return LobsterReason.Hidden;
  if (type === LobsterType.Cross) return LobsterReason.Cross;
  if (type === LobsterType.Halt) return LobsterReason.Halt;
  const shown = isInWindow(side, rowSide(before, side), price) || isInWindow(side, rowSide(row, side), price);
  return shown ? null : LobsterReason.OutsideWindow;
}

function levelKey(side: Side, price: number): number {
  return side * 2 ** 32 + price;
}
