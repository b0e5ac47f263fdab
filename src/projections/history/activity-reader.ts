import type { StatementSync } from 'node:sqlite';
import type { ActivityRecord, ArchiveAnswerOf, ArchiveQuery } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { HistoryDatabase } from './history-database.ts';
import { badQuery } from './pages.ts';
import { DAY_SECONDS } from './trade-sums.ts';

/** What accounts did on a day, and what was refused. */
export class ActivityReader {
  declare private readonly ofAccount: StatementSync;
  declare private readonly rejectsOf: StatementSync;

  constructor(database: HistoryDatabase) {
    this.ofAccount = database.prepare(
      `SELECT accountId, orders, replaces, cancels, trades, rejects FROM activity
       WHERE daySeconds = ? AND accountId = ?`,
    );
    this.rejectsOf = database.prepare(
      'SELECT rejectCode, rejects AS count FROM reject_counts WHERE daySeconds = ? ORDER BY rejects DESC, rejectCode',
    );
  }

  /** @throws ArchiveRefusedError BAD_QUERY */
  answer({ daySeconds, accountIds }: ArchiveQuery<'activity'>): ArchiveAnswerOf<'activity'> {
    if (!Number.isSafeInteger(daySeconds) || daySeconds < 0 || daySeconds % DAY_SECONDS !== 0)
      throw badQuery('daySeconds must be the first second of a UTC day');
    if (!Array.isArray(accountIds) || accountIds.length > Limits.ACCOUNTS_PER_QUERY_MAX)
      throw badQuery(`accountIds must be a list of at most ${Limits.ACCOUNTS_PER_QUERY_MAX}`);
    if (!accountIds.every((id) => Number.isSafeInteger(id) && id >= 0))
      throw badQuery('accountIds must be ids of accounts');
    const accounts: ActivityRecord[] = [];
    for (const accountId of accountIds) {
      const row = this.ofAccount.get(daySeconds, accountId);
      if (row !== undefined) accounts.push({ ...row } as unknown as ActivityRecord);
    }
    const rejects = this.rejectsOf.all(daySeconds).map((row) => ({
      rejectCode: Number(row['rejectCode']),
      count: Number(row['count']),
    }));
    return { accounts, rejects };
  }
}
