import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextMap } from './text-map.ts';

test('get, set and remove: the last value of each text, texts of any length and alphabet, one in two forms', () => {
  const map = new TextMap<number>();
  const texts = [
    '',
    'a',
    'ab',
    'ba',
    'a'.repeat(64),
    'a'.repeat(65),
    `${'a'.repeat(64)}b`,
    'ä',
    '\u{1f41d}',
    '\0',
  ];
  for (const [value, text] of texts.entries()) map.set(text, value);
  assert.deepEqual(
    texts.map((text) => map.get(text)),
    texts.map((_text, value) => value),
  );
  assert.equal(map.get('b'), undefined);
  map.set('ab', 20);
  assert.equal(map.get(['a', 'b'].join('')), 20);
  map.remove('ab', 2);
  assert.equal(map.get('ab'), 20, 'it has another value');
  map.remove('ab', 20);
  assert.equal(map.get('ab'), undefined);
  map.remove('ab', 20);
  assert.equal(map.get('ba'), 3);
});

test('remove: texts in one place, the first, one between and the last', () => {
  // Beyond 64 characters nothing tells them apart but themselves.
  const texts = [1, 2, 3, 4].map((end) => `${'x'.repeat(64)}${end}`);
  for (const removed of texts) {
    const map = new TextMap<string>();
    for (const text of texts) map.set(text, text);
    map.remove(removed, removed);
    assert.deepEqual(
      texts.map((text) => map.get(text)),
      texts.map((text) => (text === removed ? undefined : text)),
    );
    map.set(removed, 'again');
    assert.equal(map.get(removed), 'again');
  }
});

test('as a Map does, whatever comes', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  // Few texts, some of which share a place.
  const text = fc.constantFrom('', 'a', 'b', ...[1, 2, 3].map((end) => `${'x'.repeat(64)}${end}`));
  const step = fc.record({
    kind: fc.constantFrom('set', 'remove'),
    text,
    value: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new TextMap<number>();
      const expected = new Map<string, number>();
      for (const { kind, text: name, value } of steps) {
        if (kind === 'set') {
          map.set(name, value);
          expected.set(name, value);
        } else {
          map.remove(name, value);
          if (expected.get(name) === value) expected.delete(name);
        }
        assert.equal(map.get(name), expected.get(name));
      }
      for (const [name, value] of expected) assert.equal(map.get(name), value);
    }),
    { seed },
  );
});
