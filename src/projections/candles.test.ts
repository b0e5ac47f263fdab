import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Side } from '#domain/commands.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { addCandle, CANDLE_STRIDE, CandleSeries, candleBegin, readCandle } from './candles.ts';

/** 2020-01-30 05:00:00 UTC. */
const HOUR = 1_580_360_400;

function read(series: CandleSeries): object[] {
  const { rows } = series;
  return Array.from({ length: rows.next - rows.oldest }, (_, i) => {
    const position = rows.oldest + i;
    return { at: series.openSeconds(position) - HOUR, ...readCandle(rows.f64, rows.at(position)) };
  });
}

test('candleBegin: at multiples of the length since 1970, a day at midnight UTC', () => {
  assert.equal(candleBegin(HOUR + 59, 60), HOUR);
  assert.equal(candleBegin(HOUR + 60, 60), HOUR + 60);
  assert.equal(candleBegin(HOUR + 3_599, 3_600), HOUR);
  assert.equal(new Date(candleBegin(HOUR, 86_400) * 1_000).toISOString(), '2020-01-30T00:00:00.000Z');
});

test('CandleSeries: one candle for each stretch with trades, none for others', () => {
  const series = new CandleSeries(60, 10);
  series.add(HOUR + 5, 1, 100, 10, 1_000, Side.Buy);
  series.add(HOUR + 59, 2, 90, 5, 450, Side.Sell);
  series.add(HOUR + 59, 4, 110, 1, 110, 0);
  series.add(HOUR + 59, 7, 105, 2, 210, Side.Buy);
  series.add(HOUR + 180, 9, 50, 3, 150, Side.Sell);
  assert.deepEqual(read(series), [
    {
      at: 0,
      openTicks: 100,
      highTicks: 110,
      lowTicks: 90,
      closeTicks: 105,
      trades: 4,
      firstTradeId: 1,
      lastTradeId: 7,
      volumeLots: 18n,
      quoteVolumeMinor: 1_770n,
      takerBuyLots: 12n,
      takerBuyQuoteMinor: 1_210n,
    },
    {
      at: 180,
      openTicks: 50,
      highTicks: 50,
      lowTicks: 50,
      closeTicks: 50,
      trades: 1,
      firstTradeId: 9,
      lastTradeId: 9,
      volumeLots: 3n,
      quoteVolumeMinor: 150n,
      takerBuyLots: 0n,
      takerBuyQuoteMinor: 0n,
    },
  ]);
  assert.equal(series.firstFrom(HOUR), 0);
  assert.equal(series.firstFrom(HOUR + 1), 1);
  assert.equal(series.firstFrom(HOUR + 181), 2);
});

test('CandleSeries: sums pass 2^53 exactly', () => {
  const series = new CandleSeries(60, 10);
  for (let id = 1; id <= 5; id++) series.add(HOUR, id, 100, INT53_MAX, INT53_MAX, Side.Buy);
  const { volumeLots, quoteVolumeMinor } = readCandle(series.rows.f64, 0);
  assert.deepEqual([volumeLots, quoteVolumeMinor], [5n * BigInt(INT53_MAX), 5n * BigInt(INT53_MAX)]);
});

test('addCandle: minutes make the same hour as its trades do', () => {
  const minutes = new CandleSeries(60, 100);
  const hours = new CandleSeries(3_600, 100);
  for (let id = 1; id <= 500; id++) {
    const priceTicks = 100 + ((id * 37) % 23);
    const trade = [id, priceTicks, 1 + (id % 7), priceTicks * (1 + (id % 7)), id % 3] as const;
    const seconds = HOUR + id * 7;
    minutes.add(seconds, ...trade);
    hours.add(seconds, ...trade);
  }
  const sum = new Float64Array(CANDLE_STRIDE);
  minutes.addTo(sum, 0, 0, minutes.rows.next);
  assert.equal(hours.rows.next, 1);
  assert.deepEqual(readCandle(sum, 0), readCandle(hours.rows.f64, 0));
  addCandle(sum, 0, new Float64Array(CANDLE_STRIDE), 0);
  assert.deepEqual(readCandle(sum, 0), readCandle(hours.rows.f64, 0), 'a candle without trades adds nothing');
});
