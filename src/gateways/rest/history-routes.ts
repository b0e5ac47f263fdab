import { Type } from 'typebox';
import {
  dayFeesJson,
  Fees,
  PositionChangePage,
  PostingPage,
  positionChangeJson,
  postingJson,
} from '#codec/json/account-json.ts';
import { FillPage, fillJson, hasNames, Order, OrderPage, orderJson } from '#codec/json/history-json.ts';
import { Trade, tradeJson } from '#codec/json/market-json.ts';
import { termsOf } from '#codec/json/scales.ts';
import {
  ClientOrderId,
  freshQuery,
  Id,
  pageOf,
  pageQuery,
  SymbolText,
  secondsOf,
  secondText,
  timeQuery,
} from '#codec/json/schemas.ts';
import type { OrderRecord } from '#domain/history.ts';
import { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { invalidField, Problem, type ProblemCode } from './problems.ts';
import {
  accountOf,
  accountQuery,
  given,
  inKnownTerms,
  maySee,
  ownerOf,
  ownerQuery,
  Questions,
  symbolQuery,
} from './questions.ts';
import { type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

const TradePage = pageOf('TradePage', Trade);

/** Problems of every question to the archive. */
export const ARCHIVE_PROBLEMS: readonly ProblemCode[] = ['starting', 'late', 'busy', 'history-behind'];

const common = {
  method: 'GET',
  weight: 5,
  action: Action.ViewOwnAccount,
  tag: 'history',
  problems: [...ARCHIVE_PROBLEMS, 'UNKNOWN_INSTRUMENT', 'UNKNOWN_USER'],
} as const;

/** Orders, fills and money of one's own account, or of any for those who may see it. */
export function historyRoutes(sources: RestSources): Route[] {
  const questions = new Questions(sources);
  const seen = (principal: Principal, order: OrderRecord | undefined, what: string) => {
    // Whether another's order exists is nobody's business. What was refused for terms that there are not is no order either.
    if (order === undefined || !maySee(principal, order.accountId) || !hasNames(order))
      throw new Problem('UNKNOWN_ORDER', `you have no order ${what}`);
    return inKnownTerms(() => orderJson(questions.views, order));
  };
  return [
    route({
      ...common,
      path: '/orders/open',
      operationId: 'listOpenOrders',
      summary: 'Open orders, newest first',
      query: { ...ownerQuery, ...symbolQuery, ...pageQuery, ...freshQuery },
      answer: OrderPage,
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'openOrders',
            ...ownerOf(principal, query, sources),
            ...questions.instrumentId(query),
            ...pageOfQuery(query),
          },
          orderJson,
        ),
    }),
    route({
      ...common,
      path: '/orders',
      operationId: 'listOrders',
      summary: 'Orders of a time, open or not, newest first',
      query: { ...ownerQuery, ...symbolQuery, ...timeQuery, ...pageQuery, ...freshQuery },
      answer: OrderPage,
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'orders',
            ...ownerOf(principal, query, sources),
            ...questions.instrumentId(query),
            ...pageOfQuery(query),
          },
          orderJson,
        ),
    }),
    route({
      ...common,
      weight: 2,
      path: '/orders/:orderId',
      operationId: 'getOrder',
      summary: 'One order',
      params: { orderId: Id('the order') },
      query: freshQuery,
      answer: Order,
      problems: [...ARCHIVE_PROBLEMS, 'UNKNOWN_ORDER'],
      handle: async ({ principal, params: { orderId }, query }) => {
        const { result } = await questions.ask(principal, query, { type: 'order', orderId });
        return seen(principal, result, String(orderId));
      },
    }),
    route({
      ...common,
      weight: 2,
      path: '/orders/by-client-order-id/:clientOrderId',
      operationId: 'getOrderByClientOrderId',
      summary: 'One order by what its client calls it; also a rejected one',
      params: { clientOrderId: ClientOrderId },
      query: { userId: Type.Optional(Id('whose; default: your own')), ...freshQuery },
      answer: Order,
      problems: [...ARCHIVE_PROBLEMS, 'UNKNOWN_ORDER'],
      handle: async ({ principal, params: { clientOrderId }, query }) => {
        const { result } = await questions.ask(principal, query, {
          type: 'orderByClient',
          userId: query.userId ?? principal.userId,
          clientTag: clientOrderId,
        });
        return seen(principal, result, clientOrderId);
      },
    }),
    route({
      ...common,
      path: '/fills',
      operationId: 'listFills',
      summary: 'Fills, newest first',
      query: {
        ...ownerQuery,
        ...symbolQuery,
        orderId: Type.Optional(Id('of one order')),
        ...timeQuery,
        ...pageQuery,
        ...freshQuery,
      },
      answer: FillPage,
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'fills',
            ...ownerOf(principal, query, sources),
            ...questions.instrumentId(query),
            ...given({ orderId: query.orderId }),
            ...pageOfQuery(query),
          },
          fillJson,
        ),
    }),
    route({
      ...common,
      action: Action.ViewMarket,
      path: '/trades',
      operationId: 'listTrades',
      summary: 'Trades of an instrument, newest first, from history',
      query: { symbol: SymbolText, ...timeQuery, ...pageQuery, ...freshQuery },
      answer: TradePage,
      handle: ({ principal, query }) => {
        const { instrumentId } = questions.instrumentId(query) as { readonly instrumentId: number };
        return questions.page(
          principal,
          query,
          { type: 'trades', instrumentId, ...pageOfQuery(query) },
          (views, trade) => tradeJson(views, termsOf(views, instrumentId), trade),
        );
      },
    }),
    route({
      ...common,
      path: '/postings',
      operationId: 'listPostings',
      summary: "Money that moved other than by a trade's own amount and fees, newest first",
      query: {
        ...accountQuery,
        asset: Type.Optional(SymbolText),
        ...timeQuery,
        ...pageQuery,
        ...freshQuery,
      },
      answer: PostingPage,
      problems: [...common.problems, 'UNKNOWN_ASSET'],
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'postings',
            accountId: accountOf(principal, query),
            ...questions.assetId(query),
            ...pageOfQuery(query),
          },
          postingJson,
        ),
    }),
    route({
      ...common,
      path: '/positions/history',
      operationId: 'listPositionChanges',
      summary: 'Positions after each trade, newest first',
      query: { ...accountQuery, ...symbolQuery, ...timeQuery, ...pageQuery, ...freshQuery },
      answer: PositionChangePage,
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'positions',
            accountId: accountOf(principal, query),
            ...questions.instrumentId(query),
            ...pageOfQuery(query),
          },
          positionChangeJson,
        ),
    }),
    route({
      ...common,
      path: '/fees',
      operationId: 'listFees',
      summary: 'Fees by asset and UTC day, oldest first',
      query: { ...accountQuery, asset: Type.Optional(SymbolText), ...timeQuery, ...freshQuery },
      answer: Fees,
      problems: [...common.problems, 'UNKNOWN_ASSET'],
      handle: async ({ principal, query }) => {
        const { views } = questions;
        const accountId = accountOf(principal, query);
        const { fromSeconds, toSeconds = views.nowSeconds + 1 } = timeOfQuery(query);
        const { sequence, result } = await questions.ask(principal, query, {
          type: 'fees',
          accountId,
          ...questions.assetId(query),
          fromSeconds: fromSeconds ?? Math.max(0, toSeconds - FEES_DEFAULT_SECONDS),
          toSeconds,
        });
        const { rows, nextFromSeconds } = result;
        return {
          sequence,
          accountId,
          items: rows.map((row) => inKnownTerms(() => dayFeesJson(views, row))),
          ...(nextFromSeconds === undefined ? {} : { nextFrom: secondText(nextFromSeconds) }),
        };
      },
    }),
  ];
}

/** Thirty days. */
const FEES_DEFAULT_SECONDS = 30 * 86_400;

/** A stretch of time, in seconds. @throws Problem where it ends before it begins */
function timeOfQuery({ from, to }: { readonly from?: string; readonly to?: string }): {
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
} {
  const [fromSeconds, toSeconds] = [secondsOf(from), secondsOf(to)];
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds > toSeconds)
    throw invalidField('from', 'must not be later than to');
  return given({ fromSeconds, toSeconds });
}

/** Which part of a list, as the archive is asked for it. @throws Problem */
export function pageOfQuery(query: {
  readonly limit?: number;
  readonly cursor?: string;
  readonly from?: string;
  readonly to?: string;
}): {
  readonly limit?: number;
  readonly cursor?: string;
  readonly fromSeconds?: number;
  readonly toSeconds?: number;
} {
  const { limit, cursor } = query;
  return { ...given({ limit, cursor }), ...timeOfQuery(query) };
}
