import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloseReason } from '#gateways/websocket/close-codes.ts';
import { ManySessions, manySessionsConfig } from '../support/many-sessions.ts';
import { stop } from '../support/shutdown.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startChildNode } from '../support/traders.ts';

const SESSIONS = 2_000;
/** What the deployment gives a node to end in, less room for a slow machine: docs/operations/kubernetes.md. */
const DRAIN_MS_MAX = 10_000;

test('SIGTERM with 2,000 WebSocket sessions: each is told, the node ends in time, and no acknowledged order is lost', {
  timeout: 240_000,
}, async (t) => {
  const directory = temporaryDirectory('drain');
  const start = async () => {
    const node = await startChildNode(directory, manySessionsConfig(), {
      environment: { HIVE_TEST_USERS: String(SESSIONS) },
    });
    t.after(() => node.child.kill('SIGKILL'));
    return node;
  };
  const node = await start();
  const sessions = new ManySessions(SESSIONS, directory);
  await sessions.connect(node);
  await sessions.order();
  // Each has an order acknowledged, and another one on its way.
  while (sessions.users.some(({ acknowledged }) => acknowledged.length === 0)) {
    assert.deepEqual(
      sessions.users.flatMap(({ refused }) => refused),
      [],
    );
    await sleep(5);
  }
  assert.equal(sessions.waiting, SESSIONS, 'orders are on their way');
  const [tookMs, exitCode] = await stop(node);
  assert.deepEqual([...(await sessions.closed())], [CloseReason.GoingAway.code]);
  const { acknowledged } = sessions;
  t.diagnostic(`SIGTERM to exit: ${tookMs} ms, ${acknowledged} orders acknowledged`);
  assert.equal(exitCode, 0);
  assert.ok(acknowledged >= SESSIONS);
  assert.ok(tookMs <= DRAIN_MS_MAX, `${tookMs} ms`);

  const again = await start();
  await sessions.connect(again);
  assert.deepEqual(await sessions.lost(), []);
  // The check itself finds an order that is not there.
  sessions.users[0].acknowledged.push('never sent');
  assert.deepEqual(await sessions.lost(), ['never sent']);
  sessions.disconnect();
  assert.equal((await stop(again))[1], 0);
});
