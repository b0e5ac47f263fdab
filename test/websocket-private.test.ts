import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Role, Side } from '#domain/commands.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { type Message, WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const LIMIT = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };

async function member(t: TestContext, venue: WebSocketVenue, userId: number) {
  const client = await WebSocketClient.connect(t, venue.url);
  await client.auth(await venue.tokenOf(userId));
  return client;
}

async function reports(client: WebSocketClient, count: number): Promise<Message[]> {
  const all: Message[] = [];
  while (all.length < count) all.push((await client.next('reports')).report);
  return all;
}

test('reports: of every door, each with the order as it is after it', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await member(t, venue, 1);
  assert.deepEqual(await client.result('subscribe', { channel: 'reports' }), {
    channel: 'reports',
    reportCount: 0,
  });
  await client.result('order.place', { ...LIMIT, clientOrderId: 'mine' });
  const order = { userId: 2, instrumentId: 1, side: Side.Sell, orderType: 1, timeInForce: 2 } as const;
  venue.send({ type: 'NewOrder', ...order, clientOrderId: 1, priceTicks: 1_000, qtyLots: 2 });
  await client.result('order.cancel', { clientOrderId: 'mine' });
  await client.error('order.place', { ...LIMIT, quantity: '1000001', clientOrderId: 'bad' });
  await client.result('orders.cancelAll');
  const [accepted, filled, canceled, rejected, massCanceled] = await reports(client, 5);
  assert.deepEqual(
    [accepted.number, accepted.kind, accepted.order.leavesQuantity, accepted.order.clientOrderId],
    [1, 'accepted', '5', 'mine'],
  );
  assert.deepEqual(
    [filled.number, filled.kind, filled.order.leavesQuantity, filled.fill],
    [
      2,
      'filled',
      '3',
      {
        tradeId: 1,
        price: '10.00',
        quantity: '2',
        amount: '20.00',
        fee: '0.00',
        liquidity: 'maker',
        isAuction: false,
      },
    ],
  );
  assert.deepEqual(
    [canceled.number, canceled.kind, canceled.cancelReason, canceled.canceledQuantity, canceled.order.status],
    [3, 'canceled', 'requested', '3', 'canceled'],
  );
  const { time, sequence, ...rest } = rejected;
  assert.deepEqual(rest, {
    number: 4,
    kind: 'rejected',
    clientOrderId: 'bad',
    clientOrderNumber: 2,
    command: 'NewOrder',
    rejectCode: 'INVALID_QUANTITY',
  });
  assert.deepEqual([massCanceled.number, massCanceled.canceledOrders], [5, 0]);
});

test('reports: resumed from any number, none is lost and none comes twice, while new ones happen', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const trader = await member(t, venue, 1);
  for (let n = 0; n < 30; n++) await trader.result('order.place', LIMIT);
  const late = await member(t, venue, 1);
  assert.equal((await late.result('subscribe', { channel: 'reports', from: 11 })).reportCount, 30);
  const placing = Promise.all(Array.from({ length: 30 }, () => trader.result('order.place', LIMIT)));
  const numbers = (await reports(late, 50)).map(({ number }) => number);
  assert.deepEqual(
    numbers,
    Array.from({ length: 50 }, (_, index) => 11 + index),
  );
  await placing;
  const error = await late.error('subscribe', { channel: 'reports' });
  assert.equal(error.code, 'already-subscribed');
  await late.result('unsubscribe', { channel: 'reports' });
  const ahead = await late.error('subscribe', { channel: 'reports', from: 62 });
  assert.deepEqual(ahead.errors, [
    { field: 'from', allowed: 'must be at most 61: you have had 60 reports so far' },
  ]);
  assert.equal((await late.result('subscribe', { channel: 'reports', from: 61 })).reportCount, 60);
  const other = await member(t, venue, 2);
  await other.result('order.place', LIMIT);
  const { errors } = await other.error('subscribe', { channel: 'reports', from: 3 });
  assert.deepEqual(errors, [{ field: 'from', allowed: 'must be at most 2: you have had 1 report so far' }]);
});

test('reports: those that happen while the edge begins anew are not lost', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await member(t, venue, 1);
  await client.result('subscribe', { channel: 'reports' });
  await client.result('order.place', LIMIT);
  venue.restartEdge();
  const order = { instrumentId: 1, orderType: 1, timeInForce: 2, priceTicks: 1_000, qtyLots: 1 } as const;
  venue.isDeaf = true;
  venue.send({ type: 'NewOrder', userId: 1, clientOrderId: 2, side: Side.Buy, ...order });
  await venue.settled();
  venue.isDeaf = false;
  venue.imageToEdge();
  await client.result('order.place', LIMIT);
  assert.deepEqual(
    (await reports(client, 3)).map(({ number, order }) => [number, order.clientOrderNumber]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
});

test('old reports come at the pace at which the client reads; a slow one is let go with a reason', async (t) => {
  const venue = await WebSocketVenue.start(t, {
    limits: { HELD_BACK_BYTES: 4_096, BUFFERED_BYTES_MAX: 128 * 1024, SWEEP_MS: 20, CLOSE_MS_MAX: 60_000 },
  });
  const order = { instrumentId: 1, orderType: 1, timeInForce: 2, priceTicks: 1_000, qtyLots: 1 } as const;
  let last = 0;
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++)
      venue.send({ type: 'NewOrder', userId: 1, clientOrderId: ++last, side: Side.Buy, ...order });
    await venue.settled();
  };
  for (let round = 0; round < 20; round++) await send(500);
  const client = await member(t, venue, 1);
  client.ws.pause();
  client.ws.send(JSON.stringify({ id: 'r', op: 'subscribe', params: { channel: 'reports', from: 1 } }));
  for (let turn = 0; turn < 2_000; turn++) await venue.settled();
  client.ws.resume();
  const numbers = (await reports(client, 10_000)).map(({ number }) => number);
  assert.deepEqual(
    numbers,
    Array.from({ length: 10_000 }, (_, index) => index + 1),
  );
  client.ws.pause();
  // Live reports cannot be held back.
  while (venue.door.counts.slow === 0) await send(100);
  client.ws.resume();
  assert.deepEqual(await client.closed, {
    code: 4002,
    reason: 'too slow: more waits to be read than is kept. Resume reports from the last number',
  });
  // What it got is in order, and the next connection goes on from there.
  const got = client.messages
    .filter(({ channel }) => channel === 'reports')
    .map(({ report }) => report.number);
  const next = (got.at(-1) ?? 10_000) + 1;
  assert.deepEqual(
    got,
    Array.from({ length: next - 10_001 }, (_, index) => 10_001 + index),
  );
  const again = await member(t, venue, 1);
  await again.result('subscribe', { channel: 'reports', from: next });
  const rest = (await reports(again, last - next + 1)).map(({ number }) => number);
  assert.deepEqual(
    rest,
    Array.from({ length: last - next + 1 }, (_, index) => next + index),
  );
});

test('balances and positions: at first and after changes, several accounts in one question', async (t) => {
  const venue = await WebSocketVenue.start(t, { accountsMs: 1 });
  const [one, two] = [await member(t, venue, 1), await member(t, venue, 2)];
  for (const client of [one, two])
    for (const channel of ['balances', 'positions']) await client.result('subscribe', { channel });
  const first = await one.next('balances');
  assert.deepEqual(first.balances.items[1], {
    asset: 'USD',
    total: '10000000000.00',
    held: '0.00',
    margin: '0.00',
    available: '10000000000.00',
  });
  assert.deepEqual((await one.next('positions')).positions.items, []);
  await two.next('balances');
  await two.next('positions');
  const asked = venue.archive.questions.length;
  const future = { ...LIMIT, symbol: 'BTCFUT' };
  await one.result('order.place', future);
  await two.result('order.place', { ...future, side: 'sell', quantity: '2' });
  const long = await one.take(({ positions }) => positions?.items.length === 1);
  assert.deepEqual([long.positions.items[0].quantity, long.positions.items[0].markPrice], ['2', '10.00']);
  const short = await two.take(({ positions }) => positions?.items.length === 1);
  assert.equal(short.positions.items[0].quantity, '-2');
  const both = venue.archive.questions.slice(asked).filter(({ type }) => type === 'accounts');
  assert.ok(both.some((query) => query.type === 'accounts' && query.accountIds.length === 2));
  assert.ok(long.positions.sequence > first.balances.sequence);
});

test('balances: an archive that is late is asked again, one that is gone ends the channel', async (t) => {
  const venue = await WebSocketVenue.start(t, { accountsMs: 1 });
  const client = await member(t, venue, 1);
  venue.archive.refusal = new ArchiveRefusedError('LATE', 'the archive is late');
  await client.result('subscribe', { channel: 'balances' });
  for (let turn = 0; turn < 20; turn++) await venue.settled();
  venue.archive.refusal = undefined;
  await client.next('balances');
  venue.archive.refusal = new ArchiveRefusedError('CLOSED', 'the archive thread is gone');
  venue.send({ type: 'Deposit', accountId: 1, assetId: 2, amountMinor: 1 });
  const { type, error } = await client.take(({ type }) => type === 'failed');
  assert.deepEqual([type, error.code, error.retry], ['failed', 'closing', true]);
  venue.archive.refusal = undefined;
  assert.equal((await client.result('subscribe', { channel: 'balances' })).channel, 'balances');
  assert.equal((await client.next('balances')).balances.items[1].total, '10000000000.01');
});

test('orders: those of every user of the account, as they change, and of no other account', async (t) => {
  const venue = await WebSocketVenue.start(t, { accountsMs: 1 });
  const [client, stranger] = [await member(t, venue, 1), await member(t, venue, 2)];
  venue.send({ type: 'AddUser', newUserId: 50, accountId: 1, role: Role.Trader, name: 'COLLEAGUE' });
  await venue.settled();
  for (const one of [client, stranger]) await one.result('subscribe', { channel: 'orders' });
  const { type, sequence, items } = await client.next('orders');
  assert.deepEqual([type, items, sequence > 0], ['begin', [], true]);
  await stranger.next('orders');
  const order = { userId: 50, instrumentId: 1, side: Side.Buy, orderType: 1, timeInForce: 2 } as const;
  venue.send({ type: 'NewOrder', ...order, clientOrderId: 1, priceTicks: 1_000, qtyLots: 5 });
  const opened = await client.next('orders');
  const [first] = opened.items;
  assert.deepEqual(
    [opened.type, opened.items.length, first.userId, first.status, first.leavesQuantity, first.price],
    ['changes', 1, 50, 'open', '5', '10.00'],
  );
  venue.send({ type: 'CancelOrder', userId: 50, instrumentId: 1, clientOrderId: 1 });
  const canceled = await client.take(({ items: [one] = [] }) => one?.status === 'canceled');
  assert.deepEqual([canceled.items[0].orderId, canceled.items[0].leavesQuantity], [first.orderId, '0']);
  assert.ok(canceled.sequence > opened.sequence);
  venue.restartEdge();
  venue.imageToEdge();
  assert.equal((await client.take(({ type: told }) => told === 'begin')).channel, 'orders');
  // The channel of the other account has said nothing but that it begins anew.
  const toStranger = await stranger.next('orders');
  assert.deepEqual([toStranger.type, stranger.messages], ['begin', []]);
});
