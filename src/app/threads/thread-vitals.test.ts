import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cumulativeCounts } from '#lib/latency-histogram.ts';
import { gcHistogramOffset, ThreadVitals, VitalsReader, vitalsMemory } from './thread-vitals.ts';

test('ThreadVitals: a thread beats, and tells of its heap and its pauses; others are silent', async (t) => {
  const memory = vitalsMemory();
  const reader = new VitalsReader(memory, 'archive');
  assert.equal(reader.beats, 0);
  const vitals = new ThreadVitals(memory, 'archive');
  vitals.start();
  t.after(() => vitals.close());
  assert.equal(reader.beats, 1);
  assert.ok(reader.heapBytes > 1e6);
  const garbage: object[] = [];
  const pauses = () => cumulativeCounts(memory, gcHistogramOffset('archive'), [1]).count;
  while (pauses() === 0 || reader.beats < 2) {
    for (let i = 0; i < 100_000; i++) garbage[i % 1_000] = { i };
    await sleep(1);
  }
  assert.ok(reader.delays.max >= reader.delays.p50);
  assert.equal(new VitalsReader(memory, 'edge').beats, 0);
});
