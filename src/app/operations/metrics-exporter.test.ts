import assert from 'node:assert/strict';
import { test } from 'node:test';
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
