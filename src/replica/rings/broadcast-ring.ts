import { assert } from '#lib/assert.ts';
import { AWAKE, closeSleep, ThreadSleep, wakeThread } from './thread-sleep.ts';

/** Words of a cache line: a reader that goes to sleep does not disturb the writer. */
const LINE_WORDS = 16;
/** Readers that one ring can wake. */
export const RING_READERS_MAX = 4;
/** Words of the ring's own head: published position, position being written, the mark; then a line for each reader. */
const HEAD_WORDS = (1 + RING_READERS_MAX) * LINE_WORDS;
const PUBLISHED = 0;
const WRITING = 1;
const MARK = 2;

/** What a reader that sleeps says. */
const Reader = { Asleep: 1, AsleepInHaste: 2 } as const;

/** Longer pieces are copied by memory block, at a fifth of the time per word; shorter ones are faster in a loop. */
const COPY_LOOP_WORDS_MAX = 64;

/** Shared memory for a ring of `capacityWords` (a power of two). */
export function ringMemory(capacityWords: number): SharedArrayBuffer {
  assert((capacityWords & (capacityWords - 1)) === 0, 'Condition: a ring holds a power of two words');
  return new SharedArrayBuffer((HEAD_WORDS + capacityWords) * 4);
}

/**
 * The writing end of a ring from one thread to many: it never waits. In the ring, each piece follows a word that says how
 * long it is. Positions count words modulo 2^32, those included; a reader that falls more than the ring's capacity behind has
 * lost data and is told so.
 */
export class RingWriter {
  declare private readonly head: Int32Array;
  declare private readonly data: Int32Array;
  declare private readonly mask: number;
  declare private position: number;
  /** When each reader was last woken. */
  declare private readonly wokenMs: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.head = new Int32Array(memory, 0, HEAD_WORDS);
    this.data = new Int32Array(memory, HEAD_WORDS * 4);
    this.mask = this.data.length - 1;
    this.position = 0;
    this.wokenMs = new Float64Array(RING_READERS_MAX).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Publishes words `from` to `to` of `source`, at most a quarter of the ring, as one piece.
   * @param mark what the reader sees as `mark` from then on: says what was published so far, in the owner's terms
   */
  write(source: Int32Array, from: number, to: number, mark: number): void {
    const data = this.data;
    assert((to - from) * 4 <= data.length, 'Condition: one write takes at most a quarter of the ring');
    const next = (this.position + 1 + to - from) | 0;
    Atomics.store(this.head, WRITING, next);
    data[this.position & this.mask] = to - from;
    const at = (this.position + 1) & this.mask;
    const wrap = Math.min(to, from + data.length - at);
    copyWords(source, from, wrap, data, at);
    copyWords(source, wrap, to, data, 0);
    this.position = next;
    Atomics.store(this.head, MARK, mark);
    Atomics.store(this.head, PUBLISHED, next);
  }

  /**
   * Wakes the readers that sleep: one that is in haste at once, the others at most once per millisecond each. A wake-up
   * costs the writer some microseconds (bench/edge.ts), and those sleep no longer than a few milliseconds.
   * @param nowMs the time in milliseconds, from any origin
   */
  wake(nowMs: number): void {
    for (let slot = 0; slot < RING_READERS_MAX; slot++) {
      const state = Atomics.load(this.head, wordOf(slot));
      if (state === AWAKE) continue;
      if (state === Reader.Asleep && nowMs - this.wokenMs[slot] < 1) continue;
      this.wokenMs[slot] = nowMs;
      wakeThread(this.head, wordOf(slot));
    }
  }

  /** Wakes nobody any more: a reader's sleep then ends by its own timer. */
  close(): void {
    for (let slot = 0; slot < RING_READERS_MAX; slot++) closeSleep(this.head, wordOf(slot));
  }
}

/** For one who only wants to know whether something was published. */
export class RingProgress {
  declare private readonly head: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.head = new Int32Array(memory, 0, HEAD_WORDS);
  }

  /** Words published, modulo 2^32. */
  get position(): number {
    return Atomics.load(this.head, PUBLISHED);
  }
}

/** A reading end. Reads whole pieces into a copy of its own, so that the writer may go on at once. */
export class RingReader {
  declare private readonly head: Int32Array;
  declare private readonly data: Int32Array;
  declare private readonly mask: number;
  /** Where this reader says that it sleeps. */
  declare private readonly word: number;
  declare private position: number;
  declare private readonly ownSleep: ThreadSleep;

  /**
   * Starts at what is published next.
   * @param slot which of the ring's readers this is, from 0 to RING_READERS_MAX - 1
   */
  constructor(memory: SharedArrayBuffer, slot: number) {
    assert(slot >= 0 && slot < RING_READERS_MAX, 'Condition: a ring has RING_READERS_MAX readers');
    this.word = wordOf(slot);
    this.head = new Int32Array(memory, 0, HEAD_WORDS);
    this.data = new Int32Array(memory, HEAD_WORDS * 4);
    this.mask = this.data.length - 1;
    this.position = Atomics.load(this.head, PUBLISHED);
    this.ownSleep = new ThreadSleep(this.head, this.word);
  }

  /** A mark not older than that of the last piece before this reader's position. */
  get mark(): number {
    return Atomics.load(this.head, MARK);
  }

  get capacityWords(): number {
    return this.data.length;
  }

  /** Words published and not yet read. */
  get lagWords(): number {
    return (Atomics.load(this.head, PUBLISHED) - this.position) >>> 0;
  }

  /**
   * Copies as many of the published pieces as fit into `to`, which holds the largest, and returns how many words. 0: nothing new; -1
   * when the writer has overtaken this reader: data is lost, and reading goes on at what is published next.
   */
  read(to: Int32Array): number {
    const data = this.data;
    const published = Atomics.load(this.head, PUBLISHED);
    if ((published - this.position) >>> 0 > data.length) return this.#lost();
    let position = this.position;
    let words = 0;
    // What the writer overwrites meanwhile may say anything: no piece is believed to be longer than there is room.
    while (((published - position) | 0) > 0) {
      const size = data[position & this.mask] >>> 0;
      if (words + size > to.length) break;
      const at = (position + 1) & this.mask;
      const wrap = Math.min(size, data.length - at);
      copyWords(data, at, at + wrap, to, words);
      copyWords(data, 0, size - wrap, to, words + wrap);
      words += size;
      position = (position + 1 + size) | 0;
    }
    if ((Atomics.load(this.head, WRITING) - this.position) >>> 0 > data.length) return this.#lost();
    assert(words > 0 || position === published, 'Condition: there is room for the largest piece');
    this.position = position;
    return words;
  }

  #lost(): number {
    this.position = Atomics.load(this.head, PUBLISHED);
    return -1;
  }

  /**
   * Resolves when the writer wakes this reader because something was published, or after `timeoutMs`. One sleep at a time.
   * @param inHaste at once, not within a millisecond or so
   */
  async sleep(timeoutMs: number, inHaste: boolean): Promise<void> {
    const { ownSleep } = this;
    ownSleep.begin(inHaste ? Reader.AsleepInHaste : Reader.Asleep);
    // Published before the writer could see that this reader sleeps.
    if (Atomics.load(this.head, PUBLISHED) === this.position) {
      // A timer of Node's: V8's own would wake this thread by a write to itself for each sleep.
      const timer = setTimeout(() => ownSleep.rouse(), timeoutMs);
      await ownSleep.ended();
      clearTimeout(timer);
    }
    ownSleep.end();
  }

  /**
   * Ends a sleep, before anything else that the event loop has to do, when something was published that was not read.
   * Otherwise a sleep that was not in haste is from now on.
   */
  hurry(): void {
    if (this.lagWords !== 0) this.ownSleep.rouse();
    else Atomics.compareExchange(this.head, this.word, Reader.Asleep, Reader.AsleepInHaste);
  }
}

function wordOf(slot: number): number {
  return (1 + slot) * LINE_WORDS;
}

/** Copies words `from` to `to` of `source` to word `at` of `target`. */
function copyWords(source: Int32Array, from: number, to: number, target: Int32Array, at: number): void {
  if (to - from > COPY_LOOP_WORDS_MAX) target.set(source.subarray(from, to), at);
  else for (let word = from; word < to; word++) target[at + word - from] = source[word];
}
