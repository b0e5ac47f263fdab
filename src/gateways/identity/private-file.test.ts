import assert from 'node:assert/strict';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { isPrivate, readPrivateFile } from './private-file.ts';

const GROUP = 65_532;
const USER = 1_000;

test('isPrivate: the owner alone; of mounted secrets also the group of the process, which may read and no more', () => {
  const is = (mode: number, uid: number, gid: number, mountedGroup?: number) =>
    isPrivate({ mode: 0o100_000 | mode, uid, gid }, mountedGroup);
  for (const mode of [0o600, 0o400]) assert.ok(is(mode, USER, USER), mode.toString(8));
  assert.ok(is(0o440, 0, GROUP, GROUP), 'as Kubernetes mounts it');
  assert.ok(is(0o640, 0, GROUP, GROUP), 'root may write what it reads anyway');
  const refused = {
    'one that takes no mounted secrets': is(0o440, 0, GROUP),
    'of another group': is(0o440, 0, 100, GROUP),
    "not root's": is(0o440, USER, GROUP, GROUP),
    'which the group may write': is(0o460, 0, GROUP, GROUP),
    'which the group may execute': is(0o450, 0, GROUP, GROUP),
    'which everybody may read': is(0o444, 0, GROUP, GROUP),
  };
  for (const [what, accepted] of Object.entries(refused)) assert.equal(accepted, false, what);
});

test('readPrivateFile: a mounted secret of the own group is read, of another group refused', {
  skip: process.getuid?.() === 0 ? false : 'only root makes files of root',
}, () => {
  const directory = temporaryDirectory('private');
  const path = join(directory, 'backup.key');
  writeFileSync(path, 'secret');
  chmodSync(path, 0o440);
  chownSync(path, 0, GROUP);
  assert.equal(readPrivateFile(path, GROUP)?.toString(), 'secret');
  assert.throws(() => readPrivateFile(path, GROUP + 1), { code: 'READABLE_BY_OTHERS' });
  assert.throws(() => readPrivateFile(path), { code: 'READABLE_BY_OTHERS' });
});
