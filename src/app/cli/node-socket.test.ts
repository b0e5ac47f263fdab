import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDirectory } from '#log/file/directory-lock.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { askNode, serveNode } from './node-socket.ts';

const directory = temporaryDirectory('node-socket');

test('askNode: a process that has the directory and answers nothing yet is no directory without a node', async () => {
  const starting = temporaryDirectory('node-socket');
  const release = lockDirectory(starting);
  await assert.rejects(askNode(starting, { ask: 'status' }), ({ name, message }: Error) => {
    assert.equal(name, 'NoNodeError');
    const [, before, after] = /^(.* process \d+ on ).* since \S+Z(, .*)$/.exec(message) ?? [];
    assert.equal(before, `the data directory ${starting} is in use by process ${process.pid} on `);
    assert.equal(
      after,
      ', which answers nothing: a node does from when it is ready until it stops. Look at its log',
    );
    return true;
  });
  release();
  await assert.rejects(
    askNode(starting, { ask: 'status' }),
    /^NoNodeError: no node runs on the data directory/,
  );
});

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
