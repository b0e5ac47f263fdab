import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderStatus } from '#domain/history.ts';
import { DeskVenue } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

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
  assert.deepEqual(ann.orders.byNumber(1), venue.history(3));
  const sold = venue.history(3);
  assert.deepEqual(
    [sold?.status, sold?.cumQtyLots, sold?.cumAmountMinor],
    [OrderStatus.Filled, 8e6, Number.MAX_SAFE_INTEGER],
  );
});
