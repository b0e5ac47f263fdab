import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '#app/node-config.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { seededRandom } from '#lib/seeded-random.ts';

/** Users of the market that node-process.ts sets up. */
export const TRADERS = ['U1', 'U2', 'U3', 'U4'];

/** A node in a process of its own. */
export interface ChildNode {
  readonly child: ChildProcess;
  readonly ouchPort: number;
  readonly operationsPort: number;
  readonly edgePorts: { readonly [door: string]: number };
}

/** What may be different about a node's process. */
export interface ChildNodeOptions {
  /** node-process.ts of another build. */
  readonly script?: string;
  /** What its command line begins with. */
  readonly enter?: readonly string[];
  /** Where what it says goes. Default: to this process' own. */
  readonly stderr?: number;
  /** Told of the process at once. */
  readonly onSpawn?: (child: ChildProcess) => void;
  /** Beside this process' own. */
  readonly environment?: { readonly [name: string]: string };
}

/** Starts node-process.ts and waits until it serves or observes. @param different what differs from its configuration */
export async function startChildNode(
  directory: string,
  different: Partial<NodeConfig> = {},
  options: ChildNodeOptions = {},
): Promise<ChildNode> {
  const { script = join(import.meta.dirname, 'node-process.ts'), enter = [], stderr = 'inherit' } = options;
  const json = JSON.stringify(different, (name, value) =>
    value === undefined && name in different ? null : value,
  );
  const [command, ...args] = [...enter, process.execPath, script, directory, json];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', stderr, 'ipc'],
    env: { ...process.env, ...options.environment },
  });
  options.onSpawn?.(child);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
  ]);
  return { child, ...(JSON.parse(line) as Omit<ChildNode, 'child'>) };
}

/** kill -9. Resolves when the process has ended, also when it had ended before. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** What such a node says of itself. */
export async function statusOf({ child }: ChildNode): Promise<NodeStatus> {
  child.send('status');
  const [status] = (await once(child, 'message')) as [NodeStatus];
  return status;
}

/** Trades as one user until the node is gone, keeping every report that came. */
export class Trader {
  readonly reports: OuchReport[] = [];
  readonly name: string;
  readonly #random: () => number;
  readonly #pauseMs: number;
  closed: Promise<string> = Promise.resolve('never opened');
  #client: OuchClient | undefined;

  /** @param pauseMs from an answer to the next command; 0: as fast as the node takes them */
  constructor(name: string, seed: number, pauseMs = 0) {
    this.name = name;
    this.#pauseMs = pauseMs;
    this.#random = seededRandom(seed);
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async trade(port: number): Promise<void> {
    const client = await OuchClient.connect(
      { port, username: this.name, password: 'secret', sequenceNumber: this.reports.length + 1 },
      (report) => this.reports.push(report),
    );
    this.#client = client;
    this.closed = new Promise((resolve) => {
      client.onClosed = resolve;
    });
    for (let order = 0; order < 20; order++) this.#send(client);
  }

  /** Ends the session, if there still is one. */
  leave(): void {
    void this.#client?.close();
  }

  /** Twenty at a time: the next one goes out when one is answered. */
  #send(client: OuchClient): void {
    void this.#command(client).then(
      async () => {
        if (this.#pauseMs > 0) await sleep(this.#pauseMs);
        this.#send(client);
      },
      () => {},
    );
  }

  #command(client: OuchClient): Promise<unknown> {
    const kind = this.#integer(10);
    if (kind < 3) return client.cancel(Math.max(1, client.nextUserRefNum - 1 - this.#integer(20)));
    const side = this.#integer(2) === 0 ? 'B' : 'S';
    const symbol = this.#integer(2) === 0 ? 'BTCUSD' : 'BTCFUT';
    const price = 100_000 + 100 * (this.#integer(20) - 10);
    const timeInForce = kind === 9 ? '3' : '0';
    return client.enter({ side, symbol, quantity: 1 + this.#integer(9), price, timeInForce });
  }
}

/** Connects from the first report on and compares: what a trader was told stays said, without gap or repeat. */
export async function compareReports(trader: Trader, ouchPort: number): Promise<void> {
  const again: OuchReport[] = [];
  const client = await OuchClient.connect(
    { port: ouchPort, username: trader.name, password: 'secret', sequenceNumber: 1 },
    (report) => again.push(report),
  );
  while (again.length < trader.reports.length) await client.next(() => true);
  assert.deepEqual(
    trader.reports.map(({ sequenceNumber }) => sequenceNumber),
    trader.reports.map((_, index) => index + 1),
    `${trader.name}: no gaps, no repeats`,
  );
  assert.deepEqual(
    again.slice(0, trader.reports.length),
    trader.reports,
    `${trader.name}: what was said stays said`,
  );
  await client.close();
}
