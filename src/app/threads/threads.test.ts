import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vitalsMemory } from './thread-vitals.ts';
import { type NodeLogger, Threads } from './threads.ts';

const BUSY = 'throw new Error("the port is in use");';
const READY = `import { parentPort } from 'node:worker_threads';
parentPort.on('message', (message) => {
  if (message.kind === 'close') parentPort.close();
  else throw new Error('the test wants it');
});
parentPort.postMessage({ kind: 'ready', ports: { http: 1 } });`;

const fileOf = (source: string): URL => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

/** Threads, and what they log. */
function threadsOf(): { threads: Threads; log: string[] } {
  const log: string[] = [];
  const note = (_: object, message: string): void => void log.push(message);
  const logger: NodeLogger = { info: note, warn: note, error: note };
  return { threads: new Threads(logger, vitalsMemory()), log };
}

test('Threads: one that the node waits for and that cannot start is not one that has died', async () => {
  const { threads, log } = threadsOf();
  const edge = threads.start('edge', fileOf(BUSY), {});
  await assert.rejects(edge.ready, { message: 'the port is in use' });
  await threads.end(edge);
  assert.deepEqual(log, [
    'the edge thread could not start: the port is in use. The node does not serve without it',
  ]);
  assert.deepEqual([threads.up, threads.figures], [{}, {}]);
});

test('Threads: one that nobody waits for has died also where it could not start', async () => {
  const { threads, log } = threadsOf();
  await threads.start('backup', fileOf(BUSY), {}).closed;
  assert.deepEqual(log, [
    'the backup thread died: the port is in use. Orders go on; restart the node to have it back',
  ]);
  assert.deepEqual([threads.up, threads.figures], [{ backup: false }, { backupDead: 1 }]);
});

test('Threads: one that died and is started again is not dead', async () => {
  const { threads, log } = threadsOf();
  const first = threads.start('edge', fileOf(READY), {});
  await first.ready;
  first.worker.postMessage({ kind: 'die' });
  await first.closed;
  assert.deepEqual([threads.up, threads.figures], [{ edge: false }, { edgeDead: 1 }]);
  await threads.end(first);
  assert.deepEqual([threads.up, threads.figures], [{}, {}]);
  const second = threads.start('edge', fileOf(READY), {});
  assert.deepEqual(await second.ready, { http: 1 });
  assert.deepEqual([threads.up, threads.figures], [{ edge: true }, {}]);
  await threads.close();
  assert.deepEqual(log, [
    'the edge thread died: the test wants it. Orders go on; restart the node to have it back',
  ]);
});
