import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { seededRandom } from '#lib/seeded-random.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ReportReader, type ReportReaderOptions } from './report-reader.ts';
import { reportFile, SLOT_BYTES } from './report-slot.ts';
import { ReportWriter, type ReportWriterOptions } from './report-writer.ts';
import {
  type Batch,
  differences,
  expectedRecords,
  feed,
  filesOf,
  type Reference,
  randomBatches,
  recordsOf,
  sequenceOf,
  TestDisk,
} from './test-support.ts';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

const neverPause = (): Promise<void> => Promise.reject(new Error('there is nothing to wait for'));

/** A reader for which everything up to `sequence` is archived, and nothing is durable beyond it. */
function readerOf(
  directory: string,
  sequence: number,
  options: Partial<ReportReaderOptions> = {},
): ReportReader {
  const progress = { durableSequence: sequence, archivedSequence: sequence, isFetchingReports: false };
  return new ReportReader({ directory, progress, pause: neverPause, ...options });
}

/** Batches, written to a fresh directory, and what they say. */
function written(
  t: TestContext,
  options: Partial<ReportWriterOptions> = {},
): { directory: string; batches: Batch[]; reference: Reference } {
  t.diagnostic(`SEED=${SEED}`);
  const directory = join(temporaryDirectory('report-files'), 'reports');
  const { batches, reference } = randomBatches(SEED, 200, 30, 12);
  const writer = new ReportWriter({ directory, ...options });
  feed(writer, batches);
  writer.close();
  return { directory, batches, reference };
}

test('report files: every range of every user comes back, however little is buffered and open', async (t) => {
  for (const options of [
    {},
    { bufferedReports: 1, openFilesMax: 1 },
    { bufferedReports: 37, openFilesMax: 3 },
  ]) {
    const { directory, batches, reference } = written(t, options);
    assert.deepEqual(
      await differences(readerOf(directory, batches.length), reference, seededRandom(SEED)),
      [],
    );
  }
});

test('report files: a user with more reports than one write or read takes', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-files');
  const { batches, reference } = randomBatches(SEED, 100, 60, 1);
  const writer = new ReportWriter({ directory });
  feed(writer, batches);
  writer.flush();
  const [reports] = reference.values();
  assert.ok(reports.length > 1_100, `${reports.length} reports`);
  assert.deepEqual(await differences(readerOf(directory, batches.length), reference, seededRandom(SEED)), []);
  writer.close();
});

test('report files: a trade with oneself is one record with two numbers', async (t) => {
  const { directory, batches, reference } = written(t);
  const reader = readerOf(directory, batches.length);
  let seen = 0;
  for (const [userId, reports] of reference) {
    const second = reports.findIndex((record, i) => i > 1 && record === reports[i - 1]) + 1;
    if (second === 0) continue;
    seen++;
    const trade = reports[second - 1];
    assert.deepEqual(await recordsOf(reader, userId, second - 1, second), [trade]);
    assert.deepEqual(await recordsOf(reader, userId, second - 1, second - 1), [trade]);
    assert.deepEqual(await recordsOf(reader, userId, second, second), [trade]);
  }
  assert.ok(seen > 5, `${seen} users`);
});

test('report files: written again from any earlier point, the files are the same', (t) => {
  const { directory, batches } = written(t);
  const before = filesOf(directory);
  const random = seededRandom(SEED);
  for (let round = 0; round < 20; round++) {
    const from = Math.floor(random() * batches.length);
    const bufferedReports = 1 + Math.floor(random() * 100);
    const writer = new ReportWriter({ directory, bufferedReports, openFilesMax: 4 });
    feed(writer, batches.slice(from));
    writer.close();
    assert.deepEqual(filesOf(directory), before, `from batch ${from}, ${bufferedReports} buffered`);
  }
});

test('report files: cut at every byte of the last reports, they are repaired; until then nothing half is handed out', async (t) => {
  const { directory, batches, reference } = written(t);
  const before = filesOf(directory);
  const snapshot = batches.length - 20;
  const [userId, reports] = [...reference].sort(([, a], [, b]) => b.length - a.length)[0];
  const file = reportFile(directory, userId);
  const count = reports.length;
  for (let cut = 1; cut <= 3 * SLOT_BYTES; cut++) {
    truncateSync(file, count * SLOT_BYTES - cut);
    // Only what is archived counts, and what is not there will be.
    const progress = {
      durableSequence: batches.length,
      archivedSequence: snapshot,
      isFetchingReports: false,
    };
    const repair = async (): Promise<void> => {
      const writer = new ReportWriter({ directory, bufferedReports: 64 });
      feed(writer, batches.slice(snapshot));
      writer.close();
      progress.archivedSequence = batches.length;
    };
    const reader = new ReportReader({ directory, progress, pause: repair });
    assert.deepEqual(
      await recordsOf(reader, userId, count - 5, count),
      expectedRecords(reports, count - 5, count),
      `${cut} bytes cut`,
    );
    assert.deepEqual(filesOf(directory), before);
  }
});

test('report files: a reader beside a writing thread gets everything, whole', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-files');
  const shape = { batches: 400, eventsMax: 20, users: 6 };
  const { reference } = randomBatches(SEED, shape.batches, shape.eventsMax, shape.users);
  const archived = new SharedArrayBuffer(8);
  const cell = new Float64Array(archived);
  const progress = {
    durableSequence: shape.batches,
    isFetchingReports: false,
    get archivedSequence() {
      return cell[0];
    },
  };
  const reader = new ReportReader({ directory, progress, pollMs: 1, timeoutMs: 60_000, readsMax: 2 });
  const thread = new Worker(new URL('./test-writer-thread.ts', import.meta.url), {
    workerData: { directory, seed: SEED, archived, ...shape },
  });
  const exited = new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
  const found = await Promise.all(
    [1, 2, 3].map((n) => differences(reader, reference, seededRandom(SEED + n))),
  );
  assert.deepEqual(found, [[], [], []]);
  assert.equal(await exited, 0);
});

test('ReportReader: waits for the archive, and says LATE when it does not come', async (t) => {
  const { directory, batches, reference } = written(t);
  const [[userId, reports]] = reference;
  const archivedSequence = batches.length - 30;
  const there = reports.filter((record) => sequenceOf(record) <= archivedSequence).length;
  assert.ok(there > 0 && there < reports.length);
  const pauses: number[] = [];
  const reader = new ReportReader({
    directory,
    progress: { durableSequence: batches.length, archivedSequence, isFetchingReports: false },
    timeoutMs: 100,
    pollMs: 25,
    pause: async (ms) => {
      pauses.push(ms);
    },
  });
  const records: Int32Array[] = [];
  const read = reader.read(userId, 1, reports.length, ({ i32 }, at) =>
    records.push(i32.slice(at, at + (i32[at] >>> 16))),
  );
  await assert.rejects(read, {
    name: 'ReportsUnavailableError',
    code: 'LATE',
    userId,
    reportNumber: there + 1,
  });
  assert.deepEqual(pauses, [25, 25, 25, 25]);
  assert.deepEqual(records, expectedRecords(reports, 1, there));
  // What is archived is had without a pause, though the archive lags.
  assert.deepEqual(await recordsOf(reader, userId, 1, there), records);
  assert.equal(pauses.length, 4);
});

test('ReportReader: waits for reports that other nodes may have, and says MISSING once they have none', async (t) => {
  const { directory, batches, reference } = written(t);
  const [[userId, reports]] = reference;
  const file = reportFile(directory, userId);
  const whole = readFileSync(file);
  writeFileSync(file, Buffer.from(whole).fill(0, 0, 2 * SLOT_BYTES));
  const progress = {
    durableSequence: batches.length,
    archivedSequence: batches.length,
    isFetchingReports: true,
  };
  let pauses = 0;
  let onPause = (): void => {};
  const pause = async (): Promise<void> => {
    pauses++;
    onPause();
  };
  const reader = new ReportReader({ directory, progress, timeoutMs: 100, pollMs: 25, pause });
  await assert.rejects(recordsOf(reader, userId, 1, reports.length), { code: 'LATE', reportNumber: 1 });
  assert.equal(pauses, 4);
  onPause = () => {
    progress.isFetchingReports = false;
  };
  await assert.rejects(recordsOf(reader, userId, 1, reports.length), { code: 'MISSING', reportNumber: 1 });
  progress.isFetchingReports = true;
  onPause = () => {
    writeFileSync(file, whole);
    progress.isFetchingReports = false;
  };
  assert.deepEqual(
    await recordsOf(reader, userId, 1, reports.length),
    expectedRecords(reports, 1, reports.length),
  );
});

test('ReportReader: more readers than reads at a time all get theirs', async (t) => {
  const { directory, batches, reference } = written(t);
  const reader = readerOf(directory, batches.length, { readsMax: 1 });
  const found = await Promise.all([1, 2, 3, 4].map((n) => differences(reader, reference, seededRandom(n))));
  assert.deepEqual(found.flat(), []);
});

test('ReportReader: an error of the one who takes the records ends the read and no other', async (t) => {
  const { directory, batches, reference } = written(t);
  const reader = readerOf(directory, batches.length, { readsMax: 1 });
  const [[userId]] = reference;
  const fault = new Error('cannot take it');
  const taken = reader.read(userId, 1, 5, () => {
    throw fault;
  });
  await assert.rejects(taken, fault);
  assert.deepEqual(await differences(reader, reference, seededRandom(SEED)), []);
});

test('report files: removed before the restart, the reports since are there and those before are MISSING', async (t) => {
  const { directory, batches, reference } = written(t);
  for (const name of filesOf(directory).keys()) rmSync(join(directory, name));
  const snapshot = 150;
  const writer = new ReportWriter({ directory, bufferedReports: 10 });
  feed(writer, batches.slice(snapshot));
  writer.close();
  const reader = readerOf(directory, batches.length);
  for (const [userId, reports] of reference) {
    const isNew = (record: Int32Array): boolean => sequenceOf(record) > snapshot;
    const first = reports.findIndex(isNew) + 1;
    assert.ok(first > 1, `user ${userId}`);
    assert.deepEqual(
      await recordsOf(reader, userId, first, reports.length),
      expectedRecords(reports, first, reports.length),
    );
    await assert.rejects(recordsOf(reader, userId, first - 1, reports.length), {
      code: 'MISSING',
      userId,
      reportNumber: first - 1,
    });
  }
  await assert.rejects(recordsOf(reader, 999, 1, 1), { code: 'MISSING', userId: 999 });
});

test('report files: removed under a running writer, the reports after the next flush are there', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-files');
  const { batches, reference } = randomBatches(SEED, 100, 30, 1);
  const [[userId, reports]] = reference;
  const writer = new ReportWriter({ directory });
  feed(writer, batches.slice(0, 50));
  writer.flush();
  rmSync(reportFile(directory, userId));
  feed(writer, batches.slice(50));
  writer.sync();
  const reader = readerOf(directory, batches.length);
  const first = reports.findIndex((record) => sequenceOf(record) > 50) + 1;
  assert.deepEqual(
    await recordsOf(reader, userId, first, reports.length),
    expectedRecords(reports, first, reports.length),
  );
  await assert.rejects(recordsOf(reader, userId, 1, 2), { code: 'MISSING', reportNumber: 1 });
  writer.close();
});

test('report files: a changed byte is DAMAGED, with the file and the offset; its neighbours are read', async (t) => {
  const { directory, batches, reference } = written(t);
  const [[userId, reports]] = reference;
  const file = reportFile(directory, userId);
  const bytes = filesOf(directory).get(file.slice(directory.length + 1)) as Buffer;
  bytes[3 * SLOT_BYTES + 50] ^= 4;
  writeFileSync(file, bytes);
  const reader = readerOf(directory, batches.length);
  await assert.rejects(recordsOf(reader, userId, 1, reports.length), (error: Error) => {
    assert.equal((error as Error & { code: string }).code, 'DAMAGED');
    assert.match(
      error.message,
      new RegExp(`^report 4 of user ${userId}: .*${userId}\\.reports is damaged at byte 624;`),
    );
    return true;
  });
  assert.deepEqual(await recordsOf(reader, userId, 1, 3), expectedRecords(reports, 1, 3));
  assert.deepEqual(await recordsOf(reader, userId, 5, 9), expectedRecords(reports, 5, 9));
});

test('report files: a directory in the place of a file is an IO_ERROR for its user only', async (t) => {
  const { directory, batches, reference } = written(t);
  const [[userId], ...others] = reference;
  rmSync(reportFile(directory, userId));
  new ReportWriter({ directory: reportFile(directory, userId) }).close();
  const reader = readerOf(directory, batches.length);
  await assert.rejects(recordsOf(reader, userId, 1, 1), { code: 'IO_ERROR', userId, reportNumber: 1 });
  assert.deepEqual(await differences(reader, new Map(others), seededRandom(SEED)), []);
});

test('report files: planted bugs are caught', async (t) => {
  // Writes that miss their place by one report.
  const misplaced = new TestDisk();
  misplaced.misplacedBy = SLOT_BYTES;
  const off = written(t, { disk: misplaced });
  assert.notDeepEqual(await differences(readerOf(off.directory, 200), off.reference, seededRandom(SEED)), []);

  // A reader that takes both numbers of a trade with oneself for records of their own.
  const { directory, reference } = written(t);
  const reader = readerOf(directory, 200);
  const twice = {
    read: async (...[userId, from, to, onRecord]: Parameters<ReportReader['read']>): Promise<void> => {
      for (let number = from; number <= to; number++) await reader.read(userId, number, number, onRecord);
    },
  };
  assert.notDeepEqual(await differences(twice, reference, seededRandom(SEED)), []);
});
