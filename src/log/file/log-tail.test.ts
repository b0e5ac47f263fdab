import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogCorruptError, LogTruncatedError } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { RecordingReader } from '../recording-reader.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { LogId } from './format.ts';
import { LogFixture } from './log-fixture.ts';
import { LogTail } from './log-tail.ts';
import { PowerCutDisk } from './power-cut-disk.ts';
import { listSegments } from './scan.ts';
import { verifyLog } from './verify.ts';

const begin = (): { disk: PowerCutDisk; fixture: LogFixture } => {
  const disk = new PowerCutDisk({ random: () => 0 });
  return { disk, fixture: new LogFixture(disk) };
};

const tailFrom = (disk: PowerCutDisk, fromSequence: number): LogTail =>
  new LogTail({ directory: '/log', fromSequence, disk });

test('tail: follows a writer over segments, each entry once, from any sequence', () => {
  const random = seededRandom(4);
  const { disk, fixture } = begin();
  const log = fixture.create();
  const tails = [1, 5, 40, 100].map((from) => ({
    from,
    tail: tailFrom(disk, from),
    reader: new RecordingReader(),
  }));
  for (let turn = 0; turn < 150; turn++) {
    fixture.commit(log, ...Array.from({ length: 1 + (turn % 3) }, () => 1 + Math.floor(random() * 60)));
    for (const { from, tail, reader } of tails) {
      if (random() < 0.5) continue;
      while (tail.poll(reader, log.lastSequence, 500) > 0);
      assert.equal(tail.nextSequence, Math.max(from, log.lastSequence + 1));
      assert.deepEqual(reader.entries, fixture.appended.slice(from - 1));
    }
  }
  assert.ok(listSegments(disk, '/log').length > 3);
  for (const { tail } of tails) tail.close();
  log.close();
});

test('tail: a log without entries ends there, and goes on when it has some', { timeout: 20_000 }, () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  const tail = tailFrom(disk, 1);
  const reader = new RecordingReader();
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 0);
  fixture.commit(log, 8, 8);
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 2);
  assert.deepEqual(reader.entries, fixture.appended);
  tail.close();
  log.close();
});

test('tail: stops at the durable sequence, whatever stands behind it', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 10; i++) fixture.commit(log, 8);
  const bytes = disk.bytesOf(listSegments(disk, '/log')[0].path);
  bytes.fill(0x55, 64 + 6 * 72);
  const tail = tailFrom(disk, 1);
  const reader = new RecordingReader();
  assert.equal(tail.poll(reader, 4, 1e9), 4);
  assert.equal(tail.poll(reader, 4, 1e9), 0);
  assert.equal(tail.poll(reader, 6, 1e9), 2);
  assert.deepEqual(reader.entries, fixture.appended.slice(0, 6));
  assert.throws(() => tail.poll(reader, 7, 1e9), /offset 496: entry 7 is damaged or missing/);
  tail.close();
  log.close();
});

test('tail: a batch ends after the entry that passes its bytes', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  fixture.commit(log, 8, 8, 8, 8, 8);
  const tail = tailFrom(disk, 1);
  const reader = new RecordingReader();
  assert.equal(tail.poll(reader, 5, 1), 1);
  assert.equal(tail.poll(reader, 5, 72), 1);
  assert.equal(tail.poll(reader, 5, 73), 2);
  assert.equal(tail.poll(reader, 5, 1e9), 1);
  assert.deepEqual(reader.entries, fixture.appended);
  log.close();
});

test('tail: without a durable sequence it goes up to the first entry that is not whole, and on when it is', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  fixture.commit(log, 8, 8, 8);
  const tail = tailFrom(disk, 2);
  const reader = new RecordingReader();
  const bytes = disk.bytesOf(listSegments(disk, '/log')[0].path);
  bytes[64 + 2 * 72 + 40] ^= 1;
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 1);
  bytes[64 + 2 * 72 + 40] ^= 1;
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 1);
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 0);
  for (let i = 0; i < 40; i++) fixture.commit(log, 60);
  assert.equal(tail.poll(reader, Number.POSITIVE_INFINITY, 1e9), 40);
  assert.deepEqual(reader.entries, fixture.appended.slice(1));
  log.close();
});

test('tail: entries that were truncated, another log, a damaged entry', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 30);
  log.truncate(100);
  const { firstSequence, lastSequence } = log;
  log.close();
  const reader = new RecordingReader();
  assert.throws(
    () => tailFrom(disk, 1).poll(reader, lastSequence, 1e9),
    new LogTruncatedError(1, firstSequence),
  );
  const logId = new LogId('00000000-0000-4000-8000-000000000001');
  const other = new LogTail({ directory: '/log', fromSequence: firstSequence, disk, logId });
  assert.throws(() => other.poll(reader, lastSequence, 1e9), /belongs to log/);
  const { path } = listSegments(disk, '/log')[0];
  disk.bytesOf(path)[64 + 160 + 60] ^= 4;
  const tail = tailFrom(disk, firstSequence);
  assert.throws(
    () => tail.poll(reader, lastSequence, 1e9),
    (error) => error instanceof LogCorruptError && error.file === path && error.offset === 64 + 160,
  );
  assert.equal(reader.entries.length, 1);
});

test('tail: a reader whom the truncation overtakes finishes its segment, then is told where to begin again', () => {
  for (const durableSequence of [100, Number.POSITIVE_INFINITY]) {
    const { disk, fixture } = begin();
    const log = fixture.create();
    for (let i = 0; i < 100; i++) fixture.commit(log, 30);
    const [, second] = listSegments(disk, '/log');
    const tail = tailFrom(disk, 1);
    const reader = new RecordingReader();
    tail.poll(reader, 1, 1e9);
    log.truncate(100);
    assert.throws(
      () => tail.poll(reader, durableSequence, 1e9),
      new LogTruncatedError(second.firstSequence, log.firstSequence),
    );
    assert.deepEqual(reader.entries, fixture.appended.slice(0, second.firstSequence - 1));
    tail.close();
    log.close();
  }
});

test('tail: a segment that is truncated between the look and the opening', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 30);
  const beside = new FaultyDisk(disk);
  const openRead = beside.openRead.bind(beside);
  beside.openRead = (path) => {
    log.truncate(100);
    return openRead(path);
  };
  const tail = new LogTail({ directory: '/log', fromSequence: 5, disk: beside });
  assert.throws(() => tail.poll(new RecordingReader(), 100, 1e9), {
    name: 'LogTruncatedError',
    message: /^entry 5 is asked for, but the log begins with entry 7\d: .* Begin with entry 7\d or later/,
  });
  log.close();
});

test('verifyLog: counts everything, tells its progress, and reports a torn tail', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 30);
  const progress: string[] = [];
  const verify = () => verifyLog('/log', (at) => progress.push(`${at.segment}/${at.segments}`), disk);
  const whole = {
    logId: LogFixture.logId.uuid,
    segments: 4,
    entries: 100,
    firstSequence: 1,
    lastSequence: 100,
    bytes: 100 * 160,
    tornBytes: 0,
  };
  assert.deepEqual(verify(), whole);
  assert.deepEqual(progress, ['1/4', '2/4', '3/4', '4/4']);
  const { path, firstSequence } = listSegments(disk, '/log')[3];
  const offset = 64 + (100 - firstSequence) * 160;
  disk.bytesOf(path).fill(0, offset + 77);
  const torn = { ...whole, entries: 99, lastSequence: 99, bytes: 99 * 160, tornBytes: 77 };
  assert.deepEqual(verify(), torn);
});

test('verifyLog: beside a node that goes on writing it finds a whole log', () => {
  for (let commits = 1; commits < 12; commits++) {
    const { disk, fixture } = begin();
    const log = fixture.create();
    for (let i = 0; i < 10; i++) fixture.commit(log, 20);
    const beside = new FaultyDisk(disk);
    const read = beside.read.bind(beside);
    let left = commits;
    beside.read = (...call) => {
      if (left-- > 0) fixture.commit(log, 20, 5);
      if (left >= 0) fixture.commit(log, 7);
      return read(...call);
    };
    const summary = verifyLog('/log', undefined, beside);
    assert.ok(summary.lastSequence >= 10 && summary.lastSequence <= log.lastSequence, `${commits} commits`);
    assert.equal(summary.tornBytes, 0);
    log.close();
  }
});

/** A log of four segments, and a disk that truncates it before entry `to` when segment `index` is about to be opened. */
function truncatedMeanwhile(index: number, to: number): { beside: FaultyDisk; fixture: LogFixture } {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 30);
  const { path } = listSegments(disk, '/log')[index];
  const beside = new FaultyDisk(disk);
  const openRead = beside.openRead.bind(beside);
  beside.openRead = (asked) => {
    if (asked === path) {
      while (log.lastSequence < to) fixture.commit(log, 30);
      log.truncate(to);
    }
    return openRead(asked);
  };
  return { beside, fixture };
}

test('verifyLog: of a log that is truncated meanwhile it checks what is left', () => {
  // Segments of 25 entries: those from 1, 26 and 51 go while the first, second or third is about to be read.
  for (const index of [0, 1, 2]) {
    const { beside } = truncatedMeanwhile(index, 76);
    const { segments, entries, firstSequence, lastSequence, bytes } = verifyLog('/log', undefined, beside);
    assert.deepEqual([segments, entries, firstSequence, lastSequence, bytes], [1, 25, 76, 100, 25 * 160]);
  }
});

test('verifyLog: a log of which nothing is left that it began with, and a segment that is missing', () => {
  const { beside } = truncatedMeanwhile(3, 130);
  assert.throws(() => verifyLog('/log', undefined, beside), new LogTruncatedError(76, 126));
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 30);
  disk.remove(listSegments(disk, '/log')[1].path);
  assert.throws(() => verifyLog('/log', undefined, disk), /entries 26 to 50 are missing before this segment/);
  log.close();
});

test('tail: comes to any entry of a large segment with a few reads, forward and back', () => {
  const random = seededRandom(11);
  const disk = new PowerCutDisk({ random: () => 0 });
  const segmentBytes = 4 * 1024 * 1024;
  const fixture = new LogFixture(disk, '/log', segmentBytes);
  const log = fixture.create();
  while (log.lastSequence < 3_000) {
    const words = random() < 0.01 ? 32 * 1024 : 1 + Math.floor(random() * 400);
    fixture.commit(log, words);
  }
  assert.ok(listSegments(disk, '/log').length > 1);
  let bytes = 0;
  const read = disk.read.bind(disk);
  disk.read = (...args) => {
    const got = read(...args);
    bytes += got;
    return got;
  };
  const tail = tailFrom(disk, 1);
  for (let n = 0; n < 200; n++) {
    const sequence = n < 4 ? [1, 3_000, 1_500, 1_501][n] : 1 + Math.floor(random() * 3_000);
    const reader = new RecordingReader();
    bytes = 0;
    tail.goTo(sequence);
    assert.equal(tail.poll(reader, log.lastSequence, 1), 1);
    assert.deepEqual(reader.entries, [fixture.appended[sequence - 1]]);
    assert.ok(bytes < 2 * 1024 * 1024, `${bytes} bytes read for entry ${sequence}`);
  }
  tail.close();
  log.close();
});

test('tail: an entry that is not there is not taken for another', () => {
  const { disk, fixture } = begin();
  const log = fixture.create();
  for (let i = 0; i < 40; i++) fixture.commit(log, 8);
  const tail = tailFrom(disk, 1);
  tail.goTo(41);
  assert.equal(tail.poll(new RecordingReader(), 40, 1e9), 0);
  assert.throws(() => tail.poll(new RecordingReader(), 41, 1e9), /entry 41 is damaged or missing/);
  tail.close();
  log.close();
});
