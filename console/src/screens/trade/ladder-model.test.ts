import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderView } from '../../state/account/account-store.ts';
import type { BookView, Level } from '../../state/market/book-store.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import {
  centreOf,
  ownOrdersOf,
  placeOf,
  rowOf,
  rowsOf,
  scaleFor,
  stepsFor,
  stepText,
  usualStep,
} from './ladder-model.ts';

const TERMS = { symbol: 'X', tickSize: '0.05', lotSize: '0.0002' } as InstrumentTerms;
const level = (price: string, quantity: string): Level => ({
  price,
  quantity,
  orders: 1,
  at: Number(price),
  size: Number(quantity),
});
const BOOK: BookView = {
  bids: [level('599.95', '0.0200'), level('599.80', '0.0100')],
  asks: [level('600.05', '0.0070'), level('600.10', '0.0002')],
  sequence: 1,
};
const order = (fields: Partial<OrderView>): OrderView =>
  ({ symbol: 'X', side: 'buy', leavesQuantity: '0.0004', ...fields }) as OrderView;

test('a row shows no better price than there is', () => {
  assert.deepEqual(
    [rowOf('buy', 11_999, 10), rowOf('sell', 12_001, 10), rowOf('buy', 12_000, 10)],
    [11_990, 12_010, 12_000],
  );
});

test('rows have what is bid, asked and one’s own, in exact lots', () => {
  const own = ownOrdersOf(
    [
      order({ orderId: 1, price: '599.95' }),
      order({ orderId: 2, price: '599.95' }),
      order({ orderId: 3, price: '600.05', side: 'sell' }),
      order({ orderId: 4, price: '600.05', symbol: 'Y' }),
      // A stop that waits is not in the book.
      order({ orderId: 5, price: '599.95', stopPrice: '601.00', triggered: false }),
    ],
    TERMS,
    1,
  );
  assert.deepEqual(own.get('buy 11999'), { lots: 4, orderIds: [1, 2] });
  const rows = rowsOf(BOOK, own, TERMS, 1, 12_000, 5);
  assert.deepEqual(
    rows.map(({ ticks, bidLots, askLots, ownBuyLots, ownSellLots }) => [
      ticks,
      bidLots,
      askLots,
      ownBuyLots,
      ownSellLots,
    ]),
    [
      [12_002, 0, 1, 0, 0],
      [12_001, 0, 35, 0, 2],
      [12_000, 0, 0, 0, 0],
      [11_999, 100, 0, 4, 0],
      [11_998, 0, 0, 0, 0],
    ],
  );
  assert.equal(stepText(12_001, TERMS.tickSize), '600.05');
  assert.equal(stepText(35, TERMS.lotSize), '0.0070');
});

test('wider rows gather levels, and end above zero', () => {
  const rows = rowsOf(BOOK, new Map(), TERMS, 10, 12_000, 3);
  assert.deepEqual(
    rows.map(({ ticks, bidLots, askLots }) => [ticks, bidLots, askLots]),
    [
      [12_010, 0, 36],
      [12_000, 0, 0],
      [11_990, 150, 0],
    ],
  );
  assert.equal(rowsOf(BOOK, new Map(), TERMS, 1, 2, 9).length, 6);
});

test('steps are 1, 2, 5 and so on, up to what makes sense', () => {
  assert.deepEqual(stepsFor(1_000), [1, 2, 5, 10]);
  assert.deepEqual(stepsFor(1), [1]);
  assert.equal(usualStep(6_500_000), 200);
  assert.equal(usualStep(4_200), 1);
});

test('the market is where the book\u2019s middle is; where it has none, where trades were', () => {
  const terms = { tickSize: '0.05', referencePrice: '590.00' };
  const none = { indicative: undefined, last: undefined };
  assert.equal(placeOf({ book: BOOK, ...none }, terms), 12_000);
  assert.equal(placeOf({ book: { ...BOOK, asks: [] }, ...none }, terms), 11_999);
  const empty = { bids: [], asks: [], sequence: 1 };
  assert.equal(placeOf({ book: empty, ...none, last: '601.00' }, terms), 12_020);
  assert.equal(placeOf({ book: empty, ...none }, terms), 11_800);
  assert.equal(placeOf({ book: undefined, ...none }, { tickSize: '0.05' }), undefined);
});

test('in an auction the market is at the indicative price, whether the book crosses or not', () => {
  const terms = { tickSize: '0.05' };
  const crossed = { ...BOOK, asks: [level('599.00', '1')] };
  assert.equal(placeOf({ book: crossed, indicative: '599.50', last: '650.00' }, terms), 11_990);
  assert.equal(placeOf({ book: BOOK, indicative: '599.50', last: '650.00' }, terms), 11_990);
});

test('bars have a round scale', () => {
  assert.deepEqual(
    [0, 1, 9, 10, 11, 16, 61, 80, 81, 100_001].map(scaleFor),
    [1, 1, 10, 10, 15, 20, 80, 80, 100, 150_000],
  );
});

test('the ladder stays while the market is near its middle, nearer in an auction', () => {
  assert.equal(centreOf(1_006, 1_000, 1, 21, false), 1_000);
  assert.equal(centreOf(1_006, 1_000, 1, 21, true), 1_006);
  assert.equal(centreOf(1_002, 1_000, 1, 21, true), 1_000);
  assert.equal(centreOf(1_007, 1_000, 1, 21, false), 1_007);
  assert.equal(centreOf(1_000, 1_003, 10, 21, false), 1_000);
  assert.equal(centreOf(undefined, 1_003, 1, 21, false), 1_003);
  assert.equal(centreOf(2, undefined, 10, 21, false), 10);
});
