import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BookLevel } from '#domain/market-views.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { addChanges } from './market-data-stream.ts';

type Entry = Parameters<typeof addChanges>[0][number];

/** What a counterparty makes of changes: New must be new, Change and Delete must be there. */
function applied(levels: readonly BookLevel[], entries: readonly Entry[], direction: number): BookLevel[] {
  const byPrice = new Map(levels.map((level) => [level.priceTicks, level]));
  for (const { update, level } of entries) {
    assert.ok(level !== undefined);
    assert.equal(byPrice.has(level.priceTicks), update !== '0', `update ${update} of ${level.priceTicks}`);
    if (update === '2') byPrice.delete(level.priceTicks);
    else byPrice.set(level.priceTicks, level);
  }
  return [...byPrice.values()].sort((a, b) => (a.priceTicks - b.priceTicks) * direction);
}

const level = (priceTicks: number, qtyLots: number, orders = 1): BookLevel => ({
  priceTicks,
  qtyLots,
  orders,
});

test('changes make the old levels into the new ones, on either side', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const some = (direction: number): BookLevel[] =>
    Array.from({ length: 30 }, (_, i) => level(i + 1, 1 + Math.floor(random() * 3)))
      .filter(() => random() < 0.4)
      .sort((a, b) => (a.priceTicks - b.priceTicks) * direction);
  for (let run = 0; run < 2_000; run++) {
    const direction = run % 2 === 0 ? 1 : -1;
    const [before, now] = [some(direction), some(direction)];
    const entries: Entry[] = [];
    addChanges(entries, 0x30, before, now, direction);
    assert.deepEqual(applied(before, entries, direction), now);
    const unchanged: Entry[] = [];
    addChanges(unchanged, 0x30, now, [...now], direction);
    assert.deepEqual(unchanged, []);
  }
});

test('a change that is left out, or said twice, is found by the check above', () => {
  const [before, now] = [[level(1, 5)], [level(1, 5), level(2, 3)]];
  assert.notDeepEqual(applied(before, [], 1), now);
  const entry: Entry = { update: '0', byte: 0x31, level: level(1, 5), trade: undefined };
  assert.throws(() => applied(before, [entry], 1), /update 0 of 1/);
});
