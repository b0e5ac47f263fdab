import { Worker } from 'node:worker_threads';
import type { VenueDefinition } from '../config/compile-venue.ts';
import { isFirstAdmin } from '../first-admin.ts';
import type { NodeLogger } from '../node.ts';
import { StandingVenue, type VenueHost } from '../operator.ts';
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

/**
 * Whether the demo market may trade here: in a venue with nothing in it, or in one that it began. Any other is somebody's own, to
 * which it would add its instruments and users, and deposits of money that there is not.
 * @throws DemoPasswordsError
 */
export function isForDemo(host: VenueHost, dataDirectory: string): boolean {
  const standing = new StandingVenue(host);
  const wasBegun = readDemoPasswords(dataDirectory) !== undefined;
  return wasBegun ? agrees(standing, demoVenue()) : isEmpty(standing);
}

/** Nothing but the user that every start adds, whose account is 0. */
function isEmpty({ assets, instruments, accounts, users }: StandingVenue): boolean {
  const hasNone = assets.size === 0 && instruments.size === 0 && [...accounts].every((id) => id === 0);
  return hasNone && [...users.values()].every(isFirstAdmin);
}

/** Whether what has the number of something of the demo market is that. */
function agrees({ assets, instruments, users }: StandingVenue, demo: VenueDefinition): boolean {
  const isSame = (found: string | undefined, name: string): boolean => found === undefined || found === name;
  return (
    demo.assets.every(({ assetId = 0, symbol = '' }) => isSame(assets.get(assetId)?.symbol, symbol)) &&
    demo.instruments.every(({ add: { instrumentId = 0, symbol = '' } }) =>
      isSame(instruments.get(instrumentId)?.symbol, symbol),
    ) &&
    demo.accounts.every((account) =>
      account.users.every(({ userId, name }) => isSame(users.get(userId)?.name, name)),
    )
  );
}

/**
 * Adds the demo market's venue where it is lacking, and lets its participants trade in a thread of their own.
 * @throws DemoError when they cannot; DemoPasswordsError
 */
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
