import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ReplayFileError } from '../replay-error.ts';
import { openInputs } from './byte-source.ts';

const TEXT = 'hello\nworld\n';
/** `printf 'hello\nworld\n' | xz` */
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jMAQALaGVsbG8Kd29ybGQKAIfGznfORiuuAAEkDKYY2NgftvN9AQAAAAAEWVo=',
  'base64',
);

type ZipFixture = readonly [name: string, method: 'stored' | 'deflated', content: Uint8Array];

function u64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * at);
  return bytes;
}

/** A zip archive of these entries, folders ending in a slash; `wide` with the 64-bit forms of large archives. */
function zipOf(entries: readonly ZipFixture[], wide = false): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, method, content] of entries) {
    const data = method === 'stored' ? content : deflateRawSync(content);
    // From "version needed" to "extra field length", which both headers have alike.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(method === 'stored' ? 0 : 8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), Buffer.from(common), Buffer.from(name), data);
    const trailer = Buffer.alloc(14);
    trailer.writeUInt32LE(wide ? 0xffff_ffff : offset, 10);
    let extra = Buffer.alloc(0);
    if (wide) {
      extra = Buffer.concat([Uint8Array.of(9, 9, 1, 0, 7), Uint8Array.of(1, 0, 24, 0)]);
      extra = Buffer.concat([extra, u64(content.length, data.length, offset)]);
      common.fill(0xff, 14, 22);
      common.writeUInt16LE(extra.length, 24);
    }
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, trailer, Buffer.from(name), extra);
    offset += 30 + name.length + data.length;
  }
  const directoryBytes = Buffer.concat(directory).length;
  const end64 = wide
    ? [
        Buffer.from('PK\x06\x06'),
        u64(44, 0, 0, entries.length, entries.length).subarray(0, 36),
        u64(directoryBytes, offset),
        Buffer.from('PK\x06\x07\0\0\0\0'),
        u64(offset + directoryBytes),
        Uint8Array.of(1, 0, 0, 0),
      ]
    : [];
  const end = Buffer.alloc(18);
  end.writeUInt32LE(wide ? 0xffff_ffff : directoryBytes, 8);
  end.writeUInt32LE(wide ? 0xffff_ffff : offset, 12);
  return Buffer.concat([...parts, ...directory, ...end64, Buffer.from('PK\x05\x06'), end]);
}

let folder = '';

before(() => {
  folder = temporaryDirectory('input');
});

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Base name, content and the bytes that its progress added up to, of every input. */
async function contents(...files: string[]): Promise<[string, string, number][]> {
  const found: [string, string, number][] = [];
  for (const input of await openInputs(files)) {
    let read = 0;
    const chunks: Uint8Array[] = [];
    for await (const chunk of input.chunks((bytes) => (read += bytes))) chunks.push(chunk.slice());
    assert.equal(read, input.bytes);
    found.push([input.baseName, Buffer.concat(chunks).toString(), read]);
  }
  return found;
}

async function fails(path: string, message: RegExp): Promise<void> {
  await assert.rejects(contents(path), (error: unknown) => {
    assert.ok(error instanceof ReplayFileError, String(error));
    assert.ok(error.file.startsWith(path));
    assert.match(error.message, message);
    return true;
  });
}

describe('openInputs', () => {
  it('knows containers by their first bytes, not by their names', async () => {
    const gz = gzipSync(TEXT);
    assert.deepEqual(
      await contents(
        write('plain.gz', TEXT),
        write('a.csv', gz),
        write('b.csv.xz', XZ),
        write('empty.csv', ''),
      ),
      [
        ['plain', TEXT, TEXT.length],
        ['a.csv', TEXT, gz.length],
        ['b.csv', TEXT, XZ.length],
        ['empty.csv', '', 0],
      ],
    );
  });

  it('gives every file of a zip, stored or deflated, without its folders', async () => {
    const big = Buffer.alloc(3_000_000, 'abcdefghij\n');
    for (const wide of [false, true]) {
      const zip = zipOf(
        [
          ['in/', 'stored', new Uint8Array(0)],
          ['in/one.csv', 'stored', Buffer.from(TEXT)],
          ['two.csv', 'deflated', big],
          ['none.csv', 'stored', new Uint8Array(0)],
          ['__MACOSX/in/._one.csv', 'stored', Buffer.from('as macOS adds it')],
        ],
        wide,
      );
      const found = await contents(write('day.zip', zip));
      assert.deepEqual(
        found.map(([name, content]) => [name, content.length]),
        [
          ['one.csv', TEXT.length],
          ['two.csv', big.length],
          ['none.csv', 0],
        ],
      );
      assert.equal(found[1]?.[1], big.toString());
    }
  });

  it('names a file of a zip without the control characters that a terminal would obey', async () => {
    const path = write('escape.zip', zipOf([['a\x1b[2J\x07.csv', 'stored', Buffer.from(TEXT)]]));
    const [{ name }] = await openInputs([path]);
    assert.equal(name, `${path}:a\uFFFD[2J\uFFFD.csv`);
  });

  it('reads a gzip of several members', async () => {
    const path = write('members.gz', Buffer.concat([gzipSync('hello\n'), gzipSync('world\n')]));
    assert.equal((await contents(path))[0]?.[1], TEXT);
  });

  it('says what unpacks an archive that is not read', async () => {
    await fails(
      write('day.7z', Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0)),
      /a 7z archive.* with 7z x/,
    );
    await fails(write('day.csv.zst', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4)), /by zstd.* with zstd -d/);
    await fails(write('day.csv.bz2', 'BZh91AY'), /by bzip2.* with bzip2 -d/);
  });

  it('tells an xz that uses what is not supported from a damaged one', async () => {
    for (const [options, base64] of [
      [
        '--check=sha256',
        '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQALaGVsbG8Kd29ybGQKAEoeZ/L+HRzHsx0MouxEHaR3ggOgNqd9oQNEyF4k/w+SAAE8DP+Aw1oYm0uaAQAAAAAKWVo=',
      ],
      [
        '--x86 --lzma2',
        '/Td6WFoAAATm1rRGAgEEACEBFgANhjUfAQALaGVsbG8Kd29ybGQKAIfGznfORiuuAAEkDKYY2NgftvN9AQAAAAAEWVo=',
      ],
      [
        '--lzma2=dict=256MiB',
        '/Td6WFoAAATm1rRGAgAhASAAAAAJiKV2AQALaGVsbG8Kd29ybGQKAIfGznfORiuuAAEkDKYY2NgftvN9AQAAAAAEWVo=',
      ],
    ] as const) {
      const path = write(`${options}.xz`, Buffer.from(base64, 'base64'));
      await assert.rejects(contents(path), {
        name: 'ReplayFileError',
        message: `${path}: it is compressed with a filter, check or dictionary of xz that is not supported here. Decompress it first with xz -d`,
      });
    }
    const flipped = Buffer.from(XZ);
    flipped[16] ^= 1;
    await fails(write('flipped.xz', flipped), /the xz data is damaged or cut off/);
  });

  it('says what is wrong with a damaged file, where, and what to do', async () => {
    const noise = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
    const gz = gzipSync(noise);
    await fails(
      write('cut.gz', gz.subarray(0, gz.length - 20)),
      /byte \d+: the gzip data is damaged or cut off.*gzip -t/,
    );
    const bad = Buffer.from(gz);
    bad.fill(0xff, 2_000, 2_100);
    await fails(write('bad.gz', bad), /the gzip data is damaged/);
    await fails(write('cut.xz', XZ.subarray(0, 40)), /the xz data is damaged or cut off/);

    const zip = zipOf([['a.csv', 'deflated', noise]]);
    await fails(
      write('cut.zip', zip.subarray(0, zip.length - 40)),
      /no directory at its end: it is cut off.*unzip it/,
    );
    const wrong = Buffer.from(zip);
    wrong.fill(0x55, 100, 140);
    await fails(write('wrong.zip', wrong), /damaged/);
    const stored = zipOf([['a.csv', 'stored', noise]]);
    stored[200] ^= 1;
    await fails(write('flipped.zip', stored), /60000 of 60000 bytes, CRC-32 wrong/);
    const locked = Buffer.from(zip);
    locked[locked.indexOf(Buffer.from('PK\x01\x02')) + 8] |= 1;
    await fails(write('locked.zip', locked), /a\.csv is encrypted.*Unzip the archive/);
    const moved = Buffer.from(zip);
    moved.writeUInt32LE(7, moved.indexOf(Buffer.from('PK\x01\x02')) + 42);
    await fails(write('moved.zip', moved), /no header of a\.csv/);

    await fails(join(folder, 'none'), /cannot be opened \(ENOENT\)\. Check the path/);
  });
});
