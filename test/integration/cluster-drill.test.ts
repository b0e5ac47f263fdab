import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DrillResult } from '#app/backup/drill.ts';
import { CLI, runCli } from '#app/cli/test-support.ts';
import { backupFixture } from '../support/backup-fixture.ts';
import { PROGRAM, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/test-cluster.ts';

const skip = whyNoNats() ?? false;
/** Elections of six servers and starts of four nodes, on a busy machine. */
const DRILL_MS_MAX = 140_000;

/** The configuration of a node of a cluster; a drill takes no more of it than that, and how many copies the log has. */
function clusterConfig(root: string): string {
  const path = join(root, 'hive.yaml');
  writeFileSync(path, 'cluster: { servers: [nats://10.0.0.1:4222], replicas: 3 }\n');
  return path;
}

function drillArgs(root: string, target: string): string[] {
  const work = join(root, 'work');
  mkdirSync(work, { recursive: true });
  return [
    ...['drill', '--to', target, '--work-dir', work, '--seconds', '1', '--rate', '500'],
    ...['--rto-seconds', '300', '--rpo-seconds', '60'],
  ];
}

test('hive drill of a cluster: servers and nodes of a copy of the venue are lost and made anew; nothing of it stays', {
  skip,
}, async (t) => {
  const { node, target, root, grow, files } = backupFixture(t);
  grow(200);
  node.snapshot();
  grow(20);
  const { manifest } = await node.backUp(target);
  const before = files();
  const args = [...drillArgs(root, target.place), '--config', clusterConfig(root), '--nats-server', PROGRAM];
  const { status, stdout, stderr } = await runCli(args, {}, DRILL_MS_MAX);
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout) as DrillResult;
  const { servers, nodes, nodesAgree, natsServer } = result.cluster ?? {};
  assert.deepEqual([servers, nodes, nodesAgree], [3, 2, true]);
  assert.match(natsServer ?? '', /^\d+\.\d+\.\d+$/);
  assert.deepEqual([result.source?.backup, result.source?.stateHash], [manifest.id, manifest.stateHash]);
  assert.ok(result.restoredSequence > manifest.log.lastSequence, 'the load of the drill came back');
  assert.equal(result.restoredStateHash, result.killedStateHash);
  assert.ok(result.rtoSeconds > 0);
  assert.deepEqual(files(), before);
  assert.deepEqual(readdirSync(join(root, 'work')), []);
});

test('hive drill of a cluster: an empty venue, whose stream its first node makes', { skip }, async () => {
  const root = temporaryDirectory('cluster-drill');
  const args = [...drillArgs(root, join(root, 'target')), '--config', clusterConfig(root)];
  const { status, stdout, stderr } = await runCli([...args, '--nats-server', PROGRAM], {}, DRILL_MS_MAX);
  assert.equal(status, 0, stderr);
  const { source, cluster, passed } = JSON.parse(stdout) as DrillResult;
  assert.deepEqual([passed, source, cluster?.nodesAgree], [true, null, true]);
});

test('hive drill of a cluster: Ctrl-C while its servers start ends them, and leaves nothing', {
  skip,
}, async (t) => {
  const root = temporaryDirectory('cluster-drill');
  const args = [...drillArgs(root, join(root, 'target')), '--config', clusterConfig(root)];
  const work = join(root, 'work');
  // A group of its own, as a shell has it: Ctrl-C goes to every process of the group.
  const child = spawn(process.execPath, [CLI, ...args, '--nats-server', PROGRAM], {
    detached: true,
    stdio: 'ignore',
  });
  const { pid = 0 } = child;
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const serversRun = () => commandLines().some((line) => line.startsWith(PROGRAM) && line.includes(work));
  await until(serversRun);
  process.kill(-pid, 'SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
  assert.deepEqual(
    commandLines().filter((line) => line.includes(work)),
    [],
  );
  assert.deepEqual([readdirSync(work), existsSync(join(root, 'target'))], [[], false]);
});

test('hive drill of a cluster: without a nats-server it says what to install, and that it drills a node only', async () => {
  const root = temporaryDirectory('cluster-drill');
  const args = [...drillArgs(root, join(root, 'target')), '--config', clusterConfig(root)];
  const nowhere = join(root, 'nowhere');
  const { status, stdout, stderr } = await runCli(args, { PATH: nowhere }, DRILL_MS_MAX);
  assert.equal(status, 0, stderr);
  assert.match(
    stderr,
    /no nats-server on the PATH, so this drill is of a single node only\. Install nats-server/,
  );
  const { passed, cluster } = JSON.parse(stdout) as DrillResult;
  assert.deepEqual([passed, cluster], [true, null]);

  const wrong = await runCli([...args, '--nats-server', nowhere]);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /nowhere is no nats-server: correct --nats-server/);
  const node = await runCli([...drillArgs(root, join(root, 'target')), '--nats-server', PROGRAM]);
  assert.equal(node.status, 2);
  assert.match(node.stderr, /--nats-server is for the drill of a cluster: .* --config/);
});

/** Of all processes. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [readFileSync(join('/proc', name, 'cmdline'), 'utf8').replaceAll('\0', ' ')];
    } catch {
      // It has ended.
      return [];
    }
  });
}
