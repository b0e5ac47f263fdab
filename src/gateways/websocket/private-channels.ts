import type { Static } from 'typebox';
import { balancesJson, positionsJson } from '#codec/json/account-json.ts';
import { orderJson } from '#codec/json/history-json.ts';
import { reportJson } from '#codec/json/report-json.ts';
import type {
  BalancesMessage,
  OrdersMessage,
  PositionsMessage,
  ReportMessage,
} from '#codec/json/stream-json.ts';
import type { AccountRecord, OrderRecord } from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { counted } from '#lib/counted.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import type { Report } from '../orders/report.ts';
import { invalidField, Problem, problemOfRefusal } from '../rest/problems.ts';
import type { AccountStreams } from './account-streams.ts';
import type { OrderStreams } from './order-streams.ts';
import { failedText } from './venue-channels.ts';

/** Private channels. */
export const PRIVATE_CHANNELS = ['reports', 'balances', 'positions', 'orders'] as const;
export type PrivateChannel = (typeof PRIVATE_CHANNELS)[number];

export function isPrivateChannel(name: string): name is PrivateChannel {
  return (PRIVATE_CHANNELS as readonly string[]).includes(name);
}

/** Where the messages of a user go. */
export interface PrivateConnection {
  send(text: string): void;
  /** Resolves when the client has read most of what it got, or is gone; undefined: it has already. */
  whenReading(): Promise<void> | undefined;
}

/** What users alone are told: their reports, what their accounts have, and the orders of these. */
export class PrivateChannels {
  declare private readonly views: MarketViews;
  declare private readonly accounts: AccountStreams;
  declare private readonly orders: OrderStreams;

  constructor(views: MarketViews, accounts: AccountStreams, orders: OrderStreams) {
    this.views = views;
    this.accounts = accounts;
    this.orders = orders;
  }

  /**
   * Checks what is asked for. The function that is returned begins the channel, and returns how to end it.
   * @param from of reports: number of the first
   * @param onEnded called when the channel ends by itself, after the client was told so
   * @throws Problem
   */
  prepare(
    channel: PrivateChannel,
    user: DeskUser,
    from: number | undefined,
    connection: PrivateConnection,
    onEnded: () => void,
  ): () => () => void {
    if (channel === 'reports') {
      const next = user.reportCount + 1;
      if (from !== undefined && from > next)
        throw invalidField(
          'from',
          `must be at most ${next}: you have had ${counted(next - 1, 'report')} so far`,
        );
      return () => this.#followReports(user, from ?? next, connection, onEnded);
    }
    if (from !== undefined) throw invalidField('from', 'is of reports and log only');
    if (user.accountId === 0) throw new Problem('UNKNOWN_ACCOUNT', 'your user has no account');
    if (channel === 'orders') return () => this.#followOrders(user.accountId, connection, onEnded);
    return () => this.#followAccount(channel, user.accountId, connection, onEnded);
  }

  #followReports(
    user: DeskUser,
    from: number,
    connection: PrivateConnection,
    onEnded: () => void,
  ): () => void {
    const feed = user.follow(from, {
      onReport: (report, order) => {
        connection.send(reportText(this.views, report, order));
        return connection.whenReading();
      },
      onFeedFailed: (error) => fail(connection, 'reports', error, onEnded),
    });
    return () => user.unfollow(feed);
  }

  #followOrders(accountId: number, connection: PrivateConnection, onEnded: () => void): () => void {
    const { views } = this;
    return this.orders.follow(accountId, {
      onOrdersBegin: (sequence) =>
        connection.send(ordersText({ channel: 'orders', type: 'begin', sequence, items: [] })),
      onOrders: (orders, sequence) => {
        const items = orders.map((order) => orderJson(views, order));
        connection.send(ordersText({ channel: 'orders', type: 'changes', sequence, items }));
      },
      onOrdersFailed: (error) => fail(connection, 'orders', error, onEnded),
    });
  }

  #followAccount(
    channel: 'balances' | 'positions',
    accountId: number,
    connection: PrivateConnection,
    onEnded: () => void,
  ): () => void {
    const write = channel === 'balances' ? balancesText : positionsText;
    return this.accounts.follow(accountId, {
      onAccount: (account, sequence) => connection.send(write(this.views, account, sequence)),
      onAccountFailed: (error) => fail(connection, channel, error, onEnded),
    });
  }
}

function fail(
  connection: PrivateConnection,
  channel: PrivateChannel,
  error: Error,
  onEnded: () => void,
): void {
  const problem = problemOfRefusal(error) ?? new Problem('history-behind', error.message);
  connection.send(failedText(channel, problem));
  onEnded();
}

function reportText(views: MarketViews, report: Report, order: OrderRecord | undefined): string {
  const message: Static<typeof ReportMessage> = {
    channel: 'reports',
    type: 'report',
    report: reportJson(views, report, order),
  };
  return JSON.stringify(message);
}

function ordersText(message: Static<typeof OrdersMessage>): string {
  return JSON.stringify(message);
}

function balancesText(views: MarketViews, account: AccountRecord, sequence: number): string {
  const balances = balancesJson(views, account, sequence);
  return JSON.stringify({ channel: 'balances', type: 'balances', balances } satisfies Static<
    typeof BalancesMessage
  >);
}

function positionsText(views: MarketViews, account: AccountRecord, sequence: number): string {
  const markTicks = (instrumentId: number): number => {
    const trades = views.instrument(instrumentId)?.trades;
    return trades?.read(trades.next - 1, 1)[0]?.priceTicks ?? 0;
  };
  const positions = positionsJson(views, account, sequence, markTicks);
  return JSON.stringify({ channel: 'positions', type: 'positions', positions } satisfies Static<
    typeof PositionsMessage
  >);
}
