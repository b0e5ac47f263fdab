import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS, type Metric } from '#projections/metrics/catalogue.ts';

/** What the practices of Prometheus want of a name: https://prometheus.io/docs/practices/naming/. */
function faultOf(name: string, { type, unit, buckets }: Metric): string | undefined {
  if (!/^(hive|process)_[a-z]+(_[a-z]+)*$/.test(name)) return 'it is no name';
  if ((type === 'counter') !== name.endsWith('_total')) return '_total is for counters';
  const suffixes: { readonly [unit: string]: string } = {
    seconds: '_seconds',
    bytes: '_bytes',
    ticks: '_ticks',
    timestamp: '_time_seconds|_timestamp_seconds',
  };
  const suffix = suffixes[unit];
  if (suffix !== undefined && !new RegExp(`(${suffix})(_total)?$`).test(name))
    return `it does not end in ${suffix}`;
  if ((type === 'histogram') !== (buckets !== undefined)) return 'buckets are for histograms';
  if (buckets?.some((bound, i) => i > 0 && bound <= buckets[i - 1])) return 'buckets do not ascend';
  return undefined;
}

test('metrics: every name says what it is', () => {
  for (const [name, metric] of Object.entries<Metric>(METRICS))
    assert.equal(faultOf(name, metric), undefined, name);
});

test('metrics: a name that says something else is found', () => {
  const gauge = METRICS.hive_ready;
  assert.equal(faultOf('hive_ready_total', gauge), '_total is for counters');
  assert.equal(faultOf('hive_Ready', gauge), 'it is no name');
  assert.equal(faultOf('hive_wait', { ...gauge, unit: 'seconds' }), 'it does not end in _seconds');
  const { hive_gc_pause_seconds: histogram } = METRICS;
  assert.equal(faultOf('hive_gc_pause_seconds', { ...histogram, buckets: [2, 1] }), 'buckets do not ascend');
});
