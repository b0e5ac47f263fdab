import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TradingCore } from '#core/trading-core.ts';
import type { OrderRecord, Page } from '#domain/history.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { historyFile } from '#projections/history/history-database.ts';
import { listSnapshots, readSnapshot } from '#replica/snapshot-file.ts';
import { backupFixture, USERS, type WrittenNode } from '../../../test/support/backup-fixture.ts';
import { spoilTable } from '../../../test/support/spoil-table.ts';
import { EventFan } from '../event-fan.ts';
import { describeAccount } from '../threads/account-answer.ts';
import { HistoryKeeper } from './history-keeper.ts';

interface Started {
  readonly core: TradingCore;
  readonly fan: EventFan;
  readonly keeper: HistoryKeeper;
  /** What it warned of, or worse. */
  readonly said: string[];
}

/** History of a node that starts with its newest snapshot, up to date if it can be. */
function start(t: TestContext, { directory, log }: WrittenNode, betweenPieces = () => {}): Started {
  const fan = new EventFan();
  const core = new TradingCore(fan);
  const snapshotDirectory = join(directory, 'snapshots');
  const logId = readSnapshot(listSnapshots(snapshotDirectory)[0].path, core).logId;
  const said: string[] = [];
  const say = (_: object, message: string): void => {
    said.push(message);
  };
  const keeper = new HistoryKeeper({
    directory: join(directory, 'history'),
    logDirectory: join(directory, 'log'),
    snapshotDirectory,
    logId,
    core,
    fan,
    reportDirectory: join(directory, 'reports'),
    isFetchingReports: () => false,
    betweenPieces,
    logger: { info: () => {}, warn: say, error: say },
  });
  t.after(() => keeper.close());
  assert.equal(core.sequence, log.lastSequence);
  while (keeper.step());
  // Orders are completed after the last step that brings it up to date; what is found damaged there is written anew.
  while (keeper.step());
  keeper.step();
  return { core, fan, keeper, said };
}

test('a damaged snapshot does not keep history from being written: it begins farther back', (t) => {
  const { node, grow } = backupFixture(t);
  grow(30);
  node.snapshot();
  const { path, sequence } = listSnapshots(join(node.directory, 'snapshots'))[0];
  const first = start(t, node);
  assert.deepEqual([first.keeper.lastSequence, first.said], [sequence, []]);
  first.keeper.close();
  grow(30);
  node.snapshot();
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  const { keeper, said } = start(t, node);
  assert.deepEqual(keeper.current?.answer({ type: 'coverage' }), {
    completeFrom: 1,
    lastSequence: node.core.sequence,
  });
  assert.equal(said.length, 1);
  assert.match(said[0], /^history does not begin with a snapshot that cannot be used: /);
});

for (const [damaged, what] of [
  ['instruments', 'what is read at the start'],
  ['orders_incomplete', 'what tells which orders are to be completed'],
]) {
  test(`history of which ${what} is damaged is written anew`, (t) => {
    const { node, grow } = backupFixture(t);
    grow(30);
    node.snapshot();
    start(t, node).keeper.close();
    spoilTable(historyFile(join(node.directory, 'history')), damaged);
    const { keeper, said } = start(t, node);
    assert.deepEqual(keeper.current?.answer({ type: 'coverage' }), {
      completeFrom: 1,
      lastSequence: node.core.sequence,
    });
    assert.equal(said.length, 1);
    assert.match(said[0], /is damaged .*; it is written anew from the log$/);
  });
}

test('history that lacks a table is written anew', (t) => {
  const { node, grow } = backupFixture(t);
  grow(30);
  node.snapshot();
  start(t, node).keeper.close();
  const database = new DatabaseSync(historyFile(join(node.directory, 'history')));
  database.exec('DROP TABLE fills');
  database.close();
  const { keeper, said } = start(t, node);
  assert.deepEqual(keeper.current?.answer({ type: 'coverage' }), {
    completeFrom: 1,
    lastSequence: node.core.sequence,
  });
  assert.equal(said.length, 1);
  assert.match(said[0], /is damaged \(no such table: fills\).*; it is written anew from the log$/);
});

test('history whose log goes while it is brought up to date goes on from what stands, without counting anything twice', async (t) => {
  const { node, grow } = backupFixture(t);
  grow(30);
  node.snapshot();
  start(t, node).keeper.close();
  grow(600);
  node.snapshot();
  const segments = listSegments(nodeDisk, join(node.directory, 'log'));
  assert.ok(segments.length > 2, `${segments.length}`);
  let pieces = 0;
  const { core, fan, keeper, said } = start(t, node, () => {
    if (++pieces === 20) for (const { path } of segments.slice(0, -1)) rmSync(path);
  });
  while (keeper.current === undefined && !keeper.hasFailed) await setImmediate();
  const { sequence } = core;
  assert.deepEqual(said, [
    `the log no longer has what history lacks: history is complete from entry ${sequence + 1} on`,
  ]);
  const reader = keeper.current;
  assert.ok(reader !== undefined);
  for (let accountId = 1; accountId <= USERS; accountId++) {
    const { rows } = reader.answer({ type: 'openOrders', accountId }) as Page<OrderRecord>;
    const quantities = (order: Pick<OrderRecord, 'orderId' | 'leavesQtyLots' | 'cumQtyLots'>) => [
      order.orderId,
      order.leavesQtyLots,
      order.cumQtyLots,
    ];
    const standing = describeAccount(core, fan, accountId, 1_000)?.openOrders ?? [];
    assert.deepEqual(
      rows.map(quantities).sort(([a], [b]) => a - b),
      standing.map(quantities).sort(([a], [b]) => a - b),
    );
  }
});
