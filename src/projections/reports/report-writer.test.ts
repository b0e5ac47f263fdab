import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandRejected } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ReportFileError } from './report-errors.ts';
import { reportFile } from './report-slot.ts';
import { ReportWriter } from './report-writer.ts';
import { feed, filesOf, randomBatches, TestDisk } from './test-support.ts';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

test('ReportWriter: no more files are open than allowed, and none after close', (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const disk = new TestDisk();
  const { batches } = randomBatches(SEED, 100, 30, 20);
  const writer = new ReportWriter({
    directory: temporaryDirectory('report-writer'),
    disk,
    openFilesMax: 5,
    bufferedReports: 64,
  });
  feed(writer, batches);
  writer.sync();
  assert.equal(disk.openMost, 5);
  assert.equal(disk.paths.size, 5);
  writer.close();
  assert.equal(disk.paths.size, 0);
});

test('ReportWriter: others may run before every write', (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const disk = new TestDisk();
  const pauses: number[] = [];
  const { batches, reference } = randomBatches(SEED, 100, 30, 20);
  const writer = new ReportWriter({
    directory: temporaryDirectory('report-writer'),
    disk,
    betweenPieces: () => pauses.push(disk.writes),
  });
  feed(writer, batches);
  writer.flush();
  assert.deepEqual(
    pauses,
    Array.from({ length: reference.size }, (_, writes) => writes),
  );
  writer.close();
});

test('ReportWriter: the file whose last use is oldest is closed for another', () => {
  const disk = new TestDisk();
  const directory = temporaryDirectory('report-writer');
  const writer = new ReportWriter({ directory, disk, openFilesMax: 2 });
  const event = WordBuffer.allocate(CommandRejected.words);
  const counts = new Map<number, number>();
  const open = (userId: number): string[] => {
    const number = (counts.get(userId) ?? 0) + 1;
    counts.set(userId, number);
    event.i32[0] = CommandRejected.type | (CommandRejected.words << 16);
    event.i32[CommandRejected.at.userId] = userId;
    event.f64[CommandRejected.at.reportNumber >> 1] = number;
    writer.onEvents(event, 0, CommandRejected.words);
    writer.flush();
    return [...disk.paths.values()].map((path) => path.slice(-9, -8)).sort();
  };
  assert.deepEqual([1, 2, 1, 3, 1, 2].map(open), [
    ['1'],
    ['1', '2'],
    ['1', '2'],
    ['1', '3'],
    ['1', '3'],
    ['1', '2'],
  ]);
  writer.close();
});

test('ReportWriter: sync makes every file written since the last one durable, then the directory; else nothing', (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const disk = new TestDisk();
  const directory = temporaryDirectory('report-writer');
  const { batches, reference } = randomBatches(SEED, 50, 30, 10);
  const writer = new ReportWriter({ directory, disk, openFilesMax: 2, bufferedReports: 16 });
  writer.sync();
  assert.deepEqual([disk.synced, disk.writes], [[], 0]);

  feed(writer, batches);
  writer.sync();
  const files = [...reference.keys()].map((userId) => reportFile(directory, userId));
  assert.equal(disk.synced.at(-1), directory);
  assert.deepEqual(disk.synced.slice(0, -1).sort(), files.sort());

  const { writes } = disk;
  writer.flush();
  writer.sync();
  assert.equal(disk.writes, writes);
  assert.equal(disk.synced.length, files.length + 1);
  writer.close();
});

test('ReportWriter: what was made durable ahead, sync leaves out, but not what was written since', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const disk = new TestDisk();
  const directory = temporaryDirectory('report-writer');
  const { batches, reference } = randomBatches(SEED, 50, 30, 40);
  const writer = new ReportWriter({ directory, disk, openFilesMax: 2 });
  feed(writer, batches.slice(0, 40));
  await writer.syncAhead();
  const ahead = [...disk.synced];
  assert.equal(new Set(ahead).size, ahead.length);
  disk.synced.length = 0;
  feed(writer, batches.slice(40));
  writer.flush();
  const all = new Set([...reference.keys()].map((userId) => reportFile(directory, userId)));
  writer.sync();
  assert.equal(disk.synced.at(-1), directory, 'the names, too');
  assert.deepEqual(new Set([...ahead, ...disk.synced.slice(0, -1)]), all);
  disk.synced.length = 0;
  await writer.syncAhead();
  writer.sync();
  assert.deepEqual(disk.synced, []);
  writer.close();
});

test('ReportWriter: a file that is written while it is made durable ahead is made durable again', async () => {
  const disk = new TestDisk();
  const { batches } = randomBatches(3, 10, 20, 1);
  const directory = temporaryDirectory('report-writer');
  const writer = new ReportWriter({ directory, disk });
  feed(writer, batches.slice(0, 5));
  const ahead = writer.syncAhead();
  feed(writer, batches.slice(5));
  writer.flush();
  await ahead;
  disk.synced.length = 0;
  writer.sync();
  assert.equal(disk.synced.length, 2);
  writer.close();
});

test('ReportWriter: what fails ahead, sync throws, and nothing is written any more', async () => {
  const disk = new TestDisk();
  const { batches } = randomBatches(3, 10, 20, 3);
  const writer = new ReportWriter({ directory: temporaryDirectory('report-writer'), disk });
  feed(writer, batches);
  disk.failSync = true;
  await writer.syncAhead();
  disk.failSync = false;
  assert.throws(() => writer.sync(), { name: 'ReportFileError', code: 'IO_ERROR' });
  assert.equal(writer.failure?.code, 'IO_ERROR');
  writer.close();
});

test('ReportWriter: one user in a flush is one write', () => {
  const disk = new TestDisk();
  const { batches } = randomBatches(3, 10, 20, 1);
  const writer = new ReportWriter({ directory: temporaryDirectory('report-writer'), disk });
  feed(writer, batches);
  writer.flush();
  assert.equal(disk.writes, 1);
  writer.close();
});

test('ReportWriter: short writes are completed', (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const { batches } = randomBatches(SEED, 20, 20, 3);
  const directories = [temporaryDirectory('report-writer'), temporaryDirectory('report-writer')];
  const disk = new TestDisk();
  disk.writeMost = 101;
  for (const [i, directory] of directories.entries()) {
    const writer = new ReportWriter(i === 0 ? { directory } : { directory, disk });
    feed(writer, batches);
    writer.close();
  }
  assert.deepEqual(filesOf(directories[1]), filesOf(directories[0]));
});

test('ReportWriter: a full disk is thrown by flush and sync, not into the core, and a restart from the last sync repairs', (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const { batches } = randomBatches(SEED, 100, 20, 8);
  const whole = temporaryDirectory('report-writer');
  const sound = new ReportWriter({ directory: whole });
  feed(sound, batches);
  sound.close();
  for (const failWriteIn of [0, 1, 5, 30]) {
    for (const failCode of ['ENOSPC', 'EDQUOT', 'EIO']) {
      const directory = temporaryDirectory('report-writer');
      const disk = new TestDisk();
      const writer = new ReportWriter({ directory, disk, bufferedReports: 20 });
      feed(writer, batches.slice(0, 40));
      writer.sync();
      disk.failCode = failCode;
      disk.failWriteIn = failWriteIn;
      feed(writer, batches.slice(40));
      const expected = { name: 'ReportFileError', code: failCode === 'EIO' ? 'IO_ERROR' : 'DISK_FULL' };
      assert.throws(() => writer.flush(), expected);
      disk.failWriteIn = Number.POSITIVE_INFINITY;
      const { writes } = disk;
      assert.throws(() => writer.flush(), expected);
      assert.throws(() => writer.sync(), expected);
      assert.ok(writer.failure instanceof ReportFileError);
      assert.match(writer.failure.message, /restart the node/);
      writer.close();
      assert.equal(disk.writes, writes, 'nothing is written after a failure');

      const restarted = new ReportWriter({ directory });
      feed(restarted, batches.slice(40));
      restarted.close();
      assert.deepEqual(filesOf(directory), filesOf(whole), `${failCode} at write ${failWriteIn}`);
    }
  }
});

test('ReportWriter: after a failed sync nothing is durable, however often it is asked', () => {
  const disk = new TestDisk();
  const { batches } = randomBatches(9, 20, 20, 3);
  const writer = new ReportWriter({ directory: temporaryDirectory('report-writer'), disk });
  feed(writer, batches);
  disk.failSync = true;
  assert.throws(() => writer.sync(), { name: 'ReportFileError', code: 'IO_ERROR' });
  disk.failSync = false;
  assert.throws(() => writer.sync(), { name: 'ReportFileError', code: 'IO_ERROR' });
  assert.deepEqual(disk.synced, []);
  writer.close();
});

test('ReportWriter: a file in the place of the directory is named', () => {
  const directory = join(temporaryDirectory('report-writer'), 'reports');
  writeFileSync(directory, '');
  assert.throws(() => new ReportWriter({ directory }), { name: 'ReportFileError', file: directory });
});

test('ReportWriter: a gap in the events is a bug', () => {
  const { batches } = randomBatches(1, 3, 20, 1);
  const writer = new ReportWriter({ directory: temporaryDirectory('report-writer') });
  feed(writer, [batches[0]]);
  assert.throws(() => feed(writer, [batches[2]]), /events come without a gap/);
  writer.close();
});
