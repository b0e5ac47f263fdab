import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { Replica } from '#replica/replica.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { CopiesClient } from './copies-client.ts';
import { StatusClient } from './status-client.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const problem = (code: string) => ({ name: 'Problem', code });

test('CopiesClient: one verification at a time, and whoever asks for the same one gets its result', async (t) => {
  const dataDirectory = temporaryDirectory('copies');
  const directory = join(dataDirectory, 'snapshots');
  mkdirSync(directory);
  const core = new TradingCore({ onEvents: () => {} });
  const replica: Replica = new Replica({
    core,
    nodeId: 1,
    board: new StatusBoard(boardMemory()),
    attestEvery: 0,
    onTurnEnd: () => {},
    onUnavailable: (error) => {
      throw error;
    },
  });
  replica.recover(new MemoryLog(new ManualClock(1_000), replica));
  replica.begin(1);
  for (const logId of [LOG_ID, 'ffffffff-89ab-cdef-0123-456789abcdef']) {
    replica.tick();
    await new Promise(setImmediate);
    writeSnapshot(directory, core, logId);
  }
  const client = new CopiesClient(
    { dataDirectory, logId: LOG_ID, backup: undefined },
    new StatusClient(() => {}),
  );
  t.after(() => client.close());
  const both = [client.verifySnapshot(1), client.verifySnapshot(1)];
  await assert.rejects(client.verifySnapshot(2), problem('busy'));
  const [first, second] = await Promise.all(both);
  assert.equal(first, second);
  assert.equal(first.isWhole, true);
  const other = await client.verifySnapshot(2);
  assert.match(other.fault ?? '', /of another log/);
  await assert.rejects(client.verifySnapshot(9), problem('not-found'));
  assert.deepEqual(
    (await client.snapshots()).items.map(({ sequence, verification }) => [sequence, verification?.isWhole]),
    [
      [2, false],
      [1, true],
    ],
  );
  assert.deepEqual(await client.backups(), { items: [] });
  await assert.rejects(client.verifyBackup('any'), problem('not-found'));
  // As after a minute without questions: the next one starts the thread anew.
  await client.close();
  assert.equal((await client.snapshots()).items.length, 2);
});

test('CopiesClient: a target that cannot be read is a problem of its own', async (t) => {
  const backup = { to: 's3://bucket/prefix', keyFile: join(tmpdir(), 'hive-no-such-key') };
  const data = { dataDirectory: tmpdir(), logId: LOG_ID, backup };
  const client = new CopiesClient(data, new StatusClient(() => {}));
  t.after(() => client.close());
  await assert.rejects(client.backups(), problem('backup-unavailable'));
  await assert.rejects(client.verifyBackup('any'), problem('backup-unavailable'));
});
