import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { BinanceClient, LIMIT } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import type { Message } from '../support/websocket-client.ts';

const SECOND = 1_000;
test('klines: they begin with the first trade, have no holes, and are as many as are wanted', {
  timeout: 60_000,
}, async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const klines = async (params: string): Promise<Message> => {
    const { body } = await maker.send('GET', `/api/v3/klines?symbol=BTCUSD&${params}`);
    return body;
  };
  assert.deepEqual(await klines('interval=1s&startTime=0'), []);
  assert.deepEqual(await klines('interval=1s&limit=3'), []);

  await maker.signed('POST', '/order', LIMIT);
  await taker.signed('POST', '/order', { ...LIMIT, side: 'SELL', quantity: '0.0004' });
  const { body: trades } = await maker.send('GET', '/api/v3/trades?symbol=BTCUSD');
  const at = (unitMs: number) => Math.floor(trades[0].time / unitMs) * unitMs;
  const row = (openMs: number, unitMs: number, traded: readonly (string | number)[]) => {
    const [quantity, amount, count, takerQuantity, takerAmount] = traded;
    const price = '64000.00';
    const prices = [price, price, price, price];
    const end = openMs + unitMs - 1;
    return [openMs, ...prices, quantity, end, amount, count, takerQuantity, takerAmount, '0'];
  };
  // The taker sold: of what was traded buyers took nothing.
  const traded = (unitMs: number) => row(at(unitMs), unitMs, ['0.0004', '25.60', 1, '0.0000', '0.00']);
  const quiet = (openMs: number) => row(openMs, SECOND, ['0.0000', '0.00', 0, '0.0000', '0.00']);
  const first = at(SECOND);
  let newest: Message = [];
  while ((newest[0]?.[0] ?? 0) < first + 4 * SECOND) {
    await setTimeout(200);
    newest = await klines('interval=1s&limit=1');
  }

  const cases: readonly [string, readonly unknown[]][] = [
    ['startTime=0&limit=2', [traded(SECOND), quiet(first + SECOND)]],
    [`startTime=${first - 5_000}&limit=1`, [traded(SECOND)]],
    [`startTime=${first}&limit=1`, [traded(SECOND)]],
    [`startTime=${first + 1}&limit=2`, [quiet(first + SECOND), quiet(first + 2 * SECOND)]],
    [`startTime=${first}&endTime=${first + SECOND - 1}`, [traded(SECOND)]],
    [`startTime=${first}&endTime=${first + SECOND}`, [traded(SECOND), quiet(first + SECOND)]],
    [`endTime=${first + 2 * SECOND}&limit=2`, [quiet(first + SECOND), quiet(first + 2 * SECOND)]],
    [`endTime=${first + SECOND}&limit=9`, [traded(SECOND), quiet(first + SECOND)]],
    [`startTime=0&endTime=${first - 1}`, []],
    [`endTime=${first - 1}`, []],
    [`startTime=${first + 600_000}`, []],
  ];
  for (const [params, rows] of cases) assert.deepEqual(await klines(`interval=1s&${params}`), rows, params);
  for (const [interval, unitMs] of [
    ['1m', 60_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ] as const)
    assert.deepEqual((await klines(`interval=${interval}&startTime=0&limit=2`))[0], traded(unitMs), interval);
  newest = await klines('interval=1s&limit=3');
  const last: number = newest[2][0];
  assert.ok(last >= first + 4 * SECOND);
  assert.deepEqual(newest, [last - 2 * SECOND, last - SECOND, last].map(quiet));
  assert.deepEqual(await klines('interval=1s&limit=0'), {
    code: -1130,
    msg: `Parameter 'limit' must be 1 to ${Number.MAX_SAFE_INTEGER}.`,
  });
});

test('tickers: a symbol that is named twice, and a type that there is not, are refused', async (t) => {
  const venue = await BinanceNode.start(t);
  const client = new BinanceClient(venue.url, venue.maker);
  const asked = async (path: string, params: string): Promise<Message> =>
    (await client.send('GET', `/api/v3${path}?${params}`)).body;
  const twice = `symbols=${encodeURIComponent('["BTCUSD","ETHUSD","BTCUSD"]')}`;
  for (const path of ['/ticker/24hr', '/ticker/price', '/ticker/bookTicker', '/exchangeInfo'])
    assert.deepEqual(
      await asked(path, twice),
      { code: -1151, msg: 'Symbol is present multiple times in the list.' },
      path,
    );
  for (const type of ['LONG', '', 'full'])
    assert.deepEqual(
      await asked('/ticker/24hr', `symbol=BTCUSD&type=${type}`),
      { code: -1139, msg: 'Invalid ticker type.' },
      type,
    );
});
