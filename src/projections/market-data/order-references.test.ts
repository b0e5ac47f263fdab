import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { OrderReferences } from './order-references.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_252);

test('OrderReferences: finds orders of any id pattern after the table grew', () => {
  for (const step of [1, 2, 4_096, 2 ** 31, 2 ** 32, 2 ** 38 + 2 ** 32]) {
    const references = new OrderReferences();
    for (let i = 1; i <= 5_000; i++) references.add(i * step, i);
    assert.equal(references.size, 5_000);
    for (let i = 1; i <= 5_000; i++) {
      assert.equal(references.get(i * step), i, `id ${i * step}`);
      assert.equal(references.get((i + 5_000) * step), undefined);
    }
  }
});

test('OrderReferences: ids grow without end while few live: no row more than ever lived at once', () => {
  const references = new OrderReferences();
  for (let id = 1; id <= 300_000; id++) {
    references.add(id * 1_000_003, id);
    if (id > 100) assert.equal(references.remove((id - 100) * 1_000_003), id - 100);
  }
  assert.equal(references.size, 100);
  assert.equal(references.rows, 101);
});

test(`OrderReferences: equals a Map after random operations (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  const references = new OrderReferences();
  const naive = new Map<number, number>();
  for (let step = 1; step < 60_000; step++) {
    const id = below(6_000) * 2 ** below(40);
    const known = naive.get(id);
    assert.equal(references.get(id), known);
    if (known === undefined) {
      naive.set(id, 2 ** 50 + step);
      references.add(id, 2 ** 50 + step);
    } else {
      naive.delete(id);
      assert.equal(references.remove(id), known);
      assert.equal(references.remove(id), undefined);
    }
    assert.equal(references.size, naive.size);
  }
  for (const [id, reference] of naive) assert.equal(references.get(id), reference);
});

test('OrderReferences: an order that is there is not added again', () => {
  const references = new OrderReferences();
  references.add(7, 3);
  assert.throws(() => references.add(7, 4), /Invariant: an order takes its id once/);
});
