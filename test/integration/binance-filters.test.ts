import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phase } from '#domain/commands.ts';
import { BinanceClient, call, LIMIT } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { send } from '../support/random-flow.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const LEAST = { ...LIMIT, quantity: '0.0002' };
const ETH = { symbol: 'ETHUSD' };
const STOP = { symbol: 'BTCUSD', side: 'BUY', type: 'STOP_LOSS', quantity: '0.0002' };
const MAKER = { symbol: 'BTCUSD', side: 'BUY', type: 'LIMIT_MAKER', quantity: '0.0002' };

type Params = Readonly<Record<string, string>>;
const filter = (name: string) => ({ code: -1013, msg: `Filter failure: ${name}` });
const precision = (name: string) => ({
  code: -1111,
  msg: `Parameter '${name}' has too much precision.`,
});
const WOULD_TAKE = { code: -2010, msg: 'Order would immediately match and take.' };
const REACHED = { code: -2010, msg: 'Stop price would trigger immediately.' };

test('exchangeInfo has the rules of a pair, and order and order/test refuse what is beyond them', {
  timeout: 60_000,
}, async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const { body: info } = await maker.send('GET', '/api/v3/exchangeInfo?symbol=BTCUSD');
  assert.deepEqual(info.symbols[0].filters, [
    { filterType: 'PRICE_FILTER', minPrice: '0.05', maxPrice: '107374182.35', tickSize: '0.05' },
    { filterType: 'LOT_SIZE', minQty: '0.0002', maxQty: '200.0000', stepSize: '0.0002' },
    {
      filterType: 'NOTIONAL',
      minNotional: '0.00',
      applyMinToMarket: false,
      maxNotional: '90071992547409.91',
      applyMaxToMarket: true,
      avgPriceMins: 0,
    },
    { filterType: 'ICEBERG_PARTS', limit: 1_000 },
    { filterType: 'PERCENT_PRICE', multiplierUp: '1.200000', multiplierDown: '0.800000', avgPriceMins: 0 },
  ]);

  /** Undefined: it is accepted. */
  const check = async (params: Params, refusal: object | undefined) => {
    const name = JSON.stringify(params);
    const tried = await maker.signed('POST', '/order/test', params);
    assert.deepEqual([tried.status, tried.body], refusal ? [400, refusal] : [200, {}], `test ${name}`);
    const { status, body } = await maker.signed('POST', '/order', params);
    assert.equal(status, refusal ? 400 : 200, `${name}: ${JSON.stringify(body)}`);
    if (refusal !== undefined) assert.deepEqual(body, refusal, name);
  };
  const limits: readonly [Params, object?][] = [
    [{ quantity: '0.0001' }, filter('LOT_SIZE')],
    [{ quantity: '0.0002' }],
    [{ quantity: '0.0003' }, filter('LOT_SIZE')],
    [{ quantity: '0.0004' }],
    [{ quantity: '0.00021' }, precision('quantity')],
    [{ quantity: '200.0002' }, filter('LOT_SIZE')],
    [{ ...ETH, quantity: '200', price: '0.05' }],
    [{ ...ETH, price: '0' }, filter('PRICE_FILTER')],
    [{ ...ETH, price: '107374182.35' }],
    [{ ...ETH, price: '107374182.40' }, filter('PRICE_FILTER')],
    [{ price: '64000.01' }, filter('PRICE_FILTER')],
    [{ price: '64000.05' }],
    [{ price: '64000.051' }, precision('price')],
    [{ price: '51999.95' }, filter('PERCENT_PRICE')],
    [{ price: '52000' }],
    [{ price: '78000' }],
    [{ price: '78000.05' }, filter('PERCENT_PRICE')],
    [{ quantity: '0.2', icebergQty: '0.0002' }],
    [{ quantity: '0.2002', icebergQty: '0.0002' }, filter('ICEBERG_PARTS')],
    [{ quantity: '0.0004', icebergQty: '0.0004' }],
    [{ quantity: '0.0004', icebergQty: '0.0006' }, filter('ICEBERG_PARTS')],
    [{ quantity: '0.0004', icebergQty: '0.0003' }, filter('LOT_SIZE')],
    [{ quantity: '0.0004', icebergQty: '0.0002', timeInForce: 'IOC' }, filter('ICEBERG_PARTS')],
  ];
  for (const [change, refusal] of limits) await check({ ...LEAST, ...change }, refusal);

  // As many as there may be of one order, which only the account's money refuses.
  const most = { ...LEAST, side: 'SELL', price: '78000', quantity: '200' };
  assert.deepEqual((await maker.signed('POST', '/order/test', most)).body, {});
  assert.equal((await maker.signed('POST', '/order', most)).body.code, -2010);

  assert.deepEqual((await maker.signed('DELETE', '/openOrders', { symbol: 'BTCUSD' })).status, 200);
  await maker.signed('POST', '/order', LEAST);
  await taker.signed('POST', '/order', { ...LEAST, side: 'SELL' });
  await taker.signed('POST', '/order', { ...LEAST, side: 'SELL', price: '64000.10' });
  const others: readonly [Params, object?][] = [
    [{ ...STOP, stopPrice: '64000' }, REACHED],
    [{ ...STOP, stopPrice: '64000.05' }],
    [{ ...STOP, side: 'SELL', stopPrice: '64000' }, REACHED],
    [{ ...STOP, side: 'SELL', stopPrice: '63999.95' }],
    [{ ...STOP, stopPrice: '0' }, filter('PRICE_FILTER')],
    [{ ...MAKER, price: '64000.10' }, WOULD_TAKE],
    [{ ...MAKER, price: '64000.05' }],
    // The collar is around the last trade now.
    [{ ...LEAST, price: '76800.05' }, filter('PERCENT_PRICE')],
    [{ ...LEAST, price: '51200' }],
    [{ ...LEAST, price: '51199.95' }, filter('PERCENT_PRICE')],
  ];
  for (const [params, refusal] of others) await check(params, refusal);
});

test('exchangeInfo lists the pairs of a status or a permission, and leaves permissionSets empty where they are not wanted', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  const info = async (query: string): Promise<Message> =>
    (await maker.send('GET', `/api/v3/exchangeInfo?${query}`)).body;
  const listed = async (query: string) => (await info(query)).symbols.map(({ symbol }: Message) => symbol);
  send(venue.node.outbox, { type: 'SetPhase', instrumentId: 2, phase: Phase.Halted });
  while ((await info('symbol=ETHUSD')).symbols[0].status !== 'HALT');
  const cases: readonly [string, readonly string[]][] = [
    ['', ['BTCUSD', 'ETHUSD']],
    ['symbolStatus=TRADING', ['BTCUSD']],
    ['symbolStatus=HALT', ['ETHUSD']],
    ['symbolStatus=BREAK', []],
    ['symbolStatus=AUCTION_MATCH', []],
    ['permissions=SPOT', ['BTCUSD', 'ETHUSD']],
    ['permissions=MARGIN', []],
    ['permissions=%5B%22MARGIN%22%2C%22SPOT%22%5D', ['BTCUSD', 'ETHUSD']],
    ['permissions=%5B%22MARGIN%22%2C%22LEVERAGED%22%5D', []],
    ['permissions=SPOT&symbolStatus=HALT', ['ETHUSD']],
  ];
  for (const [query, symbols] of cases) assert.deepEqual(await listed(query), symbols, query);
  const permissions = { permissions: ['SPOT', 'MARGIN'], symbolStatus: 'TRADING' };
  const { result } = await call(client, 'exchangeInfo', permissions);
  assert.deepEqual(
    result.symbols.map(({ symbol }: Message) => symbol),
    ['BTCUSD'],
  );
  const sets = async (query: string) => (await info(`symbol=BTCUSD&${query}`)).symbols[0].permissionSets;
  assert.deepEqual(await sets('showPermissionSets=true'), [['SPOT']]);
  assert.deepEqual(await sets('showPermissionSets=false'), []);

  const combination = { code: -1128, msg: 'Combination of optional parameters invalid.' };
  for (const name of ['symbol=BTCUSD', 'symbols=%5B%22BTCUSD%22%5D'])
    for (const filter of ['symbolStatus=TRADING', 'permissions=SPOT'])
      assert.deepEqual(await info(`${name}&${filter}`), combination, `${name}&${filter}`);
  assert.deepEqual(await info('symbolStatus=OPEN'), { code: -1122, msg: 'Invalid symbolStatus.' });
  assert.equal((await info('permissions=spot')).code, -1100);
  assert.equal((await info('permissions=%5B%5D')).code, -1100);
  assert.equal((await info('showPermissionSets=1')).code, -1100);
});

test('an iceberg shows its icebergQty in the book, and all of itself to its owner', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const { body } = await maker.signed('POST', '/order', {
    ...LEAST,
    quantity: '0.001',
    icebergQty: '0.0004',
  });
  assert.deepEqual([body.origQty, body.icebergQty], ['0.0010', '0.0004']);
  const { body: depth } = await maker.send('GET', '/api/v3/depth?symbol=BTCUSD');
  assert.deepEqual([depth.bids, depth.asks], [[['64000.00', '0.0004']], []]);
});

test('order/test tells the rates of commission where they are asked for', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const asked = await maker.signed('POST', '/order/test', { ...LEAST, computeCommissionRates: 'true' });
  assert.deepEqual(asked.body, {
    standardCommissionForOrder: { maker: '0.000500', taker: '0.001000' },
    specialCommissionForOrder: { maker: '0.000000', taker: '0.000000' },
    taxCommissionForOrder: { maker: '0.000000', taker: '0.000000' },
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: '', discount: '0.000000' },
  });
  const without = await maker.signed('POST', '/order/test', { ...LEAST, computeCommissionRates: 'false' });
  assert.deepEqual(without.body, {});
  const placed = await maker.signed('POST', '/order', { ...LEAST, computeCommissionRates: 'true' });
  assert.equal(placed.body.code, -1104);
});
