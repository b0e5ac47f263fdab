import { isMainThread, workerData } from 'node:worker_threads';
import { Edge } from './edge.ts';
import type { EdgeThreadData } from './messages.ts';

/** The edge thread with the doors of the platform. There are none yet. */
if (!isMainThread) await new Edge(workerData as EdgeThreadData, () => []).run();
