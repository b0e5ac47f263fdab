import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BackupKey } from '#codec/backup/backup-key.ts';
import { parsePieceName } from '#codec/backup/object-names.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { verifyLog } from '#log/file/verify.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { backupFixture, checkDirectory, FailingTarget, SETUP } from '../../../test/support/backup-fixture.ts';
import type { BackupTarget } from './backup-target.ts';
import { DamagedSnapshots } from './damaged-snapshots.ts';
import { stateOfStopped } from './node-state.ts';
import { verifyBackup } from './verify-backup.ts';

test('backup, restore: with and without a key, the restored directory has the log, the state and the reports', async (t) => {
  for (const key of [undefined, BackupKey.generate()]) {
    const { node, target, root, grow, restore, files } = backupFixture(t, key);
    grow(300);
    node.snapshot();
    grow(200);
    const { manifest } = await node.backUp(target, key);
    const { sequence, stateHash } = node.core;
    assert.deepEqual([manifest.log.lastSequence, manifest.stateHash], [sequence, stateHash]);
    assert.deepEqual(await verifyBackup(node.set(target, key), manifest), {
      id: manifest.id,
      objects: manifest.log.objects.length + 1,
      bytes: manifest.log.objects.reduce(
        (sum, { bytes }) => sum + bytes,
        manifest.snapshot?.object.bytes ?? 0,
      ),
      replayed: 200,
      sequence,
      stateHash,
    });
    if (key !== undefined) {
      const clear = files().filter((path) => readFileSync(path).includes('BTCUSD'));
      assert.deepEqual(clear, [], 'nothing lies there in clear');
    }
    const restored = await restore('restored');
    assert.deepEqual([restored.sequence, restored.stateHash], [sequence, stateHash]);
    assert.deepEqual([restored.logId, restored.originLogId], [manifest.logId, manifest.logId]);
    const directory = join(root, 'restored');
    checkDirectory(directory, node, sequence);
    assert.equal(verifyLog(join(directory, 'log')).firstSequence, SETUP.length + 301);
    assert.ok(existsSync(join(directory, 'reports', '0000000001.reports')));
    const { epoch, meta, close } = openDataDirectory(directory, { clock: new ManualClock() });
    close();
    assert.ok(epoch > 2 ** 20, 'no start of the original can have this number');
    assert.deepEqual(
      { ...meta.origin, restoredAt: '' },
      { logId: manifest.logId, sequence, stateHash, restoredAt: '' },
    );
  }
});

test('backup: sends only what the target lacks, and the current segment in pieces', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(400);
  node.snapshot();
  const first = await node.backUp(target);
  assert.ok(first.objectsSent > 3, 'several segments and a snapshot');
  assert.deepEqual((await node.backUp(target)).objectsSent, 0);
  grow(5);
  const third = await node.backUp(target);
  assert.equal(third.objectsSent, 1);
  assert.ok(third.bytesSent < 5_000);
  grow(400);
  const fourth = await node.backUp(target);
  const names = fourth.manifest.log.objects.map(({ name }) => parsePieceName(name));
  assert.deepEqual(names[0]?.firstSequence, 1);
  for (const { manifest } of [first, third, fourth]) await verifyBackup(node.set(target), manifest);
});

test('backup: of a stopped node the log is checked, and gives the state', async (t) => {
  const { node, grow } = backupFixture(t);
  grow(100);
  node.snapshot();
  grow(100);
  const { sequence, stateHash } = node.core;
  assert.throws(() => stateOfStopped(node.directory, node.local()), { code: 'LOCKED' });
  node.close();
  const { state, release } = stateOfStopped(node.directory, node.local());
  release();
  assert.deepEqual(state, { sequence, stateHash, epoch: 1 });
  const segment = join(node.directory, 'log', '0000000000000001.segment');
  const bytes = readFileSync(segment);
  bytes[1_000] ^= 1;
  writeFileSync(segment, bytes);
  rmSync(join(node.directory, 'snapshots'), { recursive: true });
  assert.throws(() => stateOfStopped(node.directory, node.local()), { code: 'LOG_CORRUPT' });
});

test('backup: a target that fails at any moment leaves no backup, and the next one uses what is there', async (t) => {
  const { node, target, grow, restore } = backupFixture(t);
  grow(200);
  node.snapshot();
  const failing = new FailingTarget(target);
  let failures = 0;
  for (; ; failures++) {
    failing.left = failures;
    failing.operations = 0;
    try {
      await node.backUp(failing);
    } catch (error) {
      assert.equal((error as { code: string }).code, 'UNREACHABLE');
      const manifests = (await node.set(target).manifests()).whole;
      assert.deepEqual(manifests, [], `operation ${failures}`);
      // What a killed process leaves: its mark, which does not hold up other backups.
      continue;
    }
    break;
  }
  assert.ok(failures > 10, `${failures}`);
  const restored = await restore('restored');
  assert.equal(restored.stateHash, node.core.stateHash);
});

/** Flips one bit in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

test('backup: a snapshot that is damaged on disk, even while it is sent, is in none: an older one takes its place', async (t) => {
  for (const key of [undefined, BackupKey.generate()]) {
    const { node, target, grow, files } = backupFixture(t, key);
    grow(100);
    node.snapshot();
    const older = node.core.sequence;
    grow(100);
    node.snapshot();
    const { sequence } = node.core;
    const newest = join(node.directory, 'snapshots', `snapshot-${String(sequence).padStart(16, '0')}.hms`);
    const found: string[] = [];
    let isDamaged = false;
    const { manifest } = await node.backUp(target, key, {
      damaged: new DamagedSnapshots(({ message }) => void found.push(message)),
      // Whatever was checked before this moment was whole.
      onObject: (name) => {
        if (!isDamaged && name.startsWith('snapshots/')) damage(newest);
        isDamaged ||= name.startsWith('snapshots/');
      },
    });
    assert.ok(isDamaged);
    assert.equal(found.length, 1);
    assert.ok(found[0].startsWith(`${newest}: at byte `), found[0]);
    assert.deepEqual([manifest.snapshot?.sequence, manifest.log.lastSequence], [older, sequence]);
    assert.equal(files().filter((path) => path.includes('/snapshots/')).length, 1);
    assert.equal((await verifyBackup(node.set(target, key), manifest)).sequence, sequence);
  }
});

test('backup: a snapshot that was damaged in the target is sent again, unless a backup has named it as it was', async (t) => {
  for (const key of [undefined, BackupKey.generate()]) {
    const { node, target, grow, files } = backupFixture(t, key);
    grow(100);
    node.snapshot();
    const interrupted = await node.backUp(target, key);
    await node.set(target, key).remove(`backups/${interrupted.manifest.id}.json`);
    for (const path of files().filter((path) => path.includes('/snapshots/'))) damage(path);
    const { manifest, objectsSent } = await node.backUp(target, key);
    assert.equal(objectsSent, 1);
    await verifyBackup(node.set(target, key), manifest);
  }
});

test('backup: what of the log the target has lost is sent again, while the node has it', async (t) => {
  const { node, target, grow, files, restore } = backupFixture(t);
  grow(600);
  node.snapshot();
  const { manifest } = await node.backUp(target);
  const pieces = files().filter((path) => path.includes('/log/'));
  assert.ok(pieces.length > 2, `${pieces.length}`);
  for (const path of pieces.slice(0, -1)) rmSync(path);
  const set = node.set(target);
  await assert.rejects(verifyBackup(set, manifest), { name: 'BackupError', code: 'MISSING' });
  const again = await node.backUp(target);
  assert.equal(again.objectsSent, pieces.length - 1);
  await verifyBackup(set, again.manifest);
  assert.equal((await restore('restored', { wholeLog: true })).stateHash, node.core.stateHash);
});

test('backup: two at once are both whole', async (t) => {
  const key = BackupKey.generate();
  const { node, target, grow } = backupFixture(t, key);
  grow(200);
  node.snapshot();
  const both = await Promise.all([node.backUp(target, key), node.backUp(target, key)]);
  for (const { manifest } of both) await verifyBackup(node.set(target, key), manifest);
});

test('the checkers of a backup fail where they should: a log that is not of the state is refused', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(50);
  const lying: BackupTarget = target;
  const { manifest } = await node.backUp(lying);
  const wrong = { ...manifest, stateHash: '0123456789abcdef' };
  await assert.rejects(verifyBackup(node.set(target), wrong), /the backup says 0123456789abcdef/);
});
