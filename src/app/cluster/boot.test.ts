import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { TimeoutError } from '@nats-io/transport-node';
import { TradingCore } from '#core/trading-core.ts';
import { LogUnavailableError } from '#domain/ports.ts';
import { LogId } from '#log/file/format.ts';
import { MessageClock, openLogCopy } from '#log/jetstream/log-copy.ts';
import { StreamError } from '#log/jetstream/stream-error.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { send } from '../../../test/support/random-flow.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { type RestoredCore, restoreNewest } from '../restore.ts';
import { BEGINNINGS_MAX, type BootLink, restoreInCluster, startInCluster } from './boot.ts';
import { ClusterError } from './cluster-error.ts';
import type { ListedObject, ObjectFiles } from './object-files.ts';
import { SnapshotStore, SnapshotStoreError } from './snapshot-store.ts';

const LOG_ID = new LogId('01234567-89ab-cdef-0123-456789abcdef');
const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

/** The file of a snapshot after entry `sequence`. */
const nameOf = (sequence: number): string => `snapshot-${String(sequence).padStart(16, '0')}.hms`;
/** Copies of the log that were put aside. */
const asideIn = (root: string): string[] => readdirSync(root).filter((name) => name.startsWith('log-'));

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
async function begin(streamBegin: number, stored: readonly number[], streamEnd = Math.max(...stored)) {
  const root = temporaryDirectory('boot');
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
    stream: 'HIVE',
    firstSequence: async () => streamBegin,
    lastSequence: async () => streamEnd,
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

test('boot: a new node begins with the oldest snapshot from which the stream goes on', async () => {
  const { boot } = await begin(4, [2, 4, 6]);
  const { core, path } = await boot();
  assert.deepEqual([core.sequence, basename(path ?? '')], [4, 'snapshot-0000000000000004.hms']);
});

test('boot: a node whose own snapshots are damaged, and lead to nothing that the stream has, begins with one of the store', async () => {
  const { boot, snapshotDirectory } = await begin(4, [4, 6]);
  writeFileSync(join(snapshotDirectory, 'snapshot-0000000000000009.hms'), 'damaged');
  assert.equal((await boot()).core.sequence, 4);
});

test('boot: a node from which the stream goes on fetches nothing', async () => {
  const { root, boot, snapshotDirectory } = await begin(4, [4, 6]);
  copyFileSync(
    join(root, 'written/snapshot-0000000000000006.hms'),
    join(snapshotDirectory, 'snapshot-0000000000000006.hms'),
  );
  assert.equal((await boot()).core.sequence, 6);
  assert.deepEqual(readdirSync(snapshotDirectory), ['snapshot-0000000000000006.hms']);
  assert.ok(existsSync(join(root, 'log')));
});

test('boot: a snapshot behind the end of the stream is of another history: the node does not begin with it, and has it nowhere', async () => {
  const { boot, snapshotDirectory } = await begin(4, [2, 6], 5);
  await assert.rejects(boot(), {
    name: 'ClusterError',
    code: 'OTHER_HISTORY',
    message:
      /HIVE_SNAPSHOTS has a snapshot after entry 6, and the log ends with entry 5.*nats stream rm OBJ_HIVE_SNAPSHOTS/,
  });
  assert.deepEqual(readdirSync(snapshotDirectory), []);
});

test('boot: without a snapshot from which the stream goes on there is no beginning', async () => {
  const { boot } = await begin(9, [4, 6]);
  await assert.rejects(boot(), { name: 'ClusterError', code: 'NO_SNAPSHOT' });
});

/** A copy of the log that begins with entry `scanFromSequence`. */
function writeCopy(directory: string, scanFromSequence: number, entries: number): void {
  const core = newCore();
  const clock = new MessageClock();
  const copy = openLogCopy(
    {
      directory,
      logId: LOG_ID,
      follower: followerOf((...entry) => core.applyEntry(...entry)),
      scanFromSequence,
      segmentBytes: 2 ** 20,
    },
    clock,
  );
  const outbox = new Outbox(1, 1, () => {});
  for (let i = 0; i < entries; i++) {
    send(outbox, { type: 'Tick' });
    outbox.drain(copy);
    copy.commit();
  }
  copy.close();
}

test('boot: a copy that the stream does not continue is put aside, an empty one is not', async () => {
  const { root, boot } = await begin(9, [8]);
  writeCopy(join(root, 'log'), 1, 3);
  assert.equal((await boot()).core.sequence, 8);
  assert.deepEqual(asideIn(root), ['log-1-3']);

  // As it is after a beginning that came to nothing.
  const other = await begin(9, [2, 8]);
  copyFileSync(join(other.root, 'written', nameOf(2)), join(other.snapshotDirectory, nameOf(2)));
  writeCopy(join(other.root, 'log'), 3, 0);
  assert.equal((await other.boot()).core.sequence, 8);
  assert.deepEqual(asideIn(other.root), []);
});

for (const [what, put] of [
  ['a directory', (path: string) => mkdirSync(path)],
  ['a file', (path: string) => writeFileSync(path, '')],
] as const) {
  test(`boot: ${what} where the copy would be put aside is named, and nothing is moved or fetched`, async () => {
    const { root, boot, snapshotDirectory } = await begin(9, [8]);
    writeCopy(join(root, 'log'), 1, 3);
    put(join(root, 'log-1-3'));
    const before = readdirSync(join(root, 'log'));
    await assert.rejects(boot(), {
      name: 'ClusterError',
      code: 'IN_THE_WAY',
      message: /log-1-3 is in the way of this node's log.*: move it out of the data directory, and start/,
    });
    assert.deepEqual(readdirSync(join(root, 'log')), before);
    assert.deepEqual(readdirSync(snapshotDirectory), []);
  });
}

test('boot: what a crash left of a transfer is removed, whether something is fetched or not', async () => {
  for (const streamBegin of [1, 4]) {
    const { boot, snapshotDirectory } = await begin(streamBegin, [4]);
    writeFileSync(join(snapshotDirectory, `${nameOf(2)}.part`), 'half');
    writeFileSync(join(snapshotDirectory, 'notes.part'), 'of somebody else');
    await boot();
    assert.deepEqual(readdirSync(snapshotDirectory), ['notes.part', nameOf(4)]);
  }
});

const truncated = new StreamError('SNAPSHOT_NEEDED', 'begins too late');
/** What a start ends with when the cluster removed what it needed next. */
const OVERTAKEN = [
  truncated,
  new LogUnavailableError('IO_ERROR', truncated.message, { cause: truncated }),
  new SnapshotStoreError('REMOVED', 'is gone'),
];

/** Starts a node whose first beginnings end with these errors; returns how often it began, and what it warned of. */
async function starts(
  errors: readonly Error[],
): Promise<{ count: number; warnings: string[]; error: unknown }> {
  const warnings: string[] = [];
  let count = 0;
  const start = async (): Promise<void> => {
    const error = errors[count++];
    if (error !== undefined) throw error;
  };
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const error = await startInCluster(start, { info: () => {}, warn, error: () => {} }).catch(
    (thrown) => thrown,
  );
  return { count, warnings, error };
}

test('boot: a start that the cluster overtook begins anew at once, a few times', async () => {
  assert.deepEqual(await starts(OVERTAKEN), {
    count: 4,
    warnings: OVERTAKEN.map(({ message }) => `begins anew, with a newer snapshot of the cluster: ${message}`),
    error: undefined,
  });
  const { count, error } = await starts(Array(BEGINNINGS_MAX + 1).fill(truncated));
  assert.equal(count, BEGINNINGS_MAX);
  assert.ok(error instanceof ClusterError);
  assert.deepEqual([error.code, error.cause], ['OVERTAKEN', truncated]);
  assert.match(error.message, /Raise snapshots\.everyEntries or snapshots\.keep/);
});

test('boot: what else a start ends with ends it, an error of the NATS client by a name of ours', async () => {
  const others = [
    new StreamError('LOST_ENTRIES', 'too short'),
    new LogUnavailableError('DISK_FULL', 'full'),
    new SnapshotStoreError('DAMAGED', 'other bytes'),
  ];
  for (const other of others)
    assert.deepEqual(await starts([other]), { count: 1, warnings: [], error: other });
  const { count, warnings, error } = await starts([new TimeoutError(), new TimeoutError()]);
  assert.equal(count, 2);
  assert.deepEqual(warnings, ['begins anew, once: the nats-servers did not answer (timeout)']);
  assert.ok(error instanceof ClusterError);
  assert.equal(error.code, 'NO_ANSWER');
});
