/** A word goes to and fro between two threads: how fast one wakes the other. The file runs on both. */
import { isMainThread, MessageChannel, type MessagePort, Worker, workerData } from 'node:worker_threads';

/** How a thread learns that the other has written. */
export type WakeBy = 'notify' | 'message' | 'poll';

interface WakeData {
  readonly by: WakeBy;
  readonly words: Int32Array;
  readonly port: MessagePort;
  readonly turns: number;
}

/** Words that lie on cache lines of their own. */
const TO_WORKER = 0;
const TO_MAIN = 16;

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
  declare private onMessage: () => void;

  constructor(data: WakeData, own: number, other: number) {
    this.data = data;
    this.own = own;
    this.other = other;
    this.onMessage = () => {};
    data.port.on('message', () => this.onMessage());
  }

  send(turn: number): void {
    const { by, words, port } = this.data;
    Atomics.store(words, this.other, turn);
    if (by === 'notify') Atomics.notify(words, this.other);
    else if (by === 'message') port.postMessage(0);
  }

  async receive(turn: number): Promise<void> {
    const { by, words } = this.data;
    while (Atomics.load(words, this.own) < turn) {
      if (by === 'poll') await new Promise((resolve) => setImmediate(resolve));
      else if (by === 'notify') await Atomics.waitAsync(words, this.own, turn - 1).value;
      else {
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
