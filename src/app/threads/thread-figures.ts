import { workerData } from 'node:worker_threads';

/** Figures that threads say of themselves (docs/architecture.md): each is one thread's own. */
export const FIGURES = [
  'historyLagEntries',
  'historyFailed',
  'archiveQuestions',
  'checkpointSequence',
  'checkpointsBroken',
  'snapshotSeconds',
  'marketDataClients',
  'marketDataAuthFailures',
  'marketDataRateLimited',
  'marketDataLagWords',
  'marketDataOverruns',
  'marketDataFailed',
  'edgeLagWords',
  'edgeOverruns',
  'edgeCommands',
  'edgeRefused',
  'edgeAuthFailures',
  'edgeRateLimited',
  'httpConnections',
  'httpRequests',
  'httpRefused',
  'httpFailed',
  'webSocketConnections',
  'webSocketUsers',
  'webSocketMessages',
  'webSocketRefused',
  'webSocketSlow',
  'fixConnections',
  'fixSessions',
  'backupSequence',
  'backupLagEntries',
  'backupLagBytes',
  'backupLagSeconds',
  'backupFailures',
  'backupFailuresTotal',
  'backupSnapshotsDamaged',
  'backupAgeSeconds',
] as const;
export type Figure = (typeof FIGURES)[number];
export type Figures = { readonly [name in Figure]?: number };

/** What `Threads` gives every thread that it starts. */
export interface WorkerFigures {
  readonly figures: SharedArrayBuffer;
}

/** Shared memory for all figures, none of which has been said. */
export function figuresMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(FIGURES.length * Float64Array.BYTES_PER_ELEMENT);
  new Float64Array(memory).fill(Number.NaN);
  return memory;
}

/** What was said last. */
export function readFigures(memory: SharedArrayBuffer): Figures {
  const numbers = new Float64Array(memory);
  return Object.fromEntries(
    FIGURES.map((name, at) => [name, numbers[at]] as const).filter(([, number]) => !Number.isNaN(number)),
  );
}

/**
 * Says figures of a worker thread that `Threads` has started, once a second, for whoever asks: called on that thread. They are not sent
 * as messages: a thread that gets one is woken while the sender still holds the lock of the port, and the order path, which goes first,
 * then waits until the kernel lets the sender go on (docs/performance.md).
 */
export function sayFigures(figures: Figures): void {
  const numbers = new Float64Array((workerData as WorkerFigures).figures);
  for (const [name, number] of Object.entries(figures)) numbers[FIGURES.indexOf(name as Figure)] = number;
}
