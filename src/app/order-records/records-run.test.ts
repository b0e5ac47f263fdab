import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { RecordsCore } from './records-core.ts';
import { RecordsRun } from './records-run.ts';

test('RecordsRun: an entry that this build cannot read ends it, as it ends a node: a refusal of it would be a lie', () => {
  const start = new RecordsCore(() => {});
  const run = new RecordsRun({
    start,
    logDirectory: 'nowhere',
    logId: '00000000-0000-4000-8000-000000000000',
    range: { fromSequence: undefined, toSequence: undefined, fromTime: undefined, toTime: undefined },
    lastSequence: 1,
  });
  const bytes = encodeEntry({ nodeId: 1, epoch: 1, entryNo: 1, commands: [{ type: 'NewOrder' }] });
  const words = WordBuffer.copyOf(bytes);
  // Of a type that only a later build has.
  words.u8[ENTRY_HEADER_WORDS * WORD_BYTES] = 255;
  assert.throws(() => run.deliver(1, 100, 0, words, 0, bytes.length / WORD_BYTES), {
    name: 'LogCorruptError',
    message:
      'entry 1 breaks the format (fault UnknownCommand). Use the build that wrote it. Where none did, restore the log up to the entry before (docs/disaster-recovery.md)',
  });
  assert.equal(start.core.sequence, 0);
});
