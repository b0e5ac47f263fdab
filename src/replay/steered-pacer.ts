import type { ReplaySpeed, Timed } from './pacing.ts';
import type { Pacer } from './replay-file.ts';
import { ReplayLimits } from './replay-limits.ts';

/** Longest single wait, so that a night without messages does not overflow a timer. */
const WAIT_MS_MAX = 3_600_000;

/** Time for pacing; replaced in tests. */
export interface SteeredClock {
  nowMs(): number;
  /** Calls `then` in `ms`, unless the function that is returned is called before. */
  after(ms: number, then: () => void): () => void;
}

const SYSTEM_CLOCK: SteeredClock = {
  nowMs: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** What a pacer tells and asks while it works. */
export interface PacerListener {
  /** Called behind each slice, with its messages and the last one; nothing goes on before it resolves. */
  onSlice(messages: number, last: Timed): Promise<void>;
  /** It is paused and every message that was let on has gone on. Told again when it comes back to that. */
  onPaused(): void;
}

/**
 * Paces a replay that somebody steers: recorded time runs at a speed that can change, stands still, or goes on message by
 * message. What stood still does not count as time that passed.
 */
export class SteeredPacer implements Pacer {
  declare private readonly clock: SteeredClock;
  declare private readonly listener: PacerListener;
  declare private speed: ReplaySpeed;
  declare private isPaused: boolean;
  declare private isStopped: boolean;
  /** Messages that may go on although it is paused. */
  declare private steps: number;
  /** Recorded time since the first message, in milliseconds, as it was at `anchorMs` of the clock. */
  declare private recordedMs: number;
  declare private anchorMs: number;
  declare private first: Timed | undefined;
  /** Ends the wait that is under way. */
  declare private wake: () => void;

  constructor(speed: ReplaySpeed, listener: PacerListener, clock: SteeredClock = SYSTEM_CLOCK) {
    this.clock = clock;
    this.listener = listener;
    this.speed = speed;
    this.isPaused = false;
    this.isStopped = false;
    this.steps = 0;
    this.recordedMs = 0;
    this.anchorMs = 0;
    this.first = undefined;
    this.wake = () => {};
  }

  pause(): void {
    this.#anchor();
    this.isPaused = true;
    this.steps = 0;
    this.wake();
  }

  resume(): void {
    this.#anchor();
    this.isPaused = false;
    this.steps = 0;
    this.wake();
  }

  /** Lets `messages` more go on, and then stands still. */
  step(messages: number): void {
    this.#anchor();
    this.isPaused = true;
    this.steps += messages;
    this.wake();
  }

  setSpeed(speed: ReplaySpeed): void {
    this.#anchor();
    this.speed = speed;
    this.wake();
  }

  /** Nothing goes on any more: `pace` ends. */
  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  async *pace<Message extends Timed>(
    batches: AsyncIterable<readonly Message[]>,
  ): AsyncGenerator<readonly Message[]> {
    for await (const batch of batches) {
      for (let from = 0; from < batch.length; ) {
        const count = await this.#mayGoOn(batch, from);
        if (count === 0) return;
        const last = batch[from + count - 1];
        yield batch.slice(from, from + count);
        from += count;
        this.#passed(last);
        await this.listener.onSlice(count, last);
      }
    }
  }

  /** Waits until messages may go on; how many of those at `from`. 0: it was stopped. */
  async #mayGoOn(batch: readonly Timed[], from: number): Promise<number> {
    if (this.first === undefined) {
      this.first = batch[from];
      this.anchorMs = this.clock.nowMs();
    }
    const left = Math.min(batch.length - from, ReplayLimits.SLICE_MESSAGES);
    while (!this.isStopped) {
      if (this.steps > 0) {
        const count = Math.min(this.steps, left);
        this.steps -= count;
        return count;
      }
      if (this.isPaused) {
        this.listener.onPaused();
        await this.#wait(WAIT_MS_MAX);
        continue;
      }
      if (this.speed === 'max') return left;
      const nowMs = this.#now();
      let count = 0;
      while (count < left && this.#distanceMs(batch[from + count]) <= nowMs) count++;
      if (count > 0) return count;
      await this.#wait((this.#distanceMs(batch[from]) - nowMs) / this.speed);
    }
    return 0;
  }

  /** Recorded time as it is now, in milliseconds since the first message. */
  #now(): number {
    if (this.isPaused || this.speed === 'max') return this.recordedMs;
    return this.recordedMs + (this.clock.nowMs() - this.anchorMs) * this.speed;
  }

  #anchor(): void {
    this.recordedMs = this.#now();
    this.anchorMs = this.clock.nowMs();
  }

  /** Without a pace, time is where the messages are. */
  #passed(last: Timed): void {
    if (!this.isPaused && this.speed !== 'max') return;
    this.recordedMs = Math.max(this.recordedMs, this.#distanceMs(last));
    this.anchorMs = this.clock.nowMs();
  }

  #distanceMs({ timeSeconds, timeNanos }: Timed): number {
    const first = this.first as Timed;
    return (timeSeconds - first.timeSeconds) * 1_000 + (timeNanos - first.timeNanos) / 1_000_000;
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = resolve;
    const cancel = this.clock.after(Math.min(Math.max(ms, 0), WAIT_MS_MAX), resolve);
    await promise;
    cancel();
    this.wake = () => {};
  }
}
