import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '#app/node.ts';
import { METRICS, type Metric } from '#projections/metrics/catalogue.ts';
import { type Scrape, scrape } from '../support/exposition.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { nodeConfig } from '../support/node-config.ts';
import { Cluster } from '../support/test-cluster.ts';

const SILENT = { info() {}, warn() {}, error() {} };
const operations = { host: '127.0.0.1', port: 0 };

/** Scrapes until something is there that comes late. */
async function scrapeUntil(port: number, isThere: (scrape: Scrape) => boolean): Promise<Scrape> {
  for (;;) {
    const answer = await scrape(port);
    if (isThere(answer)) return answer;
    await sleep(50);
  }
}

/** The catalogue and the scrape name the same metrics, with the same types, and no sample has other labels. */
function assertCatalogue({ types, samples }: Scrape, isCluster: boolean): void {
  const expected = Object.entries<Metric>(METRICS).filter(([, { only }]) => isCluster || only === undefined);
  assert.deepEqual([...types].sort(), expected.map(([name, { type }]) => [name, type]).sort());
  for (const key of samples.keys()) {
    const name = key.replace(/\{.*/, '');
    const metric = Object.entries<Metric>(METRICS).find(
      ([known, { type }]) =>
        known === name || (type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === known),
    );
    assert.ok(metric, `${key} is not in the catalogue`);
    const labels = [...key.matchAll(/([a-z_]+)="/g)]
      .map(([, label]) => label)
      .filter((label) => label !== 'le');
    assert.deepEqual(labels.sort(), Object.keys(metric[1].labels).sort(), key);
  }
}

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hive-metrics-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('metrics: a node exports what the catalogue says, and answers its probes', async (t) => {
  const node = await startNode(nodeConfig(directoryOf(t), { operations }), SILENT);
  t.after(() => node.close());
  const { operationsPort } = node;
  const probe = async (path: string) => (await fetch(`http://127.0.0.1:${operationsPort}${path}`)).status;
  for (const path of ['/healthz', '/readyz', '/startupz']) assert.equal(await probe(path), 200, path);
  const answer = await scrapeUntil(
    operationsPort,
    ({ samples }) => samples.has('hive_disk_free_bytes') && samples.has('hive_heap_bytes{thread="edge"}'),
  );
  assertCatalogue(answer, false);
  const { samples } = answer;
  assert.equal(samples.get('hive_ready'), 1);
  assert.equal(samples.get('hive_node_state{state="serving"}'), 1);
  for (const thread of ['order-path', 'archive', 'market-data', 'edge', 'operations'])
    assert.equal(samples.get(`hive_thread_up{thread="${thread}"}`), 1, thread);
  assert.ok((samples.get('hive_order_stage_seconds_count{stage="total"}') ?? 0) > 0);
  assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e7);
  assert.equal(samples.get('hive_audit_broken'), 0);
});

test('metrics: a node of a cluster exports what the catalogue says', {
  skip: whyNoNats() ?? false,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const node = await cluster.startNode(1);
  const answer = await scrapeUntil(
    node.operationsPort,
    ({ samples }) => samples.get('hive_cluster_nodes{state="serving"}') === 1,
  );
  assertCatalogue(answer, true);
  const { samples } = answer;
  assert.equal(samples.get('hive_cluster_quorum'), 1);
  assert.equal(samples.get('hive_cluster_stream_leader'), 1);
  assert.equal([...samples.keys()].filter((key) => key.startsWith('hive_cluster_replica_lag')).length, 3);
});
