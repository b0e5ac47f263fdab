import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hearDate, venueNowMs } from './venue-clock.ts';

test('a wrong clock goes by what the node says, and a right one by itself', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-02T03:04:05.700Z') });
  const nowAfter = (date: string | null, tookMs = 0): string => {
    hearDate(Date.now() - tookMs, date);
    return new Date(venueNowMs()).toISOString().slice(11, -1);
  };
  assert.equal(nowAfter('Fri, 02 Jan 2026 03:09:05 GMT'), '03:09:05.000');
  assert.equal(nowAfter(null), '03:09:05.000');
  assert.equal(nowAfter('Fri, 02 Jan 2026 03:04:05 GMT'), '03:04:05.700');
  assert.equal(nowAfter('Fri, 02 Jan 2026 03:00:05 GMT'), '03:00:06.000');
  // An answer may have been on its way for long.
  assert.equal(nowAfter('Fri, 02 Jan 2026 03:04:03 GMT', 2_000), '03:04:05.700');
});
