import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type Health, OperationsServer } from './operations-server.ts';

test('operations: ready and live as the node is, at every moment; nothing else is there', async (t) => {
  let health: Health = { state: 'recovering', isReady: false, isLive: true };
  const server = new OperationsServer(() => health);
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close());
  const ask = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  assert.equal(await ask('/health/ready'), '503 {"state":"recovering"}');
  assert.equal(await ask('/health/live'), '200 {"state":"recovering"}');
  health = { state: 'serving', isReady: true, isLive: true };
  assert.equal(await ask('/health/ready'), '200 {"state":"serving"}');
  health = { ...health, warning: 'look' };
  assert.equal(await ask('/health/ready'), '200 {"state":"serving","warning":"look"}');
  health = { state: 'stopped', isReady: false, isLive: false };
  assert.equal(await ask('/health/live'), '503 {"state":"stopped"}');
  assert.equal(await ask('/'), '404 {"error":"there are /health/ready and /health/live"}');
});

test('operations: a connection that says nothing does not hold up the end', async () => {
  const server = new OperationsServer(() => ({ state: 'serving', isReady: true, isLive: true }));
  const { port } = await server.listen('127.0.0.1', 0);
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await server.close();
  await ended;
});
