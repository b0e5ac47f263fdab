import { setImmediate as realImmediate } from 'node:timers';

/** What happens at a moment of virtual time, in a process or, without one, in the world around them. */
export interface VirtualEvent {
  readonly atUs: number;
  readonly tie: number;
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly run: () => void;
  isCancelled: boolean;
}

/** A process on a machine of its own. What was to happen in it does not once it is dead, and waits while it is stopped. */
export class SimulatedProcess {
  readonly name: string;
  /** Address of its machine. */
  readonly host: string;
  readonly startedUs: number;
  /** How far the machine's wall clock is from the true time. */
  wallSkewMs: number;
  isAlive = true;
  /** Events that came while it was stopped; undefined: it runs. */
  waiting: VirtualEvent[] | undefined;
  /** When its last `setImmediate` runs: they run in order. */
  lastImmediateUs = 0;
  readonly salt: number;

  constructor(name: string, host: string, startedUs: number, wallSkewMs: number, salt: number) {
    this.name = name;
    this.host = host;
    this.startedUs = startedUs;
    this.wallSkewMs = wallSkewMs;
    this.salt = salt;
  }
}

/** Virtual time since the epoch at which a run begins. */
export const START_SECONDS = 1_700_000_000;

/**
 * One queue of events by virtual time. Nothing waits for a real clock: time jumps to the next event. Events of one process at one moment
 * run in the order in which they were made, as in an event loop; those of several processes in an order that the seed chooses.
 */
export class VirtualScheduler {
  nowUs = 0;
  /** Whose event is running. */
  current: SimulatedProcess | undefined;
  readonly #heap: VirtualEvent[] = [];
  #order = 0;
  readonly #salt: number;

  /** @param salt of the choice among events at the same time */
  constructor(salt: number) {
    this.#salt = salt;
  }

  at(process: SimulatedProcess | undefined, atUs: number, run: () => void): VirtualEvent {
    const whole = Math.max(this.nowUs, Math.ceil(atUs));
    const event: VirtualEvent = {
      atUs: whole,
      tie: mixed(whole, process === undefined ? 0 : process.salt, this.#salt),
      order: ++this.#order,
      process,
      run,
      isCancelled: false,
    };
    this.#push(event);
    return event;
  }

  after(process: SimulatedProcess | undefined, delayUs: number, run: () => void): VirtualEvent {
    return this.at(process, this.nowUs + delayUs, run);
  }

  /** Stops a process, as SIGSTOP does, until `resume`. */
  stop(process: SimulatedProcess): void {
    process.waiting ??= [];
  }

  resume(process: SimulatedProcess): void {
    const { waiting } = process;
    process.waiting = undefined;
    for (const event of waiting ?? []) {
      this.at(process, this.nowUs, () => {
        if (!event.isCancelled) event.run();
      });
    }
  }

  /** Runs events until `untilUs` of virtual time, or until `isDone` after one of them. Promises settle between two events. */
  async run(untilUs: number, isDone: () => boolean, onError: (error: unknown) => void): Promise<void> {
    for (;;) {
      const event = this.#pop(untilUs);
      if (event === undefined) {
        this.nowUs = untilUs;
        return;
      }
      const { process } = event;
      if (event.isCancelled || process?.isAlive === false) continue;
      this.nowUs = event.atUs;
      if (process?.waiting !== undefined) {
        process.waiting.push(event);
        continue;
      }
      this.current = process;
      try {
        event.run();
      } catch (error) {
        onError(error);
      }
      // What the event began in the background goes on in its process.
      if (process !== undefined) await new Promise<void>((resolve) => realImmediate(resolve));
      this.current = undefined;
      if (isDone()) return;
    }
  }

  #push(event: VirtualEvent): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  #pop(untilUs: number): VirtualEvent | undefined {
    const heap = this.#heap;
    const first = heap.at(0);
    if (first === undefined || first.atUs > untilUs) return undefined;
    const last = heap.pop() as VirtualEvent;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: VirtualEvent, b: VirtualEvent): boolean {
  if (a.atUs !== b.atUs) return a.atUs < b.atUs;
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.order < b.order;
}

function mixed(atUs: number, processSalt: number, salt: number): number {
  let hash = Math.imul(atUs ^ salt, 0x9e3779b1) ^ Math.imul(processSalt + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
