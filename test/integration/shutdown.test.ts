import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopUnderLoad } from '../support/shutdown.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('SIGTERM: sessions end, the process ends, and no report that a client got is lost', async () => {
  const directory = temporaryDirectory('shutdown');
  const { exitCode, reports } = await stopUnderLoad(directory);
  assert.equal(exitCode, 0);
  assert.ok(reports >= 200);
});
