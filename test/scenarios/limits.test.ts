import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { FastEngine } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import type { Engine } from './engine.ts';
import { INSTRUMENTS, MARKET_SECONDS, market, USERS } from './market.ts';

/** Rests away from every price that trades here. */
function order(fields: Partial<CommandInput<'NewOrder'>>): CommandInput {
  return {
    type: 'NewOrder',
    userId: USERS.alice,
    instrumentId: INSTRUMENTS.coin,
    side: Side.Sell,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    priceTicks: 1_000,
    qtyLots: 1,
    ...fields,
  };
}

function open(engine: Engine): Engine {
  for (const command of market({})) engine.apply(command, MARKET_SECONDS);
  return engine;
}

function count(events: readonly Event[], type: Event['type']): number {
  return events.filter((event) => event.type === type).length;
}

/** Stops that all trigger at one trade, two more than one command may trigger. */
function manyStops(engine: Engine): number[] {
  const stops = Limits.STOP_TRIGGERS_PER_COMMAND_MAX + 2;
  const stop = { orderType: OrderType.StopLimit, stopPriceTicks: 100 } as const;
  for (let clientOrderId = 1; clientOrderId <= stops; clientOrderId++) {
    engine.apply(order({ ...stop, clientOrderId }), MARKET_SECONDS);
  }
  const seller = { userId: USERS.bob, priceTicks: 100 } as const;
  const buyer = { userId: USERS.carol, side: Side.Buy, priceTicks: 100 } as const;
  const sequence: CommandInput[] = [
    order({ ...seller, clientOrderId: 1 }),
    order({ ...buyer, clientOrderId: 1 }),
    { type: 'CancelOrder', userId: USERS.alice, clientOrderId: 1_000_000 },
    { type: 'CancelOrder', userId: USERS.alice, clientOrderId: stops, instrumentId: INSTRUMENTS.coin },
    { type: 'Tick' },
  ];
  return sequence.map((command) => count(engine.apply(command, MARKET_SECONDS), 'OrderTriggered'));
}

for (const [name, create] of [
  ['naive core', () => new NaiveCore()],
  ['fast core', () => new FastEngine()],
] as const) {
  test(`${name}: a command triggers so many stops and no more, the next accepted one the rest`, () => {
    assert.deepEqual(manyStops(open(create())), [0, Limits.STOP_TRIGGERS_PER_COMMAND_MAX, 0, 1, 0]);
  });
}

test('fast core: a tick expires so many orders and no more, the next one the rest', () => {
  const engine = open(new FastEngine());
  const expireSeconds = MARKET_SECONDS + 1;
  const orders = Limits.EXPIRIES_PER_TICK_MAX + 1;
  for (let clientOrderId = 1; clientOrderId <= orders; clientOrderId++) {
    const terms = { clientOrderId, expireSeconds, timeInForce: TimeInForce.GoodTillDate };
    engine.apply(order(terms), MARKET_SECONDS);
  }
  const expired = [0, 1, 2].map((nanos) => {
    const events = engine.apply({ type: 'Tick' }, expireSeconds, nanos);
    return events.filter((event) => event.type === 'OrderCanceled' && event.reason === CancelReason.Expired);
  });
  assert.deepEqual(
    expired.map(({ length }) => length),
    [Limits.EXPIRIES_PER_TICK_MAX, 1, 0],
  );
});
