import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { HistoryDatabase, historyFile } from './history-database.ts';

const LOG_ID = '11111111-1111-4111-8111-111111111111';
/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 8192;

test('HistoryDatabase: a first start that was killed at any page leaves what the next start takes', () => {
  const root = temporaryDirectory('history');
  const directory = join(root, 'whole');
  const database = HistoryDatabase.open(directory, LOG_ID);
  const wal = readFileSync(`${historyFile(directory)}-wal`);
  const frames = (wal.length - WAL_HEADER_BYTES) / FRAME_BYTES;
  assert.ok(Number.isInteger(frames) && frames > 10, `${frames} pages`);
  for (let left = 0; left <= frames; left++) {
    const killed = join(root, `killed-${left}`);
    mkdirSync(killed);
    copyFileSync(historyFile(directory), historyFile(killed));
    writeFileSync(`${historyFile(killed)}-wal`, wal.subarray(0, WAL_HEADER_BYTES + left * FRAME_BYTES));
    const next = HistoryDatabase.open(killed, LOG_ID);
    assert.deepEqual({ ...next.meta }, { ...database.meta }, `${left} of ${frames} pages`);
    next.close();
  }
  database.close();
});

for (const [what, spoil, why] of [
  ['the tables of another program', 'DROP TABLE meta', 'no such table: meta'],
  ['no row that says how far it goes', 'DELETE FROM meta', 'it does not say how far it goes'],
]) {
  test(`HistoryDatabase: a file with ${what} is damaged`, () => {
    const directory = join(temporaryDirectory('history'), 'history');
    HistoryDatabase.open(directory, LOG_ID).close();
    const database = new DatabaseSync(historyFile(directory));
    database.exec(spoil);
    database.close();
    for (const open of [HistoryDatabase.open, HistoryDatabase.openReadOnly])
      assert.throws(() => open(directory, LOG_ID), {
        name: 'HistoryError',
        code: 'DAMAGED',
        message: `history: ${historyFile(directory)} is damaged (${why}): look at the disk, then restart the node or run "hive history rebuild"`,
      });
  });
}

test('HistoryDatabase: a reader of a file that nobody had open learns that somebody writes it', () => {
  const directory = temporaryDirectory('history-database');
  HistoryDatabase.open(directory, LOG_ID).close();
  utimesSync(historyFile(directory), 1, 1);
  const reader = HistoryDatabase.openReadOnly(directory, LOG_ID);
  assert.equal(reader.hasChanged, false);
  const writer = HistoryDatabase.open(directory, LOG_ID);
  writer.commit({ lastSequence: 7 });
  writer.exec('PRAGMA wal_checkpoint');
  const beside = HistoryDatabase.openReadOnly(directory, LOG_ID);
  writer.close();
  assert.deepEqual([reader.hasChanged, beside.hasChanged], [true, false]);
  assert.equal(beside.hold().lastSequence, 7);
  for (const open of [reader, beside]) open.close();
});
