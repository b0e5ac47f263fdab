import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { LogId } from '#log/file/format.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { send } from '../../../test/support/random-flow.ts';
import { type RestoredCore, restoreNewest } from '../restore.ts';
import { type BootLink, restoreInCluster } from './boot.ts';
import type { ListedObject, ObjectFiles } from './object-files.ts';
import { SnapshotStore } from './snapshot-store.ts';

const LOG_ID = new LogId('01234567-89ab-cdef-0123-456789abcdef');
const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

const newCore = (): TradingCore => new TradingCore({ onEvents: () => {} }, CAPACITY);

/** A store of files in a folder. */
class FolderObjects implements ObjectFiles {
  readonly #folder: string;
  readonly #objects: ListedObject[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<readonly ListedObject[]> {
    return this.#objects;
  }

  async put(path: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    const name = basename(path);
    copyFileSync(path, join(this.#folder, name));
    this.#objects.push({ name, size: 1, metadata });
  }

  async fetch(name: string, path: string): Promise<boolean> {
    copyFileSync(join(this.#folder, name), path);
    return true;
  }

  async delete(): Promise<void> {}
}

/** A cluster whose stream begins with `streamBegin` and whose store has snapshots after these entries, and a new node's data directory. */
async function begin(t: TestContext, streamBegin: number, stored: readonly number[]) {
  const root = mkdtempSync(join(tmpdir(), 'hive-boot-'));
  t.after(() => rmSync(root, { recursive: true }));
  const snapshotDirectory = join(root, 'snapshots');
  for (const folder of ['store', 'written', 'snapshots']) mkdirSync(join(root, folder));
  const store = new SnapshotStore(new FolderObjects(join(root, 'store')), LOG_ID.uuid);
  const core = newCore();
  const log = new MemoryLog(
    new ManualClock(),
    followerOf((...entry) => core.applyEntry(...entry)),
  );
  const outbox = new Outbox(1, 1, () => {});
  for (let sequence = 1; sequence <= Math.max(...stored); sequence++) {
    send(outbox, { type: 'Tick' });
    outbox.drain(log);
    log.commit();
    if (stored.includes(sequence)) await store.put(writeSnapshot(join(root, 'written'), core, LOG_ID.uuid));
  }
  const link: BootLink = {
    firstSequence: async () => streamBegin,
    snapshots: async () => store,
    originSnapshots: async () => undefined,
  };
  const data = {
    logDirectory: join(root, 'log'),
    snapshotDirectory,
    logId: LOG_ID,
    segmentBytes: 2 ** 20,
    beginAfter: () => {},
  };
  const restore = (): RestoredCore => restoreNewest(snapshotDirectory, LOG_ID.uuid, newCore, () => {});
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  return { root, snapshotDirectory, boot: () => restoreInCluster(link, data, restore, logger) };
}

test('boot: a new node begins with the oldest snapshot from which the stream goes on', async (t) => {
  const { boot } = await begin(t, 4, [2, 4, 6]);
  const { core, path } = await boot();
  assert.deepEqual([core.sequence, basename(path ?? '')], [4, 'snapshot-0000000000000004.hms']);
});

test('boot: a node whose own snapshots are damaged, and lead to nothing that the stream has, begins with one of the store', async (t) => {
  const { boot, snapshotDirectory } = await begin(t, 4, [4, 6]);
  writeFileSync(join(snapshotDirectory, 'snapshot-0000000000000009.hms'), 'damaged');
  assert.equal((await boot()).core.sequence, 4);
});

test('boot: a node from which the stream goes on fetches nothing', async (t) => {
  const { root, boot, snapshotDirectory } = await begin(t, 4, [4, 6]);
  copyFileSync(
    join(root, 'written/snapshot-0000000000000006.hms'),
    join(snapshotDirectory, 'snapshot-0000000000000006.hms'),
  );
  assert.equal((await boot()).core.sequence, 6);
  assert.deepEqual(readdirSync(snapshotDirectory), ['snapshot-0000000000000006.hms']);
  assert.ok(existsSync(join(root, 'log')));
});

test('boot: without a snapshot from which the stream goes on there is no beginning', async (t) => {
  const { boot } = await begin(t, 9, [4, 6]);
  await assert.rejects(boot(), { name: 'ClusterError', code: 'NO_SNAPSHOT' });
});
