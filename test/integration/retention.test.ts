import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { runCli } from '#app/cli/test-support.ts';
import type { NodeConfig, NodeStatus } from '#app/node.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { TradingCore } from '#core/trading-core.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { verifyLog } from '#log/file/verify.ts';
import { listSnapshots, readSnapshot } from '#replica/snapshot-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** A snapshot for about each segment, so that a short test truncates. */
const SNAPSHOTS = { everyEntries: 60, keep: 2 };

interface Ready {
  readonly ouchPort: number;
  readonly recovered: { readonly sequence: number; readonly stateHash: string };
}

/** A node with a limit for its log, in a process of its own. */
class LimitedNode {
  readonly child: ChildProcess;
  readonly ready: Ready;

  private constructor(child: ChildProcess, ready: Ready) {
    this.child = child;
    this.ready = ready;
  }

  static async start(t: TestContext, directory: string, keepLogBytes: number): Promise<LimitedNode> {
    const script = join(import.meta.dirname, '../support/node-process.ts');
    const disk = { keepLogBytes, warnFreeBelowBytes: 0 };
    const config: Partial<NodeConfig> = { snapshots: SNAPSHOTS, segmentBytes: SEGMENT_BYTES, disk };
    const child = spawn(process.execPath, [script, directory, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    return new LimitedNode(child, JSON.parse(line));
  }

  async status(): Promise<NodeStatus> {
    this.child.send('status');
    const [status] = await once(this.child, 'message');
    return status;
  }

  /** Lets the log grow until `done`. */
  async fillUntil(done: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    for (;;) {
      const status = await this.status();
      if (done(status)) return status;
      if (status.archivedSequence === status.sequence) this.child.send('fill');
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

/** The state hash at the log's end, reached from each snapshot that is kept. */
function hashesFromSnapshots(directory: string): string[] {
  const logDirectory = join(directory, 'log');
  const { lastSequence } = verifyLog(logDirectory);
  return listSnapshots(join(directory, 'snapshots')).map(({ path }) => {
    const core = new TradingCore({ onEvents: () => {} });
    const { sequence } = readSnapshot(path, core);
    const tail = new LogTail({ directory: logDirectory, fromSequence: sequence + 1 });
    const reader = {
      deliver: (...[entry, seconds, nanos, words, from, to]: Parameters<TradingCore['applyEntry']>) =>
        core.applyEntry(entry, seconds, nanos, words, from, to),
    };
    tail.poll(reader, lastSequence, Number.POSITIVE_INFINITY);
    tail.close();
    return core.stateHash;
  });
}

test('a limit below one segment: old log goes, every kept snapshot starts, every report stays', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('retention');
  const node = await LimitedNode.start(t, directory, 1);
  const reports: OuchReport[] = [];
  const login = { username: 'U1', password: 'secret', sequenceNumber: 1 };
  const client = await OuchClient.connect({ ...login, port: node.ready.ouchPort }, (report) =>
    reports.push(report),
  );
  const order = { side: 'B', symbol: 'BTCUSD', quantity: 1, price: 100_000, timeInForce: '0' } as const;
  for (let count = 0; count < 5; count++) await client.enter(order);
  await node.fillUntil(({ firstSequence }) => firstSequence > 1);
  for (let count = 0; count < 5; count++) await client.enter(order);
  const { firstSequence } = await node.status();
  await node.fillUntil((status) => status.firstSequence > firstSequence);
  const status = await node.fillUntil(
    ({ disk }) =>
      disk !== undefined && disk.logBytes > SEGMENT_BYTES && disk.snapshotBytes > 0 && disk.reportBytes > 0,
  );
  assert.deepEqual([status.state, status.divergedSequence], ['serving', 0]);
  await client.close();
  assert.equal(await node.end('SIGTERM'), 0);

  const snapshots = listSnapshots(join(directory, 'snapshots'));
  const whole = verifyLog(join(directory, 'log'));
  const [newest, oldest] = snapshots.map(({ sequence }) => sequence);
  assert.equal(snapshots.length, SNAPSHOTS.keep);
  assert.ok(whole.firstSequence > 1 && whole.firstSequence <= oldest + 1 && whole.lastSequence === newest);
  assert.equal(whole.entries, whole.lastSequence - whole.firstSequence + 1);
  const [hash, ...others] = hashesFromSnapshots(directory);
  assert.deepEqual(others, [hash]);
  await looksRight(directory, whole.firstSequence, whole.lastSequence);

  // Without the newest, the start has the most to read.
  rmSync(snapshots[0].path);
  const again = await LimitedNode.start(t, directory, 1);
  assert.deepEqual(
    [again.ready.recovered.sequence, again.ready.recovered.stateHash],
    [whole.lastSequence, hash],
  );
  const repeated: OuchReport[] = [];
  const back = await OuchClient.connect({ ...login, port: again.ready.ouchPort }, (report) =>
    repeated.push(report),
  );
  while (repeated.length < reports.length) await back.next(() => true);
  assert.deepEqual(repeated.slice(0, reports.length), reports);
  await back.close();
  assert.equal(await again.end('SIGTERM'), 0);
});

/** What `hive log` and `hive snapshot` say of a log whose beginning is gone. */
async function looksRight(directory: string, first: number, last: number): Promise<void> {
  const hive = (...args: string[]) => runCli([...args, '--data-dir', directory]);
  const [verified, tail, dumped, before, snapshots] = await Promise.all([
    hive('log', 'verify'),
    hive('log', 'tail', '--no-follow', '--lines', '1', '--json'),
    hive('log', 'dump', '--to', String(first), '--json'),
    hive('log', 'dump', '--from', '1'),
    hive('snapshot', 'verify'),
  ]);
  assert.equal(verified.status, 0);
  assert.ok(verified.stdout.includes(`${last - first + 1} entries (${first} to ${last})`), verified.stdout);
  assert.ok(verified.stdout.includes(`\nentries before ${first} were removed behind a snapshot\n`));
  assert.equal(JSON.parse(tail.stdout).sequence, last);
  assert.equal(JSON.parse(dumped.stdout).sequence, first);
  assert.deepEqual(before, {
    status: 2,
    stdout: '',
    stderr: `hive: the log begins with entry ${first}: entries before were removed behind a snapshot. Use --from ${first} or later\n`,
  });
  assert.equal(snapshots.status, 0, snapshots.stderr);
}

test('kill -9 while the log is truncated, again and again: the log is whole, and every kept snapshot starts', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('retention');
  const logDirectory = join(directory, 'log');
  const oldestFile = (): string => readdirSync(logDirectory).sort()[0];
  let firstSequence = 1;
  for (let round = 0; round < 3; round++) {
    const node = await LimitedNode.start(t, directory, 0);
    const before = oldestFile();
    const filled = node.fillUntil(() => oldestFile() !== before);
    // Ends as soon as a name has changed, which is before the file is deleted and the order path has gone on.
    while (oldestFile() === before) await setImmediate();
    await node.end('SIGKILL');
    // What was asked of the killed node is not answered any more.
    await Promise.race([filled, setImmediate()]).catch(() => {});

    const whole = verifyLog(logDirectory);
    assert.ok(whole.firstSequence > firstSequence, `${whole.firstSequence} > ${firstSequence}`);
    firstSequence = whole.firstSequence;
    const [hash, ...others] = hashesFromSnapshots(directory);
    assert.deepEqual(
      others,
      others.map(() => hash),
    );
  }
  const node = await LimitedNode.start(t, directory, 0);
  assert.equal(node.ready.recovered.stateHash, hashesFromSnapshots(directory)[0]);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.deepEqual(
    readdirSync(logDirectory).filter((name) => !name.endsWith('.segment')),
    [],
    'what a kill left behind is gone',
  );
});
