import { setTimeout as sleep } from 'node:timers/promises';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { seededRandom } from '#lib/seeded-random.ts';

/** Between two orders of one client. */
const PACE_MS = 8;
const IN_FLIGHT_MAX = 20;
/** A node that answers nothing for so long is left for another. */
const PATIENCE_MS = 2_500;
const LOGIN_MS_MAX = 2_500;
const RETRY_MS = 100;
const BOOK_SPREAD = 20;

/** Where a node takes orders. */
export interface Door {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/**
 * Trades as one user for as long as a run takes, at one node after another: whichever lets it in. Keeps every report that it was ever told, in the
 * order in which it was, and what was wrong with how they came.
 */
export class RecordingClient {
  readonly name: string;
  /** Report n of the user is at n - 1. */
  readonly reports: OuchReport[] = [];
  /** Gaps, repeats and contradictions in what it was told. */
  readonly complaints: string[] = [];
  /** Orders that were accepted. */
  accepted = 0;
  /** Refusals, by their reason. */
  readonly refused = new Map<number, number>();
  /** Longest time between two answers, since it was last set to 0. */
  gapMsMax = 0;
  readonly #random: () => number;
  readonly #doors: () => readonly Door[];
  #client: OuchClient | undefined;
  #attempt = 0;
  #sessions = 0;
  #isTrading = false;
  #answeredMs = performance.now();
  #unanswered = 0;
  #trading: Promise<void> = Promise.resolve();

  /** @param doors those that may be tried now */
  constructor(name: string, seed: number, doors: () => readonly Door[]) {
    this.name = name;
    this.#random = seededRandom(seed);
    this.#doors = doors;
  }

  /** Begins to trade. */
  start(): void {
    this.#isTrading = true;
    this.#answeredMs = performance.now();
    this.#trading = this.#trade();
  }

  /** Stops to trade. Resolves when the session is over. */
  async stop(): Promise<void> {
    this.#isTrading = false;
    await this.#trading;
  }

  async #trade(): Promise<void> {
    while (this.#isTrading) {
      const doors = this.#doors();
      const door = doors[this.#integer(doors.length)];
      try {
        if (door !== undefined) await this.#session(door);
      } catch {
        // Nobody there, or not now: another one, after a while.
      }
      await sleep(RETRY_MS);
    }
  }

  /** A session at one node, until that ends, goes silent, or enough was traded. */
  async #session({ host, port }: Door): Promise<void> {
    // What a session brings after it was given up counts no more: the next one gets it again.
    const number = ++this.#sessions;
    const client = await connectWithin(
      OuchClient.connect(
        {
          host,
          port,
          username: this.name,
          password: 'secret',
          sequenceNumber: this.reports.length + 1,
          loginTimeoutMs: LOGIN_MS_MAX,
        },
        (report) => {
          if (number === this.#sessions) this.#onReport(report);
        },
      ),
    );
    this.#client = client;
    this.#unanswered = 0;
    let isOver = false;
    client.onClosed = () => {
      isOver = true;
    };
    this.#hear();
    while (this.#isTrading && !isOver) {
      if (this.#unanswered > 0 && performance.now() - this.#answeredMs > PATIENCE_MS) break;
      if (this.#unanswered < IN_FLIGHT_MAX) this.#send(client);
      await sleep(PACE_MS);
    }
    this.#client = undefined;
    this.#sessions++;
    client.soup.destroy();
  }

  #send(client: OuchClient): void {
    if (this.#unanswered === 0) this.#answeredMs = Math.max(this.#answeredMs, performance.now() - PACE_MS);
    this.#unanswered++;
    void this.#command(client).then(
      () => {
        if (this.#client !== client) return;
        this.#unanswered--;
        this.#hear();
      },
      () => {},
    );
  }

  #command(client: OuchClient): Promise<unknown> {
    const kind = this.#integer(10);
    if (kind < 3) return client.cancel(Math.max(1, client.nextUserRefNum - 1 - this.#integer(BOOK_SPREAD)));
    return client.enter({
      side: this.#integer(2) === 0 ? 'B' : 'S',
      symbol: this.#integer(2) === 0 ? 'BTCUSD' : 'BTCFUT',
      quantity: 1 + this.#integer(9),
      price: 100_000 + 100 * (this.#integer(BOOK_SPREAD) - BOOK_SPREAD / 2),
      timeInForce: kind === 9 ? '3' : '0',
      // Tells the attempts apart that had the same number at two nodes.
      clOrdId: String(++this.#attempt),
    });
  }

  #hear(): void {
    const nowMs = performance.now();
    this.gapMsMax = Math.max(this.gapMsMax, nowMs - this.#answeredMs);
    this.#answeredMs = nowMs;
  }

  #onReport(report: OuchReport): void {
    const expected = this.reports.length + 1;
    if (report.sequenceNumber !== expected) {
      this.complaints.push(`${this.name}: report ${report.sequenceNumber} came where ${expected} should`);
      return;
    }
    this.reports.push(report);
    if (report.type === 'OrderAccepted') this.accepted++;
    if (report.type === 'Rejected')
      this.refused.set(report.reason, (this.refused.get(report.reason) ?? 0) + 1);
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** The question after the login may never be answered: the connection is given up then. */
async function connectWithin(connecting: Promise<OuchClient>): Promise<OuchClient> {
  let isLate = false;
  connecting.then(
    (client) => {
      if (isLate) client.soup.destroy();
    },
    () => {},
  );
  const late = sleep(2 * LOGIN_MS_MAX, undefined, { ref: false }).then(() => {
    isLate = true;
    throw new Error('no answer');
  });
  return Promise.race([connecting, late]);
}

/** What a node tells a user of reports `from` to `to`, asked anew. @throws Error when it does not tell all of them in time */
export async function readReports(
  door: Door,
  username: string,
  from: number,
  to: number,
  withinMs: number,
): Promise<OuchReport[]> {
  const reports: OuchReport[] = [];
  const all = Promise.withResolvers<void>();
  const enough = (): void => {
    if (reports.length > to - from) all.resolve();
  };
  const { host, port } = door;
  const client = await connectWithin(
    OuchClient.connect(
      { host, port, username, password: 'secret', sequenceNumber: from, loginTimeoutMs: LOGIN_MS_MAX },
      (report) => {
        reports.push(report);
        enough();
      },
    ),
  );
  enough();
  const timer = setTimeout(
    () =>
      all.reject(
        new Error(
          `node ${door.nodeId} told ${username} ${reports.length} reports from ${from} on, ${to - from + 1} are to come`,
        ),
      ),
    withinMs,
  );
  client.onClosed = (reason) => all.reject(new Error(`node ${door.nodeId} ended the session: ${reason}`));
  try {
    await all.promise;
  } finally {
    clearTimeout(timer);
    client.onClosed = () => {};
    client.soup.destroy();
  }
  return reports.slice(0, to - from + 1);
}
