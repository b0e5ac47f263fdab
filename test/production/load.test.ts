import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bucketsOf, quantile } from '../../bench/load/histogram.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { runScript, startNode, venueConfiguration } from './support.ts';

const USERS = 6;

test('load-test.sh on a plain node: trading, cancel storms, fan-out, consensus, memory, as JSON and as text', {
  timeout: 280_000,
}, async (t) => {
  const directory = temporaryDirectory('load');
  const node = await startNode(t, join(directory, 'node'), [
    '--config',
    venueConfiguration(directory, USERS),
  ]);
  const usersFile = join(directory, 'users');
  writeFileSync(usersFile, Array.from({ length: USERS }, (_, i) => `U${i + 1} secret\n`).join(''));
  const running = [
    ...['--data-dir', node.dataDirectory, '--users-file', usersFile],
    ...['--symbol', 'HIVE', '--price', '42.00'],
  ];
  const load = (...args: string[]) =>
    runScript('load-test.sh', ['--duration', '4', '--concurrent-users', String(USERS), ...running, ...args]);
  const { status, stdout, stderr } = await load('--json');
  assert.equal(status, 0, stdout + stderr);
  const result = JSON.parse(stdout);
  assert.deepEqual(
    [result.passed, result.failures, result.users, result.inference],
    [true, [], USERS, 'not present'],
  );
  assert.ok(result.trading.orders > 0 && result.trading.latencyUsP99 > 0, stdout);
  assert.ok(result.cancelStorms.canceled > 0, stdout);
  assert.deepEqual([result.fanOut.breaks, result.fanOut.subscribers], [0, USERS]);
  assert.match(result.consensus.stateHash, /^[0-9a-f]{16}$/);
  assert.deepEqual(
    result.memory.map(({ nodeId, verdict }: { nodeId: number; verdict: string }) => [nodeId, verdict]),
    [[1, 'too short']],
  );

  const few = await load('--concurrent-users', '7');
  assert.equal(few.status, 1);
  assert.match(few.stderr, /has 6 users, 7 are to trade/);
  const wrong = await load('--symbol', 'NONE');
  assert.equal(wrong.status, 1, 'orders of an unknown instrument are refused');
  assert.match(wrong.stdout, /FAILED\n {2}(trading|cancel storms|fan-out): /);

  const validate = (...args: string[]) =>
    runScript('latency-validation.sh', [
      ...running,
      '--rate',
      '100',
      '--seconds',
      '2',
      '--warmup',
      '1',
      ...args,
    ]);
  const within = await validate('--p99-threshold', '60000000', '--json');
  assert.equal(within.status, 0, within.stderr);
  const latency = JSON.parse(within.stdout);
  assert.deepEqual([latency.passed, latency.judged, latency.orders > 0], [true, 'client', true]);
  assert.ok(
    latency.client.p50 <= latency.client.p99 && latency.client.p99 <= latency.client.max,
    within.stdout,
  );
  const above = await validate('--p99-threshold', '1');
  assert.equal(above.status, 1);
  assert.match(above.stdout, /^FAILED: P99 of the client is [\d.]+ us, at most 1 us$/m);
});

test('load-test.sh and latency-validation.sh start a venue of their own where none is named', {
  timeout: 280_000,
}, async () => {
  const load = await runScript('load-test.sh', ['--duration', '2', '--concurrent-users', '4']);
  assert.equal(load.status, 0, load.stdout + load.stderr);
  assert.match(load.stdout, /\nPASSED\n$/);
  const latency = await runScript('latency-validation.sh', [
    ...['--p99-threshold', '60000000', '--rate', '50', '--seconds', '1', '--warmup', '1'],
  ]);
  assert.equal(latency.status, 0, latency.stderr);
  assert.match(latency.stdout, /^PASSED: /m);
});

test('bucketsOf and quantile: what a histogram counted between two scrapes', () => {
  const text = (small: number, all: number) =>
    [
      '# TYPE hive_order_stage_seconds histogram',
      `hive_order_stage_seconds_bucket{stage="total",le="0.0001"} ${small}`,
      `hive_order_stage_seconds_bucket{stage="total",le="0.001"} ${all}`,
      `hive_order_stage_seconds_bucket{le="+Inf",stage="total"} ${all}`,
      `hive_order_stage_seconds_bucket{stage="durable",le="+Inf"} 7`,
    ].join('\n');
  const buckets = bucketsOf(
    text(1_090, 1_100),
    'hive_order_stage_seconds',
    { stage: 'total' },
    text(1_000, 1_000),
  );
  assert.deepEqual(buckets, [
    { le: 0.0001, count: 90 },
    { le: 0.001, count: 100 },
    { le: Number.POSITIVE_INFINITY, count: 100 },
  ]);
  assert.deepEqual(
    [quantile(buckets, 0.5), quantile(buckets, 0.9), quantile(buckets, 0.99)],
    [0.0001, 0.0001, 0.001],
  );
  const nothing = bucketsOf(text(5, 5), 'hive_order_stage_seconds', { stage: 'total' }, text(5, 5));
  assert.ok(Number.isNaN(quantile(nothing, 0.99)));
  assert.throws(() => bucketsOf('', 'hive_order_stage_seconds', { stage: 'total' }), /there is no histogram/);
});
