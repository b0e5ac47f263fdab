import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArchiveRefusedError, type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import { wholeOrder } from './order-operations.ts';

/** A user of whose orders the desk has these. */
const userWith = (...orders: readonly object[]): DeskUser => {
  const byOrderId = (orderId: number) => (orders as OrderRecord[]).find((order) => order.orderId === orderId);
  return { sequence: 7, userId: 5, orders: { byOrderId } } as unknown as DeskUser;
};
const SAID = {
  tradingCapacity: 1,
  regulatoryFlags: 2,
  clientCode: 0,
  investmentDecisionCode: 4,
  executionDecisionCode: 3,
  nonExecutingBrokerCode: 0,
};

test('what an order said comes from history; what became of it since history was asked is not taken back', async () => {
  const order = { orderId: 9, status: OrderStatus.Open as number, updatedSequence: 7 };
  const asOf7 = { ...order, ...SAID } as OrderRecord;
  const archive = { ask: () => Promise.resolve({ sequence: 7, result: asOf7 }) } as unknown as ArchiveQueries;
  const asked = wholeOrder({ archive }, userWith(order), order as OrderRecord);
  // A report changes the desk's own record.
  Object.assign(order, { status: OrderStatus.Canceled, updatedSequence: 8 });
  assert.deepEqual(await asked, { orderId: 9, status: OrderStatus.Canceled, updatedSequence: 8, ...SAID });
});

test('an order is told as its reports have it where history does not answer, or does not have it', async () => {
  const order = { orderId: 9, status: OrderStatus.Open } as OrderRecord;
  const asking = (ask: () => Promise<unknown>) =>
    wholeOrder({ archive: { ask } as unknown as ArchiveQueries }, userWith(), order);
  const silent = Object.fromEntries(Object.keys(SAID).map((name) => [name, 0]));
  const unknown = await asking(() => Promise.resolve({ sequence: 7, result: undefined }));
  assert.deepEqual(unknown, { ...order, ...silent });
  assert.deepEqual(await asking(() => Promise.reject(new ArchiveRefusedError('LATE', 'late'))), order);
  await assert.rejects(
    asking(() => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
});
