import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { givenIdOf, RequestLog, traceOf } from './request-log.ts';

test('givenIdOf: an id that a log can hold; nothing else', () => {
  for (const id of ['a', 'desk-7:00.1_x', 'x'.repeat(64)]) assert.equal(givenIdOf(id), id);
  for (const id of ['', 'x'.repeat(65), 'two words', 'line\nfeed', '"', 'é', undefined, ['a', 'b']])
    assert.equal(givenIdOf(id), undefined);
});

test('traceOf: what leads on to the log of the venue', () => {
  const order = { orderId: 7, clientOrderId: 'mine', price: '1' };
  assert.deepEqual(traceOf({ sequence: 9, order, isRepeat: false }), {
    sequence: 9,
    orderId: 7,
    clientOrderId: 'mine',
  });
  assert.deepEqual(traceOf({ orderId: 7, clientOrderId: 'mine', status: 'NEW' }), {
    orderId: 7,
    clientOrderId: 'mine',
  });
  assert.deepEqual(traceOf({ code: 'PHASE', sequence: 3, detail: 'x' }), { code: 'PHASE', sequence: 3 });
  for (const nothing of [undefined, null, 'text', {}]) assert.deepEqual(traceOf(nothing), {});
});

test('lines: of questions those that were refused for who asks or how often; however many, what changes something has its own', () => {
  const lines: object[] = [];
  const log = new RequestLog({ info: (fields) => lines.push(fields) }, 2);
  const note = (method: string, status: number): void => {
    const request = {
      id: 'x',
      method,
      principal: { userId: 7 },
      headers: {},
      raw: { socket: { remoteAddress: '192.0.2.1' } },
      routeOptions: { url: '/orders' },
    };
    const reply = { raw: { headersSent: true, statusCode: status }, elapsedTime: 0.6 };
    log.note(request as unknown as FastifyRequest, reply as FastifyReply);
  };
  for (const status of [200, 400, 404, 429, 403, 401, 429]) note('GET', status);
  note('POST', 429);
  note('GET', 503);
  const line = { door: 'http', remote: '192.0.2.1', requestId: 'x', path: '/orders', tookMs: 1, userId: 7 };
  assert.deepEqual(lines, [
    { ...line, method: 'GET', status: 429 },
    { ...line, method: 'GET', status: 403 },
    { ...line, method: 'POST', status: 429 },
    { ...line, method: 'GET', status: 503 },
  ]);
});
