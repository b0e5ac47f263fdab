import { setTimeout as sleep } from 'node:timers/promises';
import { FixStoreError } from './fix-store.ts';

/** First and longest wait between two attempts of the same thing. */
const WAIT_MS_MIN = 5;
const WAIT_MS_MAX = 250;

/**
 * Tries until an attempt is successful, for `timeoutMs`. What an attempt rejects with is taken as passing, but for a FixStoreError.
 * @param what for the message, as in "cannot …"
 * @param attempt gets the number of the attempt, from 0; undefined: not yet
 * @throws FixStoreError
 */
export async function retry<Result>(
  what: string,
  timeoutMs: number,
  attempt: (count: number) => Promise<Result | undefined>,
): Promise<Result> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (let count = 0; ; count++) {
    try {
      const result = await attempt(count);
      if (result !== undefined) return result;
    } catch (error) {
      if (error instanceof FixStoreError) throw error;
      cause = error;
    }
    if (performance.now() > end) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      const advice = 'see that a majority of the nats-servers runs, and that their disks have room';
      throw new FixStoreError(`cannot ${what} within ${timeoutMs} ms${reason}; ${advice}`, { cause });
    }
    await sleep(Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** count));
  }
}
