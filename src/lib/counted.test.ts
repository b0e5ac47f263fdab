import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted } from './counted.ts';

test('counted: one of something is told as one', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'order')),
    ['0 orders', '1 order', '2 orders'],
  );
  assert.deepEqual(
    [1, 2].map((count) => counted(count, 'entry', 'entries')),
    ['1 entry', '2 entries'],
  );
});
