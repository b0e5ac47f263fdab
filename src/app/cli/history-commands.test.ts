import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { historyFile } from '#projections/history/history-database.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { backupFixture } from '../../../test/support/backup-fixture.ts';
import { ExitCode } from './exit-codes.ts';
import { runCli } from './test-support.ts';

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

test('history rebuild, verify: a damaged snapshot is passed over where a later one will do', async (t) => {
  const { node, grow } = backupFixture(t);
  const { directory, core } = node;
  const logDirectory = join(directory, 'log');
  while (listSegments(nodeDisk, logDirectory).length < 2) grow(30);
  node.snapshot();
  grow(30);
  node.snapshot();
  grow(30);
  node.close();
  const [{ path: first }] = listSegments(nodeDisk, logDirectory);
  rmSync(first);
  const [newer, older] = listSnapshots(join(directory, 'snapshots'));
  const hive = (...args: string[]) => runCli(['history', ...args, '--data-dir', directory]);
  assert.deepEqual(await hive('rebuild'), {
    status: ExitCode.Ok,
    stdout: `history holds entries ${older.sequence + 1} to ${core.sequence}\nwhat was before entry ${older.sequence + 1} is lacking: the log no longer had it\n`,
    stderr: '',
  });
  damage(older.path);
  const verified = await hive('verify', '--json');
  assert.equal(verified.status, ExitCode.Ok, verified.stderr);
  const [passedOver] = verified.stderr.match(/^hive: passed over: .*\n/) ?? [''];
  assert.ok(passedOver.startsWith(`hive: passed over: ${older.path}: at byte `), verified.stderr);
  const { rows, ...compared } = JSON.parse(verified.stdout);
  assert.ok(rows > 0);
  assert.deepEqual(compared, {
    completeFrom: older.sequence + 1,
    lastSequence: core.sequence,
    comparedFrom: newer.sequence + 1,
    whole: false,
  });
  const rebuilt = await hive('rebuild', '--json');
  assert.equal(rebuilt.status, ExitCode.Ok, rebuilt.stderr);
  assert.deepEqual(JSON.parse(rebuilt.stdout), {
    completeFrom: newer.sequence + 1,
    lastSequence: core.sequence,
  });

  // Only the newer one is left, and history ends before it.
  const history = new DatabaseSync(historyFile(join(directory, 'history')));
  history.exec(`UPDATE meta SET completeFrom = 1, lastSequence = ${newer.sequence - 1}`);
  history.close();
  assert.deepEqual(await hive('verify'), {
    status: ExitCode.Failure,
    stdout: '',
    stderr: `${passedOver}hive: nothing could be compared: history goes to entry ${newer.sequence - 1}, and what is left of the log and snapshots begins behind entry ${newer.sequence}. The node's next start goes on with history from there\n`,
  });

  // Nothing to begin with: what is there stays.
  damage(newer.path);
  const before = readFileSync(historyFile(join(directory, 'history')));
  const refused = await hive('rebuild');
  assert.deepEqual([refused.status, refused.stdout], [ExitCode.Damaged, '']);
  assert.deepEqual(readFileSync(historyFile(join(directory, 'history'))), before);
});
