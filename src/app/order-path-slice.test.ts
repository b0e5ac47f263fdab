import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../bin/runtime.js';

const SCHED = '/proc/self/sched';

/** In a process of its own, whose threads are nobody else's: the slice that it is told, its own, and a new thread's, as the kernel shows them. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { Worker } from 'node:worker_threads';
  import { shortenSlice } from ${JSON.stringify(new URL('./order-path-slice.ts', import.meta.url).href)};
  const sliceOf = (path) => Number(/se\\.slice\\s*:\\s*(\\d+)/.exec(readFileSync(path, 'utf8'))?.[1]);
  const told = await shortenSlice();
  const own = sliceOf('/proc/self/task/' + process.pid + '/sched');
  const code = "import { parentPort } from 'node:worker_threads'; import { readFileSync } from 'node:fs'; parentPort.postMessage(readFileSync('/proc/thread-self/sched', 'utf8'))";
  const worker = new Worker(code, { eval: true });
  worker.on('message', (text) => console.log(JSON.stringify({ told, own, other: Number(/se\\.slice\\s*:\\s*(\\d+)/.exec(text)?.[1]) })));
`;

function whySkipped(): string | false {
  try {
    return readFileSync(SCHED, 'utf8').includes('se.slice') ? false : 'the kernel has no slices of threads';
  } catch {
    return 'there is no /proc/self/sched: another system, or a kernel without scheduler statistics';
  }
}

/** What PROGRAM says, started by `command`. */
function slicesUnder(...command: string[]): { told: number; own: number; other: number } {
  const [file, ...rest] = [
    ...command,
    process.execPath,
    ...NODE_FLAGS,
    '--input-type=module',
    '--eval',
    PROGRAM,
  ];
  const { stdout, stderr } = spawnSync(file, rest, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

test('the order path runs in short turns, and the threads that it starts in long ones', {
  skip: whySkipped(),
}, () => {
  const { told, own, other } = slicesUnder();
  assert.deepEqual([told, own], [100_000, 100_000]);
  assert.ok(other > own, `another thread has ${other} ns`);
});

test('an order path that was given a nice value or a policy of its own keeps it, and the turns of it', {
  skip: whySkipped(),
}, () => {
  for (const command of [
    ['nice', '-n', '5'],
    ['chrt', '--batch', '0'],
  ]) {
    const { own, other } = slicesUnder(...command);
    assert.equal(own, other, command.join(' '));
  }
});
