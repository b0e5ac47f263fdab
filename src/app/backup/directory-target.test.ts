import assert from 'node:assert/strict';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { DirectoryTarget } from './directory-target.ts';

test('DirectoryTarget: a file that cannot be looked at is not taken for one that is gone', async (t) => {
  const target = new DirectoryTarget(temporaryDirectory('directory-target'));
  await target.put('backups/one', (async function* () {})());
  let code = 'EIO';
  t.mock.method(promises, 'stat', async () => {
    throw Object.assign(new Error(`${code}: stat`), { code });
  });
  syncBuiltinESMExports();
  try {
    await assert.rejects(target.list('backups/'), {
      name: 'BackupError',
      code: 'UNREACHABLE',
      message: /could not be listed in .*EIO/,
    });
    code = 'ENOENT';
    assert.deepEqual(await target.list('backups/'), []);
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test('DirectoryTarget: a place that takes no folders is said to be one', async () => {
  const target = new DirectoryTarget('/proc/no-place');
  await assert.rejects(target.put('backups/one', (async function* () {})()), {
    name: 'BackupError',
    message: /ENOENT.*mkdir '\/proc\/no-place'/,
  });
});
