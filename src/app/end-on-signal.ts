import { endProcess } from '#lib/end-process.ts';
import type { NodeLogger } from './threads/threads.ts';

/** Requests to stop. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * From now on a request to stop ends the process at once with 0, and a line that says what it was at: for the time before a node is ready, when nothing is
 * lost by that. The kernel gives the first process of a container no signal that it has no handler for.
 * @param what as it reads behind "stopping: ". Of several that are in force the last counts
 * @returns ends that
 */
export function endOnSignal(logger: NodeLogger, what: string): () => void {
  const end = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, `stopping: ${what}`);
    endProcess(0);
  };
  for (const signal of STOP_SIGNALS) process.prependListener(signal, end);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, end);
  };
}
