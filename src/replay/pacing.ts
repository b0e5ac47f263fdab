/** As fast as the venue takes it, or a multiple of the recorded pace (1: real time). */
export type ReplaySpeed = 'max' | number;

/** Wall-clock time for pacing and for measuring; replaced in tests. */
export interface ReplayClock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: ReplayClock = {
  nowMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Longest single sleep, so that a night without messages does not overflow a timer. */
const SLEEP_MS_MAX = 3_600_000;

/**
 * Reads `max`, `realtime` or a multiple such as `10x` or `0.5x`.
 * @throws Error that says what is allowed
 */
export function parseSpeed(text: string): ReplaySpeed {
  if (text === 'max') return 'max';
  if (text === 'realtime') return 1;
  const factor = /^\d+(\.\d+)?x$/.test(text) ? Number(text.slice(0, -1)) : 0;
  if (factor > 0 && Number.isFinite(factor)) return factor;
  throw new Error(
    `speed "${text}" is not known: use max, realtime or a multiple of the recorded pace, such as 10x`,
  );
}

/** Anything with a recorded time: seconds since the Unix epoch and nanoseconds within the second. */
export interface Timed {
  readonly timeSeconds: number;
  readonly timeNanos: number;
}

/**
 * Hands `batches` on at `speed`: each message no earlier than its recorded distance from the first one, divided by
 * the speed. A consumer that is late is not slowed further. With `max` the batches pass as they are.
 */
export async function* paced<T extends Timed>(
  batches: AsyncIterable<readonly T[]>,
  speed: ReplaySpeed,
  clock: ReplayClock,
): AsyncGenerator<readonly T[]> {
  if (speed === 'max') {
    yield* batches;
    return;
  }
  let origin: Timed | null = null;
  let startMs = 0;
  for await (const batch of batches) {
    let from = 0;
    for (let at = 0; at < batch.length; at++) {
      const { timeSeconds, timeNanos } = batch[at];
      if (origin === null) {
        origin = { timeSeconds, timeNanos };
        startMs = clock.nowMs();
      }
      const recordedMs =
        (timeSeconds - origin.timeSeconds) * 1_000 + (timeNanos - origin.timeNanos) / 1_000_000;
      const dueMs = startMs + recordedMs / speed;
      if (clock.nowMs() >= dueMs) continue;
      if (at > from) yield batch.slice(from, at);
      from = at;
      for (let waitMs = dueMs - clock.nowMs(); waitMs > 0; waitMs = dueMs - clock.nowMs()) {
        await clock.sleep(Math.min(waitMs, SLEEP_MS_MAX));
      }
    }
    yield from === 0 ? batch : batch.slice(from);
  }
}
