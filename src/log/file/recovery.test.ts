import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LogCorruptError } from '#domain/ports.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { nodeDisk } from './disk.ts';
import type { FileLog } from './file-log.ts';
import { LogId, RecordHeader, SegmentHeader, segmentPath } from './format.ts';
import { LogFixture, readAll } from './log-fixture.ts';
import { PowerCutDisk } from './power-cut-disk.ts';
import { listSegments } from './scan.ts';
import { createZeroedFile, installSegment } from './segment-file.ts';
import { verifyLog } from './verify.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
console.log(`recovery.test.ts: SEED=${seed}`);

/** Where the records of the last segment stand: by their headers, from the segment's start. */
function recordOffsets(bytes: Uint8Array): number[] {
  const { i32 } = WordBuffer.copyOf(bytes);
  const offsets: number[] = [];
  for (let word = 16; i32[word + 1] !== 0; word += 10 + Math.ceil(i32[word + 1] / 8) * 2)
    offsets.push(word * 4);
  return offsets;
}

/** Three segments; the last has commits of one, two, one and three entries. */
function damageable(): {
  fixture: LogFixture;
  disk: PowerCutDisk;
  last: string;
  offsets: number[];
  end: number;
} {
  const disk = new PowerCutDisk({ random: () => 0 });
  const fixture = new LogFixture(disk);
  const log = fixture.create();
  for (let i = 0; i < 30; i++) fixture.commit(log, 30, 25);
  while (listSegments(disk, '/log').length < 3) fixture.commit(log, 90);
  fixture.commit(log, 4);
  fixture.commit(log, 25, 12);
  fixture.commit(log, 8);
  fixture.commit(log, 60, 5, 61);
  log.close();
  const last = listSegments(disk, '/log')[2].path;
  const bytes = disk.bytesOf(last);
  const offsets = recordOffsets(bytes);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return { fixture, disk, last, offsets, end };
}

const openOn = (fixture: LogFixture, disk: PowerCutDisk): FileLog => fixture.open({ disk });

/** The log opens with the first `entries` entries, says so, goes on, and is whole after that. */
function assertTornTo(
  fixture: LogFixture,
  disk: PowerCutDisk,
  entries: number,
  tornBytes: number,
  what: string,
): void {
  const log = openOn(fixture, disk);
  assert.deepEqual(readAll(log), fixture.appended.slice(0, entries), what);
  assert.equal(log.recovered.tornBytes, tornBytes, what);
  const words = WordBuffer.allocate(40);
  words.i32.fill(-1);
  log.append(words, 0, 40);
  log.commit();
  log.close();
  const { lastSequence, tornBytes: left } = verifyLog('/log', undefined, disk);
  assert.deepEqual({ lastSequence, left }, { lastSequence: entries + 1, left: 0 }, what);
}

/** The log refuses to open, names the file and an offset within it, and changes nothing. */
function assertRefused(
  fixture: LogFixture,
  disk: PowerCutDisk,
  file: string,
  pattern: RegExp,
  what = '',
): void {
  const before = disk.clone();
  for (const open of [() => openOn(fixture, disk), () => verifyLog('/log', undefined, disk)]) {
    assert.throws(open, (error) => {
      assert.ok(error instanceof LogCorruptError, `${what}: ${error}`);
      assert.equal(error.file, file, what);
      assert.match(error.message, pattern, what);
      assert.match(error.message, /: offset \d+: .*Restore this log from a snapshot/, what);
      return true;
    });
  }
  const paths = listSegments(disk, '/log').map(({ path }) => path);
  assert.deepEqual(
    listSegments(before, '/log').map(({ path }) => path),
    paths,
    what,
  );
  for (const path of paths) assert.ok(Buffer.from(before.bytesOf(path)).equals(disk.bytesOf(path)), what);
}

describe('recovery: torn tails', () => {
  test('zeros from any byte of the last commits on: the entries before it stay', () => {
    const { fixture, disk, last, offsets, end } = damageable();
    const total = fixture.appended.length;
    for (let cut = offsets[offsets.length - 7]; cut < end; cut++) {
      const damaged = disk.clone();
      damaged.bytesOf(last).fill(0, cut);
      const whole = offsets.filter((_, i) => (offsets[i + 1] ?? end) <= cut).length;
      const left = damaged.bytesOf(last).findLastIndex((byte) => byte !== 0) + 1;
      const torn = Math.max(0, left - (offsets[whole] ?? end));
      assertTornTo(fixture, damaged, total - offsets.length + whole, torn, `zeros from byte ${cut}`);
    }
  });

  test('the file cut at any byte of the last commits: the entries before it stay', () => {
    const { fixture, disk, last, offsets, end } = damageable();
    const total = fixture.appended.length;
    for (let cut = offsets[offsets.length - 7]; cut <= end; cut++) {
      const damaged = disk.clone();
      damaged.cutFile(last, cut);
      const whole = offsets.filter((_, i) => (offsets[i + 1] ?? end) <= cut).length;
      const left = damaged.bytesOf(last).findLastIndex((byte) => byte !== 0) + 1;
      const torn = Math.max(0, left - (offsets[whole] ?? end));
      assertTornTo(fixture, damaged, total - offsets.length + whole, torn, `file of ${cut} bytes`);
      assert.equal(damaged.bytesOf(last).length, 4096);
    }
  });

  test('any choice of sectors of the last write lost: the entries before the first loss stay', () => {
    const disk = new PowerCutDisk({ random: () => 0 });
    const fixture = new LogFixture(disk, '/log', 16384);
    const log = fixture.create();
    fixture.commit(log, 20, 30);
    const before = disk.clone();
    fixture.commit(log, 200, 30, 150, 300, 12);
    log.close();
    const path = segmentPath('/log', 1);
    const offsets = recordOffsets(disk.bytesOf(path));
    const end = disk.bytesOf(path).findLastIndex((byte) => byte !== 0) + 1;
    const sectors = Math.ceil(end / 512);
    for (let lost = 1; lost < 2 ** sectors; lost++) {
      const damaged = disk.clone();
      for (let sector = 0; sector < sectors; sector++) {
        const at = sector * 512;
        if ((lost >> sector) & 1) damaged.bytesOf(path).set(before.bytesOf(path).subarray(at, at + 512), at);
      }
      const intact = damaged.bytesOf(path).findIndex((byte, i) => byte !== disk.bytesOf(path)[i]);
      if (intact === -1) continue;
      const whole = offsets.filter((_, i) => (offsets[i + 1] ?? end) <= intact).length;
      const opened = openOn(fixture, damaged);
      assert.deepEqual(readAll(opened), fixture.appended.slice(0, whole), `lost sectors ${lost.toString(2)}`);
      opened.close();
    }
  });

  test('one byte anywhere in the room of a large segment: it is found and cleared', () => {
    const disk = new PowerCutDisk({ random: () => 0 });
    const segmentBytes = 2 ** 21 + 512;
    const fixture = new LogFixture(disk, '/log', segmentBytes);
    const log = fixture.create();
    fixture.commit(log, 20, 30);
    log.close();
    const path = segmentPath('/log', 1);
    const end = disk.bytesOf(path).findLastIndex((byte) => byte !== 0) + 1;
    const piece = segmentBytes - 2 ** 20;
    for (const byte of [end + 512, piece - 1, piece, segmentBytes - 1]) {
      const damaged = disk.clone();
      damaged.bytesOf(path)[byte] = 1;
      assertTornTo(fixture, damaged, fixture.appended.length, byte + 1 - end, `byte ${byte}`);
    }
  });
});

describe('recovery: damage is refused', () => {
  test('any bit of the last records flipped, the last one included', () => {
    const { fixture, disk, last, offsets, end } = damageable();
    for (let byte = offsets[offsets.length - 4]; byte < end; byte++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = disk.clone();
        damaged.bytesOf(last)[byte] ^= 1 << bit;
        assertRefused(fixture, damaged, last, /entry \d+ is damaged/, `bit ${bit} of byte ${byte}`);
      }
    }
  });

  test('random bits of any file flipped: refused, or in unused space of the last segment and cleared', () => {
    const { fixture, disk, last, end } = damageable();
    const random = seededRandom(seed);
    const paths = listSegments(disk, '/log').map(({ path }) => path);
    for (let i = 0; i < 1_500; i++) {
      const path = paths[Math.floor(random() * paths.length)];
      const byte = Math.floor(random() * 4096);
      const damaged = disk.clone();
      damaged.bytesOf(path)[byte] ^= 1 << Math.floor(random() * 8);
      const what = `SEED=${seed}: ${path} byte ${byte}`;
      // A byte so near behind the last entry could be what is left of a next one whose header was wiped out.
      const suspicious = byte - end >= 31 && byte >> 9 === end >> 9;
      if (path === last && byte >= end && !suspicious) {
        assertTornTo(fixture, damaged, fixture.appended.length, byte + 1 - end, what);
      } else assertRefused(fixture, damaged, path, /./, what);
    }
  });

  test('random rubbish over any place: refused, or entries are gone from one that it hit to the end', () => {
    const { fixture, disk, last, offsets } = damageable();
    const random = seededRandom(seed + 1);
    const paths = listSegments(disk, '/log').map(({ path }) => path);
    const lastCommit = offsets[offsets.length - 3];
    let refused = 0;
    for (let i = 0; i < 600; i++) {
      const damaged = disk.clone();
      const path = paths[Math.floor(random() * paths.length)];
      const bytes = damaged.bytesOf(path);
      const from = Math.floor(random() * 4096);
      const to = Math.min(4096, from + 1 + Math.floor(random() * 700));
      const zeros = random() < 0.3;
      for (let k = from; k < to; k++) bytes[k] = zeros ? 0 : Math.floor(random() * 256);
      let log: FileLog;
      try {
        log = openOn(fixture, damaged);
      } catch (error) {
        assert.ok(error instanceof LogCorruptError, `SEED=${seed}: ${error}`);
        refused++;
        continue;
      }
      const entries = readAll(log);
      log.close();
      const lost = fixture.appended.length - entries.length;
      assert.ok(
        lost === 0 ||
          (path === last && to > lastCommit && (offsets[offsets.length - lost + 1] ?? 4096) > from),
        `SEED=${seed} round ${i}: ${lost} entries lost by rubbish from ${from} to ${to} of ${path}`,
      );
      assert.deepEqual(entries, fixture.appended.slice(0, entries.length), `SEED=${seed} round ${i}`);
    }
    assert.ok(refused > 100, `${refused} refused`);
  });

  test('a missing segment in the middle', () => {
    const { fixture, disk } = damageable();
    const [, second, third] = listSegments(disk, '/log');
    disk.remove(second.path);
    const missing = `entries ${second.firstSequence} to ${third.firstSequence - 1} are missing before this segment`;
    assertRefused(fixture, disk, third.path, new RegExp(missing));
  });

  test('a segment that begins before the one before it ends', () => {
    const { fixture, disk } = damageable();
    const last = listSegments(disk, '/log')[1].firstSequence - 1;
    const handle = createZeroedFile(disk, '/log/other.spare', 4096);
    const path = installSegment(disk, '/log', '/log/other.spare', handle, {
      logId: LogFixture.logId,
      firstSequence: last,
      createdSeconds: 0,
      createdNanos: 0,
      segmentBytes: 4096,
    });
    assertRefused(
      fixture,
      disk,
      path,
      new RegExp(`entries ${last} to ${last} are in the segment before it too`),
    );
  });

  test('all segments missing', () => {
    const { fixture, disk } = damageable();
    for (const { path } of listSegments(disk, '/log')) disk.remove(path);
    assertRefused(fixture, disk, '/log', /the log has no segment/);
  });

  test('the directory of the segments missing', () => {
    const directory = join(temporaryDirectory('recovery'), 'log');
    const fixture = new LogFixture(nodeDisk, directory);
    fixture.create().close();
    rmSync(directory, { recursive: true });
    const missing = { name: 'LogCorruptError', message: /the log has no segment: its files are missing/ };
    assert.throws(() => fixture.open(), missing);
    assert.equal(existsSync(directory), false);
    writeFileSync(directory, '');
    assert.throws(() => fixture.open(), missing);
  });

  test('a segment that is a link to what is not there', () => {
    const directory = join(temporaryDirectory('recovery'), 'log');
    const fixture = new LogFixture(nodeDisk, directory);
    fixture.create().close();
    const path = segmentPath(directory, 1);
    renameSync(path, `${path}.moved`);
    symlinkSync(`${path}.moved`, path);
    fixture.open().close();
    rmSync(`${path}.moved`);
    assert.throws(() => fixture.open(), {
      name: 'LogCorruptError',
      message: new RegExp(`${path}: offset 0: it is a link, and what it leads to is not there`),
    });
  });

  test('a segment that the system does not read is named', () => {
    const directory = join(temporaryDirectory('recovery'), 'log');
    const fixture = new LogFixture(nodeDisk, directory);
    fixture.create().close();
    const path = segmentPath(directory, 1);
    rmSync(path);
    mkdirSync(path);
    assert.throws(() => fixture.open(), {
      code: 'EISDIR',
      message: `${path}: offset 0: EISDIR: illegal operation on a directory, read`,
    });
  });

  test('a segment of another log, and a segment under another name', () => {
    const { fixture, disk } = damageable();
    const [first, second] = listSegments(disk, '/log');
    const open = (): FileLog =>
      fixture.open({ disk, logId: new LogId('00000000-0000-4000-8000-000000000001') });
    assert.throws(open, /belongs to log 0f0e0d0c-0b0a-4908-8706-050403020100, not to 00000000-/);
    disk.bytesOf(second.path).set(disk.bytesOf(first.path));
    assertRefused(fixture, disk, second.path, /the header's first sequence is 1, the file's name says \d+/);
  });

  test('another format version', () => {
    const { fixture, disk, last } = damageable();
    const header = WordBuffer.copyOf(disk.bytesOf(last).subarray(0, 64));
    header.i32[SegmentHeader.formatVersion] = 9;
    header.i32[SegmentHeader.crc] = crc32cWords(header.i32, 0, SegmentHeader.crc);
    disk.bytesOf(last).set(header.u8);
    assertRefused(
      fixture,
      disk,
      last,
      /format version 9, but this build reads version 1: run the build that wrote it/,
    );
  });

  test('a record with a right checksum but a wrong sequence', () => {
    const { fixture, disk, last, offsets } = damageable();
    const segment = WordBuffer.copyOf(disk.bytesOf(last));
    const record = offsets[offsets.length - 1] / 4;
    const trailer = record + 8 + Math.ceil(segment.i32[record + RecordHeader.payloadBytes] / 8) * 2;
    segment.f64[(record + RecordHeader.sequence) >> 1]++;
    segment.i32[record] = crc32cWords(segment.i32, record + 1, trailer, LogFixture.logId.crc);
    disk.bytesOf(last).set(segment.u8);
    const expected = fixture.appended.length;
    assertRefused(
      fixture,
      disk,
      last,
      new RegExp(`entry ${expected + 1} stands where entry ${expected} should`),
    );
  });
});

describe('recovery: a start from a known sequence', () => {
  test('scans only from its segment on, and still looks at every header', () => {
    const { fixture, disk, offsets } = damageable();
    const total = fixture.appended.length;
    const [first, , third] = listSegments(disk, '/log');
    disk.bytesOf(first.path)[200] ^= 1;
    for (const from of [third.firstSequence, total, total + 1, total + 100]) {
      const log = fixture.open({ scanFromSequence: from });
      assert.equal(log.recovered.entries, offsets.length);
      assert.deepEqual([log.firstSequence, log.lastSequence], [1, total]);
      log.close();
    }
    assert.throws(
      () => fixture.open({ scanFromSequence: 2 }),
      /entry \d+ is damaged, and a later segment follows/,
    );
    disk.bytesOf(first.path)[33] ^= 1;
    assert.throws(
      () => fixture.open({ scanFromSequence: total }),
      /the checksum of the segment header does not match/,
    );
  });
});
