import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEvent } from '#codec/log/events.ts';
import { EventFlag } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { EventCounts } from './event-counts.ts';

test('EventCounts: orders, trades and reports, but no images, and only while somebody wants to know', () => {
  const words = WordBuffer.allocate(1_024);
  let at = 0;
  at = writeEvent(words, at, { type: 'OrderAccepted', userId: 1, reportNumber: 1 });
  at = writeEvent(words, at, { type: 'OrderAccepted', userId: 1, flags: EventFlag.Image });
  at = writeEvent(words, at, { type: 'Trade', makerReportNumber: 2, takerReportNumber: 1 });
  at = writeEvent(words, at, { type: 'Trade', makerReportNumber: 3 });
  at = writeEvent(words, at, { type: 'CommandRejected', userId: 1, reportNumber: 4 });
  at = writeEvent(words, at, { type: 'CommandRejected' });
  at = writeEvent(words, at, { type: 'AccountAdded', accountId: 1 });
  const counts = new EventCounts();
  counts.onEvents(words, 0, at);
  assert.deepEqual([counts.orders, counts.trades, counts.reports], [0, 0, 0]);
  counts.isCounting = true;
  counts.onEvents(words, 0, at);
  assert.deepEqual([counts.orders, counts.trades, counts.reports], [1, 2, 5]);
});
