import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { HttpTimes, httpTimesMemory } from '#gateways/rest/http-times.ts';
import { stageMemory } from '#replica/stage-times.ts';
import { parseExposition } from '../../../test/support/exposition.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import type { ClusterNode, ClusterView } from '../cluster/cluster-nodes.ts';
import { vitalsMemory } from '../threads/thread-vitals.ts';
import { MetricsExporter } from './metrics-exporter.ts';

test('metrics: of a node number that a second process has taken, each sample is there once', () => {
  const exporter = new MetricsExporter({
    stages: stageMemory(),
    vitals: vitalsMemory(),
    httpTimes: new HttpTimes(httpTimesMemory()),
    dataDirectory: temporaryDirectory('metrics-exporter'),
    certificates: {},
    sources: [],
    isCluster: true,
  });
  const nodes = [
    { nodeId: 1, state: 'serving', sequence: 99 },
    { nodeId: 2, state: 'serving', sequence: 98 },
    { nodeId: 2, state: 'stopped', sequence: 40 },
  ] as ClusterNode[];
  exporter.cluster = { hasQuorum: true, lastSequence: 100, replicas: [], nodes } as unknown as ClusterView;
  const { samples } = parseExposition(exporter.expose());
  const lags = [...samples].filter(([key]) => key.startsWith('hive_cluster_node_lag_entries'));
  assert.deepEqual(lags, [
    ['hive_cluster_node_lag_entries{node="1"}', 1],
    ['hive_cluster_node_lag_entries{node="2"}', 2],
  ]);
  assert.equal(samples.get('hive_cluster_nodes{state="serving"}'), 2);
  assert.equal(samples.get('hive_cluster_nodes{state="stopped"}'), 1);
});

test('metrics: a drill that had no backup to restore is none that passed', () => {
  const dataDirectory = temporaryDirectory('metrics-exporter');
  const exporter = new MetricsExporter({
    stages: stageMemory(),
    vitals: vitalsMemory(),
    httpTimes: new HttpTimes(httpTimesMemory()),
    dataDirectory,
    certificates: {},
    sources: [],
    isCluster: false,
  });
  const okAfter = (drill: object): number | undefined => {
    writeFileSync(
      join(dataDirectory, 'drill.json'),
      JSON.stringify({ rtoSeconds: 1, rpoSeconds: 1, ...drill }),
    );
    return parseExposition(exporter.expose()).samples.get('hive_drill_ok');
  };
  const source = { sequence: 7 };
  assert.equal(okAfter({ passed: true, source }), 1);
  assert.equal(okAfter({ passed: false, source }), 0);
  assert.equal(okAfter({ passed: true, source: null }), 0);
});

/** Prints the metrics of a node with a door `http`, once as it is, and once as it was when it could open no more files. */
const EXHAUSTED = `
  import { closeSync, openSync } from 'node:fs';
  import { HttpTimes, httpTimesMemory } from '#gateways/rest/http-times.ts';
  import { stageMemory } from '#replica/stage-times.ts';
  import { MetricsExporter } from '${join(import.meta.dirname, 'metrics-exporter.ts')}';
  import { vitalsMemory } from '${join(import.meta.dirname, '../threads/thread-vitals.ts')}';
  const exporter = new MetricsExporter({
    stages: stageMemory(),
    vitals: vitalsMemory(),
    httpTimes: new HttpTimes(httpTimesMemory()),
    dataDirectory: '/',
    certificates: { http: process.env.CERTIFICATE },
    sources: [],
    isCluster: false,
  });
  process.stdout.write(exporter.expose());
  const files = [];
  try {
    for (;;) files.push(openSync('/dev/null'));
  } catch {}
  const text = exporter.expose();
  for (const file of files) closeSync(file);
  process.stdout.write(text);
`;

test('metrics: where no file can be opened any more no certificate has ended', {
  skip: whyNoCertificates() ?? false,
}, () => {
  const { certificate } = new TestAuthority().issue('venue', 30);
  const command = 'ulimit -n 128 && exec "$@"';
  const program = [process.execPath, '--input-type=module-typescript', '--eval', EXHAUSTED];
  const text = execFileSync('bash', ['-c', command, '-', ...program], {
    encoding: 'utf8',
    env: { ...process.env, CERTIFICATE: certificate },
    cwd: import.meta.dirname,
  });
  const expiries = text.match(/^hive_certificate_expiry_timestamp_seconds\{.*$/gm) ?? [];
  assert.equal(expiries.length, 1, expiries.join(', '));
  const seconds = Number(expiries[0].split(' ')[1]);
  assert.ok(Math.abs(seconds - Date.now() / 1e3 - 30 * 86_400) < 3_600, expiries[0]);
});
