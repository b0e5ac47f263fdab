import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InsufficientFunds, InvalidOrder, OrderNotFound } from 'ccxt';
import { BinanceNode } from '../support/binance-node.ts';

const SYMBOL = 'BTC/USD';

// biome-ignore lint/suspicious/noExplicitAny: ccxt's structures, compared as they are.
type Structure = any;

test('ccxt loads markets with the rules of the instruments; futures are not among them', async (t) => {
  const venue = await BinanceNode.start(t);
  const anybody = await venue.client(t);
  const markets = await anybody.loadMarkets();
  assert.deepEqual(Object.keys(markets).sort(), ['BTC/USD', 'ETH/USD']);
  const market = markets[SYMBOL] as Structure;
  assert.deepEqual(
    [market.id, market.base, market.quote, market.active, market.spot, market.type],
    ['BTCUSD', 'BTC', 'USD', true, true, 'spot'],
  );
  assert.deepEqual(market.precision, { ...market.precision, price: 0.05, amount: 0.0002 });
  assert.deepEqual(market.limits.amount, { min: 0.0002, max: 200 });
  assert.ok(Math.abs(((await anybody.fetchTime()) as number) - Date.now()) < 60_000);
});

test('ccxt trades as two users, by HMAC and Ed25519 keys, and reads all of it', {
  timeout: 60_000,
}, async (t) => {
  const venue = await BinanceNode.start(t);
  const [maker, taker] = [await venue.client(t, venue.maker), await venue.client(t, venue.taker)];

  const ask = await maker.createOrder(SYMBOL, 'limit', 'sell', 0.002, 65_050, { clientOrderId: 'ask-1' });
  assert.deepEqual(
    [ask.status, ask.type, ask.side, ask.price, ask.amount, ask.filled, ask.clientOrderId, ask.timeInForce],
    ['open', 'limit', 'sell', 65_050, 0.002, 0, 'ask-1', 'GTC'],
  );
  await maker.createOrder(SYMBOL, 'limit', 'buy', 0.001, 64_990);
  await assert.rejects(
    maker.createOrder(SYMBOL, 'limit', 'sell', 0.002, 65_050, { clientOrderId: 'ask-1' }),
    InvalidOrder,
  );

  const bought = await taker.createOrder(SYMBOL, 'market', 'buy', 0.0006);
  assert.deepEqual([bought.status, bought.filled, bought.average], ['closed', 0.0006, 65_050]);
  assert.deepEqual(
    bought.trades.map(({ price, amount, fee }: Structure) => [price, amount, fee.cost, fee.currency]),
    [[65_050, 0.0006, 0.03, 'USD']],
  );

  const book = await taker.fetchOrderBook(SYMBOL);
  assert.deepEqual([book.bids, book.asks], [[[64_990, 0.001]], [[65_050, 0.0014]]]);
  const [trade] = await taker.fetchTrades(SYMBOL);
  assert.deepEqual([trade.price, trade.amount, trade.side], [65_050, 0.0006, 'buy']);
  const ticker = await taker.fetchTicker(SYMBOL);
  assert.deepEqual(
    [ticker.last, ticker.bid, ticker.ask, ticker.baseVolume],
    [65_050, 64_990, 65_050, 0.0006],
  );
  assert.deepEqual((await taker.fetchBidsAsks())[SYMBOL]?.bid, 64_990);
  const [candle] = (await taker.fetchOHLCV(SYMBOL, '1m')).slice(-1);
  assert.deepEqual(candle.slice(1), [65_050, 65_050, 65_050, 65_050, 0.0006]);
  const [oldest] = await taker.fetchOHLCV(SYMBOL, '1d', 1, 5);
  assert.deepEqual(oldest.slice(1), [65_050, 65_050, 65_050, 65_050, 0.0006]);

  const postOnly = taker.createOrder(SYMBOL, 'limit', 'buy', 0.0002, 65_050, { postOnly: true });
  await assert.rejects(postOnly, /immediately match/);
  const rests = await taker.createOrder(SYMBOL, 'limit', 'buy', 0.0002, 64_000, { postOnly: true });
  assert.deepEqual([rests.status, rests.postOnly], ['open', true]);
  const ioc = await taker.createOrder(SYMBOL, 'limit', 'buy', 0.002, 65_050, { timeInForce: 'IOC' });
  assert.deepEqual([ioc.status, ioc.filled], ['expired', 0.0014]);
  const fok = await taker.createOrder(SYMBOL, 'limit', 'sell', 0.1, 64_990, { timeInForce: 'FOK' });
  assert.deepEqual([fok.status, fok.filled], ['expired', 0]);
  const stop = await taker.createOrder(SYMBOL, 'limit', 'sell', 0.0004, 63_000, { triggerPrice: 63_500 });
  const waiting = await taker.fetchOrder(stop.id as string, SYMBOL);
  assert.deepEqual(
    [waiting.status, waiting.type, waiting.triggerPrice, waiting.price],
    ['open', 'limit', 63_500, 63_000],
  );

  const filled = await maker.fetchOrder(ask.id as string, SYMBOL);
  assert.deepEqual([filled.status, filled.filled, filled.remaining], ['closed', 0.002, 0]);
  assert.deepEqual(
    (await taker.fetchMyTrades(SYMBOL)).map(({ amount, takerOrMaker }: Structure) => [amount, takerOrMaker]),
    [
      [0.0006, 'taker'],
      [0.0014, 'taker'],
    ],
  );
  assert.deepEqual(
    (await taker.fetchOrders(SYMBOL)).map(({ status }: Structure) => status),
    ['closed', 'expired', 'open', 'expired', 'expired', 'open'],
  );
  assert.equal((await taker.fetchOpenOrders(SYMBOL)).length, 2);
  const canceled = await taker.cancelOrder(rests.id as string, SYMBOL);
  assert.deepEqual([canceled.status, canceled.id], ['canceled', rests.id]);
  assert.equal((await taker.cancelAllOrders(SYMBOL)).length, 1);
  assert.deepEqual(await taker.fetchOpenOrders(SYMBOL), []);
  await assert.rejects(taker.cancelOrder(rests.id as string, SYMBOL), OrderNotFound);
  await assert.rejects(taker.cancelAllOrders(SYMBOL), OrderNotFound);
  await assert.rejects(taker.fetchOrder('999', SYMBOL), OrderNotFound);

  const { BTC, USD } = (await maker.fetchBalance()) as Structure;
  assert.deepEqual([BTC.total, BTC.used], [9.998, 0]);
  // 0.002 at 65,050 less a fee of 500 ppm; 0.001 at 64,990 with a taker's fee is held.
  assert.equal(USD.total, 1_000_130.05);
  assert.equal(USD.used, 65.05);
  await assert.rejects(maker.createOrder(SYMBOL, 'limit', 'buy', 100, 65_000), InsufficientFunds);
});

test('ccxt as it is set up here sends nothing that is signed to another host', async (t) => {
  const venue = await BinanceNode.start(t);
  const client = await venue.client(t, venue.maker);
  assert.deepEqual(hostsOf(client.urls['api']), [new URL(venue.url).host]);
  await client.loadMarkets();
  const asks = [
    () => client.fetchTradingFee(SYMBOL),
    () => client.fetchTradingFees(),
    () => client.fetchDepositAddress('BTC'),
    () => client.fetchPositions(),
  ];
  for (const ask of asks) {
    await assert.rejects(ask());
    const { last_request_url: url } = client as Structure;
    assert.ok(url.startsWith(`${venue.url}/none/`), url);
  }
  await assert.rejects((client as Structure).fetchPositionsWs(), /404/);
});

/** Every host of a tree of addresses, once each. */
function hostsOf(urls: Structure): string[] {
  const hosts = Object.values(urls).flatMap((url) =>
    typeof url === 'string' ? new URL(url).host : hostsOf(url),
  );
  return [...new Set(hosts)];
}

test('a key that is read-only sees and does not trade', async (t) => {
  const venue = await BinanceNode.start(t);
  const viewer = await venue.client(t, venue.viewer);
  assert.equal(((await viewer.fetchBalance()) as Structure).BTC.free, 10);
  await assert.rejects(viewer.createOrder(SYMBOL, 'limit', 'buy', 0.001, 64_990), /-2015/);
});
