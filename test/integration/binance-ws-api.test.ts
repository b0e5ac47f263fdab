import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinanceClient, call, freshMs, LIMIT } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { send } from '../support/random-flow.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const OUTSIDE = { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' };

test('WebSocket API: the operations of REST, a session of an Ed25519 key, and its events', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  const { status, result, rateLimits } = await call(client, 'time');
  assert.deepEqual([status, typeof result.serverTime, rateLimits.length], [200, 'number', 1]);
  assert.deepEqual(await call(client, 'ping', { returnRateLimits: false }), {
    id: 1,
    status: 200,
    result: {},
  });

  const placed = await call(client, 'order.place', maker.wsParams({ ...LIMIT, newClientOrderId: 'ws' }));
  assert.deepEqual([placed.status, placed.result.status, placed.result.clientOrderId], [200, 'NEW', 'ws']);
  const refused = await call(client, 'order.place', { ...maker.wsParams(LIMIT), price: '1' });
  assert.deepEqual([refused.status, refused.error.code], [400, -1022]);
  assert.equal((await call(client, 'session.logon', maker.wsParams())).error.code, -1020);
  assert.equal((await call(client, 'userDataStream.subscribe')).error.code, -2014);
  assert.equal((await call(client, 'session.status')).result.apiKey, null);

  const { result: session } = await call(client, 'session.logon', taker.wsParams());
  assert.deepEqual([session.apiKey, session.userDataStream], [venue.taker.apiKey, false]);
  const subscribed = await call(client, 'userDataStream.subscribe');
  assert.deepEqual(subscribed.result, { subscriptionId: 0 });
  const sold = await call(client, 'order.place', {
    ...LIMIT,
    side: 'SELL',
    newClientOrderId: 'mine',
    timestamp: freshMs(),
  });
  assert.deepEqual([sold.result.status, sold.result.fills.length], ['FILLED', 1]);
  const event = await client.take((message) => message.event?.x === 'TRADE');
  assert.deepEqual([event.subscriptionId, event.event.c, event.event.X], [0, 'mine', 'FILLED']);
  assert.deepEqual((await call(client, 'openOrders.status', { timestamp: freshMs() })).result, []);
  assert.deepEqual((await call(client, 'session.subscriptions')).result, [{ subscriptionId: 0 }]);

  // What a session began ends with it, what has a signature of its own does not; who ends a stream is told that it has.
  const terminated = async () =>
    (await client.take((message) => message.event?.e === 'eventStreamTerminated')).subscriptionId;
  const byItself = await call(client, 'userDataStream.subscribe.signature', maker.wsParams());
  assert.deepEqual(byItself.result, { subscriptionId: 1 });
  assert.equal((await call(client, 'session.logout')).result.userDataStream, true);
  assert.equal(await terminated(), 0);
  assert.deepEqual((await call(client, 'session.subscriptions')).result, [{ subscriptionId: 1 }]);
  await call(client, 'userDataStream.unsubscribe', { subscriptionId: 1 });
  assert.equal(await terminated(), 1);
  await call(client, 'session.logon', taker.wsParams());
  assert.deepEqual((await call(client, 'userDataStream.subscribe')).result, { subscriptionId: 2 });

  // A key that is revoked ends what it began.
  send(venue.node.outbox, { type: 'RevokeApiKey', keyId: Number(venue.taker.apiKey) });
  assert.equal(await terminated(), 2);
  assert.equal((await call(client, 'openOrders.status', { timestamp: freshMs() })).error.code, -2015);
  assert.equal((await call(client, 'session.logout')).result.apiKey, null);
  assert.equal((await call(client, 'sor.order.place')).error.code, -1020);
  for (const text of ['[]', '5', 'null', '{"id":']) {
    client.ws.send(text);
    const { error } = await client.take(({ id }) => id === null);
    assert.deepEqual(error, { code: -1135, msg: 'Invalid JSON Request' }, text);
  }
});

test('WebSocket API: a request of a session is good for its window, as one with a signature is', async (t) => {
  const venue = await BinanceNode.start(t);
  const taker = new BinanceClient(venue.url, venue.taker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  await call(client, 'session.logon', taker.wsParams());
  const refusals: readonly [Record<string, number | string>, object][] = [
    [{}, { code: -1102, msg: "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed." }],
    [{ timestamp: Date.now() - 6_000 }, OUTSIDE],
    [{ timestamp: Date.now() - 2_000, recvWindow: 1_000 }, OUTSIDE],
    [{ timestamp: Date.now() + 60_000 }, OUTSIDE],
    [
      { timestamp: freshMs(), recvWindow: 60_001 },
      { code: -1130, msg: "Parameter 'recvWindow' must be 1 to 60000." },
    ],
  ];
  for (const [timing, error] of refusals) {
    const { status, error: told } = await call(client, 'order.place', { ...LIMIT, ...timing });
    assert.deepEqual([status, told], [400, error], JSON.stringify(timing));
  }
  assert.deepEqual((await call(client, 'openOrders.status', { timestamp: freshMs() })).result, []);
  const late = { timestamp: Date.now() - 10_000, recvWindow: '60000' };
  assert.equal((await call(client, 'order.place', { ...LIMIT, ...late })).result.status, 'NEW');
  // What Binance asks no signature of needs no timestamp.
  const { listenKey } = (await call(client, 'userDataStream.start')).result;
  assert.deepEqual((await call(client, 'userDataStream.ping', { listenKey })).result, {});
  assert.deepEqual((await call(client, 'userDataStream.subscribe')).result, { subscriptionId: 0 });
});

test('WebSocket API: who asks too often is told when to come back', async (t) => {
  const rate = { perSecond: 1, burst: 60 };
  const venue = await BinanceNode.start(t, { userRate: rate, keyRate: rate });
  const maker = new BinanceClient(venue.url, venue.maker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  let answer: Message;
  do answer = await call(client, 'account.status', maker.wsParams());
  while (answer.status === 200);
  const { serverTime, retryAfter } = answer.error.data;
  assert.deepEqual(
    [answer.status, answer.error],
    [
      429,
      {
        code: -1003,
        msg: 'Too much request weight used; come back after Retry-After.',
        data: { serverTime, retryAfter },
      },
    ],
  );
  // The weight of the question comes back in ten seconds at most.
  assert.ok(retryAfter > serverTime && retryAfter <= serverTime + 10_000, `${serverTime} ${retryAfter}`);
  const refused = await call(client, 'order.status');
  assert.deepEqual([refused.status, Object.keys(refused.error)], [401, ['code', 'msg']]);
});

test('WebSocket API: the address says whether answers tell the rate limit, and a request says it for itself', async (t) => {
  const venue = await BinanceNode.start(t);
  const url = `${venue.url.replace('http', 'ws')}/ws-api/v3`;
  const silent = await WebSocketClient.connect(t, `${url}?returnRateLimits=false`);
  const telling = await WebSocketClient.connect(t, `${url}?returnRateLimits=true`);
  const asked = async (client: WebSocketClient, method: string, params?: object) =>
    Object.keys(await call(client, method, params));
  const [bare, whole] = [
    ['id', 'status', 'result'],
    ['id', 'status', 'result', 'rateLimits'],
  ];
  assert.deepEqual(await asked(silent, 'ping'), bare);
  assert.deepEqual(await asked(silent, 'ping', { returnRateLimits: true }), whole);
  assert.deepEqual(await asked(silent, 'none'), ['id', 'status', 'error']);
  assert.deepEqual(await asked(telling, 'ping'), whole);
  for (const returnRateLimits of [false, 'false'])
    assert.deepEqual(await asked(telling, 'ping', { returnRateLimits }), bare, `${returnRateLimits}`);
  const status = async (client: WebSocketClient) => (await call(client, 'session.status')).result;
  assert.equal((await status(silent)).returnRateLimits, false);
  assert.equal((await status(telling)).returnRateLimits, true);
  const wrong = await call(silent, 'ping', { returnRateLimits: 'no' });
  assert.deepEqual(wrong.error, {
    code: -1100,
    msg: "Illegal characters found in parameter 'returnRateLimits'; legal range is '^(true|false)$'.",
  });
});

test('WebSocket API: a connection has the events of a user once, however it asks for them', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  const active = { code: -2035, msg: 'User Data Stream subscription already active.' };
  const bySignature = 'userDataStream.subscribe.signature';
  await call(client, 'session.logon', taker.wsParams());
  // The second one comes while the first is being opened.
  const [first, second] = await Promise.all([
    call(client, bySignature, taker.wsParams(), 1),
    call(client, 'userDataStream.subscribe', {}, 2),
  ]);
  assert.deepEqual([first.result, second.status, second.error], [{ subscriptionId: 0 }, 400, active]);
  assert.deepEqual((await call(client, bySignature, taker.wsParams())).error, active);
  assert.deepEqual((await call(client, bySignature, maker.wsParams())).result, { subscriptionId: 1 });
  assert.deepEqual((await call(client, 'session.subscriptions')).result, [
    { subscriptionId: 0 },
    { subscriptionId: 1 },
  ]);
  await call(client, 'userDataStream.unsubscribe', { subscriptionId: 0 });
  assert.deepEqual((await call(client, 'userDataStream.subscribe')).result, { subscriptionId: 2 });
});

test('WebSocket API: a request that is wrong is answered under its id', async (t) => {
  const venue = await BinanceNode.start(t);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  const method = { code: -1102, msg: "Mandatory parameter 'method' was not sent." };
  const params = { code: -1130, msg: "Parameter 'params' must be an object." };
  const id = { code: -1130, msg: "Parameter 'id' has an invalid value." };
  const cases: readonly [object, number | string | null, object][] = [
    [{ id: 7 }, 7, method],
    [{ id: 'seven', method: 7 }, 'seven', method],
    [{ id: 8, method: 'ping', params: [] }, 8, params],
    [{ id: 9, method: 'ping', params: null }, 9, params],
    [{ method: 'ping', params: 5 }, null, params],
    [{ id: 1.5, method: 'ping' }, null, id],
  ];
  for (const [request, told, error] of cases) {
    client.ws.send(JSON.stringify(request));
    const { rateLimits, ...answer } = await client.take(() => true);
    assert.deepEqual(answer, { id: told, status: 400, error }, JSON.stringify(request));
  }
  client.ws.send('{"id":10,"method":"order.place","params":{"quantity":"1","quantity":"100"}}');
  const { status, error } = await client.take((answer) => answer.id === 10);
  assert.deepEqual(
    [status, error],
    [400, { code: -1101, msg: 'Duplicate values for a parameter detected.' }],
  );
});

test('WebSocket API: a method may have the version of the API before it', async (t) => {
  const venue = await BinanceNode.start(t);
  const taker = new BinanceClient(venue.url, venue.taker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  assert.deepEqual((await call(client, 'v3/ping')).result, {});
  const { result: session } = await call(client, 'v3/session.logon', taker.wsParams());
  assert.equal(session.apiKey, venue.taker.apiKey);
  assert.deepEqual((await call(client, 'v3/userDataStream.subscribe')).result, { subscriptionId: 0 });
  for (const method of ['v1/ping', 'v3/v3/ping', 'v3/']) {
    const message = `This operation is not supported: ${method}`;
    assert.deepEqual((await call(client, method)).error, { code: -1020, msg: message });
  }
});
