import { UnknownTermsError } from '#codec/json/scales.ts';
import {
  EventType,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderTriggered,
  Trade,
} from '#domain/events.ts';
import { ArchiveRefusedError, type OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** Gets the orders of an account that change, whoever sent them. */
export interface OrdersListener {
  /**
   * What changes from now on is told. What stands is to be asked for, at `sequence` of the log or later. Called again where changes were
   * lost, or were too many to be told.
   */
  onOrdersBegin(sequence: number): void;
  /**
   * Orders that have changed, as they are after entry `sequence`.
   * @throws UnknownTermsError to be told again a little later
   */
  onOrders(orders: readonly OrderRecord[], sequence: number): void;
  /** It will not be told any more. */
  onOrdersFailed(error: Error): void;
}

interface Account {
  readonly listeners: Set<OrdersListener>;
  /** Orders that have changed since they were told; at most CHANGED_MAX. */
  readonly changed: Set<number>;
  /** Entry of the log of the newest beginning that all were told of. */
  begunSequence: number;
}

/** Orders of one account that wait to be told; where there are more, whoever follows asks for all that stand. */
const CHANGED_MAX = Limits.HISTORY_PAGE_MAX;

/** By event type: the words that have an account and the order of it that the event changes. */
const ORDERS_AT = new Map<number, readonly (readonly [accountAt: number, orderAt: number])[]>([
  [EventType.OrderAccepted, [[OrderAccepted.at.accountId, OrderAccepted.at.orderId]]],
  [EventType.OrderCanceled, [[OrderCanceled.at.accountId, OrderCanceled.at.orderId]]],
  [EventType.OrderTriggered, [[OrderTriggered.at.accountId, OrderTriggered.at.orderId]]],
  [
    EventType.OrderReplaced,
    [
      [OrderReplaced.at.accountId, OrderReplaced.at.originalOrderId],
      [OrderReplaced.at.accountId, OrderReplaced.at.orderId],
    ],
  ],
  [
    EventType.Trade,
    [
      [Trade.at.makerAccountId, Trade.at.makerOrderId],
      [Trade.at.takerAccountId, Trade.at.takerOrderId],
    ],
  ],
]);

/**
 * Orders of accounts as they change, for those who follow them: also those that other users of the account sent. Events say which have
 * changed; how they are then, history is asked, of an account no more often than once in `intervalMs`.
 */
export class OrderStreams implements FollowingSink {
  declare private readonly archive: ArchiveQueries;
  declare private readonly intervalMs: number;
  declare private readonly accounts: Map<number, Account>;
  declare private sequence: number;
  declare private timer: NodeJS.Timeout | undefined;
  declare private isAsking: boolean;
  declare private askedMs: number;
  declare private isClosed: boolean;

  constructor(archive: ArchiveQueries, intervalMs: number) {
    this.archive = archive;
    this.intervalMs = intervalMs;
    this.accounts = new Map();
    this.sequence = 0;
    this.timer = undefined;
    this.isAsking = false;
    this.askedMs = Number.NEGATIVE_INFINITY;
    this.isClosed = false;
  }

  /** Tells `listener` of the account's orders that change. Returns how to end it. */
  follow(accountId: number, listener: OrdersListener): () => void {
    const account = this.accounts.get(accountId) ?? {
      listeners: new Set(),
      changed: new Set(),
      begunSequence: 0,
    };
    this.accounts.set(accountId, account);
    account.listeners.add(listener);
    listener.onOrdersBegin(this.sequence);
    return () => {
      account.listeners.delete(listener);
      if (account.listeners.size === 0 && this.accounts.get(accountId) === account)
        this.accounts.delete(accountId);
    };
  }

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      this.sequence = f64[(at + 2) >> 1];
      if (this.accounts.size === 0) continue;
      for (const [accountAt, orderAt] of ORDERS_AT.get(i32[at] & 255) ?? [])
        this.#onChange(i32[at + accountAt], f64[(at + orderAt) >> 1]);
    }
  }

  /** Any order may have changed unseen: the image that follows says from where on none has. */
  onRestart(): void {}

  onImage(sequence: number): void {
    this.sequence = sequence;
    for (const account of this.accounts.values()) this.#begin(account);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  #begin(account: Account): void {
    account.changed.clear();
    account.begunSequence = this.sequence;
    for (const listener of account.listeners) listener.onOrdersBegin(this.sequence);
  }

  #onChange(accountId: number, orderId: number): void {
    const account = this.accounts.get(accountId);
    if (account === undefined) return;
    account.changed.add(orderId);
    if (account.changed.size > CHANGED_MAX) this.#begin(account);
    else this.#schedule();
  }

  #schedule(): void {
    if (this.timer !== undefined || this.isAsking || this.isClosed) return;
    const waitMs = Math.max(0, this.askedMs + this.intervalMs - performance.now());
    this.timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    this.timer = undefined;
    this.isAsking = true;
    this.askedMs = performance.now();
    for (const account of [...this.accounts.values()]) await this.#tell(account);
    this.isAsking = false;
    if ([...this.accounts.values()].some(({ changed }) => changed.size > 0)) this.#schedule();
  }

  async #tell(account: Account): Promise<void> {
    const { listeners, changed } = account;
    if (changed.size === 0 || this.isClosed) return;
    const orderIds = [...changed];
    changed.clear();
    try {
      const { result, sequence } = await this.archive.ask({ type: 'ordersById', orderIds }, this.sequence);
      // All began anew meanwhile, with what stands since.
      if (sequence < account.begunSequence) return;
      for (const listener of listeners) listener.onOrders(result, sequence);
    } catch (error) {
      const isRefused = error instanceof ArchiveRefusedError;
      if (!isRefused && !(error instanceof UnknownTermsError)) throw error;
      if (isRefused && error.code === 'CLOSED') this.#fail(error);
      // Asked again after a while. Where there is no more room for them, the next change begins anew.
      else for (const orderId of orderIds) changed.add(orderId);
    }
  }

  /** The archive is gone: nobody waits for it. */
  #fail(error: ArchiveRefusedError): void {
    const all = [...this.accounts.values()].flatMap(({ listeners }) => [...listeners]);
    this.accounts.clear();
    for (const listener of all) listener.onOrdersFailed(error);
  }
}
