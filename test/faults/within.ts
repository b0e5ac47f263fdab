import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Resolves when the condition holds. @throws Error with `otherwise` when it does not in time */
export async function within(
  ms: number,
  otherwise: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`after ${ms} ms ${otherwise}`);
    await sleep(POLL_MS);
  }
}
