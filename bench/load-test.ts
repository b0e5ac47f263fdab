/**
 * A venue under the load of many users for a time, and what became of it: `node bench/load-test.ts --duration S --concurrent-users N [--rate ORDERS]
 * [--nodes 1|3] [--data-dir DIR … --users-file FILE --symbol SYMBOL --price PRICE] [--leak-mib-per-minute MIB] [--json]`. See
 * scripts/production/load-test.sh. At the same time, for the whole time:
 *
 * - trading: three of four users send limit orders that meet, open loop;
 * - cancel storms: each fourth user enters a burst of orders that rest, and cancels all of them at once, again and again;
 * - fan-out: as many WebSocket clients, 40 at most, follow the book and look at the sequence of every message;
 * - consensus: afterwards the nodes must stand after the same entry with the same state hash, and each node's two copies agree;
 * - memory: each node's memory once a second, and whether it grows (load/memory-trend.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { NodeStatus } from '#app/node-status.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { endProcess } from '#lib/end-process.ts';
import { connectionsOf, type LoadUser, openTarget, type TargetNode } from './load/load-target.ts';
import { type MemorySample, memoryTrend } from './load/memory-trend.ts';
import { runLoad, startServer } from './load/processes.ts';
import type { WebSocketClientsConfig, WebSocketClientsSeen } from './load/websocket-clients.ts';
import { positive, refuse } from './support/refuse.ts';
import { machine } from './support/report.ts';

const STORM_SHARE = 4;
const STORM_ORDERS = 50;
const STORM_PAUSE_MS = 250;
/** From one address: an upgrade and a subscription each are in the rate that it has by default. */
const SUBSCRIBERS_MAX = 40;
const USERS_MIN = 4;
const ORDERS_PER_USER = 10;
const RATE_MAX = 5_000;
const WARMUP_SECONDS = 1;
const SAMPLE_MS = 1_000;
/** Until all nodes stand after the same entry, once the load is over. */
const SETTLE_MS_MAX = 30_000;
/** A trend of less than this is chance: code that is compiled late, tables that grow. */
const TREND_SECONDS_MIN = 300;
/** What the text does not repeat. */
const OF_JSON_ONLY: ReadonlySet<string> = new Set(['passed', 'failures', 'machine']);
/** Wire price of the orders of a storm: far from the market. */
const STORM_PRICE = 10_000;

const { values } = parseArgs({
  options: {
    duration: { type: 'string' },
    'concurrent-users': { type: 'string' },
    rate: { type: 'string' },
    nodes: { type: 'string', default: '1' },
    'data-dir': { type: 'string', multiple: true, default: [] },
    'users-file': { type: 'string' },
    symbol: { type: 'string' },
    price: { type: 'string' },
    'leak-mib-per-minute': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = positive('duration', values.duration);
const users = positive('concurrent-users', values['concurrent-users']);
const rate = positive('rate', values.rate ?? String(Math.min(RATE_MAX, users * ORDERS_PER_USER)));
const mibPerMinuteMax = positive('leak-mib-per-minute', values['leak-mib-per-minute']);
if (users < USERS_MIN)
  refuse(new Error(`--concurrent-users: at least ${USERS_MIN}, so that there is a market`));

const target = await openTarget({
  dataDirectories: values['data-dir'],
  nodes: positive('nodes', values.nodes),
  users,
  usersFile: values['users-file'],
  symbol: values.symbol,
  price: values.price === undefined ? undefined : Math.round(10_000 * positive('price', values.price)),
}).catch(refuse);
/** What failed, in words. */
const failures: string[] = [];
try {
  const storming = target.users.slice(0, Math.floor(users / STORM_SHARE));
  const trading = target.users.slice(storming.length);
  const before = await Promise.all(target.nodes.map((node) => node.status()));
  const end = new AbortController();
  const memory = sampleMemory(end.signal);
  const [traded, stormed, fannedOut] = await Promise.all([
    part('trading', trade(trading)),
    part('cancel storms', storm(storming)),
    part('fan-out', fanOut()),
  ]);
  const agreed = await part('consensus', consensus(before));
  end.abort();
  const trends = await memory;
  for (const { nodeId, verdict, mibPerMinute } of trends) {
    if (verdict === 'leak') failures.push(`memory: node ${nodeId} grows by ${mibPerMinute} MiB a minute`);
  }
  const result = {
    passed: failures.length === 0,
    failures,
    seconds,
    users,
    machine: machine(),
    trading: traded,
    cancelStorms: stormed,
    fanOut: fannedOut,
    consensus: agreed,
    inference: 'not present',
    memory: trends,
  };
  console.log(values.json ? JSON.stringify(result) : textOf(result));
} finally {
  await target.close();
}
endProcess(failures.length === 0 ? 0 : 1);

/** A part of the load: its failure is a result, and the others go on. */
async function part<T>(name: string, running: Promise<T>): Promise<T | undefined> {
  try {
    return await running;
  } catch (error) {
    failures.push(`${name}: ${(error as Error).message}`);
    return undefined;
  }
}

/** The users spread over the nodes. */
function usersAt(node: number, all: readonly LoadUser[]): LoadUser[] {
  return all.filter((_, index) => index % target.nodes.length === node);
}

async function trade(all: readonly LoadUser[]) {
  const loads = await Promise.all(
    target.nodes.map(async (node, index) =>
      runLoad({
        host: node.host,
        port: node.ouchPort,
        connections: await connectionsOf(node, target, usersAt(index, all)),
        ordersPerSecond: rate / target.nodes.length,
        window: 1,
        warmupSeconds: WARMUP_SECONDS,
        seconds,
        orders: 0,
      }),
    ),
  );
  const worst = (pick: (load: (typeof loads)[number]) => number): number =>
    Math.round(Math.max(...loads.map(pick)) / 1_000);
  return {
    users: all.length,
    orders: loads.reduce((sum, load) => sum + load.ordersWithWarmup, 0),
    acknowledgedPerSecond: loads.reduce((sum, load) => sum + load.acknowledgedPerSecond, 0),
    latencyUsP50: worst(({ latencyNs }) => latencyNs.p50),
    latencyUsP99: worst(({ latencyNs }) => latencyNs.p99),
    latencyUsMax: worst(({ latencyNs }) => latencyNs.max),
  };
}

async function storm(all: readonly LoadUser[]) {
  const endMs = performance.now() + seconds * 1_000;
  const cancelMs: number[] = [];
  let canceled = 0;
  await Promise.all(
    all.map(async ({ username, password }, index) => {
      const { host, ouchPort: port } = target.nodes[index % target.nodes.length];
      const client = await OuchClient.connect({ host, port, username, password });
      while (performance.now() < endMs) {
        const order = { side: 'B', symbol: target.symbol, quantity: 1, price: STORM_PRICE } as const;
        const answers = await Promise.all(Array.from({ length: STORM_ORDERS }, () => client.enter(order)));
        const refused = answers.find(({ type }) => type === 'Rejected');
        if (refused !== undefined) throw new Error(`an order was refused: ${JSON.stringify(refused)}`);
        let open = STORM_ORDERS;
        client.onReport = ({ type }) => {
          if (type === 'OrderCanceled') open--;
        };
        const startMs = performance.now();
        const { type } = await client.massCancel({ symbol: target.symbol });
        if (type === 'Rejected' || open !== 0)
          throw new Error(`${open} orders of ${username} are open after a cancel of all`);
        cancelMs.push(performance.now() - startMs);
        canceled += STORM_ORDERS;
        await sleep(STORM_PAUSE_MS);
      }
      await client.close();
    }),
  );
  cancelMs.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((cancelMs[Math.floor(cancelMs.length * share)] ?? 0) * 1_000);
  return { users: all.length, storms: cancelMs.length, canceled, stormUsP50: at(0.5), stormUsP99: at(0.99) };
}

async function fanOut() {
  const seen: WebSocketClientsSeen[] = [];
  const open = target.nodes.filter(({ httpPort }) => httpPort !== undefined);
  if (open.length === 0) throw new Error('no node has an HTTP door');
  const count = Math.max(1, Math.floor(Math.min(users, SUBSCRIBERS_MAX) / open.length));
  const clients = await Promise.all(
    open.map(({ host, httpPort }) =>
      startServer(new URL('./load/websocket-clients.ts', import.meta.url), {
        url: `ws://${host}:${httpPort}/ws/v1`,
        count,
        symbol: target.symbol,
        messagesPerSecond: 0,
        firstUser: 0,
        dataDirectory: '',
      } satisfies WebSocketClientsConfig),
    ),
  );
  await sleep(seconds * 1_000);
  for (const one of clients) {
    seen.push((await one.ask('seen')) as WebSocketClientsSeen);
    await one.kill();
  }
  const sum = (pick: (one: WebSocketClientsSeen) => number): number =>
    seen.reduce((all, one) => all + pick(one), 0);
  const breaks = sum((one) => one.breaks);
  const messages = sum((one) => one.messages);
  if (breaks > 0) throw new Error(`${breaks} messages did not follow the one before`);
  if (messages === 0) throw new Error('no message came');
  return {
    subscribers: count * clients.length,
    messages,
    messagesPerSecond: Math.round(messages / seconds),
    breaks,
  };
}

async function consensus(before: readonly NodeStatus[]) {
  const endMs = performance.now() + SETTLE_MS_MAX;
  for (;;) {
    const statuses = await Promise.all(target.nodes.map((node: TargetNode) => node.status()));
    const ill = statuses.find(({ state, divergedSequence }) => state !== 'serving' || divergedSequence !== 0);
    if (ill !== undefined) throw new Error(`node ${ill.nodeId} is ${ill.state}: ${ill.reason}`);
    const [{ sequence, stateHash }] = statuses;
    if (statuses.every((one) => one.sequence === sequence)) {
      if (statuses.some((one) => one.stateHash !== stateHash))
        throw new Error(`state hashes differ at entry ${sequence}`);
      return { nodes: statuses.length, sequence, entries: sequence - before[0].sequence, stateHash };
    }
    if (performance.now() > endMs) throw new Error('the nodes do not come to the same entry');
    await sleep(20);
  }
}

async function sampleMemory(signal: AbortSignal) {
  const samples: MemorySample[][] = target.nodes.map(() => []);
  const nodeIds: number[] = [];
  while (!signal.aborted) {
    for (const [index, node] of target.nodes.entries()) {
      const { nodeId, rssBytes } = await node.status();
      nodeIds[index] = nodeId;
      samples[index].push({ seconds: performance.now() / 1_000, bytes: rssBytes });
    }
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {});
  }
  return samples.map((own, index) => ({
    nodeId: nodeIds[index],
    ...memoryTrend(own, mibPerMinuteMax, TREND_SECONDS_MIN),
  }));
}

function textOf(result: { readonly [name: string]: unknown } & { readonly passed: boolean }): string {
  const lines = Object.entries(result)
    .filter(([name, value]) => value !== undefined && !OF_JSON_ONLY.has(name))
    .map(
      ([name, value]) =>
        `${name.padEnd(14)}${JSON.stringify(value).replaceAll(/[{}"]/g, '').replaceAll(',', ', ')}`,
    );
  const verdict = result.passed ? 'PASSED' : ['FAILED', ...failures].join('\n  ');
  return [...lines, verdict].join('\n');
}
