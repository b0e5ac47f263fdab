import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinanceClient, call, freshMs, LIMIT } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const MICROS_PER_MS = 1_000;
const UNITS = { 'x-mbx-time-unit': 'MICROSECOND' };

/** The fields of an answer that are times, and none else of the dialect's. */
const TIMES =
  /^(?:E|T|O|C|W|serverTime|time|updateTime|workingTime|transactTime|openTime|closeTime|authorizedSince|connectedSince|retryAfter)$/;

/** Every time in an answer, by where it stands in it. */
function timesOf(value: unknown, path = ''): [path: string, time: number][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]): [string, number][] =>
    TIMES.test(name) && typeof part === 'number'
      ? [[`${path}.${name}`, part]]
      : timesOf(part, `${path}.${name}`),
  );
}

test('REST: X-MBX-TIME-UNIT has times of answers in microseconds, and parameters may be in them', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const [, placed] = [
    await maker.signed('POST', '/order', LIMIT),
    await taker.signed('POST', '/order', { ...LIMIT, side: 'SELL' }, undefined, UNITS),
  ];
  const { body: inMs } = await taker.signed('GET', '/order', {
    symbol: 'BTCUSD',
    orderId: placed.body.orderId,
  });
  assert.equal(Math.floor(placed.body.transactTime / MICROS_PER_MS), inMs.time);
  const { transactTime: micros } = placed.body;

  const asked = async (path: string, unit?: string) => {
    const headers = unit === undefined ? {} : { 'x-mbx-time-unit': unit };
    return (await taker.send('GET', `/api/v3${path}`, headers)).body as Message;
  };
  const [trade] = await asked('/trades?symbol=BTCUSD', 'microsecond');
  assert.equal(trade.time, micros);
  for (const unit of [undefined, 'millisecond', 'MILLISECOND'])
    assert.equal((await asked('/trades?symbol=BTCUSD', unit))[0].time, inMs.time, `${unit}`);
  const minute = Math.floor(micros / 60e6) * 60e6;
  const [kline] = await asked('/klines?symbol=BTCUSD&interval=1m&limit=1', 'MICROSECOND');
  assert.deepEqual([kline[0] >= minute, kline[0] % 60e6, kline[6]], [true, 0, kline[0] + 60e6 - 1]);
  const ticker = await asked('/ticker/24hr?symbol=BTCUSD', 'MICROSECOND');
  assert.equal(ticker.closeTime % 1e6, 999_999);
  assert.equal(ticker.openTime % 60e6, 0);
  assert.ok(ticker.openTime < micros && ticker.openTime > 1e15);
  for (const path of ['/time', '/exchangeInfo'])
    assert.ok((await asked(path, 'MICROSECOND')).serverTime > micros - 60e6, path);
  const account = await taker.signed('GET', '/account', {}, undefined, UNITS);
  assert.ok(account.body.updateTime > 1e15);

  // Each row is in the stretches of time that begin or end with it, to the microsecond where they are given to it.
  const inUnits = async (path: string, params: string) =>
    ((await taker.send('GET', `/api/v3${path}?symbol=BTCUSD&${params}`)).body as Message[]).length;
  const own = async (path: string, params: Record<string, number>) =>
    ((await taker.signed('GET', path, { symbol: 'BTCUSD', ...params })).body as Message[]).length;
  for (const [startTime, endTime, rows] of [
    [micros, micros, 1],
    [micros + 1, micros + 1_000_000, 0],
    [micros - 1_000_000, micros - 1, 0],
    [inMs.time, inMs.time, 1],
    [inMs.time, micros, 1],
  ] as const) {
    const what = `${startTime} ${endTime}`;
    assert.equal(await inUnits('/aggTrades', `startTime=${startTime}&endTime=${endTime}`), rows, what);
    assert.equal(await own('/allOrders', { startTime, endTime }), rows, what);
    assert.equal(await own('/myTrades', { startTime, endTime }), rows, what);
  }
  assert.deepEqual(
    await asked(`/klines?symbol=BTCUSD&interval=1m&startTime=${minute}&limit=1`),
    await asked(`/klines?symbol=BTCUSD&interval=1m&startTime=${minute / MICROS_PER_MS}&limit=1`),
  );
  const timestamp = freshMs() * MICROS_PER_MS + 7;
  assert.equal((await taker.signed('GET', '/openOrders', { timestamp })).status, 200);
  const late = await taker.signed('GET', '/openOrders', { timestamp: timestamp - 6_000_000 });
  assert.equal(late.body.code, -1021);

  for (const unit of ['SECOND', 'Microsecond', '']) {
    const { status, body } = await taker.send('GET', '/api/v3/ping', { 'x-mbx-time-unit': unit });
    assert.deepEqual(
      [status, body],
      [400, { code: -1194, msg: 'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.' }],
      unit,
    );
  }
});

test('WebSocket: timeUnit of the address has times of answers and events in microseconds', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const url = venue.url.replace('http', 'ws');
  const api = await WebSocketClient.connect(t, `${url}/ws-api/v3?timeUnit=microsecond`);
  const { listenKey } = (await maker.signed('POST', '/userDataStream')).body;
  const names = ['trade', 'aggTrade', 'depth@100ms', 'kline_1m', 'ticker', 'miniTicker'];
  const wanted = [...names.map((name) => `btcusd@${name}`), listenKey];
  const streams = `streams=${wanted.join('/')}`;
  const inMicros = await WebSocketClient.connect(t, `${url}/stream?${streams}&timeUnit=MICROSECOND`);
  const inMs = await WebSocketClient.connect(t, `${url}/stream?${streams}&timeUnit=MILLISECOND`);
  const followed = async (client: WebSocketClient) =>
    (await call(client, 'LIST_SUBSCRIPTIONS')).result.length;
  assert.deepEqual([await followed(inMicros), await followed(inMs)], [wanted.length, wanted.length]);

  await call(api, 'session.logon', taker.wsParams());
  await call(api, 'userDataStream.subscribe');
  const status = (await call(api, 'session.status')).result;
  await maker.signed('POST', '/order', LIMIT);
  const { result: sold } = await call(api, 'order.place', {
    ...LIMIT,
    side: 'SELL',
    timestamp: freshMs(),
    newClientOrderId: 'sold',
  });
  const micros = sold.transactTime;
  const of = async (client: WebSocketClient, stream: string, isIt = (_data: Message) => true) =>
    (await client.take((message) => message.stream === stream && isIt(message.data))).data;
  for (const name of ['trade', 'aggTrade']) {
    const [fine, coarse] = [await of(inMicros, `btcusd@${name}`), await of(inMs, `btcusd@${name}`)];
    assert.deepEqual([fine.T, coarse.T], [micros, Math.floor(micros / MICROS_PER_MS)], name);
  }
  const isTrade = ({ x }: Message) => x === 'TRADE';
  const [fine, coarse] = [await of(inMicros, listenKey, isTrade), await of(inMs, listenKey, isTrade)];
  assert.deepEqual([fine.T, coarse.T], [micros, Math.floor(micros / MICROS_PER_MS)]);
  assert.deepEqual(
    [fine.O, fine.W].map((time) => Math.floor(time / MICROS_PER_MS)),
    [coarse.O, coarse.W],
  );
  const own = await api.take(({ event }) => event?.x === 'TRADE');
  assert.equal(own.event.T, micros);

  const told: Message[] = [status, sold, own.event, fine];
  for (const name of names.slice(2)) told.push(await of(inMicros, `btcusd@${name}`));
  told.push(await of(inMicros, listenKey, ({ e }) => e === 'outboundAccountPosition'));
  for (const [path, time] of timesOf(told))
    assert.ok(time > micros - 86_460e6 && time < 1e16, `${path} ${time}`);

  for (const path of [
    '/ws-api/v3?timeUnit=SECOND',
    '/ws/btcusd@trade?timeUnit=',
    '/stream?timeUnit=second',
  ]) {
    const client = await WebSocketClient.connect(t, `${url}${path}`);
    assert.deepEqual(
      await client.closed,
      { code: 1008, reason: 'timeUnit is MICROSECOND or MILLISECOND' },
      path,
    );
  }
});
