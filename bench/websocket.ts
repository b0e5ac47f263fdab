/**
 * The WebSocket door of a whole node, against a bare ws server in the same run. `node bench/websocket.ts [--scenario order-entry|fan-out|users]
 * [--orders 3000] [--warmup-orders 20000] [--rounds 3] [--subscribers 2000] [--users 2000] [--messages 10] [--seconds 5] [--data-dir DIR]`
 *
 * - `order entry`: from `order.place` until its durable answer, one order at a time; the same message sent back by ws alone, and
 *   after the synchronous write that makes an order durable;
 * - `fan-out`: one book to many subscribers while OUCH clients trade in it, with every message's sequence looked at;
 * - `users`: many users send orders and cancels while OUCH clients trade at a fixed rate; their latency, quiet and beside it. A refused message fails it. The
 *   generator that measures it stands for another machine: it goes before all others where it may (`generatorFirst`), else its own
 *   waits for a core beside 2,000 clients are most of what is measured.
 *
 * Clients run in processes of their own: with fewer cores than processes, the figures are of the machine, not of the door.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { LoadResult } from './load/client.ts';
import type { EchoServerConfig } from './load/echo-server.ts';
import { beforeAllOthers, type LoadedServer, runLoad, startServer } from './load/processes.ts';
import { benchDirectory, loadOptions, startVenue } from './load/servers.ts';
import { LOAD_PASSWORD } from './load/traffic.ts';
import type { WebSocketClientsConfig, WebSocketClientsSeen } from './load/websocket-clients.ts';
import { begin, choice, median, numberOption, print, rounded } from './support/report.ts';

const scenario = choice('scenario', ['order-entry', 'fan-out', 'users']);
const orders = numberOption('orders', 3_000);
const warmupOrders = numberOption('warmup-orders', 20_000);
const rounds = numberOption('rounds', 3);
const subscribers = numberOption('subscribers', 2_000);
const users = numberOption('users', 2_000);
const messagesPerSecond = numberOption('messages', 10);
const seconds = numberOption('seconds', 5);
const directory = join(benchDirectory(), `websocket-${process.pid}`);
const load = { ...loadOptions({ window: 1 }), ordersPerSecond: numberOption('rate', 1_000), seconds };

begin('websocket');
if (scenario === '' || scenario === 'order-entry') await orderEntry();
if (scenario === '' || scenario === 'fan-out') await fanOut();
if (scenario === '' || scenario === 'users') await manyUsers();
rmSync(directory, { recursive: true, force: true });

function urlOf(venue: LoadedServer): string {
  return `ws://127.0.0.1:${venue.ready.httpPort}/ws/v1`;
}

async function orderEntry(): Promise<void> {
  const echo: number[][] = [];
  const durable: number[][] = [];
  const door: number[][] = [];
  const file = join(benchDirectory(), `websocket-floor-${process.pid}.bin`);
  for (let round = 0; round < rounds; round++) {
    echo.push(await floorTrips(undefined));
    durable.push(await floorTrips(file));
    const venue = await startVenue(directory);
    const login = await fetch(`http://127.0.0.1:${venue.ready.httpPort}/api/v1/login`, {
      method: 'POST',
      body: JSON.stringify({ name: 'U1', password: LOAD_PASSWORD }),
      headers: { 'content-type': 'application/json' },
    });
    const { token } = (await login.json()) as { token: string };
    door.push(await roundTrips(urlOf(venue), token));
    await venue.stop();
  }
  const at = (trips: number[][], share: number): number =>
    median(trips.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length * share)]));
  const figures = (trips: number[][]) => ({
    latencyUsP50: rounded(at(trips, 0.5), 1),
    latencyUsP99: rounded(at(trips, 0.99), 1),
  });
  rmSync(file);
  print({ bench: 'websocket', scenario: 'ws echo', ...figures(echo) });
  print({ bench: 'websocket', scenario: 'ws echo after a durable write', ...figures(durable) });
  print({
    bench: 'websocket',
    scenario: 'order entry',
    ...figures(door),
    ratioP50: rounded(at(door, 0.5) / at(echo, 0.5), 2),
    ratioOfDurableP50: rounded(at(door, 0.5) / at(durable, 0.5), 2),
  });
}

async function floorTrips(file: string | undefined): Promise<number[]> {
  const server = await startServer(new URL('./load/echo-server.ts', import.meta.url), {
    file,
  } satisfies EchoServerConfig);
  const trips = await roundTrips(`ws://127.0.0.1:${server.port}`, undefined);
  await server.kill();
  return trips;
}

/** Microseconds of each exchange behind the first ones. */
async function roundTrips(url: string, token: string | undefined): Promise<number[]> {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  await once(ws, 'open');
  const ask = async (request: object): Promise<string> => {
    ws.send(JSON.stringify(request));
    const [answer] = await once(ws, 'message');
    return answer.toString();
  };
  if (token !== undefined) await ask({ id: 0, op: 'auth', params: { authorization: `Bearer ${token}` } });
  const trips: number[] = [];
  for (let n = 1; n <= warmupOrders + orders; n++) {
    const params = {
      symbol: 'BENCH',
      side: 'buy',
      type: 'limit',
      price: '1.00',
      quantity: '1',
      clientOrderId: `order-${n}`,
    };
    const start = performance.now();
    const answer = await ask({ id: n, op: 'order.place', params });
    if (n > warmupOrders) trips.push((performance.now() - start) * 1_000);
    if (token !== undefined && !answer.includes('"status":"open"')) throw new Error(answer);
  }
  ws.terminate();
  return trips;
}

function startClients(config: WebSocketClientsConfig): Promise<LoadedServer> {
  return startServer(new URL('./load/websocket-clients.ts', import.meta.url), config);
}

async function fanOut(): Promise<void> {
  const venue = await startVenue(directory);
  const clients = await startClients({
    url: urlOf(venue),
    count: subscribers,
    symbol: 'BENCH',
    messagesPerSecond: 0,
    firstUser: 1,
    dataDirectory: directory,
  });
  await clients.ask('seen');
  const traded = await runLoad({ ...load, port: venue.port });
  const seen = (await clients.ask('seen')) as WebSocketClientsSeen;
  const wallSeconds = load.warmupSeconds + load.seconds;
  print({
    bench: 'websocket',
    scenario: 'fan-out',
    subscribers,
    ordersPerSecond: load.ordersPerSecond,
    messagesPerSecond: Math.round(seen.messages / wallSeconds),
    messagesPerSubscriberPerSecond: rounded(seen.messages / wallSeconds / subscribers, 1),
    mibPerSecond: rounded(seen.bytes / wallSeconds / 2 ** 20, 1),
    brokenSequences: seen.breaks,
    ouchLatencyUsP50: rounded(traded.latencyNs.p50 / 1_000, 1),
    ouchLatencyUsP99: rounded(traded.latencyNs.p99 / 1_000, 1),
  });
  await clients.kill();
  await venue.stop();
}

async function manyUsers(): Promise<void> {
  const placement = beforeAllOthers();
  const quiet: LoadResult[] = [];
  const busy: LoadResult[] = [];
  const seen: WebSocketClientsSeen[] = [];
  for (let round = 0; round < rounds; round++) {
    // None is removed before the end: ext4 without a journal looks past every file that was removed within the last minute, one by one, when it makes
    // another, and a node makes one for each user. It took a millisecond each, in which the core was nobody else's.
    const ofRound = join(directory, `${round}`);
    const venue = await startVenue(ofRound, { accounts: users + load.connections.length });
    quiet.push(await runLoad({ ...load, port: venue.port }, placement));
    const clients = await startClients({
      url: urlOf(venue),
      count: users,
      symbol: '',
      messagesPerSecond,
      firstUser: load.connections.length + 1,
      dataDirectory: ofRound,
    });
    await clients.ask('seen');
    const lastRefNum = load.ordersPerSecond * (load.warmupSeconds + load.seconds);
    const connections = load.connections.map((connection) => ({ ...connection, lastRefNum }));
    busy.push(await runLoad({ ...load, connections, port: venue.port }, placement));
    const ofClients = (await clients.ask('seen')) as WebSocketClientsSeen;
    await clients.kill();
    await venue.stop();
    if (ofClients.refused > 0) throw new Error(`${ofClients.refused} messages of the users were refused`);
    seen.push(ofClients);
  }
  const wallSeconds = load.warmupSeconds + load.seconds;
  const middle = (pick: (clients: WebSocketClientsSeen) => number): number => median(seen.map(pick));
  const us = (results: LoadResult[], pick: (result: LoadResult) => number): number =>
    rounded(median(results.map(pick)) / 1_000, 1);
  const p50 = ({ latencyNs }: LoadResult): number => latencyNs.p50;
  const p99 = ({ latencyNs }: LoadResult): number => latencyNs.p99;
  print({
    bench: 'websocket',
    scenario: 'users',
    rounds,
    users,
    generatorFirst: placement.length > 0,
    sentPerSecond: Math.round(middle(({ sent }) => sent) / wallSeconds),
    donePerSecond: Math.round(middle(({ done }) => done) / wallSeconds),
    answerUsP50: middle(({ answerUsP50 }) => answerUsP50),
    answerUsP99: middle(({ answerUsP99 }) => answerUsP99),
    ouchQuietUsP50: us(quiet, p50),
    ouchQuietUsP99: us(quiet, p99),
    ouchBusyUsP50: us(busy, p50),
    ouchBusyUsP99: us(busy, p99),
    ratioP99: rounded(us(busy, p99) / us(quiet, p99), 2),
    quietUsP99OfRounds: quiet.map((result) => us([result], p99)),
    busyUsP99OfRounds: busy.map((result) => us([result], p99)),
  });
}
