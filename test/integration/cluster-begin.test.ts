import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { runCli } from '#app/cli/test-support.ts';
import { ClusterLink } from '#app/cluster/cluster-link.ts';
import { SnapshotStore } from '#app/cluster/snapshot-store.ts';
import { type RunningNode, startNode } from '#app/node.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { clusterSettings, nodeConfig } from '../support/node-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/test-cluster.ts';
import { startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;
/** Snapshots in the store when nodes begin: one more than there are moments at which they are overtaken. */
const SNAPSHOTS = 4;

async function begin(t: TestContext) {
  const directory = temporaryDirectory('begin');
  const servers = await NatsServers.start({ count: 1, directory: join(directory, 'nats') });
  const connection = await connectNats({ servers: servers.urls, name: 'test' });
  t.after(async () => {
    await connection.close();
    await servers.close();
  });
  const settings = clusterSettings(servers.urls, { replicas: 1 });
  return { directory, servers, connection, settings };
}

test('cluster: a node that is overtaken by a truncation while it starts begins anew at once, whenever that is', {
  skip,
}, async (t) => {
  const { directory, connection, settings } = await begin(t);
  const snapshots = { everyEntries: 100, keep: SNAPSHOTS };
  const first = await startChildNode(join(directory, 'node-1'), {
    nodeId: 1,
    cluster: settings,
    attestEvery: 5,
    snapshots,
  });
  t.after(() => first.child.kill('SIGKILL'));
  const trader = new Trader('U1', 3);
  const link = await ClusterLink.connect(settings, 'test');
  t.after(() => link.close());
  const store = await link.snapshots();
  const objects = await new Objm(connection).open('HIVE_SNAPSHOTS');
  const puts = (await objects.watch({ ignoreDeletes: true }))[Symbol.asyncIterator]();
  for (let i = 0; i < SNAPSHOTS; i++) {
    await trader.trade(first.ouchPort);
    const { sequence } = await statusOf(first);
    await until(async () => (await statusOf(first)).sequence > sequence + 2 * snapshots.everyEntries);
    trader.leave();
    await trader.closed;
    await puts.next();
  }
  // Nobody writes snapshots any more: the store is as the test leaves it.
  first.child.kill('SIGKILL');

  const manager = await jetstreamManager(connection, { checkAPI: false });
  /** Has the stream begin behind what follows its oldest snapshot that is of use. */
  const overtake = async (): Promise<void> => {
    const { first_seq } = (await manager.streams.info('HIVE')).state;
    const usable = (await store.list()).filter(({ sequence }) => sequence + 1 >= first_seq);
    await manager.streams.purge('HIVE', { seq: (usable.at(-1)?.sequence ?? 0) + 2 });
  };
  let nodeId = 1;
  /** Starts a node with an empty directory and checks that it began anew once, with the next snapshot. */
  const startOvertaken = async (moment: string, reason: RegExp): Promise<void> => {
    nodeId++;
    const before = (await store.list()).map(({ sequence }) => sequence).reverse();
    const warnings: string[] = [];
    const warn = (_fields: object, message: string): void => {
      if (message.startsWith('begins anew')) warnings.push(message);
    };
    const logger = { info: () => {}, warn, error: () => {} };
    const path = join(directory, `node-${nodeId}`);
    const config = nodeConfig(path, { nodeId, cluster: settings, attestEvery: 5, snapshots });
    let node: RunningNode | undefined;
    try {
      node = await startNode(config, logger);
      const { state, firstSequence } = node.status();
      assert.equal(state, 'serving', moment);
      assert.equal(warnings.length, 1, `${moment}: ${warnings.join()}`);
      assert.match(warnings[0], reason, moment);
      assert.ok(
        before.slice(1).includes(firstSequence - 1),
        `${moment}: it begins with entry ${firstSequence}`,
      );
    } finally {
      await node?.close();
    }
    assert.deepEqual(
      readdirSync(join(path, 'snapshots')).filter((name) => !/^snapshot-\d{16}\.hms$/.test(name)),
      [],
    );
  };

  // Between the question where the stream begins and the opening of the log.
  const asked = t.mock.method(ClusterLink.prototype, 'snapshots');
  asked.mock.mockImplementationOnce(async function (this: ClusterLink) {
    asked.mock.restore();
    const theirs = await this.snapshots();
    const list = await theirs.list();
    await overtake();
    // As it was before.
    return Object.assign(Object.create(theirs) as SnapshotStore, { list: async () => list });
  });
  await startOvertaken(
    'before the log is opened',
    /begins with entry \d+, but .* ends with entry \d+: those between/,
  );

  // Between the opening of the log and the delivery of what follows.
  const opened = t.mock.method(ClusterLink.prototype, 'openLog');
  opened.mock.mockImplementationOnce(async function (
    this: ClusterLink,
    ...options: Parameters<ClusterLink['openLog']>
  ) {
    opened.mock.restore();
    const log = await this.openLog(...options);
    await overtake();
    return log;
  });
  await startOvertaken(
    'after the log is opened',
    /begins with entry \d+, this node had still to get entry \d+/,
  );

  // Between the list of the snapshots and the transfer of one.
  const fetched = t.mock.method(SnapshotStore.prototype, 'fetch');
  fetched.mock.mockImplementationOnce(async function (
    this: SnapshotStore,
    ...wanted: Parameters<SnapshotStore['fetch']>
  ) {
    fetched.mock.restore();
    await objects.delete(wanted[0].name);
    return this.fetch(...wanted);
  });
  await startOvertaken('before the snapshot is fetched', /was removed from the store meanwhile/);
});

test('cluster: servers that take the connection and say nothing end the start with exit status 4 and a way out', async (t) => {
  const directory = temporaryDirectory('silent');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(
      `INFO ${JSON.stringify({ server_id: 'S', server_name: 's', version: '2.14.1', proto: 1, headers: true, max_payload: 1_048_576 })}\r\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
  });
  const { port } = server.address() as { port: number };
  const url = `nats://127.0.0.1:${port}`;
  const { status, stderr } = await runCli(['start', '--cluster', url, '--data-dir', join(directory, 'data')]);
  assert.equal(status, 4, stderr);
  assert.match(
    stderr,
    /^hive: no nats-server of nats:\/\/127\.0\.0\.1:\d+ takes this node \(.*see that they run/,
  );
});

/** Whether all threads of a process have stopped: the signal does not take effect at once. */
function isFrozen(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

test('cluster: servers that freeze while a node starts end the start with a ClusterError', {
  skip,
}, async (t) => {
  const { directory, servers, connection, settings } = await begin(t);
  t.after(() => servers.resume(0));
  const config = nodeConfig(join(directory, 'node'), { cluster: settings });
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  for (const question of ['firstSequence', 'snapshots'] as const) {
    const asked = t.mock.method(ClusterLink.prototype, question);
    asked.mock.mockImplementationOnce(async function (this: ClusterLink) {
      asked.mock.restore();
      servers.pause(0);
      await until(() => isFrozen(servers.pids[0]));
      return this[question]() as never;
    });
    if (question === 'snapshots') t.mock.method(ClusterLink.prototype, 'firstSequence', async () => 2);
    // It begins anew once, and then finds no server that takes it.
    await assert.rejects(startNode(config, logger), {
      name: 'ClusterError',
      code: 'NO_SERVER',
      message: /^no nats-server of .+ takes this node \(.+\): see that they run/,
    });
    servers.resume(0);
    await servers.untilComplete();
    // It has worked off what came while it was frozen: the next start is not to fail for that.
    await connection.flush();
  }
});
