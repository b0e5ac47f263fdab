import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { repeatedName } from './repeated-name.ts';

const nameIn = (text: string) => repeatedName(text, JSON.parse(text));

test('a name that an object has twice is found, however it is written and wherever it stands', () => {
  const cases: [string, string | undefined][] = [
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"b":2,"\\u0061":3}', 'a'],
    ['{"a" \t\r\n: 1,"a"\n:2}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":{"a":2}}', '__proto__'],
    ['[1,{"x":[{"y":{"b":1,"c":[],"b":{}}}]}]', 'b'],
    ['{"a":{"a":1,"b":2,"c":3,"a":4},"a":1}', 'a'],
    ['{"a":{"c":1,"c":2},"a":"}"}', 'c'],
    ['{"\\"a":1,"a":2,"\\\\":3}', undefined],
    ['{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":{"a":3}}', undefined],
    ['{"a":"\\":","b":"b\\": {","c":"2026-01-02T03:04:05Z"}', undefined],
    ['{"a":"{\\"a\\":1}"}', undefined],
    ['{"1":1,"01":2,"1.0":3}', undefined],
    ['{}', undefined],
    ['":"', undefined],
    ['null', undefined],
    ['['.repeat(30_000) + ']'.repeat(30_000), undefined],
    [`${'{"a":'.repeat(9_000)}":"${'}'.repeat(9_000)}`, undefined],
    [`{"text":"${'\\":'.repeat(20_000)}"}`, undefined],
  ];
  for (const [text, name] of cases) assert.equal(nameIn(text), name, text.slice(0, 80));
});

test('random texts: found exactly where one was written twice', (t) => {
  const seed = Number(process.env.HIVE_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`HIVE_SEED=${seed}`);
  const next = seededRandom(seed);
  const below = (bound: number) => Math.floor(next() * bound);
  const pick = (parts: readonly string[]) => parts[below(parts.length)];
  const string = () => `"${pick(PARTS)}${pick(PARTS)}"`;
  let isRepeated = false;
  const written = (depth: number): string => {
    const kind = depth === 0 ? 0 : below(3);
    if (kind === 0) return pick(['1', 'true', 'null', string()]);
    const values = Array.from({ length: below(5) }, () => written(depth - 1));
    if (kind === 1) return `[${values.join(pick([',', ' , ']))}]`;
    const names = values.map(string);
    if (new Set(names.map((name) => JSON.parse(name))).size < names.length) isRepeated = true;
    return `{${values.map((value, at) => `${names[at]}${pick(['', ' ', '\n'])}:${value}`).join(',')}}`;
  };
  for (let run = 0; run < 5_000; run++) {
    isRepeated = false;
    const text = written(4);
    assert.equal(nameIn(text) !== undefined, isRepeated, text);
  }
});

const PARTS = ['a', 'b', '\\"', '\\\\', ':', '\\": ', '{', '}', ',', '\\u0061', ''];
