import type { StatementSync } from 'node:sqlite';
import {
  CancelReason,
  CommandRejected,
  EventType,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  Trade,
} from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';
import { DAY_SECONDS } from './trade-sums.ts';

/** What is counted of an account: a column of `activity` each. */
const ACTIVITIES = ['orders', 'replaces', 'cancels', 'trades', 'rejects'] as const;
type Activity = (typeof ACTIVITIES)[number];

const ADD_ACTIVITY = `${insertInto('activity')} ON CONFLICT DO UPDATE SET
  ${ACTIVITIES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;
const ADD_REJECTS = `${insertInto('reject_counts')} ON CONFLICT DO UPDATE SET rejects = rejects + excluded.rejects`;

type Counts = { -readonly [Name in Activity]: number } & { readonly firstSequence: number };

/**
 * What accounts did since the last write, by UTC day of log time: what order-to-trade ratios are made of (docs/risk.md). Bounded by
 * the events since then.
 */
export class ActivitySums {
  declare private readonly moment: EventMoment;
  declare private daySeconds: number;
  declare private readonly accounts: Map<number, Counts>;
  declare private readonly rejects: Map<number, { count: number; readonly firstSequence: number }>;
  declare private readonly addActivity: StatementSync;
  declare private readonly addRejects: StatementSync;

  constructor(database: HistoryDatabase, moment: EventMoment) {
    this.moment = moment;
    this.daySeconds = 0;
    this.accounts = new Map();
    this.rejects = new Map();
    this.addActivity = database.prepare(ADD_ACTIVITY);
    this.addRejects = database.prepare(ADD_REJECTS);
  }

  /** Counts what an event says that accounts did. Log time does not run backwards. */
  onEvent({ i32 }: WordBuffer, at: number, type: number): void {
    switch (type) {
      case EventType.OrderAccepted:
        this.#count('orders', i32[at + OrderAccepted.at.accountId]);
        return;
      case EventType.OrderReplaced:
        this.#count('replaces', i32[at + OrderReplaced.at.accountId]);
        return;
      case EventType.OrderCanceled: {
        const reason = (i32[at + OrderCanceled.at.reason] >> 8) & 255;
        // Others are no messages of the account.
        if (reason === CancelReason.Requested || reason === CancelReason.MassCancel)
          this.#count('cancels', i32[at + OrderCanceled.at.accountId]);
        return;
      }
      case EventType.Trade:
        this.#count('trades', i32[at + Trade.at.makerAccountId]);
        this.#count('trades', i32[at + Trade.at.takerAccountId]);
        return;
      case EventType.CommandRejected:
        this.#reject(i32[at + CommandRejected.at.rejectCode] >>> 16, i32[at + CommandRejected.at.accountId]);
    }
  }

  write(): void {
    for (const [accountId, counts] of this.accounts) {
      const { orders, replaces, cancels, trades, rejects, firstSequence } = counts;
      this.addActivity.run(
        this.daySeconds,
        accountId,
        orders,
        replaces,
        cancels,
        trades,
        rejects,
        firstSequence,
      );
    }
    this.accounts.clear();
    for (const [rejectCode, { count, firstSequence }] of this.rejects)
      this.addRejects.run(this.daySeconds, rejectCode, count, firstSequence);
    this.rejects.clear();
  }

  #count(activity: Activity, accountId: number): void {
    this.#onDay();
    let counts = this.accounts.get(accountId);
    if (counts === undefined) {
      const firstSequence = this.moment.sequence;
      counts = { orders: 0, replaces: 0, cancels: 0, trades: 0, rejects: 0, firstSequence };
      this.accounts.set(accountId, counts);
    }
    counts[activity]++;
  }

  /** @param accountId 0: of nobody who has an account */
  #reject(rejectCode: number, accountId: number): void {
    this.#onDay();
    const known = this.rejects.get(rejectCode);
    if (known === undefined) this.rejects.set(rejectCode, { count: 1, firstSequence: this.moment.sequence });
    else known.count++;
    if (accountId !== 0) this.#count('rejects', accountId);
  }

  #onDay(): void {
    const { timeSeconds } = this.moment;
    if (timeSeconds - this.daySeconds < DAY_SECONDS) return;
    this.write();
    this.daySeconds = timeSeconds - (timeSeconds % DAY_SECONDS);
  }
}
