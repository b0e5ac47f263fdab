import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS } from './catalogue.ts';
import { MetricsRegistry } from './registry.ts';

/** What is said of one metric: its head and its samples. */
function family(text: string, name: string): string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(`# HELP ${name} `));
  return lines.slice(from, lines.indexOf('', from));
}

test('registry: head and samples of each metric, in the text format of Prometheus', () => {
  const registry = new MetricsRegistry(false);
  registry.set('hive_ready', 1, {});
  registry.set('hive_thread_up', 1, { thread: 'archive' });
  registry.set('hive_thread_up', 0, { thread: 'edge' });
  const text = registry.text();
  assert.deepEqual(family(text, 'hive_ready'), [
    `# HELP hive_ready ${METRICS.hive_ready.help}`,
    '# TYPE hive_ready gauge',
    'hive_ready 1',
  ]);
  assert.deepEqual(family(text, 'hive_thread_up').slice(1), [
    '# TYPE hive_thread_up gauge',
    'hive_thread_up{thread="archive"} 1',
    'hive_thread_up{thread="edge"} 0',
  ]);
  assert.equal(family(text, 'hive_uptime_seconds').length, 2);
});

test('registry: a histogram has its buckets, the sum and the count', () => {
  const registry = new MetricsRegistry(false);
  const { buckets } = METRICS.hive_gc_pause_seconds;
  const counts = buckets.map((_, i) => i);
  registry.setHistogram('hive_gc_pause_seconds', { counts, count: 20, sumSeconds: 0.5 }, { thread: 'edge' });
  registry.setHistogram('hive_http_request_seconds', { counts, count: 1, sumSeconds: 2 }, {});
  assert.deepEqual(family(registry.text(), 'hive_gc_pause_seconds').slice(2), [
    ...buckets.map((le, i) => `hive_gc_pause_seconds_bucket{thread="edge",le="${le}"} ${i}`),
    'hive_gc_pause_seconds_bucket{thread="edge",le="+Inf"} 20',
    'hive_gc_pause_seconds_sum{thread="edge"} 0.5',
    'hive_gc_pause_seconds_count{thread="edge"} 20',
  ]);
  assert.deepEqual(family(registry.text(), 'hive_http_request_seconds').slice(-3), [
    'hive_http_request_seconds_bucket{le="+Inf"} 1',
    'hive_http_request_seconds_sum 2',
    'hive_http_request_seconds_count 1',
  ]);
});

test('registry: numbers and labels as Prometheus reads them', () => {
  const registry = new MetricsRegistry(false);
  registry.set('hive_effective_spread_ticks', Number.POSITIVE_INFINITY, { symbol: 'A"\\\n' });
  registry.set('hive_effective_spread_ticks', Number.NEGATIVE_INFINITY, { symbol: 'B' });
  registry.set('hive_effective_spread_ticks', 1e-7, { symbol: 'C' });
  registry.set('hive_effective_spread_ticks', Number.NaN, { symbol: 'none' });
  assert.deepEqual(family(registry.text(), 'hive_effective_spread_ticks').slice(2), [
    'hive_effective_spread_ticks{symbol="A\\"\\\\\\n"} +Inf',
    'hive_effective_spread_ticks{symbol="B"} -Inf',
    'hive_effective_spread_ticks{symbol="C"} 1e-7',
  ]);
});

test('registry: the metrics of clusters are those of nodes in one; what was said is forgotten', () => {
  const alone = new MetricsRegistry(false);
  alone.set('hive_cluster_quorum', 1, {});
  assert.doesNotMatch(alone.text(), /hive_cluster_quorum/);
  const node = new MetricsRegistry(true);
  node.set('hive_cluster_quorum', 1, {});
  assert.match(node.text(), /\nhive_cluster_quorum 1\n/);
  node.clear();
  assert.doesNotMatch(node.text(), /\nhive_cluster_quorum 1\n/);
});
