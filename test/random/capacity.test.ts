import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Rejects } from '#domain/rejects.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { checkCore } from '../oracle/core-check.ts';
import { EventCheck } from '../oracle/event-check.ts';
import { FastEngine } from '../oracle/fast-engine.ts';
import { INSTRUMENTS, MARKET_SECONDS, market, USERS } from '../scenarios/market.ts';
import { type Dice, isOneIn, pick } from './style.ts';

const SEED = Number(process.env['HIVE_RANDOM_SEED'] ?? Date.now() % 2 ** 31);
const COMMANDS = 4_000;
/** More than the pages of the price indexes, of which each price and second far from all others takes two or three. */
const ORDERS_MAX = 600;
const PRICE_MAX = 2 ** 31 - 1;
const SECONDS_MAX = 2 ** 32 - 1;

/** Orders at prices and with expiries far from each other, on both sides of the middle of the range; they seldom meet. */
function randomOrder(dice: Dice, clientOrderId: number, seconds: number): CommandInput {
  const side = pick(dice, Side.Buy, Side.Sell);
  const middle = 2 ** 30;
  const away = isOneIn(dice, 20) ? -dice.int(0, 1_000) : dice.int(1, middle - 2);
  const priceTicks = side === Side.Buy ? middle - away : middle + away;
  const isStop = isOneIn(dice, 4);
  const expires = isOneIn(dice, 2);
  return {
    type: 'NewOrder',
    userId: pick(dice, ...Object.values(USERS)),
    instrumentId: pick(dice, ...Object.values(INSTRUMENTS)),
    clientOrderId,
    side,
    orderType: isStop ? OrderType.StopLimit : OrderType.Limit,
    timeInForce: expires ? TimeInForce.GoodTillDate : TimeInForce.GoodTillCancel,
    priceTicks,
    stopPriceTicks: isStop ? dice.int(1, PRICE_MAX) : 0,
    qtyLots: dice.int(1, 20),
    displayQtyLots: isOneIn(dice, 4) ? 1 : 0,
    expireSeconds: expires ? dice.int(seconds + 1, SECONDS_MAX) : 0,
  };
}

interface Live {
  readonly userId: number;
  readonly clientOrderId: number;
  readonly expires: boolean;
}

function randomCommand(dice: Dice, live: readonly Live[], number: number, seconds: number): CommandInput {
  const order = randomOrder(dice, number, seconds) as CommandInput<'NewOrder'>;
  const other = live.length === 0 ? undefined : pick(dice, ...live);
  const kind = dice.int(1, 10);
  if (other === undefined || kind <= 6) return order;
  const { userId, clientOrderId, expires } = other;
  if (kind <= 8) return { type: 'CancelOrder', userId, clientOrderId };
  if (kind === 9) return { type: 'Tick' };
  return {
    type: 'ReplaceOrder',
    userId,
    originalClientOrderId: clientOrderId,
    clientOrderId: number,
    priceTicks: order.priceTicks ?? 0,
    stopPriceTicks: order.stopPriceTicks ?? 0,
    qtyLots: order.qtyLots ?? 0,
    expireSeconds: expires ? dice.int(seconds + 1, SECONDS_MAX) : 0,
  };
}

/** The live orders by what was told of them. */
function follow(live: Map<number, Live>, events: readonly Event[]): void {
  for (const event of events) {
    if (event.type === 'OrderReplaced') live.delete(event.originalOrderId);
    if (event.type === 'OrderAccepted' || event.type === 'OrderReplaced') {
      const { userId, clientOrderId, timeInForce } = event;
      live.set(event.orderId, { userId, clientOrderId, expires: timeInForce === TimeInForce.GoodTillDate });
    } else if (event.type === 'OrderCanceled') {
      if (event.leavesQtyLots === 0) live.delete(event.orderId);
    } else if (event.type === 'Trade') {
      if (event.makerLeavesQtyLots === 0) live.delete(event.makerOrderId);
      if (event.takerLeavesQtyLots === 0) live.delete(event.takerOrderId);
    }
  }
}

test('a core that is full of orders, prices and expiries refuses and cancels, and nothing of it breaks', (context) => {
  context.diagnostic(`repeat with HIVE_RANDOM_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const dice: Dice = { int: (min, max) => min + Math.floor(random() * (max - min + 1)) };
  const engine = new FastEngine({ ordersMax: ORDERS_MAX, restoreEvery: 501 });
  const check = new EventCheck();
  const live = new Map<number, Live>();
  const counts = { full: 0, bookLimit: 0, trades: 0 };
  let seconds = MARKET_SECONDS;
  const apply = (command: CommandInput): void => {
    const events = engine.apply(command, seconds);
    check.read(events, engine.core.sequence);
    checkCore(engine.core);
    follow(live, events);
    for (const event of events) {
      if (event.type === 'Trade') counts.trades++;
      else if (event.type === 'OrderCanceled' && event.reason === CancelReason.BookLimit) counts.bookLimit++;
      else if (event.type === 'CommandRejected' && event.rejectCode === Rejects.ORDER_CAPACITY.code)
        counts.full++;
    }
  };
  const worth = { valueDenominator: PRICE_MAX };
  for (const command of market({ coin: worth, perp: worth })) apply(command);
  for (let number = 1; number <= COMMANDS; number++) {
    if (isOneIn(dice, 200)) seconds += Math.floor((SECONDS_MAX - seconds) / 20);
    apply(randomCommand(dice, [...live.values()], number, seconds));
  }
  context.diagnostic(JSON.stringify({ ...counts, live: live.size }));
  assert.ok(counts.full > 0 && counts.bookLimit > 0 && counts.trades > 0, 'every limit was met');
  for (const instrumentId of Object.values(INSTRUMENTS)) apply({ type: 'MassCancel', instrumentId });
  const { pages } = engine.core.state.orders.store;
  // Every index keeps its root: four of each book and that of the expiries.
  const roots = Object.keys(INSTRUMENTS).length * 4 + 1;
  assert.ok(pages.free >= pages.columns.capacity - 1 - roots, 'an empty core has its pages again');
  assert.equal(live.size, 0);
});
