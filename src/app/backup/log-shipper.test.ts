import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { MetricsRegistry } from '#projections/metrics/registry.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import {
  type BackupFixture,
  backupFixture,
  FailingTarget,
  SETUP,
} from '../../../test/support/backup-fixture.ts';
import type { NodeStatus } from '../node-status.ts';
import { addStatus } from '../operations/node-samples.ts';
import { BackupSet } from './backup-set.ts';
import { ContinuousBackup } from './continuous-backup.ts';
import { LocalLog } from './local-log.ts';
import { LogCover } from './log-cover.ts';
import { LogShipper } from './log-shipper.ts';
import { restoreBackup } from './restore-backup.ts';
import { SetLogReader } from './set-log-reader.ts';
import { verifyBackup } from './verify-backup.ts';
import { claimLine } from './write-backup.ts';

/** Live pieces of a segment: fifteen of each rank, and what is being merged. */
const LIVE_PIECES_MAX = 64;

/** Reads the log out of the set: every entry up to the last one is there, whole. */
async function lastSequenceOf(set: BackupSet): Promise<number> {
  const cover = await LogCover.of(set);
  const reader = new SetLogReader(set, 1);
  await reader.read(cover.chain(1), { deliver: () => {} }, () => true);
  return reader.nextSequence - 1;
}

test('LogShipper: whatever is interrupted, the set holds all that was sent, in few pieces', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const { node, target, grow } = backupFixture(t);
  const failing = new FailingTarget(target);
  const set = node.set(failing);
  let shipper = await LogShipper.open(set, node.local());
  let shipped = 0;
  for (let round = 0; round < 250; round++) {
    grow(below(6));
    failing.left = below(8) === 0 ? below(4) : Number.POSITIVE_INFINITY;
    try {
      if (below(30) === 0) shipper = await LogShipper.open(set, node.local());
      await Promise.all([shipper.ship(node.log.lastSequence), below(2) === 0 ? shipper.tidy() : undefined]);
    } catch (error) {
      assert.equal((error as { code: string }).code, 'UNREACHABLE');
    }
    failing.left = Number.POSITIVE_INFINITY;
    shipped = Math.max(shipped, shipper.shippedSequence);
    if (round % 25 === 0) assert.ok((await lastSequenceOf(set)) >= shipped, `round ${round}`);
  }
  while (await shipper.ship(node.log.lastSequence));
  while (await shipper.tidy());
  assert.equal(await lastSequenceOf(set), node.log.lastSequence);
  const live = await set.list('live/');
  assert.ok(live.length <= LIVE_PIECES_MAX, `${live.length} live pieces`);
  assert.ok(shipper.settledSequence > 0);
  assert.ok((await LogCover.of(set)).withoutLive().endFrom(1) >= shipper.settledSequence);
});

test('LogShipper: what a failed attempt left in a store that is not atomic, the next one removes', async (t) => {
  const { node, target, grow } = backupFixture(t);
  const failing = new FailingTarget(target);
  const set = node.set(failing);
  const shipper = await LogShipper.open(set, node.local());
  grow(20);
  failing.leavesHalf = true;
  failing.left = 0;
  await assert.rejects(shipper.ship(node.log.lastSequence), { code: 'UNREACHABLE' });
  failing.left = Number.POSITIVE_INFINITY;
  assert.equal((await set.list('live/')).length, 1);
  assert.equal(await shipper.ship(node.log.lastSequence), false);
  assert.equal((await set.list('live/')).length, 1);
  assert.equal(await lastSequenceOf(set), node.log.lastSequence);
});

test('LogShipper: sends the log of long ago as whole segments, and goes on where another start ended', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(500);
  const set = node.set(target);
  const shipper = await LogShipper.open(set, node.local());
  while (await shipper.ship(node.log.lastSequence));
  const pieces = await set.list('log/');
  assert.equal(pieces.length, node.local().segments(node.log.lastSequence).length - 1);
  assert.equal((await set.list('live/')).length, 1);
  while (await shipper.tidy());
  assert.deepEqual(await set.list('log/'), pieces);
  const again = await LogShipper.open(set, node.local());
  assert.deepEqual(
    [again.shippedSequence, again.settledSequence],
    [node.log.lastSequence, shipper.settledSequence],
  );
  assert.equal(await again.ship(node.log.lastSequence), false);
  assert.deepEqual(await set.list('log/'), pieces);
});

interface Running {
  readonly fixture: BackupFixture;
  readonly failing: FailingTarget;
  readonly board: StatusBoard;
  readonly backup: ContinuousBackup;
  readonly lines: string[];
  readonly done: Promise<void>;
  grow(entries: number): void;
}

function run(t: TestContext): Running {
  const fixture = backupFixture(t);
  const failing = new FailingTarget(fixture.target);
  const board = new StatusBoard(boardMemory());
  const lines: string[] = [];
  const log = (_: object, message: string): void => void lines.push(message);
  const backup = new ContinuousBackup({
    set: new BackupSet(failing, fixture.node.local().meta.logId, undefined),
    log: fixture.node.local(),
    board,
    epoch: 1,
    everyMs: 5,
    snapshotEveryMs: 10,
    keep: 2,
    logger: { info: log, warn: log, error: log },
  });
  board.durableSequence = SETUP.length;
  board.agreedSequence = Number.POSITIVE_INFINITY;
  const done = backup.run();
  t.after(async () => {
    await backup.close(0);
    await done;
  });
  const grow = (entries: number): void => {
    fixture.grow(entries);
    board.durableSequence = fixture.node.log.lastSequence;
  };
  return { fixture, failing, board, backup, lines, done, grow };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('ContinuousBackup: follows the log, makes backups with the snapshots, and lets the log be truncated', async (t) => {
  const { fixture, board, backup, lines, grow } = run(t);
  for (let round = 0; round < 4; round++) {
    grow(60);
    fixture.node.snapshot();
    board.snapshotSequence = fixture.node.core.sequence;
    const made = lines.filter((line) => line === 'backup made').length;
    await until(() => lines.filter((line) => line === 'backup made').length > made);
  }
  await until(() => backup.figures().backupLagEntries === 0);
  const { backupSequence, backupLagSeconds, backupFailures, backupAgeSeconds } = backup.figures();
  assert.deepEqual([backupSequence, backupLagSeconds, backupFailures], [fixture.node.core.sequence, 0, 0]);
  assert.ok(backupAgeSeconds >= 0);
  await until(() => board.backedUpSequence > 0);
  const set = fixture.node.set(fixture.target);
  await until(() => lines.length > 0);
  grow(10);
  await until(() => backup.figures().backupLagEntries === 0);
  const restored = await fixture.restore('restored');
  assert.deepEqual(
    [restored.sequence, restored.stateHash],
    [fixture.node.core.sequence, fixture.node.core.stateHash],
  );
  await backup.close(0);
  const manifests = (await set.manifests()).whole;
  assert.ok(
    manifests.length <= 3 && manifests.every(({ isContinuous }) => isContinuous),
    `${manifests.length}`,
  );
});

/** What the metrics count. */
function failuresOf(backup: ContinuousBackup): number {
  const registry = new MetricsRegistry(false);
  const status = { threads: backup.figures(), ouchLogins: {} } as unknown as NodeStatus;
  addStatus(registry, status, 'serving', true, '');
  return Number(/^hive_backup_failures_total (\d+)$/m.exec(registry.text())?.[1]);
}

test('ContinuousBackup: an outage costs nothing but time', async (t) => {
  const { fixture, failing, board, backup, lines, grow } = run(t);
  grow(20);
  await until(() => backup.figures().backupLagEntries === 0);
  failing.left = 0;
  grow(200);
  await until(() => backup.figures().backupFailures > 0);
  const counted = failuresOf(backup);
  assert.ok(counted > 0);
  assert.ok(backup.figures().backupLagEntries >= 200 && backup.figures().backupLagBytes > 0);
  assert.ok(
    lines.some((line) => line.includes('could not be sent to the backup, trying again: the target is away')),
  );
  assert.ok(board.backedUpSequence < fixture.node.core.sequence, 'the log must not go yet');
  failing.left = Number.POSITIVE_INFINITY;
  await until(() => backup.figures().backupLagEntries === 0);
  assert.equal(backup.figures().backupFailures, 0);
  assert.ok(failuresOf(backup) >= counted, 'a counter does not go back');
  assert.equal(await lastSequenceOf(fixture.node.set(fixture.target)), fixture.node.core.sequence);
});

test('ContinuousBackup: a snapshot is in no backup before most nodes have its state', async (t) => {
  const { fixture, board, lines, grow } = run(t);
  const isMade = (): boolean => lines.includes('backup made');
  board.agreedSequence = SETUP.length;
  grow(20);
  fixture.node.snapshot();
  board.snapshotSequence = fixture.node.core.sequence;
  // Longer than it takes to look.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assert.equal(isMade(), false);
  board.agreedSequence = board.snapshotSequence;
  await until(isMade);
});

test('ContinuousBackup: a damaged snapshot is in no backup and is told of once, and the next one is backed up', async (t) => {
  const { fixture, board, backup, lines, grow } = run(t);
  const { node, target } = fixture;
  const made = (): number => lines.filter((line) => line === 'backup made').length;
  const snapshotPaths = (): string[] =>
    listSnapshots(join(node.directory, 'snapshots')).map(({ path }) => path);
  grow(20);
  node.snapshot();
  const [path] = snapshotPaths();
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  board.snapshotSequence = node.core.sequence;
  // The log from its beginning gives the state as well.
  await until(() => made() === 1);
  assert.equal(backup.figures().backupSnapshotsDamaged, 1);
  const told = lines.filter((line) => line.startsWith('a snapshot is damaged, it is in no backup'));
  assert.equal(told.length, 1, lines.join('\n'));
  assert.ok(told[0].includes(path));
  grow(20);
  node.snapshot();
  board.snapshotSequence = node.core.sequence;
  await until(() => made() === 2);
  const set = node.set(target);
  const manifests = (await set.manifests()).whole;
  assert.deepEqual(
    manifests.map(({ snapshot }) => snapshot?.sequence),
    [undefined, node.core.sequence],
  );
  for (const manifest of manifests) await verifyBackup(set, manifest);
  assert.equal(lines.filter((line) => line.startsWith('a snapshot is damaged')).length, 1);
  rmSync(path);
  await until(() => backup.figures().backupSnapshotsDamaged === 0);
});

test('ContinuousBackup: a snapshot of which not even the manifest can be read holds up no later one', async (t) => {
  const { fixture, board, backup, lines, grow } = run(t);
  const { node } = fixture;
  grow(20);
  node.snapshot();
  const [{ path }] = listSnapshots(join(node.directory, 'snapshots'));
  writeFileSync(path, 'not a snapshot');
  board.snapshotSequence = node.core.sequence;
  await until(() => backup.figures().backupSnapshotsDamaged === 1);
  assert.equal(lines.includes('backup made'), false);
  grow(20);
  node.snapshot();
  board.snapshotSequence = node.core.sequence;
  await until(() => lines.includes('backup made'));
});

test('ContinuousBackup: ends when most nodes have another state, and says so', async (t) => {
  const { fixture, board, backup, lines, done, grow } = run(t);
  grow(20);
  await until(() => backup.figures().backupLagEntries === 0);
  board.isOutvoted = true;
  await done;
  const before = fixture.files();
  grow(100);
  await backup.close(1_000);
  assert.deepEqual(fixture.files(), before);
  assert.ok(backup.figures().backupLagEntries >= 100);
  assert.deepEqual(lines, [
    "nothing is backed up any more: the state of this node is not the cluster's. Backups of other nodes go on",
  ]);
});

test('ContinuousBackup: ends when the log goes on elsewhere', async (t) => {
  const { fixture, backup, lines, done, grow } = run(t);
  fixture.node.snapshot();
  await fixture.node.backUp(fixture.target);
  await until(() => backup.figures().backupLagEntries === 0);
  const set = fixture.node.set(fixture.target);
  await restoreBackup({
    set,
    id: undefined,
    dataDirectory: `${fixture.root}/elsewhere`,
    end: {},
    wholeLog: false,
    segmentBytes: 16 * 1024,
  });
  await claimLine(set, new LocalLog(`${fixture.root}/elsewhere`));
  grow(100);
  fixture.node.snapshot();
  await backup.close(0);
  await done;
  const again = new ContinuousBackup({
    set,
    log: fixture.node.local(),
    board: new StatusBoard(boardMemory()),
    epoch: 2,
    everyMs: 5,
    snapshotEveryMs: 10,
    keep: 2,
    logger: { info: () => {}, warn: () => {}, error: (_, message) => void lines.push(message) },
  });
  await again.run();
  assert.match(lines.at(-1) ?? '', /nothing is backed up any more: log .* was restored elsewhere/);
});
