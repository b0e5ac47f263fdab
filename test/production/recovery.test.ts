import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { backupFixture, SETUP, WrittenNode } from '../support/backup-fixture.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { runScript, startNode, stopNode, venueConfiguration } from './support.ts';

test('disaster-recovery.sh: backs up a node that runs, verifies, restores elsewhere with the same state', {
  timeout: 280_000,
}, async (t) => {
  const directory = temporaryDirectory('recovery');
  const target = join(directory, 'backups');
  const own = join(directory, 'node');
  const again = join(directory, 'again');
  const node = await startNode(t, own, ['--config', venueConfiguration(directory, 1)]);
  const key = join(directory, 'backup.key');
  assert.equal((await runCli(['backup', 'new-key', key])).status, 0);
  const recovery = (...args: string[]) =>
    runScript('disaster-recovery.sh', [...args, '--json'], {
      HIVE_BACKUP_TARGET: target,
      HIVE_BACKUP_KEY_FILE: key,
    });
  const backup = await recovery('backup', '--data-dir', own);
  assert.equal(backup.status, 0, backup.stderr);
  const { id, stateHash } = JSON.parse(backup.stdout);

  const list = await recovery('list');
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, new RegExp(id));
  const verify = await recovery('verify', id);
  assert.equal(verify.status, 0, verify.stderr);

  const early = await recovery('restore', id, '--data-dir', own);
  assert.equal(early.status, 1);
  assert.match(early.stderr, /a node runs on/);
  await stopNode(node);
  const restore = await recovery('restore', id, '--data-dir', again);
  assert.equal(restore.status, 0, restore.stderr);
  assert.equal(JSON.parse(restore.stdout).stateHash, stateHash);
  const unknown = await recovery('restore', 'no-such-backup', '--data-dir', join(directory, 'third'));
  assert.notEqual(unknown.status, 0);
});

test('disaster-recovery.sh: of a target with several logs it verifies, restores and drills the one that is named', async (t) => {
  const { node, target, root } = backupFixture(t);
  await node.backUp(target);
  const other = new WrittenNode(t, join(root, 'other'));
  other.append(SETUP);
  const { manifest } = await other.backUp(target);
  const { logId } = manifest;
  const recovery = (...args: string[]) =>
    runScript('disaster-recovery.sh', [...args, '--json', '--target', target.place]);
  const unsaid = await recovery('verify');
  assert.equal(unsaid.status, 2);
  assert.match(unsaid.stderr, new RegExp(`has several logs: say which with --log, one of .*${logId}`));
  const verified = await recovery('verify', '--log', logId);
  assert.equal(verified.status, 0, verified.stderr);
  assert.equal(JSON.parse(verified.stdout).id, manifest.id);
  const restored = await recovery('restore', 'latest', '--log', logId, '--data-dir', join(root, 'again'));
  assert.equal(restored.status, 0, restored.stderr);
  const { backup, logId: restoredLogId } = JSON.parse(restored.stdout);
  assert.deepEqual([backup, restoredLogId], [manifest.id, logId]);
  const drill = await recovery('drill', '--log', logId, '--dry-run');
  assert.match(drill.stdout, new RegExp(` drill --to \\S+ --log ${logId} `));
  const needless = await recovery('list', '--log', logId);
  assert.deepEqual(
    [needless.status, needless.stderr],
    [2, 'disaster-recovery.sh: what is --log for? (see --help)\n'],
  );
});

test('disaster-recovery.sh drill: the evidence goes to standard output, the report and the node that exports it', {
  timeout: 280_000,
}, async () => {
  const directory = temporaryDirectory('recovery');
  const report = join(directory, 'drills.jsonl');
  const args = ['drill', '--target', join(directory, 'backups'), '--work-dir', directory, '--report', report];
  const passed = await runScript('disaster-recovery.sh', [
    ...args,
    ...['--rto-seconds', '200', '--rpo-seconds', '100', '--data-dir', directory],
  ]);
  assert.equal(passed.status, 0, passed.stderr);
  const evidence = JSON.parse(passed.stdout);
  assert.equal(evidence.passed, true);
  assert.equal(evidence.restoredStateHash, evidence.killedStateHash);
  assert.deepEqual(JSON.parse(readFileSync(report, 'utf8')), evidence);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'drill.json'), 'utf8')), evidence);
  assert.ok(!existsSync(join(directory, 'drill.json.unfinished')));
});
