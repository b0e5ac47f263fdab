import { CommandType } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import type { OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { DeskServices } from './desk-services.ts';
import { EnteringOrders } from './entering-orders.ts';
import { type Report, ReportKind } from './report.ts';
import { ReportFeed, type ReportListener } from './report-feed.ts';
import {
  type MassCancelRequest,
  type NewOrderRequest,
  type OnOutcome,
  type Outcome,
  type ReplaceRequest,
  writeCancel,
  writeMassCancel,
} from './requests.ts';
import { UserOrders } from './user-orders.ts';

/** A cancel or a mass cancel whose answer is awaited. */
class Pending {
  declare readonly sentMs: number;
  declare private onOutcome: OnOutcome | undefined;

  constructor(sentMs: number, onOutcome: OnOutcome) {
    this.sentMs = sentMs;
    this.onOutcome = onOutcome;
  }

  /** Tells the outcome, and lets go of who waited: V8 may hold what was once in a Map until its next full collection. */
  end(outcome: Outcome): void {
    const { onOutcome } = this;
    this.onOutcome = undefined;
    onOutcome?.(outcome);
  }
}

/** An answer that came in this batch of events. */
interface Settled {
  readonly report: Report;
  /** What it is about: kept here, because it may end in the same batch and be forgotten behind many others. */
  readonly order: OrderRecord | undefined;
  readonly pending: Pick<Pending, 'end'>;
}

/** What the desk knows of every user. */
export interface UserCounts {
  readonly userId: number;
  readonly accountId: number;
  /** Reports so far. */
  reportCount: number;
  /** Highest number that the core has seen. */
  lastClientOrderId: number;
  /** Entry of the log of the newest report. */
  sequence: number;
}

/** A user at the desk: sends its commands, keeps its orders, feeds its reports. Comes from `OrderDesk.open`. */
export class DeskUser {
  /** Its open orders and its last finished ones. */
  declare orders: UserOrders;
  declare private readonly desk: DeskServices;
  declare private counts: UserCounts;
  /** Highest number given to a command. */
  declare private lastNumber: number;
  declare private readonly entering: EnteringOrders;
  /** Cancels by the order's number, the oldest first. */
  declare private readonly canceling: Map<number, Pending[]>;
  declare private readonly massCanceling: Map<number, Pending>;
  /** Answered in this batch of events, which may still say more about the order. */
  declare private settling: Settled[];
  declare private readonly feeds: Set<ReportFeed>;
  declare private backlog: Report[];
  declare private isForgotten: boolean;

  constructor(desk: DeskServices, counts: UserCounts) {
    this.desk = desk;
    this.counts = counts;
    this.orders = new UserOrders();
    this.lastNumber = counts.lastClientOrderId;
    this.entering = new EnteringOrders(desk, this);
    this.canceling = new Map();
    this.massCanceling = new Map();
    this.settling = [];
    this.feeds = new Set();
    this.backlog = [];
    this.isForgotten = false;
  }

  get userId(): number {
    return this.counts.userId;
  }

  get accountId(): number {
    return this.counts.accountId;
  }

  /** Reports to this user so far, on every door. */
  get reportCount(): number {
    return this.counts.reportCount;
  }

  /** Entry of the log of the newest report: what a question must include to show this user its own doing. */
  get sequence(): number {
    return this.counts.sequence;
  }

  /** Commands that wait for their answer. */
  get pendingCount(): number {
    return this.entering.size + this.canceling.size + this.massCanceling.size;
  }

  /** Whether anybody waits for it or follows it. */
  get isInUse(): boolean {
    return this.pendingCount > 0 || this.feeds.size > 0;
  }

  /** Number of the newest order with this text; 0: none is known. One that is on its way may still get another number. */
  numberOf(clientTag: string): number {
    return this.orders.withTag(clientTag)?.clientOrderId ?? 0;
  }

  /** Whether an order with this text is on its way: what it becomes is not known yet. */
  isEntering(clientTag: string): boolean {
    return this.entering.has(clientTag);
  }

  /** Resolves when no order with this text is on its way. */
  entered(clientTag: string): Promise<void> {
    return this.entering.entered(clientTag);
  }

  // Commands

  /** Sends a new order, unless one with its text was there before. `onOutcome` may be called at once. */
  place(request: NewOrderRequest, onOutcome: OnOutcome): void {
    this.entering.place(request, onOutcome);
  }

  /** Sends a replace of an order. */
  replace(request: ReplaceRequest, onOutcome: OnOutcome): void {
    this.entering.replace(request, onOutcome);
  }

  /**
   * Cancels an order, or reduces it to `totalQtyLots` when that is not 0.
   * @param clientTag the client's own text for the request, which its report repeats; empty: none
   */
  cancel(
    instrumentId: number,
    clientOrderId: number,
    totalQtyLots: number,
    clientTag: string,
    onOutcome: OnOutcome,
  ): void {
    const { desk, userId } = this;
    if (
      this.isFull ||
      !writeCancel(desk.sink, userId, instrumentId, clientOrderId, totalQtyLots, clientTag)
    ) {
      onOutcome({ kind: 'refused', why: 'BUSY' });
      return;
    }
    const pending = new Pending(this.desk.nowMs(), onOutcome);
    const waiting = this.canceling.get(clientOrderId);
    if (waiting === undefined) this.canceling.set(clientOrderId, [pending]);
    else waiting.push(pending);
  }

  /** Cancels every order that matches. @returns number of the request, which its report has; 0: it was refused */
  massCancel(request: MassCancelRequest, onOutcome: OnOutcome): number {
    const number = this.desk.nextRequestNumber();
    if (this.isFull || !writeMassCancel(this.desk.sink, this.userId, number, request)) {
      onOutcome({ kind: 'refused', why: 'BUSY' });
      return 0;
    }
    this.massCanceling.set(number, new Pending(this.desk.nowMs(), onOutcome));
    return number;
  }

  /** A number for an order: above all that are known, and given once. */
  nextNumber(): number {
    this.lastNumber = Math.max(this.lastNumber, this.counts.lastClientOrderId) + 1;
    return this.lastNumber;
  }

  /** Whether no more commands may be on their way. */
  get isFull(): boolean {
    return this.isForgotten || this.pendingCount >= Limits.DESK_PENDING_PER_USER_MAX;
  }

  /** The desk tells it nothing any more: what it sent would have no answer. */
  forget(): void {
    this.isForgotten = true;
  }

  // Reports

  /** Reads the user's reports from number `from` on: from 1, or one more than the last that the reader has. */
  follow(from: number, listener: ReportListener): ReportFeed {
    const feed = new ReportFeed(this, this.desk.store, this.desk.archive, from, listener);
    this.feeds.add(feed);
    if (!feed.isLive) this.#catchUp(feed);
    return feed;
  }

  /** Ends a feed. */
  unfollow(feed: ReportFeed): void {
    feed.stop();
    this.feeds.delete(feed);
    this.#trimBacklog();
  }

  backlogFrom(number: number): readonly Report[] {
    const index = this.backlog.findIndex((report) => report.number === number);
    return index === -1 ? [] : this.backlog.slice(index);
  }

  #trimBacklog(): void {
    for (const feed of this.feeds) if (!feed.isLive) return;
    this.backlog = [];
  }

  /** Takes a live report of this user. */
  onReport(report: Report): void {
    const order = this.orders.apply(report);
    const original = this.orders.byOrderId(report.originalOrderId);
    let isKept = false;
    for (const feed of this.feeds) {
      if (feed.onReport(report, order, original)) continue;
      if (!isKept) this.#keep(report);
      isKept = true;
      this.#catchUp(feed);
    }
    // What another node's command did answers nothing that was sent here.
    if (!report.isForeign) this.#answer(report);
  }

  #keep(report: Report): void {
    if (this.backlog.length >= Limits.DESK_BACKLOG_REPORTS_MAX) this.backlog = [];
    this.backlog.push(report);
  }

  #catchUp(feed: ReportFeed): void {
    void feed.catchUp().then(() => this.#trimBacklog());
  }

  #answer(report: Report): void {
    const { clientOrderId } = report;
    switch (report.kind) {
      case ReportKind.Accepted:
      case ReportKind.Replaced:
        this.#settleEntering(report);
        return;
      case ReportKind.Canceled:
        if (report.cancelReason === CancelReason.Requested)
          this.#settle(this.#takeCanceling(clientOrderId), report);
        return;
      case ReportKind.MassCanceled:
        this.#settle(this.#takeMassCanceling(clientOrderId), report);
        return;
      case ReportKind.Rejected:
        this.#onRejected(report);
    }
  }

  #onRejected(report: Report): void {
    const { commandType, clientOrderId } = report;
    if (commandType === CommandType.CancelOrder) this.#settle(this.#takeCanceling(clientOrderId), report);
    else if (commandType === CommandType.MassCancel)
      this.#settle(this.#takeMassCanceling(clientOrderId), report);
    else this.#settleEntering(report);
  }

  #takeMassCanceling(number: number): Pending | undefined {
    const pending = this.massCanceling.get(number);
    this.massCanceling.delete(number);
    return pending;
  }

  #takeCanceling(number: number): Pending | undefined {
    const waiting = this.canceling.get(number);
    const pending = waiting?.shift();
    if (waiting?.length === 0) this.canceling.delete(number);
    return pending;
  }

  #settleEntering(report: Report): void {
    const entering = this.entering.take(report);
    if (entering !== undefined)
      this.#settle({ end: (outcome) => this.entering.conclude(entering, report, outcome) }, report);
  }

  #settle(pending: Pick<Pending, 'end'> | undefined, report: Report): void {
    if (pending === undefined) return;
    if (this.settling.length === 0) this.desk.settleLater(this);
    this.settling.push({ report, order: this.orders.byOrderId(report.orderId), pending });
  }

  /** Tells those who wait: the batch of events is over. */
  settle(): void {
    const settled = this.settling;
    this.settling = [];
    for (const { report, order, pending } of settled) {
      const { kind, sequence, rejectCode, canceledOrders } = report;
      pending.end(
        kind === ReportKind.Rejected
          ? { kind: 'rejected', rejectCode, sequence }
          : { kind: 'done', order, sequence, canceledOrders },
      );
    }
  }

  /**
   * Events were lost: what is known of the orders is void until `restored`.
   * @param sequence entry of the log up to which the desk has had all events
   */
  restart(sequence: number): void {
    this.orders = new UserOrders(sequence);
    this.backlog = [];
    for (const feed of this.feeds) feed.interrupt();
  }

  /** The orders are loaded again: answers that went by meanwhile are in them. */
  restored(counts: UserCounts): void {
    this.counts = counts;
    this.entering.restored();
    for (const feed of this.feeds) this.#catchUp(feed);
  }

  /** It cannot be loaded again: whoever waits is told so. */
  abandon(error: Error): void {
    this.forget();
    this.giveUp(Number.POSITIVE_INFINITY);
    for (const feed of this.feeds) feed.fail(error);
    this.feeds.clear();
  }

  /** Gives up on answers that are older than `beforeMs`. */
  giveUp(beforeMs: number): void {
    this.entering.giveUp(beforeMs);
    const late: Pending[] = [];
    for (const [number, waiting] of this.canceling) {
      while (waiting.length > 0 && waiting[0].sentMs < beforeMs) late.push(waiting.shift() as Pending);
      if (waiting.length === 0) this.canceling.delete(number);
    }
    for (const [number, pending] of this.massCanceling) {
      if (pending.sentMs >= beforeMs) break;
      late.push(pending);
      this.massCanceling.delete(number);
    }
    for (const pending of late) pending.end({ kind: 'unknown' });
  }
}
