import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listSets } from '#app/backup/backup-set.ts';
import { DirectoryTarget } from '#app/backup/directory-target.ts';
import { makeDrillFolder } from '#app/backup/drill-folder.ts';
import { LocalLog } from '#app/backup/local-log.ts';
import { CLI, runCli } from '#app/cli/test-support.ts';
import type { NodeConfig, NodeStatus } from '#app/node.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { TradingCore } from '#core/trading-core.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { BUCKET, startS3Server } from '../support/s3-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../support/node-process.ts');

/** A node in a process of its own, with orders that go on until it ends. */
class LoadedNode {
  readonly child: ChildProcess;
  readonly ouchPort: number;
  readonly recovered: { readonly sequence: number; readonly stateHash: string };

  private constructor(child: ChildProcess, line: string) {
    const { ouchPort, recovered } = JSON.parse(line);
    this.child = child;
    this.ouchPort = ouchPort;
    this.recovered = recovered;
  }

  static async start(
    t: TestContext,
    directory: string,
    config: Partial<NodeConfig> = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<LoadedNode> {
    const doors = { http: undefined, fix: undefined };
    const child = spawn(process.execPath, [SCRIPT, directory, JSON.stringify({ ...doors, ...config })], {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      env: { ...process.env, ...env },
    });
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    return new LoadedNode(child, line);
  }

  /** Trades as one user until the node is gone. */
  async trade(): Promise<void> {
    const client = await OuchClient.connect(
      { port: this.ouchPort, username: 'U1', password: 'secret', sequenceNumber: 0 },
      () => {},
    );
    const send = (): void => {
      const order = { side: 'B', symbol: 'BTCUSD', quantity: 1, price: 100_000, timeInForce: '0' } as const;
      void client.enter(order).then(send, () => {});
    };
    for (let order = 0; order < 10; order++) send();
  }

  async status(): Promise<NodeStatus> {
    this.child.send('status');
    const [status] = await once(this.child, 'message');
    return status;
  }

  async until(condition: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    for (;;) {
      const status = await this.status();
      if (condition(status)) return status;
      await sleep(20);
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }
}

async function hive(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await runCli(['--json', ...args], env);
  assert.equal(status, 0, `hive ${args.join(' ')}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Starts a command and kills it after some milliseconds, if it still runs. */
async function killed(args: string[], ms: number): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** The state that a node's own log gives after an entry. */
function hashAt(directory: string, sequence: number): string {
  const core = new TradingCore({ onEvents: () => {} });
  new LocalLog(directory).read(1, sequence, { deliver: (...entry) => core.applyEntry(...entry) });
  return core.stateHash;
}

test('a node under load is backed up, killed in between, and restored with its state', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const root = temporaryDirectory('backup');
  const [directory, target, keyFile] = ['node', 'target', 'key'].map((name) => join(root, name));
  await hive(['backup', 'new-key', keyFile]);
  const backup = ['backup', '--data-dir', directory, '--to', target, '--key-file', keyFile];
  // Its status socket comes with the command line's node; a stopped directory is locked.
  const node = await LoadedNode.start(t, directory);
  await node.trade();
  await node.until(({ snapshotSequence }) => snapshotSequence > 0);
  const refused = await runCli(backup);
  assert.equal(refused.status, 6, 'a node without a status socket holds the lock');
  await node.end('SIGKILL');
  // A file system that takes no more: the shell's limit for files stands in for it.
  const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`;
  const full = spawnSync('bash', ['-c', limited, process.execPath, CLI, ...backup], { encoding: 'utf8' });
  assert.deepEqual([full.status, /Enlarge the volume/.test(full.stderr)], [1, true], full.stderr);
  for (let round = 0; round < 3; round++) await killed(backup, 100 + random() * 400);
  const [made] = await hive(backup);
  const [again] = await hive(backup);
  assert.equal(again['objectsSent'], 0);
  assert.equal(made['stateHash'], hashAt(directory, Number(made['sequence'])));
  const listed = await hive(['backup', 'list', '--from', target]);
  // Of the same second and entry: which comes first is chance.
  assert.deepEqual(new Set(listed.map(({ id }) => id).slice(-2)), new Set([made['id'], again['id']]));
  const from = ['--from', target, '--key-file', keyFile];
  const [verified] = await hive(['backup', 'verify', ...from]);
  assert.equal(verified['stateHash'], made['stateHash']);

  for (let round = 0; round < 4; round++) {
    const into = join(root, `killed-${round}`);
    await killed(['restore', 'latest', ...from, '--data-dir', into], 200 + random() * 500);
    if (!existsSync(join(into, 'restore-unfinished'))) continue;
    const { status, stderr } = await runCli(['start', '--no-demo', '--data-dir', into]);
    assert.equal(status, 3);
    assert.match(stderr, /holds a restore that was interrupted/);
  }
  const into = join(root, 'restored');
  const [restored] = await hive(['restore', 'latest', ...from, '--data-dir', into]);
  assert.deepEqual([restored['sequence'], restored['stateHash']], [made['sequence'], made['stateHash']]);
  const next = await LoadedNode.start(t, into);
  assert.equal(next.recovered.stateHash, made['stateHash']);
  await next.trade();
  const { sequence, state } = await next.until((status) => status.sequence > Number(made['sequence']) + 50);
  assert.equal(state, 'serving');
  await next.end('SIGTERM');
  const [after] = await hive(['backup', '--data-dir', into, '--to', target, '--key-file', keyFile]);
  assert.ok(Number(after['sequence']) >= sequence);
  const wrong = await runCli(['backup', 'verify', '--from', target]);
  assert.deepEqual([wrong.status, /give it with --key-file/.test(wrong.stderr)], [2, true]);
  chmodSync(keyFile, 0o644);
  const open = await runCli(['backup', 'verify', ...from]);
  assert.match(open.stderr, /may be read by others/);
});

test('a continuous backup to a bucket outlives an outage and the node', async (t) => {
  const root = temporaryDirectory('backup');
  const directory = join(root, 'node');
  const objects = join(root, 'objects');
  let server = await startS3Server(0, objects);
  t.after(() => server.close());
  const { environment, port } = server;
  const to = `s3://${BUCKET}/venue`;
  const backup = { to, keyFile: undefined, everyMs: 100, snapshotEveryMs: 200, keep: 2 };
  const disk = { keepLogBytes: 0, warnFreeBelowBytes: 0 };
  const node = await LoadedNode.start(t, directory, { backup, disk }, environment);
  await node.trade();
  await node.until(({ threads }) => (threads['backupAgeSeconds'] ?? -1) >= 0);
  await server.close();
  await node.until(({ threads }) => threads['backupFailures'] > 0 && threads['backupLagEntries'] > 100);
  server = await startS3Server(port, objects);
  // Orders never waited, and the lag goes.
  const caughtUp = await node.until(
    ({ threads }) => threads['backupFailures'] === 0 && threads['backupLagSeconds'] < 1,
  );
  assert.equal(caughtUp.state, 'serving');
  const before = await node.status();
  await node.until(({ threads }) => threads['backupSequence'] >= before.sequence);
  await node.end('SIGKILL');
  const from = ['--from', to];
  await hive(['backup', 'verify', ...from], environment);
  const into = join(root, 'restored');
  const [restored] = await hive(['restore', 'latest', ...from, '--data-dir', into], environment);
  assert.ok(Number(restored['sequence']) >= before.sequence, 'what was sent is there');
  const next = await LoadedNode.start(t, into);
  assert.deepEqual(
    [next.recovered.sequence, next.recovered.stateHash],
    [restored['sequence'], restored['stateHash']],
  );
  await next.end('SIGTERM');
});

test('a backup that could never work is refused at the start', async () => {
  const root = temporaryDirectory('backup');
  const config = join(root, 'hive.yaml');
  const start = ['start', '--no-demo', '--data-dir', join(root, 'node'), '--config', config];
  writeFileSync(config, 'backup: { to: s3://backups }\n');
  const nobody = await runCli(start, { AWS_ACCESS_KEY_ID: '' });
  assert.deepEqual([nobody.status, /AWS_ACCESS_KEY_ID/.test(nobody.stderr)], [2, true]);
  writeFileSync(config, `backup: { to: ${root}, keyFile: none }\n`);
  const keyless = await runCli(start);
  assert.deepEqual([keyless.status, /there is no key file/.test(keyless.stderr)], [2, true]);
  assert.equal(existsSync(join(root, 'node')), false);
});

test('hive drill: an empty venue, then a copy of a backup; nothing of it stays', async (t) => {
  const root = temporaryDirectory('backup');
  const target = join(root, 'target');
  const drill = [
    'drill',
    '--to',
    target,
    '--seconds',
    '1',
    '--rate',
    '500',
    '--work-dir',
    root,
    '--rpo-seconds',
    '60',
  ];
  const [empty] = await hive(drill);
  assert.deepEqual([empty['passed'], empty['source']], [true, null]);
  assert.equal(empty['restoredStateHash'], empty['killedStateHash']);
  assert.deepEqual(readdirSync(target), []);
  const unknown = await runCli([...drill, '--log', 'none']);
  assert.deepEqual(
    [unknown.status, unknown.stdout, unknown.stderr],
    [1, '', `hive: ${target} has no backup of log none\n`],
  );

  const directory = join(root, 'node');
  const node = await LoadedNode.start(t, directory);
  await node.trade();
  await node.until(({ snapshotSequence }) => snapshotSequence > 0);
  await node.end('SIGKILL');
  const [made] = await hive(['backup', '--data-dir', directory, '--to', target]);
  const keyFile = join(root, 'backup.key');
  await hive(['backup', 'new-key', keyFile]);
  const otherKey = await runCli([...drill, '--key-file', keyFile]);
  assert.deepEqual(
    [otherKey.status, otherKey.stdout, otherKey.stderr],
    [2, '', `hive: the backups in ${target} are not encrypted: leave --key-file out\n`],
  );
  const [copied] = await hive(drill);
  assert.equal(copied['passed'], true);
  const source = copied['source'] as Record<string, unknown>;
  assert.deepEqual([source['backup'], source['stateHash']], [made['id'], made['stateHash']]);
  const listed = await hive(['backup', 'list', '--from', target]);
  assert.deepEqual(
    listed.map(({ id }) => id),
    [made['id']],
  );
});

test('hive drill: one that is interrupted takes what it has made away, and ends as by the signal', async (t) => {
  const root = temporaryDirectory('backup');
  const target = new DirectoryTarget(join(root, 'target'));
  const work = join(root, 'work');
  mkdirSync(work);
  const args = ['drill', '--to', target.place, '--seconds', '300', '--work-dir', work];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const stderr = child.stderr.setEncoding('utf8').toArray();
  while ((await listSets(target)).length === 0) await sleep(20);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  const saidBeforeIt = (await stderr).join('').split('\n').slice(-2);
  assert.deepEqual(saidBeforeIt, [
    `hive: the drill was interrupted: what it has made in ${target.place} and ${work} is being removed`,
    '',
  ]);
  assert.deepEqual(readdirSync(target.place), []);
  assert.deepEqual(readdirSync(work), []);
});

test('hive drill: takes away what one that was killed has left, and nothing of one that runs', async (t) => {
  const root = temporaryDirectory('backup');
  const target = new DirectoryTarget(join(root, 'target'));
  const work = join(root, 'work');
  mkdirSync(work);
  const drill = (seconds: string) => [
    'drill',
    '--to',
    target.place,
    '--seconds',
    seconds,
    '--work-dir',
    work,
  ];
  const child = spawn(process.execPath, [CLI, ...drill('300')], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  while ((await listSets(target)).length === 0) await sleep(20);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  const [left] = readdirSync(work);
  const running = makeDrillFolder(work, target.place);
  const { status, stdout, stderr } = await runCli([...drill('1'), '--rpo-seconds', '60']);
  // Its nodes say what they have to say too, as of a history that begins with a snapshot.
  const said = stderr.split('\n').filter((line) => line.startsWith('hive: '));
  assert.deepEqual(
    [status, said],
    [0, [`hive: removed what a drill that was killed had left in ${target.place} and ${join(work, left)}`]],
  );
  assert.equal(JSON.parse(stdout).source, null);
  assert.deepEqual(readdirSync(target.place), []);
  assert.deepEqual(readdirSync(work), [basename(running.path)]);
  await running.remove();
  assert.deepEqual(readdirSync(work), []);
});
