import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hearDate } from '../../lib/venue-clock.ts';
import type { Market } from '../market/catalog.ts';
import type { FillView } from './account-store.ts';
import { ProfitStore } from './profit-store.ts';

/** Frames are taken by hand. */
const frames: (() => void)[] = [];
globalThis.requestAnimationFrame = (callback) => frames.push(() => callback(0));

test('the curve goes on by the time of the venue, however far behind this machine is', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.parse('2026-01-02T03:00:00Z') });
  const terms = {
    symbol: 'X',
    quoteAsset: 'USD',
    valueNumerator: 1,
    valueDenominator: 1,
    lotSize: '1',
    tickSize: '1',
  };
  const market = {
    bySymbol: new Map([['X', terms]]),
    assetDecimals: new Map([['USD', 2]]),
  } as unknown as Market;
  const fill = { symbol: 'X', side: 'buy', price: '5', quantity: '1', amount: '5', fee: '0' };
  const store = new ProfitStore('USD', () => '7');
  store.subscribe(() => {});
  store.setFills([{ ...fill, time: '2026-01-02T03:10:00Z' } as FillView], market);
  hearDate(Date.now(), 'Fri, 02 Jan 2026 03:10:01 GMT');
  t.mock.timers.tick(1_000);
  t.mock.timers.tick(1_000);
  for (const frame of frames.splice(0)) frame();
  const [, ...behind] = store.get().curve;
  const at = (time: string) => Date.parse(`2026-01-02T${time}Z`) / 1_000;
  assert.deepEqual(
    behind.map(([time]) => time),
    [at('03:10:02'), at('03:10:03')],
  );
});
