import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LogUnavailableError } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { FaultyDisk, type WriteFault } from './faulty-disk.ts';
import type { FileLog } from './file-log.ts';
import { segmentPath } from './format.ts';
import { LogFixture, readAll } from './log-fixture.ts';
import { PowerCutDisk } from './power-cut-disk.ts';
import { listSegments } from './scan.ts';

function begin(): { disk: FaultyDisk; memory: PowerCutDisk; fixture: LogFixture; log: FileLog } {
  const memory = new PowerCutDisk({ random: () => 0.99 });
  const disk = new FaultyDisk(memory);
  const fixture = new LogFixture(disk);
  return { disk, memory, fixture, log: fixture.create() };
}

/** The commit fails so; nothing is delivered, now or later; reading works; a new instance finds what is on the disk. */
function assertDead(
  fixture: LogFixture,
  log: FileLog,
  code: string,
  message: RegExp,
  ...words: number[]
): void {
  const acknowledged = fixture.delivered.entries.slice();
  const isUnavailable = (error: unknown): boolean => {
    assert.ok(error instanceof LogUnavailableError, `${error}`);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(
      error.message,
      /takes no more entries; what was acknowledged stays readable\. .*then restart the node/,
    );
    assert.ok(error.cause instanceof Error);
    return true;
  };
  assert.throws(() => fixture.commit(log, ...words), isUnavailable);
  assert.throws(() => log.commit(), isUnavailable);
  assert.throws(() => log.append(WordBuffer.allocate(2), 0, 2), isUnavailable);
  assert.throws(() => log.commit(), isUnavailable);
  assert.throws(() => log.truncate(1), isUnavailable);
  assert.deepEqual(fixture.delivered.entries, acknowledged);
  assert.equal(log.lastSequence, acknowledged.length);
  assert.deepEqual(readAll(log), acknowledged);
  log.close();

  const again = fixture.open();
  const stored = readAll(again);
  assert.deepEqual(stored, fixture.appended.slice(0, stored.length));
  assert.ok(stored.length >= acknowledged.length);
  fixture.delivered.entries.splice(0, Number.POSITIVE_INFINITY, ...stored);
  fixture.appended.length = stored.length;
  fixture.commit(again, 10);
  assert.deepEqual(fixture.delivered.entries, fixture.appended);
  assert.deepEqual(readAll(again), fixture.appended);
  again.close();
}

describe('failures', () => {
  const faults: [WriteFault, string, RegExp][] = [
    ['ENOSPC', 'DISK_FULL', /ENOSPC: injected.*The volume is full: free space or enlarge it/],
    ['EIO', 'IO_ERROR', /EIO: injected.*The storage failed: look at the kernel log/],
    ['EIO after writing', 'IO_ERROR', /EIO: injected.*The storage failed/],
    ['short', 'IO_ERROR', /the disk took \d+ of \d+ bytes/],
  ];
  for (const [fault, code, message] of faults) {
    test(`commit: ${fault} -> ${code}, and nothing is ever acknowledged again`, () => {
      const { disk, fixture, log } = begin();
      fixture.commit(log, 20);
      fixture.commit(log, 30, 40);
      disk.fault = fault;
      disk.failWriteIn = 1;
      assertDead(fixture, log, code, message, 100, 50);
    });
  }

  test('after a failed sync the entries that the cache shows are made durable before they are read', () => {
    const { disk, memory, fixture, log } = begin();
    fixture.commit(log, 20);
    disk.fault = 'EIO after writing';
    disk.failWriteIn = 1;
    memory.acknowledgesBeforeSync = true;
    assert.throws(() => fixture.commit(log, 30), { code: 'IO_ERROR' });
    memory.acknowledgesBeforeSync = false;
    log.close();
    const again = fixture.open();
    assert.deepEqual(readAll(again), fixture.appended);
    memory.cut();
    memory.restart();
    assert.deepEqual(readAll(fixture.open()), fixture.appended);
  });

  test('the disk is full at any byte of a new segment', () => {
    for (let free = 0; free < 4096; free += 511) {
      const { disk, fixture, log } = begin();
      disk.bytesFree = free;
      while (log.lastSequence < 24) fixture.commit(log, 30);
      assert.match(`${log.preparationError}`, /ENOSPC/, 'a warning long before the log stops');
      disk.bytesFree = free;
      const acknowledged = log.lastSequence;
      assert.equal(listSegments(disk, '/log').length, 1);
      const full = { code: 'DISK_FULL', message: /The volume is full/ };
      assert.throws(() => fixture.commit(log, 300), full);
      assert.equal(readAll(log).length, acknowledged);
      log.close();
      disk.bytesFree = Number.POSITIVE_INFINITY;
      const again = fixture.open();
      assert.deepEqual(readAll(again), fixture.appended.slice(0, acknowledged));
      assert.deepEqual(
        disk.list('/log').filter((name) => !name.endsWith('.segment')),
        [],
      );
      again.close();
    }
  });

  for (const call of ['rename', 'syncDirectory', 'create'] as const) {
    test(`a roll whose ${call} fails`, () => {
      const { disk, fixture, log } = begin();
      for (let i = 0; i < 24; i++) fixture.commit(log, 30);
      disk.failing.add(call);
      assert.throws(() => fixture.commit(log, 300), { code: 'IO_ERROR' });
      disk.failing.clear();
      assert.throws(() => log.commit(), { code: 'IO_ERROR' });
      assert.deepEqual(readAll(log), fixture.appended.slice(0, 24));
      log.close();
      fixture.appended.length = 24;
      const again = fixture.open();
      fixture.commit(again, 300, 20);
      assert.deepEqual(readAll(again), fixture.appended);
      again.close();
    });
  }

  test('opening: a disk that refuses the repair', () => {
    const { disk, fixture, log } = begin();
    fixture.commit(log, 30);
    log.close();
    disk.failWriteIn = 1;
    disk.fault = 'ENOSPC';
    assert.throws(() => fixture.open(), { name: 'LogUnavailableError', code: 'DISK_FULL' });
    assert.deepEqual(readAll(fixture.open()), fixture.appended);
  });
});

describe('segments', () => {
  test('the next segment is prepared in the background and used; without it the roll makes one', () => {
    for (const background of [true, false]) {
      const { memory, fixture, log } = begin();
      for (let i = 0; i < 200; i++) {
        fixture.commit(log, 1 + (i % 50));
        if (background) memory.runBackground(1);
      }
      assert.equal(log.preparationError, undefined);
      assert.ok(listSegments(memory, '/log').length > 4);
      assert.deepEqual(readAll(log), fixture.appended);
      assert.deepEqual(fixture.delivered.entries, fixture.appended);
      log.close();
      memory.runBackground(10);
      assert.deepEqual(readAll(fixture.open()), fixture.appended);
    }
  });

  test('a commit fills a segment to its last byte, and the next begins another', () => {
    const { memory, fixture, log } = begin();
    fixture.commit(log, 494);
    fixture.commit(log, 494);
    assert.equal(
      memory.bytesOf(segmentPath('/log', 1)).findLastIndex((byte) => byte !== 0),
      4095,
    );
    assert.equal(listSegments(memory, '/log').length, 1);
    fixture.commit(log, 1);
    assert.equal(listSegments(memory, '/log').length, 2);
    log.close();
    const again = fixture.open();
    assert.deepEqual(readAll(again), fixture.appended);
    again.close();
  });

  test('truncate: keeps the segment of the sequence, removes what is before, and the log reopens', () => {
    const { disk, fixture, log } = begin();
    for (let i = 0; i < 200; i++) fixture.commit(log, 30);
    const segments = listSegments(disk, '/log');
    log.truncate(segments[2].firstSequence - 1);
    assert.equal(log.firstSequence, segments[1].firstSequence);
    log.truncate(segments[2].firstSequence);
    assert.equal(log.firstSequence, segments[2].firstSequence);
    assert.deepEqual(listSegments(disk, '/log'), segments.slice(2));
    log.close();
    const again = fixture.open();
    assert.deepEqual(readAll(again), fixture.appended.slice(segments[2].firstSequence - 1));
    again.truncate(again.lastSequence + 1);
    assert.deepEqual(listSegments(disk, '/log'), segments.slice(-1));
    again.close();
  });

  test('a commit larger than its limit is a broken condition, and leaves what was appended', () => {
    const { fixture, log } = begin();
    fixture.append(log, 500);
    assert.throws(() => fixture.append(log, 300), /Condition: the entries of one commit fit commitBytesMax/);
    fixture.appended.length = 1;
    log.commit();
    assert.deepEqual(fixture.delivered.entries, fixture.appended);
    log.close();
  });
});
