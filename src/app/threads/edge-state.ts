import { AccountAdded, EventType } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { UserDirectory } from '#gateways/identity/user-directory.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { NewestReports } from '#projections/reports/newest-reports.ts';

/** What the edge knows from events, for all of its doors. */
export class EdgeState implements FollowingSink {
  declare readonly views: LiveMarketViews;
  declare readonly directory: UserDirectory;
  declare readonly newestReports: NewestReports;
  /** Numbers of all accounts, in the order in which they were added. */
  declare readonly accountIds: ReadonlySet<number>;
  declare private readonly accounts: Set<number>;

  constructor() {
    this.views = new LiveMarketViews();
    this.directory = new UserDirectory();
    this.newestReports = new NewestReports();
    this.accounts = new Set();
    this.accountIds = this.accounts;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.views.onEvents(words, from, to);
    this.directory.onEvents(words, from, to);
    this.newestReports.onEvents(words, from, to);
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16)
      if ((i32[at] & 0xff) === EventType.AccountAdded) this.accounts.add(i32[at + AccountAdded.at.accountId]);
  }

  onRestart(): void {
    this.views.onRestart();
    this.directory.onRestart();
    this.newestReports.onRestart();
  }

  onImage(sequence: number): void {
    this.views.onImage(sequence);
    this.directory.onImage();
    this.newestReports.onImage(sequence);
  }
}
