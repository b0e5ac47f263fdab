import { alphaText, ItchCode, ItchType } from '#codec/itch/itch-messages.ts';
import { WIRE_QUANTITY_MAX } from '#codec/soupbin/wire-units.ts';
import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { Aggressor } from '../market/aggressor.ts';
import { ExecutionReplay } from '../market/execution-replay.ts';
import type { MarketBook, RecordedOrder } from '../market/market-book.ts';
import { RecordedMarket } from '../market/recorded-market.ts';
import type { ReplayVenue } from '../market/replay-venue.ts';
import type { ReplayTallies } from '../replay-report.ts';
import type { ItchAction } from './itch-reader.ts';

/** Decimal digits of an ITCH price, which is also the replay's tick. */
const ITCH_PRICE_DECIMALS = 4;

/** Reasons of this format for which executions and messages are left out. */
export const ItchReason = {
  Hidden: 'hidden order',
  UnknownOrder: 'no order of this reference is open',
  OtherPrice: 'executed at another price than its limit',
  Cross: 'executed in an auction cross',
  PriceRange: 'a price of 214,748.3648 or more does not fit the venue',
  NotHeld: 'the venue could not hold the order',
  NoShares: 'no shares, or no price',
  ExceedsOrder: 'more shares than the order has open',
  OverwritesOrder: 'an order of this reference is still open',
  NoSide: 'neither a buy nor a sell',
  UnknownType: 'a message type that ITCH 5.0 does not have',
} as const;

/**
 * Replays a Nasdaq TotalView-ITCH 5.0 file: one instrument per stock locate that has orders. Orders that are not
 * displayed (P) and auction prints (Q) never were in the displayed book and are not replayed.
 */
export class ItchReplay {
  declare private readonly market: RecordedMarket;
  declare private readonly venue: ReplayVenue;
  declare private readonly tallies: ReplayTallies;
  declare private readonly executions: ExecutionReplay;
  declare private readonly books: Map<number, MarketBook>;
  declare private readonly symbols: Set<string>;
  /** Stock locates that are halted or paused and have no instrument yet. */
  declare private readonly halted: Set<number>;
  /** Executions of the time at hand that wait for what else their aggressors did, one per instrument. */
  declare private readonly aggressors: Aggressor[];

  constructor(venue: ReplayVenue, tallies: ReplayTallies) {
    this.market = new RecordedMarket(venue);
    this.venue = venue;
    this.tallies = tallies;
    this.executions = new ExecutionReplay(this.market, tallies);
    this.books = new Map();
    this.symbols = new Set();
    this.halted = new Set();
    this.aggressors = [];
    venue.fund({ baseSymbol: 'SHARE', baseDecimals: 0, quoteSymbol: 'USD', quoteDecimals: 2 });
  }

  onMessage(action: ItchAction): void {
    this.market.message++;
    if (action.type === 0) {
      this.tallies.messages.add(String.fromCharCode(action.locate));
      this.tallies.messagesNotReplayed.add(ItchReason.UnknownType);
      return;
    }
    this.tallies.messages.add(String.fromCharCode(action.type));
    if (this.aggressors.length > 0) this.#flushEarlier(action);
    switch (action.type) {
      case ItchType.AddOrder:
      case ItchType.AddOrderAttributed:
        this.#add(action);
        break;
      case ItchType.OrderExecuted:
      case ItchType.OrderExecutedWithPrice:
        this.#execute(action);
        break;
      case ItchType.OrderCancel:
        this.#cancel(action, action.shares);
        break;
      case ItchType.OrderDelete:
        this.#cancel(action, Number.POSITIVE_INFINITY);
        break;
      case ItchType.OrderReplace:
        this.#replace(action);
        break;
      case ItchType.Trade:
        this.tallies.executionsNotComparable.add(ItchReason.Hidden);
        break;
      case ItchType.TradingAction:
        this.#tradingAction(action);
        break;
    }
  }

  /** Replays what is held back; call once more after the last message. */
  finish(): void {
    while (this.aggressors.length > 0) this.#flush(0);
  }

  #add(action: ItchAction): void {
    if (action.side !== ItchCode.Buy && action.side !== ItchCode.Sell) {
      this.tallies.messagesNotReplayed.add(ItchReason.NoSide);
      return;
    }
    const book = this.#bookOf(action);
    this.#flushBook(book);
    if (this.#isOpen(action.orderReference)) {
      this.tallies.messagesNotReplayed.add(ItchReason.OverwritesOrder);
      return;
    }
    this.#enterNew(action, book, action.side === ItchCode.Buy ? Side.Buy : Side.Sell, action.orderReference);
  }

  /** Whether an order of this reference is open, once the executions before are replayed. */
  #isOpen(reference: number): boolean {
    const order = this.market.find(reference);
    if (order !== undefined) this.#flushBook(order.book);
    return this.market.find(reference) !== undefined;
  }

  /** Orders that the venue cannot hold are registered without being entered, so that what follows is known. */
  #enterNew(action: ItchAction, book: MarketBook, side: Side, id: number): void {
    const order = this.market.register(id, book, side, action.price, action.shares);
    const fault = unfit(action);
    if (fault !== null) {
      this.tallies.messagesNotReplayed.add(fault);
      return;
    }
    this.#prepare(action, book);
    this.market.enter(order);
  }

  /** Counts the execution once: here, or with its aggressor. */
  #execute(action: ItchAction): void {
    const { timeSeconds, timeNanos, orderReference: id, shares } = action;
    const named = this.market.find(id);
    if (named === undefined) {
      this.tallies.executionsNotComparable.add(ItchReason.UnknownOrder);
      return;
    }
    const { book, side, priceTicks } = named;
    const aggressor = this.aggressors.find((candidate) => candidate.book === book);
    const sent = this.#isSent(action, named);
    if (sent && aggressor?.accepts(book, side, timeSeconds, timeNanos, id, priceTicks) === true) {
      aggressor.add({ order: named, id, priceTicks, qtyLots: shares, doubt: null });
      return;
    }
    this.#flushBook(book);
    // What was held back may have been the last of the order, or a part of it.
    const order = this.market.find(id);
    if (order === undefined) {
      this.tallies.executionsNotComparable.add(ItchReason.UnknownOrder);
    } else if (this.#isSent(action, order)) {
      const next = new Aggressor(book, side, timeSeconds, timeNanos);
      next.add({ order, id, priceTicks, qtyLots: shares, doubt: null });
      this.aggressors.push(next);
    } else {
      this.#leaveOut(action, order);
    }
  }

  /** Whether an aggressor in continuous trading can have caused this execution. */
  #isSent(action: ItchAction, order: RecordedOrder): boolean {
    return action.shares <= order.claimLots && this.#withoutAggressor(action, order) === null;
  }

  /** Counts an execution that is not sent, and takes its shares out as far as the order has them. */
  #leaveOut(action: ItchAction, order: RecordedOrder): void {
    const { shares } = action;
    const doubt = this.#withoutAggressor(action, order);
    if (doubt === null || shares > order.claimLots) {
      this.tallies.executionsDiffering.add(ItchReason.ExceedsOrder);
    } else {
      this.tallies.executionsNotComparable.add(doubt);
    }
    this.#prepare(action, order.book);
    this.#reduce(order, Math.min(shares, order.claimLots));
  }

  /** Why no aggressor in continuous trading can have caused this execution; null when one must have. */
  #withoutAggressor(action: ItchAction, order: RecordedOrder): string | null {
    if (action.shares === 0) return ItchReason.NoShares;
    if (order.venue === null) return ItchReason.NotHeld;
    if (action.type === ItchType.OrderExecuted) return null;
    if (action.printable === ItchCode.No) return ItchReason.Cross;
    return action.price === order.priceTicks ? null : ItchReason.OtherPrice;
  }

  #cancel(action: ItchAction, shares: number): void {
    const order = this.#named(action);
    if (order === undefined) return;
    const qtyLots = Math.min(shares, order.claimLots);
    if (Number.isFinite(shares) && qtyLots < shares) {
      this.tallies.messagesNotReplayed.add(ItchReason.ExceedsOrder);
    }
    this.#reduce(order, qtyLots);
  }

  /** An order whose new reference is taken ends: the record says that it is no more, and the other one's stays. */
  #replace(action: ItchAction): void {
    const order = this.#named(action);
    if (order === undefined) return;
    const { book, side, claimLots } = order;
    const reference = action.newOrderReference;
    if (reference !== order.id && this.#isOpen(reference)) {
      this.tallies.messagesNotReplayed.add(ItchReason.OverwritesOrder);
      this.#reduce(order, claimLots);
      return;
    }
    if (order.venue !== null && unfit(action) === null) {
      this.market.replace(order, reference, action.price, action.shares);
      return;
    }
    this.#reduce(order, claimLots);
    this.#enterNew(action, book, side, reference);
  }

  /** Takes shares out of an order that is in the venue, or would be if the venue could hold it. */
  #reduce(order: RecordedOrder, qtyLots: number): void {
    if (order.venue === null) this.market.lower(order, qtyLots);
    else this.market.cancel(order, qtyLots);
  }

  /** The open order that a cancel or replace names, once the executions before it are replayed. */
  #named(action: ItchAction): RecordedOrder | undefined {
    const book = this.market.find(action.orderReference)?.book;
    if (book !== undefined) {
      this.#flushBook(book);
      this.#prepare(action, book);
    }
    const order = this.market.find(action.orderReference);
    if (order === undefined) this.tallies.messagesNotReplayed.add(ItchReason.UnknownOrder);
    return order;
  }

  #tradingAction(action: ItchAction): void {
    const trading = action.tradingState === ItchCode.Trading;
    const book = this.books.get(action.locate);
    if (book === undefined) {
      if (trading) this.halted.delete(action.locate);
      else this.halted.add(action.locate);
      return;
    }
    this.#flushBook(book);
    this.#prepare(action, book);
    if (trading) this.venue.resume(book);
    else this.venue.collect(book);
  }

  #bookOf(action: ItchAction): MarketBook {
    const known = this.books.get(action.locate);
    if (known !== undefined) return known;
    this.venue.setTime(action.timeSeconds, action.timeNanos);
    const book = this.venue.addInstrument({
      instrumentId: action.locate,
      symbol: this.#symbolOf(action),
      priceDecimals: ITCH_PRICE_DECIMALS,
      qtyDecimals: 0,
      valueDenominator: 100,
      maxQtyLots: WIRE_QUANTITY_MAX,
    });
    this.books.set(action.locate, book);
    if (this.halted.delete(action.locate)) this.venue.collect(book);
    return book;
  }

  /** The stock symbol, or the locate where the symbol cannot be used: it is empty, or another locate has it. */
  #symbolOf({ locate, stockHigh, stockLow }: ItchAction): string {
    const stock = alphaText(stockHigh, stockLow).replace(/[^\x21-\x7e]/g, '');
    const symbol = stock === '' || this.symbols.has(stock) ? `#${locate}` : stock;
    this.symbols.add(symbol);
    return symbol;
  }

  /** Sets the time for a command and lets a market that trades again go on. */
  #prepare(action: ItchAction, book: MarketBook): void {
    this.venue.setTime(action.timeSeconds, action.timeNanos);
    if (book.resuming) this.venue.tryResume(book);
  }

  /** Replays the executions of an earlier time. */
  #flushEarlier({ timeSeconds, timeNanos }: ItchAction): void {
    const first = this.aggressors[0];
    if (first.timeSeconds !== timeSeconds || first.timeNanos !== timeNanos) this.finish();
  }

  #flushBook(book: MarketBook): void {
    for (let at = 0; at < this.aggressors.length; at++) {
      if (this.aggressors[at].book === book) {
        this.#flush(at);
        return;
      }
    }
  }

  #flush(at: number): void {
    const [aggressor] = this.aggressors.splice(at, 1);
    const { book, side, timeSeconds, timeNanos, fills } = aggressor;
    this.venue.setTime(timeSeconds, timeNanos);
    if (book.resuming) this.venue.tryResume(book);
    this.executions.execute(book, side, fills, () => {});
  }
}

/** Why the venue cannot hold an order with this price and size, or null. */
function unfit({ price, shares }: ItchAction): string | null {
  if (price > Limits.PRICE_TICKS_MAX) return ItchReason.PriceRange;
  return shares === 0 || price === 0 ? ItchReason.NoShares : null;
}
