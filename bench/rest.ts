/**
 * Orders over REST, against the floor: a bare Fastify route that only parses the same JSON. Each order is proven by a
 * bearer token, checked, durable, applied, and answered with what became of it. Floor and venue take turns in one run;
 * the ratio is of the medians. `node bench/rest.ts [--connections 8] [--window 16] [--seconds 5] [--rounds 5]
 * [--warmup 5] [--data-dir DIR]`
 *
 * Every other connection buys what its neighbour sells, so that the book stays shallow.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpLoadResult } from './load/http-client.ts';
import { type LoadedServer, runHttpLoad, startServer } from './load/processes.ts';
import { benchDirectory, startVenue } from './load/servers.ts';
import { LOAD_PASSWORD } from './load/traffic.ts';
import { begin, median, numberOption, print, rounded, threadCpuMs } from './support/report.ts';

const connections = numberOption('connections', 8);
const rounds = numberOption('rounds', 5);
const load = {
  path: '/api/v1/orders',
  window: numberOption('window', 16),
  warmupSeconds: numberOption('warmup', 5),
  seconds: numberOption('seconds', 5),
};
const directory = join(benchDirectory(), `rest-${process.pid}`);

begin('rest');
interface Round extends HttpLoadResult {
  /** Time of the thread that speaks HTTP for one order. */
  readonly serverCpuUs: number;
}
const floors: Round[] = [];
const venues: Round[] = [];
for (let round = 0; round < rounds; round++) {
  const floor = await startServer(new URL('./load/http-floor.ts', import.meta.url), {});
  floors.push(await run(floor, 'node-MainThread', floor.port, new Array(connections).fill('none')));
  await floor.stop();
  const venue = await startVenue(directory);
  venues.push(await run(venue, 'edge', portOf(venue), await logInAll(portOf(venue))));
  await venue.stop();
}
rmSync(directory, { recursive: true, force: true });
report('floor', floors);
report('venue', venues);
print({
  bench: 'rest',
  scenario: 'venue over floor',
  ratio: rounded(
    middle(venues, ({ answeredPerSecond }) => answeredPerSecond) /
      middle(floors, ({ answeredPerSecond }) => answeredPerSecond),
    2,
  ),
  // How it would be if each had a processor of its own for HTTP, and enough of them for the rest.
  ratioOfServerCpu: rounded(
    middle(floors, ({ serverCpuUs }) => serverCpuUs) / middle(venues, ({ serverCpuUs }) => serverCpuUs),
    2,
  ),
});

async function run(
  { pid }: LoadedServer,
  thread: string,
  port: number,
  tokens: readonly string[],
): Promise<Round> {
  const config = { ...load, port, tokens };
  let cpuMs = 0;
  const result = await runHttpLoad(config, () => {
    cpuMs = threadCpuMs(pid, thread);
  });
  const orders = result.answeredPerSecond * load.seconds;
  return { ...result, serverCpuUs: ((threadCpuMs(pid, thread) - cpuMs) * 1_000) / orders };
}

function portOf({ ready }: LoadedServer): number {
  return ready.httpPort as number;
}

function middle(results: readonly Round[], pick: (result: Round) => number): number {
  return median(results.map(pick));
}

function report(scenario: string, results: readonly Round[]): void {
  print({
    bench: 'rest',
    scenario,
    rounds,
    connections,
    window: load.window,
    acknowledgedPerSecond: Math.round(middle(results, ({ answeredPerSecond }) => answeredPerSecond)),
    latencyUsP50: Math.round(middle(results, ({ latencyUsP50 }) => latencyUsP50)),
    latencyUsP99: Math.round(middle(results, ({ latencyUsP99 }) => latencyUsP99)),
    serverCpuUs: rounded(
      middle(results, ({ serverCpuUs }) => serverCpuUs),
      1,
    ),
    clientCpuUs: rounded(
      middle(results, ({ clientCpuUs }) => clientCpuUs),
      1,
    ),
    acknowledgedPerSecondOfRounds: results.map(({ answeredPerSecond }) => Math.round(answeredPerSecond)),
  });
}

/** A bearer token for each connection, of a user of its own. */
async function logInAll(port: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let user = 1; user <= connections; user++) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: `U${user}`, password: LOAD_PASSWORD }),
    });
    if (response.status !== 200) throw new Error(await response.text());
    tokens.push(((await response.json()) as { token: string }).token);
  }
  return tokens;
}
