import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stopUnderLoad } from '../support/shutdown.ts';

test('SIGTERM: sessions end, the process ends, and no report that a client got is lost', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hive-shutdown-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { exitCode, reports } = await stopUnderLoad(directory);
  assert.equal(exitCode, 0);
  assert.ok(reports >= 200);
});
