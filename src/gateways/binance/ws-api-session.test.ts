import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../websocket/connection.ts';
import { WebSocketLimits } from '../websocket/limits.ts';
import type { Operation } from './operations.ts';
import { TimeUnit } from './texts.ts';
import { type WsApiServices, WsApiSession } from './ws-api-session.ts';

test('WebSocket API: a request too many of those that wait is refused under its own id', () => {
  const told: unknown[] = [];
  const connection = { isOpen: true, send: (text: string) => told.push(JSON.parse(text)) };
  const slow: Operation = {
    method: 'GET',
    path: '',
    weight: 1,
    prepare: () => () => new Promise(() => {}),
  };
  const access = { charge: () => ({ allowed: true, limit: 9, remaining: 8 }) };
  const services = {
    operations: new Map([['slow', slow]]),
    sources: { access, wallMs: () => 5 },
  } as unknown as WsApiServices;
  const counts = { messages: 0, refused: 0, slow: 0 };
  const client = new WsApiSession(
    connection as unknown as Connection,
    services,
    counts,
    () => {},
    false,
    TimeUnit.Millisecond,
  );
  for (let id = 1; id <= WebSocketLimits.WAITING_MAX; id++)
    client.onText(JSON.stringify({ id, method: 'slow' }));
  assert.deepEqual(told, []);
  client.onText(JSON.stringify({ id: 'one more', method: 'slow' }));
  const msg = `at most ${WebSocketLimits.WAITING_MAX} requests may wait for their answer`;
  assert.deepEqual(told, [{ id: 'one more', status: 429, error: { code: -1003, msg } }]);
  assert.equal(counts.refused, 1);
});
