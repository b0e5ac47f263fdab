import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInput } from '#codec/log/record-types.ts';
import { type Column, cellsOf } from '#projections/order-records/columns.ts';
import { csvLine } from '#projections/order-records/csv.ts';
import { OrderEvent } from '#projections/order-records/order-record.ts';
import { inColumns, playRecords } from './test-records.ts';

/** What most tests look at: event, order, the order that it replaced, side, limit, total, remaining, displayed and traded quantity, liquidity, status, reason. */
const LIFE: readonly Column[] = [
  'f21_event',
  'f20_order',
  'replaced_order',
  'f32_side',
  'f24_limit_price',
  'f36_initial_quantity',
  'f37_remaining_quantity',
  'f38_displayed_quantity',
  'f39_traded_quantity',
  'f44_passive_aggressive',
  'f33_status',
  'reason',
];

const CODES = [
  'member,1,5493001KJTIIGC8Y1R12',
  'member,user-4,529900T8BM49AURSDO55',
  'client,10,529900T8BM49AURSDO55',
  'algorithm,11,ALGO11',
  'person,12,FR19800101JEAN#DUBOI',
  'broker,13,5493001KJTIIGC8Y1R12',
].join('\n');
const INSTRUMENTS =
  'symbol,isin,mic,currency,notation,quantity_notation\nCOIN,US0378331005,XOFF,USD,MONE,UNIT\n';

const NO_ROWS = Object.fromEntries(Object.values(OrderEvent).map((event) => [event, 0]));

const BUY = {
  type: 'NewOrder',
  userId: 1,
  instrumentId: 1,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  priceTicks: 90,
  qtyLots: 2,
} as const satisfies CommandInput;

test('order records: every cell of a new order, of a partial fill and of a fill', () => {
  const { rows } = playRecords(
    [
      'bob 1 sell 5@100 show 2 post-only',
      { ...BUY, clientOrderId: 1, timeInForce: 1, priceTicks: 101, tradingCapacity: 1, clientCode: 10 },
      'time 1700000000',
      'alice 2 buy 3@90 gtd 1700000060',
    ],
    { codes: CODES, instruments: INSTRUMENTS, coin: { qtyDecimals: 3, lotSize: 5, priceDecimals: 1 } },
  );
  assert.deepEqual(
    rows.map((row) => csvLine(cellsOf(row))),
    [
      '2,,,,,,,,,,1970-01-01T00:01:40.000001001Z,GTCV,,,1970-01-01T00:01:40.000001001Z,,100100000001,XOFF,COIN,US0378331005,1970-01-01,1,NEWO,limit,LMTO,10.0,,,,,USD,,MONE,SELL,ACTI,UNIT,,0.025,0.025,0.010,,,,,true,,true,,,,continuous,,,1001,1,,\r\n',
      '5493001KJTIIGC8Y1R12,false,529900T8BM49AURSDO55,,,,,,DEAL,false,1970-01-01T00:01:40.000001002Z,DAVY,,1970-01-01T23:59:59.999999999Z,1970-01-01T00:01:40.000001002Z,,100200000001,XOFF,COIN,US0378331005,1970-01-01,2,NEWO,limit,LMTO,10.1,,,,,USD,,MONE,BUYI,ACTI,UNIT,,0.010,0.010,0.010,,,,,false,,true,,,,continuous,,,1002,1,,\r\n',
      '2,,,,,,,,,,1970-01-01T00:01:40.000001002Z,GTCV,,,1970-01-01T00:01:40.000001002Z,,100200000002,XOFF,COIN,US0378331005,1970-01-01,1,PARF,limit,LMTO,10.0,,,,10.0,USD,,MONE,SELL,ACTI,UNIT,,0.025,0.015,0.010,0.010,,,,true,PASV,true,,,1,continuous,,,1002,1,,\r\n',
      '5493001KJTIIGC8Y1R12,false,529900T8BM49AURSDO55,,,,,,DEAL,false,1970-01-01T00:01:40.000001002Z,DAVY,,1970-01-01T23:59:59.999999999Z,1970-01-01T00:01:40.000001002Z,,100200000003,XOFF,COIN,US0378331005,1970-01-01,2,FILL,limit,LMTO,10.1,,,,10.0,USD,,MONE,BUYI,,UNIT,,0.010,0.000,0.000,0.010,,,,false,AGRE,true,,,1,continuous,,,1002,1,,\r\n',
      '5493001KJTIIGC8Y1R12,,,,,,,,,,2023-11-14T22:13:20.000001003Z,GTSV,,2023-11-14T22:14:20.000000000Z,2023-11-14T22:13:20.000001003Z,,100300000001,XOFF,COIN,US0378331005,2023-11-14,3,NEWO,limit,LMTO,9.0,,,,,USD,,MONE,BUYI,ACTI,UNIT,,0.015,0.015,0.015,,,,,false,,true,,,,continuous,,,1003,2,,\r\n',
    ],
  );
});

test('order records: a replace keeps or loses its place, and the time that it counts from; a smaller total keeps it', () => {
  const { rows } = playRecords(`
    alice 2 buy 3@99 day
    alice replace 2 -> 3 2@99
    alice replace 3 -> 4 4@98
    alice cancel 4 to 3
    alice cancel 4
  `);
  assert.deepEqual(inColumns(rows, LIFE), [
    'NEWO | 1 |  | BUYI | 0.99 | 3 | 3 | 3 |  |  | ACTI | ',
    'REME | 2 | 1 | BUYI | 0.99 | 2 | 2 | 2 |  |  | ACTI | priority-kept',
    'REME | 3 | 2 | BUYI | 0.98 | 4 | 4 | 4 |  |  | ACTI | priority-lost',
    'REME | 3 |  | BUYI | 0.98 | 3 | 3 | 3 |  |  | ACTI | requested',
    'CAME | 3 |  | BUYI | 0.98 | 3 | 0 | 0 |  |  |  | requested',
  ]);
  assert.deepEqual(inColumns(rows, ['f13_priority_time']), [
    '1970-01-01T00:01:40.000001001Z',
    '1970-01-01T00:01:40.000001001Z',
    '1970-01-01T00:01:40.000001003Z',
    '1970-01-01T00:01:40.000001003Z',
    '1970-01-01T00:01:40.000001003Z',
  ]);
});

test('order records: fields 1 to 8 are those of the order, until a replace says them anew', () => {
  const { rows, writer } = playRecords(
    [
      {
        ...BUY,
        clientOrderId: 1,
        tradingCapacity: 3,
        regulatoryFlags: 15,
        clientCode: 10,
        investmentDecisionCode: 11,
        executionDecisionCode: 12,
        nonExecutingBrokerCode: 13,
      },
      'alice replace 1 -> 2 1@90',
      {
        type: 'ReplaceOrder',
        userId: 1,
        originalClientOrderId: 2,
        clientOrderId: 3,
        priceTicks: 90,
        qtyLots: 1,
        tradingCapacity: 1,
        executionDecisionCode: 12,
      },
      { ...BUY, clientOrderId: 4, tradingCapacity: 2, clientCode: 1, executionDecisionCode: 3 },
      { ...BUY, clientOrderId: 5, clientCode: 2, investmentDecisionCode: 11 },
      // Reserved codes of which the annex knows nothing.
      {
        ...BUY,
        userId: 4,
        clientOrderId: 6,
        clientCode: 3,
        investmentDecisionCode: 1,
        executionDecisionCode: 2,
      },
      { ...BUY, clientOrderId: 7, regulatoryFlags: 2 },
      { ...BUY, clientOrderId: 8 },
      { ...BUY, clientOrderId: 9, tradingCapacity: 9, clientCode: 4_294_967_295 },
    ],
    { codes: CODES },
  );
  const columns: readonly Column[] = [
    'f21_event',
    'f01_member',
    'f02_dea',
    'f03_client',
    'f04_investment_decision',
    'f04_decided_by',
    'f05_execution_decision',
    'f05_decided_by',
    'f06_broker',
    'f07_capacity',
    'f08_liquidity_provision',
  ];
  const [alice, erin] = ['5493001KJTIIGC8Y1R12', '529900T8BM49AURSDO55'];
  assert.deepEqual(inColumns(rows, columns), [
    `NEWO | ${alice} | true | ${erin} | ALGO11 | algorithm | 12 | algorithm | ${alice} | AOTC | true`,
    `REME | ${alice} | true | ${erin} | ALGO11 | algorithm | 12 | algorithm | ${alice} | AOTC | true`,
    `REME | ${alice} | false |  |  |  | FR19800101JEAN#DUBOI | person |  | DEAL | false`,
    `NEWO | ${alice} | false | AGGR |  |  | NORE |  |  | MTCH | false`,
    `NEWO | ${alice} | false | PNAL | 11 | person |  |  |  |  | false`,
    `NEWO | ${erin} | false | 3 | 1 |  | 2 |  |  |  | false`,
    `NEWO | ${alice} | false |  |  |  |  |  |  |  | true`,
    `NEWO | ${alice} |  |  |  |  |  |  |  |  | `,
    `REMO | ${alice} | false | 4294967295 |  |  |  |  |  |  | false`,
  ]);
  assert.deepEqual(writer.counts, {
    rows: 9,
    rowsByEvent: { ...NO_ROWS, NEWO: 6, REME: 2, REMO: 1 },
    codesWithoutIdentification: { member: 0, client: 2, person: 3, algorithm: 2, broker: 0 },
    rowsOfOrdersBefore: 0,
    rowsWithoutRegulatoryFields: 1,
    symbolsWithoutReference: ['COIN'],
  });
});

test('order records: a cancel is the member’s own where the member asked, else the venue’s', () => {
  const { rows } = playRecords(`
    alice 1 buy 1@90
    alice mass-cancel
    alice 2 buy 1@90
    dave mass-cancel
    alice 3 buy 1@90
    operator mass-cancel account 1
    alice 4 buy 1@90
    raw {"type":"CancelOrdersOfOthers","userId":12,"accountId":1,"reason":"why"}
    alice 5 buy 1@90
    kill account alice cancel
    revive account alice
    alice connect cancel-on-disconnect
    alice 6 buy 1@90
    alice disconnect
    alice 7 buy 1@90
    raw {"type":"SetUserEnabled","targetUserId":1,"enabled":0,"cancelOrders":1}
  `);
  const canceled = rows.filter((row) => row.f21_event !== 'NEWO');
  assert.deepEqual(inColumns(canceled, ['f21_event', 'f20_order', 'reason']), [
    'CAME | 1 | mass-cancel',
    'CAME | 2 | mass-cancel',
    'CAMO | 3 | mass-cancel',
    'CAMO | 4 | mass-cancel',
    'CAMO | 5 | kill-switch',
    'CAMO | 6 | disconnected',
    'CAMO | 7 | user-disabled',
  ]);
});

test('order records: orders expire by their date, at the end of the day, and where they may not rest', () => {
  const { rows } = playRecords(`
    alice 1 buy 1@90 gtd 150
    alice 2 buy 1@91 day
    bob 1 sell 5@100
    carol 1 buy 2@99 fok
    carol 2 buy 7@100 min 6
    carol 3 buy 1@100 post-only
    carol 4 buy 6@100 ioc
    carol 5 buy 9
    bob 2 sell 5@100
    carol 6 buy 9
    time 150
    tick
    phase Closed
  `);
  const columns: readonly Column[] = [
    'f21_event',
    'f20_order',
    'f10_validity',
    'f37_remaining_quantity',
    'reason',
  ];
  const ended = rows.filter((row) => row.f21_event !== 'NEWO');
  assert.deepEqual(inColumns(ended, columns), [
    'EXPI | 4 | FOKV | 0 | fill-or-kill',
    'CAMO | 5 | GTCV | 0 | minimum-quantity',
    'CAMO | 6 | GTCV | 0 | post-only-would-trade',
    'FILL | 3 | GTCV | 0 | ',
    'PARF | 7 | IOCV | 1 | ',
    'EXPI | 7 | IOCV | 0 | immediate-or-cancel',
    'EXPI | 8 | IOCV | 0 | market-remainder',
    'FILL | 9 | GTCV | 0 | ',
    'PARF | 10 | IOCV | 4 | ',
    'EXPI | 10 | IOCV | 0 | market-remainder',
    'EXPI | 1 | GTSV | 0 | expired',
    'EXPI | 2 | DAVY | 0 | end-of-day',
  ]);
  assert.equal(rows.find((row) => row.f20_order === '5')?.f40_minimum_acceptable_quantity, '6');
});

test('order records: a stop waits inactive, is triggered, and then is an order like others', () => {
  const { rows } = playRecords(`
    bob 1 sell 5@100
    carol 1 buy 4 stop 100
    carol 2 buy 2@99 stop 100
    carol replace 2 -> 3 3@98 stop 100
    alice 1 buy 1@100
  `);
  assert.deepEqual(inColumns(rows, [...LIFE, 'f22_order_type', 'f23_order_class', 'f26_stop_price']), [
    'NEWO | 1 |  | SELL | 1.00 | 5 | 5 | 5 |  |  | ACTI |  | limit | LMTO | ',
    'NEWO | 2 |  | BUYI |  | 4 | 4 | 0 |  |  | INAC |  | stop | STOP | 1.00',
    'NEWO | 3 |  | BUYI | 0.99 | 2 | 2 | 0 |  |  | INAC |  | stop-limit | STOP | 1.00',
    'REME | 4 | 3 | BUYI | 0.98 | 3 | 3 | 0 |  |  | INAC | priority-lost | stop-limit | STOP | 1.00',
    'NEWO | 5 |  | BUYI | 1.00 | 1 | 1 | 1 |  |  | ACTI |  | limit | LMTO | ',
    'PARF | 1 |  | SELL | 1.00 | 5 | 4 | 4 | 1 | PASV | ACTI |  | limit | LMTO | ',
    'FILL | 5 |  | BUYI | 1.00 | 1 | 0 | 0 | 1 | AGRE |  |  | limit | LMTO | ',
    'TRIG | 2 |  | BUYI |  | 4 | 4 | 0 |  |  | ACTI |  | stop | STOP | 1.00',
    'FILL | 1 |  | SELL | 1.00 | 5 | 0 | 0 | 4 | PASV |  |  | limit | LMTO | ',
    'FILL | 2 |  | BUYI |  | 4 | 0 | 0 | 4 | AGRE |  |  | stop | STOP | 1.00',
    'TRIG | 4 |  | BUYI | 0.98 | 3 | 3 | 3 |  |  | ACTI |  | stop-limit | STOP | 1.00',
  ]);
});

test('order records: what is refused has a code of its own, and what was asked for', () => {
  const { rows } = playRecords([
    'bob 1 sell 5@100',
    'bob 1 sell 5@100',
    { ...BUY, userId: 99, clientOrderId: 1 },
    { ...BUY, instrumentId: 77, clientOrderId: 1 },
    {
      ...{ ...BUY, clientOrderId: 2, side: 9, orderType: 8, timeInForce: 7, orderFlags: 255 },
      ...{ priceTicks: -100, qtyLots: -1, displayQtyLots: -2, minQtyLots: -3 },
    },
    'bob replace 1 -> 3 9@-4',
    'bob replace 8 -> 4 9@100',
    'bob cancel 77',
    ['carol 1 buy 1@100', 'carol 1 buy 2@100', 'carol replace 1 -> 2 1@99', 'carol 3 buy 1@98'],
  ]);
  assert.deepEqual(inColumns(rows, ['f01_member', 'f17_order_book', ...LIFE, 'client_order']), [
    '2 | COIN | NEWO | 1 |  | SELL | 1.00 | 5 | 5 | 5 |  |  | ACTI |  | 1',
    '2 | COIN | REMO | R100200000001 |  | SELL | 1.00 | 5 | 5 | 5 |  |  |  | DUPLICATE_CLIENT_ORDER_ID | 1',
    'user-99 | COIN | REMO | R100300000001 |  | BUYI | 0.90 | 2 | 2 | 2 |  |  |  | UNKNOWN_USER | 1',
    '1 |  | REMO | R100400000001 |  | BUYI |  |  |  |  |  |  |  | UNKNOWN_INSTRUMENT | 1',
    '1 | COIN | REMO | R100500000001 |  |  | -1.00 | -1 | -1 | -2 |  |  |  | INVALID_SIDE | 2',
    '2 | COIN | REMO | R100600000001 | 1 | SELL | -0.04 | 9 | 9 | 9 |  |  |  | INVALID_PRICE | 3',
    '2 |  | REMO | R100700000001 |  |  |  |  |  |  |  |  |  | UNKNOWN_ORDER | 4',
    '3 | COIN | NEWO | 2 |  | BUYI | 1.00 | 1 | 1 | 1 |  |  | ACTI |  | 1',
    '2 | COIN | PARF | 1 |  | SELL | 1.00 | 5 | 4 | 4 | 1 | PASV | ACTI |  | 1',
    '3 | COIN | FILL | 2 |  | BUYI | 1.00 | 1 | 0 | 0 | 1 | AGRE |  |  | 1',
    '3 | COIN | REMO | R100900000004 |  | BUYI | 1.00 | 2 | 2 | 2 |  |  |  | DUPLICATE_CLIENT_ORDER_ID | 1',
    '3 |  | REMO | R100900000005 |  |  |  |  |  |  |  |  |  | UNKNOWN_ORDER | 2',
    '3 | COIN | NEWO | 3 |  | BUYI | 0.98 | 1 | 1 | 1 |  |  | ACTI |  | 3',
  ]);
});

test('order records: an uncross has neither a passive nor an aggressive side; its indicative stands in rows of the auction', () => {
  const { rows } = playRecords(`
    phase OpeningAuction
    bob 1 sell 5@100
    alice 1 buy 3@101
    time 101
    tick
    carol 1 buy 1@99
    phase Continuous
    carol 2 buy 1@98
  `);
  const columns: readonly Column[] = [
    ...LIFE,
    'f28_transaction_price',
    'f49_phase',
    'f50_indicative_price',
    'f51_indicative_volume',
  ];
  assert.deepEqual(inColumns(rows, columns), [
    'NEWO | 1 |  | SELL | 1.00 | 5 | 5 | 5 |  |  | ACTI |  |  | opening-auction |  | ',
    'NEWO | 2 |  | BUYI | 1.01 | 3 | 3 | 3 |  |  | ACTI |  |  | opening-auction |  | ',
    'NEWO | 3 |  | BUYI | 0.99 | 1 | 1 | 1 |  |  | ACTI |  |  | opening-auction | 1.00 | 3',
    'FILL | 2 |  | BUYI | 1.01 | 3 | 0 | 0 | 3 |  |  |  | 1.00 | opening-auction | 1.00 | 3',
    'PARF | 1 |  | SELL | 1.00 | 5 | 2 | 2 | 3 |  | ACTI |  | 1.00 | opening-auction | 1.00 | 3',
    'NEWO | 4 |  | BUYI | 0.98 | 1 | 1 | 1 |  |  | ACTI |  |  | continuous |  | ',
  ]);
});

test('order records: in a halt an order that stands is inactive', () => {
  const { rows } = playRecords(`
    alice 1 buy 3@101
    phase Halted
    alice cancel 1 to 2
    alice 2 buy 3@101
  `);
  assert.deepEqual(inColumns(rows, ['f21_event', 'f33_status', 'f49_phase', 'reason']), [
    'NEWO | ACTI | continuous | ',
    'REME | INAC | halted | requested',
    'REMO |  | halted | PHASE',
  ]);
});

test('order records: self-trade prevention cancels by the venue, and lowers by the venue', () => {
  const { rows } = playRecords(`
    alice 1 sell 5@100
    alice 2 buy 2@100 stp newest
    alice 3 buy 2@100 stp decrement
    alice 4 buy 1@100 stp oldest
    alice 5 sell 2@100 stp both
  `);
  const prevented = rows.filter((row) => row.f21_event !== 'NEWO');
  assert.deepEqual(inColumns(prevented, LIFE), [
    'CAMO | 2 |  | BUYI | 1.00 | 2 | 0 | 0 |  |  |  | self-trade',
    'REMA | 1 |  | SELL | 1.00 | 3 | 3 | 3 |  |  | ACTI | self-trade',
    'CAMO | 3 |  | BUYI | 1.00 | 2 | 0 | 0 |  |  |  | self-trade',
    'CAMO | 1 |  | SELL | 1.00 | 3 | 0 | 0 |  |  |  | self-trade',
    'CAMO | 4 |  | BUYI | 1.00 | 1 | 0 | 0 |  |  |  | self-trade',
    'CAMO | 5 |  | SELL | 1.00 | 2 | 0 | 0 |  |  |  | self-trade',
  ]);
});

test('order records: an iceberg shows its next slice; the other order of a pair is the venue’s to cancel', () => {
  const { rows } = playRecords(`
    bob 1 sell 10@100 show 3
    alice 1 buy 4@100
    bob 2 buy 1@90
    bob 3 sell 1@110 oco 2
    alice 2 buy 7@110
  `);
  const ofBob = rows.filter((row) => row.f01_member === '2');
  assert.deepEqual(inColumns(ofBob, LIFE), [
    'NEWO | 1 |  | SELL | 1.00 | 10 | 10 | 3 |  |  | ACTI | ',
    'PARF | 1 |  | SELL | 1.00 | 10 | 7 | 3 | 3 | PASV | ACTI | ',
    'PARF | 1 |  | SELL | 1.00 | 10 | 6 | 2 | 1 | PASV | ACTI | ',
    'NEWO | 3 |  | BUYI | 0.90 | 1 | 1 | 1 |  |  | ACTI | ',
    'NEWO | 4 |  | SELL | 1.10 | 1 | 1 | 1 |  |  | ACTI | ',
    'PARF | 1 |  | SELL | 1.00 | 10 | 4 | 3 | 2 | PASV | ACTI | ',
    'PARF | 1 |  | SELL | 1.00 | 10 | 1 | 1 | 3 | PASV | ACTI | ',
    'FILL | 1 |  | SELL | 1.00 | 10 | 0 | 0 | 1 | PASV |  | ',
    'FILL | 4 |  | SELL | 1.10 | 1 | 0 | 0 | 1 | PASV |  | ',
    'CAMO | 3 |  | BUYI | 0.90 | 1 | 0 | 0 |  |  |  | one-cancels-other',
  ]);
});

test('order records: a trade that is taken back is a row of each side, whether its order lives or not', () => {
  const { rows, writer } = playRecords([
    'bob 1 sell 5@100',
    'alice 1 buy 2@100',
    {
      ...{ type: 'CancelTrade', userId: 13, instrumentId: 1, tradeId: 1, qtyLots: 2, priceTicks: 100 },
      ...{ buyerOrderId: 2, buyerReportNumber: 2, buyerUserId: 1, buyerAccountId: 1, buyerClientOrderId: 1 },
      ...{ sellerOrderId: 1, sellerReportNumber: 2, sellerUserId: 2, sellerAccountId: 2 },
      ...{ sellerClientOrderId: 1, reason: 'CASE-1' },
    } as CommandInput,
  ]);
  const columns: readonly Column[] = [
    ...LIFE,
    'f28_transaction_price',
    'f48_transaction',
    'f22_order_type',
    'f43_passive_only',
  ];
  assert.deepEqual(inColumns(rows.slice(-2), columns), [
    'CHMO | 2 |  | BUYI |  |  |  |  | 2 |  |  | trade-canceled | 1.00 | 1 |  | ',
    'CHMO | 1 |  | SELL | 1.00 | 5 | 3 | 3 | 2 |  | ACTI | trade-canceled | 1.00 | 1 | limit | false',
  ]);
  assert.equal(writer.counts.rowsOfOrdersBefore, 0);
});

test('order records: what is left of an order that comes shows in the book, unless it may not rest', () => {
  const { rows } = playRecords(`
    bob 1 sell 2@100
    alice 1 buy 5@100
    bob 2 sell 2@101
    carol 1 buy 10@101 show 4
    erin 1 sell 2@102
    carol 2 buy 3@102 ioc
    alice 2 sell 1@103
    alice 3 buy 3@103 stp decrement
  `);
  const left = rows.filter((row) => ['PARF', 'REMA', 'EXPI'].includes(row.f21_event ?? ''));
  assert.deepEqual(inColumns(left, LIFE), [
    'PARF | 2 |  | BUYI | 1.00 | 5 | 3 | 3 | 2 | AGRE | ACTI | ',
    'PARF | 4 |  | BUYI | 1.01 | 10 | 8 | 4 | 2 | AGRE | ACTI | ',
    'PARF | 6 |  | BUYI | 1.02 | 3 | 1 | 0 | 2 | AGRE | ACTI | ',
    'EXPI | 6 |  | BUYI | 1.02 | 3 | 0 | 0 |  |  |  | immediate-or-cancel',
    'REMA | 8 |  | BUYI | 1.03 | 2 | 2 | 2 |  |  | ACTI | self-trade',
  ]);
});

test('order records: an auction that ended without an uncross leaves no indicative to the next one', () => {
  const { rows } = playRecords(`
    phase OpeningAuction
    bob 1 sell 5@100
    alice 1 buy 3@101
    time 101
    tick
    phase Halted
    phase OpeningAuction
    carol 1 buy 1@90
  `);
  assert.deepEqual(
    inColumns(rows.slice(-1), ['f49_phase', 'f50_indicative_price', 'f51_indicative_volume']),
    ['opening-auction |  | '],
  );
});

test('order records: a stop without a limit never has a place in the book', () => {
  const { rows } = playRecords(`
    bob 1 sell 1@100
    bob 2 sell 1@101
    carol 1 buy 4 stop 100
    alice 1 buy 1@100
  `);
  const stop = rows.filter((row) => row.f20_order === '3');
  assert.deepEqual(
    inColumns(stop, ['f21_event', 'f37_remaining_quantity', 'f38_displayed_quantity', 'f13_priority_time']),
    ['NEWO | 4 | 0 | ', 'TRIG | 4 | 0 | ', 'PARF | 3 | 0 | ', 'EXPI | 0 | 0 | '],
  );
});

test('order records: an iceberg’s next slice has the time of the trade that used the last one up', () => {
  const slices = (script: string): string[] =>
    inColumns(
      playRecords(script).rows.filter((row) => row.f20_order === '1'),
      ['f21_event', 'f37_remaining_quantity', 'f38_displayed_quantity', 'f13_priority_time'],
    );
  const at = (sequence: number): string => `1970-01-01T00:01:40.00000${sequence}Z`;
  assert.deepEqual(
    slices(`
      bob 1 sell 10@100 show 3
      alice 1 buy 3@100
      alice 2 buy 1@100
    `),
    [`NEWO | 10 | 3 | ${at(1001)}`, `PARF | 7 | 3 | ${at(1002)}`, `PARF | 6 | 2 | ${at(1002)}`],
  );
  assert.deepEqual(
    slices(`
      phase OpeningAuction
      bob 1 sell 10@100 show 3
      alice 1 buy 4@100
      phase Continuous
      alice 2 buy 1@100
    `),
    [`NEWO | 10 | 3 | ${at(1002)}`, `PARF | 6 | 3 | ${at(1004)}`, `PARF | 5 | 2 | ${at(1004)}`],
  );
});

test('order records: a refused replace that names another instrument is of that one', () => {
  const { rows } = playRecords([
    'alice 1 buy 1@90',
    {
      ...{ type: 'ReplaceOrder', userId: 1, instrumentId: 2, originalClientOrderId: 1 },
      ...{ clientOrderId: 2, priceTicks: 91, qtyLots: 1 },
    } as CommandInput,
  ]);
  assert.deepEqual(inColumns(rows.slice(-1), ['f17_order_book', 'f21_event', 'replaced_order', 'reason']), [
    'PERP | REMO |  | UNKNOWN_ORDER',
  ]);
});

test('order records: a code of two members is each one’s own', () => {
  const [alice, bob] = ['5493001KJTIIGC8Y1R12', '529900T8BM49AURSDO55'];
  const { rows, writer } = playRecords(
    [1, 2, 3].map((userId) => ({
      ...BUY,
      userId,
      clientOrderId: 1,
      clientCode: 10,
      executionDecisionCode: 11,
    })),
    {
      codeColumns: 'kind,code,identification,member',
      codes: [
        `member,1,${alice},`,
        `member,2,${bob},`,
        `client,10,ALICES,${alice}`,
        `client,10,BOBS,${bob}`,
        'person,11,ANYBODYS,',
      ].join('\n'),
    },
  );
  assert.deepEqual(inColumns(rows, ['f01_member', 'f03_client', 'f05_execution_decision']), [
    `${alice} | ALICES | ANYBODYS`,
    `${bob} | BOBS | ANYBODYS`,
    '3 | 10 | ANYBODYS',
  ]);
  assert.deepEqual(writer.counts.codesWithoutIdentification, {
    ...{ member: 1, client: 1, person: 0, algorithm: 0, broker: 0 },
  });
});
