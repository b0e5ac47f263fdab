import type { Static } from 'typebox';
import type { LoggedEntry, StampedEntry } from '#codec/json/log-json.ts';
import type { Backups, Snapshots, Verification } from '#codec/json/operate-json.ts';
import type { NewReplay, Recordings, ReplayControl, ReplayState } from '#codec/json/replay-json.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Principal } from '../identity/principal.ts';
import type { UserDirectory } from '../identity/user-directory.ts';
import type { StatusPage } from '../status/status-page.ts';
import { Problem } from './problems.ts';

/** Entries of the log, wherever they are kept. */
export interface LogReceipts {
  /** The durable entry, or undefined when the log has not come so far. @throws LogTruncatedError, LogCorruptError, ArchiveRefusedError */
  entry(sequence: number): Promise<StampedEntry | undefined>;
  /** Those of the entries that are durable and not truncated, with their first commands. @throws LogCorruptError, ArchiveRefusedError */
  entries(sequences: Iterable<number>, commandsMax: number): Promise<readonly LoggedEntry[]>;
  /** The first entry that the log still has. */
  firstSequence(): number;
}

/** What users were told, wherever it is kept. */
export interface StoredReports {
  /**
   * Hands over the event records that were reports to a user, of a stretch of the log; each is valid during the call. False when
   * some are not to be had, or more than `max`.
   */
  read(
    range: {
      readonly userId: number;
      readonly fromSequence: number;
      readonly toSequence: number;
      readonly max: number;
    },
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<boolean>;
}

/** What the node says of itself at the edge. */
export interface NodeFacts {
  readonly nodeId: number;
  /** Last entry of the log that is durable. */
  readonly durableSequence: number;
  /** Last entry that the archive has applied. */
  readonly archivedSequence: number;
  /** First entry after which two copies of the state disagreed; 0 never. */
  readonly divergedSequence: number;
  readonly uptimeSeconds: number;
}

/** What the venue could be restored from, wherever it is kept. */
export interface RestorableCopies {
  snapshots(): Promise<Static<typeof Snapshots>>;
  /** @throws Problem not-found, busy, verifying */
  verifySnapshot(sequence: number): Promise<Static<typeof Verification>>;
  /** @throws Problem backup-unavailable */
  backups(): Promise<Static<typeof Backups>>;
  /** @throws Problem not-found, busy, verifying, backup-unavailable */
  verifyBackup(id: string): Promise<Static<typeof Verification>>;
}

/** Replays of recorded markets. */
export interface Replays {
  state(): Static<typeof ReplayState>;
  /** @throws Problem replay-off, recordings-unreadable */
  files(): Promise<Static<typeof Recordings>>;
  /** @throws Problem */
  start(sender: Principal, request: Static<typeof NewReplay>): Promise<Static<typeof ReplayState>>;
  /** @throws Problem replay-off, no-replay, invalid-request */
  control(request: Static<typeof ReplayControl>): Promise<Static<typeof ReplayState>>;
  /** @throws Problem */
  stop(sender: Principal, reason: string): Promise<Static<typeof ReplayState>>;
}

/** Where the answers of the HTTP door come from. */
export interface RestSources {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
  readonly directory: UserDirectory;
  readonly receipts: LogReceipts;
  readonly copies: RestorableCopies;
  readonly status: Pick<StatusPage, 'isReady' | 'read'>;
  /** What users were told of, by entries of the log. */
  readonly reports: StoredReports;
  /** Numbers of all accounts, in the order in which they were added. */
  accountIds(): Iterable<number>;
  /** Log sequence of the newest report to a user that is known here; 0 none. */
  newestSequenceOf(userId: number): number;
  /** Wall clock, in milliseconds since the Unix epoch. */
  wallMs(): number;
  facts(): NodeFacts;
}

/** The views, once they are whole. @throws Problem */
export function readyViews({ views }: Pick<RestSources, 'views'>): MarketViews {
  if (views.isReady) return views;
  throw new Problem('starting', 'the state of the market is being read: ask again', {
    headers: { 'retry-after': '1' },
  });
}

/** Where a page of a list that lies in memory goes on. */
export interface Slice<Item> {
  readonly items: Item[];
  readonly cursor?: string;
}

/**
 * At most `limit` items behind the one that the cursor names by its number.
 * @throws Problem when there is no such item
 */
export function sliceAfter<Item>(
  all: Iterable<Item>,
  numberOf: (item: Item) => number,
  limit: number,
  cursor: string | undefined,
): Slice<Item> {
  const items: Item[] = [];
  let isFound = cursor === undefined;
  for (const item of all) {
    if (!isFound) isFound = String(numberOf(item)) === cursor;
    else if (items.length === limit) return { items, cursor: String(numberOf(items[limit - 1])) };
    else items.push(item);
  }
  if (!isFound) throw new Problem('invalid-request', 'cursor must be one that the page before gave');
  return { items };
}
