import type { Static } from 'typebox';
import type { Fill, Order } from '#codec/json/history-json.ts';
import type { ExecutionReport } from '#codec/json/report-json.ts';
import type { OrdersMessage, ReportMessage } from '#codec/json/stream-json.ts';
import { type Problem, problemOf } from '../../api/problem.ts';
import type { RestClient } from '../../api/rest.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { ChannelStore } from '../channel-store.ts';

export type OrderView = Static<typeof Order>;
export type Report = Static<typeof ExecutionReport>;
/** A fill that counts, from history or from a report. */
export type FillView = Pick<
  Static<typeof Fill>,
  'tradeId' | 'orderId' | 'symbol' | 'side' | 'liquidity' | 'price' | 'quantity' | 'amount' | 'fee' | 'time'
>;

export interface AccountView {
  /** Newest first. */
  readonly open: readonly OrderView[];
  /** Those that ended lately, newest first. */
  readonly closed: readonly OrderView[];
  /** Newest first. */
  readonly fills: readonly FillView[];
}

interface Page<Item> {
  readonly items: readonly Item[];
  /** Entry of the log after which it stands. */
  readonly sequence: number;
  readonly cursor?: string;
}

const OPEN_PAGE = 1_000;
const OPEN_MAX = 5_000;
const CLOSED_MAX = 200;
const FILLS_MAX = 1_000;
const RETRY_MS = 1_000;
/** Fills of other users are read at most once in this time, so many of the newest. */
const FILLS_MS = 1_000;
const NEWEST_FILLS = 200;

/**
 * The account's orders and fills: what stands, read at first, and then every report to the user, and what other users of the account
 * changed (OrdersStore). After a loss of the connection reports go on at the number after the last one, and what stands is read again.
 */
export class AccountStore extends ChannelStore<AccountView> {
  declare private readonly rest: RestClient;
  declare private readonly openById: Map<number, OrderView>;
  /** Oldest first, both. */
  declare private readonly closed: OrderView[];
  declare private fills: FillView[];
  /** Trades of which reports said that they were taken back: what was read before says nothing of it. */
  declare private readonly canceledTrades: Set<number>;
  /** Number of the last report; undefined before the first answer. */
  declare private last: number | undefined;
  /** The node does not have the last report yet: it goes on from what it has. */
  declare private isBehind: boolean;
  declare private isLoaded: boolean;
  declare private isLoading: boolean;
  /** What stands at this sequence was not read yet; undefined: nothing is to be read. */
  declare private wantedSequence: number | undefined;
  /** At this sequence the newest fills are read when the timer ends. */
  declare private fillsSequence: number;
  declare private fillsTimer: ReturnType<typeof setTimeout> | undefined;
  /** Told of each report once, in order. */
  declare private readonly onReport: (report: Report) => void;

  constructor(socket: ApiSocket, rest: RestClient, onReport: (report: Report) => void, onIdle: () => void) {
    super(socket, 'reports', true, onIdle);
    this.rest = rest;
    this.openById = new Map();
    this.closed = [];
    this.fills = [];
    this.canceledTrades = new Set();
    this.last = undefined;
    this.isBehind = false;
    this.isLoaded = false;
    this.isLoading = false;
    this.wantedSequence = undefined;
    this.fillsSequence = 0;
    this.fillsTimer = undefined;
    this.onReport = onReport;
  }

  override params(): object {
    return this.last === undefined || this.isBehind ? {} : { from: this.last + 1 };
  }

  override onProblem(problem: Problem): void {
    super.onProblem(problem);
    if (problem.code !== 'invalid-request' || this.last === undefined || this.isBehind) return;
    void this.socket.refollow(this);
    this.isBehind = true;
  }

  override onStale(): void {
    this.isBehind = false;
    super.onStale();
  }

  override onFollowing(result: object): void {
    this.last ??= (result as { readonly reportCount?: number }).reportCount ?? 0;
    if (this.isLoaded) this.refresh();
    else void this.#load(this.wantedSequence ?? 0);
  }

  /** What the channel `orders` says: where changes begin, and what other users of the account did. */
  onOrders({ type, sequence, items }: Static<typeof OrdersMessage>): void {
    if (type === 'begin') {
      void this.#load(sequence);
      return;
    }
    let isNews = false;
    let hasFills = false;
    for (const order of items) {
      const before = this.#known(order.orderId);
      // Reports have said most of it before.
      if (before !== undefined && before.updateSequence >= order.updateSequence) continue;
      isNews = true;
      hasFills ||= Number(order.cumQuantity) > Number(before?.cumQuantity ?? 0);
      this.#take(order);
    }
    if (hasFills) this.#readFillsSoon(sequence);
    if (isNews && this.isLoaded) this.refresh();
  }

  protected override receive(message: ChannelMessage): boolean {
    const { report } = message as Static<typeof ReportMessage>;
    if (this.last !== undefined && report.number <= this.last) return false;
    this.last = report.number;
    if (report.kind === 'replaced' && report.originalOrderId !== undefined)
      this.openById.delete(report.originalOrderId);
    if (report.order !== undefined) this.#take(report.order);
    if (report.fill !== undefined && report.order?.orderId !== undefined) {
      const { symbol, side, orderId } = report.order;
      const { tradeId } = report.fill;
      const isKnown = this.fills.some((fill) => fill.tradeId === tradeId && fill.orderId === orderId);
      if (!isKnown) this.fills.push({ ...report.fill, orderId, symbol, side, time: report.time });
      if (this.fills.length > FILLS_MAX) this.fills.splice(0, this.fills.length - FILLS_MAX);
    }
    if (report.canceledFill !== undefined) {
      const { tradeId } = report.canceledFill;
      this.canceledTrades.add(tradeId);
      this.fills = this.fills.filter((fill) => fill.tradeId !== tradeId);
    }
    this.onReport(report);
    return this.isLoaded;
  }

  protected override refresh(): void {
    super.refresh();
    // Reports are no news of what others did.
    if (this.wantedSequence !== undefined) super.onStale();
  }

  protected override view(): AccountView {
    return {
      open: [...this.openById.values()].sort((a, b) => (b.orderId ?? 0) - (a.orderId ?? 0)),
      closed: this.closed.toReversed(),
      fills: this.fills.toReversed(),
    };
  }

  /** Reads what stands after entry `sequence`, and takes it in as far as messages have not said more. */
  async #load(sequence: number): Promise<void> {
    this.wantedSequence = sequence;
    super.onStale();
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      while (this.wantedSequence !== undefined) {
        const atSequence: number = this.wantedSequence;
        await this.#read(atSequence);
        this.isLoaded = true;
        if (this.wantedSequence === atSequence) this.wantedSequence = undefined;
        this.refresh();
      }
    } catch (error) {
      const problem = problemOf(error);
      this.onProblem(problem);
      if (problem.retry) setTimeout(() => void this.#load(this.wantedSequence ?? sequence), RETRY_MS);
    }
    this.isLoading = false;
  }

  async #read(sequence: number): Promise<void> {
    const fresh = sequence === 0 ? {} : { atSequence: sequence };
    const open: OrderView[] = [];
    let standsAt = 0;
    let cursor: string | undefined;
    do {
      const page: Page<OrderView> = await this.rest.get('/orders/open', {
        limit: OPEN_PAGE,
        cursor,
        ...fresh,
      });
      open.push(...page.items);
      standsAt ||= page.sequence;
      cursor = page.cursor;
    } while (cursor !== undefined && open.length < OPEN_MAX);
    const lately = await this.rest.get<Page<OrderView>>('/orders', { limit: CLOSED_MAX, ...fresh });
    await this.#readFills(fresh, FILLS_MAX);
    for (const order of [...open, ...lately.items].reverse()) this.#take(order);
    if (cursor === undefined) this.#forgetEnded(new Set(open.map(({ orderId }) => orderId)), standsAt);
  }

  async #readFills(fresh: { readonly atSequence?: number }, limit: number): Promise<void> {
    const { items } = await this.rest.get<Page<Static<typeof Fill>>>('/fills', { limit, ...fresh });
    const read = new Set(items.map(keyOf));
    const others = this.fills.filter((fill) => !read.has(keyOf(fill)));
    const counted = items.filter(
      ({ tradeId, canceledSequence }) => canceledSequence === undefined && !this.canceledTrades.has(tradeId),
    );
    this.fills = [...counted, ...others].sort((a, b) => a.tradeId - b.tradeId).slice(-FILLS_MAX);
  }

  /** Reads the newest fills in a while: those of other users, of which no report tells. */
  #readFillsSoon(sequence: number): void {
    this.fillsSequence = sequence;
    this.fillsTimer ??= setTimeout(async () => {
      this.fillsTimer = undefined;
      try {
        await this.#readFills({ atSequence: this.fillsSequence }, NEWEST_FILLS);
        if (this.isLoaded) this.refresh();
      } catch (error) {
        if (problemOf(error).retry) this.#readFillsSoon(this.fillsSequence);
      }
    }, FILLS_MS);
  }

  /** Orders that are not among those that stand after entry `sequence` have ended, longer ago than the newest orders tell. */
  #forgetEnded(open: ReadonlySet<number | undefined>, sequence: number): void {
    for (const [orderId, { updateSequence }] of this.openById)
      if (!open.has(orderId) && updateSequence <= sequence) this.openById.delete(orderId);
  }

  #known(orderId: number | undefined): OrderView | undefined {
    if (orderId === undefined) return undefined;
    return this.openById.get(orderId) ?? this.closed.findLast((one) => one.orderId === orderId);
  }

  #take(order: OrderView): void {
    const { orderId } = order;
    if (orderId === undefined) return;
    const ended = this.closed.findLastIndex((one) => one.orderId === orderId);
    const known = this.openById.get(orderId) ?? this.closed[ended];
    if (known !== undefined && known.updateSequence > order.updateSequence) return;
    if (ended !== -1) this.closed.splice(ended, 1);
    this.openById.delete(orderId);
    if (order.status === 'open') this.openById.set(orderId, order);
    else this.closed.push(order);
    if (this.closed.length > CLOSED_MAX) this.closed.shift();
  }
}

function keyOf({ tradeId, orderId }: FillView): string {
  return `${tradeId} ${orderId}`;
}
