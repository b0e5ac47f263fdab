import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { TradingCore } from '#core/trading-core.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { readSnapshot, writeSnapshot } from '#replica/snapshot-file.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { marketSetup, send } from '../../../test/support/random-flow.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { NatsObjectFiles } from './nats-object-files.ts';
import { SnapshotStore, snapshotsOf } from './snapshot-store.ts';
import { UnfinishedObjects } from './unfinished-objects.ts';

const skip = whyNoNats() ?? false;
const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const OTHER_LOG = '11234567-89ab-cdef-0123-456789abcdef';
const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

const newCore = (): TradingCore => new TradingCore({ onEvents: () => {} }, CAPACITY);

async function begin(t: TestContext): Promise<{ connection: NatsConnection; directory: string }> {
  const directory = temporaryDirectory('store');
  const servers = await NatsServers.start({ count: 1, directory: join(directory, 'nats') });
  const connection = await connectNats({ servers: servers.urls, name: 'test' });
  t.after(async () => {
    await connection.close();
    await servers.close();
  });
  return { connection, directory };
}

/** Snapshots after entries 1, 2 and so on. */
function snapshots(directory: string, count: number, logId = LOG_ID): { paths: string[]; core: TradingCore } {
  const core = newCore();
  const log = new MemoryLog(
    new ManualClock(),
    followerOf((...entry) => core.applyEntry(...entry)),
  );
  const outbox = new Outbox(1, 1, () => {});
  const paths: string[] = [];
  for (const command of marketSetup(2)) send(outbox, command);
  for (let i = 0; i < count; i++) {
    send(outbox, { type: 'Tick' });
    outbox.drain(log);
    log.commit();
    paths.push(writeSnapshot(directory, core, logId));
  }
  return { paths, core };
}

test('store: what was put is listed, the newest first, and comes back whole', { skip }, async (t) => {
  const { connection, directory } = await begin(t);
  const store = await SnapshotStore.open(connection, 'HIVE', 1, LOG_ID);
  assert.deepEqual(await store.list(), []);
  const { paths, core } = snapshots(join(directory, 'own'), 3);
  for (const path of paths) await store.put(path);
  const [other] = snapshots(join(directory, 'other'), 1, OTHER_LOG).paths;
  await (await SnapshotStore.open(connection, 'HIVE', 1, OTHER_LOG)).put(
    other.replace('0001.hms', '0001.hms'),
  );
  const listed = await store.list();
  assert.deepEqual(
    listed.map(({ sequence }) => sequence),
    [3, 2],
    'that of another log has taken a place, and is not ours',
  );
  assert.equal(listed[0].stateHash, core.stateHash);
  const fetched = await store.fetch(listed[0], join(directory, 'fetched'));
  assert.ok(readFileSync(fetched).equals(readFileSync(paths[2])));
  const restored = newCore();
  readSnapshot(fetched, restored);
  assert.equal(restored.stateHash, core.stateHash);
  assert.deepEqual(readdirSync(join(directory, 'fetched')), ['snapshot-0000000000000003.hms']);
});

test('store: prune keeps the newest and says which it removed', { skip }, async (t) => {
  const { connection, directory } = await begin(t);
  const store = await SnapshotStore.open(connection, 'HIVE', 1, LOG_ID);
  for (const path of snapshots(join(directory, 'own'), 4).paths) await store.put(path);
  const before = await store.list();
  assert.deepEqual(await store.prune(2), before.slice(2));
  assert.deepEqual(
    (await store.list()).map(({ sequence }) => sequence),
    [4, 3],
  );
  assert.deepEqual(await store.prune(2), []);
});

test('store: what a killed writer has left is removed once it has not grown for a while; an object that is being put is not', {
  skip,
}, async (t) => {
  const { connection, directory } = await begin(t);
  const manager = await jetstreamManager(connection);
  const store = await new Objm(connection).create('FILES', { replicas: 1 });
  const path = join(directory, 'file');
  writeFileSync(path, 'whole');
  await new NatsObjectFiles(store).put(path, {});
  const own = `$O.FILES.C.${(await store.info('file'))?.nuid}`;
  for (const writer of ['KILLED', 'WRITES']) await connection.request(`$O.FILES.C.${writer}`, 'chunk');
  const subjects = async (): Promise<string[]> => {
    const { state } = await manager.streams.info('OBJ_FILES', { subjects_filter: '$O.FILES.C.>' });
    return Object.keys(state.subjects ?? {}).sort();
  };
  const patient = new UnfinishedObjects(manager, store, 'FILES');
  for (let look = 0; look < 3; look++) await patient.remove();
  assert.equal((await subjects()).length, 3);
  const unfinished = new UnfinishedObjects(manager, store, 'FILES', 0);
  await unfinished.remove();
  await connection.request('$O.FILES.C.WRITES', 'chunk');
  await unfinished.remove();
  assert.deepEqual(await subjects(), [own, '$O.FILES.C.WRITES'].sort());
});

test('store: servers that have no room say so; nothing of the snapshot is left there', {
  skip,
}, async (t) => {
  const directory = temporaryDirectory('store');
  const servers = await NatsServers.start({
    count: 1,
    directory: join(directory, 'nats'),
    storeBytesMax: 64 * 1024,
  });
  const connection = await connectNats({ servers: servers.urls, name: 'test' });
  t.after(async () => {
    await connection.close();
    await servers.close();
  });
  const store = await SnapshotStore.open(connection, 'HIVE', 1, LOG_ID);
  const [path, ...paths] = snapshots(join(directory, 'own'), 30).paths;
  const manager = await jetstreamManager(connection);
  const bytes = async (): Promise<number> => (await manager.streams.info('OBJ_HIVE_SNAPSHOTS')).state.bytes;
  const putAll = async (): Promise<void> => {
    for (const one of [path, ...paths]) await store.put(one);
    throw new Error(`all fit, with ${await bytes()} bytes`);
  };
  await assert.rejects(putAll(), {
    name: 'SnapshotStoreError',
    code: 'FULL',
    message: /no room.*max_file_store/,
  });
  const held = await store.list();
  await store.prune(1);
  await store.put(paths[held.length - 1]);
  assert.equal((await store.list()).length, 2);
});

test('store: a snapshot that is listed twice counts once', () => {
  const object = (sequence: number, logId = LOG_ID) => ({
    name: `snapshot-${String(sequence).padStart(16, '0')}.hms`,
    size: 9,
    metadata: { logId, stateHash: 'ab' },
  });
  const objects = [object(1), object(3), object(3), object(2), object(4, OTHER_LOG)];
  assert.deepEqual(
    snapshotsOf(objects, LOG_ID),
    [3, 2, 1].map((sequence) => ({ name: object(sequence).name, sequence, bytes: 9, stateHash: 'ab' })),
  );
});

test('store: a file that is no snapshot is refused, one that went missing is named', { skip }, async (t) => {
  const { connection, directory } = await begin(t);
  const store = await SnapshotStore.open(connection, 'HIVE', 1, LOG_ID);
  const path = join(directory, 'snapshot-0000000000000009.hms');
  writeFileSync(path, 'nothing of the kind');
  await assert.rejects(store.put(path), { name: 'SnapshotError' });
  assert.deepEqual(await store.list(), []);
  const gone = { name: 'snapshot-0000000000000009.hms', sequence: 9, bytes: 1, stateHash: '' };
  await assert.rejects(store.fetch(gone, join(directory, 'fetched')), {
    name: 'SnapshotStoreError',
    code: 'REMOVED',
  });
});
