/**
 * What a scrape takes, and what it costs orders: the order path's total by its own histogram, while nobody scrapes and while somebody
 * does once a second (`--every`, in ms), in turns, under one load of orders, in the same run; Prometheus does every 15 s. Aims: a scrape in at most 20 ms, and no difference in P99.
 * On a disk that stalls now and then the rounds say what the disk did: `--data-dir` in memory (/dev/shm/…) shows the rest.
 * `node bench/metrics.ts [--rate 10000] [--rounds 6] [--every 1000] [--seconds 10] [--warmup 20] [--data-dir DIR]`
 *
 * A scrape is timed from its request until its last byte is here, by a process that does nothing else.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchMetrics, scrape } from '../test/support/exposition.ts';
import { runLoad, separateCores } from './load/processes.ts';
import { benchDirectory, loadOptions, startVenue } from './load/servers.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const rounds = numberOption('rounds', 6);
const load = {
  ...loadOptions({ window: 20 }),
  warmupSeconds: numberOption('warmup', 20),
  seconds: numberOption('seconds', 10),
};
/** Scrapes while all warms up. */
const WARMING_EVERY_MS = 100;
const everyMs = numberOption('every', 1_000);
const SCENARIOS = ['alone', 'scraped'] as const;

begin('metrics');
const directory = join(benchDirectory(), `metrics-${process.pid}`);
const cores = separateCores();
const venue = await startVenue(directory, { hasOperations: true, placement: cores.server });
const { operationsPort = 0 } = venue.ready;
// For longer than is measured, as looking at the counts takes time too.
const loadSeconds = (load.seconds + 1) * rounds * SCENARIOS.length;
const loaded = runLoad({ ...load, port: venue.port, seconds: loadSeconds }, cores.generator);
const scrapeMs: number[] = [];
const p99Us = { alone: [] as number[], scraped: [] as number[] };
const [{ acknowledgedPerSecond }] = await Promise.all([loaded, measure()]);
await venue.stop();
rmSync(directory, { recursive: true, force: true });

print({
  bench: 'metrics',
  scenario: 'scrape',
  acknowledgedPerSecond,
  scrapes: scrapeMs.length,
  scrapeMsP50: rounded(median(scrapeMs), 2),
  scrapeMsP99: rounded(scrapeMs.toSorted((a, b) => a - b)[Math.floor(scrapeMs.length * 0.99)], 2),
  scrapeMsMax: rounded(Math.max(...scrapeMs), 2),
});
for (const scenario of SCENARIOS)
  print({
    bench: 'metrics',
    scenario: `order path ${scenario}`,
    totalUsP99: rounded(median(p99Us[scenario]), 0),
    totalUsP99OfRounds: p99Us[scenario].map((us) => rounded(us, 0)),
  });

/** While the orders come. */
async function measure(): Promise<void> {
  const warmUntilMs = performance.now() + load.warmupSeconds * 1_000;
  // Scraping warms up too.
  while (performance.now() < warmUntilMs) {
    await sleep(WARMING_EVERY_MS);
    await fetchMetrics(operationsPort);
  }
  for (let round = 0; round < rounds; round++) {
    for (const scenario of SCENARIOS) {
      const before = await totals();
      const untilMs = performance.now() + load.seconds * 1_000;
      while (performance.now() < untilMs) {
        await sleep(everyMs);
        if (scenario === 'scraped') await timedScrape();
      }
      p99Us[scenario].push(p99Between(before, await totals()));
    }
  }
}

async function timedScrape(): Promise<void> {
  const startedMs = performance.now();
  await fetchMetrics(operationsPort);
  scrapeMs.push(performance.now() - startedMs);
}

/** Of the stage `total`: upper bounds of the buckets in microseconds, and what was counted up to each. */
async function totals(): Promise<[number, number][]> {
  const { samples } = await scrape(operationsPort);
  return [...samples].flatMap(([key, count]): [number, number][] => {
    const [, le] = /^hive_order_stage_seconds_bucket\{stage="total",le="([^"]+)"\}$/.exec(key) ?? [];
    return le === undefined ? [] : [[Number(le.replace('+Inf', 'Infinity')) * 1e6, count]];
  });
}

/** The 99th percentile of what came in between, where it lies in its bucket if that is filled evenly, as Prometheus' histogram_quantile. */
function p99Between(before: readonly [number, number][], after: readonly [number, number][]): number {
  const counts = after.map(([bound, count], i): [number, number] => [bound, count - before[i][1]]);
  const wanted = (counts.at(-1)?.[1] ?? 0) * 0.99;
  const at = counts.findIndex(([, count]) => count >= wanted);
  const [bound, count] = counts[at];
  const [lower, below] = at === 0 ? [0, 0] : counts[at - 1];
  return bound === Number.POSITIVE_INFINITY
    ? lower
    : lower + ((bound - lower) * (wanted - below)) / (count - below);
}
