import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { ApiKeyKind, OrderType, Phase, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { rejectName } from '#domain/rejects.ts';
import { FastEngine, SESSIONS_MAX } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import { cancelOf } from '../support/cancel-trade.ts';
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
    { type: 'SetPhase', userId: USERS.alice, instrumentId: INSTRUMENTS.coin, phase: Phase.Continuous },
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
    assert.deepEqual(manyStops(open(create())), [0, Limits.STOP_TRIGGERS_PER_COMMAND_MAX, 0, 0, 1, 0]);
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

for (const [name, create] of [
  ['naive core', () => new NaiveCore()],
  ['fast core', () => new FastEngine({ restoreEvery: 7 })],
] as const) {
  test(`${name}: a user has so many API keys and no more, until one is revoked`, () => {
    const engine = open(create());
    const add = (keyId: number, targetUserId: number): CommandInput => ({
      type: 'AddApiKey',
      keyId,
      targetUserId,
      kind: ApiKeyKind.Token,
    });
    const accepted = (command: CommandInput): number =>
      count(engine.apply(command, MARKET_SECONDS), 'CommandAccepted');
    for (let keyId = 1; keyId <= Limits.API_KEYS_PER_USER_MAX; keyId++) {
      assert.equal(accepted(add(keyId, USERS.alice)), 1);
    }
    assert.equal(accepted(add(100, USERS.alice)), 0);
    assert.equal(accepted(add(100, USERS.bob)), 1);
    assert.equal(accepted({ type: 'RevokeApiKey', keyId: 5 }), 1);
    assert.equal(accepted(add(5, USERS.alice)), 1);
  });
}

test('fast core: so many sessions are open and no more, until one ends', () => {
  const engine = open(new FastEngine());
  const session = (type: 'OpenSession' | 'CloseSession', sessionId: number): string[] =>
    engine
      .apply({ type, userId: USERS.alice, nodeId: 1, sessionId }, MARKET_SECONDS)
      .map((event) => (event.type === 'CommandRejected' ? `${rejectName(event.rejectCode)}` : event.type));
  for (let sessionId = 1; sessionId <= SESSIONS_MAX; sessionId++) {
    assert.deepEqual(session('OpenSession', sessionId), ['SessionOpened']);
  }
  assert.deepEqual(session('OpenSession', SESSIONS_MAX + 1), ['CAPACITY']);
  assert.deepEqual(session('OpenSession', 1), ['SessionOpened'], 'one that is open already');
  assert.deepEqual(session('CloseSession', 9), ['SessionClosed']);
  assert.deepEqual(session('OpenSession', SESSIONS_MAX + 1), ['SessionOpened']);
});

test('fast core: so many trades are taken back and no more; one that is refused changes no money', () => {
  const engine = new FastEngine();
  open(engine);
  const fill = { priceTicks: 100, clientOrderId: 1 };
  engine.apply(order(fill), MARKET_SECONDS);
  const [, trade] = engine.apply(order({ ...fill, userId: USERS.bob, side: Side.Buy }), MARKET_SECONDS);
  assert.ok(trade.type === 'Trade');
  const { canceledTrades, ledger } = engine.core.state;
  const amounts = (): string =>
    ledger.stores.flatMap((store) => store.images().map(({ bytes }) => bytes.join())).join('|');
  // All but the last by their numbers alone, as of trades that are to come.
  for (let room = Limits.CANCELED_TRADES_MAX - 1; room > 0; room--) canceledTrades.add(room + 2);
  engine.core.state.nextTradeId();
  const cancel = (tradeId: number): string[] =>
    engine
      .apply({ ...cancelOf(trade), tradeId }, MARKET_SECONDS)
      .map((event) => (event.type === 'CommandRejected' ? `${rejectName(event.rejectCode)}` : event.type));
  assert.deepEqual(cancel(1), ['TradeCanceled', 'FillCanceled', 'FillCanceled', 'CommandAccepted']);
  const before = amounts();
  assert.deepEqual(cancel(2), ['CAPACITY']);
  assert.deepEqual(cancel(1), ['TRADE_CANCELED']);
  assert.equal(amounts(), before);
});

const LOTS_MAX = 2 ** 52;

/** The common market, with quantities so large and worth so little that a side of the book can be filled. */
function openForLargeOrders(engine: Engine): Engine {
  const coin = { maxQtyLots: Limits.QTY_LOTS_MAX, valueDenominator: Limits.QTY_LOTS_MAX };
  for (const command of market({ coin })) engine.apply(command, MARKET_SECONDS);
  return engine;
}

/** Buys of alice and bob at different prices, 2^53 - 1 lots together. */
function fillOneByOne(engine: Engine, terms: Partial<CommandInput<'NewOrder'>>): void {
  const orders = LOTS_MAX / Limits.QTY_LOTS_MAX;
  for (let clientOrderId = 1; clientOrderId <= orders; clientOrderId++) {
    const qtyLots = Limits.QTY_LOTS_MAX;
    engine.apply(order({ ...terms, clientOrderId, qtyLots, priceTicks: 100 }), MARKET_SECONDS);
    const isLast = clientOrderId === orders;
    const ofBob = { userId: USERS.bob, qtyLots: isLast ? qtyLots - 1 : qtyLots, priceTicks: 99 };
    engine.apply(order({ ...terms, ...ofBob, clientOrderId }), MARKET_SECONDS);
  }
}

/** The same as one order each, which no command could bring: the oracle takes too long over thousands. */
function fillAtOnce(engine: NaiveCore, terms: Partial<CommandInput<'NewOrder'>>): void {
  engine.apply(order({ ...terms, clientOrderId: 1, priceTicks: 100 }), MARKET_SECONDS);
  engine.apply(order({ ...terms, userId: USERS.bob, clientOrderId: 1, priceTicks: 99 }), MARKET_SECONDS);
  const [ofAlice, ofBob] = engine.venue.orders;
  ofAlice.leavesQtyLots = LOTS_MAX;
  ofBob.leavesQtyLots = LOTS_MAX - 1;
}

const FULL_SIDES = {
  'side of the book': { side: Side.Buy },
  'side of waiting stops': { side: Side.Buy, orderType: OrderType.StopLimit, stopPriceTicks: 200 },
} as const;
const FILLED_ENGINES = {
  'naive core': (terms: Partial<CommandInput<'NewOrder'>>): Engine => {
    const engine = new NaiveCore();
    fillAtOnce(openForLargeOrders(engine) as NaiveCore, terms);
    return engine;
  },
  // Restored from its image on the way: the sums are what they were.
  'fast core': (terms: Partial<CommandInput<'NewOrder'>>): Engine => {
    const engine = openForLargeOrders(new FastEngine({ restoreEvery: 1_000 }));
    fillOneByOne(engine, terms);
    return engine;
  },
} as const;

for (const [side, terms] of Object.entries(FULL_SIDES)) {
  for (const [name, filled] of Object.entries(FILLED_ENGINES)) {
    test(`${name}: a ${side} holds 2^53 - 1 lots over all prices and accounts, and no more`, () => {
      const engine = filled(terms);
      const ofCarol = { ...terms, userId: USERS.carol, priceTicks: 98 };
      const cancel: CommandInput = { type: 'CancelOrder', userId: USERS.bob, clientOrderId: 1 };
      const reasons = [
        order({ ...ofCarol, clientOrderId: 1 }),
        cancel,
        order({ ...ofCarol, clientOrderId: 2 }),
      ].map((command) =>
        engine
          .apply(command, MARKET_SECONDS)
          .flatMap((event) => (event.type === 'OrderCanceled' ? [event.reason] : [])),
      );
      assert.deepEqual(reasons, [[CancelReason.BookLimit], [CancelReason.Requested], []]);
    });
  }
}

/** All but the last so many lots that an account may have open on one side: alice's. */
const ONE_SIDE_FILLED = {
  'naive core': (): Engine => {
    const engine = openForLargeOrders(new NaiveCore()) as NaiveCore;
    engine.apply(order({ side: Side.Buy, clientOrderId: 1, priceTicks: 100 }), MARKET_SECONDS);
    engine.venue.orders[0].leavesQtyLots = 2 ** 53 - Limits.QTY_LOTS_MAX;
    return engine;
  },
  'fast core': (): Engine => {
    const engine = openForLargeOrders(new FastEngine({ restoreEvery: 1_000 }));
    for (let clientOrderId = 1; clientOrderId < 2 ** 53 / Limits.QTY_LOTS_MAX; clientOrderId++) {
      const qtyLots = Limits.QTY_LOTS_MAX;
      engine.apply(order({ side: Side.Buy, clientOrderId, qtyLots, priceTicks: 100 }), MARKET_SECONDS);
    }
    return engine;
  },
} as const;

for (const [name, filled] of Object.entries(ONE_SIDE_FILLED)) {
  test(`${name}: an account has 2^53 - 1 lots open on a side of an instrument, and no more, of spot too`, () => {
    const engine = filled();
    const buy = (clientOrderId: number, qtyLots: number): string => {
      const command = order({ side: Side.Buy, clientOrderId, qtyLots, priceTicks: 100 });
      const [event] = engine.apply(command, MARKET_SECONDS);
      return event.type === 'CommandRejected' ? `${rejectName(event.rejectCode)}` : event.type;
    };
    assert.equal(buy(1_000_001, Limits.QTY_LOTS_MAX), 'POSITION_LIMIT');
    assert.equal(buy(1_000_002, Limits.QTY_LOTS_MAX - 1), 'OrderAccepted');
    engine.apply({ type: 'SetAccountLimits', accountId: 1, openValueMinorMax: 1 }, MARKET_SECONDS);
    assert.equal(buy(1_000_003, 1), 'POSITION_LIMIT', 'the lowest code of those that apply');
  });
}

test('one uncross over more levels, and with more pairs, than the core has room for at first', () => {
  const many = 150;
  const engines = [open(new NaiveCore()), open(new FastEngine({ restoreEvery: 100, checkEvery: 1 }))];
  const phase = (to: Phase): CommandInput => ({
    type: 'SetPhase',
    instrumentId: INSTRUMENTS.coin,
    phase: to,
  });
  const commands = [phase(Phase.PreOpen)];
  for (let index = 0; index < many; index++) {
    const buy = { side: Side.Buy, clientOrderId: index * 2 + 1, priceTicks: 2_000 + index } as const;
    const sell = { clientOrderId: index * 2 + 2, ocoClientOrderId: buy.clientOrderId } as const;
    commands.push(order(buy), order({ ...sell, priceTicks: 5_000 + index }));
    commands.push(order({ userId: USERS.bob, clientOrderId: index + 1, priceTicks: 1_000 + index }));
  }
  commands.push(phase(Phase.Continuous));
  for (const command of commands) {
    const [expected, actual] = engines.map((engine) => engine.apply(command, MARKET_SECONDS));
    assert.deepEqual(actual, expected);
    if (command !== commands[commands.length - 1]) continue;
    assert.equal(count(actual, 'Trade'), many);
    assert.equal(count(actual, 'OrderCanceled'), many);
  }
});
