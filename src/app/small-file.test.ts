import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { readSmallFile } from './small-file.ts';

const directory = temporaryDirectory('small-file');

test('readSmallFile: up to the limit, and not a byte more', () => {
  const path = join(directory, 'text');
  const text = 'é'.repeat(50_000);
  writeFileSync(path, text);
  assert.equal(readSmallFile(path, 100_000), text);
  const tooLarge = { code: 'EFBIG', message: 'EFBIG: it has more than 99999 bytes' };
  assert.throws(() => readSmallFile(path, 99_999), tooLarge);
  assert.throws(() => readSmallFile('/dev/zero', 99_999), tooLarge);
  assert.throws(() => readSmallFile(directory, 99_999), { code: 'EISDIR' });
  assert.throws(() => readSmallFile(join(directory, 'none'), 99_999), { code: 'ENOENT' });
});

test('readSmallFile: a pipe is read to its end', async () => {
  const path = join(directory, 'pipe');
  await once(spawn('mkfifo', [path]), 'exit');
  const writer = spawn('sh', ['-c', `printf 'one\n' >"$0"`, path]);
  assert.equal(readSmallFile(path, 99_999), 'one\n');
  assert.deepEqual(await once(writer, 'exit'), [0, null]);
});
