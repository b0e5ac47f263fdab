/**
 * Simulates a cluster, deterministically: docs/simulation.md.
 *
 * Runs the seeds N, N+1, … (default: from a random one), K of them, as many as S seconds allow, or until it is interrupted. Ends with a line of JSON; exits with 1 when a run
 * failed, and says how to repeat it. Failing seeds are added to FILE, one a line.
 */
import { appendFileSync } from 'node:fs';
import { scriptOptions } from '../support/script-options.ts';
import { FAULTS } from './faults.ts';
import { type SimulationResult, simulate } from './simulate.ts';

const USAGE =
  'npm run sim -- [--seed=N] [--runs=K] [--seconds=S] [--nodes=3] [--clients=4] [--faults=all|none|NAME,…] [--failures=FILE]';
const { values } = scriptOptions(USAGE, {
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    nodes: { type: 'string', default: '3' },
    clients: { type: 'string', default: '4' },
    faults: { type: 'string', default: 'all' },
    failures: { type: 'string' },
  },
});

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function whole(name: 'seed' | 'runs' | 'seconds' | 'nodes' | 'clients', min: number, max: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return fail(`--${name} takes a whole number from ${min} to ${max}, not ${values[name]}`);
}

function faultsOf(text: string): string[] {
  if (text === 'all') return Object.keys(FAULTS);
  if (text === 'none') return [];
  const names = text.split(',');
  const unknown = names.find((name) => !(name in FAULTS));
  return unknown === undefined
    ? names
    : fail(`there is no fault ${unknown}: take of ${Object.keys(FAULTS).join(', ')}, or all, or none`);
}

const SEED_MAX = 2 ** 31 - 1;
const first = values.seed === undefined ? Math.floor(Math.random() * SEED_MAX) : whole('seed', 0, SEED_MAX);
const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : whole('seconds', 1, 86_400);
const defaultRuns = values.seconds === undefined ? 1 : Number.POSITIVE_INFINITY;
const runs = values.runs === undefined ? defaultRuns : whole('runs', 1, 1e9);
const nodes = whole('nodes', 1, 10);
const clients = whole('clients', 1, 10);
const faults = faultsOf(values.faults);

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isInterrupted = true));
const startedMs = performance.now();
const elapsedSeconds = (): number => (performance.now() - startedMs) / 1_000;
const sum = { runs: 0, failed: 0, entries: 0, ignored: 0, reports: 0, virtualSeconds: 0 };
for (let seed = first; sum.runs < runs && elapsedSeconds() < seconds && !isInterrupted; seed++) {
  const result = await simulate({ seed, nodes, clients, faults });
  sum.runs++;
  sum.entries += result.entries;
  sum.ignored += result.ignored;
  sum.reports += result.reports;
  sum.virtualSeconds += result.virtualMs / 1_000;
  if (result.failure !== undefined) report(result);
  if (runs === 1) console.log(`seed ${seed}: ${result.events} events, trace ${result.traceHash}`);
}
console.log(
  JSON.stringify({
    firstSeed: first,
    nodes,
    ...sum,
    virtualSeconds: Math.round(sum.virtualSeconds),
    seconds: Math.round(elapsedSeconds()),
  }),
);
process.exitCode = sum.failed === 0 ? 0 : 1;

function report({ seed, failure, tail }: SimulationResult): void {
  sum.failed++;
  if (values.failures !== undefined) appendFileSync(values.failures, `${seed}\n`);
  const options = [`--seed=${seed}`, `--nodes=${nodes}`, `--clients=${clients}`, `--faults=${values.faults}`];
  console.error(
    `${tail.join('\n')}\nseed ${seed} failed: ${failure}\nRepeat it with: npm run sim -- ${options.join(' ')}`,
  );
}
