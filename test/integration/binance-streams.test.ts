import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinanceNode } from '../support/binance-node.ts';

const SYMBOL = 'BTC/USD';

// biome-ignore lint/suspicious/noExplicitAny: ccxt's structures, compared as they are.
type Structure = any;

test('ccxt follows book, trades, ticker, candles, orders, own trades and balances by WebSocket', {
  timeout: 60_000,
}, async (t) => {
  const venue = await BinanceNode.start(t);
  const [maker, taker] = [await venue.client(t, venue.maker), await venue.client(t, venue.taker)];
  // The first call of each waits for the first event; the subscription is made meanwhile.
  await maker.createOrder(SYMBOL, 'limit', 'sell', 0.002, 65_050);
  const firstBalance = await taker.watchBalance();
  assert.deepEqual((firstBalance as Structure).BTC, { free: 10, used: 0, total: 10 });
  const orders: Structure[] = [];
  const following = (async () => {
    while (orders.length < 3) orders.push(...(await taker.watchOrders(SYMBOL)).slice(-1));
  })();
  const book = taker.watchOrderBook(SYMBOL);
  const trades = taker.watchTrades(SYMBOL);
  const own = taker.watchMyTrades(SYMBOL);
  const candles = taker.watchOHLCV(SYMBOL, '1m');
  const ticker = taker.watchTicker(SYMBOL, { name: 'ticker' });
  const bestPrices = taker.watchBidsAsks([SYMBOL]);
  while (taker.orderbooks[SYMBOL]?.nonce === undefined) {
    await maker.createOrder(SYMBOL, 'limit', 'sell', 0.002, 65_050);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(((await book) as Structure).asks[0][0], 65_050);
  await taker.createOrder(SYMBOL, 'limit', 'buy', 0.0006, 65_050, { clientOrderId: 'mine' });
  const [trade] = (await trades) as Structure[];
  assert.deepEqual([trade.price, trade.amount, trade.side], [65_050, 0.0006, 'buy']);
  const [mine] = (await own) as Structure[];
  assert.deepEqual(
    [mine.price, mine.amount, mine.takerOrMaker, mine.fee],
    [65_050, 0.0006, 'taker', { cost: 0.03, currency: 'USD' }],
  );
  assert.deepEqual(
    ((await candles) as Structure[]).at(-1).slice(1),
    [65_050, 65_050, 65_050, 65_050, 0.0006],
  );
  assert.equal(((await ticker) as Structure).ask, 65_050);
  assert.equal(((await bestPrices) as Structure)[SYMBOL].ask, 65_050);
  const resting = await taker.createOrder(SYMBOL, 'limit', 'buy', 0.001, 64_000);
  await taker.cancelOrder(resting.id as string, SYMBOL);
  await following;
  assert.equal(orders.at(-1).symbol, SYMBOL);
  const known = (taker.orders as Structure).toArray?.() ?? [...(taker.orders as Structure)];
  assert.deepEqual(
    known.map((order: Structure) => [order.clientOrderId === 'mine', order.status, order.filled]),
    [
      [true, 'closed', 0.0006],
      [false, 'canceled', 0],
    ],
  );
  const next = (await taker.watchOrderBook(SYMBOL)) as Structure;
  assert.equal(next.bids.length, 0);
});

test('ccxt places, looks at and cancels orders by the WebSocket API', async (t) => {
  const venue = await BinanceNode.start(t);
  const maker = await venue.client(t, venue.maker);
  const placed = await maker.createOrderWs(SYMBOL, 'limit', 'buy', 0.001, 64_000, {
    newClientOrderId: 'over-ws',
  });
  assert.deepEqual([placed.status, placed.clientOrderId, placed.amount], ['open', 'over-ws', 0.001]);
  assert.equal((await maker.fetchOrderWs(placed.id as string, SYMBOL)).status, 'open');
  assert.equal((await maker.fetchOpenOrdersWs(SYMBOL)).length, 1);
  const canceled = await maker.cancelOrderWs(placed.id as string, SYMBOL);
  assert.equal(canceled.status, 'canceled');
  await maker.createOrderWs(SYMBOL, 'limit', 'buy', 0.001, 64_000);
  assert.equal((await maker.cancelAllOrdersWs(SYMBOL)).length, 1);
  assert.equal((await maker.fetchOrdersWs(SYMBOL)).length, 2);
});
