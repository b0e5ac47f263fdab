import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { type Report, ReportKind } from '../orders/report.ts';
import { BTCUSD, FUTURE, NOW_SECONDS, viewOf, viewsOf } from '../rest/test-support.ts';
import { statusOf, typeOf } from './order-json.ts';
import { TimeUnit } from './texts.ts';
import { executionReports } from './user-events.ts';

const VIEWS = viewsOf([viewOf(BTCUSD), viewOf(FUTURE)]);
const ORDER = {
  orderId: 9,
  instrumentId: BTCUSD.instrumentId,
  clientOrderId: 3,
  clientTag: 'mine',
  status: OrderStatus.Open,
  cancelReason: 0,
  side: Side.Sell,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.GoodTillCancel,
  orderFlags: 0,
  priceTicks: 1_300_000,
  stopPriceTicks: 0,
  qtyLots: 10,
  displayQtyLots: 0,
  leavesQtyLots: 10,
  cumQtyLots: 0,
  cumAmountMinor: 0,
  triggered: 0,
  timeSeconds: NOW_SECONDS,
  timeNanos: 5_000_000,
} as OrderRecord;
const REPORT = {
  number: 4,
  originalOrderId: 0,
  leavesQtyLots: 0,
  cancelReason: 0,
  tradeId: 0,
  priceTicks: 0,
  qtyLots: 0,
  amountMinor: 0,
  feeMinor: 0,
  isMaker: false,
  timeSeconds: NOW_SECONDS,
  timeNanos: 7_000_000,
} as Report;

/** What is said of a report, in the fields that tell what it is. */
function told(report: Partial<Report>, order: Partial<OrderRecord>, replaced?: OrderRecord): unknown[] {
  const [about, of] = [
    { ...REPORT, ...report },
    { ...ORDER, ...order },
  ];
  const events = executionReports(VIEWS, about, of, replaced, 1, TimeUnit.Millisecond);
  return events.map((event) => {
    const { x, X, i, w, C } = event as Record<string, unknown>;
    return [x, X, i, w, C];
  });
}

test('user events: each report that Binance has a word for', () => {
  const { Accepted, Canceled, Filled, Replaced, Triggered, Rejected, MassCanceled } = ReportKind;
  assert.deepEqual(told({ kind: Accepted }, {}), [['NEW', 'NEW', 9, true, '']]);
  const stop = { orderType: OrderType.StopLimit, stopPriceTicks: 1 };
  assert.deepEqual(told({ kind: Accepted }, stop), [['NEW', 'NEW', 9, false, '']]);
  assert.deepEqual(told({ kind: Triggered }, { ...stop, triggered: 1 }), [['NEW', 'NEW', 9, true, '']]);
  const partly = { cumQtyLots: 4 };
  assert.deepEqual(told({ kind: Filled }, partly), [['TRADE', 'PARTIALLY_FILLED', 9, true, '']]);
  const ended = { ...partly, status: OrderStatus.Canceled };
  const asked = CancelReason.Requested;
  assert.deepEqual(told({ kind: Canceled, cancelReason: asked }, { ...ended, cancelReason: asked }), [
    ['CANCELED', 'CANCELED', 9, false, 'mine'],
  ]);
  const rest = CancelReason.ImmediateOrCancel;
  assert.deepEqual(told({ kind: Canceled, cancelReason: rest }, { ...ended, cancelReason: rest }), [
    ['EXPIRED', 'EXPIRED', 9, false, ''],
  ]);
  assert.deepEqual(told({ kind: Canceled, cancelReason: asked, leavesQtyLots: 3 }, partly), [
    ['REPLACED', 'PARTIALLY_FILLED', 9, true, ''],
  ]);
  const selfTrade = CancelReason.SelfTrade;
  assert.deepEqual(told({ kind: Canceled, cancelReason: selfTrade }, { ...ended, cancelReason: selfTrade }), [
    ['TRADE_PREVENTION', 'EXPIRED_IN_MATCH', 9, false, ''],
  ]);
  assert.deepEqual(told({ kind: Canceled, cancelReason: selfTrade, leavesQtyLots: 3 }, partly), [
    ['TRADE_PREVENTION', 'PARTIALLY_FILLED', 9, true, ''],
  ]);
  assert.deepEqual(told({ kind: Replaced, originalOrderId: 9 }, { orderId: 10 }, ORDER), [
    ['CANCELED', 'CANCELED', 9, false, 'mine'],
    ['NEW', 'NEW', 10, true, ''],
  ]);
  assert.deepEqual(told({ kind: Rejected }, {}), []);
  assert.deepEqual(told({ kind: MassCanceled }, {}), []);
  assert.deepEqual(told({ kind: Accepted }, { instrumentId: FUTURE.instrumentId }), []);
});

test('orders: every status and type has a name of Binance', () => {
  const { Open, Filled, Canceled, Expired, Rejected, Replaced, Unknown } = OrderStatus;
  const names = [Open, Filled, Canceled, Expired, Rejected, Replaced, Unknown].map((status) =>
    statusOf({ status, cumQtyLots: 0, cancelReason: CancelReason.SelfTrade }),
  );
  assert.deepEqual(names, [
    'NEW',
    'FILLED',
    'EXPIRED_IN_MATCH',
    'EXPIRED',
    'REJECTED',
    'CANCELED',
    'EXPIRED',
  ]);
  const { Limit, Market, Stop, StopLimit } = OrderType;
  assert.deepEqual(
    [Limit, Market, Stop, StopLimit].map((orderType) => typeOf({ orderType, orderFlags: 0 })),
    ['LIMIT', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT'],
  );
  assert.equal(typeOf({ orderType: Limit, orderFlags: OrderFlag.PostOnly }), 'LIMIT_MAKER');
});

test('user events: W is since when the order is in the book, of a stop since its trigger, and is not there before', () => {
  const working = (order: Partial<OrderRecord>, unit: TimeUnit) => {
    const report = { ...REPORT, kind: ReportKind.Filled };
    const [event] = executionReports(VIEWS, report, { ...ORDER, ...order }, undefined, 1, unit);
    return (event as Record<string, unknown>)['W'];
  };
  const { Millisecond, Microsecond } = TimeUnit;
  const nowMs = NOW_SECONDS * 1_000;
  assert.equal(working({}, Millisecond), nowMs + 5);
  const stop = { orderType: OrderType.Stop, stopPriceTicks: 1 };
  assert.equal(working(stop, Millisecond), undefined);
  const triggered = nowMs * 1_000 + 6_001;
  assert.equal(working({ ...stop, triggered }, Millisecond), nowMs + 6);
  assert.equal(working({ ...stop, triggered }, Microsecond), triggered);
  // It replaced a stop that had triggered before.
  assert.equal(working({ ...stop, triggered: triggered - 2_000 }, Millisecond), nowMs + 5);
  // History of an earlier build does not say when.
  assert.equal(working({ ...stop, triggered: 1 }, Microsecond), nowMs * 1_000 + 5_000);
});
