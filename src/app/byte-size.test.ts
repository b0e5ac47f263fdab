import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatByteSize, parseByteSize } from './byte-size.ts';

test('parseByteSize: a number and a unit of thousands or of 1,024s', () => {
  const sizes: [string, number][] = [
    ['500MB', 500_000_000],
    ['50GB', 50_000_000_000],
    ['50 GB', 50_000_000_000],
    ['1.5TB', 1_500_000_000_000],
    ['0.001MB', 1_000],
    ['64MiB', 67_108_864],
    ['2GiB', 2_147_483_648],
    ['1TiB', 1_099_511_627_776],
    ['0GB', 0],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseByteSize(text), bytes, text);
});

test('parseByteSize: anything else is none, and so is what is not below 2^53', () => {
  const others = [
    '',
    '50',
    'GB',
    '50gb',
    '50G',
    '50KB',
    '-1GB',
    '1,5GB',
    '1e3GB',
    '50  GB',
    '9008TB',
    '50GB!',
  ];
  for (const text of others) assert.equal(parseByteSize(text), undefined, text);
});

test('formatByteSize: three digits and the unit that suits', () => {
  const texts: [number, string][] = [
    [0, '0 MB'],
    [12_345, '0.01 MB'],
    [9_996_000, '10.0 MB'],
    [67_108_864, '67.1 MB'],
    [999_400_000, '999 MB'],
    [999_600_000, '1.00 GB'],
    [252e9, '252 GB'],
    [1.5e12, '1.50 TB'],
    [2e15, '2000 TB'],
  ];
  for (const [bytes, text] of texts) assert.equal(formatByteSize(bytes), text);
});
