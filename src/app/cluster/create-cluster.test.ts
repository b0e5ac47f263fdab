import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { readSnapshot, writeSnapshot } from '#replica/snapshot-file.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { clusterSettings } from '../../../test/support/node-config.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ClusterLink } from './cluster-link.ts';
import { createCluster } from './create-cluster.ts';

const skip = whyNoNats() ?? false;

test('createCluster: other nodes never begin with a snapshot that was passed over', { skip }, async (t) => {
  const directory = temporaryDirectory('create-cluster');
  const servers = await NatsServers.start({ count: 1, directory: join(directory, 'nats') });
  t.after(() => servers.close());
  const path = join(directory, 'data');
  const data = openDataDirectory(path, { clock: new ManualClock(), nodeId: 1 });
  const newCore = (): TradingCore => new TradingCore({ onEvents: () => {} });
  const snapshot = writeSnapshot(data.snapshotDirectory, newCore(), data.logId.uuid);
  data.close();
  const damaged = readFileSync(snapshot);
  damaged[damaged.length - 1] ^= 1;
  writeFileSync(snapshot, damaged);

  const settings = clusterSettings(servers.urls, { replicas: 1 });
  const unusable: string[] = [];
  const { sequence, stateHash } = await createCluster(path, settings, (message) => unusable.push(message));
  assert.deepEqual([sequence, stateHash, unusable.length], [0, newCore().stateHash, 1]);
  const link = await ClusterLink.connect(settings, 'test');
  t.after(() => link.close());
  const store = await link.snapshots();
  const [stored] = await store.list();
  readSnapshot(await store.fetch(stored, join(directory, 'fetched')), newCore());
});
