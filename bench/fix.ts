/**
 * FIX order entry: from a NewOrderSingle until its Execution Report is back, one order at a time, and orders a second with a
 * window of them on their way. The venue's report says that the order is durable; beside it, in the same run, a QuickFIX C++
 * acceptor that answers each order with an Execution Report and makes nothing durable (scripts/build-quickfix.sh builds it).
 * `node bench/fix.ts [--orders 20000] [--warmup 20000] [--pipelined 100000] [--window 512] [--rounds 3] [--data-dir DIR]`
 */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { QuickFix, whyNoQuickFix } from '../test/support/quickfix.ts';
import { FixLoadClient } from './load/fix-client.ts';
import { benchDirectory, startVenue } from './load/servers.ts';
import { LOAD_PASSWORD } from './load/traffic.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const orders = numberOption('orders', 20_000);
const warmup = numberOption('warmup', 20_000);
const pipelined = numberOption('pipelined', 100_000);
const window = numberOption('window', 512);
const rounds = numberOption('rounds', 3);
const directory = join(benchDirectory(), `fix-${process.pid}`);

interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

begin('fix');
const reason = whyNoQuickFix();
if (reason !== undefined) print({ bench: 'fix', scenario: `no QuickFIX to compare with: ${reason}` });
const results = new Map<string, Round[]>([
  ['QuickFIX echo', []],
  ['venue', []],
]);
for (let round = 0; round < rounds; round++) {
  if (reason === undefined) results.get('QuickFIX echo')?.push(await ofQuickFix());
  results.get('venue')?.push(await ofVenue());
}
const middle = (scenario: string, pick: (round: Round) => number): number =>
  median((results.get(scenario) ?? []).map(pick));
for (const [scenario, measured] of results) {
  if (measured.length === 0) continue;
  print({
    bench: 'fix',
    scenario,
    latencyUsP50: rounded(
      middle(scenario, ({ p50 }) => p50),
      1,
    ),
    latencyUsP99: rounded(
      middle(scenario, ({ p99 }) => p99),
      1,
    ),
    ordersPerSecond: Math.round(middle(scenario, ({ perSecond }) => perSecond)),
    window,
    rounds,
  });
}
if (reason === undefined) {
  print({
    bench: 'fix',
    scenario: 'venue over QuickFIX echo',
    ratioP50: rounded(middle('venue', ({ p50 }) => p50) / middle('QuickFIX echo', ({ p50 }) => p50), 2),
  });
}

async function measure(client: FixLoadClient): Promise<Round> {
  await client.latenciesUs(warmup);
  const latencies = (await client.latenciesUs(orders)).toSorted();
  await client.perSecond(warmup, window);
  const perSecond = await client.perSecond(pipelined, window);
  client.close();
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)];
  return { p50: at(0.5), p99: at(0.99), perSecond };
}

async function ofVenue(): Promise<Round> {
  const venue = await startVenue(directory);
  const login = `553=U1|554=${LOAD_PASSWORD}|`;
  const round = await measure(await FixLoadClient.logOn(venue.ready.fixPort ?? 0, 'U1', 'HIVE', login));
  await venue.stop();
  rmSync(directory, { recursive: true, force: true });
  return round;
}

async function ofQuickFix(): Promise<Round> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const terms = { version: '44', senderCompId: 'ECHO', targetCompId: 'LOAD', isEcho: true } as const;
  const echo = new QuickFix({ ...terms, port, directory });
  await echo.until((lines) => lines.includes('ready'));
  const round = await measure(await FixLoadClient.logOn(port, 'LOAD', 'ECHO', ''));
  await echo.kill();
  rmSync(directory, { recursive: true, force: true });
  return round;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
