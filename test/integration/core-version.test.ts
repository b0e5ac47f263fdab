import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { FREE_PORTS, runCli } from '#app/cli/test-support.ts';
import type { NodeStatus } from '#app/node.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { CORE_VERSION_MAX, CoreVersionError } from '#core/core-version.ts';
import { TradingCore } from '#core/trading-core.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { verifyLog } from '#log/file/verify.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { NEXT, newerBuild, THIS_BUILD } from '../support/newer-build.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ORDER = { side: 'B', symbol: 'BTCUSD', quantity: 1, price: 100_000, timeInForce: '0' } as const;

/** A node of a build, in a process of its own. */
class BuildNode {
  readonly child: ChildProcess;
  readonly ouchPort: number;
  readonly recoveredSequence: number;

  private constructor(child: ChildProcess, line: string) {
    const { ouchPort, recovered } = JSON.parse(line);
    this.child = child;
    this.ouchPort = ouchPort;
    this.recoveredSequence = recovered.sequence;
  }

  static async start(t: TestContext, build: string, directory: string): Promise<BuildNode> {
    const script = join(build, 'test/support/node-process.ts');
    const child = spawn(process.execPath, [script, directory], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    return new BuildNode(child, line);
  }

  send(command: CommandInput): void {
    this.child.send(command);
  }

  async status(): Promise<NodeStatus> {
    this.child.send('status');
    const [status] = await once(this.child, 'message');
    return status;
  }

  connect(onReport: (report: OuchReport) => void): Promise<OuchClient> {
    const login = { username: 'U1', password: 'secret', sequenceNumber: 1 };
    return OuchClient.connect({ ...login, port: this.ouchPort }, onReport);
  }

  async stop(): Promise<number | null> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = await exit;
    return code;
  }
}

/** What `hive start` says of a data directory that it cannot serve. */
function start(directory: string): ReturnType<typeof runCli> {
  return runCli(['start', '--no-demo', ...FREE_PORTS, '--data-dir', directory, '--log-level', 'error']);
}

/** Applies the directory's log up to entry `to`. */
function applyLog(core: TradingCore, directory: string, to: number): void {
  const tail = new LogTail({ directory: join(directory, 'log'), fromSequence: core.sequence + 1 });
  try {
    const reader = {
      deliver: (...entry: Parameters<TradingCore['applyEntry']>) => core.applyEntry(...entry),
    };
    tail.poll(reader, to, Number.POSITIVE_INFINITY);
  } finally {
    tail.close();
  }
}

test('a node stops at the switch to a core version that it lacks, and a build that has it goes on with everything', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('core-version');
  const old = await BuildNode.start(t, THIS_BUILD, directory);
  const reports: OuchReport[] = [];
  const client = await old.connect((report) => reports.push(report));
  const closed = new Promise<string>((resolve) => {
    client.onClosed = resolve;
  });
  // No build has a meaning for these, so all go on.
  for (const version of [NEXT + 1, 0, CORE_VERSION_MAX]) old.send({ type: 'SetCoreVersion', version });
  for (let count = 0; count < 20; count++) await client.enter(ORDER);
  assert.equal((await old.status()).state, 'serving');

  // Under load: each order that is answered is followed by the next.
  const trade = (): void => void client.enter(ORDER).then(trade, () => {});
  for (let inFlight = 0; inFlight < 10; inFlight++) trade();
  old.send({ type: 'SetCoreVersion', version: NEXT });
  const reason = await closed;
  const acknowledged = reports.slice();
  let status = await old.status();
  const entry = status.sequence + 1;
  const message = new CoreVersionError(NEXT, entry).message;
  assert.deepEqual([status.state, status.reason], ['stopped', message]);
  assert.ok(reason.includes(message), reason);
  await assert.rejects(old.connect(() => {}));
  while (status.archivedSequence < entry - 1) status = await old.status();
  assert.deepEqual([status.archivedSequence, status.divergedSequence], [entry - 1, 0]);
  assert.equal(await old.stop(), 0);
  const [snapshot] = listSnapshots(join(directory, 'snapshots'));
  assert.equal(snapshot.sequence, entry - 1, 'the state before the switch, which every build can read');

  const log = verifyLog(join(directory, 'log'));
  assert.ok(log.lastSequence >= entry);
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.deepEqual(await start(directory), { status: 3, stdout: '', stderr: `hive: ${message}\n` });
  }
  assert.deepEqual(verifyLog(join(directory, 'log')), log, 'starts that fail write nothing');

  const build = newerBuild(temporaryDirectory('core-version'));
  await agreeUntil(entry, directory, build);
  const newer = await BuildNode.start(t, build, directory);
  assert.ok(newer.recoveredSequence >= entry);
  const again: OuchReport[] = [];
  const back = await newer.connect((report) => again.push(report));
  await back.enter(ORDER);
  assert.deepEqual(again.slice(0, acknowledged.length), acknowledged);
  assert.equal((await newer.status()).state, 'serving');
  await back.close();
  assert.equal(await newer.stop(), 0);

  // Back to the old build: there is no way back, and its older snapshots are not tried.
  const [after] = listSnapshots(join(directory, 'snapshots'));
  const refused = `hive: ${after.path}: ${new CoreVersionError(NEXT).message}.\n`;
  assert.deepEqual(await start(directory), { status: 3, stdout: '', stderr: refused });
});

/** Both builds have the same state up to the switch, and only the newer one has one after it. */
async function agreeUntil(entry: number, directory: string, build: string): Promise<void> {
  const newer: { TradingCore: typeof TradingCore } = await import(join(build, 'src/core/trading-core.ts'));
  const cores = [TradingCore, newer.TradingCore].map((Core) => new Core({ onEvents: () => {} }));
  for (const core of cores) applyLog(core, directory, entry - 1);
  const [ownCore, newerCore] = cores;
  assert.equal(ownCore.stateHash, newerCore.stateHash);
  assert.equal(ownCore.state.ledger.conserved(), true);
  applyLog(newerCore, directory, entry);
  assert.equal(newerCore.state.coreVersion, NEXT);
  assert.throws(() => applyLog(ownCore, directory, entry), new CoreVersionError(NEXT, entry));
}
