import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phase, Side } from '#domain/commands.ts';
import { openFeed } from './test-feed.ts';

test('orders: rest, trade, partial and whole cancel', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  fresh();
  const first = venue.enter(1, Side.Sell, 10_000, 50);
  venue.enter(1, Side.Sell, 10_000, 30);
  assert.deepEqual(fresh(), ['A 1 S 50@1000000', 'A 2 S 30@1000000']);
  venue.enter(1, Side.Buy, 10_000, 60);
  assert.deepEqual(fresh(), [`E ${first} 50 match 1`, 'E 2 10 match 2']);
  const order = venue.side(1, Side.Sell)[0];
  venue.cancel(order, 5);
  venue.cancel(order, 15);
  assert.deepEqual(fresh(), ['X 2 5', 'D 2']);
  assert.equal(venue.side(1, Side.Sell).length, 0);
});

test('iceberg: each slice is the same reference, added again behind its level after the last was executed', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Sell, 10_000, 25, 10);
  venue.enter(1, Side.Sell, 10_000, 5);
  fresh();
  venue.enter(1, Side.Buy, 10_000, 28);
  assert.deepEqual(fresh(), [
    'E 1 10 match 1',
    'A 1 S 10@1000000',
    'E 2 5 match 2',
    'E 1 10 match 3',
    'A 1 S 5@1000000',
    'E 1 3 match 4',
  ]);
  venue.enter(1, Side.Sell, 10_100, 25, 10);
  venue.cancel(venue.side(1, Side.Sell)[1], 15);
  venue.cancel(venue.side(1, Side.Sell)[1], 4);
  assert.deepEqual(fresh(), ['A 4 S 10@1010000', 'X 4 4'], 'hidden quantity goes first and unseen');
});

test('iceberg: the next slice of one that was replaced in its place is the orderId that it has now', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Sell, 10_000, 25, 10);
  venue.replaceInPlace(venue.side(1, Side.Sell)[0], 15);
  fresh();
  venue.enter(1, Side.Buy, 10_000, 12);
  assert.deepEqual(fresh(), ['E 1 10 match 1', 'A 2 S 5@1000000', 'E 2 2 match 2']);
});

test('replace without priority: one Replace when it rests at once, Delete and Add when it trades first', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  venue.enter(1, Side.Sell, 10_000, 10);
  fresh();
  const moved = venue.replaceAnew(venue.side(1, Side.Buy)[0], 9_950, 12);
  assert.deepEqual(fresh(), [`U 1 ${moved} 12@995000`]);
  const crossed = venue.replaceAnew(venue.side(1, Side.Buy)[0], 10_000, 15);
  assert.deepEqual(fresh(), [`D ${moved}`, 'E 2 10 match 1', `A ${crossed} B 5@1000000`]);
  venue.enter(1, Side.Sell, 10_100, 50);
  const filled = venue.replaceAnew(venue.side(1, Side.Buy)[0], 10_100, 50);
  assert.deepEqual(fresh(), ['A 5 S 50@1010000', `D ${crossed}`, 'E 5 50 match 2']);
  assert.equal(venue.side(1, Side.Buy).length, 0, `${filled} is filled`);
});

test('replace with priority: the reference stays, a smaller quantity is a Cancel, and the next loss of place renames', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  venue.enter(1, Side.Buy, 9_900, 10);
  fresh();
  const order = venue.side(1, Side.Buy)[0];
  venue.replaceInPlace(order, 10);
  assert.deepEqual(fresh(), [], 'nothing to see');
  venue.replaceInPlace(order, 4);
  assert.deepEqual(fresh(), ['X 1 6']);
  venue.enter(1, Side.Sell, 9_900, 3);
  assert.deepEqual(fresh(), ['E 1 3 match 1']);
  const moved = venue.replaceAnew(order, 9_900, 20);
  assert.deepEqual(fresh(), [`U 1 ${moved} 20@990000`]);
});

test('replace of an order that is not displayed (a stop, a filled slice) says nothing until it rests', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1);
  fresh();
  venue.emit({
    type: 'OrderReplaced',
    instrumentId: 1,
    orderId: 900,
    originalOrderId: 899,
    qtyLots: 10,
    keepsPriority: 0,
  });
  venue.emit({
    type: 'OrderCanceled',
    instrumentId: 1,
    orderId: 900,
    canceledQtyLots: 10,
    visibleQtyLots: 0,
  });
  assert.deepEqual(fresh(), []);
});

test('uncross: not printable reductions and one Cross Trade; hidden quantity only in the cross', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1, { phase: Phase.OpeningAuction });
  venue.enter(1, Side.Buy, 10_100, 40);
  venue.enter(1, Side.Buy, 10_000, 30);
  venue.enter(1, Side.Sell, 9_900, 45, 20);
  fresh();
  venue.emit({
    type: 'AuctionIndicative',
    instrumentId: 1,
    qtyLots: 45,
    surplusQtyLots: 25,
    priceTicks: 10_000,
    surplusSide: Side.Buy,
    phase: Phase.OpeningAuction,
  });
  assert.deepEqual(fresh(), ['I 1 45/25 B @1000000 O']);
  venue.uncross(1, 10_000);
  assert.deepEqual(fresh(), [
    'C 1 40@1000000 N match 1',
    'C 3 20@1000000 N match 1',
    'C 2 5@1000000 N match 2',
    'Q 1 45@1000000 O match 2',
    'H 1 T',
    'S Q',
  ]);
});

test('uncross without volume: a Cross Trade of nothing; indicative without a price: insufficient orders', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1, { phase: Phase.VolatilityAuction });
  venue.emit({ type: 'AuctionIndicative', instrumentId: 1, phase: Phase.ClosingAuction });
  venue.emit({ type: 'AuctionIndicative', instrumentId: 1, qtyLots: 3, priceTicks: 5, phase: Phase.PreOpen });
  venue.uncross(1, 10_000);
  assert.deepEqual(fresh().slice(4), [
    'H 1 Q LUDP',
    'I 1 0/0 O @0 C',
    'I 1 3/0 N @500 O',
    'Q 1 0@0 H match 0',
    'H 1 T',
    'S Q',
  ]);
});

test('uncross: an iceberg left in part is added again behind its level', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(1, { phase: Phase.ClosingAuction });
  venue.enter(1, Side.Buy, 10_000, 100, 10);
  venue.enter(1, Side.Buy, 10_000, 7);
  venue.enter(1, Side.Sell, 10_000, 20);
  venue.enter(1, Side.Sell, 10_000, 10);
  fresh();
  venue.uncross(1, 10_000);
  assert.deepEqual(fresh(), [
    'C 1 10@1000000 N match 1',
    'C 3 20@1000000 N match 1',
    'C 4 10@1000000 N match 2',
    'A 1 B 10@1000000',
    'Q 1 30@1000000 C match 2',
    'H 1 T',
    'S Q',
  ]);
  assert.deepEqual(
    venue.side(1, Side.Buy).map((order) => order.orderId),
    [2, 1],
  );
});
