import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Side } from '#domain/commands.ts';
import { FillPairing, type FillRow } from './fill-pairing.ts';

const row = (id: number, side: Side, priceTicks: number, qtyLots: number | null, timeMs = 0): FillRow => ({
  id,
  side,
  priceTicks,
  qtyLots,
  timeMs,
  order: null,
});

describe('FillPairing', () => {
  it('pairs two rows of different sides, crossing prices and equal amount, in either order', () => {
    const pairing = new FillPairing();
    const bid = row(1, Side.Buy, 100, 7);
    assert.equal(pairing.match(bid), null);
    assert.equal(pairing.match(row(2, Side.Buy, 100, 7)), null, 'same side');
    assert.equal(pairing.match(row(3, Side.Sell, 101, 7)), null, 'prices that do not cross');
    assert.equal(pairing.match(row(4, Side.Sell, 100, 70)), null, 'another amount');
    assert.equal(pairing.match(row(5, Side.Sell, 90, 7)), bid);
    const ask = row(6, Side.Sell, 100, 3);
    assert.equal(pairing.match(ask), null);
    assert.equal(pairing.match(row(7, Side.Buy, 100, 3)), ask);
  });

  it('prefers the closer amount, the older row, then the latest row of unknown amount', () => {
    const pairing = new FillPairing();
    const rows = [
      row(1, Side.Buy, 100, null),
      row(2, Side.Buy, 100, 9),
      row(3, Side.Buy, 100, 7),
      row(4, Side.Buy, 100, 7),
      row(5, Side.Buy, 100, null),
    ];
    for (const waiting of rows) pairing.match(waiting);
    const sells = [7, 7, 7, 7, 7, 7].map((qty, at) => pairing.match(row(10 + at, Side.Sell, 100, qty)));
    assert.deepEqual(sells, [rows[2], rows[3], rows[1], rows[4], rows[0], null]);
    assert.equal(pairing.match(row(20, Side.Buy, 100, null))?.id, 15);
  });

  it('gives up rows after a second, the oldest first', () => {
    const pairing = new FillPairing();
    const rows = [row(1, Side.Buy, 100, 1, 1_000), row(2, Side.Buy, 100, 2, 1_500)];
    for (const waiting of rows) pairing.match(waiting);
    assert.equal(pairing.expired(2_000), null);
    assert.equal(pairing.expired(2_001), rows[0]);
    assert.equal(pairing.expired(2_001), null);
    assert.equal(pairing.expired(Number.POSITIVE_INFINITY), rows[1]);
    assert.equal(pairing.expired(Number.POSITIVE_INFINITY), null);
  });
});
