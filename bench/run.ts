/**
 * Runs all benchmarks, or those named, one after the other, prints a table, and writes their figures as JSON to the
 * folder given by `--out`. `npm run bench -- [NAME…] [--out DIR] [options of the benchmarks]`; an option goes to those
 * that have it. flash1 runs when its workloads are there (scripts/build-flash1.sh), cluster when nats-server is
 * (scripts/install-nats.sh), console when chromium is (scripts/install-chromium.sh).
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_OPTIONS, type BenchRun, benchHelp, readBenchRun } from './support/bench-options.ts';
import { runFigures } from './support/each.ts';
import { refuse, USAGE } from './support/refuse.ts';
import { type Figure, machine } from './support/report.ts';

const { named, out, options } = readCommandLine();

/** What a benchmark needs beside npm's packages. */
const NEEDS: Readonly<Record<string, string>> = {
  flash1: '.cache/flash1',
  console: '/usr/bin/chromium',
  cluster: '.cache/nats',
};
const wanted =
  named.length > 0
    ? named
    : Object.keys(BENCH_OPTIONS).filter((name) => NEEDS[name] === undefined || existsSync(NEEDS[name]));
const figures: Figure[] = [];
const failures: string[] = [];
for (const name of wanted) {
  try {
    const words = BENCH_OPTIONS[name].flatMap((option) => options.get(option) ?? []);
    const own = await runFigures(join(import.meta.dirname, `${name}.ts`), words);
    figures.push(...own);
    if (out !== undefined) write(out, name, own);
  } catch (error) {
    failures.push(`${name}: ${(error as Error).message}`);
  }
}

const HEADLINES = [
  'perSecond',
  'perCpuSecond',
  'usPerCommand',
  'rowsPerCpuSecond',
  'acknowledgedPerSecond',
  'bytesPerCommand',
  'ratio',
  'ratioP50',
  'ratioP99',
  'gapMs',
  'gapMsMax',
  'latencyUsP50',
  'latencyUsP99',
  'matchesPublished',
  'failed',
  'secondsMedian',
  'behindSecondsMax',
  'rssMiB',
];
const rows = figures
  .filter(({ scenario }) => scenario !== 'machine')
  .map((figure) => {
    const shown = HEADLINES.filter((name) => figure[name] !== undefined && figure[name] !== null);
    const values = shown.map((name) => `${name} ${format(figure[name])}`);
    return [figure.bench, String(figure.scenario ?? ''), values.join(', ')];
  });
const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
console.error();
for (const [bench, scenario, values] of rows) {
  console.error(`${bench.padEnd(widths[0])}  ${scenario.padEnd(widths[1])}  ${values}`);
}
for (const failure of failures) console.error(`FAILED ${failure}`);
if (failures.length > 0) process.exitCode = 1;

function readCommandLine(): BenchRun {
  const words = process.argv.slice(2);
  if (words.includes('--help')) {
    console.log(benchHelp());
    process.exit();
  }
  try {
    return readBenchRun(words);
  } catch (error) {
    return refuse(error, USAGE);
  }
}

function write(directory: string, name: string, own: readonly Figure[]): void {
  mkdirSync(directory, { recursive: true });
  const result = { takenAt: new Date().toISOString(), machine: machine(), figures: own };
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

function format(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en') : JSON.stringify(value);
}
