import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { OrderType, Side } from '#domain/commands.ts';
import { OrderStatus } from '#domain/history.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { asReported, DeskVenue } from './support/desk-venue.ts';
import { HISTORY_LOG_ID, ModelledCore } from './support/history-flow.ts';
import { marketSetup, send } from './support/random-flow.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

test('the money of one order ends at 2^53 - 1, also where all of it came at once', async (t) => {
  const venue = new DeskVenue(t, 3);
  const ann = await venue.desk.open(1);
  send(venue.outbox, {
    type: 'AddInstrument',
    instrumentId: 3,
    kind: 2,
    symbol: 'BIG',
    priceDecimals: 2,
    quoteAssetId: 2,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1e9,
    initialMarginMinor: 1,
    phase: 4,
  });
  const order = {
    type: 'NewOrder',
    instrumentId: 3,
    clientOrderId: 1,
    orderType: 1,
    timeInForce: 2,
  } as const;
  for (const userId of [2, 3])
    send(venue.outbox, { ...order, userId, side: 1, priceTicks: 2e9, qtyLots: 4e6 });
  send(venue.outbox, { ...order, userId: 1, side: 2, priceTicks: 1e9, qtyLots: 8e6 });
  venue.turn();
  venue.deliver();
  assert.deepEqual(ann.orders.byNumber(1), asReported(venue.history(3)));
  const sold = venue.history(3);
  assert.deepEqual(
    [sold?.status, sold?.cumQtyLots, sold?.cumAmountMinor],
    [OrderStatus.Filled, 8e6, Number.MAX_SAFE_INTEGER],
  );
});

test('an order that replaced a stop that had triggered has triggered too, however much of it was written before', async (t) => {
  for (const flushes of [false, true]) {
    const venue = new DeskVenue(t, 3);
    const desk = await venue.desk.open(1);
    const order = { type: 'NewOrder', instrumentId: 1, timeInForce: 2, qtyLots: 1 } as const;
    const stop = { priceTicks: 1_300, stopPriceTicks: 1_200, qtyLots: 5 };
    const replace = { type: 'ReplaceOrder', userId: 1, ...stop } as const;
    const commands: readonly CommandInput[] = [
      { ...order, userId: 1, clientOrderId: 1, side: Side.Buy, orderType: OrderType.StopLimit, ...stop },
      {
        ...order,
        userId: 1,
        clientOrderId: 2,
        side: Side.Buy,
        orderType: OrderType.StopLimit,
        ...stop,
        stopPriceTicks: 1_250,
      },
      {
        ...order,
        userId: 2,
        clientOrderId: 1,
        side: Side.Sell,
        orderType: OrderType.Limit,
        priceTicks: 1_200,
      },
      {
        ...order,
        userId: 3,
        clientOrderId: 1,
        side: Side.Buy,
        orderType: OrderType.Limit,
        priceTicks: 1_200,
      },
      { ...replace, originalClientOrderId: 1, clientOrderId: 3, qtyLots: 4 },
      { ...replace, originalClientOrderId: 2, clientOrderId: 4, stopPriceTicks: 1_250 },
      { ...replace, originalClientOrderId: 3, clientOrderId: 5, qtyLots: 3 },
    ];
    for (const command of commands) {
      send(venue.outbox, command);
      venue.turn();
      if (flushes) venue.history(1);
    }
    venue.deliver();
    const orders = [1, 2, 3, 4, 5].map((number) => desk.orders.byNumber(number));
    const micros = 1_700_000_000e6;
    assert.deepEqual(
      orders.map((each) => each?.triggered),
      [micros, 0, micros, 0, micros],
    );
    assert.deepEqual(
      orders.map((each) => asReported(venue.history(each?.orderId ?? 0))),
      orders,
    );
  }
});

test('an order that replaced a stop that had triggered before history began has triggered, once that is known', (t) => {
  const venue = new ModelledCore();
  let sequence = 0;
  let writer: HistoryWriter | undefined;
  const apply = (...commands: readonly CommandInput[]): void => {
    sequence++;
    const words = WordBuffer.copyOf(encodeEntry({ nodeId: 1, epoch: 1, entryNo: sequence, commands }));
    writer?.onEntry(words, 0, words.words);
    venue.apply({ sequence, seconds: 1_800_000_000, nanos: sequence, words, commands });
  };
  const order = { type: 'NewOrder', instrumentId: 1, clientOrderId: 1, timeInForce: 2, qtyLots: 1 } as const;
  const limit = { ...order, orderType: OrderType.Limit, priceTicks: 1_200 } as const;
  const stop = { priceTicks: 1_300, stopPriceTicks: 1_200, qtyLots: 5 };
  const replace = { type: 'ReplaceOrder', userId: 1, ...stop } as const;
  apply(
    ...marketSetup(3),
    { ...order, userId: 1, side: Side.Buy, orderType: OrderType.StopLimit, ...stop },
    { ...limit, userId: 2, side: Side.Sell },
    { ...limit, userId: 3, side: Side.Buy },
  );
  const standing = structuredClone(
    [...venue.model.orders.values()].filter(({ status }) => status === OrderStatus.Open),
  );
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  t.after(() => database.close());
  writer = new HistoryWriter(database);
  const { core } = venue;
  writer.beginAfter(sequence, core.state.timeSeconds, core.stateHash, (sink) => {
    venue.sinks.push(sink);
    core.describe({ liveOrders: true, restingOrders: false });
  });
  venue.sinks.splice(0, 1, writer);
  apply({ ...replace, originalClientOrderId: 1, clientOrderId: 2, qtyLots: 4 });
  apply({ ...replace, originalClientOrderId: 2, clientOrderId: 3, qtyLots: 3 });
  writer.flush(sequence, core.stateHash);
  writer.complete(standing);
  apply({ ...replace, originalClientOrderId: 3, clientOrderId: 4, qtyLots: 2 });
  writer.flush(sequence, core.stateHash);
  const orders = [...venue.model.orders.values()].filter(({ userId }) => userId === 1);
  const micros = 1_800_000_000e6;
  assert.deepEqual(
    orders.map(({ triggered, qtyLots }) => [triggered, qtyLots]),
    [
      [micros, 5],
      [micros, 4],
      [micros, 3],
      [micros, 2],
    ],
  );
  const reader = new HistoryReader(database);
  assert.deepEqual(
    orders.map(({ orderId }) => reader.answer({ type: 'order', orderId })),
    orders,
  );
});
