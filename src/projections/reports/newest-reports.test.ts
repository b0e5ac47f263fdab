import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { NewestReports } from './newest-reports.ts';

function send(newest: NewestReports, ...events: EventInput[]): void {
  const words = WordBuffer.allocate(1_024);
  let at = 0;
  for (const event of events) at = writeEvent(words, at, event);
  newest.onEvents(words, 0, at);
}

test('newest reports: both sides of a trade, and nothing but reports', () => {
  const newest = new NewestReports();
  newest.onImage(40);
  assert.equal(newest.sequenceOf(1), 40);
  send(
    newest,
    { type: 'OrderAccepted', sequence: 41, userId: 1, reportNumber: 7 },
    { type: 'OrderRested', sequence: 41, orderId: 1 },
    {
      type: 'Trade',
      sequence: 42,
      makerUserId: 1,
      makerReportNumber: 8,
      takerUserId: 2,
      takerReportNumber: 1,
    },
    { type: 'CommandRejected', sequence: 43, userId: 2, reportNumber: 2 },
    { type: 'PhaseChanged', sequence: 44 },
  );
  assert.deepEqual(
    [1, 2, 3].map((userId) => newest.sequenceOf(userId)),
    [42, 43, 40],
  );
});

test('newest reports: after lost events the image is what everybody must see', () => {
  const newest = new NewestReports();
  send(newest, { type: 'OrderAccepted', sequence: 41, userId: 1, reportNumber: 7 });
  newest.onRestart();
  send(newest, { type: 'OrderAccepted', flags: 1, sequence: 39, userId: 1 });
  newest.onImage(50);
  assert.equal(newest.sequenceOf(1), 50);
});
