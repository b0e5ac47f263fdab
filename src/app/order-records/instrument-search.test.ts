import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommandInput } from '#codec/log/record-types.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { backupFixture, SETUP, type WrittenNode } from '../../../test/support/backup-fixture.ts';
import { canHaveInstrument, type InstrumentSearchOptions } from './instrument-search.ts';
import type { RecordRange } from './record-range.ts';

const ALL = { fromSequence: undefined, toSequence: undefined, fromTime: undefined, toTime: undefined };
const LATE: CommandInput = {
  ...SETUP.find(({ type }) => type === 'AddInstrument'),
  type: 'AddInstrument',
  instrumentId: 77,
  symbol: 'LATE',
};

interface Searched {
  readonly node: WrittenNode;
  readonly snapshots: string;
  /** The entry that adds LATE. */
  readonly added: number;
  can(symbol: string, range?: Partial<RecordRange>, options?: Partial<InstrumentSearchOptions>): boolean;
}

/** A market, a snapshot of it, an instrument that is added behind it, and an entry behind that. */
function searched(t: TestContext): Searched {
  const { node, grow } = backupFixture(t);
  node.snapshot();
  node.append([LATE]);
  const added = node.core.sequence;
  grow(1);
  const snapshots = join(node.directory, 'snapshots');
  const { logId } = readDataDirectoryMeta(node.directory);
  return {
    node,
    snapshots,
    added,
    can: (symbol, range = {}, options = {}) =>
      canHaveInstrument(symbol, {
        logDirectory: join(node.directory, 'log'),
        snapshotDirectory: snapshots,
        logId,
        range: { ...ALL, ...range },
        firstSequence: 1,
        lastSequence: node.core.sequence,
        ...options,
      }),
  };
}

test('canHaveInstrument: what the newest snapshot has, or a command behind it adds up to the end of the range', (t) => {
  const { node, added, can } = searched(t);
  assert.deepEqual(
    ['BTCUSD', 'LATE', 'NONE', 'BTC'].map((symbol) => can(symbol)),
    [true, true, false, false],
  );
  assert.deepEqual(
    [added - 1, added].map((toSequence) => can('LATE', { toSequence })),
    [false, true],
  );
  assert.deepEqual(
    [added - 1, added].map((sequence) => can('LATE', { toTime: node.times[sequence] })),
    [false, true],
  );
  assert.equal(can('BTCUSD', { toSequence: 1 }), true, 'it is not looked when it was added');
  node.snapshot();
  assert.deepEqual([can('LATE'), can('NONE')], [true, false]);
});

test('canHaveInstrument: a snapshot that cannot be used says nothing; without any, nothing is known', (t) => {
  const { node, snapshots, can } = searched(t);
  node.snapshot();
  const [newer, older] = listSnapshots(snapshots);
  writeFileSync(newer.path, 'nothing');
  assert.deepEqual([can('LATE'), can('NONE')], [true, false], 'the older one says it');
  const otherLog = '00000000-0000-4000-8000-000000000000';
  assert.equal(can('NONE', {}, { logId: otherLog }), true);
  assert.equal(can('NONE', {}, { firstSequence: older.sequence + 2 }), true, 'what is between was removed');
  rmSync(older.path);
  assert.equal(can('NONE'), true);
});
