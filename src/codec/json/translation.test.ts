import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCommand } from '#codec/log/commands.ts';
import { CommandType, OrderFlag, OrderType, Role, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, PostingKind } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import { RejectCode } from '#domain/rejects.ts';
import { balancesJson, dayFeesJson, positionChangeJson, positionsJson, postingJson } from './account-json.ts';
import { candleJson } from './candle-json.ts';
import { fillJson, orderJson } from './history-json.ts';
import { logEntryJson } from './log-json.ts';
import { tickerJson, tradingStatusJson } from './market-json.ts';
import { actionNames, adminActionJson, apiKeyJson, userJson } from './people-json.ts';
import { type TermsLookup, UnknownTermsError } from './scales.ts';

/** Bitcoin in dollars: a tick is 0.05, a lot 0.0002. The future: a tick is 0.5, a lot 0.01, half a cent for both. */
const SPOT = {
  instrumentId: 7,
  symbol: 'BTCUSD',
  baseAssetId: 2,
  quoteAssetId: 1,
  priceDecimals: 2,
  qtyDecimals: 4,
  tickSize: 5,
  lotSize: 2,
} as InstrumentTerms;
const FUTURE = {
  ...SPOT,
  instrumentId: 9,
  symbol: 'BTCFUT',
  priceDecimals: 1,
  qtyDecimals: 2,
  lotSize: 1,
  valueNumerator: 1,
  valueDenominator: 2,
} as InstrumentTerms;
const LOOKUP: TermsLookup = {
  asset: (assetId) =>
    [
      { assetId: 1, symbol: 'USD', decimals: 2 },
      { assetId: 2, symbol: 'BTC', decimals: 8 },
    ].find((asset) => asset.assetId === assetId),
  instrument: (instrumentId) =>
    [{ terms: SPOT }, { terms: FUTURE }].find(({ terms }) => terms.instrumentId === instrumentId),
};
const SECONDS = Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000;
const AT = { sequence: 90, timeSeconds: SECONDS, timeNanos: 6 };
const AT_JSON = { sequence: 90, time: '2026-01-02T03:04:05.000000006Z' };

const ORDER: OrderRecord = {
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
  side: Side.Buy,
  orderType: OrderType.StopLimit,
  timeInForce: TimeInForce.GoodTillDate,
  orderFlags: OrderFlag.PostOnly,
  priceTicks: 1_300_000,
  stopPriceTicks: 1_299_999,
  expireSeconds: SECONDS + 60,
  qtyLots: 1_000,
  displayQtyLots: 100,
  minQtyLots: 5,
  leavesQtyLots: 900,
  cumQtyLots: 100,
  cumAmountMinor: 130_000,
  feeMinor: -3,
  triggered: 1,
  originalOrderId: 40,
  replacedByOrderId: 0,
  firstTradeId: 1,
  lastTradeId: 2,
  updatedSequence: 91,
  updatedSeconds: SECONDS + 1,
  updatedNanos: 0,
};

test('orderJson: every field that an order has', () => {
  assert.deepEqual(orderJson(LOOKUP, ORDER), {
    ...AT_JSON,
    orderId: 41,
    clientOrderId: 'mine-3',
    clientOrderNumber: 3,
    accountId: 10,
    userId: 1,
    symbol: 'BTCUSD',
    status: 'open',
    side: 'buy',
    type: 'stop-limit',
    timeInForce: 'good-till-date',
    postOnly: true,
    price: '65000.00',
    stopPrice: '64999.95',
    triggered: true,
    expireTime: '2026-01-02T03:05:05Z',
    quantity: '0.2000',
    displayQuantity: '0.0200',
    minQuantity: '0.0010',
    leavesQuantity: '0.1800',
    cumQuantity: '0.0200',
    cumAmount: '1300.00',
    fee: '-0.03',
    originalOrderId: 40,
    updateTime: '2026-01-02T03:04:06.000000000Z',
    updateSequence: 91,
  });
});

test('orderJson: what a rejected market order lacks is absent', () => {
  const order = orderJson(LOOKUP, {
    ...ORDER,
    orderId: 0,
    clientTag: '',
    status: OrderStatus.Rejected,
    rejectCode: RejectCode.INSUFFICIENT_FUNDS,
    orderType: OrderType.Market,
    timeInForce: TimeInForce.ImmediateOrCancel,
    orderFlags: 0,
    priceTicks: 0,
    stopPriceTicks: 0,
    expireSeconds: 0,
    displayQtyLots: 0,
    minQtyLots: 0,
    leavesQtyLots: 0,
    cumQtyLots: 0,
    cumAmountMinor: 0,
    feeMinor: 0,
    triggered: 0,
    originalOrderId: 0,
  });
  assert.deepEqual(order, {
    ...AT_JSON,
    clientOrderNumber: 3,
    accountId: 10,
    userId: 1,
    symbol: 'BTCUSD',
    status: 'rejected',
    rejectCode: 'INSUFFICIENT_FUNDS',
    side: 'buy',
    type: 'market',
    timeInForce: 'immediate-or-cancel',
    postOnly: false,
    quantity: '0.2000',
    leavesQuantity: '0.0000',
    cumQuantity: '0.0000',
    cumAmount: '0.00',
    fee: '0.00',
    updateTime: '2026-01-02T03:04:06.000000000Z',
    updateSequence: 91,
  });
});

test('orderJson: how an order ended, and what replaced it', () => {
  const canceled = orderJson(LOOKUP, {
    ...ORDER,
    status: OrderStatus.Canceled,
    cancelReason: CancelReason.OneCancelsOther,
  });
  assert.deepEqual([canceled.status, canceled.cancelReason], ['canceled', 'one-cancels-other']);
  const replaced = orderJson(LOOKUP, { ...ORDER, status: OrderStatus.Replaced, replacedByOrderId: 44 });
  assert.deepEqual([replaced.status, replaced.replacedByOrderId], ['replaced', 44]);
});

test('orderJson: an instrument that is not known yet is said, not guessed', () => {
  assert.throws(() => orderJson(LOOKUP, { ...ORDER, instrumentId: 8 }), UnknownTermsError);
});

test('fillJson: fees are in the asset that they were paid in', () => {
  const fill = {
    ...AT,
    tradeId: 11,
    accountId: 10,
    userId: 1,
    orderId: 41,
    clientOrderId: 3,
    instrumentId: 7,
    side: Side.Sell,
    isMaker: 1,
    priceTicks: 1_300_001,
    qtyLots: 7,
    amountMinor: 9_100,
    feeMinor: 250,
    feeAssetId: 2,
    leavesQtyLots: 0,
    reportNumber: 5,
    canceledSequence: 0,
  };
  const json = {
    ...AT_JSON,
    tradeId: 11,
    orderId: 41,
    clientOrderNumber: 3,
    accountId: 10,
    userId: 1,
    symbol: 'BTCUSD',
    side: 'sell',
    liquidity: 'maker',
    price: '65000.05',
    quantity: '0.0014',
    amount: '91.00',
    fee: '0.00000250',
    feeAsset: 'BTC',
    leavesQuantity: '0.0000',
    reportNumber: 5,
  };
  assert.deepEqual(fillJson(LOOKUP, fill), json);
  assert.deepEqual(fillJson(LOOKUP, { ...fill, isMaker: 0 }), { ...json, liquidity: 'taker' });
  assert.deepEqual(fillJson(LOOKUP, { ...fill, canceledSequence: 77 }), { ...json, canceledSequence: 77 });
});

const ACCOUNT = {
  accountId: 10,
  balances: [{ assetId: 2, balanceMinor: 250_000_000, heldMinor: 50_000_000, marginMinor: 1 }],
  positions: [{ instrumentId: 9, positionLots: -3, entryValueMinor: 195_001, realisedMinor: -12 }],
  openOrderCount: 0,
  openOrders: [],
};

test('balancesJson: what is available is what is neither held nor margin', () => {
  assert.deepEqual(balancesJson(LOOKUP, ACCOUNT, 100), {
    sequence: 100,
    accountId: 10,
    items: [
      {
        asset: 'BTC',
        total: '2.50000000',
        held: '0.50000000',
        margin: '0.00000001',
        available: '1.99999999',
      },
    ],
  });
});

test('positionsJson: a short position gains when the price falls', () => {
  const position = {
    symbol: 'BTCFUT',
    quantity: '-0.03',
    entryValue: '1950.01',
    realisedProfit: '-0.12',
  };
  assert.deepEqual(positionsJson(LOOKUP, ACCOUNT, 100, () => 0).items, [position]);
  // 129,999 ticks x 3 lots / 2 is 194,998.5 half cents: 194,998 cents.
  assert.deepEqual(positionsJson(LOOKUP, ACCOUNT, 100, () => 129_999).items, [
    { ...position, markPrice: '64999.5', unrealisedProfit: '0.03' },
  ]);
});

test('rows of an account: changes of positions, postings, fees', () => {
  const row = { ...AT, position: 2, accountId: 10, instrumentId: 9 };
  assert.deepEqual(
    positionChangeJson(LOOKUP, { ...row, positionLots: 5, entryValueMinor: 325_000, realisedMinor: 0 }),
    {
      ...AT_JSON,
      symbol: 'BTCFUT',
      accountId: 10,
      quantity: '0.05',
      entryValue: '3250.00',
      realisedProfit: '0.00',
    },
  );
  const posting = { ...row, assetId: 1, kind: PostingKind.RealisedProfit, amountMinor: -5, balanceMinor: 95 };
  assert.deepEqual(postingJson(LOOKUP, posting), {
    ...AT_JSON,
    accountId: 10,
    asset: 'USD',
    symbol: 'BTCFUT',
    kind: 'realised-profit',
    amount: '-0.05',
    balance: '0.95',
  });
  assert.equal('symbol' in postingJson(LOOKUP, { ...posting, instrumentId: 0 }), false);
  assert.deepEqual(dayFeesJson(LOOKUP, { accountId: 10, assetId: 1, daySeconds: SECONDS, feeMinor: 1 }), {
    day: '2026-01-02T03:04:05Z',
    asset: 'USD',
    fee: '0.01',
  });
});

test('candleJson: prices, and sums beyond 2^53', () => {
  const candle = {
    openSeconds: 180,
    openTicks: 5,
    highTicks: 9,
    lowTicks: 2,
    closeTicks: 3,
    trades: 2,
    firstTradeId: 1,
    lastTradeId: 2,
    volumeLots: 2n ** 60n,
    quoteVolumeMinor: 70n,
    takerBuyLots: 5n,
    takerBuyQuoteMinor: 50n,
    isComplete: false,
  };
  assert.deepEqual(candleJson(LOOKUP, SPOT, candle), {
    openTime: '1970-01-01T00:03:00Z',
    open: '0.25',
    high: '0.45',
    low: '0.10',
    close: '0.15',
    volume: '230584300921369.3952',
    quoteVolume: '0.70',
    takerBuyVolume: '0.0010',
    trades: 2,
    isComplete: false,
  });
});

test('tickerJson: change is from the open to the close of the window, in percent to 4 decimals', () => {
  const traded = {
    openTicks: 30_000,
    highTicks: 30_000,
    lowTicks: 29_000,
    closeTicks: 29_999,
    trades: 2,
    firstTradeId: 1,
    lastTradeId: 2,
    volumeLots: 2n ** 60n,
    quoteVolumeMinor: 2n ** 61n,
    takerBuyLots: 0n,
    takerBuyQuoteMinor: 0n,
  };
  const statistics = {
    fromSeconds: SECONDS - 5,
    traded,
    isComplete: false,
    lastPriceTicks: 29_999,
    lastQtyLots: 1,
  };
  assert.deepEqual(
    tickerJson(LOOKUP, SPOT, statistics, undefined, { priceTicks: 30_001, qtyLots: 4, orders: 1 }),
    {
      symbol: 'BTCUSD',
      from: '2026-01-02T03:04:00Z',
      isComplete: false,
      trades: 2,
      open: '1500.00',
      high: '1500.00',
      low: '1450.00',
      last: '1499.95',
      lastQuantity: '0.0002',
      change: '-0.05',
      changePercent: '-0.0033',
      volume: '230584300921369.3952',
      quoteVolume: '23058430092136939.52',
      ask: '1500.05',
      askQuantity: '0.0008',
    },
  );
});

test('tradingStatusJson: an auction says what it would do and when it ends', () => {
  const status = { phase: 3, nextPhase: 4, endSeconds: SECONDS, isSuspended: true } as const;
  const indicative = { priceTicks: 20, qtyLots: 5, surplusQtyLots: 0, surplusSide: 0 } as const;
  assert.deepEqual(tradingStatusJson({ terms: SPOT, status, indicative }), {
    symbol: 'BTCUSD',
    phase: 'opening-auction',
    nextPhase: 'continuous',
    endTime: '2026-01-02T03:04:05Z',
    isSuspended: true,
    indicative: { price: '1.00', quantity: '0.0010', surplus: '0.0000' },
  });
});

test('users, keys and actions of administration', () => {
  const user = {
    userId: 4,
    name: 'root',
    role: Role.Admin,
    accountId: 0,
    isEnabled: true,
    mustChangePassword: false,
  };
  assert.deepEqual(userJson(user), {
    userId: 4,
    name: 'root',
    role: 'admin',
    enabled: true,
    mustChangePassword: false,
  });
  const key = {
    keyId: 8,
    user,
    label: 'bot',
    kind: 1,
    readOnly: true,
    expireSeconds: SECONDS,
    verifier: 'secret',
  };
  assert.deepEqual(apiKeyJson(key), {
    keyId: 8,
    userId: 4,
    label: 'bot',
    kind: 'ed25519',
    readOnly: true,
    expireTime: '2026-01-02T03:04:05Z',
  });
  assert.deepEqual(actionNames(0b101), ['LogIn', 'ViewOwnAccount']);
  const action = {
    ...AT,
    position: 0,
    userId: 4,
    commandType: CommandType.SetPhase,
    instrumentId: 7,
    clientOrderId: 2,
    rejectCode: 0,
    reason: 'lunch',
    commandHex: '',
  };
  const json = { ...AT_JSON, userId: 4, command: 'SetPhase', requestNumber: 2, reason: 'lunch' };
  assert.deepEqual(adminActionJson(LOOKUP, action), { ...json, symbol: 'BTCUSD' });
  assert.deepEqual(
    adminActionJson(LOOKUP, { ...action, instrumentId: 8, rejectCode: RejectCode.UNKNOWN_INSTRUMENT }),
    { ...json, rejectCode: 'UNKNOWN_INSTRUMENT' },
  );
  const deposit = { ...action, commandType: CommandType.Deposit, instrumentId: 0 };
  const hexOf = (requestId: string): string =>
    Buffer.from(encodeCommand({ type: 'Deposit', accountId: 1, requestId })).toString('hex');
  const depositJson = { ...json, command: 'Deposit' };
  assert.deepEqual(adminActionJson(LOOKUP, { ...deposit, commandHex: hexOf('wire-7') }), {
    ...depositJson,
    requestId: 'wire-7',
  });
  assert.deepEqual(adminActionJson(LOOKUP, { ...deposit, commandHex: hexOf('') }), depositJson);
  assert.deepEqual(adminActionJson(LOOKUP, deposit), depositJson);
  const commandHex = Buffer.from(encodeCommand({ type: 'CancelTrade', tradeId: 12 })).toString('hex');
  const cancel = { ...action, commandType: CommandType.CancelTrade, commandHex };
  const cancelJson = { ...json, command: 'CancelTrade', tradeId: 12 };
  assert.deepEqual(adminActionJson(LOOKUP, cancel), { ...cancelJson, symbol: 'BTCUSD' });
  assert.deepEqual(adminActionJson(LOOKUP, { ...cancel, rejectCode: RejectCode.TRADE_CANCELED }), {
    ...cancelJson,
    rejectCode: 'TRADE_CANCELED',
  });
});

test('logEntryJson: commands by their fields, credentials not shown', () => {
  const salt = new Uint8Array(16).fill(1);
  const json = logEntryJson({
    ...AT,
    entry: {
      nodeId: 1,
      epoch: 2,
      entryNo: 3,
      commands: [
        {
          type: 'SetUserPassword',
          flags: 0,
          userId: 4,
          instrumentId: 0,
          clientOrderId: 1,
          targetUserId: 4,
          mustChangePassword: 0,
          salt,
          passwordHash: new Uint8Array(32).fill(1),
          reason: 'mine',
        },
      ],
    },
  });
  assert.deepEqual(json, {
    ...AT_JSON,
    nodeId: 1,
    epoch: 2,
    entryNo: 3,
    commands: [
      {
        type: 'SetUserPassword',
        flags: [],
        userId: 4,
        instrumentId: 0,
        clientOrderId: 1,
        targetUserId: 4,
        mustChangePassword: 0,
        salt: '(not shown)',
        passwordHash: '(not shown)',
        reason: 'mine',
      },
    ],
  });
});
