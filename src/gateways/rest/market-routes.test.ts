import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candle, MINUTE, STATUS, startRoutes } from '../../../test/support/rest-routes.ts';
import { BTCUSD, NOW_SECONDS, viewOf } from './test-support.ts';

test('market: every public question, with exact answers that the document allows', async () => {
  const { api } = await startRoutes();
  assert.deepEqual(await api('/time'), { timeMs: NOW_SECONDS * 1_000 + 7, logTimeSeconds: NOW_SECONDS });
  assert.deepEqual(await api('/status'), { state: 'serving', sequence: 100 });
  assert.deepEqual(await api('/assets'), {
    sequence: 100,
    items: [
      { assetId: 1, symbol: 'USD', decimals: 2 },
      { assetId: 2, symbol: 'BTC', decimals: 8 },
    ],
  });
  const future = {
    instrumentId: 9,
    symbol: 'BTCFUT',
    kind: 'margined',
    quoteAsset: 'USD',
    tickSize: '0.5',
    lotSize: '0.01',
    minQuantity: '0.01',
    maxQuantity: '10000.00',
    initialMargin: '65.00',
    valueNumerator: 1,
    valueDenominator: 2,
    makerFee: '0.000020',
    takerFee: '0.000100',
    collar: '0.100000',
    marketProtection: '0.020000',
    staticBand: '0.000000',
    dynamicBand: '0.000000',
    volatilityAuctionSeconds: 0,
    selfTradePrevention: 'cancel-newest',
    regulatoryFields: 'optional',
  };
  assert.deepEqual(await api('/instruments/BTCFUT'), future);
  assert.deepEqual(await api('/instruments?limit=1&cursor=7'), { sequence: 100, items: [future] });
  const first = (await api('/instruments?limit=1')) as { items: { symbol: string }[]; cursor: string };
  assert.deepEqual([first.items.map(({ symbol }) => symbol), first.cursor], [['BTCUSD'], '7']);
  const auction = {
    symbol: 'BTCFUT',
    phase: 'opening-auction',
    nextPhase: 'continuous',
    endTime: '2026-01-02T03:05:05Z',
    isSuspended: false,
    indicative: { price: '65000.0', quantity: '0.05', surplus: '0.01', surplusSide: 'sell' },
  };
  assert.deepEqual(await api('/instruments/BTCFUT/phase'), auction);
  assert.deepEqual(await api('/phases'), {
    sequence: 100,
    items: [{ symbol: 'BTCUSD', phase: 'continuous', isSuspended: false }, auction],
  });
  assert.deepEqual(await api('/instruments/BTCUSD/book?depth=1'), {
    symbol: 'BTCUSD',
    sequence: 99,
    checksum: 0xfedcba98,
    bids: [{ price: '64999.95', quantity: '0.0010', orders: 2 }],
    asks: [{ price: '65000.10', quantity: '0.0014', orders: 1 }],
  });
  const newest = {
    tradeId: 12,
    symbol: 'BTCUSD',
    price: '65000.05',
    quantity: '0.0002',
    amount: '13.00',
    time: '2026-01-02T03:04:00.000000000Z',
    sequence: 95,
  };
  assert.deepEqual(await api('/instruments/BTCUSD/trades?limit=1'), { sequence: 100, items: [newest] });
  const trades = (await api('/instruments/BTCUSD/trades')) as { items: { tradeId: number }[] };
  assert.deepEqual(
    trades.items.map(({ tradeId }) => tradeId),
    [12, 11],
  );
  const ticker = {
    symbol: 'BTCUSD',
    from: '2026-01-01T03:05:00Z',
    isComplete: true,
    trades: 1,
    open: '0.50',
    high: '0.60',
    low: '0.45',
    last: '65000.05',
    lastQuantity: '0.0002',
    change: '0.05',
    changePercent: '10.0000',
    volume: '0.0010',
    quoteVolume: '0.60',
    bid: '64999.95',
    bidQuantity: '0.0010',
    ask: '65000.10',
    askQuantity: '0.0014',
  };
  assert.deepEqual(await api('/instruments/BTCUSD/ticker'), ticker);
  const tickers = (await api('/tickers')) as { items: object[] };
  assert.deepEqual([tickers.items.length, tickers.items[0]], [2, ticker]);
});

test('market: what does not exist, and a node that is not ready', async () => {
  const { api } = await startRoutes();
  const unknown = '404 UNKNOWN_INSTRUMENT: there is no instrument NONE: /api/v1/instruments lists them';
  for (const path of ['', '/phase', '/book', '/trades', '/ticker', '/candles'])
    assert.equal(await api(`/instruments/NONE${path}`), unknown);
  assert.equal(
    await api('/instruments?cursor=8'),
    '400 invalid-request: cursor must be one that the page before gave',
  );
  const starting = await startRoutes({ isReady: false });
  assert.deepEqual(await starting.api('/status'), { state: 'starting', sequence: 100 });
  const notYet = '503 starting: the state of the market is being read: ask again';
  assert.equal(await starting.api('/instruments'), notYet);
  assert.equal(await starting.api('/orders', 'ann'), notYet);
});

test('the newest trades, while it is not known whether there were any, are no empty list', async () => {
  const { api } = await startRoutes({ spot: viewOf(BTCUSD, { isLastTradeKnown: false }) });
  assert.equal(
    await api('/instruments/BTCUSD/trades'),
    '503 history-behind: what was traded before the node started is being read: ask again',
  );
  const none = await startRoutes({ spot: viewOf(BTCUSD) });
  assert.deepEqual(await none.api('/instruments/BTCUSD/trades'), { sequence: 100, items: [] });
});

test('candles: memory where it is whole, history before it and where memory lacks trades', async () => {
  const { api, archive } = await startRoutes();
  const opens = (body: unknown) =>
    (body as { items: { openTime: string }[] }).items.map(({ openTime }) => openTime);

  // Memory is whole from 03:03 on.
  const recent = await api('/instruments/BTCUSD/candles?from=2026-01-02T03:03:00Z');
  assert.deepEqual(recent, {
    symbol: 'BTCUSD',
    interval: '1m',
    items: ['03', '04'].map((minute) => ({
      openTime: `2026-01-02T03:${minute}:00Z`,
      open: '0.50',
      high: '0.60',
      low: '0.45',
      close: '0.55',
      volume: '0.0010',
      quoteVolume: '0.60',
      takerBuyVolume: '0.0010',
      trades: 1,
      isComplete: true,
    })),
  });
  assert.deepEqual(archive.asked, []);

  archive.answers.candles = {
    rows: [candle(MINUTE - 180), candle(MINUTE - 120)],
    nextFromSeconds: undefined,
  };
  const joined = await api(
    '/instruments/BTCUSD/candles?from=2026-01-02T03:00:10Z&to=2026-01-02T03:05:00Z&limit=10',
  );
  assert.deepEqual(opens(joined), [
    '2026-01-02T03:01:00Z',
    '2026-01-02T03:02:00Z',
    '2026-01-02T03:03:00Z',
    '2026-01-02T03:04:00Z',
  ]);
  assert.deepEqual(archive.asked, [
    {
      query: {
        type: 'candles',
        instrumentId: 7,
        intervalSeconds: 60,
        fromSeconds: MINUTE - 180,
        toSeconds: MINUTE - 60,
      },
      atSequence: 100,
    },
  ]);

  // A limit looks at so many lengths from the first one on, and says where the next question goes on.
  const page = (await api('/instruments/BTCUSD/candles?from=2026-01-02T03:00:00Z&limit=3')) as {
    nextFrom: string;
  };
  assert.equal(page.nextFrom, '2026-01-02T03:03:00Z');

  assert.equal(
    await api('/instruments/BTCUSD/candles?from=2026-01-03T00:00:00Z&to=2026-01-02T00:00:00Z'),
    '400 invalid-request: from must not be later than to',
  );
  // Without a last second it is the present one, which may be far behind the newest event; a first one later than that is no fault.
  assert.deepEqual(await api('/instruments/BTCUSD/candles?from=2026-01-03T00:00:30Z'), {
    symbol: 'BTCUSD',
    interval: '1m',
    items: [],
  });
  const quiet = await startRoutes({ nowSeconds: MINUTE + 3_600 });
  const newest = '/instruments/BTCUSD/candles?limit=';
  assert.deepEqual(opens(await quiet.api(`${newest}60`)), []);
  assert.deepEqual(opens(await quiet.api(`${newest}61`)), ['2026-01-02T03:04:00Z']);

  assert.equal(
    await api('/instruments/BTCUSD/candles?interval=7m'),
    '400 invalid-request: interval must be one of 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d',
  );
  assert.equal(
    await api('/instruments/BTCUSD/candles?from=2026-13-01T00:00:00Z'),
    '400 invalid-request: from must be the first second that counts, as 2026-01-02T03:04:05Z',
  );
});

test('the public status: for anybody, kept for some seconds by whoever is in between', async () => {
  const { url, get } = await startRoutes();
  assert.deepEqual(await get('/status.json'), STATUS);
  const { headers } = await fetch(`${url}/status.json`);
  assert.equal(headers.get('cache-control'), 'public, max-age=5');
});
