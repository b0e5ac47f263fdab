/**
 * From when an order is due until its durable acknowledgement is back over TCP, open loop, against the floor: a bare
 * Node TCP server that makes the same preallocated O_DSYNC write before it answers. Floor and venue take turns in one
 * run; the ratios are of the medians over the rounds. `node bench/latency.ts [--rate 10000] [--seconds 5] [--rounds 5]
 * [--connections 2] [--warmup 20] [--data-dir DIR]`
 *
 * The generator has the first processor to itself; floor and venue have the others. Where the kernel may put a server's thread beside the
 * generator, which never sleeps at this rate, that thread waits for a slice of some milliseconds, and the figure is of the kernel's choice.
 *
 * Floor and venue are warmed alike, and long: with `--warmup 3` the figures are those of a node that has just started
 * (docs/benchmarks.md).
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadResult } from './load/client.ts';
import { runLoad, separateCores } from './load/processes.ts';
import { benchDirectory, loadOptions, startFloor, startVenue } from './load/servers.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const load = { ...loadOptions({ window: 1 }), warmupSeconds: numberOption('warmup', 20) };
const rounds = numberOption('rounds', 5);
const directory = join(benchDirectory(), `latency-${process.pid}`);

begin('latency');
const cores = separateCores();
const floors: LoadResult[] = [];
const venues: LoadResult[] = [];
for (let round = 0; round < rounds; round++) {
  const floor = await startFloor('dsync', cores.server);
  floors.push(await runLoad({ ...load, port: floor.port }, cores.generator));
  await floor.stop();
  const venue = await startVenue(directory, { placement: cores.server });
  venues.push(await runLoad({ ...load, port: venue.port }, cores.generator));
  await venue.stop();
}
rmSync(directory, { recursive: true, force: true });

const middle = (results: LoadResult[], pick: (result: LoadResult) => number): number =>
  median(results.map(pick));
for (const [scenario, results] of [
  ['floor', floors],
  ['venue', venues],
] as const) {
  print({
    bench: 'latency',
    scenario,
    rate: load.ordersPerSecond,
    rounds,
    acknowledgedPerSecond: middle(results, (result) => result.acknowledgedPerSecond),
    latencyUsP50: rounded(middle(results, ({ latencyNs }) => latencyNs.p50) / 1_000, 1),
    latencyUsP90: rounded(middle(results, ({ latencyNs }) => latencyNs.p90) / 1_000, 1),
    latencyUsP99: rounded(middle(results, ({ latencyNs }) => latencyNs.p99) / 1_000, 1),
    latencyUsP999: rounded(middle(results, ({ latencyNs }) => latencyNs.p999) / 1_000, 1),
    latencyUsMax: rounded(middle(results, ({ latencyNs }) => latencyNs.max) / 1_000, 1),
    latenessUsP99: rounded(middle(results, ({ latenessNs }) => latenessNs.p99) / 1_000, 1),
    latencyUsP99OfRounds: results.map(({ latencyNs }) => rounded(latencyNs.p99 / 1_000, 1)),
  });
}
const ratio = (pick: (result: LoadResult) => number): number =>
  rounded(middle(venues, pick) / middle(floors, pick), 2);
print({
  bench: 'latency',
  scenario: 'venue over floor',
  ratioP50: ratio(({ latencyNs }) => latencyNs.p50),
  ratioP99: ratio(({ latencyNs }) => latencyNs.p99),
});
