import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const BLOCKS = 50_000;
const BLOCK_BYTES = 2_048;

test('trimMemory: what lies between blocks that are in use goes back to the system', (t) => {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (header.glibcVersionRuntime === undefined) {
    t.skip('there is no glibc here, whose function it calls');
    return;
  }
  // 100 MiB in blocks that malloc keeps in its arena; one in 64 stays, so that none of the rest is at the arena's end.
  const source = `
    import { trimMemory } from '${new URL('./trim-memory.ts', import.meta.url).href}';
    const take = () => Array.from({ length: ${BLOCKS} }, () => new ArrayBuffer(${BLOCK_BYTES})).filter((_, i) => i % 64 === 0);
    const kept = take();
    while (process.memoryUsage().arrayBuffers > ${(BLOCKS * BLOCK_BYTES) / 32}) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = process.memoryUsage.rss();
    trimMemory();
    console.log(before - process.memoryUsage.rss(), kept.length);
  `;
  const options = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
  const args = [...options, '--input-type=module', '--eval', source];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  const [freedBytes, kept] = stdout.trim().split(' ').map(Number);
  assert.equal(kept, Math.ceil(BLOCKS / 64));
  assert.ok(freedBytes > (BLOCKS * BLOCK_BYTES) / 2, `${freedBytes} bytes went back`);
});
