import type { NodeLogger } from '../threads/threads.ts';

/** Between two lines about the same wait: elections take 4 to 9 s. */
const SAY_MS = 5_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does what a start does with the nats-servers. While they do not answer it says so every few seconds, and a request to stop ends the process at once, with a line that
 * says what it waited for: nothing is lost by that. The handlers are there for that time only, as a long recovery holds up the thread; without them a signal ends
 * the process, unless it is the first of a container.
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
  const giveUp = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, `stopping: the start waited ${text}`);
    process.exit(0);
  };
  for (const signal of SIGNALS) process.on(signal, giveUp);
  try {
    return await ask();
  } finally {
    clearInterval(timer);
    for (const signal of SIGNALS) process.off(signal, giveUp);
  }
}
