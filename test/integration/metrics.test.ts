import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '#app/node.ts';
import { Phase, Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { METRICS, type Metric, type MetricName } from '#projections/metrics/catalogue.ts';
import { type Scrape, scrape } from '../support/exposition.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { nodeConfig } from '../support/node-config.ts';
import { marketSetup, send } from '../support/random-flow.ts';
import { PASSWORD, RestNode } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Cluster } from '../support/test-cluster.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

const SILENT = { info() {}, warn() {}, error() {} };
/** Bounds the wait for what comes late. */
const PATIENCE_MS = 60_000;
const operations = { host: '127.0.0.1', port: 0, tls: undefined };

/** What a node does not say on every machine and in every cluster, and why. */
const SILENT_METRICS: { readonly [name in MetricName]?: string } = {
  hive_clock_offset_seconds: 'a machine without a time service does not know it',
  hive_clock_max_error_seconds: 'a machine without a time service does not know it',
  hive_cluster_mirror_lag_entries: 'a cluster that mirrors nothing has none',
  hive_cluster_mirror_silent_seconds: 'a cluster that mirrors nothing has none',
};
/** Names of metrics that have a sample. */
function namesOf({ types, samples }: Scrape): Set<string> {
  return new Set(
    [...samples.keys()].map((key) => {
      const name = key.replace(/\{.*/, '');
      return types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    }),
  );
}

/** Metrics that are to have a sample and have none. */
function silentOf(scrape: Scrape, isWanted: (metric: Metric) => boolean): string[] {
  const names = namesOf(scrape);
  return Object.entries<Metric>(METRICS)
    .filter(([name, metric]) => isWanted(metric) && !names.has(name) && !(name in SILENT_METRICS))
    .map(([name]) => name);
}

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

test('metrics: a node exports what the catalogue says, and answers its probes', async (t) => {
  const node = await startNode(nodeConfig(temporaryDirectory('metrics'), { operations }), SILENT);
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
  assert.deepEqual(
    silentOf(answer, ({ only }) => only === 'cluster'),
    [],
  );
  assert.equal([...samples.keys()].filter((key) => key.startsWith('hive_cluster_replica_lag')).length, 3);
});

test('metrics: in a venue that has traded every metric has a sample', {
  skip: whyNoCertificates() ?? false,
}, async (t) => {
  const authority = new TestAuthority();
  const target = temporaryDirectory('metrics');
  const salt = new Uint8Array(16).fill(7);
  const secret = { salt, passwordHash: new Uint8Array(await hashPassword(PASSWORD, salt)) };
  const people = marketSetup(2).map((command) =>
    command.type === 'AddUser' ? { ...command, ...secret } : command,
  );
  const venue = await RestNode.start(
    t,
    [...people, { type: 'AddUser', newUserId: 12, role: Role.Admin, name: 'admin', ...secret }],
    {
      operations,
      marketData: {
        host: '127.0.0.1',
        port: 0,
        snapshotPort: 0,
        tls: { ...authority.issue('market-data'), clientCa: undefined, minimumVersion: 'TLSv1.3' },
      },
      snapshots: { everyEntries: 5, keep: 2 },
      backup: { to: target, keyFile: undefined, everyMs: 50, snapshotEveryMs: 1_000, keep: 2 },
    },
  );
  const { node } = venue;
  writeFileSync(
    join(venue.directory, 'drill.json'),
    JSON.stringify({ passed: true, rtoSeconds: 9, rpoSeconds: 1 }),
  );
  send(node.outbox, { type: 'SetAccountLimits', accountId: 1, ordersMax: 4 });
  // The plan for the end of a phase is what its time is compared with.
  const endSeconds = Math.floor(Date.now() / 1_000) + 1;
  const plan = { phase: Phase.PreOpen, nextPhase: Phase.Continuous, endSeconds };
  send(node.outbox, { type: 'SetPhase', instrumentId: 2, ...plan });
  const logIn = async (name: string) => {
    const { body } = await venue.anybody.post('/login', { name, password: PASSWORD });
    const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
    await client.auth(body.token);
    return client;
  };
  const [one, two] = [await logIn('U1'), await logIn('U2')];
  const order = { symbol: 'BTCUSD', type: 'limit', quantity: '5' };
  await one.result('order.place', { ...order, side: 'sell', price: '10.10' });
  await one.result('order.place', { ...order, side: 'buy', price: '9.90' });
  await two.result('order.place', { ...order, side: 'buy', price: '10.10' });
  await one.result('order.place', { ...order, side: 'sell', price: '10.20' });
  await one.error('order.place', { ...order, side: 'sell', price: '10.20', quantity: '2000000' });

  const { operationsPort } = node;
  const silent = (answer: Scrape) => silentOf(answer, ({ only }) => only === undefined);
  const started = performance.now();
  let answer = await scrape(operationsPort);
  while (silent(answer).length > 0 && performance.now() - started < PATIENCE_MS) {
    await sleep(100);
    // Log time goes on with commands, and what is 5 seconds after a trade is looked at then.
    send(node.outbox, { type: 'SetAccountLimits', accountId: 2, ordersMax: 100 });
    answer = await scrape(operationsPort);
  }
  assert.deepEqual(silent(answer), []);
  assertCatalogue(answer, false);
  const is = (key: string, value: number) =>
    scrapeUntil(operationsPort, ({ samples }) => samples.get(key) === value);
  await is('hive_sessions{door="websocket"}', 2);
  // Two of four: what was filled is open no more.
  await is('hive_limit_use_ratio{account="1",limit="open_orders"}', 0.5);
  two.ws.close();
  await is('hive_sessions{door="websocket"}', 1);
});
