/**
 * Durable orders per second through the binary gateway: pipelined clients that keep a window of orders unanswered, and
 * the floor under the same load, in turns. `node bench/throughput.ts [--connections 4] [--window 512] [--seconds 5]
 * [--rounds 3] [--warmup 3] [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadResult } from './load/client.ts';
import { runLoad } from './load/processes.ts';
import { benchDirectory, loadOptions, startFloor, startVenue } from './load/servers.ts';
import { tradingConnections } from './load/traffic.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const load = {
  ...loadOptions({ window: 512 }),
  ordersPerSecond: 0,
  connections: tradingConnections(numberOption('connections', 4)),
};
const rounds = numberOption('rounds', 3);
const directory = join(benchDirectory(), `throughput-${process.pid}`);

begin('throughput');
const floors: LoadResult[] = [];
const venues: LoadResult[] = [];
for (let round = 0; round < rounds; round++) {
  const floor = await startFloor('dsync');
  floors.push(await runLoad({ ...load, port: floor.port }));
  await floor.stop();
  const venue = await startVenue(directory);
  venues.push(await runLoad({ ...load, port: venue.port }));
  await venue.stop();
}
rmSync(directory, { recursive: true, force: true });

const rate = (results: LoadResult[]): number =>
  median(results.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond));
for (const [scenario, results] of [
  ['floor', floors],
  ['venue', venues],
] as const) {
  print({
    bench: 'throughput',
    scenario,
    connections: load.connections.length,
    window: load.window,
    acknowledgedPerSecond: rate(results),
    ofRounds: results.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond),
    latencyUsP50: rounded(median(results.map(({ latencyNs }) => latencyNs.p50)) / 1_000, 1),
    latencyUsP99: rounded(median(results.map(({ latencyNs }) => latencyNs.p99)) / 1_000, 1),
  });
}
print({ bench: 'throughput', scenario: 'venue over floor', ratio: rounded(rate(venues) / rate(floors), 2) });
