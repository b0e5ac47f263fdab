import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candle } from '#domain/market-views.ts';
import { BTCUSD, viewOf, viewsOf } from '../rest/test-support.ts';
import { klineOf, withoutHoles } from './klines.ts';
import { TimeUnit, textsOf } from './texts.ts';

const CANDLE: Candle = {
  openSeconds: 120,
  openTicks: 1_300_000,
  highTicks: 1_300_002,
  lowTicks: 1_299_999,
  closeTicks: 1_300_001,
  trades: 3,
  firstTradeId: 5,
  lastTradeId: 7,
  volumeLots: 10n,
  quoteVolumeMinor: 13_000n,
  takerBuyLots: 4n,
  takerBuyQuoteMinor: 5_200n,
  isComplete: true,
};

test('klines: a candle as Binance writes it', () => {
  const texts = textsOf(viewsOf([viewOf(BTCUSD)]), BTCUSD);
  assert.deepEqual(klineOf(texts, 60, CANDLE, TimeUnit.Millisecond), [
    120_000,
    '65000.00',
    '65000.10',
    '64999.95',
    '65000.05',
    '0.0020',
    179_999,
    '130.00',
    3,
    '0.0008',
    '52.00',
    '0',
  ]);
});

test('klines: where nothing was traded the price stands, up to the end; before the first close there is nothing', () => {
  const later = { ...CANDLE, openSeconds: 300, closeTicks: 1_200_000 };
  const rows = (candles: Candle[]) =>
    candles.map(({ openSeconds, openTicks, closeTicks, trades, volumeLots }) => [
      openSeconds,
      openTicks,
      closeTicks,
      trades,
      volumeLots,
    ]);
  const whole = [
    [120, 1_300_000, 1_300_001, 3, 10n],
    [180, 1_300_001, 1_300_001, 0, 0n],
    [240, 1_300_001, 1_300_001, 0, 0n],
    [300, 1_300_000, 1_200_000, 3, 10n],
    [360, 1_200_000, 1_200_000, 0, 0n],
  ];
  assert.deepEqual(rows(withoutHoles([CANDLE, later], 60, 0, 420)), whole);
  assert.deepEqual(withoutHoles([], 60, 0, 420), []);
  assert.deepEqual(rows(withoutHoles([CANDLE, later], 60, 60, 420, 1_250_000)), [
    [60, 1_250_000, 1_250_000, 0, 0n],
    ...whole,
  ]);
  assert.deepEqual(rows(withoutHoles([], 60, 300, 420, 1_250_000)), [
    [300, 1_250_000, 1_250_000, 0, 0n],
    [360, 1_250_000, 1_250_000, 0, 0n],
  ]);
});
