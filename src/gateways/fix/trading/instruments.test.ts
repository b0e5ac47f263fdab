import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averagePrice, type FixInstrument, whyNotOffered } from './instruments.ts';

/** Lots of 0.0001, in a currency of two decimals. @param value of a lot at a tick, in 10^-8 minor units */
const instrument = (priceDecimals: number, tickSize: number, value: number): FixInstrument => ({
  id: 1,
  symbol: 'BTCUSD',
  priceDecimals,
  tickSize,
  qtyDecimals: 4,
  lotSize: 1,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
  quoteSymbol: 'USD',
  quoteDecimals: 2,
  valueNumerator: value,
  valueDenominator: 10 ** 8,
});

test('an average price has four decimals more than a price, and fewer where it is large', () => {
  for (const [priceDecimals, tickSize, value, amountMinor, qtyLots, average] of [
    [2, 1, 10_000, 2_000_001, 300, { value: 666_667_000_000, decimals: 6 }],
    // 61,234.57 and 61,234.58 in equal parts: beyond 2^53 with twelve decimals.
    [8, 1_000_000, 10_000, 12_246_915, 20_000, { value: 612_345_750_000_000, decimals: 10 }],
    [8, 100, 1, 9_000, 100_000_000, { value: 9_000_000_000, decimals: 12 }],
    [2, 4_000_000, 40_000_000_000, 800_000_000_000, 1, { value: 8_000_000_000_000_000, decimals: 2 }],
  ] as const) {
    const terms = instrument(priceDecimals, tickSize, value);
    assert.equal(whyNotOffered(terms), undefined);
    assert.deepEqual(averagePrice(terms, amountMinor, qtyLots), average);
  }
});
