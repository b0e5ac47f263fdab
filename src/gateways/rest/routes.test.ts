import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { StampedEntry } from '#codec/json/log-json.ts';
import { statusJson } from '#codec/json/status-json.ts';
import { writeEvent } from '#codec/log/events.ts';
import { ApiKeyKind, CommandType, Phase, Role } from '#domain/commands.ts';
import { PostingKind } from '#domain/events.ts';
import { ArchiveRefusedError, OrderStatus } from '#domain/history.ts';
import type { Candle } from '#domain/market-views.ts';
import { Action, isAllowed } from '#domain/permissions.ts';
import { LogTruncatedError } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { OpenApiChecker } from '../../../test/support/openapi.ts';
import { principalOf } from '../identity/principal.ts';
import { UserDirectory } from '../identity/user-directory.ts';
import { verificationRoutes } from './copy-routes.ts';
import { restRoutes } from './rest-routes.ts';
import {
  BTCUSD,
  COPIES,
  FUTURE,
  NOW_SECONDS,
  PRINCIPALS,
  ScriptedArchive,
  startServer,
  TRADES,
  testAccess,
  viewOf,
  viewsOf,
} from './test-support.ts';

const AT = { sequence: 90, timeSeconds: NOW_SECONDS, timeNanos: 6 };
const ORDER = {
  ...AT,
  orderId: 41,
  userId: 1,
  accountId: 10,
  instrumentId: 7,
  clientOrderId: 3,
  clientTag: 'mine-3',
  status: OrderStatus.Open,
  cancelReason: 0,
  rejectCode: 0,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  orderFlags: 0,
  priceTicks: 1_300_000,
  stopPriceTicks: 0,
  expireSeconds: 0,
  qtyLots: 1_000,
  displayQtyLots: 0,
  minQtyLots: 0,
  leavesQtyLots: 900,
  cumQtyLots: 100,
  cumAmountMinor: 130_000,
  feeMinor: 3,
  triggered: 0,
  originalOrderId: 0,
  replacedByOrderId: 0,
  firstTradeId: 1,
  lastTradeId: 2,
  updatedSequence: 91,
  updatedSeconds: NOW_SECONDS,
  updatedNanos: 0,
};
const FILL = {
  ...AT,
  tradeId: 11,
  accountId: 10,
  userId: 1,
  orderId: 41,
  clientOrderId: 3,
  instrumentId: 7,
  side: 1,
  isMaker: 1,
  priceTicks: 1_300_000,
  qtyLots: 100,
  amountMinor: 130_000,
  feeMinor: 3,
  feeAssetId: 1,
  leavesQtyLots: 900,
  reportNumber: 5,
};
const ACCOUNT = {
  accountId: 10,
  balances: [{ assetId: 1, balanceMinor: 500, heldMinor: 100, marginMinor: 0 }],
  positions: [{ instrumentId: 9, positionLots: 2, entryValueMinor: 130_000, realisedMinor: 0 }],
  openOrderCount: 1,
  openOrders: [],
};

function candle(openSeconds: number, isComplete = true): Candle {
  return {
    openSeconds,
    openTicks: 10,
    highTicks: 12,
    lowTicks: 9,
    closeTicks: 11,
    trades: 1,
    firstTradeId: 1,
    lastTradeId: 1,
    volumeLots: 5n,
    quoteVolumeMinor: 60n,
    takerBuyLots: 5n,
    takerBuyQuoteMinor: 60n,
    isComplete,
  };
}

/** 03:04:00, the minute before NOW_SECONDS. */
const MINUTE = NOW_SECONDS - 5;
const SPOT_VIEW = viewOf(BTCUSD, {
  trades: TRADES,
  candles: [candle(MINUTE - 60), candle(MINUTE)],
  keptFromSeconds: MINUTE - 90,
  statistics: {
    fromSeconds: MINUTE - 86_340,
    traded: candle(MINUTE),
    isComplete: true,
    lastPriceTicks: 1_300_001,
    lastQtyLots: 1,
  },
});
const FUTURE_VIEW = viewOf(FUTURE, {
  status: {
    phase: Phase.OpeningAuction,
    nextPhase: Phase.Continuous,
    endSeconds: NOW_SECONDS + 60,
    isSuspended: false,
  },
  indicative: { priceTicks: 130_000, qtyLots: 5, surplusQtyLots: 1, surplusSide: 2 },
  statistics: {
    fromSeconds: 0,
    traded: undefined,
    isComplete: true,
    lastPriceTicks: 130_010,
    lastQtyLots: 1,
  },
});

function directory(): UserDirectory {
  const users = new UserDirectory();
  const words = WordBuffer.allocate(4_096);
  let at = 0;
  const add = (userId: number, name: string, role: Role, accountId: number) => {
    at = writeEvent(words, at, { type: 'UserAdded', newUserId: userId, name, role, accountId, enabled: 1 });
  };
  for (const { userId, name, role, accountId } of Object.values(PRINCIPALS))
    add(userId, name, role, accountId);
  const key = { keyId: 8, targetUserId: 1, kind: ApiKeyKind.Ed25519, readOnly: 1, label: 'bot' } as const;
  at = writeEvent(words, at, { type: 'ApiKeyAdded', ...key, verifier: Buffer.alloc(32, 9) });
  users.onEvents(words, 0, at);
  return users;
}

const STATUS = statusJson({ nodeId: 1, components: [], uptime: undefined, incidents: [], wallSeconds: 0 });

const closers: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closers.map((close) => close())));

async function start(options: { isReady?: boolean; access?: ReturnType<typeof testAccess> } = {}) {
  const archive = new ScriptedArchive();
  const entries: StampedEntry[] = [];
  const sources = {
    views: viewsOf([SPOT_VIEW, FUTURE_VIEW], options.isReady ?? true),
    archive,
    status: { isReady: true, read: async () => STATUS },
    directory: directory(),
    receipts: {
      entry: async (sequence: number) => {
        if (sequence < 50) throw new LogTruncatedError(sequence, 50);
        return entries.find((entry) => entry.sequence === sequence);
      },
      entries: async () => [],
      firstSequence: () => 50,
    },
    copies: COPIES,
    reports: { read: async () => true },
    accountIds: () => [10, 20, 30],
    newestSequenceOf: (userId: number) => 80 + userId,
    wallMs: () => NOW_SECONDS * 1_000 + 7,
    facts: () => ({
      nodeId: 1,
      durableSequence: 102,
      archivedSequence: 99,
      divergedSequence: 0,
      uptimeSeconds: 60,
    }),
  };
  const { server, url } = await startServer(
    restRoutes(sources),
    options.access ? { access: options.access } : {},
  );
  closers.push(() => server.close());
  const checker = new OpenApiChecker(server.document);
  const get = async (path: string, who?: string) => {
    const headers: Record<string, string> = who === undefined ? {} : { authorization: `Bearer ${who}` };
    const { status, body } = await checker.fetch(`${url}${path}`, { headers });
    const { code, detail } = body as { code?: string; detail?: string };
    return status === 200 ? body : `${status} ${code}: ${detail}`;
  };
  return {
    archive,
    entries,
    checker,
    url,
    api: (path: string, who?: string) => get(`/api/v1${path}`, who),
    get,
  };
}

test('market: every public question, with exact answers that the document allows', async () => {
  const { api } = await start();
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
  const { api } = await start();
  const unknown = '404 UNKNOWN_INSTRUMENT: there is no instrument NONE: /api/v1/instruments lists them';
  for (const path of ['', '/phase', '/book', '/trades', '/ticker', '/candles'])
    assert.equal(await api(`/instruments/NONE${path}`), unknown);
  assert.equal(
    await api('/instruments?cursor=8'),
    '400 invalid-request: cursor must be one that the page before gave',
  );
  const starting = await start({ isReady: false });
  assert.deepEqual(await starting.api('/status'), { state: 'starting', sequence: 100 });
  const notYet = '503 starting: the state of the market is being read: ask again';
  assert.equal(await starting.api('/instruments'), notYet);
  assert.equal(await starting.api('/orders', 'ann'), notYet);
});

test('candles: memory where it is whole, history before it and where memory lacks trades', async () => {
  const { api, archive } = await start();
  const opens = (body: unknown) =>
    (body as { items: { openTime: string }[] }).items.map(({ openTime }) => openTime);

  // Memory is whole from 03:02:30 on: the first whole minute is 03:03.
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
  assert.equal(
    await api('/instruments/BTCUSD/candles?interval=7m'),
    '400 invalid-request: interval must be one of 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d',
  );
  assert.equal(
    await api('/instruments/BTCUSD/candles?from=2026-13-01T00:00:00Z'),
    '400 invalid-request: from must be the first second that counts, as 2026-01-02T03:04:05Z',
  );
});

test('history: lists are of the own account, newest first, and include the newest report', async () => {
  const { api, archive } = await start();
  archive.answers.orders = { rows: [ORDER], cursor: '90.41' };
  archive.answers.openOrders = { rows: [ORDER], cursor: undefined };
  archive.answers.fills = { rows: [FILL], cursor: undefined };
  const orders = (await api(
    '/orders?symbol=BTCUSD&from=2026-01-02T00:00:00Z&limit=1&cursor=95.44',
    'ann',
  )) as {
    items: { orderId: number; price: string }[];
    cursor: string;
  };
  assert.deepEqual(
    [orders.items[0].orderId, orders.items[0].price, orders.cursor],
    [41, '65000.00', '90.41'],
  );
  await api('/orders/open?atSequence=77', 'ann');
  await api('/fills?orderId=41&userId=1', 'ann');
  assert.deepEqual(archive.asked, [
    {
      query: {
        type: 'orders',
        accountId: 10,
        instrumentId: 7,
        limit: 1,
        cursor: '95.44',
        fromSeconds: Date.UTC(2026, 0, 2) / 1_000,
      },
      atSequence: 81,
    },
    { query: { type: 'openOrders', accountId: 10, limit: 100 }, atSequence: 77 },
    { query: { type: 'fills', userId: 1, orderId: 41, limit: 100 }, atSequence: 81 },
  ]);
});

test('history: one order, by its number and by what its client calls it', async () => {
  const { api, archive } = await start();
  archive.answers.order = ORDER;
  archive.answers.orderByClient = ORDER;
  assert.equal(((await api('/orders/41', 'ann')) as { clientOrderId: string }).clientOrderId, 'mine-3');
  assert.equal(((await api('/orders/by-client-order-id/mine-3', 'ann')) as { orderId: number }).orderId, 41);
  assert.deepEqual(archive.asked.at(-1)?.query, { type: 'orderByClient', userId: 1, clientTag: 'mine-3' });
  // Another's order is as one that does not exist.
  assert.equal(await api('/orders/41', 'bob'), '404 UNKNOWN_ORDER: you have no order 41');
  assert.equal(
    await api('/orders/by-client-order-id/mine-3?userId=1', 'bob'),
    '404 UNKNOWN_ORDER: you have no order mine-3',
  );
  assert.equal(((await api('/orders/41', 'eve')) as { orderId: number }).orderId, 41);
  archive.answers.order = undefined;
  assert.equal(await api('/orders/42', 'ann'), '404 UNKNOWN_ORDER: you have no order 42');
});

test('account: money, positions, postings, fees', async () => {
  const { api, archive } = await start();
  archive.answers.accounts = [ACCOUNT];
  archive.answers.postings = {
    rows: [
      {
        ...AT,
        position: 1,
        accountId: 10,
        assetId: 1,
        instrumentId: 0,
        kind: PostingKind.Deposit,
        amountMinor: 500,
        balanceMinor: 500,
      },
    ],
    cursor: undefined,
  };
  archive.answers.positions = {
    rows: [
      {
        ...AT,
        position: 1,
        accountId: 10,
        instrumentId: 9,
        positionLots: 2,
        entryValueMinor: 130_000,
        realisedMinor: 0,
      },
    ],
    cursor: undefined,
  };
  archive.answers.fees = {
    rows: [{ accountId: 10, assetId: 1, daySeconds: MINUTE, feeMinor: 3 }],
    nextFromSeconds: NOW_SECONDS,
  };
  archive.answers.trades = { rows: [{ ...TRADES[0], instrumentId: 7 }], cursor: undefined };
  assert.deepEqual(await api('/balances', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [{ asset: 'USD', total: '5.00', held: '1.00', margin: '0.00', available: '4.00' }],
  });
  // 130,010 ticks x 2 lots / 2 is 130,010 cents.
  assert.deepEqual(await api('/positions', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [
      {
        symbol: 'BTCFUT',
        quantity: '0.02',
        entryValue: '1300.00',
        realisedProfit: '0.00',
        markPrice: '65005.0',
        unrealisedProfit: '0.10',
      },
    ],
  });
  assert.deepEqual(await api('/postings?asset=USD', 'ann'), {
    sequence: 100,
    items: [
      {
        accountId: 10,
        asset: 'USD',
        kind: 'deposit',
        amount: '5.00',
        balance: '5.00',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(archive.asked.at(-1)?.query, { type: 'postings', accountId: 10, assetId: 1, limit: 100 });
  assert.equal(
    await api('/postings?asset=XYZ', 'ann'),
    '404 UNKNOWN_ASSET: there is no asset XYZ: /api/v1/assets lists them',
  );
  assert.deepEqual(await api('/positions/history', 'ann'), {
    sequence: 100,
    items: [
      {
        symbol: 'BTCFUT',
        accountId: 10,
        quantity: '0.02',
        entryValue: '1300.00',
        realisedProfit: '0.00',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(await api('/fees', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [{ day: '2026-01-02T03:04:00Z', asset: 'USD', fee: '0.03' }],
    nextFrom: '2026-01-02T03:04:05Z',
  });
  const trades = (await api('/trades?symbol=BTCUSD', 'ann')) as { items: { price: string }[] };
  assert.equal(trades.items[0].price, '65000.00');
  assert.deepEqual(await api('/profile', 'ann'), {
    user: { userId: 1, name: 'ann', role: 'trader', accountId: 10, enabled: true, mustChangePassword: false },
    actions: ['LogIn', 'ViewMarket', 'ViewOwnAccount', 'PlaceOrders', 'CancelOrders', 'ManageOwnCredentials'],
  });
});

test('whose: own account, any for those who may, and a word about what is missing', async () => {
  const { api, archive } = await start();
  archive.answers.accounts = [ACCOUNT];
  archive.answers.orders = { rows: [], cursor: undefined };
  for (const path of ['/balances', '/positions', '/orders', '/fills', '/postings', '/fees']) {
    assert.equal(
      await api(`${path}?accountId=20`, 'ann'),
      '403 not-permitted: accountId: the accounts of others are not shown to your role',
    );
    assert.equal(
      await api(path, 'eve'),
      '400 invalid-request: accountId is missing: you have no account of your own, so say whose',
    );
  }
  assert.deepEqual(archive.asked, []);
  assert.equal(((await api('/balances?accountId=10', 'eve')) as { accountId: number }).accountId, 10);
  const noUser = '403 not-permitted: userId: users of other accounts are not shown to your role';
  for (const userId of [2, 3, 99]) assert.equal(await api(`/orders?userId=${userId}`, 'ann'), noUser);
  assert.equal(await api('/orders?userId=99', 'eve'), '404 UNKNOWN_USER: there is no user 99');
  assert.deepEqual(await api('/orders?userId=2', 'eve'), { sequence: 100, items: [] });
  assert.equal(
    await api('/orders?userId=2&accountId=20', 'eve'),
    '400 invalid-request: userId must not be given beside accountId',
  );
  archive.answers.accounts = [undefined];
  assert.equal(await api('/balances?accountId=99', 'eve'), '404 UNKNOWN_ACCOUNT: there is no account 99');
});

test('an archive that cannot answer, and rows whose instrument is not known here yet', async () => {
  const { api, archive } = await start();
  archive.answers.orders = new ArchiveRefusedError('HISTORY_BEHIND', 'history is being rebuilt');
  assert.equal(await api('/orders', 'ann'), '503 history-behind: history is being rebuilt');
  archive.answers.orders = new ArchiveRefusedError('BAD_QUERY', 'cursor is none');
  assert.equal(await api('/orders?cursor=x', 'ann'), '400 invalid-request: cursor is none');
  archive.answers.orders = { rows: [{ ...ORDER, instrumentId: 8 }], cursor: undefined };
  assert.equal(await api('/orders', 'ann'), '503 late: instrument 8 is not known here yet: ask again');
});

test('administration: users, keys, accounts, actions, nodes, the log', async () => {
  const { api, archive, entries } = await start();
  const ann = {
    userId: 1,
    name: 'ann',
    role: 'trader',
    accountId: 10,
    enabled: true,
    mustChangePassword: false,
  };
  const users = (await api('/admin/users?limit=3', 'root')) as { items: object[]; cursor: string };
  assert.deepEqual([users.items[0], users.items.length, users.cursor], [ann, 3, '3']);
  assert.deepEqual(await api('/admin/users/1', 'eve'), ann);
  assert.deepEqual(await api('/admin/users/1/keys', 'eve'), {
    items: [{ keyId: 8, userId: 1, label: 'bot', kind: 'ed25519', readOnly: true }],
  });
  assert.equal(await api('/admin/users/9', 'root'), '404 UNKNOWN_USER: there is no user 9');
  assert.deepEqual(await api('/admin/accounts?limit=2', 'root'), { items: [10, 20], cursor: '20' });
  assert.deepEqual(await api('/admin/accounts?limit=2&cursor=20', 'root'), { items: [30] });
  archive.answers.adminActions = {
    rows: [
      {
        ...AT,
        position: 0,
        userId: 4,
        commandType: CommandType.SetPhase,
        instrumentId: 7,
        clientOrderId: 2,
        rejectCode: 0,
        reason: 'lunch',
        commandHex: '',
      },
    ],
    cursor: undefined,
  };
  assert.deepEqual(await api('/admin/actions?command=SetPhase&userId=4', 'eve'), {
    sequence: 100,
    items: [
      {
        userId: 4,
        command: 'SetPhase',
        symbol: 'BTCUSD',
        requestNumber: 2,
        reason: 'lunch',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(archive.asked.at(-1)?.query, {
    type: 'adminActions',
    userId: 4,
    commandType: 23,
    limit: 100,
  });
  assert.deepEqual(await api('/node', 'root'), {
    nodeId: 1,
    durableSequence: 102,
    edgeSequence: 100,
    archivedSequence: 99,
    divergedSequence: 0,
    generation: 1,
    uptimeSeconds: 60,
  });
  entries.push({
    ...AT,
    entry: {
      nodeId: 1,
      epoch: 2,
      entryNo: 3,
      commands: [{ type: 'Tick', flags: 0, userId: 0, instrumentId: 0, clientOrderId: 0 }],
    },
  });
  assert.deepEqual(await api('/log/90', 'eve'), {
    sequence: 90,
    time: '2026-01-02T03:04:05.000000006Z',
    nodeId: 1,
    epoch: 2,
    entryNo: 3,
    commands: [{ type: 'Tick', flags: [], userId: 0, instrumentId: 0, clientOrderId: 0 }],
  });
  assert.equal(await api('/log/91', 'eve'), '404 not-found: the log has no entry 91 yet');
  assert.match(String(await api('/log/1', 'eve')), /^410 log-truncated: entry 1 is asked for/);
  assert.equal(await api('/log/0', 'eve'), '400 invalid-request: sequence must be >= 1');
});

test('snapshots and backups: what there is, and whether it is whole', async () => {
  const { api } = await start();
  assert.deepEqual(await api('/admin/snapshots', 'eve'), await COPIES.snapshots());
  assert.deepEqual(await api('/admin/backups', 'root'), await COPIES.backups());
  const { server, url } = await startServer(verificationRoutes({ copies: COPIES }));
  closers.push(() => server.close());
  const checker = new OpenApiChecker(server.document);
  const verify = async (path: string, who: string) => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${who}` } };
    const { status, body } = await checker.fetch(`${url}/api/v1/admin/${path}/verify`, init);
    return status === 200 ? body : `${status} ${(body as { code: string }).code}`;
  };
  const found = { time: '2026-01-02T03:05:00Z', tookMs: 12 };
  assert.deepEqual(await verify('snapshots/90', 'eve'), { isWhole: true, ...found });
  assert.equal(await verify('snapshots/91', 'eve'), '404 not-found');
  assert.equal(await verify('snapshots/newest', 'eve'), '400 invalid-request');
  assert.equal(await verify('snapshots/90', 'ann'), '403 not-permitted');
  const damaged = await verify('backups/20260102T030405Z-0000000000000090-01234567', 'root');
  assert.deepEqual(damaged, { isWhole: false, fault: 'a byte differs', ...found });
  assert.equal(await verify('backups/another', 'root'), '503 verifying');
  assert.equal(await verify('backups/another', 'bob'), '403 not-permitted');
});

test('risk: the same view for one account or those with the least headroom', async () => {
  const { api, archive } = await start();
  archive.answers.risk = {
    timeSeconds: NOW_SECONDS,
    count: 3,
    isVenueKilled: true,
    accounts: [
      {
        ...ACCOUNT,
        isKilled: true,
        exposures: [{ assetId: 1, positionsMinor: 2 ** 53 - 1, openOrdersMinor: 100 }],
        limits: {
          openOrders: { limit: 3, used: 1 },
          messagesPerSecond: undefined,
          orderQtyLots: 7,
          orderValueMinor: 0,
          positionLots: { limit: 10, used: 12, instrumentId: 9 },
          openValueMinor: { limit: 10, used: 0, assetId: 0 },
        },
        margin: { limit: 400, used: 100, assetId: 1 },
        headroom: -0.2,
      },
    ],
  };
  archive.answers.activity = {
    accounts: [{ accountId: 10, orders: 5, replaces: 1, cancels: 1, trades: 3, rejects: 2 }],
    rejects: [{ rejectCode: 400, count: 2 }],
  };
  const risk = (await api('/admin/risk/accounts?limit=2', 'eve')) as { items: Record<string, unknown>[] };
  const { balances: _balances, positions: _positions, ...account } = risk.items[0];
  assert.deepEqual(
    { ...risk, items: [account] },
    {
      sequence: 100,
      time: '2026-01-02T03:04:05Z',
      accountCount: 3,
      venueKilled: true,
      items: [
        {
          accountId: 10,
          killed: true,
          headroom: '-0.2000',
          exposure: [
            {
              asset: 'USD',
              positions: '90071992547409.91',
              openOrders: '1.00',
              total: '90071992547410.91',
            },
          ],
          margin: { asset: 'USD', used: '1.00', limit: '4.00', headroom: '0.7500' },
          openOrders: 1,
          limits: [
            { name: 'ordersMax', limit: 3, used: 1, headroom: '0.6666' },
            { name: 'orderQtyLotsMax', limit: 7 },
            { name: 'positionLotsMax', limit: 10, used: 12, headroom: '-0.2000', symbol: FUTURE.symbol },
            { name: 'openValueMinorMax', limit: 10, used: 0, headroom: '1.0000' },
          ],
          activity: {
            orders: 5,
            replaces: 1,
            cancels: 1,
            trades: 3,
            rejects: 2,
            orderToTradeRatio: '1.33',
          },
        },
      ],
      rejects: [
        {
          code: 'THROTTLED',
          rejectCode: 400,
          meaning: 'more messages in this second than the account may send',
          count: 2,
        },
      ],
    },
  );
  const daySeconds = NOW_SECONDS - (NOW_SECONDS % 86_400);
  assert.deepEqual(
    archive.asked.map(({ query }) => query),
    [
      { type: 'risk', limit: 2 },
      { type: 'activity', daySeconds, accountIds: [10] },
    ],
  );
  archive.answers.activity = new ArchiveRefusedError('HISTORY_BEHIND', 'not yet');
  const later = (await api('/admin/risk/accounts?accountId=10', 'eve')) as typeof risk & { rejects?: object };
  assert.deepEqual([later.rejects, later.items[0]['activity']], [undefined, undefined]);
  archive.answers.risk = { timeSeconds: NOW_SECONDS, count: 3, isVenueKilled: false, accounts: [] };
  assert.equal(
    await api('/admin/risk/accounts?accountId=11', 'eve'),
    '404 UNKNOWN_ACCOUNT: there is no account 11',
  );
  assert.match(String(await api('/admin/risk/accounts?limit=501', 'eve')), /^400 invalid-request: limit/);
});

test('the public status: for anybody, kept for some seconds by whoever is in between', async () => {
  const { url, get } = await start();
  assert.deepEqual(await get('/status.json'), STATUS);
  const { headers } = await fetch(`${url}/status.json`);
  assert.equal(headers.get('cache-control'), 'public, max-age=5');
});

/** The action that each route needs, written down again. */
const ACTIONS: Record<string, string> = {
  '/api/v1/admin/accounts': 'ViewAnyAccount',
  '/api/v1/admin/actions': 'ReadLog',
  '/api/v1/admin/backups': 'ViewNodes',
  '/api/v1/admin/snapshots': 'ViewNodes',
  '/api/v1/admin/risk/accounts': 'ViewAnyAccount',
  '/api/v1/admin/orders/1/timeline': 'ViewOwnAccount',
  '/api/v1/admin/users': 'ViewUsers',
  '/api/v1/admin/users/1': 'ViewUsers',
  '/api/v1/admin/users/1/keys': 'ViewUsers',
  '/api/v1/assets': 'anybody',
  '/api/v1/balances': 'ViewOwnAccount',
  '/api/v1/fees': 'ViewOwnAccount',
  '/api/v1/fills': 'ViewOwnAccount',
  '/api/v1/instruments': 'anybody',
  '/api/v1/instruments/BTCUSD': 'anybody',
  '/api/v1/instruments/BTCUSD/book': 'anybody',
  '/api/v1/instruments/BTCUSD/candles': 'anybody',
  '/api/v1/instruments/BTCUSD/phase': 'anybody',
  '/api/v1/instruments/BTCUSD/ticker': 'anybody',
  '/api/v1/instruments/BTCUSD/trades': 'anybody',
  '/api/v1/log/90': 'ReadLog',
  '/api/v1/node': 'ViewNodes',
  '/api/v1/orders': 'ViewOwnAccount',
  '/api/v1/orders/by-client-order-id/a': 'ViewOwnAccount',
  '/api/v1/orders/open': 'ViewOwnAccount',
  '/api/v1/orders/1': 'ViewOwnAccount',
  '/api/v1/phases': 'anybody',
  '/api/v1/positions': 'ViewOwnAccount',
  '/api/v1/positions/history': 'ViewOwnAccount',
  '/api/v1/postings': 'ViewOwnAccount',
  '/api/v1/profile': 'LogIn',
  '/api/v1/status': 'anybody',
  '/api/v1/tickers': 'anybody',
  '/api/v1/time': 'anybody',
  '/api/v1/trades': 'ViewMarket',
  '/errors': 'anybody',
  '/errors/late': 'anybody',
  '/status.json': 'anybody',
};

test('every route with every role: refused exactly where the table of permissions says so', async () => {
  const users = directory();
  const access = testAccess();
  const { url, checker } = await start({
    access: {
      ...access,
      prove: (proof) => {
        if (proof.kind !== 'token') return undefined;
        const user = users.user(1)!;
        user.role = Number(proof.token) as Role;
        return principalOf(user);
      },
    },
  });
  const patterns = Object.keys(ACTIONS).map((path) => `GET ${path}`);
  const tested = checker.operations.map((operation) =>
    patterns.find((path) => new RegExp(`^${operation.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path)),
  );
  assert.deepEqual([checker.operations.length, tested.includes(undefined)], [patterns.length, false]);
  for (const [path, action] of Object.entries(ACTIONS)) {
    const anonymous = await fetch(`${url}${path}`);
    assert.equal(anonymous.status === 401, action !== 'anybody', path);
    await anonymous.body?.cancel();
    for (const role of Object.values(Role)) {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${role}` } });
      const { code } = (await response.json()) as { code?: string };
      const allowed = action === 'anybody' || isAllowed(role, Action[action as keyof typeof Action]);
      assert.equal(code !== 'not-permitted', allowed, `${path} as ${role}`);
    }
  }
});

test('the checker of answers finds a field too many, one missing, and a status that is not in the document', async () => {
  const { checker } = await start();
  const faults = (status: number, body: object) =>
    checker.faults('GET', '/api/v1/status', status, 'application/json; charset=utf-8', body);
  assert.deepEqual(faults(200, { state: 'serving', sequence: 1 }), []);
  assert.equal(faults(200, { state: 'serving', sequence: 1, more: 1 }).length > 0, true);
  assert.equal(faults(200, { state: 'serving' }).length > 0, true);
  assert.equal(faults(200, { state: 'asleep', sequence: 1 }).length > 0, true);
  assert.deepEqual(faults(201, {}), ['GET /api/v1/status does not have 201 application/json']);
  assert.deepEqual(checker.faults('GET', '/api/v1/none', 200, null, {}), [
    'GET /api/v1/none is not in the document',
  ]);
});
