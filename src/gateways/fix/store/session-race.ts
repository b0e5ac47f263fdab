import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { fixBytes, fixText } from '#codec/fix/test-support.ts';
import { type FixStore, FixStoreError, type FixStores, type StoredMessage, StoreRead } from './fix-store.ts';

/** Stream whose reports the nodes send. */
const STREAM = 1;
/** Id of the session that is raced for. */
export const SESSION = 'FIX.4.4-RACE';

/** Reads a message as text, however long it takes; undefined: none. */
export async function readMessage(store: FixStore, number: number): Promise<string | undefined> {
  const stored: StoredMessage = {
    bytes: new Uint8Array(0),
    typeFrom: 0,
    typeTo: 0,
    from: 0,
    to: 0,
    sendingTimeMs: 0,
  };
  for (;;) {
    const found = store.read(number, stored);
    if (found === StoreRead.None) return undefined;
    if (found === StoreRead.Found) return fixText(stored.bytes, stored.from, stored.to);
    await turn();
  }
}

/** Appends an Execution Report with a text. */
export function appendReport(
  store: FixStore,
  text: string,
  stream: number,
  report: number,
  timeMs = 5_000,
): void {
  const bytes = fixBytes(`8|58=${text}|`);
  store.append(timeMs, stream, report, bytes, 0, 2, 2, bytes.length);
}

/** What a counterparty of all nodes has seen: under which number which message came to it as new. */
export class SeenMessages {
  declare readonly byNumber: Map<number, string>;
  /** Numbers that came with two messages. */
  declare readonly violations: string[];

  constructor() {
    this.byNumber = new Map();
    this.violations = [];
  }

  see(number: number, text: string): void {
    const before = this.byNumber.get(number) ?? text;
    if (before !== text)
      this.violations.push(`number ${number} was used for two messages: ${before}; ${text}`);
    this.byNumber.set(number, text);
  }
}

/**
 * For tests: several nodes that take one session from each other, at random, while they send the reports of one stream. Whatever a node was
 * told by its store may leave is seen by the counterparty. `finish` checks what is left.
 */
export class SessionRace {
  declare readonly seen: SeenMessages;
  /** Openings that took the session from another node. */
  declare taken: number;
  declare private readonly random: () => number;

  constructor(random: () => number) {
    this.seen = new SeenMessages();
    this.taken = 0;
    this.random = random;
  }

  /** One node: opens the session, sends some reports, and lets go of it or loses it, again and again. */
  async play(name: string, stores: FixStores, openings: number, reports: number): Promise<void> {
    for (let opening = 0; opening < openings; opening++) {
      let store: FixStore;
      try {
        store = await stores.open(SESSION, 1_000);
      } catch (error) {
        if (!(error instanceof FixStoreError)) throw error;
        continue;
      }
      await this.#own(`${name}${opening}`, store, reports);
    }
  }

  async #own(name: string, store: FixStore, reports: number): Promise<void> {
    const waiting: { mark: number; number: number; text: string }[] = [];
    let isOver = false;
    const leave = (): void => {
      while (waiting.length > 0 && waiting[0].mark <= store.stored) {
        const { number, text } = waiting.shift() as (typeof waiting)[0];
        this.seen.see(number, text);
      }
    };
    store.listen({
      onStored: leave,
      onReadable: () => {},
      onFailed: () => {
        isOver = true;
        this.taken++;
      },
    });
    try {
      for (let i = 0; i < reports && !isOver; i++) {
        const written: { number: number; text: string }[] = [];
        for (let count = Math.ceil(this.random() * 3); count > 0; count--) {
          const number = store.nextOutgoing;
          if (this.random() < 0.3) {
            store.skipOutgoing();
            written.push({ number, text: `session layer of ${name}` });
          } else {
            const report = Math.max(0, store.lastReport(STREAM)) + 1;
            const text = `report ${report} of ${name}`;
            appendReport(store, text, STREAM, report);
            written.push({ number, text: `58=${text}|` });
          }
        }
        store.setNextIncoming(store.nextIncoming + 1, store.nextIncoming + 1);
        const mark = store.flush();
        for (const message of written) waiting.push({ mark, ...message });
        leave();
        for (let turns = Math.floor(this.random() * 5); turns > 0; turns--) await turn();
      }
      if (this.random() < 0.5) await store.close();
    } catch (error) {
      if (!(error instanceof FixStoreError)) throw error;
    }
  }

  /**
   * Opens the session a last time, and checks: whatever was seen is told again as it was, every report up to the last one is there once
   * and in order, and the numbers go on behind all that was seen. @returns reports
   */
  async finish(stores: FixStores): Promise<number> {
    assert.deepEqual(this.seen.violations, []);
    const store = await stores.open(SESSION, 1_000);
    store.listen({ onStored: () => {}, onReadable: () => {}, onFailed: (error) => assert.fail(error) });
    const reports: number[] = [];
    for (let number = 1; number < store.nextOutgoing; number++) {
      const text = await readMessage(store, number);
      const seen = this.seen.byNumber.get(number);
      if (seen !== undefined)
        assert.equal(text ?? 'none', seen.startsWith('58=') ? seen : 'none', `number ${number}`);
      const report = /report (\d+) /.exec(text ?? '')?.[1];
      if (report !== undefined) reports.push(Number(report));
    }
    assert.ok(
      Math.max(0, ...this.seen.byNumber.keys()) < store.nextOutgoing,
      'a number that was seen is behind',
    );
    const last = Math.max(0, store.lastReport(STREAM));
    assert.deepEqual(
      reports,
      Array.from({ length: last }, (_, i) => i + 1),
      'every report is there once, in order',
    );
    await store.close();
    return last;
  }
}
