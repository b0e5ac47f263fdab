import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { type Layout, layout } from '#domain/layout.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { entryText } from '../recording-reader.ts';
import { LogId, recordBytes, SECTOR_BYTES, segmentPath, sequenceOfName } from './format.ts';
import { LogFixture } from './log-fixture.ts';
import { PowerCutDisk } from './power-cut-disk.ts';
import { listSegments } from './scan.ts';

/** CRC32C by its definition. */
function crc32cOf(...parts: Uint8Array[]): number {
  let state = 0xffffffff;
  for (const byte of Buffer.concat(parts)) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = state & 1 ? (state >>> 1) ^ 0x82f63b78 : state >>> 1;
  }
  return ~state >>> 0;
}

/** Reads one segment by docs/log-format.md alone, sharing nothing with the code under test. */
function readByTheBook(bytes: Uint8Array): { logId: string; entries: string[] } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.equal(file.toString('latin1', 0, 8), 'HIVELOG\n');
  assert.equal(file.readUInt32LE(8), 1);
  assert.equal(file.readUInt32LE(12), 0);
  const logId = file.subarray(16, 32);
  assert.equal(file.readUInt32LE(48), file.length);
  assert.deepEqual(file.subarray(52, 60), Buffer.alloc(8));
  assert.equal(file.readUInt32LE(60), crc32cOf(file.subarray(0, 60)));
  const entries: string[] = [];
  let time = file.readUInt32LE(40) + file.readUInt32LE(44) / 1e9;
  let at = 64;
  while (file.length - at >= 40 && file.subarray(at, at + 32).some((byte) => byte !== 0)) {
    const payloadBytes = file.readUInt32LE(at + 4);
    const trailer = at + 32 + Math.ceil(payloadBytes / 8) * 8;
    assert.equal(file.readUInt32LE(at), crc32cOf(logId, file.subarray(at + 4, trailer)));
    const sequence = file.readDoubleLE(at + 8);
    assert.equal(sequence, file.readDoubleLE(32) + entries.length);
    const [seconds, nanos] = [file.readUInt32LE(at + 16), file.readUInt32LE(at + 20)];
    assert.ok(seconds + nanos / 1e9 >= time);
    time = seconds + nanos / 1e9;
    assert.equal(file.toString('latin1', at + 28, at + 32), 'REC!');
    assert.equal(file.readUInt32LE(trailer), payloadBytes);
    assert.equal(file.toString('latin1', trailer + 4, trailer + 8), 'END!');
    entries.push(entryText(sequence, seconds, nanos, file.subarray(at + 32, at + 32 + payloadBytes)));
    at = trailer + 8;
  }
  assert.ok(file.subarray(at).every((byte) => byte === 0));
  return { logId: logId.toString('hex'), entries };
}

test('format: a reader written from the documentation reads what the log wrote', () => {
  const disk = new PowerCutDisk({ random: () => 0 });
  const fixture = new LogFixture(disk);
  const log = fixture.create();
  for (let i = 0; i < 100; i++) fixture.commit(log, 1 + (i % 41), 2 + (i % 13));
  log.close();
  const segments = listSegments(disk, '/log').map(({ path }) => readByTheBook(disk.bytesOf(path)));
  assert.ok(segments.length > 3);
  for (const { logId } of segments) assert.equal(logId, LogFixture.logId.uuid.replaceAll('-', ''));
  assert.deepEqual(
    segments.flatMap(({ entries }) => entries),
    fixture.appended,
  );
});

test('format: the example of the documentation', () => {
  const page = readFileSync(new URL('../../../docs/log-format.md', import.meta.url), 'utf8');
  const hex = /```\n([0-9a-f \n]+)\n```/.exec(page)?.[1] ?? '';
  const disk = new PowerCutDisk({ random: () => 0 });
  const fixture = new LogFixture(disk);
  const log = fixture.create();
  fixture.clock.advanceNanos(1_000);
  const words = WordBuffer.allocate(2);
  words.i32.set([1, 2]);
  log.append(words, 0, 2);
  log.commit();
  const written = disk.bytesOf(segmentPath('/log', 1)).subarray(0, 112);
  assert.equal(Buffer.from(written).toString('hex'), hex.replaceAll(/\s/g, ''));
});

/** The most zero bytes in a row that a log has where all fields of a command, but for what every command needs, are 0. */
function zerosOf({ type, words, at }: Layout<'type' | 'sizeWords'>): number {
  const { nodeId, commandCount } = EntryHeader.at;
  assert.equal(nodeId, commandCount);
  const entry = WordBuffer.allocate(ENTRY_HEADER_WORDS + 2 * words);
  entry.i32[nodeId] = 1 | (2 << 16);
  for (let command = ENTRY_HEADER_WORDS; command < entry.words; command += words) {
    assert.equal(at.type, at.sizeWords);
    entry.i32[command + at.type] = type | (words << 16);
  }
  const disk = new PowerCutDisk({ random: () => 0 });
  const log = new LogFixture(disk).create();
  log.append(entry, 0, entry.words);
  log.commit();
  const bytes = disk.bytesOf(segmentPath('/log', 1)).subarray(64, 64 + recordBytes(entry.words * 4));
  let longest = 0;
  for (let at = 0, zeros = 0; at < bytes.length; at++) {
    zeros = bytes[at] === 0 ? zeros + 1 : 0;
    longest = Math.max(longest, zeros);
  }
  return longest;
}

test('format: no whole record can have a sector of zeros, by which recovery knows an interrupted write', (t) => {
  const zeros = COMMAND_LAYOUTS.map((layout): [string, number] => [layout.name, zerosOf(layout)]);
  const [name, most] = zeros.reduce((a, b) => (b[1] > a[1] ? b : a));
  t.diagnostic(`${most} zero bytes in a row at most, in a ${name}`);
  assert.deepEqual(
    zeros.filter(([, bytes]) => bytes >= SECTOR_BYTES),
    [],
  );
  // The planted violation: two texts that may both be empty.
  const planted = layout(
    'Planted',
    99,
    { type: 'u8', flags: 'u8', sizeWords: 'u16' },
    { a: 'text256', b: 'text256' },
  );
  assert.ok(zerosOf(planted) >= SECTOR_BYTES);
});

test('format: names of segments', () => {
  assert.equal(segmentPath('/a/b', 1), '/a/b/0000000000000001.segment');
  assert.equal(segmentPath('/a/b', Number.MAX_SAFE_INTEGER), '/a/b/9007199254740991.segment');
  assert.equal(sequenceOfName('9007199254740991.segment'), Number.MAX_SAFE_INTEGER);
  for (const name of [
    '1.segment',
    '0000000000000001.segment.removed',
    'x000000000000001.segment',
    '9007199254740992.segment',
    'lock',
  ]) {
    assert.equal(sequenceOfName(name), 0, name);
  }
});

test('format: a log id is a lower-case UUID, its bytes as written', () => {
  const id = new LogId('0f0e0d0c-0b0a-4908-8706-050403020100');
  assert.equal(Buffer.from(id.words.buffer).toString('hex'), '0f0e0d0c0b0a49088706050403020100');
  assert.equal(LogId.ofBytes(new Uint8Array(id.words.buffer)).uuid, id.uuid);
  assert.throws(
    () => new LogId('0F0E0D0C-0B0A-4908-8706-050403020100'),
    /Condition: a log id is a lower-case UUID/,
  );
});
