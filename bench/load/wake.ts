/** A word goes to and fro between two threads: how fast one wakes the other. The file runs on both. */
import { isMainThread, MessageChannel, type MessagePort, Worker, workerData } from 'node:worker_threads';
import { kernelPipe, ThreadSleep, wakeThread } from '#replica/rings/thread-sleep.ts';

/** How a thread learns that the other has written: by the two ways of ThreadSleep, by a message, or by looking. */
export type WakeBy = 'pipe' | 'notify' | 'message' | 'poll';

interface WakeData {
  readonly by: WakeBy;
  readonly words: Int32Array;
  readonly port: MessagePort;
  readonly turns: number;
}

/** Words that lie on cache lines of their own: the turn that each side has to take, and its sleep. */
const TO_WORKER = 0;
const TO_MAIN = 16;
const SLEEP = 1;

/** Round trips in microseconds, those of the second half of `turns`. */
export async function wakeRoundTrips(by: WakeBy, turns: number): Promise<Float64Array> {
  const { port1, port2 } = new MessageChannel();
  const words = new Int32Array(new SharedArrayBuffer(128));
  const data: WakeData = { by, words, port: port2, turns };
  const worker = new Worker(new URL(import.meta.url), { workerData: data, transferList: [port2] });
  const main = new Side({ ...data, port: port1 }, TO_MAIN, TO_WORKER);
  // The first one waits until the worker has started.
  const latencyUs = new Float64Array(turns >> 1);
  for (let turn = 1; turn <= turns; turn++) {
    const startMs = performance.now();
    main.send(turn);
    await main.receive(turn);
    const measured = turn - 1 - (turns - latencyUs.length);
    if (measured >= 0) latencyUs[measured] = (performance.now() - startMs) * 1_000;
  }
  port1.close();
  await worker.terminate();
  return latencyUs;
}

class Side {
  declare private readonly data: WakeData;
  declare private readonly own: number;
  declare private readonly other: number;
  declare private readonly sleep: ThreadSleep;
  declare private onMessage: () => void;

  constructor(data: WakeData, own: number, other: number) {
    this.data = data;
    this.own = own;
    this.other = other;
    this.sleep = new ThreadSleep(data.words, own + SLEEP, data.by === 'pipe' ? kernelPipe : () => undefined);
    this.onMessage = () => {};
    data.port.on('message', () => this.onMessage());
  }

  send(turn: number): void {
    const { by, words, port } = this.data;
    Atomics.store(words, this.other, turn);
    if (by === 'message') port.postMessage(0);
    else if (by !== 'poll') wakeThread(words, this.other + SLEEP);
  }

  async receive(turn: number): Promise<void> {
    const { by, words } = this.data;
    while (Atomics.load(words, this.own) < turn) {
      if (by === 'poll') await new Promise((resolve) => setImmediate(resolve));
      else if (by !== 'message') {
        this.sleep.begin(1);
        if (Atomics.load(words, this.own) < turn) await this.sleep.ended();
      } else {
        await new Promise<void>((resolve) => {
          this.onMessage = resolve;
        });
      }
    }
  }
}

if (!isMainThread) {
  const data = workerData as WakeData;
  const side = new Side(data, TO_WORKER, TO_MAIN);
  for (let turn = 1; turn <= data.turns; turn++) {
    await side.receive(turn);
    side.send(turn);
  }
}
