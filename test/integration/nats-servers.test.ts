import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { isListening, NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const listens = (url: string): Promise<boolean> => isListening(Number(new URL(url).port));

async function withManager<Result>(
  servers: NatsServers,
  action: (manager: JetStreamManager) => Promise<Result>,
): Promise<Result> {
  const connection = await connect({ servers: servers.urls });
  try {
    return await action(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

describe('real nats-servers for tests', { skip: whyNoNats() ?? false }, () => {
  test('three make a cluster, which outlives the kill of a leader and takes it back', async () => {
    const servers = await NatsServers.start({ count: 3, syncAlways: true });
    try {
      await withManager(servers, (manager) =>
        manager.streams.add({ name: 'S', subjects: ['S.entries'], num_replicas: 3 }),
      );
      const leader = await servers.leaderOf('S');
      await servers.kill(leader);
      assert.equal(await listens(servers.urls[leader]), false);
      assert.notEqual(await servers.leaderOf('S'), leader);
      servers.restart(leader);
      await servers.untilComplete();
      assert.equal(await listens(servers.urls[leader]), true);
    } finally {
      await servers.close();
    }
  });

  test('one alone: what it stored is there after a stop and a start in the same directory', async () => {
    const directory = temporaryDirectory('nats');
    const servers = await NatsServers.start({ count: 1, directory });
    try {
      await withManager(servers, (manager) => manager.streams.add({ name: 'S', subjects: ['S.entries'] }));
      await servers.stop(0);
      servers.restart(0);
      await servers.untilComplete();
      const { config } = await withManager(servers, (manager) => manager.streams.info('S'));
      assert.equal(config.name, 'S');
    } finally {
      await servers.close();
    }
  });

  test('they end with the process that started them, also when that is killed', async () => {
    const module = JSON.stringify(new URL('../support/nats-cluster.ts', import.meta.url).href);
    const directory = temporaryDirectory('nats');
    const code = `import { NatsServers } from ${module};
      const servers = await NatsServers.start({ count: 1, directory: ${JSON.stringify(directory)} });
      console.log(servers.urls[0]);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = await once(createInterface({ input: child.stdout }), 'line');
    assert.equal(await listens(url), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    while (await listens(url));
  });
});
