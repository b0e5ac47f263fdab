import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { LogFixture } from '#log/file/log-fixture.ts';
import { PowerCutDisk } from '#log/file/power-cut-disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { LogReceiptReader } from './log-receipts.ts';

/** A log of so many entries over several segments: entry n deposits n. */
function begin(entries: number) {
  const disk = new PowerCutDisk({ random: () => 0 });
  const fixture = new LogFixture(disk);
  const log = fixture.create();
  for (let sequence = 1; sequence <= entries; sequence++) {
    const bytes = encodeEntry({
      nodeId: 1,
      epoch: 1,
      entryNo: sequence,
      commands: [{ type: 'Deposit', accountId: 1, assetId: 1, amountMinor: sequence }],
    });
    fixture.clock.advanceNanos(1_000);
    log.append(WordBuffer.copyOf(bytes), 0, bytes.length / 4);
    log.commit();
  }
  let durable = entries;
  const reader = new LogReceiptReader({ directory: '/log', durableSequence: () => durable, disk });
  return { disk, log, fixture, reader, setDurable: (sequence: number) => (durable = sequence) };
}

test('receipts: any entry of any segment, with the time that the log stamped', async () => {
  const { disk, reader, log, fixture } = begin(200);
  assert.ok(listSegments(disk, '/log').length > 2);
  for (const sequence of [1, 2, 57, 100, 199, 200]) {
    const found = await reader.entry(sequence);
    assert.equal(found?.sequence, sequence);
    assert.deepEqual(
      found?.entry.commands.map((command) => 'amountMinor' in command && command.amountMinor),
      [sequence],
    );
  }
  const last = await reader.entry(200);
  assert.deepEqual([last?.timeSeconds, last?.timeNanos], [fixture.clock.seconds, fixture.clock.nanos]);
  log.close();
});

test('receipts: what is not durable yet is not shown', async () => {
  const { reader, log, setDurable } = begin(20);
  setDurable(19);
  assert.equal(await reader.entry(20), undefined);
  assert.equal((await reader.entry(19))?.sequence, 19);
  log.close();
});

test('receipts: entries behind a snapshot are gone, and said to be', async () => {
  const { disk, reader, log } = begin(200);
  const [, second] = listSegments(disk, '/log');
  log.truncate(second.firstSequence);
  await assert.rejects(reader.entry(1), { name: 'LogTruncatedError', firstSequence: second.firstSequence });
  assert.equal((await reader.entry(second.firstSequence))?.sequence, second.firstSequence);
  log.close();
});

test('receipts: look-ups wait for each other, a bounded number of them', async () => {
  const { reader, log } = begin(50);
  const asked = Array.from({ length: 40 }, (_, index) => reader.entry(index + 1));
  const answers = await Promise.allSettled(asked);
  assert.deepEqual(
    answers.map((answer, index) =>
      answer.status === 'fulfilled' ? answer.value?.sequence === index + 1 : answer.reason.code,
    ),
    [...Array(32).fill(true), ...Array(8).fill('BUSY')],
  );
  assert.equal((await reader.entry(7))?.sequence, 7);
  log.close();
});

test('receipts: many entries at once, those that there are, with their first commands', async () => {
  const { disk, reader, log, setDurable } = begin(200);
  const [, second] = listSegments(disk, '/log');
  const first = second.firstSequence;
  log.truncate(first);
  setDurable(150);
  const wanted = [1, first, first + 1, 149, 150, 151, 120];
  const found = await reader.entries(wanted, 8);
  assert.deepEqual(
    found.map(({ sequence, nodeId, commandCount, commands }) => [
      sequence,
      nodeId,
      commandCount,
      ...commands.map((command) => 'amountMinor' in command && command.amountMinor),
    ]),
    [first, first + 1, 149, 150, 120].map((sequence) => [sequence, 1, 1, sequence]),
  );
  assert.deepEqual((await reader.entries([150], 0))[0]?.commands, []);
  assert.equal(reader.firstSequence(), first);
  log.close();
});
