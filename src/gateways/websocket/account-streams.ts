import { UnknownTermsError } from '#codec/json/scales.ts';
import {
  EventType,
  FillCanceled,
  LedgerPosted,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  PositionChanged,
  Trade,
} from '#domain/events.ts';
import { type AccountRecord, ArchiveRefusedError } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** Gets what an account has whenever that changes. */
export interface AccountListener {
  /**
   * @param sequence entry of the log after which it stands
   * @throws UnknownTermsError to be told again a little later
   */
  onAccount(account: AccountRecord, sequence: number): void;
  /** It will not be told any more. */
  onAccountFailed(error: Error): void;
}

/** By event type: the word that has the account whose money, holds or position the event changes. */
const ACCOUNT_AT = new Map<number, number>([
  [EventType.OrderAccepted, OrderAccepted.at.accountId],
  [EventType.OrderCanceled, OrderCanceled.at.accountId],
  [EventType.OrderReplaced, OrderReplaced.at.accountId],
  [EventType.LedgerPosted, LedgerPosted.at.accountId],
  [EventType.PositionChanged, PositionChanged.at.accountId],
  [EventType.FillCanceled, FillCanceled.at.accountId],
]);

/**
 * What accounts have, for those who follow them. Events say that an account has changed; what it has then, the archive is
 * asked: of all that changed in one question, and of none more often than once in `intervalMs`.
 */
export class AccountStreams implements FollowingSink {
  declare private readonly archive: ArchiveQueries;
  declare private readonly intervalMs: number;
  declare private readonly listeners: Map<number, Set<AccountListener>>;
  /** Those that were not told what they are now. */
  declare private readonly changed: Set<number>;
  declare private sequence: number;
  declare private timer: NodeJS.Timeout | undefined;
  declare private isAsking: boolean;
  declare private askedMs: number;
  declare private isClosed: boolean;

  constructor(archive: ArchiveQueries, intervalMs: number) {
    this.archive = archive;
    this.intervalMs = intervalMs;
    this.listeners = new Map();
    this.changed = new Set();
    this.sequence = 0;
    this.timer = undefined;
    this.isAsking = false;
    this.askedMs = Number.NEGATIVE_INFINITY;
    this.isClosed = false;
  }

  /** Accounts that somebody follows. */
  get count(): number {
    return this.listeners.size;
  }

  /** Tells `listener` what the account has, and again after each change. Returns how to end it. */
  follow(accountId: number, listener: AccountListener): () => void {
    const listeners = this.listeners.get(accountId) ?? new Set();
    this.listeners.set(accountId, listeners.add(listener));
    this.#onChange(accountId);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.listeners.get(accountId) !== listeners) return;
      this.listeners.delete(accountId);
      this.changed.delete(accountId);
    };
  }

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      this.sequence = f64[(at + 2) >> 1];
      if (this.listeners.size === 0) continue;
      const type = i32[at] & 255;
      if (type === EventType.Trade) {
        this.#onChange(i32[at + Trade.at.makerAccountId]);
        this.#onChange(i32[at + Trade.at.takerAccountId]);
        continue;
      }
      const field = ACCOUNT_AT.get(type);
      if (field !== undefined) this.#onChange(i32[at + field]);
    }
  }

  /** Any account may have changed unseen. */
  onRestart(): void {
    for (const accountId of this.listeners.keys()) this.#onChange(accountId);
  }

  onImage(sequence: number): void {
    this.sequence = sequence;
    for (const accountId of this.listeners.keys()) this.#onChange(accountId);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  #onChange(accountId: number): void {
    if (!this.listeners.has(accountId)) return;
    this.changed.add(accountId);
    this.#schedule();
  }

  #schedule(): void {
    if (this.timer !== undefined || this.isAsking || this.changed.size === 0 || this.isClosed) return;
    const waitMs = Math.max(0, this.askedMs + this.intervalMs - performance.now());
    this.timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    this.timer = undefined;
    this.isAsking = true;
    this.askedMs = performance.now();
    const accountIds = [...this.changed].slice(0, Limits.ACCOUNTS_PER_QUERY_MAX);
    for (const accountId of accountIds) this.changed.delete(accountId);
    try {
      const query = { type: 'accounts', accountIds, openOrdersMax: 0 } as const;
      const { result, sequence } = await this.archive.ask(query, this.sequence);
      for (const account of result) if (account !== undefined) this.#tell(account, sequence);
    } catch (error) {
      this.#onRefused(accountIds, error);
    }
    this.isAsking = false;
    this.#schedule();
  }

  #tell(account: AccountRecord, sequence: number): void {
    const { accountId } = account;
    try {
      for (const listener of this.listeners.get(accountId) ?? []) listener.onAccount(account, sequence);
    } catch (error) {
      if (!(error instanceof UnknownTermsError)) throw error;
      // The archive is ahead of this thread: it has money in an asset that is not known here yet.
      this.changed.add(accountId);
    }
  }

  /** What may be answered later is asked again; where the archive is gone, nobody waits for it. */
  #onRefused(accountIds: readonly number[], error: unknown): void {
    if (!(error instanceof ArchiveRefusedError)) throw error;
    if (error.code !== 'CLOSED') {
      for (const accountId of accountIds) if (this.listeners.has(accountId)) this.changed.add(accountId);
      return;
    }
    const all = [...this.listeners.values()].flatMap((listeners) => [...listeners]);
    this.listeners.clear();
    this.changed.clear();
    for (const listener of all) listener.onAccountFailed(error);
  }
}
