import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { DisplayedOrders, NONE } from './displayed-orders.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_252);

test('DisplayedOrders: finds orders of any id pattern after the table grew', () => {
  for (const step of [1, 2, 4_096, 2 ** 31, 2 ** 32, 2 ** 38 + 2 ** 32]) {
    const orders = new DisplayedOrders();
    const slots = new Map<number, number>();
    for (let i = 1; i <= 5_000; i++) slots.set(i * step, orders.add(i * step, i, 7));
    assert.equal(orders.size, 5_000);
    assert.equal(new Set(slots.values()).size, 5_000);
    for (const [id, slot] of slots) {
      assert.equal(orders.find(id), slot, `id ${id}`);
      assert.equal(orders.visibleQtyLots(slot), id / step);
      assert.equal(orders.find(id + step * 5_000), NONE);
    }
  }
});

test('DisplayedOrders: ids grow without end while few live: no row more than ever lived at once', () => {
  const orders = new DisplayedOrders();
  for (let id = 1; id <= 300_000; id++) {
    orders.add(id * 1_000_003, id, 1);
    if (id > 100) orders.remove(orders.find((id - 100) * 1_000_003));
  }
  assert.equal(orders.size, 100);
  assert.equal(orders.rows, 101);
});

test(`DisplayedOrders: equals a Map after random operations (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  const orders = new DisplayedOrders();
  const naive = new Map<number, number>();
  for (let step = 0; step < 60_000; step++) {
    const id = below(6_000) * 2 ** below(40);
    const known = naive.get(id);
    assert.equal(orders.find(id), known ?? NONE);
    if (known === undefined) naive.set(id, orders.add(id, step, 1));
    else if (random() < 0.7) {
      orders.remove(known);
      naive.delete(id);
    } else {
      const fresh = 2 ** 50 + step;
      orders.rename(known, fresh);
      naive.delete(id);
      naive.set(fresh, known);
    }
    assert.equal(orders.size, naive.size);
  }
  for (const [id, slot] of naive) assert.deepEqual([orders.find(id), orders.orderId(slot)], [slot, id]);
});
