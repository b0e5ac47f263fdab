/**
 * Paces an open loop: message k is due at start + k / rate. The process is awake shortly before each message is due and spins on its event loop
 * until then (`setImmediate`, which polls the sockets each time), because a timer's millisecond is ten messages long at 10,000/s.
 *
 * Between messages that are far enough apart it sleeps, woken by a thread that waits with the kernel's precision: a generator that spun all the
 * time would take one of two cores from what it measures. Above some 2,000/s it spins all the time, and needs a core of its own.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** How long before a message is due the process is to be awake: two threads wake up within it, one after the other. */
const AWAKE_MS = 0.15;
/** Messages that are nearer to each other than this are not slept between. */
const SLEEP_MS_MIN = 0.5;
const NANOS_PER_MS = 1e6;

export interface Schedule {
  /** When the first message is due, on the clock of `performance.now()`. */
  readonly startMs: number;
  readonly everyMs: number;
  readonly messages: number;
}

interface WakerData {
  readonly pacingStartNs: bigint;
  readonly everyMs: number;
  readonly messages: number;
}

/** Calls `send` for each message when it is due, with its number from 0 on and with when it was due; resolves after the last. */
export function paceMessages(
  { startMs, everyMs, messages }: Schedule,
  send: (message: number, dueMs: number) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const isSleeping = everyMs >= SLEEP_MS_MIN;
  let next = 0;
  let isAwake = true;
  const step = (): void => {
    const nowMs = performance.now();
    for (; next < messages && startMs + next * everyMs <= nowMs; next++) send(next, startMs + next * everyMs);
    if (next === messages) resolve();
    // The waker wakes at AWAKE_MS at the earliest, so it has not spoken of this message yet.
    else if (isSleeping && startMs + next * everyMs - performance.now() > 2 * AWAKE_MS) isAwake = false;
    else setImmediate(step);
  };
  if (isSleeping) {
    const data: WakerData = {
      pacingStartNs:
        process.hrtime.bigint() + BigInt(Math.round((startMs - performance.now()) * NANOS_PER_MS)),
      everyMs,
      messages,
    };
    const waker = new Worker(new URL(import.meta.url), { workerData: data });
    waker.on('message', () => {
      if (isAwake) return;
      isAwake = true;
      step();
    });
    waker.on('error', reject);
  }
  step();
  return promise;
}

function wakeForEach({ pacingStartNs, everyMs, messages }: WakerData): void {
  const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let message = 0; message < messages; message++) {
    const nowMs = Number(process.hrtime.bigint() - pacingStartNs) / NANOS_PER_MS;
    const sleepMs = message * everyMs - AWAKE_MS - nowMs;
    if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
    parentPort?.postMessage(message);
  }
}

if (!isMainThread && (workerData as Partial<WakerData> | null)?.pacingStartNs !== undefined)
  wakeForEach(workerData as WakerData);
