import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodingOf } from './content-encoding.ts';

test('encodingOf: the best form that the client takes', () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, undefined],
    ['', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['br;q=0.1, gzip;q=0.9', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br ; q=0.5 , gzip ; q=0.5', 'br'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0', undefined],
    ['identity', undefined],
    ['br;q=0.000, gzip;q=0', undefined],
    ['br;q=2', 'br'],
    [';;;,,,', undefined],
  ];
  for (const [header, expected] of cases)
    assert.equal(
      encodingOf(header, () => true),
      expected,
      String(header),
    );
  assert.equal(
    encodingOf('br, gzip', (one) => one === 'gzip'),
    'gzip',
  );
  assert.equal(
    encodingOf('br, gzip', () => false),
    undefined,
  );
});
