import { endOnSignal } from '../end-on-signal.ts';
import type { NodeLogger } from '../threads/threads.ts';

/** Between two lines about the same wait: elections take 4 to 9 s. */
const SAY_MS = 5_000;

/**
 * Does what a start does with the nats-servers. While they do not answer it says so every few seconds, and a request to stop ends the process at once, with a line that
 * says what it waited for: nothing is lost by that.
 * @param servers undefined: the node is in no cluster, and waits for nobody
 * @param what it waits for, as it reads behind "for"
 */
export async function waitForServers<Answer>(
  servers: readonly string[] | undefined,
  what: string,
  logger: NodeLogger,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  if (servers === undefined) return ask();
  const since = new Date().toISOString();
  const text = `for ${what} from the nats-servers ${servers.join(', ')} since ${since}`;
  const timer = setInterval(() => logger.warn({}, `the start waits ${text}`), SAY_MS);
  const goOn = endOnSignal(logger, `the start waited ${text}`);
  try {
    return await ask();
  } finally {
    clearInterval(timer);
    goOn();
  }
}
