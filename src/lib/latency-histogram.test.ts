import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketEndUs,
  cumulativeCounts,
  LATENCY_BUCKETS,
  LATENCY_HISTOGRAM_BYTES,
  LatencyHistogram,
  LatencyWindow,
  latencyBucket,
} from './latency-histogram.ts';
import { seededRandom } from './seeded-random.ts';

test('latencyBucket: each duration is in a bucket that ends at most 3.2 % above it, and longer ones are not before it', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  for (let n = 0; n < 20_000; n++) {
    const us = Math.floor(2 ** (random() * 30.9)) / 10;
    const bucket = latencyBucket(us / 1_000 + 1e-9);
    const endUs = bucketEndUs(bucket);
    assert.ok(
      endUs >= us - 0.05 && endUs <= us * 1.032 + 0.1,
      `${us} us is in a bucket that ends at ${endUs}`,
    );
    assert.ok(bucket >= 0 && bucket < LATENCY_BUCKETS);
    assert.ok(latencyBucket((us * 1.04) / 1_000) >= bucket);
  }
  assert.deepEqual([latencyBucket(-1), latencyBucket(0), latencyBucket(1e9)], [0, 0, LATENCY_BUCKETS - 1]);
  for (let bucket = 1; bucket < LATENCY_BUCKETS; bucket++) {
    assert.ok(bucketEndUs(bucket) > bucketEndUs(bucket - 1));
    assert.equal(latencyBucket((bucketEndUs(bucket) + 0.01) / 1_000), bucket);
  }
});

test('LatencyWindow: what was counted since the last time', () => {
  const memory = new SharedArrayBuffer(LATENCY_HISTOGRAM_BYTES);
  const histogram = new LatencyHistogram(memory);
  histogram.record(5, 3);
  const window = new LatencyWindow(memory);
  assert.deepEqual(window.take(), { count: 0, p50Us: 0, p90Us: 0, p99Us: 0, p999Us: 0, maxUs: 0 });
  histogram.record(0.002, 899);
  histogram.record(0.005, 99);
  histogram.record(0.006, 1);
  histogram.record(2, 1);
  const figures = window.take();
  assert.deepEqual(
    { ...figures, maxUs: 0 },
    { count: 1_000, p50Us: 2, p90Us: 5, p99Us: 5, p999Us: 6, maxUs: 0 },
  );
  assert.ok(figures.maxUs >= 2_000 && figures.maxUs < 2_064);
  assert.equal(window.take().count, 0);
});

test('cumulativeCounts: what was counted up to each bound, and the sum', () => {
  const memory = new SharedArrayBuffer(8 + LATENCY_HISTOGRAM_BYTES);
  const histogram = new LatencyHistogram(memory, 8);
  histogram.record(0.001, 2);
  histogram.record(0.1, 3);
  histogram.record(50_000, 1);
  const { counts, count, sumSeconds } = cumulativeCounts(memory, 8, [0.000001, 0.00005, 0.001, 1]);
  assert.deepEqual(counts, [2, 2, 5, 5]);
  assert.equal(count, 6);
  assert.ok(sumSeconds >= 50 && sumSeconds < 50 * 1.032 + 0.001);
});
