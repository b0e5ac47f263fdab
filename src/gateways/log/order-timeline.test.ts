import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import { orderTimeline, type TimelineSources } from './order-timeline.ts';

const SPOT = {
  instrumentId: 7,
  symbol: 'BTCUSD',
  quoteAssetId: 1,
  priceDecimals: 2,
  qtyDecimals: 4,
  tickSize: 1,
  lotSize: 1,
} as InstrumentTerms;

function order(orderId: number, fields: Partial<OrderRecord>): OrderRecord {
  return {
    orderId,
    userId: 3,
    accountId: 3,
    instrumentId: 7,
    clientOrderId: orderId,
    clientTag: '',
    status: OrderStatus.Open,
    cancelReason: 0,
    rejectCode: 0,
    side: Side.Buy,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    orderFlags: 0,
    priceTicks: 100,
    stopPriceTicks: 0,
    expireSeconds: 0,
    qtyLots: 10,
    displayQtyLots: 0,
    minQtyLots: 0,
    leavesQtyLots: 10,
    cumQtyLots: 0,
    cumAmountMinor: 0,
    feeMinor: 0,
    triggered: 0,
    originalOrderId: 0,
    replacedByOrderId: 0,
    firstTradeId: 0,
    lastTradeId: 0,
    sequence: 40,
    timeSeconds: 1,
    timeNanos: 0,
    updatedSequence: 40,
    updatedSeconds: 1,
    updatedNanos: 0,
    ...fields,
  };
}

/** From which entry to which the reports of a life are read; each question of an order is answered an entry later. */
async function stretchOf(
  orders: readonly OrderRecord[],
  orderId: number,
  canceled: Readonly<Record<number, number>> = {},
): Promise<string> {
  let stretch = '';
  const sources = {
    reports: {
      read: async ({ fromSequence, toSequence }: { fromSequence: number; toSequence: number }) => {
        stretch = `${fromSequence} to ${toSequence}`;
        return true;
      },
    },
    receipts: { entries: async () => [] },
    lookup: {
      asset: () => ({ symbol: 'USD', decimals: 2 }),
      instrument: () => ({ terms: SPOT }),
      userName: () => undefined,
    },
  } as unknown as TimelineSources;
  let sequence = 49;
  const life = await orderTimeline(sources, orderId, true, async (id) => {
    const found = orders.find((one) => one.orderId === id);
    sequence++;
    return found === undefined ? undefined : { order: found, sequence, canceledSequence: canceled[id] ?? 0 };
  });
  return `${stretch}, as of ${life?.sequence}`;
}

test('the steps of an open order end where the order was read: both are of one moment', async () => {
  assert.equal(await stretchOf([order(1, {})], 1), '40 to 50, as of 50');
});

test('the newest order of a chain says up to which entry', async () => {
  const replaced = { status: OrderStatus.Replaced, replacedByOrderId: 2, sequence: 30 };
  const chain = [order(1, replaced), order(2, { originalOrderId: 1 })];
  assert.equal(await stretchOf(chain, 1), '30 to 51, as of 51');
  assert.equal(await stretchOf(chain, 2), '30 to 50, as of 50');
});

test('the steps of an order that has ended go to its end', async () => {
  const canceled = order(1, { status: OrderStatus.Canceled, updatedSequence: 44 });
  assert.equal(await stretchOf([canceled], 1), '40 to 44, as of 50');
});

test('the steps of an order of which a trade was taken back go on to that', async () => {
  const replaced = { status: OrderStatus.Replaced, replacedByOrderId: 2, sequence: 30 };
  const filled = order(2, { originalOrderId: 1, status: OrderStatus.Filled, updatedSequence: 44 });
  assert.equal(await stretchOf([order(1, replaced), filled], 2, { 1: 47 }), '30 to 47, as of 50');
  assert.equal(await stretchOf([order(1, replaced), filled], 2, { 1: 42, 2: 46 }), '30 to 46, as of 50');
});
