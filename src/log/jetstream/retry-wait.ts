import { setTimeout as sleep } from 'node:timers/promises';
import { RETRY_MS_MAX, RETRY_MS_MIN } from './settings.ts';

/** Waits before attempt `attempt` (from 0, which does not wait): longer each time, up to RETRY_MS_MAX. */
export async function retryWait(attempt: number): Promise<void> {
  if (attempt > 0) await sleep(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (attempt - 1)));
}
