import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '#lib/seeded-random.ts';
import { TRADERS } from '../support/traders.ts';
import { Audit, type AuditTotals } from './audit.ts';
import { compareCopy, followStream } from './audit-sources.ts';
import { FaultCluster, STREAM } from './fault-cluster.ts';
import type { Fault } from './faults.ts';
import type { Hosts } from './hosts.ts';
import { Operator } from './operator.ts';
import { RecordingClient, readReports } from './recording-client.ts';
import { within } from './within.ts';

/** How long everything may take to work again after a fault, and each client to have as many orders accepted. */
const HEALTHY_MS_MAX = 60_000;
const PROGRESS_MS_MAX = 30_000;
const PROGRESS_ORDERS = 10;
const READ_MS_MAX = 30_000;
/** Load before the first fault, and between two. */
const QUIET_MS = 500;

export interface FaultRun {
  readonly directory: string;
  readonly hosts: Hosts | undefined;
  /** Kinds to draw from. */
  readonly faults: readonly Fault[];
  readonly count: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface FaultRunResult extends AuditTotals {
  readonly seed: number;
  /** How many faults there were, by kind. */
  readonly kinds: Map<string, number>;
  readonly complaints: string[];
  readonly seconds: number;
}

/** The evidence in one line. */
export function summaryOf({
  seed,
  kinds,
  acknowledged,
  lost,
  twice,
  tradesCanceled,
  feesSet,
  complaints,
  seconds,
}: FaultRunResult): string {
  const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
  const each = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return `seed ${seed}: ${total} faults in ${seconds} s (${each}); ${acknowledged} orders acknowledged, ${lost} lost, ${twice} twice; ${tradesCanceled} trades taken back, fees set ${feesSet} times; ${complaints.length} complaints`;
}

/**
 * Runs `count` faults. Each cluster has every kind once, in an order drawn from the seed, and then makes room for a new one; every other one writes
 * through to the disk. Ends early when something is wrong.
 */
export async function runFaults(run: FaultRun): Promise<FaultRunResult> {
  const random = seededRandom(run.seed);
  const startMs = performance.now();
  const totals: AuditTotals = { acknowledged: 0, lost: 0, twice: 0, tradesCanceled: 0, feesSet: 0 };
  const kinds = new Map<string, number>();
  const complaints: string[] = [];
  for (let done = 0, round = 1; done < run.count && complaints.length === 0; round++) {
    const deck = shuffled(run.faults, random).slice(0, run.count - done);
    done += deck.length;
    const directory = join(run.directory, `cluster-${round}`);
    const cluster = await FaultCluster.start({ directory, hosts: run.hosts, syncAlways: round % 2 === 1 });
    const session = new FaultSession(cluster, run, random);
    try {
      await session.run(deck, kinds);
    } catch (error) {
      session.audit.complaints.push(`${(error as Error).stack}`);
    }
    complaints.push(...session.complaints);
    for (const name of Object.keys(totals) as (keyof AuditTotals)[])
      totals[name] += session.audit.totals[name];
    await session.close();
    // The hosts' disks go with the run: what is on them is wanted where something was wrong.
    if (complaints.length > 0) cpSync(directory, `${directory}-kept`, { recursive: true });
    run.hosts?.removeAll();
  }
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  return { seed: run.seed, kinds, complaints, seconds, ...totals };
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0]);
}

/** One cluster, its clients, and what is found out about them. */
class FaultSession {
  readonly audit = new Audit();
  readonly #cluster: FaultCluster;
  readonly #run: FaultRun;
  readonly #random: () => number;
  readonly #clients: RecordingClient[];
  readonly #operator: Operator;
  /** Reports of each client that were compared. */
  readonly #compared: number[];
  #copied = 0;
  #closers: (() => unknown)[] = [];

  constructor(cluster: FaultCluster, run: FaultRun, random: () => number) {
    this.#cluster = cluster;
    this.#run = run;
    this.#random = random;
    this.#clients = TRADERS.map(
      (name) => new RecordingClient(name, Math.floor(random() * 2 ** 31), () => cluster.doors),
    );
    this.#operator = new Operator(cluster, this.#clients, Math.floor(random() * 2 ** 31));
    this.#compared = this.#clients.map(() => 0);
  }

  get complaints(): string[] {
    return [
      ...this.audit.complaints,
      ...this.#cluster.complaints,
      ...this.#clients.flatMap(({ complaints }) => complaints),
    ];
  }

  async run(deck: readonly Fault[], kinds: Map<string, number>): Promise<void> {
    this.#closers.push(await followStream(this.audit, this.#cluster.servers.urls, STREAM));
    for (const client of this.#clients) client.start();
    this.#operator.start();
    await this.#progress();
    const integer = (limit: number): number => Math.floor(this.#random() * limit);
    for (const [number, { kind, run }] of deck.entries()) {
      await sleep(QUIET_MS);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const startMs = performance.now();
      for (const client of this.#clients) client.gapMsMax = 0;
      try {
        await run({ cluster: this.#cluster, integer });
        const healedMs = performance.now();
        await this.#cluster.untilHealthy(HEALTHY_MS_MAX);
        await this.#progress();
        const worksMs = performance.now();
        await this.#check(number);
        this.#run.log(
          `${kind}: lasted ${Math.round(healedMs - startMs)} ms, worked ${Math.round(worksMs - healedMs)} ms later, checked up to entry ${this.audit.sequence} in ${Math.round(performance.now() - worksMs)} ms, longest wait for an answer ${Math.round(Math.max(...this.#clients.map(({ gapMsMax }) => gapMsMax)))} ms`,
        );
      } catch (error) {
        throw new Error(`after ${kind}: ${(error as Error).message}`, { cause: error });
      }
      if (this.complaints.length > 0) return;
    }
    await this.#stop();
    await this.#check(0);
    // Everything once more, from the first report on.
    this.#compared.fill(0);
    await this.#compareReports(1);
  }

  async #stop(): Promise<void> {
    await Promise.all([this.#operator, ...this.#clients].map((each) => each.stop()));
  }

  async close(): Promise<void> {
    await this.#stop();
    for (const close of this.#closers.reverse()) await close();
    await this.#cluster.close();
  }

  /** Resolves when every client has had orders accepted. @throws Error when that takes too long */
  async #progress(): Promise<void> {
    const wanted = this.#clients.map(({ accepted }) => accepted + PROGRESS_ORDERS);
    await within(PROGRESS_MS_MAX, 'not every client gets orders accepted', () =>
      this.#clients.every(({ accepted }, i) => accepted >= wanted[i]),
    );
  }

  async #check(turn: number): Promise<void> {
    const told = this.#clients.map(({ reports }) => reports.length);
    const nodeIds = this.#cluster.running;
    const states = await Promise.all(nodeIds.map((nodeId) => this.#cluster.status(nodeId)));
    const end = Math.max(...states.map(({ sequence }) => sequence));
    await within(READ_MS_MAX, `the stream does not bring entry ${end}`, () => this.audit.sequence >= end);
    for (const state of states) {
      this.audit.checkState(state);
      // A node that was away for long began anew with a snapshot.
      const { nodeId, sequence, firstSequence } = state;
      const from = Math.max(this.#copied + 1, firstSequence);
      compareCopy(this.audit, nodeId, this.#cluster.logDirectory(nodeId), from, sequence);
    }
    this.#copied = Math.min(...states.map(({ sequence }) => sequence));
    for (const [i, client] of this.#clients.entries())
      this.audit.checkReceipts(i + 1, client.reports.slice(this.#compared[i], told[i]));
    await this.#compareReports(turn, told);
  }

  /** What clients were told since the last time, asked for again, each at another node every time. */
  async #compareReports(turn: number, told = this.#clients.map(({ reports }) => reports.length)) {
    const nodeIds = this.#cluster.running;
    for (const [i, { name, reports }] of this.#clients.entries()) {
      const from = this.#compared[i] + 1;
      const to = told[i];
      if (to < from) continue;
      const door = this.#cluster.door(nodeIds[(i + turn) % nodeIds.length]);
      const again = await readReports(door, name, from, to, READ_MS_MAX);
      this.audit.checkReports(`node ${door.nodeId} to ${name}`, reports.slice(from - 1, to), again);
      this.#compared[i] = to;
    }
  }
}
