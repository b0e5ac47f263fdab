import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manifestName, parsePieceName } from '#codec/backup/object-names.ts';
import { backupFixture } from '../../../test/support/backup-fixture.ts';
import { once } from './backup-set.ts';
import { pruneBackups } from './prune-backups.ts';
import { verifyBackup } from './verify-backup.ts';

test('prune: removes what only the old backups need, and nothing of those that stay', async (t) => {
  const { node, target, grow, files } = backupFixture(t);
  for (let round = 0; round < 6; round++) {
    grow(70);
    node.snapshot();
    grow(5);
    await node.backUp(target);
  }
  const set = node.set(target);
  const before = files().length;
  const pruned = await pruneBackups(set, { keep: 2, forgetLog: false, onlyContinuous: false });
  assert.deepEqual([pruned.removedBackups.length, pruned.keptBackups.length], [4, 2]);
  assert.equal(files().length, before - 4 - pruned.removedObjects);
  assert.ok(pruned.removedObjects >= 4, 'at least their snapshots');
  const manifests = (await set.manifests()).whole;
  assert.deepEqual(manifests.map(({ id }) => id).sort(), pruned.keptBackups.toSorted());
  for (const manifest of manifests) await verifyBackup(set, manifest);
  assert.equal(
    (await pruneBackups(set, { keep: 2, forgetLog: true, onlyContinuous: false })).removedObjects,
    0,
    'the log is needed',
  );
});

test('prune --forget-log: lets the log go that the node has let go', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(300);
  node.snapshot();
  await node.backUp(target);
  node.log.truncate(200);
  assert.ok(node.log.firstSequence > 1);
  await node.backUp(target);
  const set = node.set(target);
  const first = async (): Promise<number> =>
    Math.min(...(await set.list('log/')).map(({ name }) => parsePieceName(name)?.firstSequence ?? 0));
  await pruneBackups(set, { keep: 1, forgetLog: false, onlyContinuous: false });
  assert.equal(await first(), 1);
  await pruneBackups(set, { keep: 1, forgetLog: true, onlyContinuous: false });
  assert.equal(await first(), node.log.firstSequence);
  for (const manifest of (await set.manifests()).whole) await verifyBackup(set, manifest);
});

test('prune and backup keep out of each other', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(20);
  const set = node.set(target);
  await set.exclusively('prune', async () => {
    await assert.rejects(node.backUp(target), { code: 'BUSY' });
    await assert.rejects(pruneBackups(set, { keep: 1, forgetLog: false, onlyContinuous: false }), {
      code: 'BUSY',
    });
  });
  await set.exclusively('backup', async () => {
    await assert.rejects(pruneBackups(set, { keep: 1, forgetLog: false, onlyContinuous: false }), {
      code: 'BUSY',
    });
    await node.backUp(target);
  });
});

test('marks of processes that were killed are removed once they are old; one that was removed stops its owner', async (t) => {
  const { node, target, grow, root } = backupFixture(t);
  grow(20);
  const set = node.set(target);
  await target.put(`${set.logId}/plain/busy/prune-00000000`, once(new Uint8Array()));
  await assert.rejects(node.backUp(target), { code: 'BUSY' });
  const mark = join(root, 'target', set.logId, 'plain', 'busy', 'prune-00000000');
  const past = Date.now() / 1_000 - 120;
  utimesSync(mark, past, past);
  await node.backUp(target);
  assert.deepEqual(await set.list('busy/'), []);
  await set.exclusively('backup', async (check) => {
    await check();
    for (const { name } of await set.list('busy/')) await set.remove(name);
    await assert.rejects(check(), { code: 'BUSY' });
  });
});

test('prune: of damaged manifests only those that reach no farther than a whole one, and none by a node', async (t) => {
  const { node, target, grow } = backupFixture(t);
  const set = node.set(target);
  const ids: string[] = [];
  for (let round = 0; round < 4; round++) {
    grow(10);
    const { manifest } = await node.backUp(target, undefined, { isContinuous: true });
    ids.push(manifest.id);
  }
  for (const id of [ids[1], ids[3]]) {
    await target.put(`${set.logId}/plain/${manifestName(id)}`, once(Buffer.from('{')));
  }
  const prune = async (keep: number, onlyContinuous: boolean): Promise<string[][]> => {
    const pruned = await pruneBackups(set, { keep, forgetLog: false, onlyContinuous });
    return [pruned.removedBackups, pruned.keptBackups];
  };
  assert.deepEqual(await prune(2, true), [[], [ids[2], ids[0]]]);
  assert.deepEqual(await prune(1, false), [[ids[0], ids[1]], [ids[2]]]);
  const left = await set.manifests();
  assert.deepEqual([left.whole.map(({ id }) => id), left.damaged.map(({ id }) => id)], [[ids[2]], [ids[3]]]);
});

test('prune by a node: removes none that people made', async (t) => {
  const { node, target, grow } = backupFixture(t);
  for (let round = 0; round < 3; round++) {
    grow(10);
    await node.backUp(target);
  }
  const { removedBackups } = await pruneBackups(node.set(target), {
    keep: 1,
    forgetLog: false,
    onlyContinuous: true,
  });
  assert.deepEqual(removedBackups, []);
});

test('manifests: a backup that is removed between the list and a look at it is left out', async (t) => {
  const { node, target, grow } = backupFixture(t);
  for (let round = 0; round < 3; round++) {
    grow(20);
    await node.backUp(target);
  }
  const set = node.set(target);
  const ids = (await set.manifests()).whole.map(({ id }) => id);
  assert.equal(ids.length, 3);
  const { list } = target;
  target.list = async (prefix) => {
    const listed = await list.call(target, prefix);
    if (prefix.endsWith('backups/')) await set.remove(`backups/${ids[0]}.json`);
    return listed;
  };
  assert.deepEqual(
    (await set.manifests()).whole.map(({ id }) => id),
    ids.slice(1),
  );
  assert.deepEqual(
    (await set.manifests(1)).whole.map(({ id }) => id),
    ids.slice(2),
  );
});
