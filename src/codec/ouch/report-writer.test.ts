import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventInput } from '#codec/log/record-types.ts';
import { CommandType, OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, EventType, TradeFlag } from '#domain/events.ts';
import { Rejects } from '#domain/rejects.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { MARKET_PRICE } from './command-writer.ts';
import { OuchInstruments } from './instruments.ts';
import { decodeOutbound, type OutboundMessage } from './plain.ts';
import { REPORT_BYTES_MAX, ReportSide, ReportWriter } from './report-writer.ts';
import { batchOf, HIVE, HUGE, SATS } from './test-support.ts';

function setUp(): ReportWriter {
  const instruments = new OuchInstruments();
  for (const event of [HIVE, SATS, HUGE]) {
    const { words, from } = batchOf([event]);
    instruments.add(words, from);
  }
  return new ReportWriter(instruments);
}

function bytesOf(event: EventInput, side: ReportSide = ReportSide.Owner): Uint8Array {
  const { words, from } = batchOf([event]);
  const out = new ByteBuffer(REPORT_BYTES_MAX + 7);
  out.u8.fill(0xee);
  const bytes = setUp().write(words, from, side, out, 5);
  assert.ok(out.u8.subarray(0, 5).every((byte) => byte === 0xee));
  assert.ok(out.u8.subarray(5 + bytes).every((byte) => byte === 0xee));
  return out.u8.subarray(5, 5 + bytes);
}

function report(event: EventInput, side: ReportSide = ReportSide.Owner): OutboundMessage {
  return decodeOutbound(bytesOf(event, side));
}

const HEADER = {
  instrumentId: 1,
  sequence: 4_000_000_007,
  timeSeconds: 1_700_000_000, // 22:13:20 UTC
  timeNanos: 5,
  userId: 9,
  reportNumber: 1,
} as const;
const TIMESTAMP = (22 * 3_600 + 13 * 60 + 20) * 1e9 + 5;
const RECEIPT = { logSequence: 4_000_000_007 };

const ACCEPTED: EventInput<'OrderAccepted'> = {
  type: 'OrderAccepted',
  ...HEADER,
  orderId: 2 ** 40 + 1,
  qtyLots: 100,
  clientOrderId: 3,
  accountId: 2,
  priceTicks: 25,
  side: Side.Buy,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.Day,
  clientTag: 'my order',
};
const ACCEPTED_MESSAGE = {
  type: 'OrderAccepted',
  timestamp: TIMESTAMP,
  userRefNum: 3,
  side: 'B',
  quantity: 100,
  symbol: 'HIVE',
  price: 12_500,
  timeInForce: '0',
  display: 'Y',
  orderReferenceNumber: 2 ** 40 + 1,
  capacity: 'O',
  interMarketSweep: 'N',
  crossType: 'N',
  orderState: 'L',
  clOrdId: 'my order',
  options: RECEIPT,
};

test('OrderAccepted -> Order Accepted: every field', () => {
  assert.deepEqual(report(ACCEPTED), ACCEPTED_MESSAGE);
});

test('OrderAccepted -> Order Accepted: order types, times in force and options', () => {
  const cases: [Partial<typeof ACCEPTED>, object][] = [
    [{ side: Side.Sell }, { side: 'S' }],
    [{ timeInForce: TimeInForce.ImmediateOrCancel }, { timeInForce: '3' }],
    [{ timeInForce: TimeInForce.GoodTillCancel }, { options: { timeInForce: '1', ...RECEIPT } }],
    [
      { timeInForce: TimeInForce.FillOrKill },
      { timeInForce: '3', options: { timeInForce: '4', ...RECEIPT } },
    ],
    [
      { timeInForce: TimeInForce.GoodTillDate, expireSeconds: 1_800_000_000 },
      { timeInForce: '6', options: { timeInForce: '6', expireSeconds: 1_800_000_000, ...RECEIPT } },
    ],
    [
      { orderType: OrderType.Market, priceTicks: 30 },
      { price: MARKET_PRICE, options: { orderType: 'M', ...RECEIPT } },
    ],
    [
      { orderType: OrderType.Stop, priceTicks: 0, stopPriceTicks: 30 },
      { price: MARKET_PRICE, options: { orderType: 'S', stopPrice: 15_000, ...RECEIPT } },
    ],
    [
      { orderType: OrderType.StopLimit, stopPriceTicks: 30 },
      { options: { orderType: 'T', stopPrice: 15_000, ...RECEIPT } },
    ],
    [
      { displayQtyLots: 10, minQtyLots: 20, orderFlags: OrderFlag.PostOnly, ocoClientOrderId: 2 },
      { options: { maxFloor: 10, postOnly: 'P', ocoUserRefNum: 2, minQty: 20, ...RECEIPT } },
    ],
    [
      { instrumentId: 2, priceTicks: 7 },
      { symbol: 'SATSLONG', price: 70 },
    ],
    [{ clientTag: 'sixteen letters!' }, { clOrdId: 'sixteen letter' }],
    [{ clientTag: '' }, { clOrdId: '' }],
  ];
  for (const [difference, expected] of cases) {
    assert.deepEqual(report({ ...ACCEPTED, ...difference }), { ...ACCEPTED_MESSAGE, ...expected });
  }
});

test('orders entered at another door in an instrument that does not fit: fields saturate', () => {
  const { quantity, price, symbol } = report({
    ...ACCEPTED,
    instrumentId: 3,
    qtyLots: 2 ** 40,
  }) as typeof ACCEPTED_MESSAGE;
  assert.deepEqual({ quantity, price, symbol }, { quantity: 2 ** 32 - 1, price: 12_500, symbol: 'HUGE' });
});

test('OrderReplaced -> Order Replaced: what is open, the terms, and whether priority was kept', () => {
  const { type: _, ...terms } = ACCEPTED;
  const event: EventInput<'OrderReplaced'> = {
    ...terms,
    type: 'OrderReplaced',
    cumQtyLots: 40,
    originalOrderId: 8,
    originalClientOrderId: 2,
    keepsPriority: 1,
    displayQtyLots: 10,
  };
  const { type: __, ...message } = ACCEPTED_MESSAGE;
  assert.deepEqual(report(event), {
    ...message,
    type: 'OrderReplaced',
    origUserRefNum: 2,
    quantity: 60,
    options: { maxFloor: 10, cumQuantity: 40, keepsPriority: 1, ...RECEIPT },
  });
  assert.deepEqual(report({ ...event, cumQtyLots: 0, keepsPriority: 0 }).options, {
    maxFloor: 10,
    keepsPriority: 0,
    ...RECEIPT,
  });
});

test('OrderCanceled -> Order Canceled: a letter for every reason', () => {
  const letters = Object.entries(CancelReason).map(([name, reason]) => {
    const message = report({
      type: 'OrderCanceled',
      ...HEADER,
      orderId: 1,
      canceledQtyLots: 70,
      leavesQtyLots: 30,
      clientOrderId: 3,
      priceTicks: 25,
      side: Side.Sell,
      reason,
    });
    assert.deepEqual(message, {
      type: 'OrderCanceled',
      timestamp: TIMESTAMP,
      userRefNum: 3,
      quantity: 70,
      reason: (message as { reason: string }).reason,
      options: { cancelReason: reason, openQuantity: 30, ...RECEIPT },
    });
    return `${name} ${(message as { reason: string }).reason}`;
  });
  assert.deepEqual(letters, [
    'Requested U',
    'ImmediateOrCancel I',
    'FillOrKill I',
    'MinimumQuantity I',
    'PostOnlyWouldTrade G',
    'MarketRemainder I',
    'SelfTrade Q',
    'Expired T',
    'EndOfDay E',
    'MassCancel U',
    'Disconnected Z',
    'KillSwitch S',
    'OneCancelsOther Z',
    'PriceBand K',
    'BookLimit Z',
    'TriggerRefused Z',
    'UserDisabled S',
  ]);
});

test('Trade -> Order Executed, for each side', () => {
  const trade: EventInput<'Trade'> = {
    type: 'Trade',
    ...HEADER,
    userId: 0,
    reportNumber: 0,
    tradeId: 77,
    qtyLots: 60,
    amountMinor: 7_500,
    priceTicks: 25,
    aggressorSide: Side.Buy,
    makerClientOrderId: 3,
    makerLeavesQtyLots: 40,
    makerFeeMinor: 1,
    makerUserId: 9,
    makerReportNumber: 5,
    takerClientOrderId: 4,
    takerLeavesQtyLots: 0,
    takerFeeMinor: 2,
    takerUserId: 8,
    takerReportNumber: 6,
  };
  const base = { type: 'OrderExecuted', timestamp: TIMESTAMP, quantity: 60, price: 12_500, matchNumber: 77 };
  const maker = { userRefNum: 3, options: { openQuantity: 40, feeMinor: 1, ...RECEIPT } };
  const taker = { userRefNum: 4, options: { openQuantity: 0, feeMinor: 2, ...RECEIPT } };
  assert.deepEqual(report(trade, ReportSide.Maker), { ...base, ...maker, liquidityFlag: 'A' });
  assert.deepEqual(report(trade, ReportSide.Taker), { ...base, ...taker, liquidityFlag: 'R' });
  const uncross = { ...trade, tradeFlags: TradeFlag.Auction };
  assert.deepEqual(report(uncross, ReportSide.Maker), { ...base, ...maker, liquidityFlag: 'C' });
  assert.deepEqual(report(uncross, ReportSide.Taker), { ...base, ...taker, liquidityFlag: 'C' });
});

test('FillCanceled -> Broken Trade: supervisory, without a ClOrdID, and what is paid back of the fee', () => {
  const event: EventInput<'FillCanceled'> = {
    type: 'FillCanceled',
    ...HEADER,
    tradeId: 2 ** 40 + 77,
    orderId: 5,
    qtyLots: 60,
    amountMinor: 7_500,
    feeMinor: 2,
    fillReportNumber: 6,
    clientOrderId: 3,
    accountId: 2,
    priceTicks: 25,
    side: Side.Sell,
  };
  assert.deepEqual(report(event), {
    type: 'BrokenTrade',
    timestamp: TIMESTAMP,
    userRefNum: 3,
    matchNumber: 2 ** 40 + 77,
    reason: 'S',
    clOrdId: '',
    options: { feeMinor: 2, ...RECEIPT },
  });
  assert.equal(
    Buffer.from(bytesOf(event)).toString('hex'),
    [
      '42',
      '000048c273950005',
      '00000003',
      '000001000000004d',
      '53',
      '20'.repeat(14),
      '0014',
      '09d30000000000000002',
      '09d000000000ee6b2807',
    ].join(''),
  );
});

test('CommandRejected -> Rejected, of a cancel -> Cancel Reject: every reject code', () => {
  for (const [name, { code }] of Object.entries(Rejects)) {
    const event: EventInput<'CommandRejected'> = {
      type: 'CommandRejected',
      ...HEADER,
      commandType: CommandType.NewOrder,
      rejectCode: code,
      clientOrderId: 3,
      clientTag: 'my order',
    };
    const rejected = {
      type: 'Rejected',
      timestamp: TIMESTAMP,
      userRefNum: 3,
      reason: code,
      clOrdId: 'my order',
      options: { rejectName: name, ...RECEIPT },
    };
    assert.deepEqual(report(event), rejected);
    assert.deepEqual(report({ ...event, commandType: CommandType.ReplaceOrder }), rejected);
    assert.deepEqual(report({ ...event, commandType: CommandType.MassCancel }), rejected);
    assert.deepEqual(report({ ...event, commandType: CommandType.CancelOrder }), {
      type: 'CancelReject',
      timestamp: TIMESTAMP,
      userRefNum: 3,
      options: { rejectCode: code, rejectName: name, ...RECEIPT },
    });
  }
});

test('CommandRejected with a code of a newer build: the number without a name', () => {
  const message = report({
    type: 'CommandRejected',
    ...HEADER,
    commandType: CommandType.NewOrder,
    rejectCode: 65_535,
    clientOrderId: 3,
  });
  assert.equal((message as { reason: number }).reason, 65_535);
  assert.deepEqual(message.options, RECEIPT);
});

test('OrderTriggered -> Order Restated; MassCancelDone -> Mass Cancel Response; others -> Venue Event', () => {
  assert.deepEqual(report({ type: 'OrderTriggered', ...HEADER, orderId: 1, clientOrderId: 3 }), {
    type: 'OrderRestated',
    timestamp: TIMESTAMP,
    userRefNum: 3,
    reason: 'T',
    options: RECEIPT,
  });
  const done: EventInput<'MassCancelDone'> = {
    type: 'MassCancelDone',
    ...HEADER,
    canceledOrders: 7,
    clientOrderId: 4,
  };
  const response = {
    type: 'MassCancelResponse',
    timestamp: TIMESTAMP,
    userRefNum: 4,
    firm: '',
    symbol: 'HIVE',
    options: { canceledOrders: 7, ...RECEIPT },
  };
  assert.deepEqual(report(done), response);
  assert.deepEqual(report({ ...done, instrumentId: 0 }), { ...response, symbol: '' });
  for (const type of [
    'SessionOpened',
    'SessionClosed',
    'KillSwitchSet',
    'CommandAccepted',
    'LedgerPosted',
  ] as const) {
    assert.deepEqual(report({ type, ...HEADER }), {
      type: 'VenueEvent',
      timestamp: TIMESTAMP,
      eventType: EventType[type],
      options: RECEIPT,
    });
  }
});

test('the longest reports fit', () => {
  const everything = {
    orderType: OrderType.StopLimit,
    timeInForce: TimeInForce.GoodTillDate,
    displayQtyLots: 1,
    minQtyLots: 1,
    orderFlags: OrderFlag.PostOnly,
    stopPriceTicks: 1,
    expireSeconds: 1,
    ocoClientOrderId: 1,
    cumQtyLots: 1,
  };
  const { type: _, ...terms } = ACCEPTED;
  const longest = [
    bytesOf({ ...ACCEPTED, ...everything }),
    bytesOf({ ...terms, ...everything, type: 'OrderReplaced' }),
    ...Object.values(Rejects).map(({ code }) =>
      bytesOf({ type: 'CommandRejected', ...HEADER, commandType: 1, rejectCode: code }),
    ),
  ].map((bytes) => bytes.length);
  assert.equal(Math.max(...longest), 124);
});
