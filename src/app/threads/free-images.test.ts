import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Runs a script with these options of Node: it makes 32 MiB of shared memory whose handles are garbage, and asks for its release. */
function run(options: string[], script: string): string {
  const source = `
    import { freeImages } from '${new URL('./free-images.ts', import.meta.url).href}';
    const take = () => Array.from({ length: 32 }, () => new SharedArrayBuffer(2 ** 20)).length;
    const isFree = () => process.memoryUsage().arrayBuffers < 2 ** 20;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    take();
    freeImages();
    ${script}
  `;
  const args = [...options, '--input-type=module', '--eval', source];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}

test('freeImages: the memory of handles that nobody holds is free after the turn', () => {
  assert.equal(run(['--expose-gc'], "while (!isFree()) await turn(); console.log('free');"), 'free\n');
});

test('freeImages: without --expose-gc nothing happens', () => {
  assert.equal(run([], 'for (let i = 0; i < 10; i++) await turn(); console.log(isFree());'), 'false\n');
});
