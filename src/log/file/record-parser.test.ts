import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { RecordingReader } from '../recording-reader.ts';
import { nodeDisk } from './disk.ts';
import { LogFixture } from './log-fixture.ts';
import { RecordCopier } from './record-copier.ts';
import { RecordParser } from './record-parser.ts';

const ENTRIES = 60;

/** A log of several segments, and a copy of its records. */
function copied(): { fixture: LogFixture; directory: string; bytes: Uint8Array } {
  const directory = temporaryDirectory('records');
  const fixture = new LogFixture(nodeDisk, join(directory, 'log'));
  const log = fixture.create();
  for (let entry = 0; entry < ENTRIES; entry++) fixture.commit(log, 1 + ((entry * 7) % 50));
  log.close();
  return { fixture, directory: fixture.directory, bytes: copy(fixture.directory, 1, ENTRIES, 1_000) };
}

function copy(directory: string, from: number, to: number, bytesMax: number): Uint8Array {
  const copier = new RecordCopier({ directory, logId: LogFixture.logId, fromSequence: from, bytesMax });
  const pieces: Uint8Array[] = [];
  let next = from;
  for (let piece = copier.take(to); piece !== undefined; piece = copier.take(to)) {
    assert.equal(piece.firstSequence, next);
    next = piece.lastSequence + 1;
    pieces.push(piece.bytes.slice());
  }
  assert.equal(next, to + 1);
  copier.close();
  // No Buffer, whose slice shares its bytes.
  return new Uint8Array(Buffer.concat(pieces));
}

function parsed(bytes: Uint8Array, size: number, first = 1, last = ENTRIES): RecordingReader {
  const reader = new RecordingReader();
  const parser = new RecordParser('copy', LogFixture.logId, first);
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size), reader);
  parser.end(last);
  return reader;
}

test('RecordCopier, RecordParser: entries come back as they were logged, in pieces of any size', () => {
  const { fixture, directory, bytes } = copied();
  for (const size of [1, 7, 4_096, bytes.length]) {
    assert.deepEqual(parsed(bytes, size).entries, fixture.appended);
  }
  const middle = copy(directory, 21, 40, 1);
  assert.deepEqual(parsed(middle, 100, 21, 40).entries, fixture.appended.slice(20, 40));
});

test('RecordParser: a flipped bit, a cut, a gap and another log are found', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const { directory, bytes } = copied();
  for (let round = 0; round < 200; round++) {
    const flipped = bytes.slice();
    const at = Math.floor(random() * bytes.length);
    flipped[at] ^= 1 << Math.floor(random() * 8);
    assert.throws(() => parsed(flipped, 512), { code: 'LOG_CORRUPT' }, `byte ${at}`);
    const end = Math.floor(random() * bytes.length);
    assert.throws(() => parsed(bytes.slice(0, end), 512), { code: 'LOG_CORRUPT' }, `cut at ${end}`);
  }
  const gap = Buffer.concat([copy(directory, 1, 10, 100), copy(directory, 12, ENTRIES, 100)]);
  assert.throws(() => parsed(gap, 512), /entry 11 is damaged/);
  assert.throws(() => parsed(bytes, 512, 2), /entry 2 is damaged/);
});
