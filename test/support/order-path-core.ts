// Says where the kernel lets the edge and the keeper of the order path's core run, and how it prefers V8's threads, as the edge has little to do and much, and as orders come and do not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ThreadPriorities } from '#app/threads/thread-priorities.ts';
import { RingWriter, ringMemory } from '#replica/rings/broadcast-ring.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const TASKS = '/proc/self/task';
const SCHED_IDLE = '5';
/** Fields of proc(5), stat, behind the name. */
const NICE = 16;
const CORE = 36;
const POLICY = 38;

/** The number of the thread with this name; undefined: there is none. */
function threadOf(name: string): string | undefined {
  return readdirSync(TASKS).find((task) => readFileSync(`${TASKS}/${task}/comm`, 'utf8').trim() === name);
}

/** The cores on which a thread may run, as proc(5) lists them. */
function coresOf(thread: string): string {
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`${TASKS}/${thread}/status`, 'utf8'))?.[1] ?? '';
}

function fieldOf(thread: string, field: number): string {
  return readFileSync(`${TASKS}/${thread}/stat`, 'utf8').split(') ')[1].split(' ')[field];
}

/** Milliseconds for which a thread has run. */
function ranMs(thread: string): number {
  return Number(readFileSync(`${TASKS}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5);
}

const isBusy = new Int32Array(new SharedArrayBuffer(4));
const edge = new Worker(
  `const isBusy = require('node:worker_threads').workerData;
   for (;;) if (Atomics.load(isBusy, 0) === 0) Atomics.wait(isBusy, 0, 0, 5);`,
  { eval: true, name: 'edge', workerData: isBusy },
);
await until(() => threadOf('edge') !== undefined);
const edgeThread = threadOf('edge') ?? '';
const ring = ringMemory(1_024);
const writer = new RingWriter(ring);
const all = coresOf(String(process.pid));
const directory = temporaryDirectory('order-path-core');
const priorities = await ThreadPriorities.open(true, ring, directory);
assert.ok(priorities, 'the kernel cannot be told');
priorities.apply();

await until(() => /^\d+$/.test(coresOf(edgeThread)));
console.log('idle edge: on one core');
const v8 = threadOf('node-V8Worker') ?? '';
await until(() => fieldOf(v8, NICE) === '-10');
console.log("idle edge: V8's threads next after the order path");
Atomics.store(isBusy, 0, 1);
await until(() => coresOf(edgeThread) === all);
console.log('busy edge: on any');
await until(() => fieldOf(v8, NICE) === '0');
console.log("busy edge: V8's threads behind it");
Atomics.store(isBusy, 0, 0);
await until(() => /^\d+$/.test(coresOf(edgeThread)));
console.log('idle edge: on one core');

const bind = (cores: string): void => void spawnSync('taskset', ['-pc', cores, String(process.pid)]);
const { diskCore } = priorities;
bind(diskCore === 0 ? '1' : '0');
await until(() => coresOf(edgeThread) === all);
console.log('order path bound to a core: the edge on any');
bind(all);
await until(() => /^\d+$/.test(coresOf(edgeThread)));
console.log('let go: on one core');
const main = String(process.pid);
await until(() => diskCore === undefined || fieldOf(main, CORE) === String(diskCore));
console.log("order path: where its disk's interrupts arrive, if that is one core");
assert.equal(coresOf(main), all, 'it is not bound');
await until(() => coresOf(edgeThread) === fieldOf(main, CORE));

await until(() => threadOf('core-keeper') !== undefined);
const keeper = threadOf('core-keeper') ?? '';
await until(() => fieldOf(keeper, POLICY) === SCHED_IDLE && coresOf(keeper) === coresOf(edgeThread));
console.log('keeper: on the same, when nobody else wants it');
const orders = setInterval(() => writer.write(new Int32Array(2), 0, 2, 0), 1);
const before = ranMs(keeper);
await until(() => ranMs(keeper) > before + 50);
console.log('orders come: it is awake');
clearInterval(orders);
for (let ran = -1; ranMs(keeper) - ran > 1; await setTimeout(50)) ran = ranMs(keeper);
console.log('no orders: it sleeps');

priorities.close();
await until(() => threadOf('core-keeper') === undefined);
await until(() => fieldOf(v8, NICE) === '0');
console.log(
  `closed: no keeper, V8's threads as before, the edge on ${coresOf(edgeThread) === all ? 'any' : coresOf(edgeThread)}`,
);
await edge.terminate();
