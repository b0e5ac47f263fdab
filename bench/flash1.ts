/**
 * Our book on the workloads of the public harness github.com/flash1-dev/matching-engine-benchmark, with every report
 * written to a ring in shared memory that another thread drains. Prints the canonical SHA-256 of the report stream,
 * whether it is the published one and the naive book's, and the throughput, beside that of a book which was made for this harness alone
 * (`FlatBook`) and takes turns with ours.
 *
 * `FLASH1_DIR=<checkout> scripts/build-flash1.sh [seed…]` writes the workloads, the conformance cases and the
 * published hashes to .cache/flash1. Then: `node bench/flash1.ts --dir .cache/flash1 [--repetitions N]`. Each
 * workload runs in a process of its own; the conformance cases run in one.
 */
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Flash1Engine } from './flash1/engine.ts';
import { FlatBook } from './flash1/flat.ts';
import { naiveReports } from './flash1/naive.ts';
import { canonicalHash, countReports, REPORT_WORDS } from './flash1/reports.ts';
import { allocateRing, RingProducer } from './flash1/ring.ts';
import { readWorkload, type Workload } from './flash1/workload.ts';
import { runEach } from './support/each.ts';
import {
  begin,
  type Elapsed,
  numberOption,
  option,
  print,
  rates,
  rounded,
  stopwatch,
} from './support/report.ts';

const directory = option('dir', '.cache/flash1');
const repetitions = numberOption('repetitions', 10);
const scenario = option('scenario', '');
const CONFORMANCE = 'conformance';

if (scenario === '') {
  const files = globSync('orders_*.bin', { cwd: directory }).sort();
  if (files.length === 0) {
    throw new Error(`--dir ${directory}: no orders_*.bin there; scripts/build-flash1.sh makes them`);
  }
  begin('flash1');
  const timed = files.filter((file) => !file.startsWith('orders_ec-'));
  await runEach(import.meta.filename, [...timed, ...(timed.length < files.length ? [CONFORMANCE] : [])]);
} else if (scenario === CONFORMANCE) {
  await runConformance();
} else {
  await runWorkload(readWorkload(join(directory, basename(scenario))));
}

interface Run {
  readonly elapsed: Elapsed;
  readonly words: Int32Array;
  readonly count: number;
}

/**
 * Memory for every report of a workload, used by all its runs. A message makes at most its acknowledgement, its
 * remainder's, and trades; each trade uses up one of two orders.
 */
function reportMemory(workload: Workload): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((workload.messages * 4 + 16) * REPORT_WORDS * 4);
  // The harness reserves its report buffer before the window too: no first-touch page faults inside it.
  new Int32Array(memory).fill(-1);
  return memory;
}

/** One run: a fresh book, a fresh ring, a fresh drainer. The time ends when the last report is in the ring. */
async function run(
  Book: typeof Flash1Engine | typeof FlatBook,
  workload: Workload,
  collected: SharedArrayBuffer,
): Promise<Run> {
  const memory = allocateRing();
  const drainer = new Worker(new URL('./flash1/drainer.ts', import.meta.url), {
    workerData: { memory, collected },
  });
  await once(drainer, 'message');
  const drained = once(drainer, 'message');
  const ring = new RingProducer(memory);
  const book = new Book(workload, ring);
  const read = stopwatch();
  book.apply(workload, 0, workload.messages);
  ring.publish();
  const elapsed = read();
  const written = ring.close();
  const [taken] = await drained;
  await drainer.terminate();
  if (taken !== written) throw new Error(`the drainer took ${taken} of ${written} reports`);
  return { elapsed, words: new Int32Array(collected), count: written };
}

async function runWorkload(workload: Workload): Promise<void> {
  const elapsed: Elapsed[] = [];
  const peerElapsed: Elapsed[] = [];
  const hashes = new Set<string>();
  const collected = reportMemory(workload);
  let last: Run | undefined;
  for (let repetition = 0; repetition < repetitions + 2; repetition++) {
    const peer = await run(FlatBook, workload, collected);
    hashes.add(canonicalHash(peer.words, peer.count));
    last = await run(Flash1Engine, workload, collected);
    hashes.add(canonicalHash(last.words, last.count));
    if (repetition < 2) continue;
    peerElapsed.push(peer.elapsed);
    elapsed.push(last.elapsed);
  }
  const naive = naiveReports(workload);
  const [hash] = hashes;
  const ours = rates(workload.messages, elapsed);
  const { perSecond: peerPerSecond } = rates(workload.messages, peerElapsed);
  const published = publishedHash(workload.name);
  const naiveHash = canonicalHash(naive.words, naive.count);
  print({
    bench: 'flash1',
    scenario: workload.name,
    messages: workload.messages,
    ...ours,
    peer: 'flat book',
    peerPerSecond,
    ratio: rounded(ours.perSecond / peerPerSecond, 2),
    repetitions,
    reports: countReports(last!.words, last!.count),
    sha256: hash,
    sha256Stable: hashes.size === 1,
    sha256Published: published ?? null,
    matchesPublished: published === undefined ? null : published === hash,
    matchesNaive: naiveHash === hash,
  });
  if (hashes.size !== 1 || naiveHash !== hash || (published !== undefined && published !== hash)) {
    process.exitCode = 1;
  }
}

/** `correctness_hash.txt` of the harness: lines of a hash and `<scenario>_seed<seed>_count<count>_reports.txt`. */
function publishedHash(name: string): string | undefined {
  const path = join(directory, 'correctness_hash.txt');
  const match = /^(.+)_s(\d+)_n(\d+)$/.exec(name);
  if (match === null || !existsSync(path)) return undefined;
  const tag = `${match[1]}_seed${match[2]}_count${match[3]}_reports.txt`;
  for (const row of readFileSync(path, 'utf8').split('\n')) {
    const [hash, of] = row.trim().split(/\s+/);
    if (of === tag) return hash;
  }
  return undefined;
}

/** The hand-written cases: report streams by hash, and the book's state after every message, against the naive book. */
async function runConformance(): Promise<void> {
  const files = globSync('orders_ec-*.bin', { cwd: directory }).sort();
  const failed: string[] = [];
  const hashes: Record<string, string> = {};
  let stateChecks = 0;
  for (const file of files) {
    const workload = readWorkload(join(directory, file));
    const prices = new Set<number>();
    for (let i = 0; i < workload.messages; i++) prices.add(workload.words[i * 4 + 1]);
    const probe = (state: { bestBid: number; bestAsk: number; depthAt(s: boolean, p: number): number }) => [
      state.bestBid,
      state.bestAsk,
      ...[...prices].flatMap((price) => [state.depthAt(false, price), state.depthAt(true, price)]),
    ];
    const expected: number[][] = [];
    const naive = naiveReports(workload, (_, state) => expected.push(probe(state)));
    const { words, count } = await run(Flash1Engine, workload, reportMemory(workload));
    const hash = canonicalHash(words, count);
    const name = workload.name.replace(/^ec-|_s0_n\d+$/g, '');
    hashes[name] = hash.slice(0, 16);
    let equal = hash === canonicalHash(naive.words, naive.count);
    const audited = new Flash1Engine(workload, new RingProducer(allocateRing()));
    for (let i = 0; i < Math.min(workload.messages, 1_000); i++) {
      audited.apply(workload, i, i + 1);
      const actual = probe(audited);
      stateChecks += actual.length;
      if (actual.some((value, at) => value !== expected[i][at])) equal = false;
    }
    if (!equal) failed.push(name);
  }
  print({ bench: 'flash1', scenario: CONFORMANCE, cases: files.length, stateChecks, failed, hashes });
  if (failed.length > 0) process.exitCode = 1;
}
