import { setTimeout as sleep } from 'node:timers/promises';
import { OuchClient } from '#app/ouch-client.ts';
import { LOAD_PASSWORD } from './traffic.ts';

const PACE_MS = 5;
/** A node that answers nothing for so long is left. */
const PATIENCE_MS = 1_000;
const LOGIN_MS_MAX = 1_000;
const RETRY_MS = 20;

/** Sends orders at a steady pace, at the first node that lets it in, and remembers the longest time between two answers. */
export class GapClient {
  /** Since it was last set to 0. */
  declare gapMsMax: number;
  declare answers: number;
  declare private readonly username: string;
  /** Of nodes, tried in turns. */
  declare ports: readonly number[];
  /** Where it is, or tries to be. */
  declare port: number;
  declare private answeredMs: number;
  declare private isOver: boolean;
  declare private readonly ended: Promise<void>;

  constructor(username: string, ports: readonly number[]) {
    this.username = username;
    this.ports = ports;
    this.port = 0;
    this.gapMsMax = 0;
    this.answers = 0;
    this.answeredMs = performance.now();
    this.isOver = false;
    this.ended = this.#run();
  }

  /** Resolves when so many more answers have come. */
  async answered(count: number): Promise<void> {
    for (const wanted = this.answers + count; this.answers < wanted; ) await sleep(PACE_MS);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.isOver; attempt++) {
      this.port = this.ports[attempt % this.ports.length];
      try {
        await this.#session(this.port);
      } catch {
        // Nobody there: the next one.
      }
      await sleep(RETRY_MS);
    }
  }

  async #session(port: number): Promise<void> {
    const client = await OuchClient.connect({
      port,
      username: this.username,
      password: LOAD_PASSWORD,
      loginTimeoutMs: LOGIN_MS_MAX,
    });
    let isClosed = false;
    client.onClosed = () => {
      isClosed = true;
    };
    let unansweredMs = 0;
    let unanswered = 0;
    while (!this.isOver && !isClosed) {
      if (unanswered > 0 && performance.now() - unansweredMs > PATIENCE_MS) break;
      if (unanswered === 0) unansweredMs = performance.now();
      unanswered++;
      void client.enter({ side: 'B', symbol: 'BENCH', quantity: 1, price: 10_000 }).then(
        () => {
          unanswered--;
          const nowMs = performance.now();
          unansweredMs = nowMs;
          this.gapMsMax = Math.max(this.gapMsMax, nowMs - this.answeredMs);
          this.answeredMs = nowMs;
          this.answers++;
        },
        () => {},
      );
      await sleep(PACE_MS);
    }
    client.soup.destroy();
  }
}
