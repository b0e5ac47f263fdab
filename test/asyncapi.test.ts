import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asyncApiDocument } from '#gateways/websocket/asyncapi.ts';
import { isRequestId } from '#gateways/websocket/protocol.ts';
import { AsyncApiChecker } from './support/asyncapi.ts';

const checker = new AsyncApiChecker(asyncApiDocument());
const PONG = { id: 1, result: { timeMs: 5 } };

test('AsyncAPI: what the document does not allow is found', () => {
  assert.deepEqual(checker.faults(PONG, 'ping'), []);
  assert.deepEqual(checker.faults(PONG, undefined), []);
  const trade = {
    tradeId: 1,
    time: '2026-01-02T03:04:05.000000006Z',
    price: '1.00',
    quantity: '2',
    side: 'buy',
  };
  for (const [message, op, fault] of [
    [PONG, 'order.get', /^orderGetAnswer: \/result must have required properties order$/],
    [{ ...PONG, more: 1 }, 'ping', /^pingAnswer: .*additional properties/],
    [{ id: 1, result: { timeMs: -1 } }, undefined, /^pingAnswer: \/result\/timeMs /],
    [{ id: 1, error: { code: 'PHASE' } }, 'ping', /^refusal: \/error must have required properties /],
    [
      { channel: 'trades.BTCUSD', type: 'trades', trades: [{ ...trade, side: 'up' }] },
      undefined,
      /^tradesMessage: /,
    ],
    [{ channel: 'book.BTCUSD' }, undefined, /must have required properties /],
  ] as const) {
    const faults = checker.faults(message, op);
    assert.ok(
      faults.some((found) => fault.test(found)),
      JSON.stringify({ message, faults }),
    );
  }
});

test('AsyncAPI: a request has parameters where its operation needs some, and an id of so many characters', () => {
  const place = { symbol: 'BTCUSD', side: 'buy', type: 'market', quantity: '1' };
  assert.deepEqual(checker.requestFaults('order.place', { id: 1, op: 'order.place', params: place }), []);
  assert.deepEqual(checker.requestFaults('ping', { id: 1, op: 'ping' }), []);
  assert.deepEqual(checker.requestFaults('order.place', { id: 1, op: 'order.place' }), [
    'orderPlaceRequest:  must have required properties params',
  ]);
  for (const op of ['order.get', 'order.cancel', 'order.replace']) {
    const isAllowed = (params?: object) =>
      checker.requestFaults(op, { id: 1, op, ...(params && { params }) }).length === 0;
    const named = [{ orderId: 1 }, { clientOrderId: 'mine' }, { clientOrderNumber: 1 }];
    assert.deepEqual(named.map(isAllowed), [true, true, true], op);
    assert.deepEqual([undefined, {}, { ...named[0], ...named[1] }].map(isAllowed), [false, false, false], op);
  }
  for (const id of [
    'x'.repeat(36),
    'x'.repeat(37),
    '\u{1F600}'.repeat(36),
    '\u{1F600}'.repeat(37),
    '',
    0,
    -1,
  ]) {
    const isAllowed = checker.requestFaults('ping', { id, op: 'ping' }).length === 0;
    assert.equal(isRequestId(id), isAllowed, String(id));
  }
});
