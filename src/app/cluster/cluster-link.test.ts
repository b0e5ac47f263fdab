import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ClusterLink } from './cluster-link.ts';
import type { ClusterNode } from './cluster-nodes.ts';
import type { ClusterSettings } from './cluster-settings.ts';

const skip = whyNoNats() ?? false;
const DOCUMENT = join(import.meta.dirname, '../../../docs/cluster.md');

const stateOf = (nodeId: number): ClusterNode => ({
  nodeId,
  version: '1.2.3',
  coreVersion: 1,
  coreVersionMax: 2,
  state: 'serving',
  clockOffsetMs: 0,
  sequence: 0,
  stateHash: '0123456789abcdef',
  agreedSequence: 0,
  server: 'n1',
});

/** The user of docs/cluster.md and what it may do, as the servers are configured there. */
function authorization(): string {
  const text = /\nauthorization \{\n[\s\S]*?\n\}\n/.exec(readFileSync(DOCUMENT, 'utf8'))?.[0] ?? '';
  assert.match(text, /user: hive, password: \$HIVE_NATS_PASSWORD/);
  return text.replace('$HIVE_NATS_PASSWORD', 'secret');
}

async function begin(t: TestContext): Promise<{ settings: ClusterSettings; directory: string }> {
  const directory = temporaryDirectory('link');
  const servers = await NatsServers.start({
    count: 1,
    directory: join(directory, 'nats'),
    configuration: [authorization()],
  });
  t.after(async () => {
    await servers.close();
  });
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, 'secret\n');
  const settings: ClusterSettings = {
    servers: servers.urls,
    stream: 'HIVE',
    replicas: 1,
    maxBytes: 2 ** 24,
    mirrorOf: undefined,
    credentialsFile: undefined,
    user: 'hive',
    passwordFile,
    tls: undefined,
    observe: false,
  };
  return { settings, directory };
}

test('link: what docs/cluster.md permits is enough for the stream, the snapshots and the nodes', {
  skip,
}, async (t) => {
  const { settings, directory } = await begin(t);
  const links = [await ClusterLink.connect(settings, 'one'), await ClusterLink.connect(settings, 'two')];
  t.after(() => Promise.all(links.map((link) => link.close())));
  const [{ logId }] = links;
  assert.equal(links[1].logId, logId);
  assert.equal(await links[0].firstSequence(), 1);

  const store = await links[0].snapshots();
  const core = new TradingCore({ onEvents: () => {} }, { ordersMax: 10 });
  await store.put(writeSnapshot(join(directory, 'snapshots'), core, logId));
  const listed = await (await links[1].snapshots()).list();
  assert.deepEqual(
    listed.map(({ sequence, stateHash }) => [sequence, stateHash]),
    [[0, core.stateHash]],
  );
  await store.fetch(listed[0], join(directory, 'fetched'));
  await store.prune(0);

  const nodes = links.map((link, i) => link.nodes(() => stateOf(2 - i)));
  const { stream, lastSequence, hasQuorum, replicas, nodes: seen } = await nodes[0].view();
  assert.deepEqual([stream, lastSequence, hasQuorum, replicas.length], ['HIVE', 0, true, 1]);
  assert.deepEqual(seen, [stateOf(1), stateOf(2)]);
});

test('link: servers that are not there, or do not know the user, are an error with a way out', {
  skip,
}, async (t) => {
  const { settings } = await begin(t);
  const noServer = {
    name: 'ClusterError',
    code: 'NO_SERVER',
    message:
      /^no nats-server of nats:\/\/127\.0\.0\.1:\d+ takes this node \(.*see that they run, and that cluster\.user/,
  };
  await assert.rejects(ClusterLink.connect({ ...settings, user: 'nobody' }, 'x'), noServer);
  await assert.rejects(ClusterLink.connect({ ...settings, servers: ['nats://127.0.0.1:1'] }, 'x'), noServer);
});
