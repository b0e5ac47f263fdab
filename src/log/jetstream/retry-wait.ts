import { setTimeout as sleep } from 'node:timers/promises';
import { RETRY_MS_MAX, RETRY_MS_MIN } from './settings.ts';

/** Waits before attempt `attempt` (from 0, which does not wait): longer each time, up to RETRY_MS_MAX. */
export async function retryWait(attempt: number): Promise<void> {
  if (attempt > 0) await sleep(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (attempt - 1)));
}

/**
 * Asks again and again, without waiting for the questions before, until one is answered or it is over: servers without a leader lose what they are asked.
 * @param ask undefined: nobody to ask, and as an answer: none @returns the first answer; undefined when it is over
 */
export async function firstAnswer<Answer>(
  ask: () => Promise<Answer | undefined> | undefined,
  isOver: () => boolean,
): Promise<Answer | undefined> {
  const answered = Promise.withResolvers<Answer>();
  for (let attempt = 1; !isOver(); attempt++) {
    void ask()?.then((answer) => {
      if (answer !== undefined) answered.resolve(answer);
    });
    const answer = await Promise.race([answered.promise, retryWait(attempt)]);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
