// Says which policy its main thread has as it takes little of its core, all of it, and little again, and when its priorities are closed.
import { readFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { ThreadPriorities } from '#app/threads/thread-priorities.ts';
import { ringMemory } from '#replica/rings/broadcast-ring.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The policy of the main thread, proc(5). */
function policy(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1').split(') ')[1].split(' ')[38]);
}

async function until(expected: number, pause: () => Promise<unknown>): Promise<void> {
  while (policy() !== expected) await pause();
}

const priorities = await ThreadPriorities.open(
  true,
  ringMemory(1_024),
  temporaryDirectory('busy-order-path'),
);
if (priorities === undefined) throw new Error('the kernel cannot be told');
priorities.apply();
await until(1, () => setTimeout(1));
console.log(`idle: ${policy()}`);
await until(0, () => setImmediate());
console.log(`busy: ${policy()}`);
await until(1, () => setTimeout(1));
console.log(`idle: ${policy()}`);
priorities.close();
console.log(`closed: ${policy()}`);
