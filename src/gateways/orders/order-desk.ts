import { EventType, Trade, UserAdded } from '#domain/events.ts';
import type { ArchiveQuery } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { usedOrderNumber } from '#domain/order-numbers.ts';
import type { ArchiveQueries, CommandSink, FollowingSink, ReportStore } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { DeskServices } from './desk-services.ts';
import { DeskUser, type UserCounts } from './desk-user.ts';
import { type Report, readReports } from './report.ts';

/** How long a command may wait for its answer before its sender is told that the outcome is unknown. */
const ANSWER_MS_MAX = 5_000;
const SWEEP_MS = 250;
const REQUEST_NUMBER_MAX = 2 ** 31 - 1;

export interface OrderDeskOptions {
  readonly sink: CommandSink;
  readonly archive: ArchiveQueries;
  readonly store: ReportStore;
  /** Monotonic milliseconds. Default: performance.now. */
  readonly nowMs?: () => number;
  /** First number of requests that are no orders, different on every node and start. */
  readonly firstRequestNumber: number;
}

/** A user cannot be opened now. */
export class UserUnavailableError extends Error {
  override readonly name = 'UserUnavailableError';
  /** `UNKNOWN`: there is no such user. `STARTING`: the edge has not yet learned what stands. `ARCHIVE`: see the message. */
  declare readonly code: 'UNKNOWN' | 'STARTING' | 'ARCHIVE';

  constructor(code: 'UNKNOWN' | 'STARTING' | 'ARCHIVE', message: string) {
    super(message);
    this.code = code;
  }
}

/** A user whose orders are being loaded. */
interface Opening {
  readonly promise: Promise<DeskUser>;
  /** Reports that came meanwhile. */
  reports: Report[];
}

/**
 * Where the doors of the edge hand in orders and learn what became of them, whatever protocol they speak. It gives every
 * order a number in its user's sequence, knows repeats by the client's own text, answers each command once, and hands
 * out each user's reports from any number on.
 *
 * A user is loaded from the archive when first used and then kept up to date by the events.
 */
export class OrderDesk implements FollowingSink {
  declare private readonly services: DeskServices;
  declare private readonly counts: Map<number, UserCounts>;
  /** The one that was used last is at the end. */
  declare private readonly users: Map<number, DeskUser>;
  declare private readonly opening: Map<number, Opening>;
  /** How many hold a user. */
  declare private readonly holds: Map<number, number>;
  declare private settling: { settle(): void }[];
  declare private isReady: boolean;
  /** Images so far, and when the next one is there. */
  declare private images: number;
  declare private imaged: PromiseWithResolvers<void>;
  /** Newest entry seen, and the one after which the image stood. */
  declare private sequence: number;
  declare private imageSequence: number;
  declare private requestNumber: number;
  declare private readonly sweeper: NodeJS.Timeout;

  constructor(options: OrderDeskOptions) {
    const { sink, archive, store, nowMs = () => performance.now(), firstRequestNumber } = options;
    this.services = {
      sink,
      archive,
      store,
      nowMs,
      nextRequestNumber: () => this.nextRequestNumber(),
      settleLater: (user) => this.settling.push(user),
    };
    this.counts = new Map();
    this.users = new Map();
    this.opening = new Map();
    this.holds = new Map();
    this.settling = [];
    this.isReady = false;
    this.images = 0;
    this.imaged = Promise.withResolvers();
    this.sequence = 0;
    this.imageSequence = 0;
    this.requestNumber = firstRequestNumber;
    this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
    this.sweeper.unref();
  }

  close(): void {
    clearInterval(this.sweeper);
  }

  /** A number for a request that is no order. */
  nextRequestNumber(): number {
    this.requestNumber = this.requestNumber >= REQUEST_NUMBER_MAX ? 1 : this.requestNumber + 1;
    return this.requestNumber;
  }

  /** A user whose orders are loaded; undefined: `open` loads them. */
  opened(userId: number): DeskUser | undefined {
    const user = this.users.get(userId);
    if (user !== undefined) {
      this.users.delete(userId);
      this.users.set(userId, user);
    }
    return user;
  }

  /** A user with its orders, loaded if need be. @throws UserUnavailableError */
  open(userId: number): Promise<DeskUser> {
    const user = this.opened(userId);
    if (user !== undefined) return Promise.resolve(user);
    return (
      this.opening.get(userId)?.promise ?? this.#load(userId, (counts) => new DeskUser(this.services, counts))
    );
  }

  /** Keeps a user loaded that may be used at any time, as while it has a connection. Returns how to end that. */
  hold(userId: number): () => void {
    this.holds.set(userId, (this.holds.get(userId) ?? 0) + 1);
    return () => {
      const left = (this.holds.get(userId) ?? 1) - 1;
      if (left === 0) this.holds.delete(userId);
      else this.holds.set(userId, left);
    };
  }

  #load(userId: number, make: (counts: UserCounts) => DeskUser): Promise<DeskUser> {
    if (!this.isReady) {
      return Promise.reject(new UserUnavailableError('STARTING', 'the edge is starting: ask again'));
    }
    const counts = this.counts.get(userId);
    if (counts === undefined) {
      return Promise.reject(new UserUnavailableError('UNKNOWN', `there is no user ${userId}`));
    }
    const user = make(counts);
    const promise = this.#loadInto(user);
    this.opening.set(userId, { promise, reports: [] });
    return promise;
  }

  async #loadInto(user: DeskUser): Promise<DeskUser> {
    const { userId } = user;
    try {
      for (let image = 0; image !== this.images; ) {
        image = this.images;
        user.restart(this.sequence);
        const opening = this.opening.get(userId);
        if (opening !== undefined) opening.reports = [];
        await this.#askOrders(user, { type: 'openOrders', userId }, Number.POSITIVE_INFINITY);
        await this.#askOrders(user, { type: 'orders', userId }, Limits.DESK_ORDERS_LOADED);
        // Events were lost meanwhile: again, once it is known what stands.
        while (!this.isReady) await this.imaged.promise;
      }
      return this.#opened(user);
    } catch (error) {
      if (error instanceof UserUnavailableError) throw error;
      const message = `the user's orders cannot be loaded: ${(error as Error).message}`;
      throw new UserUnavailableError('ARCHIVE', message);
    } finally {
      this.opening.delete(userId);
    }
  }

  #opened(user: DeskUser): DeskUser {
    const { userId } = user;
    const counts = this.counts.get(userId);
    if (counts === undefined) throw new UserUnavailableError('UNKNOWN', `there is no user ${userId}`);
    const reports = this.opening.get(userId)?.reports ?? [];
    if (reports.length >= Limits.DESK_BACKLOG_REPORTS_MAX) {
      throw new UserUnavailableError(
        'ARCHIVE',
        'too many reports came while the orders were loaded: ask again',
      );
    }
    this.#dropIdle();
    this.users.set(userId, user);
    user.restored(counts);
    // Orders that already include what came meanwhile skip it.
    for (const report of reports) user.onReport(report);
    this.#settleAll();
    return user;
  }

  async #askOrders(user: DeskUser, query: ArchiveQuery<'openOrders' | 'orders'>, max: number): Promise<void> {
    let cursor: string | undefined;
    let count = 0;
    do {
      const page = cursor === undefined ? query : { ...query, cursor };
      const { result, sequence } = await this.services.archive.ask(page, this.sequence);
      for (const record of result.rows) user.orders.load(record, sequence);
      count += result.rows.length;
      cursor = result.cursor;
    } while (cursor !== undefined && count < max);
  }

  /** Forgets the users that nobody has used for longest, when there are many. */
  #dropIdle(): void {
    if (this.users.size < Limits.DESK_USERS_IDLE_MAX) return;
    for (const [userId, user] of this.users) {
      if (this.#isKept(user)) continue;
      this.users.delete(userId);
      user.forget();
      return;
    }
  }

  /** Whether somebody uses it or holds it. */
  #isKept(user: DeskUser): boolean {
    return user.isInUse || this.holds.has(user.userId);
  }

  /**
   * The entry of the log with a user's newest report: what a question must include so that its asker reads its own writes. Without a
   * report since the last image, the image's entry, which the archive has.
   */
  sequenceOf(userId: number): number {
    return Math.max(this.counts.get(userId)?.sequence ?? 0, this.imageSequence);
  }

  // Events

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 255;
      if (type === EventType.UserAdded) this.#addUser(words, at);
      else if (type === EventType.Trade) this.#onTrade(words, at);
      else if (f64[(at + 8) >> 1] !== 0) this.#count(words, at);
      this.sequence = f64[(at + 2) >> 1];
    }
    this.#settleAll();
  }

  #addUser({ i32, f64 }: WordBuffer, at: number): void {
    const userId = i32[at + UserAdded.at.newUserId];
    this.counts.set(userId, {
      userId,
      accountId: i32[at + UserAdded.at.accountId],
      reportCount: f64[(at + UserAdded.at.reportCount) >> 1],
      lastClientOrderId: i32[at + UserAdded.at.lastClientOrderId] >>> 0,
      sequence: 0,
    });
  }

  #onTrade(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const maker = i32[at + Trade.at.makerUserId];
    const taker = i32[at + Trade.at.takerUserId];
    const isKnown = this.#note(words, at, maker, f64[(at + Trade.at.makerReportNumber) >> 1]);
    if (this.#note(words, at, taker, f64[(at + Trade.at.takerReportNumber) >> 1]) || isKnown) {
      readReports(words, at, (report) => this.#deliver(report));
    }
  }

  /** Counts a user's report; true when somebody may want to read it. */
  #note({ f64 }: WordBuffer, at: number, userId: number, reportNumber: number): boolean {
    const counts = reportNumber === 0 ? undefined : this.counts.get(userId);
    if (counts === undefined) return false;
    if (reportNumber > counts.reportCount) counts.reportCount = reportNumber;
    counts.sequence = f64[(at + 2) >> 1];
    return this.users.has(userId) || this.opening.has(userId);
  }

  #count(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const userId = i32[at + 6];
    const isWanted = this.#note(words, at, userId, f64[(at + 8) >> 1]);
    const counts = this.counts.get(userId);
    if (counts === undefined) return;
    counts.lastClientOrderId = Math.max(counts.lastClientOrderId, usedOrderNumber(words, at));
    if (isWanted) readReports(words, at, (report) => this.#deliver(report));
  }

  #deliver(report: Report): void {
    const user = this.users.get(report.userId);
    if (user !== undefined) {
      user.onReport(report);
      return;
    }
    const reports = this.opening.get(report.userId)?.reports;
    if (reports !== undefined && reports.length < Limits.DESK_BACKLOG_REPORTS_MAX) reports.push(report);
  }

  #settleAll(): void {
    const users = this.settling;
    if (users.length === 0) return;
    this.settling = [];
    for (const user of users) user.settle();
  }

  onRestart(): void {
    this.isReady = false;
    this.counts.clear();
    for (const user of this.users.values()) user.restart(this.sequence);
  }

  onImage(sequence: number): void {
    this.sequence = sequence;
    this.imageSequence = sequence;
    this.isReady = true;
    this.images++;
    this.imaged.resolve();
    this.imaged = Promise.withResolvers();
    const users = [...this.users.values()];
    this.users.clear();
    for (const user of users) {
      if (this.#isKept(user))
        this.#load(user.userId, () => user).catch((error: Error) => user.abandon(error));
      else user.forget();
    }
  }

  /** Gives up on answers that are overdue. */
  sweep(): void {
    const before = this.services.nowMs() - ANSWER_MS_MAX;
    for (const user of this.users.values()) if (user.pendingCount > 0) user.giveUp(before);
  }
}
