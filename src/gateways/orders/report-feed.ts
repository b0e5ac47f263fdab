import { type ArchiveQuery, type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { ArchiveQueries, ReportStore } from '#domain/ports.ts';
import { type Report, ReportKind, readReports } from './report.ts';
import { UserOrders } from './user-orders.ts';

/** Reports that one read of the store asks for. */
const READ_REPORTS_MAX = 512;

/** Gets the reports of a user, each once and in the order of their numbers. */
export interface ReportListener {
  /**
   * @param order what the report is about, as it is after it; valid during the call. Undefined: no order, or one of
   * which nothing is known any more.
   * @param original Replaced: the order that this one replaced, as it ended; likewise
   * @returns a promise where the reader wants no older report before it resolves: what happens meanwhile waits
   */
  onReport(
    report: Report,
    order: OrderRecord | undefined,
    original: OrderRecord | undefined,
  ): Promise<void> | void;
  /** The reports cannot be read: the feed has ended. */
  onFeedFailed(error: Error): void;
}

/** What a feed needs of its user. */
export interface FeedUser {
  readonly userId: number;
  readonly reportCount: number;
  /** Those of the newest reports, kept while a feed is not live, that begin with `number`; empty when it is not among them. */
  backlogFrom(number: number): readonly Report[];
}

/**
 * One reader of a user's reports. It begins with those that the reader lacks, from the files of reports; those that come
 * meanwhile wait in the user's backlog; then it is live. Orders are shown as they were after each report.
 */
export class ReportFeed {
  /** Number of the next report to deliver. */
  declare next: number;
  /** It has everything: reports are delivered as they happen. */
  declare isLive: boolean;
  declare private readonly user: FeedUser;
  declare private readonly store: ReportStore;
  declare private readonly archive: ArchiveQueries;
  declare private readonly listener: ReportListener;
  declare private isStopped: boolean;
  declare private isCatchingUp: boolean;
  /** What is known of the orders while the feed catches up: as they are after the last report that was delivered. */
  declare private orders: UserOrders;
  /** They have been made from the first report on. */
  declare private isFolded: boolean;

  constructor(
    user: FeedUser,
    store: ReportStore,
    archive: ArchiveQueries,
    from: number,
    listener: ReportListener,
  ) {
    this.user = user;
    this.store = store;
    this.archive = archive;
    this.listener = listener;
    this.next = from;
    this.isLive = from > user.reportCount;
    this.isStopped = false;
    this.isCatchingUp = false;
    this.orders = new UserOrders();
    this.isFolded = false;
  }

  stop(): void {
    this.isStopped = true;
    this.isLive = false;
  }

  /** Events were lost: what follows comes by `catchUp`. */
  interrupt(): void {
    this.isLive = false;
  }

  /** A live report; true when that is all there is to do. False: the feed has to catch up first. */
  onReport(report: Report, order: OrderRecord | undefined, original: OrderRecord | undefined): boolean {
    if (this.isStopped || report.number < this.next) return true;
    // The order of a trade that is taken back may be long gone: then it has to be asked for.
    const isForgotten = report.kind === ReportKind.TradeCanceled && order === undefined;
    if (report.number > this.next || isForgotten) this.isLive = false;
    if (!this.isLive) return false;
    this.next++;
    void this.listener.onReport(report, order, original);
    return true;
  }

  /** Delivers what the reader lacks; resolves when the feed is live, has stopped or has failed, or does so already. */
  async catchUp(): Promise<void> {
    if (this.isCatchingUp) return;
    this.isCatchingUp = true;
    await this.#catchUp();
    this.orders = new UserOrders();
    this.isFolded = false;
    this.isCatchingUp = false;
  }

  async #catchUp(): Promise<void> {
    try {
      while (!this.isStopped && this.next <= this.user.reportCount) {
        const backlog = this.user.backlogFrom(this.next);
        await this.#deliverAll(backlog.length > 0 ? backlog : await this.#readStored());
      }
      // Nothing may come in between: no await from the comparison to here.
      this.isLive = !this.isStopped;
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Ends the feed with an error, once. */
  fail(error: Error): void {
    if (this.isStopped) return;
    this.stop();
    this.listener.onFeedFailed(error);
  }

  async #readStored(): Promise<Report[]> {
    const { userId, reportCount } = this.user;
    const last = Math.min(reportCount, this.next + READ_REPORTS_MAX - 1);
    const reports: Report[] = [];
    await this.store.read(userId, this.next, last, (words, at) => {
      readReports(words, at, (report) => {
        if (report.userId === userId) reports.push(report);
      });
    });
    return reports;
  }

  async #deliverAll(reports: readonly Report[]): Promise<void> {
    for (const report of reports) {
      if (this.isStopped) return;
      if (report.number < this.next) continue;
      await this.#learn(report);
      if (this.isStopped) return;
      this.next = report.number + 1;
      const { orders } = this;
      const order = orders.apply(report);
      await this.listener.onReport(report, order, orders.byOrderId(report.originalOrderId));
    }
  }

  /** Gets what is to be known of a report's order as it was before the report. */
  async #learn(report: Report): Promise<void> {
    const orderId = report.kind === ReportKind.Replaced ? report.originalOrderId : report.orderId;
    const isFirst = report.kind === ReportKind.Accepted || orderId === 0;
    if (isFirst || this.orders.byOrderId(orderId) !== undefined) return;
    const answer = await this.archive.ask({ type: 'order', orderId }, report.sequence);
    const { result: record, sequence, completeFrom = 1 } = answer;
    // What history knows of an order from before it begins is what a snapshot does: not when it came, nor what its client calls it.
    if (Math.min(report.sequence, record?.sequence ?? report.sequence) < completeFrom) {
      await this.#foldBefore(report.number);
      if (report.sequence < completeFrom || this.orders.byOrderId(orderId) !== undefined) return;
    }
    if (record === undefined) return;
    const isOver = record.status !== OrderStatus.Open && record.updatedSequence < report.sequence;
    if (isOver) {
      this.orders.load(record, report.sequence - 1);
      return;
    }
    const since = await this.#executedSince(report, orderId, sequence);
    if (since === undefined) {
      await this.#foldBefore(report.number);
      return;
    }
    const cumQtyLots = record.cumQtyLots - since.qtyLots;
    const leavesQtyLots =
      report.kind === ReportKind.Filled || report.kind === ReportKind.Canceled
        ? report.leavesQtyLots + report.qtyLots
        : record.qtyLots - cumQtyLots;
    this.orders.load(
      {
        ...record,
        cumQtyLots,
        cumAmountMinor: record.cumAmountMinor - since.amountMinor,
        feeMinor: record.feeMinor - since.feeMinor,
        leavesQtyLots,
        qtyLots: cumQtyLots + leavesQtyLots,
        status: OrderStatus.Open,
        cancelReason: 0,
        replacedByOrderId: 0,
      },
      report.sequence - 1,
    );
  }

  /**
   * Makes the orders from all reports before number `end`: history of this node begins later. Where the first of them are lacking, orders stay
   * unknown.
   */
  async #foldBefore(end: number): Promise<void> {
    if (this.isFolded) return;
    this.isFolded = true;
    const { userId } = this.user;
    const orders = new UserOrders();
    try {
      for (let from = 1; from < end && !this.isStopped; from += READ_REPORTS_MAX) {
        const last = Math.min(end - 1, from + READ_REPORTS_MAX - 1);
        await this.store.read(userId, from, last, (words, at) => {
          readReports(words, at, (report) => {
            const { number } = report;
            if (report.userId === userId && number >= from && number <= last) orders.apply(report);
          });
        });
      }
    } catch {
      return;
    }
    this.orders = orders;
  }

  /** What the order executed by this report and later ones, up to entry `sequence`; undefined: history begins later, by now. */
  async #executedSince(report: Report, orderId: number, sequence: number) {
    const sums = { qtyLots: 0, amountMinor: 0, feeMinor: 0 };
    const question = { type: 'fills', userId: report.userId, orderId } as const;
    let cursor: string | undefined;
    do {
      const page: ArchiveQuery<'fills'> = cursor === undefined ? question : { ...question, cursor };
      const { result, completeFrom = 1 } = await this.archive.ask(page, sequence);
      if (report.sequence < completeFrom) return undefined;
      for (const fill of result.rows) {
        if (fill.reportNumber < report.number) return sums;
        if (fill.sequence > sequence) continue;
        sums.qtyLots += fill.qtyLots;
        sums.amountMinor += fill.amountMinor;
        sums.feeMinor += fill.feeMinor;
      }
      cursor = result.cursor;
    } while (cursor !== undefined);
    return sums;
  }
}
