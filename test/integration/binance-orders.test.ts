import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { CommandInput } from '#codec/log/record-types.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { BinanceClient, call, LIMIT } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { send } from '../support/random-flow.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const SYMBOL = 'BTCUSD';
const STOP = { symbol: SYMBOL, side: 'SELL', type: 'STOP_LOSS', quantity: '0.0004', stopPrice: '63900' };
const UNKNOWN = { code: -2011, msg: 'Unknown order sent.' };
const BAD_TIME = { code: -1115, msg: 'Invalid timeInForce.' };

test('STOP_LOSS waits as good till canceled, and is a market order once the last trade reaches it', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  await maker.signed('POST', '/order', LIMIT);
  await maker.signed('POST', '/order', { ...LIMIT, price: '63900' });

  const placed = await taker.signed('POST', '/order', {
    ...STOP,
    newClientOrderId: 'stop',
    newOrderRespType: 'RESULT',
  });
  const { orderId, transactTime } = placed.body;
  const common = {
    symbol: SYMBOL,
    orderId,
    orderListId: -1,
    clientOrderId: 'stop',
    price: '0.00',
    origQty: '0.0004',
    origQuoteOrderQty: '0.00',
    timeInForce: 'GTC',
    type: 'STOP_LOSS',
    side: 'SELL',
    stopPrice: '63900.00',
    selfTradePreventionMode: 'EXPIRE_TAKER',
  };
  assert.deepEqual(placed.body, {
    ...common,
    executedQty: '0.0000',
    cummulativeQuoteQty: '0.00',
    status: 'NEW',
    transactTime,
    workingTime: -1,
  });
  const question = { symbol: SYMBOL, orderId };
  const waiting = (await taker.signed('GET', '/order', question)).body;
  assert.deepEqual(
    [waiting.status, waiting.isWorking, waiting.workingTime, waiting.executedQty],
    ['NEW', false, -1, '0.0000'],
  );

  // What it takes at 64,000 does not reach the stop, what it takes at 63,900 does.
  const sold = await taker.signed('POST', '/order', {
    ...LIMIT,
    side: 'SELL',
    quantity: '0.0012',
    price: '63900',
  });
  assert.deepEqual([sold.body.status, sold.body.cummulativeQuoteQty], ['FILLED', '76.78']);
  const filled = (await taker.signed('GET', '/order', question)).body;
  assert.deepEqual(filled, {
    ...common,
    executedQty: '0.0004',
    cummulativeQuoteQty: '25.56',
    status: 'FILLED',
    icebergQty: '0.0000',
    time: transactTime,
    updateTime: filled.updateTime,
    isWorking: true,
    workingTime: sold.body.transactTime,
  });
});

test('a stop cannot be an order of this moment only, in order/test as in order', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const stopLimit = { ...STOP, type: 'STOP_LOSS_LIMIT', price: '63800' };
  for (const path of ['/order', '/order/test'])
    for (const timeInForce of ['IOC', 'FOK', 'GTX']) {
      const { status, body } = await maker.signed('POST', path, { ...stopLimit, timeInForce });
      assert.deepEqual([status, body], [400, BAD_TIME], `${path} ${timeInForce}`);
    }
  const { status } = await maker.signed('POST', '/order', { ...stopLimit, timeInForce: 'GTC' });
  assert.equal(status, 200);
});

test('newOrderRespType: RESULT has what became of the order, without its fills', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  await maker.signed('POST', '/order', LIMIT);
  const { body } = await taker.signed('POST', '/order', {
    symbol: SYMBOL,
    side: 'SELL',
    type: 'MARKET',
    quantity: '0.0004',
    newClientOrderId: 'result',
    newOrderRespType: 'RESULT',
  });
  const { orderId, transactTime } = body;
  assert.deepEqual(body, {
    symbol: SYMBOL,
    orderId,
    orderListId: -1,
    clientOrderId: 'result',
    price: '0.00',
    origQty: '0.0004',
    executedQty: '0.0004',
    origQuoteOrderQty: '0.00',
    cummulativeQuoteQty: '25.60',
    status: 'FILLED',
    timeInForce: 'IOC',
    type: 'MARKET',
    side: 'SELL',
    selfTradePreventionMode: 'EXPIRE_TAKER',
    transactTime,
    workingTime: transactTime,
  });
});

/** An order of user 1 as a door has it that asks no text. */
function elsewhere(
  clientOrderId: number,
  change: { readonly instrumentId?: number; readonly clientTag?: string } = {},
): CommandInput {
  return {
    type: 'NewOrder',
    userId: 1,
    instrumentId: 1,
    clientOrderId,
    side: Side.Buy,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    priceTicks: 1_280_000,
    qtyLots: 5,
    clientTag: '',
    ...change,
  };
}

/** The maker's open orders, once there are `count`. */
async function openOrders(maker: BinanceClient, count: number): Promise<Message[]> {
  for (;;) {
    const { body } = await maker.signed('GET', '/openOrders');
    if (body.length === count) return body;
    await setTimeout(5);
  }
}

test('an order without a text of its own goes by # and its number, and nothing else goes by that', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const own = await maker.signed('POST', '/order', { ...LIMIT, newClientOrderId: '22' });
  const { outbox } = venue.node;
  send(outbox, elsewhere(22));
  send(outbox, elsewhere(23, { clientTag: '#22' }));
  send(outbox, elsewhere(24, { clientTag: 'a b!' }));
  const open = await openOrders(maker, 4);
  assert.deepEqual(open.map(({ clientOrderId }) => clientOrderId).sort(), ['#22', '#23', '22', 'a b!']);
  const idOf = (wanted: string) => open.find(({ clientOrderId }) => clientOrderId === wanted)?.orderId;
  const by = (method: string, origClientOrderId: string) =>
    maker.signed(method, '/order', { symbol: SYMBOL, origClientOrderId });
  for (const clientId of ['#22', '#23', '22', 'a b!'])
    assert.equal((await by('GET', clientId)).body.orderId, idOf(clientId), clientId);
  // The number of the order that has a text of its own is not what it goes by.
  assert.deepEqual((await by('GET', '#24')).body, { code: -2013, msg: 'Order does not exist.' });
  assert.deepEqual((await by('DELETE', '#24')).body, UNKNOWN);
  assert.deepEqual((await by('DELETE', '#1')).body, UNKNOWN);
  assert.deepEqual((await by('DELETE', '23')).body, UNKNOWN);
  const canceled = (await by('DELETE', '#22')).body;
  assert.deepEqual([canceled.orderId, canceled.origClientOrderId], [idOf('#22'), '#22']);
  const byBoth = { symbol: SYMBOL, orderId: own.body.orderId, origClientOrderId: '#23' };
  assert.deepEqual((await maker.signed('DELETE', '/order', byBoth)).body, UNKNOWN);
  const taken = await maker.signed('POST', '/order', { ...LIMIT, newClientOrderId: '#22' });
  assert.deepEqual(taken.body, {
    code: -1100,
    msg: "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_.:/]{1,36}$'.",
  });
});

test('openOrders: a cancel of many tells of each of them', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const { outbox } = venue.node;
  for (let number = 1; number <= 200; number++) send(outbox, elsewhere(number));
  const open = await openOrders(maker, 200);
  const { body } = await maker.signed('DELETE', '/openOrders', { symbol: SYMBOL });
  assert.deepEqual(
    (body as Message[]).map(({ orderId, status }) => [orderId, status]),
    open.map(({ orderId }) => [orderId, 'CANCELED']),
  );
});

test('openOrders without a symbol: orders of margined instruments are not shown here', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  send(venue.node.outbox, elsewhere(22, { instrumentId: 3 }));
  const { body } = await maker.signed('POST', '/order', { ...LIMIT, symbol: 'ETHUSD' });
  const shown = async (params = {}) =>
    ((await maker.signed('GET', '/openOrders', params)).body as Message[]).map(({ orderId }) => orderId);
  // This order came after the margined one, so that one is there too.
  assert.deepEqual(await shown(), [body.orderId]);
  assert.deepEqual(await shown({ symbol: 'ETHUSD' }), [body.orderId]);
  assert.deepEqual(await shown({ symbol: SYMBOL }), []);
  const { body: refused } = await maker.signed('GET', '/openOrders', { symbol: 'BTCFUT' });
  assert.deepEqual(refused, { code: -1121, msg: 'Invalid symbol.' });
});

test('myTrades: of an order, from a trade, and from a time on; otherwise the newest', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const orderIds: number[] = [];
  for (const quantity of ['0.0004', '0.0006', '0.0008']) {
    const { body } = await maker.signed('POST', '/order', { ...LIMIT, quantity });
    orderIds.push(body.orderId);
    await taker.signed('POST', '/order', { ...LIMIT, side: 'SELL', quantity });
    // Each trade has a time of its own.
    await setTimeout(5);
  }
  const trades = async (params: Record<string, string | number> = {}): Promise<Message> =>
    (await maker.signed('GET', '/myTrades', { symbol: SYMBOL, ...params })).body;
  const all = await trades();
  assert.deepEqual(all[0], {
    symbol: SYMBOL,
    id: all[0].id,
    orderId: orderIds[0],
    orderListId: -1,
    price: '64000.00',
    qty: '0.0004',
    quoteQty: '25.60',
    commission: '0.01',
    commissionAsset: 'USD',
    time: all[0].time,
    isBuyer: true,
    isMaker: true,
    isBestMatch: true,
  });
  const [first, second, third] = all as Message[];
  assert.deepEqual([first.orderId, second.orderId, third.orderId, all.length], [...orderIds, 3]);
  const cases: readonly [Record<string, string | number>, readonly Message[]][] = [
    [{ orderId: second.orderId }, [second]],
    [{ orderId: 999_999 }, []],
    [{ fromId: second.id }, [second, third]],
    [{ fromId: third.id + 1 }, []],
    [{ fromId: first.id, limit: 1 }, [first]],
    [{ limit: 1 }, [third]],
    [{ startTime: second.time }, [second, third]],
    [{ startTime: second.time, endTime: second.time }, [second]],
    [{ startTime: third.time + 1 }, []],
    [{ endTime: first.time }, [first]],
    [{ endTime: first.time - 1 }, []],
    [{ orderId: second.orderId, fromId: third.id }, []],
  ];
  for (const [params, rows] of cases) assert.deepEqual(await trades(params), rows, JSON.stringify(params));
});

test('self-trade prevention: events say TRADE_PREVENTION and how much of an order it took, answers what has expired by it', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  await call(client, 'userDataStream.subscribe.signature', maker.wsParams());
  let count = 0;
  /** What is told of a bid of five lots and of an ask of the same user that meets it, and the answer to the ask. */
  const meet = async (selfTradePreventionMode: string, quantity: string) => {
    const texts = [`bid${++count}`, `ask${count}`];
    await maker.signed('POST', '/order', { ...LIMIT, newClientOrderId: texts[0] });
    const ask = { ...LIMIT, side: 'SELL', quantity, newClientOrderId: texts[1], selfTradePreventionMode };
    const { body } = await maker.signed('POST', '/order', ask);
    const { body: canceled } = await maker.signed('DELETE', '/openOrders', { symbol: SYMBOL });
    const told: unknown[] = [];
    const open = new Set(texts);
    while (open.size > 0) {
      const { event } = await client.take((message) => message.event?.e === 'executionReport');
      const { c, x, X, q, B, A, W } = event;
      if (x !== 'NEW') told.push([c.slice(0, 3), x, X, q, B, A]);
      assert.equal(typeof W, 'number');
      if (X === 'CANCELED' || X === 'EXPIRED_IN_MATCH') open.delete(c);
    }
    const { status, origQty, preventedQuantity } = body;
    return { told, answer: [status, origQty, preventedQuantity], canceled: canceled.length };
  };
  const prevented = (text: string, quantity: string) => {
    const kind = 'TRADE_PREVENTION';
    return [text, kind, 'EXPIRED_IN_MATCH', quantity, quantity, quantity];
  };
  const canceled = (text: string, quantity: string) => [
    text,
    'CANCELED',
    'CANCELED',
    quantity,
    undefined,
    undefined,
  ];
  assert.deepEqual(await meet('EXPIRE_TAKER', '0.0004'), {
    told: [prevented('ask', '0.0004'), canceled('bid', '0.0010')],
    answer: ['EXPIRED_IN_MATCH', '0.0004', '0.0004'],
    canceled: 1,
  });
  assert.deepEqual(await meet('EXPIRE_MAKER', '0.0004'), {
    told: [prevented('bid', '0.0010'), canceled('ask', '0.0004')],
    answer: ['NEW', '0.0004', undefined],
    canceled: 1,
  });
  assert.deepEqual(await meet('EXPIRE_BOTH', '0.0004'), {
    told: [prevented('bid', '0.0010'), prevented('ask', '0.0004')],
    answer: ['EXPIRED_IN_MATCH', '0.0004', '0.0004'],
    canceled: undefined,
  });
  // What decrement leaves goes on with the smaller quantity.
  assert.deepEqual(await meet('DECREMENT', '0.0004'), {
    told: [
      ['bid', 'TRADE_PREVENTION', 'NEW', '0.0006', '0.0004', undefined],
      prevented('ask', '0.0004'),
      canceled('bid', '0.0006'),
    ],
    answer: ['EXPIRED_IN_MATCH', '0.0004', '0.0004'],
    canceled: 1,
  });
  const all: Message[] = (await maker.signed('GET', '/allOrders', { symbol: SYMBOL })).body;
  assert.deepEqual(
    all.map(({ clientOrderId, preventedQuantity }) => [clientOrderId, preventedQuantity]),
    [
      ['bid1', undefined],
      ['ask1', '0.0004'],
      ['bid2', '0.0010'],
      ['ask2', undefined],
      ['bid3', '0.0010'],
      ['ask3', '0.0004'],
      ['bid4', undefined],
      ['ask4', '0.0004'],
    ],
  );
});

test('what has expired says why, in answers and events', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = new BinanceClient(venue.url, venue.maker);
  const taker = new BinanceClient(venue.url, venue.taker);
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws-api/v3`);
  await call(client, 'userDataStream.subscribe.signature', taker.wsParams());
  const { timeInForce: _good, price: _price, ...market } = { ...LIMIT, type: 'MARKET', side: 'SELL' };
  const limit = { ...LIMIT, side: 'SELL' };
  const cases: readonly [Record<string, string>, string | undefined][] = [
    [{ ...limit, timeInForce: 'IOC' }, 'UNFILLED_IOC_QUANTITY_EXPIRED'],
    [{ ...limit, timeInForce: 'FOK' }, 'UNFILLED_FOK_ORDER_EXPIRED'],
    [market, 'INSUFFICIENT_LIQUIDITY'],
    [{ ...limit, price: '64000', quantity: '0.0004' }, undefined],
  ];
  for (const [order, expiryReason] of cases) {
    const bid = (await maker.signed('POST', '/order', { ...LIMIT, quantity: '0.0004' })).body;
    const { body } = await taker.signed('POST', '/order', { ...order, newOrderRespType: 'RESULT' });
    const question = { symbol: SYMBOL, orderId: body.orderId };
    const asked = (await taker.signed('GET', '/order', question)).body;
    assert.deepEqual([body.expiryReason, asked.expiryReason], [expiryReason, expiryReason]);
    const { event } = await client.take((message) => ['FILLED', 'EXPIRED'].includes(message.event?.X));
    assert.deepEqual([event.i, event.eR], [body.orderId, expiryReason]);
    await maker.signed('DELETE', '/order', { symbol: SYMBOL, orderId: bid.orderId });
  }
  const ack = await taker.signed('POST', '/order', {
    ...limit,
    timeInForce: 'IOC',
    newOrderRespType: 'ACK',
  });
  assert.deepEqual(Object.keys(ack.body).includes('expiryReason'), false);
  const canceled = (await maker.signed('GET', '/allOrders', { symbol: SYMBOL })).body as Message[];
  assert.deepEqual(new Set(canceled.map(({ expiryReason }) => expiryReason)), new Set([undefined]));
});
