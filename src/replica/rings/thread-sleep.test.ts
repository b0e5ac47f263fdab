import assert from 'node:assert/strict';
import { closeSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { AWAKE, closeSleep, kernelPipe, SLEEP_WORDS, ThreadSleep, wakeThread } from './thread-sleep.ts';

const ASLEEP = 1;
const TURNS = 2_000;
/** Where each of two threads that wake each other sleeps, and how often it was woken. */
const Side = { main: 0, worker: 8 } as const;
const WOKEN = SLEEP_WORDS;

const sharedWords = () => new Int32Array(new SharedArrayBuffer(64));

/** Sleeps until `words` say that it was woken `times` times. */
async function untilWoken(sleep: ThreadSleep, words: Int32Array, side: number, times: number): Promise<void> {
  for (;;) {
    sleep.begin(ASLEEP);
    if (Atomics.load(words, side + WOKEN) === times) break;
    await sleep.ended();
  }
  sleep.end();
}

function wake(words: Int32Array, side: number, times: number): void {
  Atomics.store(words, side + WOKEN, times);
  if (Atomics.load(words, side) !== AWAKE) wakeThread(words, side);
}

/** Whether a sleep has ended, once everything that is due has run. */
async function hasEnded(sleep: Promise<void>): Promise<boolean> {
  let ended = false;
  void sleep.then(() => {
    ended = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return ended;
}

/** Descriptors of this process that are ends of the pipe of `fd`. */
function endsOf(pipe: string): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === pipe;
    } catch {
      return false;
    }
  });
}

if (isMainThread) {
  const whyNoPipe = kernelPipe() === undefined && 'Node cannot ask this system for a pipe';
  const kinds = [
    ['by a pipe', kernelPipe, whyNoPipe],
    ['by a notice', () => undefined, false],
  ] as const;

  for (const [kind, makePipe, skip] of kinds) {
    test(`ThreadSleep ${kind}: it lasts until somebody wakes the thread, and the next one until the next time`, {
      skip,
    }, async () => {
      const words = sharedWords();
      const sleep = new ThreadSleep(words, 3, makePipe);
      for (let turn = 0; turn < 3; turn++) {
        sleep.begin(7);
        assert.equal(words[3], 7);
        const ended = sleep.ended();
        assert.equal(await hasEnded(ended), false);
        wakeThread(words, 3);
        await ended;
        assert.equal(words[3], AWAKE);
      }
      closeSleep(words, 3);
    });

    test(`ThreadSleep ${kind}: who was woken before it waited does not wait`, { skip }, async () => {
      const words = sharedWords();
      const sleep = new ThreadSleep(words, 0, makePipe);
      sleep.begin(ASLEEP);
      wakeThread(words, 0);
      await sleep.ended();
      closeSleep(words, 0);
    });

    test(`ThreadSleep ${kind}: it is ended from this side, without a turn of the event loop, and can be begun again`, {
      skip,
    }, async () => {
      const words = sharedWords();
      const sleep = new ThreadSleep(words, 0, makePipe);
      for (let turn = 0; turn < 3; turn++) {
        let isOver = false;
        sleep.begin(ASLEEP);
        void sleep.ended().then(() => {
          isOver = true;
        });
        sleep.rouse();
        await new Promise((resolve) => process.nextTick(resolve));
        assert.equal(isOver, true);
        sleep.end();
        assert.equal(words[0], AWAKE);
      }
      sleep.begin(ASLEEP);
      const ended = sleep.ended();
      wakeThread(words, 0);
      await ended;
      closeSleep(words, 0);
    });

    test(`ThreadSleep ${kind}: two threads wake each other, and neither sleeps through it`, {
      skip,
      timeout: 60_000,
    }, async () => {
      const words = sharedWords();
      const sleep = new ThreadSleep(words, Side.main, makePipe);
      const worker = new Worker(import.meta.filename, {
        workerData: { words, byPipe: makePipe === kernelPipe },
      });
      const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
      for (let turn = 1; turn <= TURNS; turn++) {
        wake(words, Side.worker, turn);
        await untilWoken(sleep, words, Side.main, turn);
      }
      assert.equal(await exit, 0);
      closeSleep(words, Side.main);
      closeSleep(words, Side.worker);
    });
  }

  test('ThreadSleep: a pipe that is full, and one whose reader is gone, cost the one who wakes nothing', {
    skip: whyNoPipe,
  }, () => {
    const words = sharedWords();
    const pipe = kernelPipe();
    assert.ok(pipe !== undefined);
    new ThreadSleep(words, 0, () => pipe).begin(ASLEEP);
    const much = Buffer.alloc(4_096);
    assert.throws(
      () => {
        for (;;) writeSync(pipe.writeFd, much);
      },
      { code: 'EAGAIN' },
    );
    wakeThread(words, 0);
    closeSleep(words, 0);
    const other = kernelPipe();
    assert.ok(other !== undefined);
    closeSync(other.readFd);
    words[1] = other.writeFd;
    wakeThread(words, 0);
    closeSleep(words, 0);
  });

  test('closeSleep: nothing stays open', { skip: whyNoPipe }, async () => {
    const words = sharedWords();
    const pipe = kernelPipe();
    assert.ok(pipe !== undefined);
    const name = readlinkSync(`/proc/self/fd/${pipe.readFd}`);
    new ThreadSleep(words, 0, () => pipe).begin(ASLEEP);
    assert.equal(endsOf(name).length, 2);
    closeSleep(words, 0);
    closeSleep(words, 0);
    while (endsOf(name).length > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(words[1], 0);
  });
} else {
  const { words, byPipe } = workerData as { words: Int32Array; byPipe: boolean };
  const sleep = new ThreadSleep(words, Side.worker, byPipe ? kernelPipe : () => undefined);
  // A sleep keeps no thread.
  const keep = setInterval(() => {}, 60_000);
  for (let turn = 1; turn <= TURNS; turn++) {
    await untilWoken(sleep, words, Side.worker, turn);
    wake(words, Side.main, turn);
  }
  clearInterval(keep);
}
