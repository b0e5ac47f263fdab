import { readCommand } from '#codec/log/commands.ts';
import { writeEvent } from '#codec/log/events.ts';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import { Phase, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { RejectCode } from '#domain/rejects.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';

interface BookOrder {
  readonly orderId: number;
  readonly userId: number;
  clientOrderId: number;
  readonly side: Side;
  priceTicks: number;
  leaves: number;
  cum: number;
}

interface Book {
  phase: number;
  readonly orders: Record<Side, BookOrder[]>;
}

/** How `ReplayBook` is wrong on purpose, to show that the comparison notices. */
export type PlantedBug = 'none' | 'last-in-first-out' | 'loses-a-lot' | 'ignores-price' | 'cancels-the-best';

/**
 * A small price-time book that speaks command and event records: stands for the venue where only the replay is
 * tested. Sorted arrays, no risk, no ledger; knows limit orders, cancels, replaces and phases without auctions.
 */
export class ReplayBook implements ReplayTarget {
  readonly commands: Command[] = [];
  readonly times: [seconds: number, nanos: number][] = [];
  readonly #keepCommands: boolean;
  readonly #bug: PlantedBug;
  readonly #books = new Map<number, Book>();
  readonly #live = new Map<string, BookOrder>();
  readonly #lastIds = new Map<number, number>();
  readonly #out = WordBuffer.allocate(1 << 18);
  #to = 0;
  #nextOrderId = 1;
  #hash = 0;

  constructor(options: { keepCommands?: boolean; bug?: PlantedBug } = {}) {
    this.#keepCommands = options.keepCommands ?? false;
    this.#bug = options.bug ?? 'none';
  }

  submit(
    words: WordBuffer,
    from: number,
    to: number,
    seconds: number,
    nanos: number,
    events: EventSink,
  ): void {
    const command = readCommand(words, from, to);
    if (this.#keepCommands) {
      this.commands.push(command);
      this.times.push([seconds, nanos]);
    }
    this.#to = 0;
    this.#apply(command);
    for (let at = 0; at < this.#to; at++) this.#hash = (Math.imul(this.#hash, 31) + this.#out.i32[at]) | 0;
    events.onEvents(this.#out, 0, this.#to);
  }

  stateHash(): string {
    return (this.#hash >>> 0).toString(16).padStart(16, '0');
  }

  #emit(event: EventInput): void {
    this.#to = writeEvent(this.#out, this.#to, event);
  }

  #apply(command: Command): void {
    switch (command.type) {
      case 'AddInstrument':
        this.#books.set(command.instrumentId, {
          phase: command.phase,
          orders: { [Side.Buy]: [], [Side.Sell]: [] },
        });
        break;
      case 'SetPhase':
        (this.#books.get(command.instrumentId) as Book).phase = command.phase;
        break;
      case 'NewOrder':
        this.#onNew(command);
        break;
      case 'CancelOrder':
        this.#onCancel(command);
        break;
      case 'ReplaceOrder':
        this.#onReplace(command);
        break;
    }
  }

  #onNew(command: Command<'NewOrder'>): void {
    const { userId, clientOrderId, instrumentId, side, priceTicks, qtyLots } = command;
    if (clientOrderId <= (this.#lastIds.get(userId) ?? 0)) {
      this.#reject(command, RejectCode.DUPLICATE_CLIENT_ORDER_ID);
      return;
    }
    this.#lastIds.set(userId, clientOrderId);
    if (priceTicks < 1 || qtyLots < 1) {
      this.#reject(command, RejectCode.INVALID_PRICE);
      return;
    }
    const order = {
      orderId: this.#nextOrderId++,
      userId,
      clientOrderId,
      side: side as Side,
      priceTicks,
      leaves: qtyLots,
      cum: 0,
    };
    this.#emit({ type: 'OrderAccepted', instrumentId, userId, clientOrderId, orderId: order.orderId });
    this.#enter(instrumentId, order, command.timeInForce === TimeInForce.ImmediateOrCancel);
  }

  #enter(instrumentId: number, order: BookOrder, immediate: boolean): void {
    const book = this.#books.get(instrumentId) as Book;
    if (book.phase === Phase.Continuous) this.#match(instrumentId, book, order);
    if (order.leaves === 0) return;
    if (immediate) {
      this.#emit({
        type: 'OrderCanceled',
        instrumentId,
        userId: order.userId,
        clientOrderId: order.clientOrderId,
        orderId: order.orderId,
        canceledQtyLots: order.leaves,
        priceTicks: order.priceTicks,
        side: order.side,
        reason: CancelReason.ImmediateOrCancel,
      });
      return;
    }
    this.#live.set(`${order.userId} ${order.clientOrderId}`, order);
    const queue = book.orders[order.side];
    const sign = order.side === Side.Buy ? 1 : -1;
    let at = queue.length;
    while (at > 0 && sign * queue[at - 1].priceTicks < sign * order.priceTicks) at--;
    queue.splice(at, 0, order);
    this.#emit({
      type: 'OrderRested',
      instrumentId,
      orderId: order.orderId,
      displayQtyLots: order.leaves,
      priceTicks: order.priceTicks,
      side: order.side,
    });
  }

  #match(instrumentId: number, book: Book, taker: BookOrder): void {
    const queue = book.orders[taker.side === Side.Buy ? Side.Sell : Side.Buy];
    const sign = taker.side === Side.Buy ? 1 : -1;
    while (taker.leaves > 0 && queue.length > 0) {
      if (sign * queue[0].priceTicks > sign * taker.priceTicks && this.#bug !== 'ignores-price') return;
      let at = 0;
      while (
        this.#bug === 'last-in-first-out' &&
        at + 1 < queue.length &&
        queue[at + 1].priceTicks === queue[0].priceTicks
      ) {
        at++;
      }
      const maker = queue[at];
      let qtyLots = Math.min(taker.leaves, maker.leaves);
      if (this.#bug === 'loses-a-lot' && qtyLots > 1) qtyLots--;
      taker.leaves -= qtyLots;
      taker.cum += qtyLots;
      maker.leaves -= qtyLots;
      maker.cum += qtyLots;
      this.#emit({
        type: 'Trade',
        instrumentId,
        qtyLots,
        priceTicks: maker.priceTicks,
        aggressorSide: taker.side,
        makerOrderId: maker.orderId,
        makerUserId: maker.userId,
        makerClientOrderId: maker.clientOrderId,
        makerLeavesQtyLots: maker.leaves,
        makerVisibleQtyLots: maker.leaves,
        takerOrderId: taker.orderId,
        takerUserId: taker.userId,
        takerClientOrderId: taker.clientOrderId,
        takerLeavesQtyLots: taker.leaves,
      });
      if (maker.leaves === 0) this.#remove(book, maker);
    }
  }

  #onCancel(command: Command<'CancelOrder'>): void {
    const { userId, clientOrderId, instrumentId, totalQtyLots } = command;
    const named = this.#live.get(`${userId} ${clientOrderId}`);
    if (named === undefined || totalQtyLots >= named.cum + named.leaves) {
      this.#reject(command, named === undefined ? RejectCode.UNKNOWN_ORDER : RejectCode.INVALID_QUANTITY);
      return;
    }
    const book = this.#books.get(instrumentId) as Book;
    const order = this.#bug === 'cancels-the-best' ? book.orders[named.side][0] : named;
    const asked = named.leaves - Math.max(0, totalQtyLots - named.cum);
    const canceled = Math.min(asked, order.leaves);
    order.leaves -= canceled;
    if (order.leaves === 0) this.#remove(book, order);
    this.#emit({
      type: 'OrderCanceled',
      instrumentId,
      userId,
      clientOrderId: order.clientOrderId,
      orderId: order.orderId,
      canceledQtyLots: canceled,
      leavesQtyLots: order.leaves,
      visibleQtyLots: canceled,
      priceTicks: order.priceTicks,
      side: order.side,
      reason: CancelReason.Requested,
    });
  }

  #onReplace(command: Command<'ReplaceOrder'>): void {
    const { userId, clientOrderId, originalClientOrderId, instrumentId, priceTicks, qtyLots } = command;
    const order = this.#live.get(`${userId} ${originalClientOrderId}`);
    if (order === undefined || qtyLots <= order.cum) {
      this.#reject(command, order === undefined ? RejectCode.UNKNOWN_ORDER : RejectCode.NOTHING_TO_REPLACE);
      return;
    }
    this.#lastIds.set(userId, clientOrderId);
    this.#remove(this.#books.get(instrumentId) as Book, order);
    this.#emit({
      type: 'OrderReplaced',
      instrumentId,
      userId,
      clientOrderId,
      originalClientOrderId,
      priceTicks,
      qtyLots,
      cumQtyLots: order.cum,
      visibleQtyLots: order.leaves,
      keepsPriority: 0,
    });
    order.clientOrderId = clientOrderId;
    order.priceTicks = priceTicks;
    order.leaves = qtyLots - order.cum;
    this.#enter(instrumentId, order, false);
  }

  #remove(book: Book, order: BookOrder): void {
    this.#live.delete(`${order.userId} ${order.clientOrderId}`);
    const queue = book.orders[order.side];
    queue.splice(queue.indexOf(order), 1);
  }

  #reject(command: Command, rejectCode: number): void {
    const { userId, clientOrderId, instrumentId } = command;
    this.#emit({ type: 'CommandRejected', userId, clientOrderId, instrumentId, rejectCode });
  }
}
