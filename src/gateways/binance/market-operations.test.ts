import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstrumentKind } from '#domain/commands.ts';
import type { Candle, DayStatistics } from '#domain/market-views.ts';
import { BTCUSD, TRADES, viewOf, viewsOf } from '../rest/test-support.ts';
import { marketOperations } from './market-operations.ts';
import type { BinanceSources } from './operations.ts';
import { Params, paramsOfForms } from './params.ts';
import { TimeUnit } from './texts.ts';
import { dayTicker } from './ticker.ts';

const ETHUSD = { ...BTCUSD, instrumentId: 8, kind: InstrumentKind.Spot, symbol: 'ETHUSD' };
const UNKNOWN = { ...BTCUSD, instrumentId: 10, kind: InstrumentKind.Spot, symbol: 'SOLUSD' };

/** What is answered while nothing is known of SOLUSD's trades; ETHUSD has never traded. */
async function ask(path: string, form: string): Promise<unknown> {
  const statistics = {
    fromSeconds: 0,
    traded: undefined,
    isComplete: true,
    lastPriceTicks: 1_300_001,
    lastQtyLots: 1,
  };
  const [trade] = TRADES;
  const aggregates = [1, 2, 3].map((id) => ({ ...trade, firstTradeId: id, lastTradeId: id }));
  const tape = { oldest: 0, next: 3, read: () => aggregates };
  const views = viewsOf([
    { ...viewOf(BTCUSD, { trades: TRADES, statistics }), aggregateTrades: tape },
    viewOf(ETHUSD),
    viewOf(UNKNOWN, { isLastTradeKnown: false }),
  ]);
  const operation = marketOperations({ views } as unknown as BinanceSources).find((one) => one.path === path);
  return operation?.prepare(new Params(paramsOfForms(form)), TimeUnit.Millisecond)();
}

const TRY_AGAIN = { code: -1001, httpStatus: 503, retryAfterMs: 1_000 };

test('a price is that of the last trade, and 0 where none was; where that is not known now, it is no price', async () => {
  assert.deepEqual(await ask('/ticker/price', 'symbol=BTCUSD'), { symbol: 'BTCUSD', price: '65000.05' });
  assert.deepEqual(await ask('/ticker/price', 'symbol=ETHUSD'), { symbol: 'ETHUSD', price: '0.00' });
  await assert.rejects(ask('/ticker/price', 'symbol=SOLUSD'), TRY_AGAIN);
  await assert.rejects(
    ask('/ticker/price', `symbols=${encodeURIComponent('["BTCUSD","SOLUSD"]')}`),
    TRY_AGAIN,
  );
  assert.deepEqual(await ask('/ticker/price', ''), [
    { symbol: 'BTCUSD', price: '65000.05' },
    { symbol: 'ETHUSD', price: '0.00' },
  ]);
});

test('statistics and trades of a pair of which nothing is known are not answered as none', async () => {
  for (const path of ['/ticker/24hr', '/trades']) await assert.rejects(ask(path, 'symbol=SOLUSD'), TRY_AGAIN);
  assert.equal(((await ask('/ticker/24hr', '')) as unknown[]).length, 2);
  assert.deepEqual(await ask('/trades', 'symbol=ETHUSD'), []);
  assert.equal(((await ask('/trades', 'symbol=BTCUSD')) as unknown[]).length, 2);
});

test('aggregate trades: from a start on the oldest, also where that is the beginning of time; otherwise the newest', async () => {
  const ids = async (form: string): Promise<number[]> =>
    ((await ask('/aggTrades', `symbol=BTCUSD&limit=2&${form}`)) as { a: number }[]).map(({ a }) => a);
  assert.deepEqual(await ids(''), [2, 3]);
  for (const form of ['startTime=0', 'startTime=1', 'fromId=0'])
    assert.deepEqual(await ids(form), [1, 2], form);
});

test('prevClosePrice is that of the last trade before the 24 hours; where that is not known, the first price in them', () => {
  const candle = { openSeconds: 60, openTicks: 1_300_000, closeTicks: 1_300_001, trades: 1 } as Candle;
  const traded = { ...candle, openTicks: 1_300_003, volumeLots: 0n, quoteVolumeMinor: 0n };
  const { highTicks, lowTicks } = { highTicks: 1_300_003, lowTicks: 1_300_001 };
  const within = { ...traded, highTicks, lowTicks, firstTradeId: 2, lastTradeId: 3 };
  const previous = (statistics: Partial<DayStatistics>, candles: Candle[]) => {
    const day = { fromSeconds: 120, isComplete: true, lastPriceTicks: 1_300_002, lastQtyLots: 1 };
    const view = viewOf(BTCUSD, { candles, statistics: { ...day, traded: undefined, ...statistics } });
    const { prevClosePrice, openPrice } = dayTicker(viewsOf([view]), view, 86_520, TimeUnit.Millisecond);
    return [prevClosePrice, openPrice];
  };
  assert.deepEqual(previous({ traded: within }, [candle]), ['65000.05', '65000.15']);
  assert.deepEqual(previous({ traded: within }, []), ['65000.15', '65000.15']);
  // Nothing was traded in them: the last trade was before.
  assert.deepEqual(previous({}, []), ['65000.10', '0.00']);
  assert.deepEqual(previous({ lastPriceTicks: 0 }, []), ['0.00', '0.00']);
});
