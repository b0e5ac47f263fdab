import { CancelReasonName } from '#codec/json/names.ts';
import { readEvent } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { CommandType, MassCancel, OrderType, ReplaceOrder } from '#domain/commands.ts';
import { EventFlag, EventType, TradeFlag } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { rejectName } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { cancelEvent } from './cancel-event.ts';
import { isOrderCommand, refusedNew, refusedReplace } from './command-terms.ts';
import { LiveOrders } from './live-orders.ts';
import {
  mayRest,
  OrderEvent,
  type OrderRecord,
  type RecordedInstrument,
  type RecordedOrder,
  type RecordedTrade,
  unknownOrder,
} from './order-record.ts';
import { fieldsOf, fieldsOfReplace } from './regulatory-fields.ts';

const USER_ID = MassCancel.at.userId;
const ORIGINAL_CLIENT_ORDER_ID = ReplaceOrder.at.originalClientOrderId;

/** The events that order records are made of, and what these need to know. */
const READ: ReadonlySet<number> = new Set([
  EventType.OrderAccepted,
  EventType.CommandRejected,
  EventType.OrderCanceled,
  EventType.OrderReplaced,
  EventType.OrderRested,
  EventType.Trade,
  EventType.OrderTriggered,
  EventType.PhaseChanged,
  EventType.AuctionIndicative,
  EventType.InstrumentAdded,
  EventType.UserAdded,
  EventType.FillCanceled,
]);

/**
 * Makes order records of commands and of what the core says about each: `command` before the core applies it, its events before the next one. An image
 * at the beginning stands for the orders of before. Holds the live orders, and nothing of those that are gone.
 */
export class OrderRecorder implements EventSink {
  declare private readonly onRecord: (record: OrderRecord) => void;
  declare private readonly orders: LiveOrders;
  declare private readonly instruments: Map<number, RecordedInstrument>;
  /** The account of each user; 0 none. */
  declare private readonly accountOf: Map<number, number>;
  declare private words: WordBuffer | undefined;
  declare private at: number;
  declare private sequence: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;
  /** Records of the entry so far. */
  declare private place: number;

  constructor(onRecord: (record: OrderRecord) => void) {
    this.onRecord = onRecord;
    this.orders = new LiveOrders();
    this.instruments = new Map();
    this.accountOf = new Map();
    this.words = undefined;
    this.at = 0;
    this.sequence = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.place = 0;
  }

  /** Live orders that it holds. */
  get liveOrders(): number {
    return this.orders.size;
  }

  hasInstrument(symbol: string): boolean {
    return [...this.instruments.values()].some((instrument) => instrument.symbol === symbol);
  }

  /** The command at word `at` is applied next: the events that follow are its. The memory is read until then. */
  command(words: WordBuffer, at: number): void {
    this.words = words;
    this.at = at;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if (READ.has(i32[at] & 255)) this.#event(readEvent(words, at, to));
    }
  }

  #event(event: Event): void {
    if (event.sequence !== this.sequence) this.place = 0;
    this.sequence = event.sequence;
    this.timeSeconds = event.timeSeconds;
    this.timeNanos = event.timeNanos;
    const isImage = (event.flags & EventFlag.Image) !== 0;
    switch (event.type) {
      case 'OrderAccepted':
        this.#accepted(event, isImage);
        return;
      case 'CommandRejected':
        this.#rejected(event);
        return;
      case 'OrderCanceled':
        this.#canceled(event);
        return;
      case 'OrderReplaced':
        this.#replaced(event);
        return;
      case 'OrderRested':
        this.#rested(event, isImage);
        return;
      case 'Trade':
        this.#traded(event);
        return;
      case 'OrderTriggered':
        this.#triggered(event);
        return;
      case 'FillCanceled':
        this.#fillCanceled(event);
        return;
      default:
        this.#register(event);
    }
  }

  /** What later records need to know. */
  #register(event: Event): void {
    if (event.type === 'UserAdded') this.accountOf.set(event.newUserId, event.accountId);
    if (event.type === 'InstrumentAdded') {
      this.instruments.set(event.instrumentId, {
        symbol: event.symbol,
        price: { unit: event.tickSize, decimals: event.priceDecimals },
        quantity: { unit: event.lotSize, decimals: event.qtyDecimals },
        phase: event.phase,
        indicativePriceTicks: 0,
        indicativeQtyLots: 0,
      });
    }
    const instrument = this.instruments.get(event.instrumentId);
    if (instrument === undefined) return;
    if (event.type === 'PhaseChanged') {
      instrument.phase = event.phase;
      // An auction's ends with it, uncrossed or not.
      instrument.indicativeQtyLots = 0;
    }
    if (event.type === 'AuctionIndicative') {
      instrument.indicativePriceTicks = event.priceTicks;
      instrument.indicativeQtyLots = event.qtyLots;
    }
  }

  #accepted(event: Event<'OrderAccepted'>, isImage: boolean): void {
    const { orderId, userId, accountId, instrumentId, clientOrderId, side, orderType, timeInForce } = event;
    const isWaiting = orderType === OrderType.Stop || orderType === OrderType.StopLimit;
    const { words, at } = this;
    const order: RecordedOrder = {
      ...unknownOrder(),
      ...{ orderId, userId, accountId, instrumentId, clientOrderId, side, orderType, timeInForce, isWaiting },
      orderFlags: event.orderFlags,
      qtyLots: event.qtyLots,
      leavesQtyLots: event.qtyLots - event.cumQtyLots,
      displayQtyLots: event.displayQtyLots,
      minQtyLots: event.minQtyLots,
      priceTicks: event.priceTicks,
      stopPriceTicks: event.stopPriceTicks,
      expireSeconds: event.expireSeconds,
    };
    this.orders.add(order);
    if (isImage) return;
    order.regulatory = words === undefined ? undefined : fieldsOf(words, at);
    order.receivedSeconds = this.timeSeconds;
    if (!isWaiting) this.#prioritise(order);
    this.#record(OrderEvent.New, order);
  }

  #rejected(event: Event<'CommandRejected'>): void {
    const { words, at } = this;
    if (words === undefined || !isOrderCommand(words, at)) return;
    const { userId, accountId, instrumentId, clientOrderId } = event;
    const isNew = event.commandType === CommandType.NewOrder;
    const original = isNew ? undefined : this.#originalOf(words, at, event);
    const order = isNew ? refusedNew(words, at) : refusedReplace(words, at, original);
    Object.assign(order, { userId, accountId, clientOrderId });
    if (original === undefined) order.instrumentId = instrumentId;
    this.#record(OrderEvent.Rejected, order, {
      originalOrderId: original?.orderId ?? 0,
      reason: rejectName(event.rejectCode) ?? String(event.rejectCode),
    });
  }

  /** The live order that the ReplaceOrder at word `at` names; undefined: none, or one of another instrument than it says. */
  #originalOf(
    { i32 }: WordBuffer,
    at: number,
    { userId, instrumentId }: Event<'CommandRejected'>,
  ): RecordedOrder | undefined {
    const original = this.orders.find(userId, i32[at + ORIGINAL_CLIENT_ORDER_ID] >>> 0);
    return instrumentId === 0 || instrumentId === original?.instrumentId ? original : undefined;
  }

  #canceled(event: Event<'OrderCanceled'>): void {
    const order = this.#known(event.orderId);
    const { leavesQtyLots, visibleQtyLots, cumQtyLots, reason } = event;
    order.leavesQtyLots = leavesQtyLots;
    order.visibleQtyLots = Math.max(0, order.visibleQtyLots - visibleQtyLots);
    if (leavesQtyLots > 0) order.qtyLots = cumQtyLots + leavesQtyLots;
    const what = cancelEvent(reason, leavesQtyLots === 0, this.#isByMemberOf(order));
    this.#record(what, order, { reason: CancelReasonName.of(reason) });
    if (leavesQtyLots === 0) this.orders.remove(order);
  }

  /** Whether the command in hand is a mass cancel that somebody of the order's account sent. */
  #isByMemberOf({ accountId }: RecordedOrder): boolean {
    const { words, at } = this;
    if (words === undefined || (words.i32[at] & 255) !== CommandType.MassCancel) return false;
    return accountId !== 0 && this.accountOf.get(words.i32[at + USER_ID] >>> 0) === accountId;
  }

  #replaced(event: Event<'OrderReplaced'>): void {
    const { orderId, originalOrderId, clientOrderId, qtyLots, cumQtyLots, keepsPriority } = event;
    const original = this.#known(originalOrderId);
    this.orders.remove(original);
    const { words, at } = this;
    const said = words === undefined ? undefined : fieldsOfReplace(words, at);
    const order: RecordedOrder = {
      ...original,
      orderId,
      clientOrderId,
      qtyLots,
      leavesQtyLots: qtyLots - cumQtyLots,
      displayQtyLots: event.displayQtyLots,
      visibleQtyLots: Math.max(0, original.visibleQtyLots - event.visibleQtyLots),
      priceTicks: event.priceTicks,
      stopPriceTicks: event.stopPriceTicks,
      expireSeconds: event.expireSeconds,
      ...(said === undefined ? {} : { regulatory: said }),
    };
    if (keepsPriority === 0 && !order.isWaiting) this.#prioritise(order);
    this.orders.add(order);
    const reason = keepsPriority === 0 ? 'priority-lost' : 'priority-kept';
    this.#record(OrderEvent.ReplacedByMember, order, { originalOrderId, reason });
  }

  #rested({ orderId, displayQtyLots }: Event<'OrderRested'>, isImage: boolean): void {
    const order = this.#known(orderId);
    order.visibleQtyLots = displayQtyLots;
    order.isWaiting = false;
    if (!isImage) this.#prioritise(order);
  }

  #traded(event: Event<'Trade'>): void {
    const { tradeId, priceTicks, qtyLots } = event;
    const isAuction = (event.tradeFlags & TradeFlag.Auction) !== 0;
    const maker = this.#known(event.makerOrderId);
    maker.leavesQtyLots = event.makerLeavesQtyLots;
    maker.visibleQtyLots = event.makerVisibleQtyLots;
    this.#filled(maker, { tradeId, priceTicks, qtyLots, liquidity: isAuction ? '' : 'PASV' });
    const taker = this.#known(event.takerOrderId);
    taker.leavesQtyLots = event.takerLeavesQtyLots;
    taker.visibleQtyLots = event.takerVisibleQtyLots;
    this.#filled(taker, { tradeId, priceTicks, qtyLots, liquidity: isAuction ? '' : 'AGRE' });
  }

  #filled(order: RecordedOrder, trade: RecordedTrade): void {
    const isWhole = order.leavesQtyLots === 0;
    // The slice that follows goes to the end of its price; the event that says so comes behind this one.
    if (!isWhole && order.visibleQtyLots === 0 && order.displayQtyLots > 0) this.#prioritise(order);
    this.#record(isWhole ? OrderEvent.Filled : OrderEvent.PartiallyFilled, order, { trade });
    if (isWhole) this.orders.remove(order);
  }

  #triggered({ orderId }: Event<'OrderTriggered'>): void {
    const order = this.#known(orderId);
    order.isWaiting = false;
    this.#prioritise(order);
    this.#record(OrderEvent.Triggered, order);
  }

  /** A side of a trade that was taken back: the order may be gone for long. */
  #fillCanceled(event: Event<'FillCanceled'>): void {
    const { orderId, userId, accountId, instrumentId, clientOrderId, side } = event;
    const { tradeId, priceTicks, qtyLots } = event;
    const order = this.orders.get(orderId) ?? {
      ...unknownOrder(),
      ...{ orderId, userId, accountId, instrumentId, clientOrderId, side },
    };
    this.#record(OrderEvent.StatusChangedByVenue, order, {
      trade: { tradeId, priceTicks, qtyLots, liquidity: '' },
      reason: 'trade-canceled',
    });
  }

  /** A live order. The core names no other ones. */
  #known(orderId: number): RecordedOrder {
    const order = this.orders.get(orderId);
    if (order === undefined) throw new Error(`Invariant: order ${orderId} is live`);
    return order;
  }

  /** The order has a place in the book from now on, unless it may not rest. */
  #prioritise(order: RecordedOrder): void {
    if (!mayRest(order)) return;
    order.prioritySeconds = this.timeSeconds;
    order.priorityNanos = this.timeNanos;
  }

  #record(
    event: OrderEvent,
    order: RecordedOrder,
    more: { originalOrderId?: number; trade?: RecordedTrade; reason?: string } = {},
  ): void {
    this.place++;
    this.onRecord({
      event,
      sequence: this.sequence,
      place: this.place,
      timeSeconds: this.timeSeconds,
      timeNanos: this.timeNanos,
      order,
      instrument: this.instruments.get(order.instrumentId),
      originalOrderId: more.originalOrderId ?? 0,
      trade: more.trade,
      reason: more.reason ?? '',
    });
  }
}
