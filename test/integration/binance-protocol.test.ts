import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '#lib/seeded-random.ts';
import { BinanceBook } from '../support/binance-book.ts';
import { BinanceClient, call, freshMs, LIMIT, signatureOf } from '../support/binance-client.ts';
import { BinanceNode, type KeyPair } from '../support/binance-node.ts';
import { RandomFlow, send } from '../support/random-flow.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
test('REST: parameters, signatures, answers and errors are those of Binance', {
  timeout: 60_000,
}, async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const key = { 'x-mbx-apikey': venue.maker.apiKey };

  await t.test('a signature covers query and body, wherever it stands', async () => {
    const { symbol, side, type, ...rest } = LIMIT;
    const split = await maker.signed('POST', '/order', { symbol, side, type }, rest);
    assert.deepEqual([split.status, split.body.status, split.body.fills], [200, 'NEW', []]);
    const inQuery = await taker.signed('POST', '/order', { ...LIMIT, newOrderRespType: 'ACK' });
    assert.deepEqual(Object.keys(inQuery.body), [
      'symbol',
      'orderId',
      'orderListId',
      'clientOrderId',
      'transactTime',
    ]);
    assert.match(inQuery.body.clientOrderId, /^[\w-]{22}$/);
    const timestamp = freshMs();
    const signature = signatureOf(venue.maker, `timestamp=${timestamp}`);
    const tampered = await maker.send(
      'GET',
      `/api/v3/account?timestamp=${timestamp}&omitZeroBalances=true&signature=${signature}`,
      key,
    );
    assert.deepEqual(
      [tampered.status, tampered.body],
      [400, { code: -1022, msg: 'Signature for this request is not valid.' }],
    );
    const first = await maker.send(
      'GET',
      `/api/v3/account?signature=${signature}&timestamp=${timestamp}`,
      key,
    );
    assert.equal(first.status, 200);
  });

  await t.test(
    'a request is found in the log by its id, with user and order; one of nobody has no user',
    async () => {
      const placed = await taker.signed('POST', '/order', LIMIT);
      const lineOf = async (requestId: string | null) => {
        for (;;) {
          const line = venue.lines.find((one) => one['requestId'] === requestId);
          if (line !== undefined) return line;
          await setTimeout(5);
        }
      };
      const { tookMs, thread, ...line } = await lineOf(placed.headers.get('x-request-id'));
      assert.deepEqual(line, {
        door: 'http',
        remote: '127.0.0.1',
        requestId: placed.headers.get('x-request-id'),
        method: 'POST',
        path: '/api/v3/order',
        status: 200,
        userId: 2,
        orderId: placed.body.orderId,
        clientOrderId: placed.body.clientOrderId,
        message: 'request answered',
      });
      const refused = await taker.signed('POST', '/order', { ...LIMIT, symbol: 'NOTHING' });
      const refusal = await lineOf(refused.headers.get('x-request-id'));
      assert.deepEqual([refusal['userId'], refusal['code']], [2, refused.body.code]);
      const stranger = await maker.send('POST', '/api/v3/order', key);
      const nobodys = await lineOf(stranger.headers.get('x-request-id'));
      assert.deepEqual([nobodys['status'], nobodys['userId']], [stranger.status, undefined]);
    },
  );

  await t.test('a request is good once, and for its window', async () => {
    const timestamp = freshMs();
    assert.equal((await maker.signed('GET', '/account', { timestamp })).status, 200);
    assert.equal((await maker.signed('GET', '/account', { timestamp })).body.code, -1021);
    const old = await maker.signed('GET', '/account', { timestamp: Date.now() - 10_000 });
    assert.deepEqual(old.body, {
      code: -1021,
      msg: 'Timestamp for this request is outside of the recvWindow.',
    });
    const codes = [];
    for (const recvWindow of ['60000', '5000.5', '0.999', '60000.001', '60001', '5000.1234', '5e3'])
      codes.push((await maker.signed('GET', '/account', { recvWindow })).body.code);
    assert.deepEqual(codes, [undefined, undefined, -1130, -1130, -1130, -1100, -1100]);
    // A clock may be ahead by a second; what the request takes only makes it less.
    const ahead = await maker.signed('GET', '/account', { timestamp: Date.now() + 1_000 });
    assert.equal(ahead.status, 200);
    let tookMs: number;
    do {
      const sentMs = Date.now();
      const early = await maker.signed('GET', '/account', { timestamp: sentMs + 1_100 });
      tookMs = Date.now() - sentMs;
      if (tookMs < 100) assert.equal(early.body.code, -1021);
    } while (tookMs >= 100);
  });

  await t.test('who is not known, or may not, is told so', async () => {
    const codes = [];
    for (const headers of [{}, { 'x-mbx-apikey': 'abc' }, { 'x-mbx-apikey': '99' }] as Record<
      string,
      string
    >[]) {
      const timestamp = freshMs();
      const signature = signatureOf(venue.maker, `timestamp=${timestamp}`);
      const target = `/api/v3/account?timestamp=${timestamp}&signature=${signature}`;
      const { status, body } = await maker.send('GET', target, headers);
      codes.push([status, body.code]);
    }
    assert.deepEqual(codes, [
      [401, -2014],
      [401, -2014],
      [401, -2015],
    ]);
    const viewer = new BinanceClient(venue.url, venue.viewer);
    assert.equal((await viewer.signed('POST', '/order', LIMIT)).body.code, -2015);
  });

  await t.test('each wrong parameter has its code', async () => {
    const place = async (change: Record<string, string>) => {
      const params = Object.fromEntries(
        Object.entries({ ...LIMIT, ...change }).filter(([, value]) => value !== '-'),
      );
      return (await maker.signed('POST', '/order/test', params)).body;
    };
    assert.deepEqual(await place({}), {});
    const cases: [Record<string, string>, number][] = [
      [{ symbol: 'NOPE' }, -1121],
      [{ symbol: 'BTCFUT' }, -1121],
      [{ symbol: '-' }, -1102],
      [{ side: 'HOLD' }, -1117],
      [{ type: 'TAKE_PROFIT' }, -1116],
      [{ timeInForce: '-' }, -1102],
      [{ timeInForce: 'GTX' }, -1115],
      [{ price: '-' }, -1102],
      [{ price: '64000.01' }, -1013],
      [{ price: '64000.001' }, -1111],
      [{ price: '1e3' }, -1100],
      [{ quantity: '0.0003' }, -1013],
      [{ quantity: '0' }, -1013],
      [{ quantity: '-1' }, -1100],
      [{ stopPrice: '1' }, -1106],
      [{ quoteOrderQty: '1' }, -1104],
      [{ type: 'MARKET', price: '-', timeInForce: '-', quantity: '-', quoteOrderQty: '64' }, -1104],
      [{ newClientOrderId: 'ä' }, -1100],
      [{ newClientOrderId: 'x'.repeat(37) }, -1100],
      [{ selfTradePreventionMode: 'NONE' }, -1013],
      [{ selfTradePreventionMode: 'TRANSFER' }, -1013],
      [{ selfTradePreventionMode: 'SOME' }, -1130],
      [{ newOrderRespType: 'MORE' }, -1130],
      [{ type: 'MARKET', price: '-', timeInForce: 'IOC' }, -1106],
      [{ type: 'MARKET', price: '-', timeInForce: '-', icebergQty: '0.0002' }, -1106],
      [{ type: 'STOP_LOSS', price: '-', timeInForce: '-', stopPrice: '70000', icebergQty: '0.0002' }, -1106],
    ];
    for (const [change, code] of cases)
      assert.equal((await place(change)).code, code, JSON.stringify(change));
    assert.deepEqual(await place({ selfTradePreventionMode: 'NONE' }), {
      code: -1013,
      msg: 'This symbol does not allow the specified self-trade prevention mode.',
    });
    const twice = await maker.send('GET', '/api/v3/depth?symbol=BTCUSD&symbol=BTCUSD');
    assert.equal(twice.body.code, -1101);
    const inBoth = await maker.signed('POST', '/order/test', LIMIT, { symbol: 'BTCUSD' });
    assert.deepEqual(inBoth.body, {
      code: -1101,
      msg: 'Duplicate values for a parameter detected.',
    });
    assert.equal((await maker.send('GET', '/api/v3/depth?symbol=%zz')).body.code, -1100);
    assert.equal((await maker.send('GET', '/api/v3/klines?symbol=BTCUSD&interval=1w')).body.code, -1120);
    assert.equal((await maker.send('GET', '/api/v3/depth?symbol=BTCUSD&x=1')).body.code, -1104);
  });

  await t.test('rejects of the venue have the codes that bots know', async () => {
    const sell = { ...LIMIT, side: 'SELL', price: '65050' };
    // A stop is reached or not by the last trade.
    const trade = await taker.signed('POST', '/order', { ...LIMIT, side: 'SELL', quantity: '0.0002' });
    assert.equal(trade.body.status, 'FILLED');
    const codes = [];
    for (const change of [
      { quantity: '100' },
      { price: '10' },
      { quantity: '201' },
      { type: 'STOP_LOSS_LIMIT', stopPrice: '66000', side: 'SELL' },
    ]) {
      const { body } = await maker.signed('POST', '/order', { ...LIMIT, ...change });
      codes.push([body.code, body.msg]);
    }
    assert.deepEqual(codes, [
      [-2010, 'Account has insufficient balance for requested action.'],
      [-1013, 'Filter failure: PERCENT_PRICE'],
      [-1013, 'Filter failure: LOT_SIZE'],
      [-2010, 'Stop price would trigger immediately.'],
    ]);
    const own = { ...sell, newClientOrderId: 'once' };
    assert.equal((await maker.signed('POST', '/order', own)).status, 200);
    assert.deepEqual((await maker.signed('POST', '/order', own)).body, {
      code: -2010,
      msg: 'Duplicate order sent.',
    });
    const other = await taker.signed('DELETE', '/order', { symbol: 'BTCUSD', origClientOrderId: 'once' });
    assert.deepEqual(other.body, { code: -2011, msg: 'Unknown order sent.' });
    const elsewhere = await maker.signed('GET', '/order', { symbol: 'ETHUSD', origClientOrderId: 'once' });
    assert.deepEqual(elsewhere.body, { code: -2013, msg: 'Order does not exist.' });
    const canceled = await maker.signed('DELETE', '/order', { symbol: 'BTCUSD', origClientOrderId: 'once' });
    assert.deepEqual([canceled.body.status, canceled.body.origClientOrderId], ['CANCELED', 'once']);
  });

  await t.test('what there is not says so', async () => {
    const { status, body, headers } = await maker.send('POST', '/api/v3/orderList/oco');
    assert.deepEqual([status, body.code], [404, -1020]);
    assert.match(body.msg, /POST \/api\/v3\/orderList\/oco/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  });

  await t.test('history goes from a start, or is the newest', async () => {
    const all = (await maker.signed('GET', '/allOrders', { symbol: 'BTCUSD' })).body as Message[];
    assert.deepEqual(
      all.map(({ orderId }) => orderId),
      all.map(({ orderId }) => orderId).sort((a, b) => a - b),
    );
    const ids = async (params: Record<string, string | number>) =>
      ((await maker.signed('GET', '/allOrders', { symbol: 'BTCUSD', ...params })).body as Message[]).map(
        ({ orderId }) => orderId,
      );
    const known = all.map(({ orderId }) => orderId);
    assert.deepEqual(await ids({ limit: 1 }), known.slice(-1));
    assert.deepEqual(await ids({ limit: 1, orderId: known[0] }), known.slice(0, 1));
    assert.deepEqual(await ids({ limit: 1, startTime: all[0].time }), known.slice(0, 1));
    assert.deepEqual(await ids({ endTime: all[0].time - 1 }), []);
    assert.equal(
      (await maker.signed('GET', '/allOrders', { symbol: 'BTCUSD', startTime: 2, endTime: 1 })).body.code,
      -1128,
    );
  });
});

test('REST: a key that asks too often is told when to come back', async (t) => {
  const venue = await BinanceNode.start(t, {
    userRate: { perSecond: 1, burst: 60 },
    keyRate: { perSecond: 1, burst: 60 },
  });
  const maker = new BinanceClient(venue.url, venue.maker);
  let answer = await maker.signed('GET', '/account');
  for (let n = 0; n < 6 && answer.status === 200; n++) answer = await maker.signed('GET', '/account');
  assert.deepEqual([answer.status, answer.body.code], [429, -1003]);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
});

test('REST: weights are told to the unit, and exchangeInfo tells how much a key may use at once', async (t) => {
  const venue = await BinanceNode.start(t, {
    userRate: { perSecond: 10_000, burst: 50 },
    keyRate: { perSecond: 1, burst: 60 },
  });
  const maker = new BinanceClient(venue.url, venue.maker);
  const { body } = await maker.send('GET', '/api/v3/exchangeInfo');
  assert.deepEqual(body.rateLimits, [
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 50 },
  ]);
  const told = async (keys: KeyPair, path: string) => {
    const { headers } = await new BinanceClient(venue.url, keys).signed('GET', path);
    return ['x-mbx-used-weight', 'x-mbx-used-weight-1m', 'x-mbx-order-count-10s'].map((name) =>
      headers.get(name),
    );
  };
  assert.deepEqual(await told(venue.maker, '/account'), ['10', '10', null]);
  assert.deepEqual(await told(venue.taker, '/openOrders'), ['6', '6', null]);
});

test('streams: a book from a snapshot and a depth stream is the book; trades come once each', {
  timeout: 60_000,
}, async (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const venue = await BinanceNode.start(t);
  const socket = venue.url.replace('http', 'ws');
  const raw = await WebSocketClient.connect(t, `${socket}/ws/ethusd@depth@100ms`);
  const combined = await WebSocketClient.connect(
    t,
    `${socket}/stream?streams=ethusd@trade/ethusd@aggTrade/ethusd@depth5@100ms`,
  );
  const get = async (path: string): Promise<Message> => (await fetch(`${venue.url}/api/v3${path}`)).json();
  let snapshot: Message;
  const flow = new RandomFlow(SEED, 2);
  const random = seededRandom(SEED);
  while (raw.messages.length < 12) {
    for (let n = 0; n < 2; n++) {
      // Both pairs of the flow become the one that has no price collar.
      const command = flow.next();
      send(venue.node.outbox, 'instrumentId' in command ? { ...command, instrumentId: 2 } : command);
    }
    await setTimeout(Math.floor(random() * 8));
    if (raw.messages.length >= 4) snapshot ??= await get('/depth?symbol=ETHUSD&limit=1000');
  }
  // Everything is told once a last order, at a price of its own, is.
  const maker = new BinanceClient(venue.url, venue.maker);
  const mark = { ...LIMIT, symbol: 'ETHUSD', price: '10', newOrderRespType: 'ACK' };
  assert.equal((await maker.signed('POST', '/order', mark)).status, 200);
  const events: Message[] = [];
  do events.push(await raw.take((message) => message.e === 'depthUpdate'));
  while (!events.at(-1).b.some(([price]: string[]) => price === '10.00'));
  const end = await get('/depth?symbol=ETHUSD&limit=1000');

  const book = new BinanceBook(snapshot);
  for (const event of events) book.apply(event);
  assert.deepEqual({ lastUpdateId: book.lastUpdateId, ...book.levels }, end);
  const changes = events.reduce((sum, { b, a }) => sum + b.length + a.length, 0);
  assert.ok(book.events > 3 && changes > 10, `${book.events} events, ${changes} changes`);
  // An event that is left out shows in the numbers.
  const lossy = new BinanceBook(snapshot);
  const lost = events.findIndex(({ U }) => U > snapshot.lastUpdateId + 1);
  assert.throws(() => {
    for (const [index, event] of events.entries()) if (index !== lost) lossy.apply(event);
  }, /behind/);

  const trades = (await get('/trades?symbol=ETHUSD&limit=1000')) as Message[];
  assert.ok(trades.length > 10);
  const told: Message[] = [];
  while (told.length < trades.length)
    told.push((await combined.take(({ stream }) => stream === 'ethusd@trade')).data);
  assert.deepEqual(
    told.map(({ t: id, p, q, m }) => [id, p, q, m]),
    trades.map(({ id, price, qty, isBuyerMaker }) => [id, price, qty, isBuyerMaker]),
  );
  const aggregates = (await get('/aggTrades?symbol=ETHUSD&limit=1000')) as Message[];
  const toldAggregates: Message[] = [];
  while (toldAggregates.length < aggregates.length)
    toldAggregates.push((await combined.take(({ stream }) => stream === 'ethusd@aggTrade')).data);
  assert.deepEqual(
    toldAggregates.map(({ a, p, q, f, l, T, m }) => ({ a, p, q, f, l, T, m, M: true })),
    aggregates,
  );
  assert.equal(aggregates.reduce((sum, { f, l }) => sum + l - f + 1, 0) >= trades.length, true);
  const third = aggregates[2];
  assert.deepEqual(await get(`/aggTrades?symbol=ETHUSD&fromId=${third.a}&limit=1`), [third]);
});

test('streams: subscribe, list, leave, properties and errors', async (t) => {
  const venue = await BinanceNode.start(t);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws`);
  assert.deepEqual(await call(client, 'SUBSCRIBE', ['btcusd@bookTicker', 'btcusd@kline_1m']), {
    result: null,
    id: 1,
  });
  const { u: _, ...best } = await client.take(({ u }) => u !== undefined);
  assert.deepEqual(best, {
    s: 'BTCUSD',
    b: '0.00',
    B: '0.0000',
    a: '0.00',
    A: '0.0000',
  });
  assert.deepEqual(await call(client, 'LIST_SUBSCRIPTIONS'), {
    result: ['btcusd@bookTicker', 'btcusd@kline_1m'],
    id: 1,
  });
  assert.deepEqual(await call(client, 'GET_PROPERTY', ['combined'], 'x'), { result: false, id: 'x' });
  assert.deepEqual(await call(client, 'SET_PROPERTY', ['combined', true]), { result: null, id: 1 });
  assert.equal((await client.take(({ stream }) => stream !== undefined)).stream, 'btcusd@bookTicker');
  assert.deepEqual(await call(client, 'UNSUBSCRIBE', ['btcusd@bookTicker', 'none']), { result: null, id: 1 });
  for (const params of [
    ['BTCUSD@trade'],
    ['btcfut@trade'],
    ['btcusd@nothing'],
    ['btcusd@kline_1w'],
    'btcusd@trade',
    [1],
  ]) {
    const { error } = await call(client, 'SUBSCRIBE', params);
    assert.equal(error.code, 2, JSON.stringify(params));
  }
  assert.deepEqual(await call(client, 'LIST_SUBSCRIPTIONS'), { result: ['btcusd@kline_1m'], id: 1 });
  assert.equal((await call(client, 'DANCE')).error.code, 2);
  client.ws.send('{');
  assert.equal((await client.take(({ error }) => error !== undefined)).error.code, 3);
});

test('a listen key tells its user what happens to its orders, until it is given up', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const unsigned = await maker.send('POST', '/api/v3/userDataStream', { 'x-mbx-apikey': venue.maker.apiKey });
  assert.equal(unsigned.body.code, -1102);
  const { listenKey } = (await maker.signed('POST', '/userDataStream')).body;
  assert.match(listenKey, /^[\w-]{64}$/);
  assert.equal((await maker.signed('POST', '/userDataStream')).body.listenKey, listenKey);
  assert.deepEqual((await maker.signed('PUT', '/userDataStream', { listenKey })).body, {});
  const taker = new BinanceClient(venue.url, venue.taker);
  assert.equal((await taker.signed('PUT', '/userDataStream', { listenKey })).body.code, -1125);

  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/${listenKey}`);
  const balances = await client.take(({ e }) => e === 'outboundAccountPosition');
  assert.deepEqual(balances.B, [
    { a: 'USD', f: '1000000.00', l: '0.00' },
    { a: 'BTC', f: '10.00000000', l: '0.00000000' },
    { a: 'ETH', f: '1000.00000000', l: '0.00000000' },
  ]);
  await maker.signed('POST', '/order', { ...LIMIT, newClientOrderId: 'bid' });
  await taker.signed('POST', '/order', { ...LIMIT, side: 'SELL', quantity: '0.0004' });
  await maker.signed('DELETE', '/openOrders', { symbol: 'BTCUSD' });
  const events = [];
  while (events.length < 3) events.push(await client.take(({ e }) => e === 'executionReport'));
  assert.deepEqual(
    events.map(({ x, X, c, C, q, z, l, L, n, N, m, w }) => [x, X, c, C, q, z, l, L, n, N, m, w]),
    [
      ['NEW', 'NEW', 'bid', '', '0.0010', '0.0000', '0.0000', '0.00', '0.00', null, false, true],
      [
        'TRADE',
        'PARTIALLY_FILLED',
        'bid',
        '',
        '0.0010',
        '0.0004',
        '0.0004',
        '64000.00',
        '0.01',
        'USD',
        true,
        true,
      ],
      [
        'CANCELED',
        'CANCELED',
        'bid',
        'bid',
        '0.0010',
        '0.0004',
        '0.0000',
        '0.00',
        '0.00',
        null,
        false,
        false,
      ],
    ],
  );
  // What changed is told once or in steps, by when the node looks.
  const newest = new Map<string, { a: string; f: string; l: string }>(
    balances.B.map((balance: { a: string }) => [balance.a, balance]),
  );
  while (newest.get('BTC')?.f === '10.00000000' || newest.get('USD')?.l !== '0.00') {
    const { B } = await client.take(({ e }) => e === 'outboundAccountPosition');
    for (const balance of B) newest.set(balance.a, balance);
  }
  assert.deepEqual(
    [...newest.values()],
    [
      { a: 'USD', f: '999974.39', l: '0.00' },
      { a: 'BTC', f: '10.00040000', l: '0.00000000' },
      { a: 'ETH', f: '1000.00000000', l: '0.00000000' },
    ],
  );
  assert.deepEqual((await maker.signed('DELETE', '/userDataStream', { listenKey })).body, {});
  assert.equal((await client.take(({ e }) => e === 'listenKeyExpired')).listenKey, listenKey);
});
