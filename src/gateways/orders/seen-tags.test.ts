import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { SeenTags } from './seen-tags.ts';

test('the newest texts are remembered, per user, and nothing else', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const capacity = 64;
  const seen = new SeenTags(capacity);
  const newest: string[] = [];
  for (let step = 0; step < 20_000; step++) {
    const userId = 1 + Math.floor(random() * 3);
    const tag = `order-${Math.floor(random() * 200)}`;
    const key = `${userId} ${tag}`;
    assert.equal(seen.has(userId, tag), newest.includes(key), `step ${step}: ${key}`);
    if (random() < 0.5) continue;
    seen.add(userId, tag);
    if (newest.includes(key)) continue;
    newest.push(key);
    if (newest.length > capacity) newest.shift();
  }
});

test('texts and users that differ by little have different hashes', () => {
  const seen = new SeenTags(1 << 16);
  for (let user = 1; user <= 40; user++) for (let id = 0; id < 1_000; id++) seen.add(user, `c${id}`);
  let known = 0;
  for (let user = 41; user <= 80; user++) {
    for (let id = 0; id < 1_000; id++) if (seen.has(user, `c${id}`)) known++;
  }
  assert.equal(known, 0);
});
