import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { askNode, serveNode } from './node-socket.ts';

const directory = temporaryDirectory('node-socket');

test('askNode: a node that is silent is not said to be none', async () => {
  const stop = await serveNode(directory, () => new Promise(() => {}));
  await assert.rejects(askNode(directory, { ask: 'promote' }, 50), {
    name: 'NodeSilentError',
    message: `the node on the data directory ${directory} gave no answer within 0.05 s: it may do all the same what it was told. Look at its log, and at "hive status"`,
  });
  await stop();
  await assert.rejects(askNode(directory, { ask: 'promote' }, 50), { name: 'NoNodeError' });
});

test('askNode: a directory of another user is not said to be without a node', async () => {
  const foreign = join(directory, 'foreign');
  mkdirSync(foreign, { mode: 0o700 });
  const stop = await serveNode(foreign, () => ({}));
  // The administrator may enter every directory, and is somebody else meanwhile.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  else chmodSync(foreign, 0);
  try {
    await assert.rejects(askNode(foreign, { ask: 'status' }), {
      name: 'NodeSilentError',
      message: `this user may not ask the node on the data directory ${foreign} (EACCES): be the one that the node runs as`,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(foreign, 0o700);
  }
  await stop();
});
