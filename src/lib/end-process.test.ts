import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

const ENDS = `import { endProcess } from ${JSON.stringify(import.meta.resolve('./end-process.ts'))};`;

/** Runs a module and returns its exit status; null when a signal ended it. */
async function statusOf(source: string, flags: readonly string[] = []): Promise<number | null> {
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', source], {
    stdio: 'ignore',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const [status] = await once(child, 'exit');
  return status as number | null;
}

test('endProcess: ends with its status while threads run and timers are due', async () => {
  const source = `${ENDS}
    import { Worker } from 'node:worker_threads';
    setInterval(() => {}, 1_000);
    new Worker('for (;;);', { eval: true }).on('online', () => endProcess(7));`;
  assert.equal(await statusOf(source), 7);
});

test('endProcess: ends while background threads of V8 wait for a collection, where one in twenty processes hung in process.exit', async () => {
  const source = `${ENDS}
    const kept = [];
    const hot = Array.from({ length: 400 }, (_, i) => new Function('a', \`let s = \${i}; for (let j = 0; j < 50; j++) s = (s * 31 + a * j) | 0; return { a, s };\`));
    for (let round = 0; round < 40; round++) for (const one of hot) kept.push(one(round));
    endProcess(3);`;
  const flags = ['--stress-concurrent-allocation', '--max-old-space-size=40'];
  for (let run = 0; run < 10; run++) assert.equal(await statusOf(source, flags), 3);
});

/** Of /proc/PID/fdinfo, octal. */
const O_NONBLOCK = 0o4000;

test('endProcess: leaves a pipe as it was to the others who write to it', () => {
  const source = `${ENDS} process.stdout.write('first\\n'); endProcess(4);`;
  const script = `(${JSON.stringify(process.execPath)} --input-type=module --eval "$1"; echo "$?"; cat /proc/self/fdinfo/1) | cat`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', source], { encoding: 'utf8' });
  const [, flags] = /^first\n4\n[\s\S]*flags:\s+(\d+)/.exec(stdout) ?? [stderr];
  assert.equal(Number.parseInt(String(flags), 8) & O_NONBLOCK, 0, stdout);
});
