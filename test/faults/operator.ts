import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '#lib/seeded-random.ts';
import { cancelsOf, drawFees } from '../support/operations.ts';
import type { FaultCluster } from './fault-cluster.ts';
import type { RecordingClient } from './recording-client.ts';

/** Between two things that it does. */
const PACE_MS = 100;
/** How many of each client's newest reports it looks through for trades. */
const REPORTS_SEEN = 100;

/** Sets fees and takes trades of a moment ago back, be it for the second time, at any node that runs, for as long as a run takes. */
export class Operator {
  readonly #cluster: FaultCluster;
  readonly #clients: readonly RecordingClient[];
  readonly #random: () => number;
  #isActive = false;
  #operating: Promise<void> = Promise.resolve();

  /** @param clients that of user n at n - 1 */
  constructor(cluster: FaultCluster, clients: readonly RecordingClient[], seed: number) {
    this.#cluster = cluster;
    this.#clients = clients;
    this.#random = seededRandom(seed);
  }

  start(): void {
    this.#isActive = true;
    this.#operating = this.#operate();
  }

  async stop(): Promise<void> {
    this.#isActive = false;
    await this.#operating;
  }

  async #operate(): Promise<void> {
    while (this.#isActive) {
      const command = this.#random() < 0.5 ? drawFees(this.#random) : this.#oneOf(this.#cancels());
      const nodeId = this.#oneOf(this.#cluster.running);
      if (command !== undefined && nodeId !== undefined) this.#cluster.command(nodeId, command);
      await sleep(PACE_MS);
    }
  }

  #cancels(): ReturnType<typeof cancelsOf> {
    return cancelsOf(
      this.#clients.map(({ reports }, i) => ({ userId: i + 1, reports: reports.slice(-REPORTS_SEEN) })),
    );
  }

  #oneOf<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }
}
