import assert from 'node:assert/strict';
import type { Event } from '#codec/log/record-types.ts';
import { OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, TradeFlag } from '#domain/events.ts';
import { isImmediate, isMarket } from './venue.ts';

interface SeenOrder {
  orderId: number;
  instrumentId: number;
  userId: number;
  accountId: number;
  side: number;
  priceTicks: number;
  readonly orderType: number;
  readonly timeInForce: number;
  readonly orderFlags: number;
  isStop: boolean;
  leavesQtyLots: number;
  cumQtyLots: number;
  /** What the public book shows of it; 0 while it is not there. */
  visibleQtyLots: number;
  rests: boolean;
  place: number;
}

/**
 * Reads the event stream as a client and a market-data reader would, with nothing but the events, and asserts that
 * it makes sense: numbering of sequences, reports, orders and trades; leaves, executed and displayed quantities
 * that add up; price-time priority of every trade; and no crossed book while orders trade continuously.
 */
export class EventCheck {
  readonly #orders = new Map<number, SeenOrder>();
  readonly #reports = new Map<number, number>();
  #lastOrderId = 0;
  #lastTradeId = 0;
  readonly #canceledTrades = new Set<number>();
  #lastPlace = 0;
  /** Orders of the command at hand with a minimum quantity, and why what is left of them was canceled. */
  readonly #withMinimum = new Map<SeenOrder, { readonly minQtyLots: number; reason: number }>();

  /** Checks the events of one command. @throws AssertionError */
  read(events: readonly Event[], sequence: number): void {
    this.#withMinimum.clear();
    for (const event of events) {
      assert.equal(event.sequence, sequence, 'events carry the sequence of their command');
      assert.equal(event.timeSeconds, events[0].timeSeconds, 'one command, one time');
      this.#numberReport(event.userId, event.reportNumber);
      this.#apply(event);
    }
    for (const [{ orderId, cumQtyLots }, { minQtyLots, reason }] of this.#withMinimum) {
      const isKilled = reason === CancelReason.MinimumQuantity || reason === CancelReason.FillOrKill;
      const isAllOrNothing = isKilled ? cumQtyLots === 0 : cumQtyLots >= minQtyLots;
      assert.ok(isAllOrNothing, `order ${orderId} traded ${cumQtyLots}, at least ${minQtyLots} or nothing`);
    }
    for (const order of this.#orders.values()) {
      if (order.rests) assert.ok(order.visibleQtyLots > 0, `order ${order.orderId} rests unseen`);
      else assert.ok(order.isStop, `order ${order.orderId} neither rests nor waits`);
    }
  }

  /** Best price of a side as the public book shows it, 0 when there is none. */
  best(instrumentId: number, side: Side): number {
    return this.#queue(instrumentId, side)[0]?.priceTicks ?? 0;
  }

  #numberReport(userId: number, reportNumber: number): void {
    if (reportNumber === 0) return;
    const expected = (this.#reports.get(userId) ?? 0) + 1;
    assert.equal(reportNumber, expected, `reports of user ${userId} are numbered without a gap`);
    this.#reports.set(userId, reportNumber);
  }

  #order(orderId: number): SeenOrder {
    const order = this.#orders.get(orderId);
    assert.ok(order !== undefined, `order ${orderId} lives`);
    return order;
  }

  #queue(instrumentId: number, side: number): SeenOrder[] {
    const better = side === Side.Buy ? -1 : 1;
    return [...this.#orders.values()]
      .filter((order) => order.rests && order.instrumentId === instrumentId && order.side === side)
      .sort((a, b) => better * (a.priceTicks - b.priceTicks) || a.place - b.place);
  }

  #apply(event: Event): void {
    switch (event.type) {
      case 'OrderAccepted':
        this.#accept(event);
        if (event.minQtyLots > 0) {
          this.#withMinimum.set(this.#order(event.orderId), { minQtyLots: event.minQtyLots, reason: 0 });
        }
        return;
      case 'OrderReplaced':
        this.#replace(event);
        return;
      case 'OrderCanceled':
        this.#cancel(event);
        return;
      case 'OrderRested':
        this.#rest(event);
        return;
      case 'OrderTriggered':
        assert.ok(this.#order(event.orderId).isStop, 'only a waiting stop triggers');
        this.#order(event.orderId).isStop = false;
        return;
      case 'Trade':
        this.#trade(event);
        return;
      case 'TradeCanceled':
        assert.ok(event.tradeId <= this.#lastTradeId, 'only what was traded is taken back');
        assert.ok(!this.#canceledTrades.has(event.tradeId), 'a trade is taken back once');
        this.#canceledTrades.add(event.tradeId);
        return;
      default:
    }
  }

  #accept(event: Event<'OrderAccepted'> | Event<'OrderReplaced'>): SeenOrder {
    assert.equal(event.orderId, ++this.#lastOrderId, 'order ids count up');
    const order = {
      orderId: event.orderId,
      instrumentId: event.instrumentId,
      userId: event.userId,
      accountId: event.accountId,
      side: event.side,
      priceTicks: event.priceTicks,
      orderType: event.orderType,
      timeInForce: event.timeInForce,
      orderFlags: event.orderFlags,
      isStop: event.orderType === OrderType.Stop || event.orderType === OrderType.StopLimit,
      leavesQtyLots: event.qtyLots - event.cumQtyLots,
      cumQtyLots: event.cumQtyLots,
      visibleQtyLots: 0,
      rests: false,
      place: 0,
    };
    this.#orders.set(event.orderId, order);
    return order;
  }

  #replace(event: Event<'OrderReplaced'>): void {
    const before = this.#order(event.originalOrderId);
    assert.equal(event.cumQtyLots, before.cumQtyLots, 'a replace keeps what is executed');
    assert.equal(event.originalPriceTicks, before.priceTicks);
    assert.ok(event.qtyLots > event.cumQtyLots, 'a replaced order has something open');
    this.#orders.delete(event.originalOrderId);
    const order = this.#accept(event);
    order.isStop = before.isStop;
    if (event.keepsPriority === 0) {
      assert.equal(event.visibleQtyLots, before.visibleQtyLots, 'all that was displayed leaves');
      return;
    }
    order.rests = before.rests;
    order.place = before.place;
    order.visibleQtyLots = before.visibleQtyLots - event.visibleQtyLots;
  }

  #cancel(event: Event<'OrderCanceled'>): void {
    const order = this.#order(event.orderId);
    order.leavesQtyLots -= event.canceledQtyLots;
    order.visibleQtyLots -= event.visibleQtyLots;
    assert.ok(event.canceledQtyLots > 0, 'a cancel takes something');
    assert.equal(event.leavesQtyLots, order.leavesQtyLots, 'canceled and open quantity add up');
    assert.equal(event.cumQtyLots, order.cumQtyLots, 'executed quantity stays');
    if (order.timeInForce === TimeInForce.FillOrKill) {
      assert.deepEqual(
        [event.reason, order.cumQtyLots],
        [CancelReason.FillOrKill, 0],
        'all is filled or nothing',
      );
    }
    const minimum = this.#withMinimum.get(order);
    if (minimum !== undefined) minimum.reason = event.reason;
    assert.ok(order.visibleQtyLots >= 0 && order.visibleQtyLots <= order.leavesQtyLots);
    if (order.leavesQtyLots === 0) this.#orders.delete(order.orderId);
  }

  #rest(event: Event<'OrderRested'>): void {
    const order = this.#order(event.orderId);
    assert.equal(order.visibleQtyLots, 0, 'an order rests once, or again after its slice is used up');
    assert.ok(event.displayQtyLots > 0 && event.displayQtyLots <= order.leavesQtyLots);
    assert.deepEqual([event.priceTicks, event.side], [order.priceTicks, order.side]);
    assert.ok(
      !isMarket(order.orderType) && !isImmediate(order.timeInForce),
      'only an order that may rest does',
    );
    order.visibleQtyLots = event.displayQtyLots;
    order.place = ++this.#lastPlace;
    order.rests = true;
  }

  #trade(event: Event<'Trade'>): void {
    assert.equal(event.tradeId, ++this.#lastTradeId, 'trade ids count up');
    const maker = this.#order(event.makerOrderId);
    const taker = this.#order(event.takerOrderId);
    const isUncross = (event.tradeFlags & TradeFlag.Auction) !== 0;
    this.#numberReport(event.makerUserId, event.makerReportNumber);
    this.#numberReport(event.takerUserId, event.takerReportNumber);
    assert.equal(maker.side + taker.side, Side.Buy + Side.Sell, 'a buyer and a seller');
    assert.equal(maker, this.#queue(event.instrumentId, maker.side)[0], 'the first of the best price trades');
    if (isUncross) {
      assert.equal(taker, this.#queue(event.instrumentId, taker.side)[0]);
      assert.ok(maker.priceTicks >= event.priceTicks && taker.priceTicks <= event.priceTicks);
      assert.equal(event.aggressorSide, 0);
    } else {
      assert.equal(event.priceTicks, maker.priceTicks, "a trade prints at the resting order's price");
      assert.equal(event.aggressorSide, taker.side);
      assert.ok(event.qtyLots <= maker.visibleQtyLots, 'only displayed quantity trades');
      assert.notEqual(maker.accountId, taker.accountId, 'nobody trades with himself');
      assert.notEqual(taker.orderFlags, OrderFlag.PostOnly, 'a post-only order takes nothing');
    }
    const [makerVisible, takerVisible] = [maker.visibleQtyLots, taker.visibleQtyLots];
    this.#fill(maker, event.qtyLots);
    this.#fill(taker, event.qtyLots);
    assert.deepEqual(
      [event.makerTakenVisibleQtyLots, event.makerPriceTicks],
      [makerVisible - maker.visibleQtyLots, maker.priceTicks],
    );
    assert.deepEqual(
      [event.takerTakenVisibleQtyLots, event.takerPriceTicks],
      [takerVisible - taker.visibleQtyLots, isUncross ? taker.priceTicks : 0],
    );
    assert.deepEqual(
      [maker.leavesQtyLots, maker.visibleQtyLots, maker.userId, maker.accountId],
      [event.makerLeavesQtyLots, event.makerVisibleQtyLots, event.makerUserId, event.makerAccountId],
    );
    assert.deepEqual(
      [taker.leavesQtyLots, taker.visibleQtyLots, taker.userId, taker.accountId],
      [event.takerLeavesQtyLots, event.takerVisibleQtyLots, event.takerUserId, event.takerAccountId],
    );
  }

  #fill(order: SeenOrder, qtyLots: number): void {
    order.leavesQtyLots -= qtyLots;
    order.cumQtyLots += qtyLots;
    order.visibleQtyLots = Math.max(0, order.visibleQtyLots - qtyLots);
    assert.ok(order.leavesQtyLots >= 0, 'nothing trades more than it has');
    if (order.leavesQtyLots === 0) this.#orders.delete(order.orderId);
  }
}
