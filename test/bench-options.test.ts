import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '#app/cli/test-support.ts';
import { BENCH_OPTIONS, readBenchRun } from '../bench/support/bench-options.ts';

const FIX_CODEC = fileURLToPath(new URL('../bench/fix-codec.ts', import.meta.url));

test('readBenchRun: names, options in any place, and where the figures go', () => {
  assert.deepEqual(readBenchRun(['book', '--seed', '2', 'rest', '--no-peer', '--out', 'figures']), {
    named: ['book', 'rest'],
    out: 'figures',
    options: new Map([
      ['seed', ['--seed', '2']],
      ['no-peer', ['--no-peer']],
    ]),
  });
});

test('readBenchRun: says what is unknown, and what there is', () => {
  assert.throws(
    () => readBenchRun(['book', 'boook']),
    /^Error: no benchmark boook; there are book, flash1, /,
  );
  assert.throws(() => readBenchRun(['toString']), /no benchmark toString/);
  assert.throws(
    () => readBenchRun(['floor', 'metrics', '--hours', '2']),
    /^Error: no option --hours; there are --out, and of\n {2}floor: --connections, .*\n {2}metrics: --rounds, --every, --connections, --rate, --window, --warmup, --seconds, --data-dir$/,
  );
  assert.throws(() => readBenchRun(['--nope']), /no option --nope; .*\n {2}book: /);
  assert.throws(() => readBenchRun(['book', '--seed']), /^Error: --seed needs a value$/);
  assert.throws(() => readBenchRun(['--out']), /^Error: --out needs a value$/);
});

test('readBenchRun: knows every option that a benchmark reads', () => {
  for (const [name, options] of Object.entries(BENCH_OPTIONS)) {
    const source = readFileSync(new URL(`../bench/${name}.ts`, import.meta.url), 'utf8');
    const read = [...source.matchAll(/(?:[oO]ption|flag|choice)\('([\w-]+)'/g)].map(([, option]) => option);
    if (source.includes('loadOptions(')) read.push('connections', 'rate', 'window', 'warmup', 'seconds');
    if (source.includes('benchDirectory(')) read.push('data-dir');
    for (const option of read) assert.ok(options.includes(option), `${name} reads --${option}`);
  }
});

test('hive bench: an unknown option ends it with exit status 2 before anything is measured', async () => {
  assert.deepEqual(await runCli(['bench', 'fix-codec', '--massages', '5', '--json']), {
    status: 2,
    stdout: '',
    stderr:
      'no option --massages; there are --out, and of\n  fix-codec: --messages\nhive: nothing was measured: see above\n',
  });
});

test('hive bench --help: says which benchmarks there are, each with its options', async () => {
  const { status, stdout, stderr } = await runCli(['bench', '--help']);
  const [, named] = stdout.split('\nBenchmarks, each with its options:\n');
  const lines = Object.entries(BENCH_OPTIONS).map(([name, own]) => `  ${name}: --${own.join(', --')}`);
  assert.deepEqual([status, named, stderr], [0, `${lines.join('\n')}\n`, '']);
});

test('a benchmark started by itself refuses what it does not know, before anything is measured', () => {
  const run = (...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [FIX_CODEC, ...options], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  assert.deepEqual(run('--help'), {
    status: 2,
    stdout: '',
    stderr: 'no option --help; there are --out, and of\n  fix-codec: --messages\n',
  });
  assert.deepEqual(run('--out', 'figures'), {
    status: 2,
    stdout: '',
    stderr: '--out is of all: npm run bench -- fix-codec --out figures\n',
  });
});
