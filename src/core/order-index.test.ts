import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { OrderIndex } from './order-index.ts';
import { OrderRecord } from './order-record.ts';

/** An index over records that the test writes, beside a Map that knows better. */
class Checked {
  readonly index: OrderIndex;
  readonly records: Int32Array<ArrayBuffer>;
  readonly slots = new Map<string, number>();

  constructor(ordersMax: number, seed: number) {
    this.records = new Int32Array((ordersMax + 1) * OrderRecord.words);
    this.index = new OrderIndex(this.records, ordersMax, seed);
  }

  add(slot: number, userRow: number, clientOrderId: number): void {
    this.records[slot * OrderRecord.words + OrderRecord.userRow] = userRow;
    this.records[slot * OrderRecord.words + OrderRecord.clientOrderId] = clientOrderId;
    this.index.add(slot, userRow, clientOrderId);
    this.slots.set(`${userRow} ${clientOrderId}`, slot);
  }

  remove(key: string): void {
    const slot = this.slots.get(key)!;
    this.index.remove(slot);
    this.slots.delete(key);
  }

  check(): void {
    for (const [key, slot] of this.slots) {
      const [userRow, clientOrderId] = key.split(' ').map(Number);
      assert.equal(this.index.find(userRow, clientOrderId), slot, key);
    }
  }
}

test('OrderIndex: finds what was added, not what was removed, and tells users and ids apart', () => {
  const checked = new Checked(8, 1);
  checked.add(1, 3, 7);
  checked.add(2, 7, 3);
  checked.add(8, 3, 8);
  checked.check();
  assert.equal(checked.index.find(3, 3), 0);
  checked.remove('7 3');
  assert.equal(checked.index.find(7, 3), 0);
  checked.check();
});

test('OrderIndex: full to the last slot, through every size on the way there, whatever the seed', () => {
  // The last slot has all bits of a slot, or all but the highest are none.
  for (const [ordersMax, seed] of [
    [5_000, 0],
    [4_095, 1],
    [4_096, -1],
    [1, 0x7fffffff],
  ]) {
    const checked = new Checked(ordersMax, seed);
    for (let slot = 1; slot <= ordersMax; slot++) {
      checked.add(slot, slot % 3, slot % 2 === 0 ? slot : -slot);
      if (slot % 512 === 0) checked.check();
    }
    checked.check();
    for (const key of [...checked.slots.keys()]) checked.remove(key);
    assert.equal(checked.index.find(1, 1), 0);
  }
});

test('OrderIndex: random adds and removes, with a clear in between, against a Map', (t: TestContext) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const fraction = seededRandom(seed);
  const below = (bound: number): number => Math.floor(fraction() * bound);
  const ordersMax = 3_000;
  const checked = new Checked(ordersMax, seed);
  const free = Array.from({ length: ordersMax }, (_, index) => index + 1);
  for (let round = 0; round < 60; round++) {
    const grows = below(2) === 0;
    for (let step = below(400); step > 0; step--) {
      if (grows && free.length > 0) {
        const key = [below(40), 1 + below(2 ** 31 - 1)] as const;
        if (checked.slots.has(key.join(' '))) continue;
        checked.add(free.splice(below(free.length), 1)[0], ...key);
      } else if (checked.slots.size > 0) {
        const key = [...checked.slots.keys()][below(checked.slots.size)];
        free.push(checked.slots.get(key)!);
        checked.remove(key);
      }
    }
    if (round === 30) {
      checked.index.clear(checked.slots.size);
      for (const [key, slot] of checked.slots) {
        const [userRow, clientOrderId] = key.split(' ').map(Number);
        checked.index.add(slot, userRow, clientOrderId);
      }
    }
    checked.check();
  }
});
