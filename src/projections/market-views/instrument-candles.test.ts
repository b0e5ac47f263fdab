import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limits } from '#domain/limits.ts';
import { CANDLE_SECONDS, type CandleInterval } from '#domain/market-views.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { InstrumentCandles } from './instrument-candles.ts';
import { ViewGaps } from './view-gaps.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? 20_256);
/** 2020-01-30 00:00:00 UTC. */
const DAY = 1_580_342_400;
const INTERVALS = Object.keys(CANDLE_SECONDS) as CandleInterval[];

interface PlainTrade {
  readonly id: number;
  readonly seconds: number;
  readonly price: number;
}

function trade(candles: InstrumentCandles, { id, seconds, price }: PlainTrade): void {
  candles.add(seconds, id, price, 1, price, 0);
}

/** [first second, open, high, low, close, trades] of what the trades come to. */
function plain(trades: readonly PlainTrade[]): number[] {
  const prices = trades.map(({ price }) => price);
  return [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)!, trades.length];
}

test(`InstrumentCandles: three days of trades read at any time, in bounded memory (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const candles = new InstrumentCandles([]);
  const trades: PlainTrade[] = [];
  const mostlySecondsApart = (): number => Math.floor(random() ** 8 * 900);
  for (let seconds = DAY; seconds < DAY + 3 * 86_400; seconds += mostlySecondsApart()) {
    const one = { id: trades.length + 1, seconds, price: 100 + Math.floor(random() * 50) };
    trades.push(one);
    trade(candles, one);
    if (random() > 0.001) continue;
    for (const interval of INTERVALS) {
      const length = CANDLE_SECONDS[interval];
      const begin = Math.floor(seconds / length) * length;
      const latest = candles.latest(interval)!;
      const { openTicks, highTicks, lowTicks, closeTicks } = latest;
      assert.equal(latest.openSeconds, begin, interval);
      assert.deepEqual(
        [openTicks, highTicks, lowTicks, closeTicks, latest.trades],
        plain(trades.filter((other) => other.seconds >= begin)),
        interval,
      );
      assert.deepEqual(candles.range(interval, 0, seconds + 1, 1), [latest]);
    }
    const nowSeconds = seconds + Math.floor(random() * 200);
    const { fromSeconds, traded } = candles.day(nowSeconds);
    assert.equal(fromSeconds, Math.floor(nowSeconds / 60) * 60 - 86_340);
    assert.deepEqual(
      [traded?.openTicks, traded?.highTicks, traded?.lowTicks, traded?.closeTicks, traded?.trades],
      plain(trades.filter((other) => other.seconds >= fromSeconds)),
    );
  }
  assert.ok(trades.length > 2_000, `${trades.length} trades`);
  assert.ok(candles.range('1m', 0, Number.POSITIVE_INFINITY, 5_000).length <= Limits.VIEW_MINUTE_CANDLES_MAX);
});

test('InstrumentCandles: a candle of which a minute was pushed out is not handed out', () => {
  const candles = new InstrumentCandles([]);
  assert.equal(candles.keptFromSeconds('1h'), 0);
  const minutes = Limits.VIEW_MINUTE_CANDLES_MAX + 90;
  for (let minute = 0; minute < minutes; minute++) {
    trade(candles, { id: minute + 1, seconds: DAY + minute * 60, price: 100 });
  }
  assert.equal(candles.keptFromSeconds('1m'), DAY + 90 * 60);
  assert.equal(candles.keptFromSeconds('1h'), DAY + 120 * 60);
  const hours = candles.range('1h', DAY, Number.POSITIVE_INFINITY, 100);
  assert.equal(hours[0].openSeconds, DAY + 2 * 3_600);
  assert.deepEqual(new Set(hours.slice(0, -1).map((hour) => hour.trades)), new Set([60]));
  assert.equal(
    candles.range('1s', 0, Number.POSITIVE_INFINITY, 1_000).length,
    Limits.VIEW_SECOND_CANDLES_MAX,
  );
});

test('InstrumentCandles: the day moves on by minutes although nothing is traded', () => {
  const candles = new InstrumentCandles([]);
  trade(candles, { id: 1, seconds: DAY + 30, price: 90 });
  trade(candles, { id: 2, seconds: DAY + 90, price: 110 });
  const ofDay = (seconds: number): number[] | undefined => {
    const { traded } = candles.day(DAY + seconds);
    return traded && [traded.lowTicks, traded.highTicks, traded.trades];
  };
  assert.deepEqual(ofDay(90), [90, 110, 2]);
  assert.deepEqual(ofDay(86_399), [90, 110, 2]);
  assert.deepEqual(ofDay(86_400), [110, 110, 1]);
  assert.deepEqual(ofDay(86_460), undefined);
  assert.deepEqual(ofDay(86_400), [110, 110, 1]);
});

test('InstrumentCandles: what overlaps a gap says that it is not complete', () => {
  const candles = new InstrumentCandles([{ fromSeconds: 0, toSeconds: DAY + 30 }]);
  for (let minute = 0; minute < 5; minute++) {
    trade(candles, { id: minute + 1, seconds: DAY + minute * 60 + 40, price: 100 });
  }
  candles.addGap(DAY + 130, DAY + 150);
  const complete = (interval: CandleInterval): boolean[] =>
    candles.range(interval, 0, Number.POSITIVE_INFINITY, 10).map((candle) => candle.isComplete);
  assert.deepEqual(complete('1m'), [false, true, false, true, true]);
  assert.deepEqual(complete('1s'), [true, true, true, true, true]);
  const wholeFrom = (interval: CandleInterval, toSeconds: number): number =>
    candles.wholeFromSeconds(interval, DAY + toSeconds) - DAY;
  assert.deepEqual([wholeFrom('1s', 300), wholeFrom('1m', 300), wholeFrom('1h', 3_600)], [151, 180, 3_600]);
  assert.deepEqual([wholeFrom('1s', 130), wholeFrom('1m', 120)], [31, 60], 'the gap behind does not count');
  assert.equal(candles.latest('1d')?.isComplete, false);
  assert.equal(candles.day(DAY + 300).isComplete, false);
  assert.equal(candles.day(DAY + 86_400 + 240).isComplete, true);
});

test('ViewGaps: bounded, the oldest become one', () => {
  const gaps = new ViewGaps();
  for (let i = 0; i < Limits.VIEW_GAPS_MAX + 2; i++) gaps.add(i * 10, i * 10 + 1);
  assert.equal(gaps.all.length, Limits.VIEW_GAPS_MAX);
  assert.deepEqual(gaps.all.slice(0, 2), [
    { fromSeconds: 0, toSeconds: 21 },
    { fromSeconds: 30, toSeconds: 31 },
  ]);
  assert.equal(gaps.isComplete(22, 30), true);
  assert.equal(gaps.isComplete(21, 22), false);
});
