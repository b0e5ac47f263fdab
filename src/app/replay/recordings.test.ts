import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { formatOf, recordingsIn } from './recordings.ts';

test('recordings: files that lie in the directory itself; no links, no folders, nothing else', async () => {
  const directory = temporaryDirectory('recordings');
  for (const name of ['b.csv', 'a.itch50', 'notes.md', '.hidden.csv'])
    writeFileSync(join(directory, name), 'x');
  symlinkSync('/etc/hostname', join(directory, 'link.csv'));
  mkdirSync(join(directory, 'folder.zip'));
  assert.deepEqual(await recordingsIn(directory), [
    { name: 'a.itch50', path: join(directory, 'a.itch50'), bytes: 1, format: 'itch' },
    { name: 'b.csv', path: join(directory, 'b.csv'), bytes: 1, format: 'bitstamp' },
  ]);
  await assert.rejects(recordingsIn(join(directory, 'none')), { code: 'ENOENT' });
});

test('recordings: the name says which reader a file needs', () => {
  const names = {
    '01302020.NASDAQ_ITCH50.gz': 'itch',
    'LOBSTER_SampleFile_GOOG_2012-06-21_10.zip': 'lobster',
    'btcusd-orders.csv.xz': 'bitstamp',
    'btcusd-raw.log': 'bitstamp',
    'GOOG_2012-06-21_34200000_57600000_message_10.csv': undefined,
    'readme.txt': undefined,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(names).map((name) => [name, formatOf(name)])), names);
});
