/**
 * Data behind in a continuous backup under load: how long ago the newest entry was made durable that is not in the backup yet,
 * sampled while a venue takes orders at a steady rate, and how many entries that are; beside it the order latency with and
 * without the backup.
 * `node bench/archiving.ts [--rate N] [--seconds N] [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '#app/node.ts';
import { runLoad } from './load/processes.ts';
import { benchDirectory, loadOptions, startVenue } from './load/servers.ts';
import { begin, numberOption, print, rounded } from './support/report.ts';

const SAMPLE_MS = 50;
const seconds = numberOption('seconds', 30);
const directory = join(benchDirectory(), `archiving-${process.pid}`);
const targetDirectory = `${directory}-target`;
const backup = { to: targetDirectory, keyFile: undefined, everyMs: 1_000, snapshotEveryMs: 900_000, keep: 3 };

/**
 * Samples how far the backup is behind, by the log's own sequence numbers: when an entry was seen to be durable, and when it was
 * seen to be in the backup. Both are late by a sample at most.
 */
class LagSampler {
  readonly #ask: () => Promise<NodeStatus>;
  readonly #durable: { readonly sequence: number; readonly ms: number }[] = [];
  readonly #behindMs: number[] = [];
  #entriesMax = 0;
  #isEnding = false;

  constructor(ask: () => Promise<NodeStatus>) {
    this.#ask = ask;
  }

  async run(): Promise<void> {
    while (!this.#isEnding) {
      const { sequence, threads } = await this.#ask();
      const nowMs = performance.now();
      const backedUp = threads['backupSequence'] ?? 0;
      this.#durable.push({ sequence, ms: nowMs });
      // The oldest moment at which something was durable that is not in the backup now.
      while (this.#durable.length > 1 && this.#durable[0].sequence <= backedUp) this.#durable.shift();
      this.#behindMs.push(sequence <= backedUp ? 0 : nowMs - this.#durable[0].ms);
      this.#entriesMax = Math.max(this.#entriesMax, sequence - backedUp);
      await sleep(SAMPLE_MS);
    }
  }

  end(): void {
    this.#isEnding = true;
  }

  figures(): object {
    const sorted = this.#behindMs.toSorted((a, b) => a - b);
    return {
      samples: sorted.length,
      behindSecondsP50: rounded(sorted[sorted.length >> 1] / 1_000, 2),
      behindSecondsMax: rounded((sorted.at(-1) ?? 0) / 1_000, 2),
      behindEntriesMax: this.#entriesMax,
    };
  }
}

begin('archiving');
for (const isBackedUp of [false, true]) {
  const venue = await startVenue(directory, isBackedUp ? { hasEdge: false, backup } : { hasEdge: false });
  const lag = new LagSampler(() => venue.ask('status') as Promise<NodeStatus>);
  const load = { ...loadOptions({ window: 64 }), seconds };
  const sampling = isBackedUp ? lag.run() : Promise.resolve();
  const result = await runLoad({ ...load, port: venue.port });
  lag.end();
  await sampling;
  await venue.kill();
  print({
    bench: 'archiving',
    scenario: isBackedUp ? 'with a continuous backup' : 'without',
    ordersPerSecond: load.ordersPerSecond,
    latencyUsP50: rounded(result.latencyNs.p50 / 1_000, 1),
    latencyUsP99: rounded(result.latencyNs.p99 / 1_000, 1),
    ...(isBackedUp ? lag.figures() : {}),
  });
  rmSync(directory, { recursive: true, force: true });
  rmSync(targetDirectory, { recursive: true, force: true });
}
