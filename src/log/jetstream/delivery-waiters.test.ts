import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryWaiters } from './delivery-waiters.ts';

test('until: what was reached resolves at once, what comes later then, in any order', async () => {
  const waiters = new DeliveryWaiters(5);
  assert.equal(await waiters.until(5), true);
  const order: number[] = [];
  const waits = [9, 6, 7].map((sequence) => waiters.until(sequence).then(() => order.push(sequence)));
  waiters.reach(7);
  await Promise.all(waits.slice(1));
  assert.deepEqual(order, [6, 7]);
  waiters.reach(20);
  await Promise.all(waits);
  assert.deepEqual(order, [6, 7, 9]);
});

test('until: false when it takes too long, and no more is kept of it', async () => {
  const waiters = new DeliveryWaiters(0);
  assert.equal(await waiters.until(1, 5), false);
  waiters.fail(new Error('closed'));
});

test('fail: rejects every wait', async () => {
  const waiters = new DeliveryWaiters(0);
  const waits = [waiters.until(1), waiters.until(2, 60_000)];
  waiters.fail(new Error('closed'));
  for (const wait of waits) await assert.rejects(wait, /closed/);
});
