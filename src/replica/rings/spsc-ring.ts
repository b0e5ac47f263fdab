import { assert } from '#lib/assert.ts';
import { AWAKE, closeSleep, ThreadSleep, wakeThread } from './thread-sleep.ts';

/** Words of a cache line: what one side writes lies apart from what the other writes. */
const LINE_WORDS = 16;
/** Position up to which records are published: the writer's. */
const PUBLISHED = 0;
/** Position up to which the memory is free again, and whether the reader takes nothing any more: the reader's. */
const RELEASED = LINE_WORDS;
const CLOSED = LINE_WORDS + 1;
/** The reader's sleep. Both write it. */
const SLEEP = 2 * LINE_WORDS;
const ASLEEP = 1;
const HEAD_WORDS = 3 * LINE_WORDS;

/** Shared memory for a ring of `capacityWords` (a power of two). */
export function spscRingMemory(capacityWords: number): SharedArrayBuffer {
  assert((capacityWords & (capacityWords - 1)) === 0, 'Condition: a ring holds a power of two words');
  return new SharedArrayBuffer((HEAD_WORDS + capacityWords) * 4);
}

/**
 * The writing end of a ring from one thread to one other that loses nothing: what does not fit is not written. Positions
 * count words modulo 2^32.
 */
export class SpscRingWriter {
  declare private readonly head: Int32Array;
  declare private readonly data: Int32Array;
  declare private readonly mask: number;
  declare private position: number;

  constructor(memory: SharedArrayBuffer) {
    this.head = new Int32Array(memory, 0, HEAD_WORDS);
    this.data = new Int32Array(memory, HEAD_WORDS * 4);
    this.mask = this.data.length - 1;
    this.position = Atomics.load(this.head, PUBLISHED);
  }

  /** Words that the ring holds. */
  get capacityWords(): number {
    return this.data.length;
  }

  /** Words published and not yet released by the reader. */
  get pendingWords(): number {
    return (this.position - Atomics.load(this.head, RELEASED)) >>> 0;
  }

  /** Words that can be written now; 0 for good once the reader has closed its end. */
  get freeWords(): number {
    return Atomics.load(this.head, CLOSED) === 1 ? 0 : this.data.length - this.pendingWords;
  }

  /** Publishes words `from` to `to` of `source`, which must fit, as one piece: the reader sees all of it or nothing. */
  write(source: Int32Array, from: number, to: number): void {
    const data = this.data;
    assert(to - from <= data.length - this.pendingWords, 'Condition: what is written fits the ring');
    const at = this.position & this.mask;
    const wrap = Math.min(to, from + data.length - at);
    data.set(source.subarray(from, wrap), at);
    if (wrap < to) data.set(source.subarray(wrap, to), 0);
    this.position = (this.position + to - from) | 0;
    Atomics.store(this.head, PUBLISHED, this.position);
  }

  /** Wakes the reader if it sleeps. Costs the caller some microseconds then, and nothing otherwise (bench/edge.ts). */
  wake(): void {
    if (Atomics.load(this.head, SLEEP) !== AWAKE) wakeThread(this.head, SLEEP);
  }
}

/** The reading end. What it has read stays counted until `release`. */
export class SpscRingReader {
  declare private readonly head: Int32Array;
  declare private readonly data: Int32Array;
  declare private readonly mask: number;
  declare private position: number;
  declare private released: number;
  declare private readonly ownSleep: ThreadSleep;

  constructor(memory: SharedArrayBuffer) {
    this.head = new Int32Array(memory, 0, HEAD_WORDS);
    this.data = new Int32Array(memory, HEAD_WORDS * 4);
    this.mask = this.data.length - 1;
    this.position = Atomics.load(this.head, RELEASED);
    this.released = this.position;
    this.ownSleep = new ThreadSleep(this.head, SLEEP);
  }

  /** Words that the ring holds. */
  get capacityWords(): number {
    return this.data.length;
  }

  /** Words published and not yet read. More than `capacityWords` is a broken writer. */
  get readableWords(): number {
    return (Atomics.load(this.head, PUBLISHED) - this.position) >>> 0;
  }

  /** The next word, which must be readable, without reading it. */
  peek(): number {
    return this.data[this.position & this.mask];
  }

  /** Moves the next `words` words, which must be readable, to word `at` of `target`. */
  read(target: Int32Array, at: number, words: number): void {
    const { data, mask, position } = this;
    for (let word = 0; word < words; word++) target[at + word] = data[(position + word) & mask];
    this.position = (position + words) | 0;
  }

  /** Passes over everything published so far; returns how many words. */
  skip(): number {
    const words = this.readableWords;
    this.position = (this.position + words) | 0;
    return words;
  }

  /** Gives the memory of what was read back to the writer. */
  release(): void {
    if (this.released === this.position) return;
    this.released = this.position;
    Atomics.store(this.head, RELEASED, this.position);
  }

  /** Resolves when there is something to read, or the ring was closed. One sleep at a time. */
  async sleep(): Promise<void> {
    const { ownSleep } = this;
    for (;;) {
      ownSleep.begin(ASLEEP);
      // What was published before the writer could see that this thread sleeps wakes nobody.
      if (this.readableWords > 0 || Atomics.load(this.head, CLOSED) === 1) break;
      await ownSleep.ended();
    }
    ownSleep.end();
  }

  /** Takes again, after a `close`. */
  open(): void {
    Atomics.store(this.head, CLOSED, 0);
  }

  /** Takes nothing any more: the writer finds the ring full, and a sleep ends. */
  close(): void {
    Atomics.store(this.head, CLOSED, 1);
    this.ownSleep.rouse();
  }

  /** Sleeps never again. The writer's thread has ended. */
  end(): void {
    closeSleep(this.head, SLEEP);
  }
}
