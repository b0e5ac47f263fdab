import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ReportSearch } from './report-search.ts';
import { reportFile, SLOT_BYTES } from './report-slot.ts';
import { ReportWriter } from './report-writer.ts';
import { feed, type Reference, randomBatches, sequenceOf } from './test-support.ts';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const ALL = { fromSequence: 1, toSequence: Number.MAX_SAFE_INTEGER, max: 1e9 };

function begin(t: TestContext): { directory: string; reference: Reference; search: ReportSearch } {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-search');
  const { batches, reference } = randomBatches(SEED, 600, 12, 4);
  const writer = new ReportWriter({ directory });
  feed(writer, batches);
  writer.sync();
  writer.close();
  return { directory, reference, search: new ReportSearch(directory) };
}

/** Sequences of what was found, and whether that is all. */
async function found(
  search: ReportSearch,
  range: Parameters<ReportSearch['read']>[0],
): Promise<[boolean, number[]]> {
  const sequences: number[] = [];
  const isWhole = await search.read(range, (words, at) =>
    sequences.push(sequenceOf(words.i32.subarray(at, at + (words.i32[at] >>> 16)))),
  );
  return [isWhole, sequences];
}

/** The same of the reference: a trade with oneself is one record with two numbers. */
function expected(reports: readonly Int32Array[], from: number, to: number): number[] {
  return reports
    .filter((record, index) => record !== reports[index - 1])
    .map(sequenceOf)
    .filter((sequence) => sequence >= from && sequence <= to);
}

test('ReportSearch: the reports of any stretch of the log', async (t) => {
  const { search, reference } = begin(t);
  for (const [userId, reports] of reference) {
    for (const [from, to] of [
      [1, 600],
      [1, 1],
      [100, 140],
      [300, 300],
      [599, 600],
      [601, 900],
    ]) {
      const range = { ...ALL, userId, fromSequence: from, toSequence: to };
      assert.deepEqual(
        await found(search, range),
        [true, expected(reports, from, to)],
        `${userId} ${from}-${to}`,
      );
    }
  }
});

test('ReportSearch: says when some are not to be had', async (t) => {
  const { search, reference, directory } = begin(t);
  const [userId, reports] = [...reference].reduce((most, one) =>
    one[1].length > most[1].length ? one : most,
  );
  const [isWhole, some] = await found(search, { ...ALL, userId, max: 5 });
  assert.equal(isWhole, false);
  assert.ok(some.length <= 5 && some.length > 0);
  assert.deepEqual(await found(search, { ...ALL, userId: 999_999 }), [false, []]);
  const file = reportFile(directory, userId);
  const bytes = readFileSync(file);
  // A file that was begun later: what is there is found.
  bytes.fill(0, 0, 40 * SLOT_BYTES);
  writeFileSync(file, bytes);
  const later = sequenceOf(reports[60]);
  assert.deepEqual(await found(search, { ...ALL, userId, fromSequence: later }), [
    true,
    expected(reports, later, 600),
  ]);
  assert.equal((await found(search, { ...ALL, userId }))[0], false, 'begun later');
  // Each of them, so that the search for the first one meets some.
  for (let damaged = reports.findIndex((report) => sequenceOf(report) === later); damaged < 100; damaged++) {
    bytes[damaged * SLOT_BYTES] ^= 1;
    writeFileSync(file, bytes);
    assert.equal((await found(search, { ...ALL, userId, fromSequence: later }))[0], false, `${damaged}`);
    bytes[damaged * SLOT_BYTES] ^= 1;
  }
});
