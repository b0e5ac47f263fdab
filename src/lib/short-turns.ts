/** A thread in the background runs this long at a time. */
export const TURN_MS = 0.1;
/** A sleep of any length lets another thread on the processor; the kernel adds some 0.05 ms of its own. */
const REST_MS = 0.02;

/** Blocks this thread. */
function sleepMs(cell: Int32Array): (ms: number) => void {
  return (ms) => void Atomics.wait(cell, 0, 0, ms);
}

/**
 * Long work of a background thread, in short turns with a sleep between them. A kernel lets a thread that runs go on for its whole slice, some
 * milliseconds, while another one that has just woken up waits: on a machine with few processors that other one is the order path.
 */
export class ShortTurns {
  declare private readonly nowMs: () => number;
  declare private readonly sleep: (ms: number) => void;
  declare private restedMs: number;

  constructor(
    nowMs: () => number = () => performance.now(),
    sleep: (ms: number) => void = sleepMs(
      new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    ),
  ) {
    this.nowMs = nowMs;
    this.sleep = sleep;
    this.restedMs = nowMs();
  }

  /** Sleeps when the turn is over. Call it often, between pieces of work of some microseconds. */
  rest(): void {
    if (this.nowMs() - this.restedMs < TURN_MS) return;
    this.sleep(REST_MS);
    this.restedMs = this.nowMs();
  }
}
