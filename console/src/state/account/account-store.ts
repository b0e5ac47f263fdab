import type { Static } from 'typebox';
import type { Fill, Order } from '#codec/json/history-json.ts';
import type { ExecutionReport } from '#codec/json/report-json.ts';
import type { ReportMessage } from '#codec/json/stream-json.ts';
import { problemOf } from '../../api/problem.ts';
import type { RestClient } from '../../api/rest.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { ChannelStore } from '../channel-store.ts';

export type OrderView = Static<typeof Order>;
export type Report = Static<typeof ExecutionReport>;
/** A fill, from history or from a report. */
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

const OPEN_PAGE = 1_000;
const OPEN_MAX = 5_000;
const CLOSED_MAX = 200;
const FILLS_MAX = 1_000;
const RETRY_MS = 1_000;

/**
 * The user's orders and fills: what stands, read once, and every report since. After a loss of the connection reports go on
 * at the number after the last one.
 */
export class AccountStore extends ChannelStore<AccountView> {
  declare private readonly rest: RestClient;
  declare private readonly openById: Map<number, OrderView>;
  /** Oldest first, both. */
  declare private readonly closed: OrderView[];
  declare private fills: FillView[];
  /** Number of the last report; undefined before the first answer. */
  declare private last: number | undefined;
  declare private isLoaded: boolean;
  /** Told of each report once, in order. */
  declare private readonly onReport: (report: Report) => void;

  constructor(socket: ApiSocket, rest: RestClient, onReport: (report: Report) => void, onIdle: () => void) {
    super(socket, 'reports', true, onIdle);
    this.rest = rest;
    this.openById = new Map();
    this.closed = [];
    this.fills = [];
    this.last = undefined;
    this.isLoaded = false;
    this.onReport = onReport;
  }

  override params(): object {
    return this.last === undefined ? {} : { from: this.last + 1 };
  }

  override onFollowing(result: object): void {
    this.last ??= (result as { readonly reportCount?: number }).reportCount ?? 0;
    if (this.isLoaded) this.refresh();
    else void this.#load();
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
      this.fills.push({ ...report.fill, orderId, symbol, side, time: report.time });
      if (this.fills.length > FILLS_MAX) this.fills.splice(0, this.fills.length - FILLS_MAX);
    }
    this.onReport(report);
    return this.isLoaded;
  }

  protected override view(): AccountView {
    return {
      open: [...this.openById.values()].sort((a, b) => (b.orderId ?? 0) - (a.orderId ?? 0)),
      closed: this.closed.toReversed(),
      fills: this.fills.toReversed(),
    };
  }

  /** What stood before the reports that come: taken in only as far as these have not said more. */
  async #load(): Promise<void> {
    try {
      let cursor: string | undefined;
      const open: OrderView[] = [];
      do {
        const page: { readonly items: readonly OrderView[]; readonly cursor?: string } = await this.rest.get(
          '/orders/open',
          { limit: OPEN_PAGE, cursor },
        );
        open.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined && open.length < OPEN_MAX);
      const lately = await this.rest.get<{ readonly items: readonly OrderView[] }>('/orders', {
        limit: CLOSED_MAX,
      });
      const fills = await this.rest.get<{ readonly items: readonly FillView[] }>('/fills', {
        limit: FILLS_MAX,
      });
      for (const order of [...open, ...lately.items].reverse()) this.#take(order);
      const known = new Set(this.fills.map(keyOf));
      const older = fills.items.filter((fill) => !known.has(keyOf(fill))).reverse();
      this.fills = [...older, ...this.fills].slice(-FILLS_MAX);
      this.isLoaded = true;
      this.refresh();
    } catch (error) {
      const problem = problemOf(error);
      this.onProblem(problem);
      if (problem.retry) setTimeout(() => void this.#load(), RETRY_MS);
    }
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
