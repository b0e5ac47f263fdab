import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import { TradingCore } from '#core/trading-core.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { EventFan } from '../event-fan.ts';
import { HistoryCatchUp } from './history-catch-up.ts';

const LOG_ID = '00000000-0000-4000-8000-000000000000';

test('HistoryCatchUp: an entry that this build cannot read ends it: history says nothing of what it does not know', () => {
  const fan = new EventFan();
  const core = new TradingCore(fan);
  const database = HistoryDatabase.open(temporaryDirectory('history-catch-up'), LOG_ID);
  const catchUp = new HistoryCatchUp({
    writer: new HistoryWriter(database),
    start: { core, fan },
    logDirectory: 'nowhere',
    logId: LOG_ID,
    stateHash: core.stateHash,
  });
  const bytes = encodeEntry({ nodeId: 1, epoch: 1, entryNo: 1, commands: [{ type: 'NewOrder' }] });
  const words = WordBuffer.copyOf(bytes);
  // Of a type that only a later build has.
  words.u8[ENTRY_HEADER_WORDS * WORD_BYTES] = 255;
  assert.throws(() => catchUp.deliver(1, 100, 0, words, 0, bytes.length / WORD_BYTES), {
    name: 'LogCorruptError',
    message:
      'entry 1 breaks the format (fault UnknownCommand). Use the build that wrote it. Where none did, restore the log up to the entry before (docs/disaster-recovery.md)',
  });
  assert.equal(core.sequence, 0);
  database.close();
});
