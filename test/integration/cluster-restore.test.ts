import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Cluster, until } from '../support/test-cluster.ts';
import { compareReports, statusOf, TRADERS, Trader } from '../support/traders.ts';

const NODES = [1, 2, 3];
/** Of the node that backs up. */
const ARCHIVIST = 2;
const skip = whyNoNats() ?? false;

async function hive(...args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await runCli([...args, '--json']);
  assert.equal(status, 0, `hive ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

/** All reports that a venue has of a user. */
async function reportsOf(name: string, port: number): Promise<OuchReport[]> {
  const reports: OuchReport[] = [];
  const login = { port, username: name, password: 'secret' };
  // Where the next one would be tells how many there are.
  const probe = await OuchClient.connect({ ...login, sequenceNumber: 0 });
  const count = probe.soup.nextSequence - 1;
  await probe.close();
  const client = await OuchClient.connect({ ...login, sequenceNumber: 1 }, (report) => reports.push(report));
  while (reports.length < count) await client.next(() => true);
  await client.close();
  return reports;
}

test('cluster: a venue that lost all nodes and servers comes back from a backup as a new cluster', {
  skip,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const target = join(temporaryDirectory('cluster-restore'), 'target');
  const backup = { to: target, keyFile: undefined, everyMs: 100, snapshotEveryMs: 500, keep: 2 };
  const lost = await Cluster.start(t);
  for (const nodeId of NODES) await lost.startNode(nodeId, false, nodeId === ARCHIVIST ? { backup } : {});
  const traders = TRADERS.map((name, index) => new Trader(name, seed + index));
  await Promise.all(traders.map((trader, i) => trader.trade(lost.node(1 + (i % NODES.length)).ouchPort)));
  await until(async () => ((await statusOf(lost.node(ARCHIVIST))).threads['backupAgeSeconds'] ?? -1) >= 0);
  const some = traders.map(({ reports }) => reports.length + 100);
  await until(() => traders.every(({ reports }, i) => reports.length >= some[i]));

  // All at once, under load: what was acknowledged last is not in the backup.
  await Promise.all(NODES.map((nodeId) => lost.kill(nodeId)));
  await Promise.all(traders.map(({ closed }) => closed));
  await lost.servers.close();
  const survivor = join(temporaryDirectory('cluster-restore'), 'node-3');
  cpSync(lost.pathOf(3), survivor, { recursive: true });
  rmSync(lost.directory, { recursive: true });
  mkdirSync(lost.directory);

  const found = await Cluster.start(t);
  const path = found.pathOf(ARCHIVIST);
  const restored = await hive('restore', 'latest', '--from', target, '--data-dir', path, '--whole-log');
  const create = ['cluster', 'create', '--data-dir', path, '--cluster', found.servers.urls.join(',')];
  const created = await hive(...create);
  const { sequence, stateHash, logId } = restored;
  assert.deepEqual(
    [created['nodeId'], created['sequence'], created['stateHash'], created['logId']],
    [ARCHIVIST, sequence, stateHash, logId],
  );
  assert.equal(logId, restored['originLogId'], 'it is the same venue');
  // A new node may even be there before the restored one.
  for (const nodeId of [3, 2, 1]) await found.startNode(nodeId, false, { backup });

  for (const trader of traders) {
    const reports = await reportsOf(trader.name, found.node(ARCHIVIST).ouchPort);
    assert.ok(reports.length > 0);
    // What the venue said before is what it says now; what is not in the backup was lost from the end only.
    assert.deepEqual(trader.reports.slice(0, reports.length), reports.slice(0, trader.reports.length));
    trader.reports.splice(0, trader.reports.length, ...reports);
  }
  for (const [i, trader] of traders.entries())
    await trader.trade(found.node(1 + (i % NODES.length)).ouchPort);
  const more = traders.map(({ reports }) => reports.length + 100);
  await until(() => traders.every(({ reports }, i) => reports.length >= more[i]));
  for (const trader of traders) trader.leave();
  await Promise.all(traders.map(({ closed }) => closed));
  for (const trader of traders) {
    await compareReports(trader, found.node(ARCHIVIST).ouchPort);
    const accepted = trader.reports.flatMap((report) =>
      report.type === 'OrderAccepted' ? [report.userRefNum] : [],
    );
    assert.equal(new Set(accepted).size, accepted.length, `${trader.name}: no order twice`);
  }
  const hashes = await found.settled();
  assert.deepEqual(hashes, new Array(NODES.length).fill(hashes[0]));

  // A node of the lost cluster has entries that this one lacks, or lacks those that it has: it is no node of this one.
  await found.kill(3);
  rmSync(found.pathOf(3), { recursive: true });
  cpSync(survivor, found.pathOf(3), { recursive: true });
  await assert.rejects(found.startNode(3), /the node ended with/);

  // All nodes of the new cluster back up the same history, and it can be restored in its turn.
  const { line } = readDataDirectoryMeta(path);
  // A backup has a snapshot that most nodes attested, which they do every ten seconds.
  await until(async () => {
    const { stdout } = await runCli(['backup', 'list', '--from', target, '--json']);
    return stdout.includes(`"line":${line},`);
  });
  for (const nodeId of [1, 2]) {
    const { epoch, threads } = await statusOf(found.node(nodeId));
    assert.ok(epoch > 2 ** 20, `node ${nodeId} counts its starts above those of before`);
    assert.ok(threads['backupSequence'] > Number(sequence));
    assert.equal(readDataDirectoryMeta(found.pathOf(nodeId)).line, line);
  }
  for (const nodeId of [1, 2]) {
    const { child } = found.node(nodeId);
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  const again = await hive(
    'restore',
    'latest',
    '--from',
    target,
    '--data-dir',
    join(found.directory, 'again'),
  );
  assert.equal(again['originLogId'], again['logId']);
  assert.ok(Number(again['sequence']) > Number(sequence));
});
