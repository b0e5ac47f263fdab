import { Worker } from 'node:worker_threads';
import type { NodeLogger } from '../node.ts';
import type { VenueHost } from '../operator.ts';
import { generatePassword, setUpVenue, type VenueSetup } from '../venue-setup.ts';
import { demoPasswordFile, readDemoPasswords, writeDemoPasswords } from './demo-passwords.ts';
import { DEMO_INSTRUMENTS, demoVenue } from './demo-venue.ts';
import type { DemoThreadData, FromDemoThread, ToDemoThread } from './messages.ts';

/** How long the participants may take to log out. */
const CLOSE_MS_MAX = 2_000;

/** The demo market cannot trade. The message says what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly code = 'DEMO';
}

export interface DemoOptions {
  readonly dataDirectory: string;
  readonly ouchPort: number;
  readonly seed: number;
  readonly messagesPerSecond: number;
}

export interface RunningDemo {
  readonly symbols: readonly string[];
  readonly setup: VenueSetup;
  close(): Promise<void>;
}

/** Adds the demo market's venue where it is lacking, and lets its participants trade in a thread of their own. */
export async function startDemo(
  host: VenueHost,
  options: DemoOptions,
  logger: NodeLogger,
): Promise<RunningDemo> {
  const venue = demoVenue();
  const names = venue.accounts.flatMap(({ users }) => users.map(({ name }) => name));
  // Kept before the users are added: a crash in between loses no password.
  const known = readDemoPasswords(options.dataDirectory) ?? {};
  const passwords = Object.fromEntries(names.map((name) => [name, known[name] ?? generatePassword()]));
  if (names.some((name) => known[name] === undefined)) {
    writeDemoPasswords(options.dataDirectory, { ...known, ...passwords });
  }
  const setup = await setUpVenue(host, venue, ({ name }) => passwords[name]);
  const thread = new DemoThread(
    { port: options.ouchPort, seed: options.seed, messagesPerSecond: options.messagesPerSecond, passwords },
    logger,
  );
  try {
    await thread.ready;
  } catch (error) {
    await thread.close();
    throw new DemoError(
      `the demo market's participants cannot trade (${(error as Error).message}): the venue in ${options.dataDirectory} is another one, or ${demoPasswordFile(options.dataDirectory)} is not the file that belongs to it. Start with --no-demo, or with a new --data-dir`,
      { cause: error },
    );
  }
  return {
    symbols: DEMO_INSTRUMENTS.map(({ symbol }) => symbol),
    setup,
    close: () => thread.close(),
  };
}

class DemoThread {
  declare readonly ready: Promise<void>;
  declare private readonly worker: Worker;
  declare private readonly closed: Promise<void>;
  declare private closing: boolean;

  constructor(workerData: DemoThreadData, logger: NodeLogger) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.closing = false;
    this.worker = new Worker(new URL('./demo-thread.ts', import.meta.url), { workerData, name: 'demo' });
    this.worker.on('message', (message: FromDemoThread) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'failed') reject(new Error(message.reason));
      else if (!this.closing) logger.warn({ user: message.name }, `demo participant: ${message.reason}`);
    });
    this.worker.on('error', (error: Error) => {
      reject(error);
      logger.error({ thread: 'demo' }, `the demo market died: ${error.message}; the venue goes on`);
    });
    this.closed = new Promise((done) => this.worker.once('exit', () => done()));
  }

  async close(): Promise<void> {
    this.closing = true;
    this.worker.postMessage({ kind: 'close' } satisfies ToDemoThread);
    const late = setTimeout(() => void this.worker.terminate(), CLOSE_MS_MAX);
    await this.closed;
    clearTimeout(late);
  }
}
