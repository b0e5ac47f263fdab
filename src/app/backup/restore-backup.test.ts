import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BackupKey } from '#codec/backup/backup-key.ts';
import { type BackupManifest, encodeManifest } from '#codec/backup/manifest.ts';
import { manifestName, parsePieceName } from '#codec/backup/object-names.ts';
import { openDataDirectory, readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { listSnapshots, readSnapshot } from '#replica/snapshot-file.ts';
import {
  backupFixture,
  checkDirectory,
  FailingTarget,
  USERS,
  WrittenNode,
} from '../../../test/support/backup-fixture.ts';
import { RandomFlow } from '../../../test/support/random-flow.ts';
import type { BackupTarget } from './backup-target.ts';
import { chooseSet } from './choose-set.ts';
import { LogShipper } from './log-shipper.ts';
import { type RestoreResult, restoreBackup } from './restore-backup.ts';
import { verifyBackup, verifyLatest } from './verify-backup.ts';

/** A node that goes on in a directory that was restored. */
function nodeOn(t: TestContext, directory: string): WrittenNode {
  return new WrittenNode(t, directory, (core) => {
    readSnapshot(listSnapshots(join(directory, 'snapshots'))[0].path, core);
  });
}

test('restore --to-sequence: ends exactly there, as a log of its own, from the newest snapshot before', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(100);
  node.snapshot();
  const early = node.core.sequence;
  grow(50);
  await node.backUp(target);
  grow(100);
  node.snapshot();
  const late = node.core.sequence;
  grow(30);
  await node.backUp(target);
  const end = node.core.sequence;
  for (const sequence of [early, early + 1, late - 1, late, late + 1, end - 1, end]) {
    const restored = await restore(`to-${sequence}`, { end: { sequence } });
    assert.deepEqual([restored.sequence, restored.stateHash], [sequence, node.hashes[sequence]]);
    const base = sequence >= late ? late : early;
    assert.equal(restored.firstSequence, base + 1);
    const { logId, origin, line } = readDataDirectoryMeta(join(root, `to-${sequence}`));
    assert.equal(logId === restored.originLogId, sequence === end, 'only all of the log is the same log');
    assert.equal(line === undefined, sequence !== end);
    assert.deepEqual([origin?.sequence, origin?.stateHash], [sequence, node.hashes[sequence]]);
    checkDirectory(join(root, `to-${sequence}`), node, sequence);
  }
  await assert.rejects(restore('before', { end: { sequence: early - 1 } }), { code: 'NOT_FOUND' });
  await assert.rejects(restore('after', { end: { sequence: end + 1 } }), { code: 'NOT_FOUND' });
  for (const name of ['before', 'after']) assert.equal(existsSync(join(root, name)), false);
});

test('restore --to-time: ends with the last entry that is not later', async (t) => {
  const { node, target, grow, restore } = backupFixture(t);
  grow(100);
  node.snapshot();
  const base = node.core.sequence;
  grow(60);
  await node.backUp(target);
  const last = node.core.sequence;
  const at = async (sequence: number, moreNanos: number): Promise<number> => {
    const { seconds, nanos } = node.times[sequence];
    const total = nanos + moreNanos;
    const time = { seconds: seconds + Math.floor(total / 1e9), nanos: ((total % 1e9) + 1e9) % 1e9 };
    return (await restore(`at-${sequence}-${moreNanos}`, { end: { time } })).sequence;
  };
  assert.equal(await at(base + 20, 0), base + 20);
  assert.equal(await at(base + 20, -1), base + 19);
  assert.equal(await at(base + 20, 1), base + 20);
  assert.equal(await at(base, 0), base);
  assert.equal(await at(last, 1e12), last);
  await assert.rejects(at(base, -1), { code: 'NOT_FOUND' });
});

test('restore --to-time: a time before the first entry of a log is refused, and nothing is made', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(10);
  await node.backUp(target);
  const { seconds, nanos } = node.times[1];
  const first = await restore('first', { end: { time: { seconds, nanos } } });
  assert.ok(first.sequence >= 1);
  await assert.rejects(restore('before', { end: { time: { seconds: seconds - 1, nanos } } }), {
    code: 'NOT_FOUND',
    message: `the log in ${target.place} begins after that time: choose a later one`,
  });
  assert.equal(existsSync(join(root, 'before')), false);
});

test('restore ID: ends with that backup; --whole-log has every entry and every report', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(100);
  const { manifest } = await node.backUp(target);
  grow(100);
  node.snapshot();
  await node.backUp(target);
  const early = await restore('early', { id: manifest.id });
  assert.deepEqual([early.sequence, early.firstSequence], [manifest.log.lastSequence, 1]);
  assert.notEqual(early.logId, early.originLogId);
  const part = await restore('part');
  const whole = await restore('whole', { wholeLog: true });
  assert.deepEqual([part.firstSequence, whole.firstSequence], [node.core.sequence + 1, 1]);
  assert.deepEqual([part.stateHash, whole.stateHash], [node.core.stateHash, node.core.stateHash]);
  assert.equal(existsSync(join(root, 'part', 'reports', '0000000001.reports')), false);
  assert.ok(existsSync(join(root, 'whole', 'reports', '0000000001.reports')));
  const copy = await restore('copy', { asNewLog: true });
  assert.notEqual(copy.logId, copy.originLogId);
  assert.equal(copy.stateHash, node.core.stateHash);
});

test('a restored log goes on under its own line; what the original adds meanwhile does not count, and it is told', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(100);
  await node.backUp(target);
  const fork = node.core.sequence;
  await restore('restored', { wholeLog: true });
  // The original was not dead: it adds a piece that reaches beyond the fork.
  grow(20);
  await node.backUp(target);
  const again = nodeOn(t, join(root, 'restored'));
  again.hashes.splice(0, again.hashes.length, ...node.hashes.slice(0, fork + 1));
  const flow = new RandomFlow(99, USERS);
  again.clock.seconds += 1_000;
  again.append(Array.from({ length: 60 }, () => flow.next()));
  await again.backUp(target);
  const latest = await restore('latest');
  assert.deepEqual([latest.sequence, latest.stateHash], [fork + 60, again.core.stateHash]);
  grow(200);
  await assert.rejects(node.backUp(target), { code: 'SUPERSEDED' });
});

test('restore: a history that was given up is no way into the one that took its place, and has the times of its own entries', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(100);
  await node.backUp(target);
  const fork = node.core.sequence;
  await restore('restored', { wholeLog: true });
  // The original was not dead.
  grow(20);
  node.snapshot();
  grow(20);
  const { manifest: givenUp } = await node.backUp(target);
  const again = nodeOn(t, join(root, 'restored'));
  again.clock.seconds += 1_000;
  const flow = new RandomFlow(99, USERS);
  again.append(Array.from({ length: 200 }, () => flow.next()));
  again.snapshot();
  await again.backUp(target);
  const { seconds, nanos } = node.times[fork + 30];
  const old = await restore('old', { id: givenUp.id, end: { time: { seconds, nanos } } });
  assert.deepEqual([old.sequence, old.stateHash], [fork + 30, node.hashes[fork + 30]]);
  // Between the snapshots of the two histories: only what is before the fork leads there.
  const between = await restore('between', { end: { sequence: fork + 60 } });
  assert.deepEqual([between.sequence, between.stateHash], [fork + 60, again.hashes[fork + 60]]);
  await assert.rejects(restore('beyond', { id: givenUp.id, end: { sequence: fork + 60 } }), {
    code: 'NOT_FOUND',
  });
});

test('restore, verify: every kind of object that is damaged or missing is found, and the directory stays unusable', async (t) => {
  for (const key of [undefined, BackupKey.generate()]) {
    const { node, target, root, grow, restore, files } = backupFixture(t, key);
    grow(80);
    node.snapshot();
    grow(60);
    const { manifest } = await node.backUp(target, key);
    const set = node.set(target, key);
    const used = files().filter((path) => !path.includes('/busy/'));
    let round = 0;
    for (const path of used) {
      const bytes = readFileSync(path);
      const isManifest = path.endsWith('.json');
      for (const change of key === undefined ? (['flip', 'missing'] as const) : (['flip', 'cut'] as const)) {
        const changed = Buffer.from(bytes);
        // Of a manifest without a key only what breaks its form can be noticed; a digit of a hash does.
        const at = isManifest ? bytes.indexOf('sha256') + 12 : Math.floor(bytes.length / 2);
        changed[at] ^= isManifest ? 0x40 : 4;
        if (change === 'missing') rmSync(path);
        else writeFileSync(path, change === 'flip' ? changed : bytes.subarray(0, bytes.length - 5));
        const into = `damaged-${round++}`;
        const what = `${change} ${path}`;
        if (isManifest && change === 'missing')
          await assert.rejects(set.manifest(manifest.id), { code: 'MISSING' });
        else await assert.rejects(async () => verifyBackup(set, await set.manifest(manifest.id)), what);
        // Only the log from the snapshot on is read by a restore.
        const piece = parsePieceName(path.slice(path.indexOf('/log/') + 1));
        if (piece === undefined || piece.lastSequence > (manifest.snapshot?.sequence ?? 0)) {
          await assert.rejects(restore(into), what);
          const directory = join(root, into);
          if (existsSync(directory)) {
            assert.throws(() => openDataDirectory(directory, { clock: new ManualClock() }), {
              code: 'UNFINISHED_RESTORE',
            });
          }
        }
        writeFileSync(path, bytes);
      }
    }
    await verifyBackup(set, manifest);
    await restore('whole');
  }
});

/** Takes a byte off what a manifest begins with: it is no JSON any more. */
function damageManifest(target: BackupTarget, logId: string, id: string): void {
  const path = join(target.place, logId, 'plain', manifestName(id));
  writeFileSync(path, readFileSync(path).subarray(1));
}

test('a damaged manifest: restore latest does without it where the log goes as far, and says so; the others are there by id', async (t) => {
  const { node, target, grow, restore } = backupFixture(t);
  const backUp = async (): Promise<BackupManifest> => (await node.backUp(target)).manifest;
  grow(100);
  const old = await backUp();
  grow(50);
  node.snapshot();
  const newest = await backUp();
  const set = node.set(target);
  const fault = (id: string): string => `the manifest of backup ${id} is no JSON: use another backup`;
  damageManifest(target, set.logId, newest.id);
  // From the older one, by the log that the damaged one has left.
  const latest = await restore('latest');
  assert.deepEqual(
    [latest.backup, latest.sequence, latest.stateHash, latest.logId, latest.damaged],
    [old.id, node.core.sequence, node.core.stateHash, set.logId, [fault(newest.id)]],
  );
  assert.equal((await restore('old', { id: old.id })).sequence, old.log.lastSequence);
  await assert.rejects(restore('damaged', { id: newest.id }), {
    code: 'DAMAGED',
    message: fault(newest.id),
  });
  // New backups go on, and read nothing of it.
  grow(10);
  const next = await backUp();
  assert.deepEqual((await restore('next')).backup, next.id);
  damageManifest(target, set.logId, old.id);
  damageManifest(target, set.logId, next.id);
  await assert.rejects(restore('none'), { code: 'DAMAGED', message: fault(next.id) });
});

test('a damaged manifest of a backup that goes farther than all that is whole: restore latest refuses, and says how to come back without', async (t) => {
  const { node, target, root, grow, files, restore } = backupFixture(t);
  grow(100);
  const { manifest: old } = await node.backUp(target);
  const end = node.core.sequence;
  grow(50);
  const { manifest: newest } = await node.backUp(target);
  damageManifest(target, newest.logId, newest.id);
  for (const path of files()) {
    if ((parsePieceName(path.slice(path.indexOf('/log/') + 1))?.lastSequence ?? 0) > end) rmSync(path);
  }
  const refused = {
    code: 'DAMAGED',
    message: `the manifest of backup ${newest.id} is no JSON: use another backup. It goes to entry ${newest.log.lastSequence}, what else is in ${target.place} to entry ${end}: take that manifest from another copy of the target, or come back without what is behind with --to-sequence ${end}`,
  };
  await assert.rejects(restore('latest'), refused);
  const { seconds, nanos } = node.times[node.core.sequence];
  await assert.rejects(restore('time', { end: { time: { seconds, nanos } } }), refused);
  assert.equal(existsSync(join(root, 'latest')), false);
  const before = node.times[end - 1];
  assert.equal((await restore('before', { end: { time: before } })).sequence, end - 1);
  const without = await restore('without', { end: { sequence: end } });
  assert.deepEqual([without.backup, without.logId, without.sequence], [old.id, old.logId, end]);
});

test('what the target has lost behind the newest backup: verify finds it, and restore latest does not end before it without a word', async (t) => {
  const { node, target, root, grow, files, restore } = backupFixture(t);
  grow(40);
  const { manifest } = await node.backUp(target);
  const set = node.set(target);
  const shipper = await LogShipper.open(set, node.local());
  const ends: number[] = [];
  for (let round = 0; round < 3; round++) {
    grow(10);
    while (await shipper.ship(node.log.lastSequence));
    ends.push(node.core.sequence);
  }
  const { objects, bytes, ...whole } = await verifyLatest(set);
  assert.deepEqual(whole, {
    id: manifest.id,
    replayed: ends[2],
    sequence: ends[2],
    stateHash: node.core.stateHash,
    damaged: [],
  });
  const live = files().filter((path) => path.includes('/live/'));
  assert.equal(objects, manifest.log.objects.length + 3);
  const stored = [...live, ...files().filter((path) => path.includes('/log/'))];
  assert.equal(
    bytes,
    stored.reduce((sum, path) => sum + readFileSync(path).length, 0),
  );
  const second = readFileSync(live[1]);
  writeFileSync(live[1], second.subarray(0, -9));
  await assert.rejects(verifyLatest(set), { name: 'LogCorruptError' });
  rmSync(live[1]);
  const lacking = {
    code: 'MISSING',
    message: `entry ${ends[0] + 1} is not in ${target.place}, which has later ones, to entry ${ends[2]}: take what is lacking from another copy of the target, or come back without what is behind with --to-sequence ${ends[0]}`,
  };
  await assert.rejects(verifyLatest(set), lacking);
  await assert.rejects(restore('latest'), lacking);
  assert.equal(existsSync(join(root, 'latest')), false);
  assert.equal((await verifyBackup(set, manifest)).sequence, manifest.log.lastSequence);
  const time = node.times[ends[0] - 1];
  assert.equal((await restore('time', { end: { time } })).sequence, ends[0] - 1);
  const without = await restore('without', { end: { sequence: ends[0] } });
  assert.deepEqual([without.sequence, without.logId], [ends[0], manifest.logId]);
});

test('restore: one whose target goes away at any moment leaves a directory that refuses to start and to be restored into', async (t) => {
  const { node, target, root, grow } = backupFixture(t);
  grow(100);
  node.snapshot();
  grow(200);
  await node.backUp(target);
  const failing = new FailingTarget(target);
  const restore = (into: string): Promise<RestoreResult> =>
    restoreBackup({ set: node.set(failing), id: undefined, dataDirectory: into, end: {}, wholeLog: true });
  let begun = 0;
  for (let left = 0; ; left++) {
    failing.left = left;
    const directory = join(root, `interrupted-${left}`);
    const error = await restore(directory).then(
      () => undefined,
      (reason: { code: string }) => reason,
    );
    if (error === undefined) break;
    assert.equal(error.code, 'UNREACHABLE');
    if (!existsSync(directory)) continue;
    begun++;
    assert.throws(() => openDataDirectory(directory, { clock: new ManualClock() }), /interrupted/);
    await assert.rejects(restore(directory), { code: 'UNREACHABLE' });
    failing.left = Number.POSITIVE_INFINITY;
    await assert.rejects(restore(directory), { code: 'UNFINISHED_RESTORE' });
  }
  assert.ok(begun > 2, `${begun}`);
});

test('restore: only into an empty directory', async (t) => {
  const { node, target, root, grow, restore } = backupFixture(t);
  grow(10);
  await node.backUp(target);
  cpSync(node.directory, join(root, 'other'), { recursive: true });
  await assert.rejects(restore('other'), { code: 'NOT_EMPTY' });
});

test('restore: a hostile manifest reaches nothing outside of the set', async (t) => {
  const { node, target, grow, restore, root } = backupFixture(t);
  grow(50);
  node.snapshot();
  const { manifest } = await node.backUp(target);
  writeFileSync(join(root, 'secret'), 'x');
  const snapshot = manifest.snapshot as NonNullable<typeof manifest.snapshot>;
  const path = join(target.place, manifest.logId, 'plain', manifestName(manifest.id));
  for (const name of ['../../../secret', '/etc/passwd', 'snapshots/../../../../secret']) {
    const hostile = { ...manifest, snapshot: { ...snapshot, object: { ...snapshot.object, name } } };
    writeFileSync(path, encodeManifest(hostile, undefined));
    await assert.rejects(restore('hostile'), { code: 'DAMAGED' });
  }
  for (const logId of ['../x', '0f0e0d0c-0b0a-4908-8706-050403020100']) {
    writeFileSync(path, encodeManifest({ ...manifest, logId }, undefined));
    await assert.rejects(restore('hostile'), { code: 'DAMAGED' });
  }
  assert.equal(existsSync(join(root, 'hostile')), false);
});

test('keys: the wrong one, none, and one too many are told apart', async (t) => {
  const key = BackupKey.generate();
  const { node, target, grow } = backupFixture(t, key);
  grow(20);
  await node.backUp(target, key);
  const choose = (by: BackupKey | undefined, isRead = true): Promise<unknown> =>
    chooseSet(target, { id: undefined, logId: undefined, key: by, isRead });
  await assert.rejects(choose(BackupKey.generate()), /encrypted with key .* the key that was given is/);
  await assert.rejects(choose(undefined), /give it with --key-file/);
  await choose(undefined, false);
  await choose(key);
  const plain = backupFixture(t);
  await plain.node.backUp(plain.target);
  await assert.rejects(
    chooseSet(plain.target, { id: undefined, logId: undefined, key, isRead: true }),
    /not encrypted: leave --key-file out/,
  );
});

test('keys: the newest backup is not one of before the key was changed; that one is there by its id', async (t) => {
  const key = BackupKey.generate();
  const { node, target, grow } = backupFixture(t);
  grow(20);
  const { manifest: plain } = await node.backUp(target);
  grow(20);
  const { manifest: sealed } = await node.backUp(target, key);
  const choose = (by: BackupKey | undefined, id?: string): Promise<{ keyId: string }> =>
    chooseSet(target, { id, logId: undefined, key: by, isRead: true });
  await assert.rejects(choose(undefined), {
    code: 'KEY',
    message: `${target.place} has newer backups of this log that are encrypted with key ${key.id}: give its key with --key-file, or name the backup that you mean, ${plain.id}`,
  });
  assert.equal((await choose(undefined, plain.id)).keyId, 'plain');
  assert.equal((await choose(key)).keyId, key.id);
  assert.equal((await choose(key, sealed.id)).keyId, key.id);
});

test('keys: which backups are the newest is told by the log, not by clocks, nor where only a node has sent since', async (t) => {
  const key = BackupKey.generate();
  const { node, target, grow } = backupFixture(t);
  const choose = (by: BackupKey | undefined): Promise<{ keyId: string }> =>
    chooseSet(target, { id: undefined, logId: undefined, key: by, isRead: true });
  grow(20);
  const { manifest } = await node.backUp(target);
  // The clock was a year ahead when the last backup without a key was made.
  const ahead = { ...manifest, id: manifest.id.replace(/^\d{4}/, '2999') };
  const plain = node.set(target);
  await plain.putManifest(ahead);
  await plain.remove(manifestName(manifest.id));
  grow(20);
  await node.backUp(target, key);
  const refused = {
    code: 'KEY',
    message: `${target.place} has newer backups of this log that are encrypted with key ${key.id}: give its key with --key-file, or name the backup that you mean, ${ahead.id}`,
  };
  await assert.rejects(choose(undefined), refused);
  assert.equal((await choose(key)).keyId, key.id);
  // Encryption is ended again, and the first backup without it is still to come.
  grow(20);
  const shipper = await LogShipper.open(plain, node.local());
  while (await shipper.ship(node.log.lastSequence));
  assert.equal((await choose(undefined)).keyId, 'plain');
  await assert.rejects(choose(key), { code: 'KEY' });
  // A node that has let go of all its log backs up a snapshot only.
  grow(20);
  const other = BackupKey.generate();
  node.snapshot();
  const { manifest: last } = await node.backUp(target, other);
  for (const { name } of last.log.objects) await node.set(target, other).remove(name);
  assert.equal((await choose(other)).keyId, other.id);
});
