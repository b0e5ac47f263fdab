import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** What a thread says that does not sleep. Every other number says that it does. */
export const AWAKE = 0;
/** Words of shared memory of a thread's sleep: what it says, and the writing end of the pipe that wakes it, 0 while it has none. */
export const SLEEP_WORDS = 2;
const PIPE = 1;

const BYTE = Buffer.of(1);
// fcntl(2), on every processor for which there is a Node.
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** Both ends of a pipe. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/** The kernel's pipe; undefined where Node cannot ask for one: another system, another C library, another Node. */
export function kernelPipe(): Pipe | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const { functions } = process.getBuiltinModule('node:ffi').dlopen('libc.so.6', {
      pipe2: { arguments: ['buffer', 'i32'], return: 'i32' },
    });
    const ends = Buffer.alloc(8);
    if (functions.pipe2(ends, O_NONBLOCK | O_CLOEXEC) !== 0) return undefined;
    return { readFd: ends.readInt32LE(0), writeFd: ends.readInt32LE(4) };
  } catch {
    return undefined;
  }
}

/**
 * The sleep of a thread that another one ends, in two words of memory that both share. The thread goes on with whatever else its event
 * loop has. It is woken by a byte through a pipe, or by `Atomics.notify` where there is no pipe: that takes both threads longer, and
 * whoever it wakes and is let go first waits for V8's locks, which the waking thread still has (docs/adr/0013-edge-thread.md).
 */
export class ThreadSleep {
  declare private readonly words: Int32Array;
  declare private readonly at: number;
  declare private readonly makePipe: () => Pipe | undefined;
  declare private hasPipe: boolean | undefined;
  declare private isNoticeDue: boolean;
  declare private onEnd: (() => void) | undefined;

  /** @param at where the SLEEP_WORDS of it are in `words` */
  constructor(words: Int32Array, at: number, makePipe: () => Pipe | undefined = kernelPipe) {
    this.words = words;
    this.at = at;
    this.makePipe = makePipe;
    this.hasPipe = undefined;
    this.isNoticeDue = false;
    this.onEnd = undefined;
  }

  /** Says that the thread sleeps: whoever does something for it afterwards wakes it. What was done before has to be looked at now. */
  begin(state: number): void {
    this.hasPipe ??= this.#openPipe();
    Atomics.store(this.words, this.at, state);
  }

  /** Resolves when somebody has woken the thread since `begin`, or `rouse` was called; sometimes also for no reason. */
  ended(): Promise<void> {
    const state = Atomics.load(this.words, this.at);
    if (state === AWAKE || (this.hasPipe !== true && !this.#awaitNotice(state))) return Promise.resolve();
    return new Promise((resolve) => {
      this.onEnd = () => {
        this.onEnd = undefined;
        resolve();
      };
    });
  }

  /** Says that the thread is awake, whoever has ended its sleep. */
  end(): void {
    Atomics.store(this.words, this.at, AWAKE);
  }

  /** Ends the sleep from this side, before anything else that the event loop has to do. */
  rouse(): void {
    this.onEnd?.();
  }

  #openPipe(): boolean {
    const pipe = this.makePipe();
    if (pipe === undefined) return false;
    const callback = (): boolean => {
      this.rouse();
      return true;
    };
    const end = new Socket({
      fd: pipe.readFd,
      writable: false,
      onread: { buffer: Buffer.alloc(64), callback },
    });
    end.unref();
    Atomics.store(this.words, this.at + PIPE, pipe.writeFd);
    return true;
  }

  /** Sees to it that a notice ends the sleep, also one that a sleep before has not waited for. @returns false: it has come */
  #awaitNotice(state: number): boolean {
    if (this.isNoticeDue) return true;
    const notice = Atomics.waitAsync(this.words, this.at, state);
    if (!notice.async) return false;
    this.isNoticeDue = true;
    void notice.value.then(() => {
      this.isNoticeDue = false;
      this.rouse();
    });
    return true;
  }
}

/** Ends the sleep of the thread whose SLEEP_WORDS are at `at`. Takes the caller some microseconds (bench/edge.ts). */
export function wakeThread(words: Int32Array, at: number): void {
  Atomics.store(words, at, AWAKE);
  const pipe = Atomics.load(words, at + PIPE);
  if (pipe === 0) Atomics.notify(words, at);
  else ring(pipe);
}

/** Closes what wakes a thread, and with it what it is woken by. No thread that could wake it may still run: its number becomes another file's. */
export function closeSleep(words: Int32Array, at: number): void {
  const pipe = Atomics.exchange(words, at + PIPE, 0);
  if (pipe !== 0) closeSync(pipe);
}

function ring(pipe: number): void {
  try {
    writeSync(pipe, BYTE);
  } catch (error) {
    // Full: it has enough to wake from. Broken: nobody sleeps there any more.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAGAIN' && code !== 'EPIPE') throw error;
  }
}
