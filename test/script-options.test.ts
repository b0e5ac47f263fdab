import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from './support/temporary-directory.ts';

const USAGES = {
  'test/simulation/main.ts':
    'npm run sim -- [--seed=N] [--runs=K] [--seconds=S] [--nodes=3] [--clients=4] [--faults=all|none|NAME,…] [--failures=FILE]',
  'test/faults/run.ts': 'npm run faults -- [--seed=N] [--faults=200] [--only=KIND,KIND]',
  'scripts/cluster.ts': 'npm run cluster -- [--data-dir=data-cluster]',
  'scripts/test.ts': 'npm test -- [--unit] [--timeout=SECONDS] [FILE or FOLDER…]',
};

for (const [script, usage] of Object.entries(USAGES)) {
  test(`${script}: says its options, and a wrong one is no stack trace`, () => {
    const run = (option: string): unknown => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(import.meta.dirname, '..', script), option],
        { encoding: 'utf8' },
      );
      return { status, stdout, stderr };
    };
    assert.deepEqual(run('--help'), { status: 0, stdout: `${usage}\n`, stderr: '' });
    const stderr = `Unknown option '--nonsense'\n${usage}\n`;
    assert.deepEqual(run('--nonsense'), { status: 2, stdout: '', stderr });
  });
}

test('scripts/nightly-sim.sh: what it does not take leaves the seeds of the last time', () => {
  const seeds = join(temporaryDirectory('nightly-sim'), 'seeds');
  writeFileSync(seeds, '92\n');
  const run = (seconds: string): unknown => {
    const script = join(import.meta.dirname, '../scripts/nightly-sim.sh');
    const { status, stdout, stderr } = spawnSync('bash', [script, seconds, seeds], { encoding: 'utf8' });
    return { status, stdout, stderr, seeds: readFileSync(seeds, 'utf8') };
  };
  const usage = 'scripts/nightly-sim.sh [SECONDS] [FILE]\n';
  assert.deepEqual(run('--help'), { status: 0, stdout: usage, stderr: '', seeds: '92\n' });
  const stderr = `SECONDS is a whole number from 1 to 86400, not 1h\n${usage}`;
  assert.deepEqual(run('1h'), { status: 2, stdout: '', stderr, seeds: '92\n' });
});
