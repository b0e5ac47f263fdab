import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { TagWindow } from './tag-window.ts';

/** A text as the nine words of a record. */
function wordsOf(text: string): Int32Array {
  const words = new Int32Array(9);
  Buffer.from(words.buffer).write(text, 'latin1');
  return words;
}

function use(window: TagWindow, userRow: number, text: string): boolean {
  if (window.has(userRow, wordsOf(text), 0)) return false;
  window.add();
  return true;
}

test('random: the newest texts are remembered, per user and nothing else, also over images', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  for (const capacity of [0, 1, 2, 7, 64]) {
    let window = new TagWindow('clientTags', capacity, seed);
    const newest: string[] = [];
    for (let step = 0; step < 10_000; step++) {
      const userRow = Math.floor(random() * 3);
      const text = `order-${Math.floor(random() * 150)}`;
      const key = `${userRow} ${text}`;
      const isFresh = !newest.includes(key);
      assert.equal(use(window, userRow, text), isFresh, `capacity ${capacity}, step ${step}: ${key}`);
      if (!isFresh) continue;
      newest.push(key);
      if (newest.length > capacity) newest.shift();
      if (random() < 0.01) window = restored(window, capacity, Math.floor(random() * 2 ** 31));
    }
  }
});

/** Another window with the same image, and another seed of its table. */
function restored(window: TagWindow, capacity: number, seed: number): TagWindow {
  const copy = new TagWindow('clientTags', capacity, seed);
  const [from] = window.stores;
  const images = from.images().map((image) => ({ ...image, bytes: image.bytes.slice() }));
  copy.stores[0].restore(from.rows, images);
  copy.rebuild(window.count);
  return copy;
}

test('texts that differ by little, and users with the same texts, never meet', () => {
  const window = new TagWindow('clientTags', 2 ** 19);
  const text = 'client-0000-0000-0000-0000-000000000';
  for (let userRow = 0; userRow < 4; userRow++) {
    for (let number = 0; number < 60_000; number++) {
      assert.ok(use(window, userRow, `${number}`));
      assert.ok(use(window, userRow, `${text.slice(0, -5)}${String(number).padStart(5, '0')}`));
    }
  }
  for (let at = 0; at < text.length; at++) {
    assert.ok(use(window, 9, `${text.slice(0, at)}#${text.slice(at + 1)}`), `letter ${at} counts`);
  }
});
