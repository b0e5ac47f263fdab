import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MetricsRegistry } from '#projections/metrics/registry.ts';
import { addProcess } from './process-samples.ts';

test('process_start_time_seconds: the same at every scrape, so that what counts its changes counts starts', async () => {
  const starts = new Set<string | undefined>();
  for (let i = 0; i < 20; i++) {
    const registry = new MetricsRegistry(false);
    addProcess(registry);
    starts.add(/^process_start_time_seconds (.*)$/m.exec(registry.text())?.[1]);
    await nextTurn();
  }
  const [start] = starts;
  assert.equal(starts.size, 1, [...starts].join(', '));
  assert.ok(Math.abs(Number(start) - (Date.now() / 1e3 - process.uptime())) < 1);
});
