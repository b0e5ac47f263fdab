import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { type SnapshotError, writeSnapshot } from '#replica/snapshot-file.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { restoreNewest } from './restore.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const CAPACITY = { ordersMax: 64, instrumentsMax: 2, accountsMax: 4, usersMax: 4, assetsMax: 2 };
const newCore = (): TradingCore => new TradingCore({ onEvents: () => {} }, CAPACITY);

test('restoreNewest: a snapshot that the system does not let us read is told of and passed over', () => {
  const directory = temporaryDirectory('restore');
  const core = newCore();
  core.begin(1, 1, 0, 1, 1, 1);
  core.end();
  const whole = writeSnapshot(directory, core, LOG_ID);
  const unreadable = join(directory, 'snapshot-0000000000000002.hms');
  mkdirSync(unreadable);
  const errors: SnapshotError[] = [];
  const { path, manifest } = restoreNewest(directory, LOG_ID, newCore, (error) => errors.push(error));
  assert.deepEqual([path, manifest?.sequence, errors.length], [whole, 1, 1]);
  assert.equal(errors[0].name, 'SnapshotError');
  assert.match(errors[0].message, /0000000000000002\.hms: at byte 0: EISDIR.*Look at/);
});

test('restoreNewest: a place that the system does not list is not one without snapshots', () => {
  const directory = join(temporaryDirectory('restore'), 'snapshots');
  assert.equal(restoreNewest(directory, LOG_ID, newCore, () => {}).path, undefined);
  writeFileSync(directory, '');
  assert.throws(() => restoreNewest(directory, LOG_ID, newCore, () => {}), { code: 'ENOTDIR' });
});
