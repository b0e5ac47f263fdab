import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './seeded-random.ts';

test('seededRandom: one seed, one row of fractions; another seed, another row', () => {
  const row = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));
  assert.deepEqual(row(7), row(7));
  assert.notDeepEqual(row(7), row(8));
  assert.ok(row(7).every((fraction) => fraction >= 0 && fraction < 1));
  const mean = row(7).reduce((sum, fraction) => sum + fraction, 0) / 1_000;
  assert.ok(mean > 0.45 && mean < 0.55, `mean ${mean}`);
});
