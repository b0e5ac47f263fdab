import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenIdOf, traceOf } from './request-log.ts';

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
