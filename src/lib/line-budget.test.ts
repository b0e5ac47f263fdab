import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureLines, LineBudget } from './line-budget.ts';

test('LineBudget: so many in a second, and the next line says how many were left out', () => {
  const budget = new LineBudget(50);
  for (let line = 0; line < 50; line++) assert.deepEqual(budget.take(line), {});
  assert.equal(budget.take(998), undefined);
  assert.equal(budget.take(999), undefined);
  assert.deepEqual(budget.take(1_000), { leftOut: 2 });
  assert.deepEqual(budget.take(1_001), {});
});

test('failureLines: five in a second, and the next says how many were left out', (t) => {
  t.mock.method(performance, 'now', () => nowMs);
  let nowMs = 7;
  const written: object[] = [];
  const write = failureLines((fields, message) => void written.push({ ...fields, message }));
  for (let line = 0; line < 1_000; line++) write({ line }, 'failed');
  nowMs += 1_000;
  write({ line: 1_000 }, 'failed');
  assert.deepEqual(
    written.map((line) => JSON.stringify(line)),
    [
      ...[0, 1, 2, 3, 4].map((line) => `{"line":${line},"message":"failed"}`),
      '{"line":1000,"leftOut":995,"message":"failed"}',
    ],
  );
});
