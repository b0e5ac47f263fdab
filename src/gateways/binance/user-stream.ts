import type { AccountRecord, OrderRecord } from '#domain/history.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import type { Report } from '../orders/report.ts';
import type { AccountStreams } from '../websocket/account-streams.ts';
import type { UserConnections } from '../websocket/user-connections.ts';
import { balancesJson } from './account-operations.ts';
import { BinanceError } from './errors.ts';
import type { KeyHolder } from './key-holder.ts';
import type { BinanceSources } from './operations.ts';
import { type TimeUnit, timeOfMs } from './texts.ts';
import { executionReports } from './user-events.ts';

/** Where a user's events go. */
export interface UserListener {
  /** Of the times in events. */
  readonly timeUnit: TimeUnit;
  onEvent(event: object): void;
  /** Resolves when the client has read most of what it got; undefined: it has already. */
  whenReading(): Promise<void> | undefined;
  /** The stream has ended: the key is good no more, or what it tells cannot be had. */
  onStreamEnded(): void;
}

/** What the user data streams share. */
export interface UserStreamServices {
  readonly sources: BinanceSources;
  readonly accounts: AccountStreams;
  readonly users: UserConnections;
}

/** One user's data for one connection, from now on: `executionReport` and `outboundAccountPosition` events. */
export class UserStream {
  declare readonly holder: KeyHolder;
  declare private readonly services: UserStreamServices;
  declare private readonly listener: UserListener;
  /** What was told of each asset, so that only what changed is told again. */
  declare private readonly told: Map<string, string>;
  declare private ends: (() => void)[];
  declare private isEnded: boolean;

  private constructor(services: UserStreamServices, holder: KeyHolder, listener: UserListener) {
    this.services = services;
    this.holder = holder;
    this.listener = listener;
    this.told = new Map();
    this.ends = [];
    this.isEnded = false;
  }

  /** Begins to tell. @throws BinanceError, UserUnavailableError */
  static async open(
    services: UserStreamServices,
    holder: KeyHolder,
    listener: UserListener,
  ): Promise<UserStream> {
    const { sources, users } = services;
    const { userId } = holder;
    if (!users.enter(userId))
      throw new BinanceError('TOO_MANY_REQUESTS', `Too many user data streams; at most ${users.max}.`);
    const stream = new UserStream(services, holder, listener);
    stream.ends.push(() => users.leave(userId), sources.desk.hold(userId));
    try {
      stream.#follow(await sources.desk.open(userId));
    } catch (error) {
      stream.end();
      throw error;
    }
    return stream;
  }

  #follow(user: DeskUser): void {
    const { accounts } = this.services;
    const feed = user.follow(user.reportCount + 1, {
      onReport: (report, order, replaced) => this.#onReport(report, order, replaced),
      onFeedFailed: () => this.#fail(),
    });
    this.ends.push(() => user.unfollow(feed));
    if (user.accountId === 0) return;
    this.ends.push(
      accounts.follow(user.accountId, {
        onAccount: (account) => this.#onAccount(account),
        onAccountFailed: () => this.#fail(),
      }),
    );
  }

  #onReport(
    report: Report,
    order: OrderRecord | undefined,
    replaced: OrderRecord | undefined,
  ): Promise<void> | undefined {
    const { views } = this.services.sources;
    const { timeUnit } = this.listener;
    for (const event of executionReports(views, report, order, replaced, this.#now(), timeUnit))
      this.listener.onEvent(event);
    return this.listener.whenReading();
  }

  #onAccount(account: AccountRecord): void {
    const { views } = this.services.sources;
    const changed = balancesJson(views, account).filter(({ asset, free, locked }) => {
      const text = `${free} ${locked}`;
      const isChanged = this.told.get(asset) !== text;
      this.told.set(asset, text);
      return isChanged;
    });
    if (changed.length === 0) return;
    this.listener.onEvent({
      e: 'outboundAccountPosition',
      E: this.#now(),
      u: views.timeSeconds * this.listener.timeUnit,
      B: changed.map(({ asset, free, locked }) => ({ a: asset, f: free, l: locked })),
    });
  }

  #now(): number {
    return timeOfMs(this.services.sources.wallMs(), this.listener.timeUnit);
  }

  /** Ends where its key is good no more. To be called now and then. */
  check(): void {
    if (this.holder.isOver) this.#fail();
  }

  #fail(): void {
    if (this.isEnded) return;
    this.end();
    this.listener.onStreamEnded();
  }

  end(): void {
    this.isEnded = true;
    for (const end of this.ends) end();
    this.ends = [];
  }
}
