import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { FixWriter } from '#codec/fix/fix-writer.ts';
import { fixText } from '#codec/fix/test-support.ts';
import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { CancelReason } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { readReports } from '../../orders/report.ts';
import { BTCUSD, viewOf, viewsOf } from '../../rest/test-support.ts';
import { ExecutionReports } from './execution-report.ts';
import { FixInstruments } from './instruments.ts';

/** Fields of the report of an event whose order nobody knows any more. */
function told(event: EventInput, ...tags: number[]): string {
  const reports = new ExecutionReports(
    FixVersion.Fix44,
    new FixInstruments(viewsOf([viewOf(BTCUSD)])),
    false,
  );
  const writer = new FixWriter(1_024);
  const words = WordBuffer.allocate(64);
  writer.begin();
  writeEvent(words, 0, event);
  readReports(words, 0, (report) => reports.write(writer, report, undefined, undefined, undefined));
  const fields = fixText(writer.buffer.u8, writer.from, writer.to).split('|');
  return tags.map((tag) => fields.find((field) => field.startsWith(`${tag}=`)) ?? `${tag}-`).join(' ');
}

test('what was canceled of an order that is not known any more was not executed', () => {
  const canceled = {
    type: 'OrderCanceled',
    userId: 5,
    reportNumber: 9,
    instrumentId: BTCUSD.instrumentId,
    orderId: 77,
    reason: CancelReason.MassCancel,
  } as const;
  const tags = [37, 150, 39, 151, 14] as const;
  assert.equal(told({ ...canceled, canceledQtyLots: 500 }, ...tags), '37=77 150=4 39=4 151=0.0000 14=0.0000');
  assert.equal(
    told({ ...canceled, canceledQtyLots: 500, leavesQtyLots: 100 }, ...tags),
    '37=77 150=D 39=0 151=0.0200 14=0.0000',
  );
  assert.equal(
    told({ ...canceled, canceledQtyLots: 500, cumQtyLots: 250 }, ...tags),
    '37=77 150=4 39=4 151=0.0000 14=0.0500',
  );
});
