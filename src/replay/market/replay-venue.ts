import { writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Phase, Side, TimeInForce } from '#domain/commands.ts';
import {
  CommandRejected,
  EventType,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  Trade,
  TradeFlag,
} from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { rejectName } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { ReplayRefusedError } from '../replay-error.ts';
import { Tally } from '../replay-report.ts';
import type { ReplayTarget } from '../replay-target.ts';
import { MarketBook, type RecordedOrder, VenueOrder } from './market-book.ts';
import { byteOffset, writeCancel, writeLimitOrder, writeReplace } from './order-commands.ts';
import {
  aggressorUser,
  fundingCommands,
  type InstrumentTerms,
  instrumentCommand,
  type ReplayAssets,
  ReplayUser,
  restingUser,
} from './venue-setup.ts';

/** A fill of the venue: of which resting order how much, at that order's price. */
export interface VenueFill {
  readonly order: VenueOrder;
  readonly qtyLots: number;
  readonly priceTicks: number;
}

/** Room for the longest command of a replay. */
const COMMAND_WORDS = 64;

/** What a user does next when a command is refused with this code. */
const ADVICE: { readonly [code: string]: string } = {
  CAPACITY: 'the recording has more instruments than the venue has room for, replay a file with fewer',
};

/** Byte offsets of the small fields that are read here. */
const BYTE = {
  restedSide: byteOffset(OrderRested, 'side'),
  canceledSide: byteOffset(OrderCanceled, 'side'),
  keepsPriority: byteOffset(OrderReplaced, 'keepsPriority'),
  tradeFlags: byteOffset(Trade, 'tradeFlags'),
  rejectCode: byteOffset(CommandRejected, 'rejectCode'),
} as const;

/**
 * The venue as the replay sees it: sends commands to the target and keeps, from the venue's events alone, each
 * instrument's displayed depth and the live orders that the replay has entered.
 */
export class ReplayVenue implements EventSink {
  declare private readonly target: ReplayTarget;
  declare private readonly words: WordBuffer;
  declare private readonly books: Map<number, MarketBook>;
  declare private readonly bids: Map<number, VenueOrder>;
  declare private readonly asks: Map<number, VenueOrder>;
  /** Last clientOrderId by user number. */
  declare private readonly lastIds: Float64Array;
  /** Fills of the command that runs, not yet taken out of the depth. */
  declare private fills: VenueFill[];
  declare private timeSeconds: number;
  declare private timeNanos: number;
  /** Highest order id that the record has named so far. */
  declare newestId: number;
  declare commands: number;
  /** Trades other than those of `aggress`. */
  declare unexpectedTrades: number;
  declare readonly rejects: Tally;
  /** Code of the last refusal. */
  declare private lastReject: string;

  constructor(target: ReplayTarget) {
    this.target = target;
    this.words = WordBuffer.allocate(COMMAND_WORDS);
    this.books = new Map();
    this.bids = new Map();
    this.asks = new Map();
    this.lastIds = new Float64Array(8);
    this.fills = [];
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.newestId = 0;
    this.commands = 0;
    this.unexpectedTrades = 0;
    this.rejects = new Tally();
    this.lastReject = '';
  }

  /** Orders of ours that rest in the venue. */
  get liveOrders(): number {
    return this.bids.size + this.asks.size;
  }

  /** The recorded time of the commands that follow. */
  setTime(timeSeconds: number, timeNanos: number): void {
    this.timeSeconds = timeSeconds;
    this.timeNanos = timeNanos;
  }

  /** Assets, accounts, users and funds. @throws ReplayRefusedError when the venue has some of them already */
  fund(assets: ReplayAssets): void {
    for (const command of fundingCommands(assets)) this.#require(command);
  }

  /** @throws ReplayRefusedError when the venue refuses the instrument, such as one more than it has room for */
  addInstrument(terms: InstrumentTerms): MarketBook {
    const book = new MarketBook(terms.instrumentId);
    this.books.set(terms.instrumentId, book);
    this.#require(instrumentCommand(terms));
    return book;
  }

  /** Enters a good-till-cancel limit order; null when the venue refused it. */
  rest(
    book: MarketBook,
    side: Side,
    priceTicks: number,
    qtyLots: number,
    owner: RecordedOrder | null,
  ): VenueOrder | null {
    const id = this.#nextId(restingUser(side));
    const order = new VenueOrder(book, side, priceTicks, id, qtyLots, owner, this.newestId);
    const live = this.#live(side);
    live.set(id, order);
    if (
      !this.#sendLimit(restingUser(side), id, book, side, priceTicks, qtyLots, TimeInForce.GoodTillCancel)
    ) {
      live.delete(id);
      return null;
    }
    this.#settleUnexpected();
    if (order.leavesLots > 0) book.link(order);
    return order;
  }

  /** Takes `qtyLots` out of a live order; all of its open quantity cancels it. */
  reduce(order: VenueOrder, qtyLots: number): void {
    assert(qtyLots > 0 && qtyLots <= order.leavesLots, 'Condition: a reduction is within the open quantity');
    this.#send(writeCancel(this.words, order, order.leavesLots - qtyLots));
  }

  /**
   * Moves a live order to the tail of a price with a new open quantity. The price must differ or the quantity
   * grow, else it would keep its priority. False when the venue refused it.
   */
  replace(order: VenueOrder, priceTicks: number, openLots: number): boolean {
    assert(
      priceTicks !== order.priceTicks || openLots > order.leavesLots,
      'Condition: a replaced order loses its priority',
    );
    const clientOrderId = this.#nextId(restingUser(order.side));
    const words = writeReplace(this.words, order, clientOrderId, priceTicks, order.cumLots + openLots);
    const accepted = this.#send(words);
    this.#settleUnexpected();
    if (accepted && order.leavesLots > 0 && !order.linked) order.book.link(order);
    return accepted;
  }

  /**
   * Sends an immediate-or-cancel order against `restingSide` and returns its fills in order. The depth still holds
   * them: `settle` takes each out, so that a caller can look at the book between two fills of one order.
   */
  aggress(book: MarketBook, restingSide: Side, limitTicks: number, qtyLots: number): readonly VenueFill[] {
    const side = restingSide === Side.Buy ? Side.Sell : Side.Buy;
    const user = aggressorUser(side);
    const id = this.#nextId(user);
    this.#sendLimit(user, id, book, side, limitTicks, qtyLots, TimeInForce.ImmediateOrCancel);
    const fills = this.fills;
    this.fills = [];
    return fills;
  }

  /** Takes a fill, or a part of it, out of the depth. */
  settle(fill: VenueFill, qtyLots: number): void {
    fill.order.book.depth(fill.order.side).reduce(fill.order.priceTicks, qtyLots);
  }

  /** The recorded market stops trading: orders rest without matching. */
  collect(book: MarketBook): void {
    book.resuming = false;
    if (book.collecting) return;
    book.collecting = true;
    this.#require({ type: 'SetPhase', instrumentId: book.instrumentId, phase: Phase.PreOpen });
  }

  /**
   * The recorded market trades again. The venue follows as soon as its book is not crossed: what the record trades
   * in the auction leaves the book as recorded, and the venue's own auction finds nothing to do.
   */
  resume(book: MarketBook): void {
    book.resuming = book.collecting;
    this.tryResume(book);
  }

  tryResume(book: MarketBook): void {
    if (!book.resuming || book.crossed) return;
    book.resuming = false;
    book.collecting = false;
    this.#require({ type: 'SetPhase', instrumentId: book.instrumentId, phase: Phase.Continuous });
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += words.i32[at] >>> 16) {
      switch (words.i32[at] & 0xff) {
        case EventType.OrderRested:
          this.#onRested(words, at);
          break;
        case EventType.Trade:
          this.#onTrade(words, at);
          break;
        case EventType.OrderCanceled:
          this.#onCanceled(words, at);
          break;
        case EventType.OrderReplaced:
          this.#onReplaced(words, at);
          break;
        case EventType.CommandRejected:
          this.#onRejected(words, at);
          break;
      }
    }
  }

  #onRejected({ u8 }: WordBuffer, at: number): void {
    const byte = at * WORD_BYTES + BYTE.rejectCode;
    const code = u8[byte] | (u8[byte + 1] << 8);
    this.lastReject = rejectName(code) ?? String(code);
    this.rejects.add(this.lastReject);
  }

  #onRested({ i32, f64, u8 }: WordBuffer, at: number): void {
    const book = this.books.get(i32[at + OrderRested.at.instrumentId]);
    assert(book !== undefined, 'Condition: the venue has no instruments but those of the replay');
    const side = u8[at * WORD_BYTES + BYTE.restedSide] as Side;
    book.depth(side).add(i32[at + OrderRested.at.priceTicks], f64[(at + OrderRested.at.displayQtyLots) >> 1]);
  }

  #onTrade({ i32, f64, u8 }: WordBuffer, at: number): void {
    const qtyLots = f64[(at + Trade.at.qtyLots) >> 1];
    const maker = this.#order(i32[at + Trade.at.makerUserId], i32[at + Trade.at.makerClientOrderId]);
    const taker = this.#order(i32[at + Trade.at.takerUserId], i32[at + Trade.at.takerClientOrderId]);
    const auction = (u8[at * WORD_BYTES + BYTE.tradeFlags] & TradeFlag.Auction) !== 0;
    assert(maker !== undefined, 'Condition: only orders of the replay rest in the venue');
    this.#fill(maker, qtyLots);
    this.fills.push({ order: maker, qtyLots, priceTicks: i32[at + Trade.at.priceTicks] });
    if (taker === undefined) return;
    this.#fill(taker, qtyLots);
    if (auction) this.fills.push({ order: taker, qtyLots, priceTicks: i32[at + Trade.at.priceTicks] });
  }

  #onCanceled({ i32, f64, u8 }: WordBuffer, at: number): void {
    const order = this.#order(i32[at + OrderCanceled.at.userId], i32[at + OrderCanceled.at.clientOrderId]);
    if (order === undefined) return;
    const side = u8[at * WORD_BYTES + BYTE.canceledSide] as Side;
    order.book
      .depth(side)
      .reduce(i32[at + OrderCanceled.at.priceTicks], f64[(at + OrderCanceled.at.visibleQtyLots) >> 1]);
    order.leavesLots = f64[(at + OrderCanceled.at.leavesQtyLots) >> 1];
    if (order.leavesLots === 0) this.#gone(order);
  }

  #onReplaced({ i32, f64, u8 }: WordBuffer, at: number): void {
    const user = i32[at + OrderReplaced.at.userId];
    const order = this.#order(user, i32[at + OrderReplaced.at.originalClientOrderId]);
    assert(order !== undefined, 'Condition: only orders of the replay are replaced');
    assert(u8[at * WORD_BYTES + BYTE.keepsPriority] === 0, 'Condition: the replay sends no such replace');
    const visibleLots = f64[(at + OrderReplaced.at.visibleQtyLots) >> 1];
    order.book.depth(order.side).reduce(order.priceTicks, visibleLots);
    order.book.unlink(order);
    this.#live(order.side).delete(order.clientOrderId);
    order.clientOrderId = i32[at + OrderReplaced.at.clientOrderId];
    order.priceTicks = i32[at + OrderReplaced.at.priceTicks];
    order.leavesLots =
      f64[(at + OrderReplaced.at.qtyLots) >> 1] - f64[(at + OrderReplaced.at.cumQtyLots) >> 1];
    this.#live(order.side).set(order.clientOrderId, order);
  }

  /** Takes the fills of a command that was to rest out of the depth at once. */
  #settleUnexpected(): void {
    if (this.fills.length === 0) return;
    this.unexpectedTrades += this.fills.length;
    for (const fill of this.fills) this.settle(fill, fill.qtyLots);
    this.fills = [];
  }

  #fill(order: VenueOrder, qtyLots: number): void {
    order.leavesLots -= qtyLots;
    order.cumLots += qtyLots;
    if (order.leavesLots === 0) this.#gone(order);
  }

  #gone(order: VenueOrder): void {
    order.book.unlink(order);
    this.#live(order.side).delete(order.clientOrderId);
  }

  #order(userId: number, clientOrderId: number): VenueOrder | undefined {
    if (userId === ReplayUser.RestingBuy) return this.bids.get(clientOrderId);
    return userId === ReplayUser.RestingSell ? this.asks.get(clientOrderId) : undefined;
  }

  #live(side: Side): Map<number, VenueOrder> {
    return side === Side.Buy ? this.bids : this.asks;
  }

  #nextId(userId: number): number {
    return ++this.lastIds[userId];
  }

  /** False when the venue refused it. */
  #sendLimit(
    userId: number,
    clientOrderId: number,
    { instrumentId }: MarketBook,
    side: Side,
    priceTicks: number,
    qtyLots: number,
    timeInForce: TimeInForce,
  ): boolean {
    const words = this.words;
    return this.#send(
      writeLimitOrder(words, userId, instrumentId, clientOrderId, side, priceTicks, qtyLots, timeInForce),
    );
  }

  /** Sends a command without which the replay cannot go on. @throws ReplayRefusedError when the venue refuses it */
  #require(command: CommandInput): void {
    if (!this.#send(writeCommand(this.words, 0, command))) {
      const why = this.lastReject;
      throw new ReplayRefusedError(
        `the venue refuses ${command.type} (${why}): ${ADVICE[why] ?? 'replay into an empty venue, such as a new data directory'}`,
      );
    }
    this.#settleUnexpected();
  }

  /** Sends the command at word 0; false when the venue refused it. */
  #send(words: number): boolean {
    const refused = this.rejects.total;
    this.commands++;
    this.target.submit(this.words, 0, words, this.timeSeconds, this.timeNanos, this);
    return this.rejects.total === refused;
  }
}
