/** The thread at the other end of the ring: collects every report, as the harness' drainer does. */
import { parentPort, workerData } from 'node:worker_threads';
import { drainRing, type RingMemory } from './ring.ts';

const { memory, collected } = workerData as { memory: RingMemory; collected: SharedArrayBuffer };
parentPort?.postMessage('ready');
const count = drainRing(memory, new Int32Array(collected));
parentPort?.postMessage(count);
