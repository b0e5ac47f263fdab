import { REPORT_WORDS } from './reports.ts';

// A binding of this module: V8 folds it, an import it would load each time.
const WORDS = REPORT_WORDS;

/** Reports that the ring holds; a power of two. */
const RING_REPORTS = 1 << 16;
/** The producer makes its reports visible this many at a time, and at the end of the stream. */
const PUBLISH_EVERY = 64;

/** Control words, each in a cache line of its own. */
const TAIL = 0;
const HEAD = 16;
const CLOSED = 32;
const CONTROL_WORDS = 48;

/** What both threads share. */
export interface RingMemory {
  readonly control: SharedArrayBuffer;
  readonly reports: SharedArrayBuffer;
}

export function allocateRing(): RingMemory {
  const reports = new SharedArrayBuffer(RING_REPORTS * WORDS * 4);
  new Int32Array(reports).fill(-1);
  return { control: new SharedArrayBuffer(CONTROL_WORDS * 4), reports };
}

/** The book's side of a single-producer, single-consumer ring in shared memory. */
export class RingProducer {
  declare private readonly control: Int32Array;
  declare private readonly words: Int32Array;
  /** Reports written since the start, and how many of them the consumer can see. */
  declare private written: number;
  declare private published: number;
  /** Reports taken by the consumer, as last read. */
  declare private taken: number;

  constructor(memory: RingMemory) {
    this.control = new Int32Array(memory.control);
    this.words = new Int32Array(memory.reports);
    this.written = 0;
    this.published = 0;
    this.taken = 0;
  }

  push(
    type: number,
    sell: number,
    sequence: number,
    id: number,
    price: number,
    qty: number,
    taker: number,
  ): void {
    const written = this.written;
    if (written - this.taken === RING_REPORTS) this.#waitForSpace();
    const words = this.words;
    const at = (written & (RING_REPORTS - 1)) * WORDS;
    words[at] = type | (sell << 8);
    words[at + 1] = sequence;
    words[at + 2] = id;
    words[at + 3] = price;
    words[at + 4] = qty;
    words[at + 5] = taker;
    this.written = written + 1;
    if (written + 1 - this.published === PUBLISH_EVERY) this.publish();
  }

  publish(): void {
    this.published = this.written;
    Atomics.store(this.control, TAIL, this.written);
  }

  /** Publishes and tells the consumer that nothing follows. Returns the number of reports. */
  close(): number {
    this.publish();
    Atomics.store(this.control, CLOSED, 1);
    return this.written;
  }

  #waitForSpace(): void {
    this.publish();
    while (this.written - this.taken === RING_REPORTS) this.taken = Atomics.load(this.control, HEAD);
  }
}

/** The consumer looks again after this long when the ring was empty: some thousand reports, of the ring's 65,536. */
const PAUSE_MS = 0.1;

/**
 * Takes every report out of the ring into `collected` until the producer closes it. It sleeps when there is nothing, so that
 * it takes neither cache lines nor, where the two share a core's execution units, those from the producer.
 */
export function drainRing(memory: RingMemory, collected: Int32Array): number {
  const control = new Int32Array(memory.control);
  const words = new Int32Array(memory.reports);
  let taken = 0;
  for (;;) {
    const closed = Atomics.load(control, CLOSED) === 1;
    const tail = Atomics.load(control, TAIL);
    if (tail === taken) {
      if (closed) return taken;
      Atomics.wait(control, TAIL, tail, PAUSE_MS);
      continue;
    }
    const from = (taken & (RING_REPORTS - 1)) * WORDS;
    const count = Math.min(tail - taken, RING_REPORTS - (taken & (RING_REPORTS - 1)));
    collected.set(words.subarray(from, from + count * WORDS), taken * WORDS);
    taken += count;
    Atomics.store(control, HEAD, taken);
  }
}
