import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { BinanceClient } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = 600;

const PATHS = [
  'ping',
  'exchangeInfo',
  'depth',
  'trades',
  'aggTrades',
  'klines',
  'ticker/24hr',
  'ticker/bookTicker',
  'account',
  'order',
  'order/test',
  'openOrders',
  'allOrders',
  'myTrades',
  'userDataStream',
  'none',
];
const NAMES = [
  'symbol',
  'symbols',
  'limit',
  'interval',
  'startTime',
  'endTime',
  'fromId',
  'orderId',
  'side',
  'type',
];
const MORE_NAMES = [
  'quantity',
  'price',
  'timeInForce',
  'timestamp',
  'signature',
  'recvWindow',
  'listenKey',
  '__proto__',
];
const VALUES = [
  'BTCUSD',
  'ETHUSD',
  '["BTCUSD"]',
  '1m',
  '0',
  '1',
  '-1',
  '1e9',
  '9007199254740993',
  '0.0002',
  '65000',
  'BUY',
];
const MORE_VALUES = [
  'LIMIT',
  'GTC',
  '',
  '%00',
  '%',
  'ä',
  'a'.repeat(300),
  '[',
  '{}',
  'constructor',
  `${Date.now()}`,
];

test('fuzz: no query, body or message costs more than its error', { timeout: 120_000 }, async (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const venue = await BinanceNode.start(t);
  const random = seededRandom(SEED);
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const pairs = () =>
    Array.from({ length: Math.floor(random() * 7) }, () => [
      oneOf([...NAMES, ...MORE_NAMES]),
      oneOf([...VALUES, ...MORE_VALUES]),
    ]);
  const form = () =>
    pairs()
      .map(
        ([name, value]) =>
          `${name}=${random() < 0.5 ? value.replaceAll('"', '%22') : encodeURIComponent(value)}`,
      )
      .join(oneOf(['&', '&', '&&', ';']));
  const maker = new BinanceClient(venue.url, venue.maker);
  const counts = new Map<number, number>();
  for (let run = 0; run < RUNS; run++) {
    const method = oneOf(['GET', 'GET', 'GET', 'POST', 'DELETE', 'PUT']);
    const path = oneOf(PATHS);
    const asForm = Object.fromEntries(
      pairs().filter(([name]) => name !== 'signature' && name !== 'timestamp'),
    );
    const answer =
      random() < 0.5
        ? await maker.signed(method, `/${path}`, asForm)
        : await maker.send(
            method,
            `/api/v3/${path}?${encodeURI(form())}`,
            {
              'x-mbx-apikey': oneOf([venue.maker.apiKey, venue.taker.apiKey, 'x', '']),
              ...(method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
            },
            method === 'GET' ? undefined : form(),
          );
    counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
    const isError = answer.status !== 200;
    assert.ok(answer.status < 500, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    if (isError) assert.equal(typeof answer.body.code, 'number', JSON.stringify(answer.body));
  }
  assert.ok((counts.get(200) ?? 0) > 5 && (counts.get(400) ?? 0) > 100, JSON.stringify([...counts]));

  const socket = venue.url.replace('http', 'ws');
  for (const path of ['/ws', '/stream', '/ws-api/v3', '/ws/a/b@c/%', '/stream?streams=%zz/@/btcusd@']) {
    const client = await WebSocketClient.connect(t, socket + path);
    if (path === '/ws') await client.ws.ping();
    for (let run = 0; run < RUNS / 4; run++) {
      const method = oneOf([
        'SUBSCRIBE',
        'UNSUBSCRIBE',
        'SET_PROPERTY',
        'order.place',
        'klines',
        'session.logon',
        7,
      ]);
      const params = oneOf([undefined, null, 5, [], [oneOf(VALUES)], {}, Object.fromEntries(pairs())]);
      const id = oneOf([run, 'x'.repeat(40), null, 1.5, undefined]);
      const text = JSON.stringify({ id, method, params });
      client.ws.send(random() < 0.8 ? text : text.slice(0, Math.floor(random() * text.length)));
    }
    client.ws.send(JSON.stringify({ id: 'last', method: 'LIST_SUBSCRIPTIONS' }));
    const { error } = await client.take(({ id }) => id === 'last');
    assert.ok(error === undefined || error.code === -1020, JSON.stringify(error));
    client.ws.close();
  }
  assert.deepEqual((await maker.send('GET', '/api/v3/ping')).body, {});
});
