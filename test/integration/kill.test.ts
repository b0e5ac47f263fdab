import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { verifyLog } from '#log/file/verify.ts';

const ROUNDS = 4;
const USERS = ['U1', 'U2', 'U3', 'U4'];

async function start(directory: string): Promise<{ child: ChildProcess; ouchPort: number }> {
  const script = join(import.meta.dirname, '../support/node-process.ts');
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
  ]);
  return { child, ouchPort: (JSON.parse(line) as { ouchPort: number }).ouchPort };
}

/** Trades as one user until the node is gone, keeping every report that came. */
class Trader {
  readonly reports: OuchReport[] = [];
  readonly name: string;
  readonly #random: () => number;
  closed: Promise<string> = Promise.resolve('never opened');

  constructor(name: string, seed: number) {
    this.name = name;
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
    this.closed = new Promise((resolve) => {
      client.onClosed = resolve;
    });
    for (let order = 0; order < 20; order++) this.#send(client);
  }

  /** Twenty at a time: the next one goes out when one is answered. */
  #send(client: OuchClient): void {
    void this.#command(client).then(
      () => this.#send(client),
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

test(`kill -9 under load, ${ROUNDS} times: every acknowledged report comes again, and nothing twice`, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const directory = mkdtempSync(join(tmpdir(), 'hive-kill-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const traders = USERS.map((name, index) => new Trader(name, seed + index));
  for (let round = 0; round < ROUNDS; round++) {
    const { child, ouchPort } = await start(directory);
    t.after(() => child.kill('SIGKILL'));
    await Promise.all(traders.map((trader) => trader.trade(ouchPort)));
    const wanted = traders[0].reports.length + 400;
    while (traders[0].reports.length < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await Promise.all(traders.map(({ closed }) => closed));
  }

  const { child, ouchPort } = await start(directory);
  t.after(() => child.kill('SIGKILL'));
  for (const trader of traders) {
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

  child.send('status');
  const [status] = (await once(child, 'message')) as [
    { divergedSequence: number; sequence: number; state: string },
  ];
  assert.deepEqual([status.state, status.divergedSequence], ['serving', 0]);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  const summary = verifyLog(join(directory, 'log'), () => {});
  assert.ok(summary.lastSequence >= status.sequence);
});
