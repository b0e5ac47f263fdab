import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
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

/** Opens all files that it may, asks for the metrics, and prints them when there is a file to print with. */
const EXHAUSTED = `
  import { closeSync, openSync } from 'node:fs';
  import { addProcess } from '${join(import.meta.dirname, 'process-samples.ts')}';
  import { MetricsRegistry } from '${join(import.meta.dirname, '../../projections/metrics/registry.ts')}';
  const registry = new MetricsRegistry(false);
  const files = [];
  try {
    for (;;) files.push(openSync('/dev/null'));
  } catch {}
  try {
    addProcess(registry);
  } finally {
    for (const file of files) closeSync(file);
  }
  process.stdout.write(registry.text());
`;

test('process_open_fds: where no file can be opened any more the metrics say so', () => {
  const command = 'ulimit -n 128 && exec "$@"';
  const program = [process.execPath, '--input-type=module-typescript', '--eval', EXHAUSTED];
  const text = execFileSync('bash', ['-c', command, '-', ...program], { encoding: 'utf8' });
  assert.match(text, /^process_open_fds 128$/m);
  assert.match(text, /^process_max_fds 128$/m);
  assert.match(text, /^process_resident_memory_bytes [1-9]\d+$/m);
});
