/**
 * A cluster of three nats-servers and three nodes on this machine. `node bench/cluster.ts [--scenario latency|throughput|gap] [--sync default|always]
 * [--rounds 3] [--rate N] [--seconds 5] [--warmup 5] [--connections 2] [--window 512] [--data-dir DIR]`
 *
 * - latency: from when an order is due until its acknowledgement is back over OUCH, open loop; against a message of an entry's size that is
 *   published to JetStream and delivered, on the same servers, in turns, at 250, 500 and 1,000 a second, or at `--rate`. Clients at all nodes warm the cluster first: nodes that have just started
 *   compile their code on the cores that servers and clients need. Each figure says what share of the machine was idle meanwhile: where little was, it is one of
 *   waiting for a processor
 * - throughput: acknowledged orders/s of clients at all three nodes, each keeping a window of orders unanswered
 * - gap: the longest time between two answers to a client that sends an order every 5 ms, while its node or the stream's leader is killed or
 *   restarted in order; the client goes to the next node when its own is gone
 *
 * Each with nats-servers that sync at intervals (their default) and that sync always (what a venue with money should use).
 */

import { NewOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { WORD_BYTES } from '#lib/word-buffer.ts';
import type { LoadConfig, LoadResult, Percentiles } from './load/client.ts';
import { BenchCluster } from './load/cluster-servers.ts';
import { GapClient } from './load/gap-client.ts';
import type { JetStreamFloorConfig } from './load/jetstream-floor.ts';
import { runJetStreamFloor, runLoad } from './load/processes.ts';
import { loadOptions } from './load/servers.ts';
import { tradingConnections } from './load/traffic.ts';
import {
  begin,
  choice,
  median,
  numberOption,
  option,
  print,
  processCpuSeconds,
  rounded,
  type Spare,
  spareOfMachine,
} from './support/report.ts';

const ACCOUNTS = 64;
const SCENARIOS = ['latency', 'throughput', 'gap'] as const;
const SYNCS = ['default', 'always'] as const;
type Sync = (typeof SYNCS)[number];
/** Orders per second at which latency is measured, if no other is asked for. */
const RATES = [250, 500, 1_000];
/** Orders per second, and for how long, of the clients that warm the cluster before latency is measured. */
const WARMING = { rate: 1_000, seconds: 30 };
/** Answers before and after each fault. */
const STEADY_ANSWERS = 100;

const load = loadOptions({ window: 512 });
const rounds = numberOption('rounds', 3);
const scenario = choice('scenario', SCENARIOS);
const sync = choice('sync', SYNCS);

const us = (results: readonly Percentiles[], pick: (one: Percentiles) => number): number =>
  rounded(median(results.map(pick)) / 1_000, 1);

/** Users whom nobody else in the run logs in as; numbers of their orders go on from where an earlier round of theirs ended. */
let nextUser = 1;
function connections(count: number): LoadConfig['connections'] {
  const from = nextUser - 1;
  nextUser += count;
  if (nextUser - 1 > ACCOUNTS) throw new Error(`--rounds and --connections take more than ${ACCOUNTS} users`);
  return tradingConnections(from + count).slice(from);
}

async function latency(cluster: BenchCluster, sync: Sync): Promise<void> {
  const { rate: ordersPerSecond, seconds } = WARMING;
  const warming = { ...load, ordersPerSecond: ordersPerSecond / cluster.ports.length, seconds };
  await Promise.all(cluster.ports.map((port) => runLoad({ ...warming, connections: connections(1), port })));
  const rates = option('rate', '') === '' ? RATES : [load.ordersPerSecond];
  for (const rate of rates) await latencyAt(rate, cluster, sync);
}

interface LatencyRun extends Spare {
  readonly latencyNs: Percentiles;
}

async function latencyAt(rate: number, cluster: BenchCluster, sync: Sync): Promise<void> {
  const open = { ...load, ordersPerSecond: rate, warmupSeconds: numberOption('warmup', 5) };
  const floorConfig: JetStreamFloorConfig = {
    servers: cluster.servers.urls,
    ordersPerSecond: rate,
    warmupSeconds: open.warmupSeconds,
    seconds: open.seconds,
    bytes: (ENTRY_HEADER_WORDS + NewOrder.shortWords) * WORD_BYTES,
  };
  const timed = async (run: Promise<{ readonly latencyNs: Percentiles }>): Promise<LatencyRun> => {
    const spare = spareOfMachine();
    const { latencyNs } = await run;
    return { latencyNs, ...spare() };
  };
  const floor: LatencyRun[] = [];
  const venue: LatencyRun[] = [];
  for (let round = 0; round < rounds; round++) {
    floor.push(await timed(runJetStreamFloor(floorConfig)));
    const port = cluster.ports[round % cluster.ports.length];
    venue.push(await timed(runLoad({ ...open, connections: connections(2), port })));
  }
  const latencyUs = (runs: readonly LatencyRun[]) => {
    const results = runs.map(({ latencyNs }) => latencyNs);
    return {
      latencyUsP50: us(results, ({ p50 }) => p50),
      latencyUsP90: us(results, ({ p90 }) => p90),
      latencyUsP99: us(results, ({ p99 }) => p99),
    };
  };
  for (const [who, runs] of [
    ['floor', floor],
    ['venue', venue],
  ] as const) {
    print({
      bench: 'cluster',
      scenario: `latency ${who}`,
      sync,
      rate,
      rounds,
      ...latencyUs(runs),
      latencyUsP50OfRounds: runs.map(({ latencyNs: { p50 } }) => rounded(p50 / 1_000, 1)),
      idleOfMachine: rounded(median(runs.map(({ idle }) => idle)), 2),
      stolenOfRounds: runs.map(({ stolen }) => rounded(stolen, 2)),
    });
  }
  print({
    bench: 'cluster',
    scenario: 'latency venue over floor',
    sync,
    rate,
    ratioP50: rounded(latencyUs(venue).latencyUsP50 / latencyUs(floor).latencyUsP50, 2),
    ratioP99: rounded(latencyUs(venue).latencyUsP99 / latencyUs(floor).latencyUsP99, 2),
  });
}

async function throughput(cluster: BenchCluster, sync: Sync): Promise<void> {
  const perNode = numberOption('connections', 2);
  const results: LoadResult[][] = [];
  const { servers, nodes } = cluster;
  /** Of servers, nodes, clients. */
  const cpuSeconds = [0, 0, 0];
  const cpuOf = (pids: readonly number[]): number =>
    pids.reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
  const cpuNow = (): number[] => [cpuOf(servers.pids), cpuOf(nodes.map(({ pid }) => pid)), 0];
  for (let round = 0; round < rounds; round++) {
    const runs = cluster.ports.map((port) => ({
      ...load,
      ordersPerSecond: 0,
      warmupSeconds: numberOption('warmup', 5),
      connections: connections(perNode),
      port,
    }));
    const before = cpuNow();
    const loads = await Promise.all(runs.map((one) => runLoad(one)));
    for (const [i, seconds] of cpuNow().entries()) cpuSeconds[i] += seconds - before[i];
    for (const one of loads) cpuSeconds[2] += one.cpuSeconds;
    results.push(loads);
  }
  const ofRounds = results.map((nodes) =>
    nodes.reduce((sum, { acknowledgedPerSecond }) => sum + acknowledgedPerSecond, 0),
  );
  const orders = results.flat().reduce((sum, { ordersWithWarmup }) => sum + ordersWithWarmup, 0);
  const usPerOrder = cpuSeconds.map((seconds) => rounded((seconds * 1e6) / orders, 2));
  const latencies = results.flat().map(({ latencyNs }) => latencyNs);
  print({
    bench: 'cluster',
    scenario: 'throughput',
    sync,
    connections: perNode * cluster.ports.length,
    window: load.window,
    acknowledgedPerSecond: median(ofRounds),
    ofRounds,
    // What all processes together take: on a busy machine it tells more than the rate.
    perCpuSecond: Math.round(orders / cpuSeconds.reduce((sum, seconds) => sum + seconds)),
    cpuUsPerOrder: { servers: usPerOrder[0], nodes: usPerOrder[1], clients: usPerOrder[2] },
    latencyUsP50: us(latencies, ({ p50 }) => p50),
    latencyUsP99: us(latencies, ({ p99 }) => p99),
  });
}

async function gap(cluster: BenchCluster, sync: Sync): Promise<void> {
  const { servers } = cluster;
  const client = new GapClient(`U${ACCOUNTS}`, cluster.ports);
  await client.answered(STEADY_ANSWERS);
  /** What is done to the node that the client is at, or the leader, and how it is mended. */
  const faults: [string, () => Promise<() => Promise<void>>][] = [
    ['node killed', async () => endNode('kill')],
    ['node restarted', async () => endNode('stop')],
    ['leader killed', async () => endLeader('kill')],
    ['leader restarted', async () => endLeader('stop')],
  ];
  const endNode = async (how: 'kill' | 'stop'): Promise<() => Promise<void>> => {
    const victim = cluster.ports.indexOf(client.port);
    await cluster.nodes[victim][how]();
    return async () => {
      await cluster.startNode(victim + 1);
      client.ports = cluster.ports;
    };
  };
  const endLeader = async (how: 'kill' | 'stop'): Promise<() => Promise<void>> => {
    const leader = await servers.leaderOf('HIVE');
    await servers[how](leader);
    return async () => {
      servers.restart(leader);
      await servers.untilComplete();
    };
  };
  for (const [what, fault] of faults) {
    const gaps: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await client.answered(STEADY_ANSWERS);
      client.gapMsMax = 0;
      const mend = await fault();
      await client.answered(STEADY_ANSWERS);
      gaps.push(Math.round(client.gapMsMax));
      await mend();
    }
    print({
      bench: 'cluster',
      scenario: `gap, ${what}`,
      sync,
      gapMs: median(gaps),
      gapMsMax: Math.max(...gaps),
      ofRounds: gaps,
    });
  }
  await client.stop();
}

begin('cluster');
const run = { latency, throughput, gap };
for (const one of SYNCS) {
  if (sync !== '' && sync !== one) continue;
  for (const name of SCENARIOS) {
    if (scenario !== '' && scenario !== name) continue;
    nextUser = 1;
    const cluster = await BenchCluster.start(one === 'always', ACCOUNTS);
    try {
      await run[name](cluster, one);
    } finally {
      await cluster.close();
    }
  }
}
