/**
 * What a scrape takes, and what it costs orders: the order path's total by its own histogram, while nobody scrapes and while somebody
 * does every 100 ms, in turns, in the same run. Aims: a scrape in at most 20 ms, and no difference in P99.
 * `node bench/metrics.ts [--rounds 6] [--seconds 5]`
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { scrape } from '../test/support/exposition.ts';
import { startChildNode, Trader } from '../test/support/traders.ts';
import { median, numberOption, print, printMachine, rounded } from './support/report.ts';

const rounds = numberOption('rounds', 6);
const seconds = numberOption('seconds', 5);
const EVERY_MS = 100;

printMachine('metrics');
const directory = mkdtempSync(join(tmpdir(), 'hive-metrics-'));
const node = await startChildNode(directory, { operations: { host: '127.0.0.1', port: 0 } });
const traders = ['U1', 'U2'].map((name, index) => new Trader(name, index + 1));
for (const trader of traders) await trader.trade(node.ouchPort);
const scrapeMs: number[] = [];
const p99Us = { alone: [] as number[], scraped: [] as number[] };
for (let round = 0; round < rounds; round++) {
  for (const scenario of ['alone', 'scraped'] as const) {
    const before = await totals();
    const untilMs = performance.now() + seconds * 1_000;
    while (performance.now() < untilMs) {
      await sleep(EVERY_MS);
      // Kept, they would have this process collect garbage on both cores for a while, and a scrape wait for that.
      for (const { reports } of traders) reports.length = 0;
      if (scenario === 'scraped') await timedScrape();
    }
    p99Us[scenario].push(p99Between(before, await totals()));
  }
}
print({
  bench: 'metrics',
  scenario: 'scrape',
  scrapes: scrapeMs.length,
  scrapeMsP50: rounded(median(scrapeMs), 2),
  scrapeMsP99: rounded(scrapeMs.toSorted((a, b) => a - b)[Math.floor(scrapeMs.length * 0.99)], 2),
  scrapeMsMax: rounded(Math.max(...scrapeMs), 2),
});
for (const scenario of ['alone', 'scraped'] as const)
  print({
    bench: 'metrics',
    scenario: `order path ${scenario}`,
    totalUsP99: rounded(median(p99Us[scenario]), 0),
    totalUsP99OfRounds: p99Us[scenario].map((us) => rounded(us, 0)),
  });
for (const trader of traders) trader.leave();
const ended = once(node.child, 'exit');
node.child.kill('SIGTERM');
await ended;
rmSync(directory, { recursive: true, force: true });

async function timedScrape(): Promise<void> {
  const startedMs = performance.now();
  await scrape(node.operationsPort);
  scrapeMs.push(performance.now() - startedMs);
}

/** Of the stage `total`: upper bounds of the buckets in microseconds, and what was counted up to each. */
async function totals(): Promise<[number, number][]> {
  const { samples } = await scrape(node.operationsPort);
  return [...samples].flatMap(([key, count]): [number, number][] => {
    const [, le] = /^hive_order_stage_seconds_bucket\{stage="total",le="([^"]+)"\}$/.exec(key) ?? [];
    return le === undefined ? [] : [[Number(le.replace('+Inf', 'Infinity')) * 1e6, count]];
  });
}

/** The bound of the bucket in which the 99th percentile of what came in between lies. */
function p99Between(before: readonly [number, number][], after: readonly [number, number][]): number {
  const counts = after.map(([bound, count], i): [number, number] => [bound, count - before[i][1]]);
  const all = counts.at(-1)?.[1] ?? 0;
  return counts.find(([, count]) => count >= all * 0.99)?.[0] ?? Number.NaN;
}
