import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import { batchOf, HIVE, STOPPED_CLOCK } from '#codec/ouch/test-support.ts';
import { SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { EventFlag } from '#domain/events.ts';
import { accepted, ENTER, LOGIN, startVenue, TestVenue, until, userAdded } from './test-support.ts';

test('a day at the door: login, order, acceptance, execution, logout', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  client.send(ENTER);
  await until(() => venue.sink.reserved === 2);
  const [open, order] = venue.sink.take();
  assert.deepEqual(open, {
    type: 'OpenSession',
    flags: 0,
    userId: 9,
    instrumentId: 0,
    clientOrderId: 0,
    sessionId: 1,
    nodeId: 3,
    cancelOnDisconnect: 0,
    door: 1,
  });
  assert.deepEqual([order.type, order.userId, order.clientOrderId], ['NewOrder', 9, 1]);
  venue.say(accepted(1), {
    type: 'Trade',
    instrumentId: 1,
    tradeId: 5,
    qtyLots: 100,
    priceTicks: 25,
    makerUserId: 9,
    makerClientOrderId: 1,
    makerReportNumber: 2,
    takerUserId: 8,
    takerClientOrderId: 1,
    takerReportNumber: 1,
  });
  await client.received(3);
  assert.deepEqual(client.short, [LOGIN(1), 'OrderAccepted 1', 'OrderExecuted 1']);
  client.socket.write(soupPacket(SoupPacket.LogoutRequest));
  await client.ended();
  await until(() => venue.sink.reserved === 1);
  assert.deepEqual(
    venue.sink.take().map((command) => {
      const { nodeId, sessionId } = command as Command<'CloseSession'>;
      return [command.type, command.userId, nodeId, sessionId];
    }),
    [['CloseSession', 9, 3, 1]],
  );
  assert.deepEqual(venue.lines, ['logged in', 'session closed logout']);
});

test('one batch of events is one write to each session', async () => {
  const venue = await startVenue();
  const alice = await venue.loggedIn();
  const bob = await venue.loggedIn('BOB');
  const writes: number[] = [];
  const { write } = Socket.prototype;
  Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
    writes.push(args[0].length);
    return write.apply(this, args);
  } as typeof write;
  venue.say(
    ...Array.from({ length: 50 }, (_, i) => accepted(i + 1)),
    ...Array.from({ length: 50 }, (_, i) => accepted(i + 1, { userId: 8 })),
  );
  Socket.prototype.write = write;
  assert.deepEqual(writes, [50 * 77, 50 * 77]);
  await alice.received(51);
  await bob.received(51);
});

test('images: users and live orders that stood before are known, and are no reports', async () => {
  const venue = await startVenue();
  const { Image } = EventFlag;
  venue.say(
    userAdded(7, 'CAROL', { flags: Image, reportCount: 40, lastClientOrderId: 12 }),
    accepted(0, { flags: Image, userId: 7, instrumentId: 2, clientOrderId: 12 }),
  );
  const client = venue.client();
  client.login('CAROL', 41);
  client.send({ type: 'AccountQuery' });
  client.send({ ...ENTER, userRefNum: 12 });
  client.send({
    type: 'ReplaceOrder',
    origUserRefNum: 12,
    userRefNum: 13,
    quantity: 5,
    price: 80,
    timeInForce: '0',
    display: 'Y',
    interMarketSweep: 'N',
    clOrdId: '',
  });
  await client.received(3);
  assert.deepEqual(client.packets, [
    LOGIN(41),
    {
      type: 'AccountQueryResponse',
      timestamp: (1_700_000_000 % 86_400) * 1e9 + 123,
      nextUserRefNum: 13,
      options: {},
    },
    '+ignored: UserRefNum 12 must be above 12; said once until a message is taken',
  ]);
  await until(() => venue.sink.reserved === 2);
  const [, replace] = venue.sink.take();
  assert.equal(replace.type === 'ReplaceOrder' && replace.priceTicks, 8);
});

test('who comes back is told both next numbers, also after orders that the log has not answered, which come then', async () => {
  const venue = await startVenue();
  const first = await venue.loggedIn();
  first.send(ENTER);
  first.send({ ...ENTER, userRefNum: 2 });
  await until(() => venue.sink.reserved === 3);
  venue.say(accepted(1));
  first.socket.destroy();
  // 0: it does not know which reports there are.
  const second = await venue.loggedIn('ALICE', 0);
  second.send({ type: 'AccountQuery' });
  await second.received(2);
  venue.say(accepted(2));
  await second.received(3);
  const [login, answer, report] = second.packets;
  assert.deepEqual(
    [
      login,
      (answer as { nextUserRefNum: number }).nextUserRefNum,
      (report as { userRefNum: number }).userRefNum,
    ],
    [LOGIN(2), 3, 2],
  );
});

test('report numbers have more than 32 bits: past 2^32 a user logs in, is told, and resumes from memory and from the store', async () => {
  const venue = await startVenue();
  const last = 2 ** 32 - 3;
  const trade: EventInput<'Trade'> = {
    type: 'Trade',
    instrumentId: 1,
    makerUserId: 7,
    makerClientOrderId: 2,
    makerReportNumber: last + 3,
    takerUserId: 7,
    takerClientOrderId: 3,
    takerReportNumber: last + 2,
  };
  const order = (number: number, clientOrderId: number) => accepted(number, { userId: 7, clientOrderId });
  venue.say(
    userAdded(7, 'CAROL', { flags: EventFlag.Image, reportCount: last, lastClientOrderId: 12 }),
    order(last + 1, 1),
    trade,
  );
  const stored = await venue.loggedIn('CAROL', last + 1);
  await stored.received(4);
  venue.say(order(last + 4, 4), { ...trade, makerReportNumber: last + 6, takerReportNumber: last + 5 });
  await stored.received(7);
  const news = ['OrderAccepted 4', 'OrderExecuted 3', 'OrderExecuted 2'];
  const all = [LOGIN(last + 1), 'OrderAccepted 1', 'OrderExecuted 3', 'OrderExecuted 2', ...news];
  assert.deepEqual(stored.short, all);
  assert.deepEqual(venue.store.reads, [`7: ${last + 1}-${last + 3}`]);
  const recent = await venue.loggedIn('CAROL', last + 4);
  await recent.received(4);
  assert.deepEqual(recent.short, [LOGIN(last + 4), ...news]);
  assert.equal(venue.store.reads.length, 1);
  venue.say(order(last + 7, 5));
  const early = venue.client();
  early.login('CAROL', last + 9);
  assert.deepEqual(await early.ended(), [`+the next sequence number is ${last + 8}`, 'JS', 'closed']);
});

test('the scale of an order is forgotten when it is gone', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  const replaceAt = (origUserRefNum: number, userRefNum: number) =>
    client.send({
      type: 'ReplaceOrder',
      origUserRefNum,
      userRefNum,
      quantity: 5,
      price: 5_000,
      timeInForce: '0',
      display: 'Y',
      interMarketSweep: 'N',
      clOrdId: '',
    });
  venue.say(
    ...[1, 2, 3, 4, 5, 6].map((number) => accepted(number, { instrumentId: 2 })),
    { type: 'OrderCanceled', userId: 9, reportNumber: 7, clientOrderId: 1, leavesQtyLots: 0 },
    { type: 'OrderCanceled', userId: 9, reportNumber: 8, clientOrderId: 2, leavesQtyLots: 1 },
    { type: 'Trade', makerUserId: 9, makerClientOrderId: 3, makerReportNumber: 9, takerLeavesQtyLots: 1 },
    { type: 'Trade', takerUserId: 9, takerClientOrderId: 4, takerReportNumber: 10, makerLeavesQtyLots: 1 },
    { ...accepted(11), type: 'OrderReplaced', instrumentId: 2, originalClientOrderId: 5, clientOrderId: 50 },
    {
      type: 'CommandRejected',
      userId: 9,
      reportNumber: 12,
      commandType: 1,
      rejectCode: 100,
      clientOrderId: 6,
    },
  );
  [1, 2, 3, 4, 5, 6, 50].forEach((original, i) => {
    replaceAt(original, 60 + i);
  });
  await until(() => venue.sink.reserved === 8);
  const ticks = venue.sink
    .take()
    .flatMap((command) => (command.type === 'ReplaceOrder' ? command.priceTicks : []));
  // 10 where it counts as the common instrument does (500 a tick), 500 where as SATSLONG does (10 a tick).
  assert.deepEqual(ticks, [10, 500, 10, 10, 10, 500, 500]);
});

test('Instrument Query: how to count; nothing for one that is not offered', async () => {
  const venue = await startVenue();
  const quoted: EventInput<'InstrumentAdded'> = {
    ...HIVE,
    instrumentId: 9,
    symbol: 'HIVEUSD',
    quoteAssetId: 4,
  };
  venue.say({ type: 'AssetAdded', assetId: 4, decimals: 2, symbol: 'USD' }, quoted);
  const client = await venue.loggedIn();
  for (const symbol of ['HIVEUSD', 'SATSLONG', 'HUGE', 'NOPE'])
    client.send({ type: 'InstrumentQuery', symbol });
  await client.received(5);
  const nothing = {
    type: 'Instrument',
    wirePriceDecimals: 0,
    tickSize: 0,
    quantityDecimals: 0,
    lotSize: 0,
    minQuantity: 0,
    maxQuantity: 0,
    quoteDecimals: 0,
    quoteAsset: '',
    options: {},
  };
  assert.deepEqual(client.packets.slice(1), [
    {
      ...nothing,
      symbol: 'HIVEUSD',
      wirePriceDecimals: 4,
      tickSize: 500,
      lotSize: 1,
      minQuantity: 1,
      maxQuantity: 1_000_000,
      quoteDecimals: 2,
      quoteAsset: 'USD',
    },
    {
      ...nothing,
      symbol: 'SATSLONG',
      wirePriceDecimals: 8,
      tickSize: 10,
      quantityDecimals: 3,
      lotSize: 100,
      minQuantity: 1,
      maxQuantity: 2 ** 32 - 1,
    },
    { ...nothing, symbol: 'HUGE' },
    { ...nothing, symbol: 'NOPE' },
  ]);
});

test('an instrument that does not fit the door is named in the log', () => {
  const venue = new TestVenue();
  venue.say({ ...HIVE, maxQtyLots: 2 ** 33 }, { ...HIVE, tickSize: 100_000, priceDecimals: 2 });
  assert.deepEqual(venue.lines, [
    'instrument is not offered on this door its largest order of 8589934592 lots does not fit four bytes',
    'instrument is not offered on this door its largest price does not fit the price field exactly',
  ]);
});

test('hostile messages: each has its answer, ends its session only, and writes nothing', async () => {
  const venue = await startVenue();
  const bystander = await venue.loggedIn('BOB');
  const cases: [string, Uint8Array, string][] = [
    ['empty', new Uint8Array(0), 'unknown message type'],
    ['unknown type', Buffer.from('?'), 'unknown message type'],
    ['an outbound type', Buffer.from('A'.padEnd(64)), 'unknown message type'],
    ['short order', Buffer.from('O'), 'malformed Enter Order'],
    ['long order', new Uint8Array(1_000).fill(0x4f), 'malformed Enter Order'],
    ['short replace', Buffer.from('U123'), 'malformed Replace Order'],
    ['short cancel', Buffer.from('X123'), 'malformed Cancel Order'],
    ['short modify', Buffer.from('M123'), 'malformed Modify Order'],
    ['short mass cancel', Buffer.from('C123'), 'malformed Mass Cancel'],
    ['short disable', Buffer.from('D123'), 'malformed Disable or Enable Order Entry'],
    ['short enable', Buffer.from('E123'), 'malformed Disable or Enable Order Entry'],
    ['long query', Buffer.from('Q1'), 'malformed Account Query'],
    ['wrong options', Buffer.from('z?'), 'malformed Session Options'],
    ['short options', Buffer.from('z'), 'malformed Session Options'],
    ['short instrument query', Buffer.from('iHIVE'), 'malformed Instrument Query'],
  ];
  venue.sink.take();
  for (const [what, message, fault] of cases) {
    const client = await venue.loggedIn();
    client.send(message);
    client.send(ENTER);
    assert.deepEqual(await client.ended(), [LOGIN(1), `+protocol violation: ${fault}`, 'closed'], what);
    await until(() => venue.sink.reserved === 2);
    assert.deepEqual(
      venue.sink.take().map(({ type }) => type),
      ['OpenSession', 'CloseSession'],
      what,
    );
  }
  venue.say(accepted(1, { userId: 8 }));
  await bystander.received(2);
  assert.deepEqual(bystander.short, [LOGIN(1), 'OrderAccepted 1']);
});

test('many queries at once: another client\u2019s order does not wait for them, and each has its answer', async (t) => {
  const venue = await startVenue();
  const [asking, bystander] = [await venue.loggedIn(), await venue.loggedIn('BOB')];
  venue.sink.take();
  // The door reads it for each Account Query.
  const answered = t.mock.method(STOPPED_CLOCK, 'read').mock;
  const query = soupPacket(SoupPacket.UnsequencedData, 'Q');
  asking.socket.write(Buffer.concat(Array.from({ length: 4_000 }, () => query)));
  await until(() => answered.callCount() > 0);
  bystander.send(ENTER);
  await until(() => venue.sink.reserved > 0);
  assert.ok(answered.callCount() < 4_000, `${answered.callCount()} answers were first`);
  assert.equal((await asking.received(4_001)).length, 4_001);
});

test('a sink without room: messages wait in order, and none is lost', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  venue.sink.take();
  venue.sink.room = 3;
  for (let userRefNum = 1; userRefNum <= 500; userRefNum++) client.send({ ...ENTER, userRefNum });
  const numbers: number[] = [];
  while (numbers.length < 500) {
    await until(() => venue.sink.reserved > 0);
    numbers.push(...venue.sink.take().map(({ clientOrderId }) => clientOrderId));
    venue.sink.room = 3;
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: 500 }, (_, i) => i + 1),
  );
});

test('a sink without room: two clients that send at once both get their turn', async () => {
  const venue = await startVenue();
  const clients = [await venue.loggedIn(), await venue.loggedIn('BOB')];
  venue.sink.take();
  venue.sink.room = 0;
  for (const client of clients) {
    for (let userRefNum = 1; userRefNum <= 100; userRefNum++) client.send({ ...ENTER, userRefNum });
  }
  const users = new Set<number>();
  for (let turn = 0; turn < 10; turn++) {
    venue.sink.room = 10;
    await until(() => venue.sink.reserved === 10);
    for (const { userId } of venue.sink.take()) users.add(userId);
  }
  assert.deepEqual([...users].sort(), [8, 9]);
});

test('events are taken at any place of their buffer, and of users that nobody knows too', () => {
  const venue = new TestVenue();
  const { words, from, to } = batchOf([accepted(1, { userId: 77 }), accepted(1)]);
  venue.gateway.onEvents(words, from, to);
  venue.gateway.onEvents(words, from, from);
});
