import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { memoryTrend } from '../../bench/load/memory-trend.ts';

const MIB = 2 ** 20;
const seed = Number(process.env['HIVE_SEED'] ?? 20_260_131);
const random = seededRandom(seed);
/** Memory of a process that collects garbage every 20 s or so, and grows besides by `mibPerMinute`. */
const process20 = (seconds: number, mibPerMinute: number, warmupMiB = 0) =>
  Array.from({ length: seconds }, (_, second) => ({
    seconds: second,
    bytes:
      MIB *
      (300 +
        warmupMiB * (1 - Math.exp(-second / 30)) +
        (mibPerMinute * second) / 60 +
        ((second * 1.7) % 34) +
        4 * random()),
  }));
const verdicts = (mibPerMinute: number, warmupMiB = 0, count = 200) => {
  const found = { steady: 0, leak: 0, 'too short': 0 };
  for (let i = 0; i < count; i++)
    found[memoryTrend(process20(600, mibPerMinute, warmupMiB), 1, 300).verdict]++;
  return found;
};

test('memory that only garbage moves is steady, also after a warm-up', (t) => {
  t.diagnostic(`HIVE_SEED=${seed}`);
  assert.deepEqual(verdicts(0), { steady: 200, leak: 0, 'too short': 0 });
  assert.deepEqual(verdicts(0, 80), { steady: 200, leak: 0, 'too short': 0 });
});

test('a leak of 3 MiB a minute is found each time, with its slope', (t) => {
  t.diagnostic(`HIVE_SEED=${seed}`);
  assert.deepEqual(verdicts(3), { steady: 0, leak: 200, 'too short': 0 });
  const { mibPerMinute } = memoryTrend(process20(600, 3), 1, 300);
  assert.ok(mibPerMinute > 2.5 && mibPerMinute < 3.5, `${mibPerMinute}`);
});

test('growth below what is allowed is no leak, and a short measurement says nothing', () => {
  assert.equal(memoryTrend(process20(600, 0.5), 1, 300).verdict, 'steady');
  assert.equal(memoryTrend(process20(60, 30), 1, 300).verdict, 'too short');
  assert.deepEqual(memoryTrend([], 1, 300), { verdict: 'too short', mibPerMinute: 0, fromMiB: 0, toMiB: 0 });
});
