import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { CLI, type CliResult, runCli } from '#app/cli/test-support.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'hive-start-'));
const dataDirectory = join(directory, 'data');
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Ready {
  readonly ouch: { readonly port: number };
  readonly sequence: number;
  readonly demo: readonly string[];
}

interface NodeProcess {
  readonly child: ChildProcess;
  readonly ready: Ready;
  /** Lines of standard output after the readiness line, as they come. */
  readonly lines: string[];
}

const START = ['start', '--json', '--ouch-port', '0', '--market-data-port', '0', '--snapshot-port', '0'];

/** Starts the real command line and waits for its readiness line. */
async function startNode(): Promise<NodeProcess> {
  const child = spawn(process.execPath, [CLI, ...START, '--data-dir', dataDirectory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const lines: string[] = [];
  const output = createInterface(child.stdout);
  const ready = await new Promise<Ready>((resolve, reject) => {
    output.on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'ready') resolve(event);
      else lines.push(line);
    });
    child.once('exit', (code) =>
      reject(new Error(`the node ended with ${code} before it was ready\n${log}`)),
    );
  });
  return { child, ready, lines };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<[number | null, string | null]> {
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  child.kill(signal);
  return exit;
}

const hive = (...args: string[]): Promise<CliResult> => runCli([...args, '--data-dir', dataDirectory]);

/** The reports that an order command printed. */
function reportsOf({ stdout }: CliResult): OuchReport[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { quantityDecimal: _, priceDecimal: __, ...report } = JSON.parse(line);
      return report;
    });
}

test('hive start: an order and everything acknowledged survive kill -9', { timeout: 120_000 }, async () => {
  const first = await startNode();
  assert.equal(first.ready.demo.length, 4);

  const second = await runCli([...START, '--data-dir', dataDirectory]);
  assert.equal(second.status, 6);
  assert.equal(second.stdout, '');
  assert.match(
    second.stderr,
    /hive: the data directory .* is in use by process \d+ on .*: stop that first, or choose another directory\n$/,
  );

  const resting = await hive('order', 'place', 'buy', '0.5', 'BTCUSD', '--price', '62000', '--json');
  assert.deepEqual([resting.status, resting.stderr], [0, '']);
  const acknowledged = reportsOf(resting);
  const [accepted] = acknowledged;
  assert.ok(accepted.type === 'OrderAccepted');
  assert.deepEqual([accepted.quantity, accepted.price], [5_000, 620_000_000]);

  // The makers may not have quoted yet: then there is nothing to trade with, and the order is canceled.
  let filled = false;
  for (let attempt = 0; attempt < 30 && !filled; attempt++) {
    const taken = await hive('order', 'place', 'buy', '0.01', 'BTCUSD', '--market', '--json');
    assert.equal(taken.status, 0, taken.stderr);
    const reports = reportsOf(taken);
    acknowledged.push(...reports);
    filled = reports.some(({ type }) => type === 'OrderExecuted');
  }
  assert.ok(filled, 'the demo market trades');

  const [code, signal] = await end(first.child, 'SIGKILL');
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
  assert.equal((await hive('status')).status, 4);

  const again = await startNode();
  const last = acknowledged.at(-1) as OuchReport & { options: { logSequence: number } };
  assert.ok(again.ready.sequence >= last.options.logSequence);

  const password = JSON.parse(readFileSync(join(dataDirectory, 'demo-users.json'), 'utf8')).DEMO;
  const recovered: OuchReport[] = [];
  const client = await OuchClient.connect(
    { port: again.ready.ouch.port, username: 'DEMO', password, sequenceNumber: 1 },
    (report) => recovered.push(report),
  );
  // The answer to this comes after every report before it.
  const canceled = await client.cancel(accepted.userRefNum);
  await client.close();
  assert.equal(canceled.type, 'OrderCanceled');
  assert.equal(canceled.type === 'OrderCanceled' && canceled.quantity, 5_000);
  const bySequence = new Map(recovered.map((report) => [report.sequenceNumber, report]));
  for (const report of acknowledged) assert.deepEqual(bySequence.get(report.sequenceNumber), report);

  const refused = await hive('order', 'cancel', String(accepted.userRefNum));
  assert.equal(refused.status, 5);
  assert.match(refused.stdout, /^rejected {2}cancel of order \d+: UNKNOWN_ORDER/);

  const status = JSON.parse((await hive('status', '--json')).stdout);
  assert.deepEqual([status.state, status.divergedSequence], ['serving', 0]);

  assert.deepEqual(await end(again.child, 'SIGTERM'), [0, null]);
  assert.deepEqual(again.lines, ['{"event":"stopped"}']);
  const [verified, snapshots] = await Promise.all([hive('log', 'verify'), hive('snapshot', 'verify')]);
  assert.deepEqual([verified.status, snapshots.status], [0, 0], verified.stderr + snapshots.stderr);
});
