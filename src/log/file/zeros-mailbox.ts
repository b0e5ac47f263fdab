import { writeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { ZerosDone } from './disk.ts';
import { appendZeros } from './segment-file.ts';

/** 32-bit words; `from` and `to` are doubles. `outcome` is 0, or the number of the operating system's error, which is negative. */
const Word = { state: 0, handle: 1, outcome: 2, from: 4, to: 6 } as const;
const WORDS = 8;
const State = { Free: 0, Asked: 1, Done: 2 } as const;
/** Of an error that the operating system has no number for: a disk that takes nothing. */
const NO_NUMBER = 1;

/** How long the asking thread waits before it looks for the outcome, and how long at most. */
const LookMs = { first: 1, longest: 16 } as const;

interface Request {
  readonly handle: number;
  readonly from: number;
  readonly to: number;
  readonly done: ZerosDone;
}

/** What two threads share: one that asks for zeros, one that writes them. */
export function zerosMailboxMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * The side of the order path: `Disk.writeZerosInBackground` by another thread of this process. Node's own pool tells a thread of what it has done
 * under a lock that this thread then needs; an order path in real time takes the core from who wakes it at once, finds the lock
 * taken, and waits until the kernel has given everybody else on that core a turn (docs/performance.md). So nobody wakes it: it looks.
 */
export class ZerosAsker {
  declare private readonly words: Int32Array;
  declare private readonly doubles: Float64Array;
  /** The first one is with the other thread. */
  declare private readonly requests: Request[];

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.requests = [];
  }

  /** As `Disk.writeZerosInBackground`. One request after the other. */
  write(handle: number, from: number, to: number, done: ZerosDone): void {
    this.requests.push({ handle, from, to, done });
    if (this.requests.length === 1) this.#ask();
  }

  #ask(): void {
    const { words, doubles } = this;
    const { handle, from, to } = this.requests[0];
    words[Word.handle] = handle;
    doubles[Word.from >> 1] = from;
    doubles[Word.to >> 1] = to;
    Atomics.store(words, Word.state, State.Asked);
    this.#lookIn(LookMs.first);
  }

  #lookIn(ms: number): void {
    setTimeout(() => this.#look(ms), ms).unref();
  }

  #look(waitedMs: number): void {
    const { words, requests } = this;
    if (Atomics.load(words, Word.state) !== State.Done) {
      this.#lookIn(Math.min(2 * waitedMs, LookMs.longest));
      return;
    }
    const outcome = words[Word.outcome];
    Atomics.store(words, Word.state, State.Free);
    const { done } = requests.shift() as Request;
    if (requests.length > 0) this.#ask();
    done(outcome === 0 ? null : errorOf(outcome));
  }
}

function errorOf(outcome: number): Error {
  if (outcome === NO_NUMBER) return new Error('the disk does not take the zeros of the next segment');
  const code = getSystemErrorName(outcome);
  return Object.assign(new Error(`${code}: the zeros of the next segment`), { code });
}

/** The other side: writes what is asked for when `serve` is called, which is to be often. */
export class ZerosServer {
  declare private readonly words: Int32Array;
  declare private readonly doubles: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  serve(): void {
    const { words, doubles } = this;
    if (Atomics.load(words, Word.state) !== State.Asked) return;
    let outcome = 0;
    try {
      appendZeros({ write: writeSync }, words[Word.handle], doubles[Word.from >> 1], doubles[Word.to >> 1]);
    } catch (error) {
      outcome = (error as NodeJS.ErrnoException).errno ?? NO_NUMBER;
    }
    words[Word.outcome] = outcome;
    Atomics.store(words, Word.state, State.Done);
  }
}
