import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { OperationsServer, type Probes } from './operations-server.ts';

const metrics = (): string => 'up 1\n';

test('operations: each probe as the node is at that moment, and the metrics; nothing else is there', async (t) => {
  let probes: Probes = { state: 'recovering', isAlive: true, isReady: false, isStarted: false };
  const server = new OperationsServer(() => probes, metrics);
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close());
  const ask = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  const all = () => Promise.all(['/healthz', '/readyz', '/startupz'].map(ask));
  assert.deepEqual(await all(), [
    '200 {"state":"recovering"}',
    '503 {"state":"recovering"}',
    '503 {"state":"recovering"}',
  ]);
  probes = { state: 'serving', isAlive: true, isReady: true, isStarted: true, warning: 'look' };
  assert.deepEqual(await all(), Array(3).fill('200 {"state":"serving","warning":"look"}'));
  probes = { state: 'stuck', isAlive: false, isReady: false, isStarted: true };
  assert.deepEqual(await all(), ['503 {"state":"stuck"}', '503 {"state":"stuck"}', '200 {"state":"stuck"}']);
  assert.equal(await ask('/metrics'), '200 up 1');
  assert.equal(await ask('/'), '404 {"error":"there are /healthz, /readyz, /startupz and /metrics"}');
  assert.match(await ask('/toString'), /^404 /);
});

test('operations: a connection that says nothing does not hold up the end', async () => {
  const server = new OperationsServer(
    () => ({ state: 'serving', isAlive: true, isReady: true, isStarted: true }),
    metrics,
  );
  const { port } = await server.listen('127.0.0.1', 0);
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await server.close();
  await ended;
});
