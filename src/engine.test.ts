import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CancelReason,
  COMMAND_LAYOUTS,
  CodecError,
  type CommandInput,
  CoreVersionError,
  Engine,
  type Event,
  InstrumentKind,
  LimitBook,
  OrderType,
  Phase,
  RejectCode,
  Role,
  rejectName,
  Side,
  TimeInForce,
} from './engine.ts';

const SMALL = { ordersMax: 100, instrumentsMax: 4, accountsMax: 8, usersMax: 8, assetsMax: 4, nodesMax: 2 };

/** Commands that make a market of two funded users. */
const MARKET: readonly CommandInput[] = [
  { type: 'AddAsset', assetId: 1, symbol: 'USD', decimals: 2 },
  { type: 'AddAsset', assetId: 2, symbol: 'XYZ', decimals: 0 },
  {
    type: 'AddInstrument',
    instrumentId: 7,
    symbol: 'XYZ',
    kind: InstrumentKind.Spot,
    phase: Phase.Continuous,
    baseAssetId: 2,
    quoteAssetId: 1,
    priceDecimals: 2,
    tickSize: 1,
    lotSize: 1,
    lotBaseMinor: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000,
  },
  { type: 'AddAccount', accountId: 1 },
  { type: 'AddUser', newUserId: 1, accountId: 1, role: Role.Trader, name: 'ANN' },
  { type: 'AddAccount', accountId: 2 },
  { type: 'AddUser', newUserId: 2, accountId: 2, role: Role.Trader, name: 'BOB' },
  { type: 'Deposit', accountId: 1, assetId: 2, amountMinor: 100 },
  { type: 'Deposit', accountId: 2, assetId: 1, amountMinor: 10_000 },
];

function market(): Engine {
  const engine = new Engine(SMALL);
  for (const command of MARKET) {
    assert.equal(engine.submit(command).at(-1)?.type, 'CommandAccepted', command.type);
  }
  return engine;
}

function limitOrder(userId: number, clientOrderId: number, side: Side, priceTicks: number, qtyLots: number) {
  return {
    type: 'NewOrder',
    userId,
    instrumentId: 7,
    clientOrderId,
    side,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    priceTicks,
    qtyLots,
  } as const satisfies CommandInput;
}

/** What an event says, without header and ids. */
function told(event: Event): string {
  switch (event.type) {
    case 'Trade':
      return `${event.takerUserId} takes ${event.qtyLots} from ${event.makerUserId} at ${event.priceTicks}`;
    case 'OrderRested':
      return `rests ${event.displayQtyLots} at ${event.priceTicks}`;
    case 'OrderCanceled':
      return `canceled ${event.canceledQtyLots} reason ${event.reason}`;
    case 'CommandRejected':
      return `rejected ${event.rejectCode}`;
    default:
      return event.type;
  }
}

test('Engine: returns the complete list of events of each command', () => {
  const engine = market();
  assert.deepEqual(engine.submit(limitOrder(1, 1, Side.Sell, 50, 10)).map(told), [
    'OrderAccepted',
    'rests 10 at 50',
  ]);
  assert.deepEqual(engine.submit(limitOrder(2, 1, Side.Buy, 51, 15)).map(told), [
    'OrderAccepted',
    '2 takes 10 from 1 at 50',
    'rests 5 at 51',
  ]);
  const cancel = { type: 'CancelOrder', userId: 2, clientOrderId: 1 } as const;
  assert.deepEqual(engine.submit(cancel).map(told), [`canceled 5 reason ${CancelReason.Requested}`]);
  assert.deepEqual(engine.submit(cancel).map(told), [`rejected ${RejectCode.UNKNOWN_ORDER}`]);
  assert.deepEqual(engine.submit({ type: 'Tick' }), []);
});

test('Engine: each command is one sequence; time goes on and never back', () => {
  const engine = market();
  const at = (seconds: number, nanos: number, clientOrderId: number) =>
    engine
      .submit(limitOrder(1, clientOrderId, Side.Sell, 50, 1), { seconds, nanos })
      .map(({ sequence, timeSeconds, timeNanos }) => [sequence, timeSeconds, timeNanos]);
  const first = MARKET.length + 1;
  assert.deepEqual(at(1_000, 5, 1), Array(2).fill([first, 1_000, 5]));
  assert.deepEqual(at(999, 9, 2), Array(2).fill([first + 1, 1_000, 5]));
  assert.deepEqual(at(1_000, 6, 3), Array(2).fill([first + 2, 1_000, 6]));
  assert.equal(engine.core.sequence, first + 2);
});

test('Engine: a time that is none is an error and changes nothing', () => {
  const engine = market();
  const { sequence, stateHash } = engine.core;
  for (const [seconds, nanos] of [
    [1_700_000_000_000, 0],
    [1_700_000_000.5, 0],
    [-1, 0],
    [Number.NaN, 0],
    [0, 1_000_000_000],
    [0, 0.5],
    [0, -1],
  ]) {
    assert.throws(
      () => engine.submit({ type: 'AddAccount', accountId: 3 }, { seconds, nanos }),
      {
        name: 'AssertionError',
        message:
          'Condition: a time is whole seconds from 0 to 2^32 - 1 and nanoseconds from 0 to 999,999,999',
      },
      `${seconds} s ${nanos} ns`,
    );
  }
  assert.deepEqual([engine.core.sequence, engine.core.stateHash], [sequence, stateHash]);
  const last = { seconds: 2 ** 32 - 1, nanos: 999_999_999 };
  assert.deepEqual(
    engine
      .submit({ type: 'AddAccount', accountId: 3 }, last)
      .map(({ timeSeconds, timeNanos }) => [timeSeconds, timeNanos]),
    Array(2).fill([last.seconds, last.nanos]),
  );
});

test('Engine: a list that was returned stays as it was', () => {
  const engine = market();
  const events = engine.submit(limitOrder(1, 1, Side.Sell, 50, 10));
  const copy = structuredClone(events);
  engine.core.describe({ liveOrders: true, restingOrders: true });
  assert.deepEqual(events, copy);
  assert.deepEqual(engine.submit(limitOrder(2, 1, Side.Buy, 50, 10)).map(told), [
    'OrderAccepted',
    '2 takes 10 from 1 at 50',
  ]);
  assert.deepEqual(events, copy);
});

test('Engine: a field that is missing is zero, whatever the command before had there', () => {
  const engine = market();
  engine.submit({ ...limitOrder(1, 1, Side.Sell, 50, 10), displayQtyLots: 2, clientTag: 'TAG' });
  const [accepted] = engine.submit(limitOrder(1, 2, Side.Sell, 50, 10));
  assert.equal(accepted?.type, 'OrderAccepted');
  assert.deepEqual([accepted.displayQtyLots, accepted.clientTag], [0, '']);
});

test('Engine: what is not a command throws and changes nothing', () => {
  const engine = market();
  const { sequence, stateHash } = engine.core;
  for (const wrong of [
    { type: 'NoSuchCommand' },
    { type: 'NewOrder', priceTicks: 1.5 },
    { type: 'NewOrder', qtyLots: 5n },
    // What JSON makes of a NaN.
    { type: 'NewOrder', stopPriceTicks: null },
    { type: 'AddAsset', symbol: 'LONGERTHAN8' },
    { type: 'AddAsset', symbol: null },
    'Tick',
    undefined,
    null,
  ]) {
    assert.throws(() => engine.submit(wrong as CommandInput), CodecError, String(wrong));
  }
  assert.deepEqual([engine.core.sequence, engine.core.stateHash], [sequence, stateHash]);
});

test('Engine: the same commands give the same events and hash, others another hash', () => {
  const hashes = [10, 10, 11].map((qtyLots) => {
    const engine = market();
    engine.submit(limitOrder(1, 1, Side.Sell, 50, qtyLots));
    return engine.core.stateHash;
  });
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});

test('Engine: capacity is what was asked for', () => {
  const engine = new Engine({ ...SMALL, assetsMax: 1 });
  engine.submit({ type: 'AddAsset', assetId: 1, symbol: 'USD' });
  assert.deepEqual(engine.submit({ type: 'AddAsset', assetId: 2, symbol: 'EUR' }).map(told), [
    `rejected ${RejectCode.CAPACITY}`,
  ]);
});

test('Engine: a capacity that is no number of rows, or of nothing that there is, is an error', () => {
  for (const wrong of [
    { ordersMax: -1 },
    { ordersMax: 1.5 },
    { ordersMax: Number.NaN },
    { ordersMax: '5' },
    { ordersMax: 5n },
    { assetsMax: undefined },
    { maxOrders: 5 },
  ]) {
    assert.throws(
      () => new Engine({ ...SMALL, ...wrong } as object),
      {
        name: 'AssertionError',
        message: 'Condition: a capacity has the name of one, and is a whole number of at least 0',
      },
      Object.keys(wrong)[0],
    );
  }
});

test('Engine: a balance of the last asset where there is room for more than usual', () => {
  const assetsMax = 5_000;
  const engine = new Engine({ ...SMALL, assetsMax });
  for (let assetId = 1; assetId <= assetsMax; assetId++) {
    engine.submit({ type: 'AddAsset', assetId, symbol: `A${assetId}` });
  }
  const deposit = { type: 'Deposit', accountId: 0, assetId: assetsMax, amountMinor: 1 } as const;
  assert.deepEqual(engine.submit(deposit).map(told), ['LedgerPosted', 'CommandAccepted']);
});

/** A book and the trades that it told, as text. */
function limitBook(ordersMax = 100) {
  const trades: string[] = [];
  const book = new LimitBook(
    { onTrade: (maker, taker, qty, price) => trades.push(`${taker} takes ${qty} from ${maker} at ${price}`) },
    ordersMax,
  );
  return { book, trades };
}

/** The trades since the last call. */
const taken = (trades: string[]): string[] => trades.splice(0);

test('Engine.submit: a switch to a core version that the build lacks throws, one that no build has is refused', () => {
  const engine = new Engine(SMALL);
  const [refused] = engine.submit({ type: 'SetCoreVersion', version: 99 });
  assert.ok(refused.type === 'CommandRejected');
  assert.equal(refused.rejectCode, RejectCode.UNSUPPORTED_CORE_VERSION);
  assert.throws(() => engine.submit({ type: 'SetCoreVersion', version: 2 }), new CoreVersionError(2, 2));
});

test('LimitBook.add: rests, matches best price first, then oldest, at the resting price', () => {
  const { book, trades } = limitBook();
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks], [0, 0]);
  assert.equal(book.add(1, Side.Sell, 102, 5), 5);
  assert.equal(book.add(2, Side.Sell, 101, 5), 5);
  assert.equal(book.add(3, Side.Sell, 101, 5), 5);
  assert.equal(book.add(4, Side.Buy, 99, 1), 1);
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks], [99, 101]);
  assert.equal(book.add(5, Side.Buy, 102, 12), 0);
  assert.deepEqual(taken(trades), [
    '5 takes 5 from 2 at 101',
    '5 takes 5 from 3 at 101',
    '5 takes 2 from 1 at 102',
  ]);
  assert.equal(book.add(6, Side.Buy, 103, 10), 7);
  assert.deepEqual(taken(trades), ['6 takes 3 from 1 at 102']);
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks], [103, 0]);
  assert.equal(book.add(7, Side.Sell, 1, 8), 0);
  assert.deepEqual(taken(trades), ['7 takes 7 from 6 at 103', '7 takes 1 from 4 at 99']);
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks], [0, 0]);
});

test('LimitBook.add: immediate-or-cancel never rests', () => {
  const { book, trades } = limitBook();
  book.add(1, Side.Sell, 101, 5);
  assert.equal(book.add(2, Side.Buy, 101, 8, true), 0);
  assert.deepEqual(taken(trades), ['2 takes 5 from 1 at 101']);
  assert.equal(book.add(2, Side.Buy, 101, 8, true), 0);
  assert.deepEqual([taken(trades), book.bestBidTicks], [[], 0]);
});

test('LimitBook.add: an id is taken while its order rests, and free again when it is gone', () => {
  const { book, trades } = limitBook();
  assert.equal(book.add(1, Side.Buy, 100, 5), 5);
  assert.equal(book.add(1, Side.Sell, 100, 5), -1);
  assert.deepEqual([taken(trades), book.depthAt(Side.Buy, 100)], [[], 5]);
  assert.equal(book.add(2, Side.Sell, 100, 5), 0);
  assert.equal(book.add(1, Side.Buy, 100, 5), 5);
  assert.equal(book.cancel(1), 5);
  assert.equal(book.add(1, Side.Sell, 100, 5), 5);
});

test('LimitBook.add: a full book does nothing until there is room', () => {
  const { book, trades } = limitBook(2);
  assert.equal(book.add(1, Side.Sell, 100, 5), 5);
  assert.equal(book.add(2, Side.Sell, 101, 5), 5);
  assert.equal(book.add(3, Side.Buy, 100, 5), -1);
  assert.deepEqual([taken(trades), book.depthAt(Side.Sell, 100)], [[], 5]);
  assert.equal(book.cancel(2), 5);
  assert.equal(book.add(3, Side.Buy, 100, 5), 0);
  assert.deepEqual(taken(trades), ['3 takes 5 from 1 at 100']);
});

test('LimitBook: room for what is no number of orders is an error', () => {
  for (const wrong of [-1, 1.5, Number.NaN, '5', 5n, null]) {
    assert.throws(() => limitBook(wrong as number), {
      name: 'AssertionError',
      message: 'Condition: a book has room for a whole number of orders, at least 0',
    });
  }
  assert.equal(limitBook(0).book.add(1, Side.Buy, 100, 5), -1);
});

test('LimitBook: an order that could not be one is an error and changes nothing', () => {
  const { book, trades } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  for (const [orderId, side, priceTicks, qtyLots] of [
    [0, Side.Sell, 100, 5],
    [1.5, Side.Sell, 100, 5],
    [2 ** 31, Side.Sell, 100, 5],
    [2n, Side.Sell, 100, 5],
    ['2', Side.Sell, 100, 5],
    [2, 0, 100, 5],
    [2, 3, 100, 5],
    [2, Side.Sell, 0, 5],
    [2, Side.Sell, 99.5, 5],
    [2, Side.Sell, 2 ** 31, 5],
    [2, Side.Sell, 100, 0],
    [2, Side.Sell, 100, -1],
    [2, Side.Sell, 100, 0.5],
    [2, Side.Sell, 100, Number.NaN],
    [2, Side.Sell, 100, 2 ** 40 + 1],
  ] as [number, Side, number, number][]) {
    const isNamed = orderId === 2 && (side === Side.Buy || side === Side.Sell);
    const wrong = {
      name: 'AssertionError',
      message: isNamed
        ? 'Condition: a price is an integer from 1 to 2^31 - 1, a quantity from 1 to 2^40'
        : 'Condition: an id is an integer from 1 to 2^31 - 1, a side Side.Buy or Side.Sell',
    };
    const text = `${orderId} ${side} ${priceTicks} ${qtyLots}`;
    assert.throws(() => book.add(orderId, side, priceTicks, qtyLots), wrong, text);
    if (isNamed) assert.throws(() => book.replace(1, priceTicks, qtyLots), wrong, text);
  }
  assert.deepEqual([taken(trades), book.bestBidTicks, book.bestAskTicks, book.cancel(1)], [[], 100, 0, 5]);
  const last = 2 ** 31 - 1;
  assert.equal(book.add(last, Side.Sell, last, 2 ** 40), 2 ** 40);
  assert.equal(book.cancel(last), 2 ** 40);
});

test('LimitBook.cancel: gives the open quantity; 0 for an id that is not there', () => {
  const { book } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  book.add(2, Side.Sell, 100, 2);
  assert.equal(book.cancel(1), 3);
  assert.deepEqual([book.cancel(1), book.cancel(2), book.cancel(99)], [0, 0, 0]);
  assert.deepEqual([book.bestBidTicks, book.depthAt(Side.Buy, 100)], [0, 0]);
});

test('LimitBook.replace: a smaller or equal quantity at the same price keeps its place', () => {
  const { book, trades } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  book.add(2, Side.Buy, 100, 5);
  assert.equal(book.replace(1, 100, 5), 5);
  assert.equal(book.replace(1, 100, 3), 3);
  assert.equal(book.depthAt(Side.Buy, 100), 8);
  book.add(3, Side.Sell, 100, 4);
  assert.deepEqual(taken(trades), ['3 takes 3 from 1 at 100', '3 takes 1 from 2 at 100']);
});

test('LimitBook.replace: a larger quantity goes behind the others', () => {
  const { book, trades } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  book.add(2, Side.Buy, 100, 5);
  assert.equal(book.replace(1, 100, 6), 6);
  book.add(3, Side.Sell, 100, 6);
  assert.deepEqual(taken(trades), ['3 takes 5 from 2 at 100', '3 takes 1 from 1 at 100']);
});

test('LimitBook.replace: a new price may trade, fully or in part', () => {
  const { book, trades } = limitBook();
  book.add(1, Side.Sell, 102, 5);
  book.add(2, Side.Buy, 100, 5);
  assert.equal(book.replace(2, 102, 7), 2);
  assert.deepEqual(taken(trades), ['2 takes 5 from 1 at 102']);
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks, book.depthAt(Side.Buy, 100)], [102, 0, 0]);
  book.add(3, Side.Sell, 103, 1);
  assert.equal(book.replace(3, 102, 1), 0);
  assert.deepEqual(taken(trades), ['3 takes 1 from 2 at 102']);
  assert.equal(book.cancel(3), 0);
});

test('LimitBook.replace: an id that is not there is -1 and nothing is done', () => {
  const { book } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  book.add(2, Side.Sell, 100, 5);
  assert.deepEqual(
    [book.replace(1, 100, 1), book.replace(2, 100, 1), book.replace(99, 100, 1)],
    [-1, -1, -1],
  );
  assert.deepEqual([book.bestBidTicks, book.bestAskTicks], [0, 0]);
});

test('LimitBook: a listener that changes its book is an error: nothing rests under the id of the order that comes in', () => {
  const told: unknown[] = [];
  const changes = [
    (book: LimitBook) => book.add(2, Side.Buy, 90, 3),
    (book: LimitBook) => book.cancel(2),
    (book: LimitBook) => book.replace(2, 90, 3),
  ];
  for (const change of changes) {
    const book: LimitBook = new LimitBook({ onTrade: () => told.push(change(book)) }, 10);
    book.add(1, Side.Sell, 100, 5);
    assert.throws(() => book.add(2, Side.Buy, 100, 8), {
      name: 'AssertionError',
      message: 'Condition: a listener neither changes the book that tells it of a trade nor throws',
    });
  }
  assert.deepEqual(told, []);
});

test('LimitBook: a listener may look at its book', () => {
  const told: number[][] = [];
  const book: LimitBook = new LimitBook({
    onTrade: () => told.push([book.bestBidTicks, book.bestAskTicks, book.depthAt(Side.Sell, 100)]),
  });
  book.add(1, Side.Sell, 100, 5);
  book.add(2, Side.Sell, 101, 5);
  assert.equal(book.add(3, Side.Buy, 101, 12), 2);
  assert.deepEqual(told, [
    [0, 101, 0],
    [0, 0, 0],
  ]);
});

test('LimitBook.depthAt: the open quantity of a price and side', () => {
  const { book } = limitBook();
  book.add(1, Side.Buy, 100, 5);
  book.add(2, Side.Buy, 100, 6);
  book.add(3, Side.Sell, 101, 7);
  assert.deepEqual(
    [Side.Buy, Side.Sell].map((side) => [99, 100, 101].map((price) => book.depthAt(side, price))),
    [
      [0, 11, 0],
      [0, 0, 7],
    ],
  );
});

test('Engine: takes the longest command that there is', () => {
  const incident: CommandInput = { type: 'PostIncident', incidentId: 1, title: 'x'.repeat(10) };
  const last = new Engine(SMALL).submit(incident).at(-1);
  assert.ok(last !== undefined);
  const { words } = COMMAND_LAYOUTS.reduce((longest, layout) =>
    layout.words > longest.words ? layout : longest,
  );
  assert.equal(words, 104, 'PostIncident is the longest');
});

test('LimitBook: an order that could not rest changes nothing: its side has no more exact quantity', () => {
  const trades: number[] = [];
  const book = new LimitBook({ onTrade: (maker) => trades.push(maker) });
  const lots = 2 ** 40;
  for (let orderId = 1; orderId <= 8_191; orderId++)
    assert.equal(book.add(orderId, Side.Buy, 100, lots), lots);
  assert.equal(book.add(8_192, Side.Sell, 101, 5), 5);
  assert.equal(book.add(8_193, Side.Buy, 101, lots), -1);
  assert.equal(book.replace(1, 99, lots), lots, 'what it has already does not count twice');
  assert.equal(book.add(8_194, Side.Sell, 102, 7), 7);
  assert.deepEqual([trades, book.bestAskTicks, book.cancel(8_192)], [[], 101, 5]);
});

test('LimitBook: an order that could not rest changes nothing: the book holds no more price levels', () => {
  const book = new LimitBook({ onTrade: () => assert.fail('nothing crosses') }, 10_000);
  let orderId = 1;
  while (book.add(orderId, Side.Buy, orderId * 70_000, 1) === 1) orderId++;
  assert.ok(orderId > 1_000, `${orderId} levels`);
  assert.equal(book.replace(1, orderId * 70_000, 1), -1);
  assert.equal(book.depthAt(Side.Buy, 70_000), 1);
  assert.equal(book.add(orderId, Side.Buy, 70_000, 1), 1, 'at a price that there is');
  assert.equal(book.replace(1, 70_000, 2), 2, 'one that is not alone at its price');
  assert.equal(book.cancel(orderId), 1);
  assert.equal(book.add(orderId, Side.Buy, 70_001, 1), -1);
  assert.equal(book.cancel(2), 1);
  assert.equal(book.add(2, Side.Buy, 70_001, 1), 1, 'in the room that another left');
  while (book.add(orderId, Side.Buy, orderId * 70_000, 1) === 1) orderId++;
  assert.equal(book.replace(1, 70_000, 3), -1, 'alone at its price, of which only the order would go');
  assert.equal(book.cancel(1), 2);
});

const SMALL_TABLES = {
  ordersMax: 100,
  instrumentsMax: 20,
  accountsMax: 2,
  usersMax: 2,
  assetsMax: 3,
  nodesMax: 1,
};
const MARGINED_COUNT = 12;

function marginedVenue() {
  const engine = new Engine(SMALL_TABLES);
  const submit = (command: CommandInput): string[] =>
    engine
      .submit(command)
      .map((event) => (event.type === 'CommandRejected' ? String(rejectName(event.rejectCode)) : event.type));
  submit({ type: 'AddAsset', assetId: 1, symbol: 'USD' });
  for (let instrumentId = 1; instrumentId <= MARGINED_COUNT; instrumentId++) {
    submit({
      type: 'AddInstrument',
      instrumentId,
      symbol: `P${instrumentId}`,
      kind: InstrumentKind.Margined,
      quoteAssetId: 1,
      tickSize: 1,
      lotSize: 1,
      valueNumerator: 1,
      valueDenominator: 1,
      minQtyLots: 1,
      maxQtyLots: 100,
      phase: Phase.Continuous,
    });
  }
  submit({ type: 'AddAccount', accountId: 1 });
  submit({ type: 'AddUser', accountId: 1, newUserId: 1, role: Role.Trader, name: 'ANN' });
  const buy = (clientOrderId: number, instrumentId: number, change: Partial<CommandInput> = {}): string[] =>
    submit({
      type: 'NewOrder',
      userId: 1,
      instrumentId,
      clientOrderId,
      side: Side.Buy,
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.GoodTillCancel,
      priceTicks: 5,
      qtyLots: 1,
      ...change,
    } as CommandInput);
  return { submit, buy };
}

test('Engine: an order is CAPACITY where the table of accounts by instrument is full, and only then', () => {
  const { buy } = marginedVenue();
  const answers = Array.from({ length: MARGINED_COUNT }, (_, at) => buy(at + 1, at + 1));
  const taken = answers.findIndex(([first]) => first === 'CAPACITY');
  assert.ok(taken > 0, 'some instruments find room');
  for (const [at, answer] of answers.entries())
    assert.deepEqual(answer, at < taken ? ['OrderAccepted', 'OrderRested'] : ['CAPACITY']);
  assert.deepEqual(
    buy(100, 1),
    ['OrderAccepted', 'OrderRested'],
    'an instrument in which the account is already',
  );
  // What is wrong with the order itself, and whether it may be sent at all, comes first (docs/matching.md, section 2).
  assert.deepEqual(buy(101, MARGINED_COUNT, { qtyLots: 101 } as Partial<CommandInput>), ['INVALID_QUANTITY']);
  assert.deepEqual(buy(100, MARGINED_COUNT), ['DUPLICATE_CLIENT_ORDER_ID']);
});
