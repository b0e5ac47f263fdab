import type { StatementSync } from 'node:sqlite';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';
import { DAY_SECONDS } from './trade-sums.ts';

/** What is counted of an account: a column of `activity` each. */
export const ACTIVITIES = ['orders', 'replaces', 'cancels', 'trades', 'rejects'] as const;
export type Activity = (typeof ACTIVITIES)[number];

const ADD_ACTIVITY = `${insertInto('activity')} ON CONFLICT DO UPDATE SET
  ${ACTIVITIES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;
const ADD_REJECTS = `${insertInto('reject_counts')} ON CONFLICT DO UPDATE SET rejects = rejects + excluded.rejects`;

type Counts = { -readonly [Name in Activity]: number } & { readonly firstSequence: number };

/**
 * What accounts did since the last write, by UTC day of log time: what order-to-trade ratios are made of (docs/risk.md). Bounded by
 * the events since then.
 */
export class ActivitySums {
  declare private daySeconds: number;
  declare private readonly accounts: Map<number, Counts>;
  declare private readonly rejects: Map<number, { count: number; readonly firstSequence: number }>;
  declare private readonly addActivity: StatementSync;
  declare private readonly addRejects: StatementSync;

  constructor(database: HistoryDatabase) {
    this.daySeconds = 0;
    this.accounts = new Map();
    this.rejects = new Map();
    this.addActivity = database.prepare(ADD_ACTIVITY);
    this.addRejects = database.prepare(ADD_REJECTS);
  }

  /** One more of something that an account did. Log time does not run backwards. */
  count(activity: Activity, accountId: number, timeSeconds: number, sequence: number): void {
    this.#onDay(timeSeconds);
    let counts = this.accounts.get(accountId);
    if (counts === undefined) {
      counts = { orders: 0, replaces: 0, cancels: 0, trades: 0, rejects: 0, firstSequence: sequence };
      this.accounts.set(accountId, counts);
    }
    counts[activity]++;
  }

  /** One more refused command. @param accountId 0: of nobody who has an account */
  reject(rejectCode: number, accountId: number, timeSeconds: number, sequence: number): void {
    this.#onDay(timeSeconds);
    const known = this.rejects.get(rejectCode);
    if (known === undefined) this.rejects.set(rejectCode, { count: 1, firstSequence: sequence });
    else known.count++;
    if (accountId !== 0) this.count('rejects', accountId, timeSeconds, sequence);
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

  #onDay(timeSeconds: number): void {
    if (timeSeconds - this.daySeconds < DAY_SECONDS) return;
    this.write();
    this.daySeconds = timeSeconds - (timeSeconds % DAY_SECONDS);
  }
}
