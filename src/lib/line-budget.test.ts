import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBudget } from './line-budget.ts';

test('LineBudget: so many in a second, and the next line says how many were left out', () => {
  const budget = new LineBudget(50);
  for (let line = 0; line < 50; line++) assert.deepEqual(budget.take(line), {});
  assert.equal(budget.take(998), undefined);
  assert.equal(budget.take(999), undefined);
  assert.deepEqual(budget.take(1_000), { leftOut: 2 });
  assert.deepEqual(budget.take(1_001), {});
});
