import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { figuresMemory, readFigures } from './thread-figures.ts';

/** Lets threads say figures, one after the other, and returns what is read then. */
async function said(...sources: string[]): Promise<object> {
  const memory = figuresMemory();
  for (const source of sources) {
    const file = new URL('./thread-figures.ts', import.meta.url);
    const code = `import { sayFigures } from ${JSON.stringify(file.href)}; ${source}`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
      workerData: { figures: memory },
    });
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    await once(worker, 'exit');
    assert.deepEqual(messages, []);
  }
  return readFigures(memory);
}

test('figures: none before one is said; each thread has its own; the last one counts; nobody gets a message', async () => {
  assert.deepEqual(await said(), {});
  assert.deepEqual(
    await said(
      'sayFigures({ edgeLagWords: 4_000_000_000, backupAgeSeconds: -1 });',
      'sayFigures({ marketDataClients: 0, backupLagSeconds: 0.1 });',
      'sayFigures({ edgeLagWords: 3 });',
    ),
    { edgeLagWords: 3, backupAgeSeconds: -1, marketDataClients: 0, backupLagSeconds: 0.1 },
  );
});
