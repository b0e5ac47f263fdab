import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowRing } from './row-ring.ts';

test('RowRing: keeps the newest rows at their positions, whatever its size', () => {
  for (const rowsMax of [1, 7, 8, 9, 50, 64]) {
    const ring = new RowRing(2, rowsMax);
    assert.deepEqual([ring.oldest, ring.next], [0, 0]);
    for (let position = 0; position < 200; position++) {
      const at = ring.push();
      ring.f64[at] = position;
      ring.f64[at + 1] = -position;
      assert.equal(ring.oldest, Math.max(0, position + 1 - rowsMax));
      assert.equal(ring.next, position + 1);
      for (let kept = ring.oldest; kept < ring.next; kept++) {
        assert.deepEqual([...ring.f64.subarray(ring.at(kept), ring.at(kept) + 2)], [kept, -kept]);
      }
    }
    assert.equal(ring.f64.length, 2 * rowsMax);
  }
});

test('RowRing: begins at any position, and again at another', () => {
  const ring = new RowRing(1, 20, 100);
  const fill = (to: number): void => {
    while (ring.next < to) {
      const at = ring.push();
      ring.f64[at] = ring.next - 1;
    }
  };
  const kept = (): number[] =>
    Array.from({ length: ring.next - ring.oldest }, (_, i) => ring.f64[ring.at(ring.oldest + i)]);
  assert.deepEqual([ring.oldest, ring.next], [100, 100]);
  fill(112);
  assert.deepEqual(kept(), [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111]);
  ring.restart(95);
  assert.deepEqual([ring.oldest, ring.next], [95, 95]);
  fill(118);
  assert.deepEqual([ring.oldest, kept()[0], kept().at(-1)], [98, 98, 117]);
});

test('RowRing: starts small', () => {
  assert.equal(new RowRing(16, 1_440).f64.length, 8 * 16);
});
