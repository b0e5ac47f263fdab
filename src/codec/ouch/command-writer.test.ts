import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command } from '#codec/log/record-types.ts';
import {
  OrderFlag,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingCapacity,
} from '#domain/commands.ts';
import { MARKET_PRICE, WriteOutcome } from './command-writer.ts';
import { encodeOuch, type InboundMessage, type OuchInput } from './plain.ts';
import { ENTER, EVERY_REGULATORY_FIELD, REPLACE, setUpWriter } from './test-support.ts';

const NEW_ORDER: Command<'NewOrder'> = {
  type: 'NewOrder',
  flags: 0,
  userId: 9,
  instrumentId: 1,
  clientOrderId: 1,
  priceTicks: 25,
  stopPriceTicks: 0,
  qtyLots: 100,
  displayQtyLots: 0,
  minQtyLots: 0,
  expireSeconds: 0,
  ocoClientOrderId: 0,
  side: Side.Buy,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.Day,
  orderFlags: 0,
  selfTradePrevention: 0,
  tradingCapacity: TradingCapacity.Dealing,
  regulatoryFlags: 0,
  clientTag: 'my order',
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};

/** The NewOrder that an Enter Order with these differences becomes, and how it differs from NEW_ORDER. */
function entered(difference: Partial<typeof ENTER>): Partial<Command<'NewOrder'>> {
  const { sink, send } = setUpWriter();
  assert.equal(send({ ...ENTER, ...difference }), WriteOutcome.Written);
  const commands = sink.take();
  assert.equal(commands.length, 1);
  return Object.fromEntries(
    Object.entries(commands[0]).filter(
      ([name, value]) => value !== NEW_ORDER[name as keyof Command<'NewOrder'>],
    ),
  );
}

test('Enter Order: every field of a plain limit order', () => {
  assert.deepEqual(entered({}), {});
});

test('Enter Order: sides', () => {
  assert.deepEqual(entered({ side: 'S' }), { side: Side.Sell });
  assert.deepEqual(entered({ side: 'T' }), { side: Side.Sell });
  assert.deepEqual(entered({ side: 'E' }), { side: Side.Sell });
  assert.deepEqual(entered({ side: 'X' }), { side: 255 });
});

test('Enter Order: times in force, of the message and by option', () => {
  assert.deepEqual(entered({ timeInForce: '3' }), { timeInForce: TimeInForce.ImmediateOrCancel });
  assert.deepEqual(entered({ timeInForce: '6', options: { expireTime: 60 } }), {
    timeInForce: TimeInForce.GoodTillDate,
    expireSeconds: 1_700_000_060,
  });
  assert.deepEqual(entered({ options: { timeInForce: '1' } }), { timeInForce: TimeInForce.GoodTillCancel });
  assert.deepEqual(entered({ timeInForce: '3', options: { timeInForce: '4' } }), {
    timeInForce: TimeInForce.FillOrKill,
  });
  assert.deepEqual(entered({ timeInForce: '6', options: { expireSeconds: 1_800_000_000 } }), {
    timeInForce: TimeInForce.GoodTillDate,
    expireSeconds: 1_800_000_000,
  });
  for (const timeInForce of ['1', '4', '5', 'E', ' '])
    assert.deepEqual(entered({ timeInForce }), { timeInForce: 255 });
  assert.deepEqual(entered({ options: { timeInForce: '5' } }), { timeInForce: 255 });
});

test('Enter Order: order types and prices', () => {
  assert.deepEqual(entered({ price: MARKET_PRICE, timeInForce: '3' }), {
    orderType: OrderType.Market,
    priceTicks: 0,
    timeInForce: TimeInForce.ImmediateOrCancel,
  });
  assert.deepEqual(entered({ price: 0, options: { orderType: 'M' } }), {
    orderType: OrderType.Market,
    priceTicks: 0,
  });
  assert.deepEqual(entered({ price: MARKET_PRICE, options: { orderType: 'S', stopPrice: 13_000 } }), {
    orderType: OrderType.Stop,
    priceTicks: 0,
    stopPriceTicks: 26,
  });
  assert.deepEqual(entered({ options: { orderType: 'T', stopPrice: 13_000 } }), {
    orderType: OrderType.StopLimit,
    stopPriceTicks: 26,
  });
  assert.deepEqual(entered({ options: { orderType: '?' } }), { orderType: 255 });
  // A market or stop order with a price, and a limit order at the market price's number, are said as they are.
  assert.deepEqual(entered({ options: { orderType: 'M' } }), { orderType: OrderType.Market });
  assert.deepEqual(entered({ symbol: 'SATSLONG', price: 2_147_483_640, options: { orderType: 'L' } }), {
    instrumentId: 2,
    priceTicks: 214_748_364,
  });
});

test('Enter Order: a price is a whole number of ticks, of at most 2^31 - 1', () => {
  assert.deepEqual(entered({ price: 500 }), { priceTicks: 1 });
  assert.deepEqual(entered({ price: 0 }), { priceTicks: 0 });
  assert.deepEqual(entered({ price: 499 }), { priceTicks: -1 });
  assert.deepEqual(entered({ price: 12_501 }), { priceTicks: -1 });
  assert.deepEqual(entered({ price: 500 * (2 ** 31 - 1) }), { priceTicks: 2 ** 31 - 1 });
  assert.deepEqual(entered({ price: 500 * 2 ** 31 }), { priceTicks: -1 });
  assert.deepEqual(entered({ price: Number.MAX_SAFE_INTEGER }), { priceTicks: -1 });
  assert.deepEqual(entered({ options: { orderType: 'T', stopPrice: 1 } }), {
    orderType: OrderType.StopLimit,
    stopPriceTicks: -1,
  });
  const { sink, send } = setUpWriter();
  const bytes = encodeOuch(ENTER);
  bytes.fill(0xff, 18, 26);
  send(bytes);
  assert.equal((sink.take()[0] as Command<'NewOrder'>).priceTicks, -1);
});

test('Enter Order: unknown instruments and such that do not fit the door have no id', () => {
  assert.deepEqual(entered({ symbol: 'NOPE' }), { instrumentId: 2 ** 32 - 1, priceTicks: 0 });
  assert.deepEqual(entered({ symbol: 'HUGE' }), { instrumentId: 2 ** 32 - 1, priceTicks: 0 });
  assert.deepEqual(entered({ symbol: '' }), { instrumentId: 2 ** 32 - 1, priceTicks: 0 });
  assert.deepEqual(entered({ symbol: 'hive' }), { instrumentId: 2 ** 32 - 1, priceTicks: 0 });
});

test('Enter Order: options that the venue has', () => {
  const difference = entered({
    display: 'A',
    options: {
      minQty: 10,
      maxFloor: 20,
      postOnly: 'P',
      ocoUserRefNum: 7,
      selfTradePrevention: 'D',
      firm: 'FIRM',
      customerType: 'R',
      sharesLocated: 'Y',
      locateBroker: 'ABCD',
      priceType: 'L',
      userRefIdx: 0,
      tradeNow: 'N',
    },
  });
  assert.deepEqual(difference, {
    minQtyLots: 10,
    displayQtyLots: 20,
    orderFlags: OrderFlag.PostOnly,
    ocoClientOrderId: 7,
    selfTradePrevention: SelfTradePrevention.Decrement,
  });
  for (const [letter, mode] of [
    ['N', SelfTradePrevention.CancelNewest],
    ['O', SelfTradePrevention.CancelOldest],
    ['B', SelfTradePrevention.CancelBoth],
    ['?', 255],
  ] as const) {
    assert.deepEqual(entered({ options: { selfTradePrevention: letter } }), { selfTradePrevention: mode });
  }
});

test('Enter Order: what the venue does not have is refused by the core, not entered without it', () => {
  for (const options of [
    { priceType: 'M' },
    { pegOffset: -1 },
    { discretionPrice: 1 },
    { discretionPriceType: 'P' },
    { discretionPegOffset: 1 },
    { randomReserves: 10 },
    { tradeNow: 'Y' },
    { handleInst: 'I' },
    { userRefIdx: 1 },
    { postOnly: '?' },
    { displayQuantity: 5 },
    { groupId: 3 },
    { side: 'S' },
  ]) {
    assert.deepEqual(entered({ options }), { orderFlags: 255 }, JSON.stringify(options));
  }
  for (const difference of [{ crossType: 'O' }, { interMarketSweep: ' ' }, { display: 'Q' }]) {
    assert.deepEqual(entered(difference), { orderFlags: 255 }, JSON.stringify(difference));
  }
  assert.deepEqual(entered({ capacity: 'X' }), { orderFlags: 255, tradingCapacity: 0 });
  assert.deepEqual(entered({ display: 'N' }), { displayQtyLots: -1 });
  const { sink, send } = setUpWriter();
  const unknownTag = Buffer.concat([encodeOuch(ENTER), Buffer.from([2, 99, 1])]);
  unknownTag[46] = 3;
  assert.equal(send(unknownTag), WriteOutcome.Written);
  assert.equal((sink.take()[0] as Command<'NewOrder'>).orderFlags, 255);
});

test('an option that is there twice, and two expiries, are refused by the core: who reads the first has read another order', () => {
  const options = {
    ...{ minQty: 1, maxFloor: 10, postOnly: 'P', expireTime: 60, stopPrice: 100, orderType: 'T' },
    ...EVERY_REGULATORY_FIELD,
  };
  for (const name of Object.keys(options)) {
    const { sink, send } = setUpWriter();
    const once = encodeOuch({ ...ENTER, options: { [name]: options[name as keyof typeof options] } });
    const option = once.subarray(47);
    const twice = Buffer.concat([once, option]);
    twice[46] *= 2;
    assert.equal(send(once), WriteOutcome.Written, name);
    twice.writeUInt32BE(2, 1);
    assert.equal(send(twice), WriteOutcome.Written, name);
    assert.deepEqual(
      sink.take().map((command) => (command as Command<'NewOrder'>).orderFlags === 255),
      [false, true],
      name,
    );
  }
  assert.equal(entered({ options: { expireTime: 60, expireSeconds: 1_700_000_100 } }).orderFlags, 255);
});

test('Enter Order: ClOrdID padded with spaces or NUL; other bytes are refused by the core', () => {
  assert.deepEqual(entered({ clOrdId: '' }), { clientTag: '' });
  assert.deepEqual(entered({ clOrdId: 'fourteen chars' }), { clientTag: 'fourteen chars' });
  assert.deepEqual(entered({ clOrdId: ' a b ' }), { clientTag: ' a b' });
  const { sink, send } = setUpWriter();
  const padded = encodeOuch(ENTER);
  padded.fill(0, 39, 45);
  send(padded);
  const binary = encodeOuch({ ...ENTER, userRefNum: 2 });
  binary[33] = 0x80;
  send(binary);
  const [first, second] = sink.take() as Command<'NewOrder'>[];
  assert.deepEqual([first.clientTag, first.orderFlags], ['my order', 0]);
  assert.deepEqual([second.clientTag, second.orderFlags], ['', 255]);
});

test('UserRefNum: one that is not above the last is a retransmission and ignored', () => {
  const { sink, send, user } = setUpWriter();
  user.lastUserRefNum = 5;
  assert.equal(send({ ...ENTER, userRefNum: 5 }), WriteOutcome.Ignored);
  assert.equal(send({ ...ENTER, userRefNum: 0 }), WriteOutcome.Ignored);
  assert.equal(send({ ...REPLACE, userRefNum: 4 }), WriteOutcome.Ignored);
  assert.equal(send({ ...ENTER, userRefNum: 6 }), WriteOutcome.Written);
  assert.equal(send({ ...ENTER, userRefNum: 6 }), WriteOutcome.Ignored);
  assert.equal(send({ ...REPLACE, userRefNum: 9 }), WriteOutcome.Written);
  assert.equal(user.lastUserRefNum, 9);
  // Beyond the ids of the venue: for the core to refuse, and no number to count on from.
  assert.equal(send({ ...ENTER, userRefNum: 2 ** 32 - 1 }), WriteOutcome.Written);
  assert.equal(user.lastUserRefNum, 9);
  assert.deepEqual(
    sink.take().map(({ clientOrderId }) => clientOrderId),
    [6, 9, 2 ** 32 - 1],
  );
});

test('Full: nothing happened, and the same message works later', () => {
  const { sink, send, user } = setUpWriter();
  sink.room = 0;
  const messages: OuchInput<InboundMessage>[] = [
    ENTER,
    REPLACE,
    { type: 'CancelOrder', userRefNum: 1, quantity: 0 },
    { type: 'ModifyOrder', userRefNum: 1, side: 'S', quantity: 0 },
    { type: 'MassCancel', userRefNum: 1, firm: '', symbol: '' },
    { type: 'DisableOrderEntry', userRefNum: 1, firm: '' },
    { type: 'EnableOrderEntry', userRefNum: 1, firm: '' },
  ];
  for (const message of messages) assert.equal(send(message), WriteOutcome.Full);
  assert.equal(user.lastUserRefNum, 0);
  sink.room = 7;
  for (const message of messages) assert.equal(send(message), WriteOutcome.Written);
  assert.equal(sink.take().length, 7);
});

test('Replace Order: fields, and the price scale of the order that it replaces, also in a chain', () => {
  const { sink, send } = setUpWriter();
  send({ ...ENTER, symbol: 'SATSLONG', price: 70 });
  send({ ...REPLACE, price: 80, clOrdId: 'again', options: { maxFloor: 10, stopPrice: 90 } });
  send({
    ...REPLACE,
    origUserRefNum: 2,
    userRefNum: 3,
    price: 90,
    timeInForce: '6',
    options: { expireTime: 1 },
  });
  send({ ...ENTER, userRefNum: 4 });
  send({ ...REPLACE, origUserRefNum: 4, userRefNum: 5, price: 500 });
  const replaces = sink.take().filter(({ type }) => type === 'ReplaceOrder');
  const base = {
    type: 'ReplaceOrder',
    flags: 0,
    userId: 9,
    instrumentId: 0,
    qtyLots: 80,
    displayQtyLots: 0,
    stopPriceTicks: 0,
    expireSeconds: 0,
    clientTag: '',
    clientCode: 0,
    investmentDecisionCode: 0,
    executionDecisionCode: 0,
    nonExecutingBrokerCode: 0,
    tradingCapacity: 0,
    regulatoryFlags: 0,
  };
  assert.deepEqual(replaces, [
    {
      ...base,
      originalClientOrderId: 1,
      clientOrderId: 2,
      priceTicks: 8,
      displayQtyLots: 10,
      stopPriceTicks: 9,
      clientTag: 'again',
    },
    { ...base, originalClientOrderId: 2, clientOrderId: 3, priceTicks: 9, expireSeconds: 1_700_000_001 },
    { ...base, originalClientOrderId: 4, clientOrderId: 5, priceTicks: 1 },
  ]);
});

test('Replace Order: a retransmitted Enter Order cannot change the scale of the live one', () => {
  const { sink, send } = setUpWriter();
  send({ ...ENTER, symbol: 'SATSLONG', price: 70 });
  assert.equal(send(ENTER), WriteOutcome.Ignored);
  send({ ...REPLACE, price: 80 });
  assert.equal((sink.take()[1] as Command<'ReplaceOrder'>).priceTicks, 8);
});

test('Replace Order: what a replace cannot change is refused by the core', () => {
  for (const options of [
    { minQty: 1 },
    { postOnly: 'P' },
    { orderType: 'S' },
    { timeInForce: '1' },
    { selfTradePrevention: 'N' },
    { ocoUserRefNum: 1 },
    { priceType: 'P' },
    { groupId: 0 },
    { side: 'B' },
  ]) {
    const { sink, send } = setUpWriter();
    send({ ...REPLACE, options });
    assert.equal((sink.take()[0] as Command<'ReplaceOrder'>).qtyLots, -1, JSON.stringify(options));
  }
  for (const letter of [{ interMarketSweep: 'Q' }, { display: 'Z' }]) {
    const { sink, send } = setUpWriter();
    send({ ...REPLACE, ...letter });
    assert.equal((sink.take()[0] as Command<'ReplaceOrder'>).qtyLots, -1, JSON.stringify(letter));
  }
  const { sink, send } = setUpWriter();
  send({ ...REPLACE, display: 'N' });
  send({ ...REPLACE, userRefNum: 3, price: MARKET_PRICE });
  const [hidden, market] = sink.take() as Command<'ReplaceOrder'>[];
  assert.equal(hidden.displayQtyLots, -1);
  assert.equal(market.priceTicks, 0);
});

test('Cancel, Modify, Mass Cancel, Disable and Enable: the terms of an order are refused by the core', () => {
  for (const options of [
    { minQty: 1 },
    { maxFloor: 1 },
    { postOnly: 'P' },
    { expireTime: 1 },
    { orderType: 'L' },
    { stopPrice: 10_000 },
    { timeInForce: '1' },
    { expireSeconds: 1 },
    { selfTradePrevention: 'N' },
    { ocoUserRefNum: 1 },
    ...Object.entries(EVERY_REGULATORY_FIELD).map(([name, value]) => ({ [name]: value })),
  ]) {
    const { sink, send } = setUpWriter();
    send({ type: 'CancelOrder', userRefNum: 1, quantity: 0, options });
    send({ type: 'ModifyOrder', userRefNum: 1, side: 'S', quantity: 3, options });
    send({ type: 'MassCancel', userRefNum: 1, firm: '', symbol: 'HIVE', options });
    send({ type: 'DisableOrderEntry', userRefNum: 1, firm: '', options });
    send({ type: 'EnableOrderEntry', userRefNum: 1, firm: '', options });
    const [cancel, modify, mass, ...entry] = sink.take() as Record<string, unknown>[];
    assert.deepEqual(
      [
        cancel['totalQtyLots'],
        modify['totalQtyLots'],
        mass['instrumentId'],
        ...entry.map((set) => set['scopeId']),
      ],
      [-1, -1, 2 ** 32 - 1, 0, 0],
      JSON.stringify(options),
    );
  }
});

test('Cancel and Modify Order: an option of Mass Cancel is refused by the core', () => {
  for (const options of [{ side: 'B' }, { groupId: 0 }]) {
    const { sink, send } = setUpWriter();
    send({ type: 'CancelOrder', userRefNum: 1, quantity: 0, options });
    send({ type: 'ModifyOrder', userRefNum: 1, side: 'S', quantity: 3, options });
    const quantities = sink.take().map((command) => (command as Command<'CancelOrder'>).totalQtyLots);
    assert.deepEqual(quantities, [-1, -1], JSON.stringify(options));
  }
});

test('Cancel and Modify Order: cancel, reduce to a new total, and what cannot be said', () => {
  const { sink, send } = setUpWriter();
  send({ type: 'CancelOrder', userRefNum: 1, quantity: 0 });
  send({ type: 'CancelOrder', userRefNum: 1, quantity: 0, options: { userRefIdx: 0 } });
  send({ type: 'CancelOrder', userRefNum: 1, quantity: 40 });
  send({ type: 'CancelOrder', userRefNum: 1, quantity: 0, options: { userRefIdx: 1 } });
  send({ type: 'ModifyOrder', userRefNum: 1, side: 'E', quantity: 0 });
  send({ type: 'ModifyOrder', userRefNum: 1, side: 'S', quantity: 3 });
  send({ type: 'ModifyOrder', userRefNum: 1, side: 'B', quantity: 0 });
  const base = { type: 'CancelOrder', flags: 0, userId: 9, instrumentId: 0, clientOrderId: 1, clientTag: '' };
  assert.deepEqual(
    sink.take(),
    [0, 0, 40, -1, 0, 3, -1].map((totalQtyLots) => ({ ...base, totalQtyLots })),
  );
});

test('Mass Cancel: the user\u2019s own orders, by symbol and side; an unknown symbol never means all', () => {
  const { sink, send } = setUpWriter();
  const mass = { type: 'MassCancel', userRefNum: 5, firm: 'ABCD', symbol: '' } as const;
  send(mass);
  send({ ...mass, symbol: 'HIVE', options: { side: 'T' } });
  send({ ...mass, symbol: 'NOPE' });
  send({ ...mass, options: { groupId: 0 } });
  send({ ...mass, options: { side: '?' } });
  const noLetter = encodeOuch({ ...mass, options: { side: 'B' } });
  noLetter[noLetter.length - 1] = 0;
  send(noLetter);
  const base = {
    type: 'MassCancel',
    flags: 0,
    userId: 9,
    instrumentId: 0,
    clientOrderId: 5,
    accountId: 0,
    sessionUserId: 9,
    side: 0,
  };
  const nothing = 2 ** 32 - 1;
  assert.deepEqual(sink.take(), [
    base,
    { ...base, instrumentId: 1, side: Side.Sell },
    { ...base, instrumentId: nothing },
    { ...base, instrumentId: nothing },
    { ...base, side: 255 },
    { ...base, side: 255 },
  ]);
});

test('Disable and Enable Order Entry: a kill switch of the user', () => {
  const { sink, send } = setUpWriter();
  send({ type: 'DisableOrderEntry', userRefNum: 3, firm: '' });
  send({ type: 'EnableOrderEntry', userRefNum: 4, firm: '' });
  const base = {
    type: 'SetKillSwitch',
    flags: 0,
    userId: 9,
    instrumentId: 0,
    scope: 4,
    cancelOrders: 0,
    scopeId: 9,
    reason: '',
  };
  assert.deepEqual(sink.take(), [
    { ...base, clientOrderId: 3, engaged: 1 },
    { ...base, clientOrderId: 4, engaged: 0 },
  ]);
});

test('Disable and Enable Order Entry: for less than the user, or what nobody knows, is refused by the core', () => {
  for (const options of [{ userRefIdx: 1 }, { groupId: 0 }, { side: 'B' }, { displayQuantity: 5 }]) {
    const { sink, send } = setUpWriter();
    send({ type: 'DisableOrderEntry', userRefNum: 3, firm: '', options });
    send({ type: 'EnableOrderEntry', userRefNum: 4, firm: '', options });
    const scopeIds = sink.take().map((command) => (command as Command<'SetKillSwitch'>).scopeId);
    assert.deepEqual(scopeIds, [0, 0], JSON.stringify(options));
  }
  const { sink, send } = setUpWriter();
  send({ type: 'EnableOrderEntry', userRefNum: 4, firm: '', options: { userRefIdx: 0 } });
  assert.equal((sink.take()[0] as Command<'SetKillSwitch'>).scopeId, 9);
});

test('Malformed: truncated at every byte, one byte too many, broken appendages, unknown types', () => {
  const messages: OuchInput<InboundMessage>[] = [
    { ...ENTER, options: { minQty: 1, stopPrice: 500, ...EVERY_REGULATORY_FIELD } },
    { ...REPLACE, options: { maxFloor: 1, ...EVERY_REGULATORY_FIELD } },
    { type: 'CancelOrder', userRefNum: 1, quantity: 0, options: { userRefIdx: 0 } },
    { type: 'ModifyOrder', userRefNum: 1, side: 'S', quantity: 0, options: { userRefIdx: 0 } },
    { type: 'MassCancel', userRefNum: 1, firm: '', symbol: '', options: { side: 'B' } },
    { type: 'DisableOrderEntry', userRefNum: 1, firm: '' },
    { type: 'EnableOrderEntry', userRefNum: 1, firm: '' },
  ];
  for (const message of messages) {
    const bytes = encodeOuch(message);
    const bare = encodeOuch({ ...message, options: {} });
    for (let length = 1; length < bytes.length; length++) {
      const { send, sink } = setUpWriter();
      const isWhole =
        length === bare.length && (message.type === 'CancelOrder' || message.type === 'ModifyOrder');
      const expected = isWhole ? WriteOutcome.Written : WriteOutcome.Malformed;
      assert.equal(send(bytes.subarray(0, length)), expected, `${message.type} cut to ${length}`);
      assert.equal(sink.take().length, isWhole ? 1 : 0);
    }
    const { send, writer } = setUpWriter();
    assert.equal(send(Buffer.concat([bytes, Buffer.alloc(1)])), WriteOutcome.Malformed, message.type);
    assert.match(writer.fault, /^malformed /);
  }
  const bare = encodeOuch(ENTER);
  for (const appendage of [
    [0], // a tag without a length
    [1], // no room for the tag
    [5, 3, 0, 0, 0], // longer than the appendage
    [4, 3, 0, 0, 1], // MinQty of three bytes
    [2, 12], // PostOnly without a value
    [10, 193, 0, 0, 0, 0, 0, 0, 0, 0, 1], // a stop price of nine bytes
    [3, 198, 0, 1], // a capacity of two bytes
    [1, 199], // regulatory flags without a value
    [3, 200, 0, 7], // a client's code of two bytes
  ]) {
    const bytes = Buffer.concat([bare, Buffer.from(appendage)]);
    bytes[46] = appendage.length;
    assert.equal(setUpWriter().send(bytes), WriteOutcome.Malformed, String(appendage));
  }
  for (let type = 0; type < 256; type++) {
    if ('OUXMCDE'.includes(String.fromCharCode(type))) continue;
    const { send, writer } = setUpWriter();
    assert.equal(send(Uint8Array.of(type, 0, 0)), WriteOutcome.Malformed);
    assert.equal(writer.fault, 'unknown message type');
  }
});

test('random and mutated messages: an outcome, at most one command, never a throw', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`command writer fuzz seed ${seed}`);
  const bases = [
    encodeOuch({ ...ENTER, options: { minQty: 1, stopPrice: 5 } }),
    encodeOuch({ ...ENTER, options: EVERY_REGULATORY_FIELD }),
    encodeOuch(REPLACE),
    encodeOuch({ ...REPLACE, options: EVERY_REGULATORY_FIELD }),
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...bases), fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 6 }))
    .map(([base, changes]) => {
      const bytes = base.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });
  const random = fc
    .tuple(fc.constantFrom(...'OUXMCDEQ'), fc.uint8Array({ maxLength: 80 }))
    .map(([type, rest]) => Buffer.concat([Buffer.from(type), rest]));
  const { sink, send, user } = setUpWriter();
  fc.assert(
    fc.property(fc.oneof(mutated, random), (bytes) => {
      user.lastUserRefNum = 0;
      const outcome = send(bytes);
      const commands = sink.take();
      assert.equal(commands.length, outcome === WriteOutcome.Written ? 1 : 0);
      for (const command of commands) assert.equal(command.userId, 9);
    }),
    { seed, numRuns: 5_000 },
  );
});
