import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { after, test } from 'node:test';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import { batchOf, HIVE } from '#codec/ouch/test-support.ts';
import { SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { CommandType } from '#domain/commands.ts';
import { EventFlag, OrderAccepted } from '#domain/events.ts';
import { RejectCode } from '#domain/rejects.ts';
import { hashPassword } from '../identity/password.ts';
import type { OuchGatewayOptions } from './ouch-gateway.ts';
import { TestVenue, until, userAdded } from './test-support.ts';

const venues: TestVenue[] = [];
after(() => Promise.all(venues.map((venue) => venue.stop())));

async function start(options: Partial<OuchGatewayOptions> = {}): Promise<TestVenue> {
  const venue = await TestVenue.start(options);
  venues.push(venue);
  return venue;
}

const ENTER = {
  type: 'EnterOrder',
  userRefNum: 1,
  side: 'B',
  quantity: 100,
  symbol: 'HIVE',
  price: 12_500,
  timeInForce: '0',
  display: 'Y',
  capacity: 'P',
  interMarketSweep: 'N',
  crossType: 'N',
  clOrdId: '',
} as const;

const accepted = (reportNumber: number, more: object = {}): EventInput<'OrderAccepted'> => ({
  type: 'OrderAccepted',
  userId: 9,
  reportNumber,
  instrumentId: 1,
  orderId: 100 + reportNumber,
  clientOrderId: reportNumber,
  qtyLots: 100,
  priceTicks: 25,
  side: 1,
  orderType: 1,
  timeInForce: 1,
  ...more,
});

const acceptedFrom = (first: number, last: number): EventInput[] =>
  Array.from({ length: last - first + 1 }, (_, i) => accepted(first + i));
const shortFrom = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `OrderAccepted ${first + i}`);

const LOGIN = (nextSequence: number): string => `A      HIVE${String(nextSequence).padStart(20)}`;

test('a day at the door: login, order, acceptance, execution, logout', async () => {
  const venue = await start();
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

test('login: names without regard to case; wrong session and a sequence from the future are refused', async () => {
  const venue = await start();
  venue.say(...acceptedFrom(1, 3));
  const lower = await venue.loggedIn('alice', 4);
  assert.deepEqual(lower.short, [LOGIN(4)]);
  const cases = [
    { sequence: 5, session: '', answer: ['+the next sequence number is 4', 'JS', 'closed'] },
    { sequence: 1, session: 'OTHER', answer: ['+the session here is HIVE', 'JS', 'closed'] },
  ];
  for (const { sequence, session, answer } of cases) {
    const client = venue.client();
    client.login('BOB', sequence === 5 ? 2 : sequence, session);
    const expected = sequence === 5 ? ['+the next sequence number is 1', 'JS', 'closed'] : answer;
    assert.deepEqual(await client.ended(), expected);
  }
  const named = venue.client();
  named.login('BOB', 1, 'HIVE');
  assert.deepEqual(await named.received(1), [LOGIN(1)]);
});

test('login: a disabled user and one who must change the password are refused, with the right password', async () => {
  const venue = await start();
  const answer = async (username: string): Promise<unknown> => {
    const client = venue.client();
    client.login(username);
    return (await client.received(1))[0];
  };
  venue.say(
    userAdded(5, 'off', { enabled: 0 }),
    userAdded(6, 'new', { mustChangePassword: 1 }),
    userAdded(7, 'a.longer-name@venue'),
  );
  assert.equal(await answer('OFF'), '+the user is disabled');
  assert.equal(await answer('NEW'), '+the password must be changed first, at another door');
  venue.say({ type: 'UserEnabledSet', targetUserId: 5, enabled: 1 });
  assert.equal(await answer('OFF'), LOGIN(1));
});

test('login: a new password holds from its event on', async () => {
  const venue = await start();
  const salt = new Uint8Array(16).fill(9);
  const passwordHash = new Uint8Array(await hashPassword('changed', salt));
  venue.say(userAdded(6, 'new', { mustChangePassword: 1 }));
  venue.say({ type: 'UserPasswordSet', targetUserId: 6, salt, passwordHash });
  const before = venue.client();
  before.login('NEW');
  assert.deepEqual(await before.ended(), ['+unknown user or wrong password', 'JA', 'closed']);
  const client = venue.client();
  client.login('NEW', 1, '', 'changed');
  assert.deepEqual(await client.received(1), [LOGIN(1)]);
});

test('a user who is disabled is sent away, and the session closed', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  venue.say({ type: 'UserEnabledSet', targetUserId: 9, enabled: 0 });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the user was disabled', 'closed']);
  await until(() => venue.sink.reserved === 2);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession', 'CloseSession'],
  );
});

test('a session that the venue refuses is over', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  venue.say({
    type: 'CommandRejected',
    userId: 9,
    commandType: CommandType.OpenSession,
    rejectCode: RejectCode.CAPACITY,
  });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the venue refused the session: CAPACITY', 'closed']);
});

test('a session that another node ended is over; those of other nodes and earlier ones of this node are not it', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.equal(venue.gateway.connections, 1, 'a session of the start before had the number');
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId: nodeId + 1, sessionId });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId: sessionId + 1 });
  assert.equal(venue.gateway.connections, 1);
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.deepEqual(await client.ended(), [
    LOGIN(1),
    '+this node was cut off from the venue, which ended the session: log in again',
    'closed',
  ]);
});

test('a session that staff ended is over, for the reason given, and is not closed again', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  venue.say({ type: 'SessionEnded', userId: 9, nodeId, sessionId, motive: 'a drill' });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the venue ended the session: a drill', 'closed']);
  await venue.loggedIn();
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession'],
  );
});

test('suspend: sessions end with the reason and logins get it, until it is over', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  venue.gateway.suspend('cut off');
  assert.deepEqual(await client.ended(), [LOGIN(1), '+cut off', 'closed']);
  const refused = venue.client();
  refused.login('ALICE');
  assert.deepEqual(await refused.ended(), ['+cut off', 'JS', 'closed']);
  venue.gateway.suspend(undefined);
  await venue.loggedIn();
});

test('a second login of a user takes over: the first is told and closed, as a disconnect', async () => {
  const venue = await start();
  const first = await venue.loggedIn();
  const second = await venue.loggedIn();
  assert.deepEqual(await first.ended(), [LOGIN(1), '+the same user logged in again', 'closed']);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession', 'CloseSession', 'OpenSession'],
  );
  venue.say(accepted(1));
  await second.received(2);
  assert.deepEqual(second.short, [LOGIN(1), 'OrderAccepted 1']);
});

test('replay: from the store, from memory, and live, in order and without a gap', async () => {
  const venue = await start();
  venue.say(...acceptedFrom(1, 10));
  const first = await venue.loggedIn('ALICE', 4);
  await first.received(8);
  assert.deepEqual(first.short, [LOGIN(4), ...shortFrom(4, 10)]);
  assert.deepEqual(venue.store.reads, ['9: 4-10']);
  venue.say(...acceptedFrom(11, 20));
  await first.received(18);
  first.socket.destroy();
  // 1 to 10 were never in memory here, 11 to 20 are.
  const second = await venue.loggedIn('ALICE', 2);
  await second.received(20);
  assert.deepEqual(second.short, [LOGIN(2), ...shortFrom(2, 20)]);
  assert.deepEqual(venue.store.reads.slice(1), ['9: 2-20']);
  second.socket.destroy();
  venue.store.reads.length = 0;
  const third = await venue.loggedIn('ALICE', 15);
  await third.received(7);
  assert.deepEqual(third.short, [LOGIN(15), ...shortFrom(15, 20)]);
  const fourth = await venue.loggedIn('ALICE', 0);
  venue.say(accepted(21));
  await fourth.received(2);
  assert.deepEqual(fourth.short, [LOGIN(21), 'OrderAccepted 21']);
  assert.deepEqual(venue.store.reads, []);
});

test('replay: reports that happen while the store is read come after, also when memory went round meanwhile', async () => {
  const venue = await start({ recentReports: 8 });
  venue.say(...acceptedFrom(1, 5));
  const ready = Promise.withResolvers<void>();
  venue.store.ready = ready.promise;
  const client = await venue.loggedIn();
  venue.say(...acceptedFrom(6, 40));
  assert.deepEqual(client.short, [LOGIN(1)]);
  ready.resolve();
  await client.received(41);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, 40)]);
  assert.deepEqual(venue.store.reads, ['9: 1-5', '9: 6-40']);
});

test('replay: a long one is paced by the client, whose socket never holds more than the limit', async () => {
  const venue = await start({ recentReports: 8 });
  venue.say(...acceptedFrom(1, 20_000));
  const client = await venue.loggedIn();
  await client.received(20_001);
  assert.deepEqual(client.short.slice(1), shortFrom(1, 20_000));
  assert.deepEqual(venue.store.reads[0], '9: 1-1024');
  assert.deepEqual(venue.lines, ['logged in']);
});

test('replay: a store that fails ends the session with the reason', async () => {
  const venue = await start();
  venue.say(accepted(1));
  venue.store.error = new Error('disk on fire');
  const client = venue.client();
  client.login('ALICE', 1);
  assert.deepEqual(await client.ended(), [LOGIN(1), '+reports from 1 on cannot be read now', 'closed']);
  venue.store.error = undefined;
  venue.store.events.length = 0;
  const again = venue.client();
  again.login('ALICE', 1);
  assert.deepEqual(await again.ended(), [LOGIN(1), '+reports from 1 on cannot be read now', 'closed']);
});

test('replay: an auction trade of a user with itself is two reports, in the order of their numbers', async () => {
  const venue = await start();
  const trade: EventInput<'Trade'> = {
    type: 'Trade',
    instrumentId: 1,
    tradeId: 1,
    qtyLots: 1,
    priceTicks: 25,
    tradeFlags: 1,
    makerUserId: 9,
    makerClientOrderId: 10,
    makerReportNumber: 2,
    takerUserId: 9,
    takerClientOrderId: 20,
    takerReportNumber: 1,
  };
  venue.say(trade, { ...trade, makerReportNumber: 3, takerReportNumber: 4 });
  const expected = [LOGIN(1), 'OrderExecuted 20', 'OrderExecuted 10', 'OrderExecuted 10', 'OrderExecuted 20'];
  const stored = await venue.loggedIn();
  await stored.received(5);
  assert.deepEqual(stored.short, expected);
  const bob = await venue.loggedIn('BOB');
  venue.say(
    { ...trade, makerUserId: 8, takerUserId: 8 },
    { ...trade, makerUserId: 8, takerUserId: 8, makerReportNumber: 3, takerReportNumber: 4 },
  );
  await bob.received(5);
  assert.deepEqual(bob.short, expected);
});

test('one batch of events is one write to each session', async () => {
  const venue = await start();
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
  const venue = await start();
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
    '+ignored: UserRefNum must be above 12; this is said once',
  ]);
  await until(() => venue.sink.reserved === 2);
  const [, replace] = venue.sink.take();
  assert.equal(replace.type === 'ReplaceOrder' && replace.priceTicks, 8);
});

test('report numbers are unsigned: past 2^31 a user logs in, is told, and resumes from memory and from the store', async () => {
  const venue = await start();
  const last = 2 ** 31 + 3;
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
  const venue = await start();
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

test('cancel on disconnect: by the door\u2019s default and by the client\u2019s choice', async () => {
  const flags = (venue: TestVenue) =>
    venue.sink
      .take()
      .map((command) => (command.type === 'OpenSession' ? command.cancelOnDisconnect : command.type));
  const venue = await start({ cancelOnDisconnect: true });
  const client = await venue.loggedIn();
  client.send({ type: 'SessionOptions', cancelOnDisconnect: 'N' });
  client.send({ type: 'SessionOptions', cancelOnDisconnect: 'Y' });
  await until(() => venue.sink.reserved === 3);
  client.socket.destroy();
  await until(() => venue.sink.reserved === 4);
  assert.deepEqual(flags(venue), [1, 0, 1, 'CloseSession']);
});

test('Instrument Query: how to count; nothing for one that is not offered', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  for (const symbol of ['SATSLONG', 'HUGE', 'NOPE']) client.send({ type: 'InstrumentQuery', symbol });
  await client.received(4);
  const nothing = {
    type: 'Instrument',
    wirePriceDecimals: 0,
    tickSize: 0,
    quantityDecimals: 0,
    lotSize: 0,
    minQuantity: 0,
    maxQuantity: 0,
    options: {},
  };
  assert.deepEqual(client.packets.slice(1), [
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
  const venue = await start();
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

test('a sink without room: messages wait in order, and none is lost', async () => {
  const venue = await start();
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
  const venue = await start();
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

test('a sink that stays without room: sessions end with the reason, and their end is owed until it can be written', async () => {
  const venue = await start({ limits: { heldTicksMax: 2 } });
  const client = await venue.loggedIn();
  venue.sink.take();
  venue.sink.room = 0;
  client.send(ENTER);
  await until(() => venue.sink.refused > 0);
  for (let i = 0; i < 3; i++) venue.gateway.tick();
  assert.deepEqual(await client.ended(), [LOGIN(1), 'H', '+the venue takes no messages now', 'closed']);
  const refused = venue.client();
  refused.login('ALICE');
  assert.deepEqual(await refused.ended(), ['+the venue takes no commands now', 'JS', 'closed']);
  venue.sink.room = 1;
  await until(() => venue.sink.reserved === 1);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['CloseSession'],
  );
});

test('doors that open again owe nothing: whoever opens them has closed what was left', async () => {
  const venue = await start();
  const client = await venue.loggedIn();
  venue.sink.take();
  venue.sink.room = 0;
  await venue.gateway.close('the venue stops');
  await client.ended();
  venue.sink.room = 10;
  const { port } = await venue.gateway.listen();
  assert.ok(port > 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(venue.sink.take(), []);
});

/** Counts the bytes that sessions hand to their sockets; `stop` ends it. */
function countWrites(): { bytes: number; stop: () => void } {
  const { write } = Socket.prototype;
  const count = { bytes: 0, stop: () => void (Socket.prototype.write = write) };
  Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
    count.bytes += args[0].length;
    return write.apply(this, args);
  } as typeof write;
  return count;
}

/** Says reports to ALICE, whose client does not read, until nothing goes to its socket any more; returns the last number. */
async function sayUntilFull(venue: TestVenue): Promise<number> {
  const written = countWrites();
  let number = 0;
  for (let turnsWithout = 0; turnsWithout < 20; turnsWithout++) {
    if (written.bytes > 0) turnsWithout = 0;
    written.bytes = 0;
    venue.say(...acceptedFrom(number + 1, number + 500));
    number += 500;
    await new Promise(setImmediate);
  }
  written.stop();
  return number;
}

test('a turn that says more than a socket holds: the client, which reads, gets all of it and stays', async () => {
  const reports = 250_000;
  const venue = await start({ recentReports: 2 ** 18 });
  const client = await venue.loggedIn();
  const { words, from, to } = batchOf([accepted(1)]);
  for (let number = 1; number <= reports; number++) {
    words.i32[from + 7] = number;
    words.i32[from + OrderAccepted.at.clientOrderId] = number;
    venue.gateway.onEvents(words, from, to);
  }
  await client.received(1 + reports);
  venue.say(accepted(reports + 1));
  await client.received(2 + reports);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, reports + 1)]);
  assert.deepEqual(venue.store.reads, []);
  assert.deepEqual(venue.lines, ['logged in']);
});

test('a client that pauses gets what it lacks when it reads again, from the store where memory went round', async () => {
  const venue = await start({ limits: { bufferedBytesMax: 512 * 1024 } });
  const client = await venue.loggedIn();
  client.socket.pause();
  const number = await sayUntilFull(venue);
  client.socket.resume();
  await client.received(1 + number);
  venue.say(accepted(number + 1));
  await client.received(2 + number);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, number + 1)]);
  assert.ok(venue.store.reads.length > 0);
  assert.deepEqual(venue.lines, ['logged in']);
});

test('a slow consumer that takes nothing is closed, and gets what it missed when it comes back', async () => {
  const venue = await start({
    recentReports: 2 ** 18,
    limits: { bufferedBytesMax: 64 * 1024, silentTicksMax: 3 },
  });
  const client = await venue.loggedIn();
  client.socket.pause();
  const number = await sayUntilFull(venue);
  venue.sink.take();
  // The first beats may still see the socket's buffers fill.
  for (let beats = 1; beats < 100 && venue.gateway.connections > 0; beats++) {
    client.send({ ...ENTER, userRefNum: number + beats });
    await until(() => venue.sink.reserved > 0);
    venue.sink.take();
    venue.gateway.tick();
    await new Promise(setImmediate);
  }
  client.socket.destroy();
  assert.equal(venue.lines.at(-1), 'session closed slow consumer: it stopped reading');
  const again = await venue.loggedIn('ALICE', number - 2_000);
  await again.received(2_002);
  assert.deepEqual(again.short, [LOGIN(number - 2_000), ...shortFrom(number - 2_000, number)]);
});

test('close: clients get End of Session, and every open session its CloseSession', async () => {
  const venue = await start();
  const alice = await venue.loggedIn();
  const bob = await venue.loggedIn('BOB');
  venue.sink.take();
  const closed = venue.gateway.close('venue closed');
  assert.deepEqual(
    venue.sink.take().map(({ type, userId }) => [type, userId]),
    [
      ['CloseSession', 9],
      ['CloseSession', 8],
    ],
  );
  await closed;
  assert.deepEqual(await alice.ended(), [LOGIN(1), '+venue closed', 'Z', 'closed']);
  assert.deepEqual(await bob.ended(), [LOGIN(1), '+venue closed', 'Z', 'closed']);
  assert.equal(venue.gateway.connections, 0);
});

test('events are taken at any place of their buffer, and of users that nobody knows too', () => {
  const venue = new TestVenue();
  const { words, from, to } = batchOf([accepted(1, { userId: 77 }), accepted(1)]);
  venue.gateway.onEvents(words, from, to);
  venue.gateway.onEvents(words, from, from);
});
