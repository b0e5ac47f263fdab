import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { verifyListed } from './copies-thread.ts';

test('copies: a snapshot that its node removed since it was listed is not there', async () => {
  const directory = join(temporaryDirectory('copies-thread'), 'snapshots');
  mkdirSync(directory);
  writeFileSync(join(directory, 'snapshot-0000000000000007.hms'), '');
  const [snapshot] = listSnapshots(directory);
  rmSync(snapshot.path);
  assert.deepEqual(await verifyListed(snapshot, '01234567-89ab-cdef-0123-456789abcdef'), { isMissing: true });
});
