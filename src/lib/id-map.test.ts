import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdMap } from './id-map.ts';

test('IdMap: small and large ids, absent ones, and clear', () => {
  const map = new IdMap();
  const ids = [0, 1, 65_535, 65_536, 2 ** 31 - 1];
  for (const [row, id] of ids.entries()) map.set(id, row);
  assert.deepEqual(
    ids.map((id) => map.get(id)),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(
    [2, 65_537, -1, -(2 ** 31)].map((id) => map.get(id)),
    [-1, -1, -1, -1],
  );
  map.set(1, 9);
  assert.equal(map.get(1), 9);
  map.clear();
  assert.deepEqual(
    ids.map((id) => map.get(id)),
    [-1, -1, -1, -1, -1],
  );
});
