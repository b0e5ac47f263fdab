import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '#app/node-config.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { type ChildNode, startChildNode, statusOf, Trader } from '../support/traders.ts';

const skip = whyNoNats() ?? false;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('mirror: a second region follows the log, takes it over when the first is gone, and clients go on there', {
  skip,
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hive-mirror-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const leafPort = await freePort();
  const first = await NatsServers.start({
    count: 1,
    directory: join(directory, 'a'),
    domain: 'first',
    configuration: [`leafnodes { listen: 127.0.0.1:${leafPort} }`],
  });
  t.after(() => first.close());
  // Each region's entries stay there: what goes from one to the other is the mirror's.
  const apart = 'deny_imports: ["HIVE.entries"], deny_exports: ["HIVE.entries"]';
  const second = await NatsServers.start({
    count: 1,
    directory: join(directory, 'b'),
    domain: 'second',
    configuration: [`leafnodes { remotes: [ { url: "nats://127.0.0.1:${leafPort}", ${apart} } ] }`],
  });
  t.after(() => second.close());
  const start = async (
    nodeId: number,
    servers: NatsServers,
    mirrorOf: string | undefined,
  ): Promise<ChildNode> => {
    const cluster: NodeConfig['cluster'] = {
      servers: servers.urls,
      stream: 'HIVE',
      replicas: 1,
      maxBytes: 2 ** 28,
      mirrorOf,
      credentialsFile: undefined,
      user: undefined,
      passwordFile: undefined,
      tls: undefined,
      observe: false,
    };
    const node = await startChildNode(join(directory, `node-${nodeId}`), {
      nodeId,
      cluster,
      attestEvery: 50,
    });
    t.after(() => node.child.kill('SIGKILL'));
    return node;
  };
  const ask = async (
    node: ChildNode,
    order: 'promote' | 'takeOver',
  ): Promise<{ error?: string; ouchPort?: number }> => {
    node.child.send(order);
    const [answer] = (await once(node.child, 'message')) as [{ error?: string; ouchPort?: number }];
    return answer;
  };

  const serving = await start(1, first, undefined);
  const trader = new Trader('U1', 1);
  await trader.trade(serving.ouchPort);
  // Enough that the first region's stream has forgotten its beginning: the second begins with a snapshot of the first.
  await until(() => trader.reports.length > 600);
  const follower = await start(2, second, 'first');
  assert.equal((await statusOf(follower)).state, 'observing');
  await until(async () => ((await statusOf(follower)).cluster?.agreedSequence ?? 0) > 0);
  assert.match((await ask(follower, 'promote')).error ?? '', /mirrors that of another one: .*--take-over/);
  assert.match(
    (await ask(follower, 'takeOver')).error ?? '',
    /^the log in domain first answers: two logs of one venue/,
  );
  trader.leave();
  await trader.closed;

  // Nobody trades any more, so that nothing is on its way when the first region goes.
  const { sequence } = await statusOf(serving);
  await until(async () => (await statusOf(follower)).sequence >= sequence);
  serving.child.kill('SIGKILL');
  await once(serving.child, 'exit');
  await first.close();
  const taken = await ask(follower, 'takeOver');
  assert.equal(taken.error, undefined);
  const port = taken.ouchPort ?? 0;
  await trader.trade(port);
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  trader.leave();
  await trader.closed;

  // Another node of the second region begins with that region's log alone.
  const third = await start(3, second, 'first');
  const { state, cluster } = await statusOf(third);
  assert.deepEqual([state, cluster?.peers.every(({ agrees }) => agrees)], ['serving', true]);
  await trader.trade(third.ouchPort);
  const more = trader.reports.length + 100;
  await until(() => trader.reports.length > more);
  trader.leave();
  await trader.closed;
  assert.deepEqual(
    trader.reports.map(({ sequenceNumber }) => sequenceNumber),
    trader.reports.map((_, index) => index + 1),
  );
});
