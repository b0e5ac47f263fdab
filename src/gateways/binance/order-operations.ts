import { termsOf } from '#codec/json/scales.ts';
import { CommandType, InstrumentKind } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import {
  type ArchiveQuery,
  ArchiveRefusedError,
  Asker,
  type FillRecord,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import type { InstrumentView } from '#domain/market-views.ts';
import { Action } from '#domain/permissions.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { ACCEPTED } from '#domain/rejects.ts';
import type { Principal } from '../identity/principal.ts';
import { authoriseCommand } from '../identity/principal.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import type { Outcome } from '../orders/requests.ts';
import { findOrder as findOwnOrder } from '../rest/order-operations.ts';
import { answerOf } from '../rest/outcomes.ts';
import { Problem } from '../rest/problems.ts';
import { commissionForOrderJson } from './commission.ts';
import { BinanceError, errorOfAccess, errorOfOutcome, errorOfReject } from './errors.ts';
import { type BinanceSources, type PrivateOperation, readyViews, spotOf } from './operations.ts';
import { refusalOf, wouldTake } from './order-check.ts';
import {
  ackJson,
  cancelJson,
  clientIdOf,
  fillOfAnswer,
  numberOfClientId,
  orderJson,
  resultJson,
} from './order-json.ts';
import { type OrderAsked, readNewOrder, readOrigClientId } from './order-request.ts';
import { missing, type Params } from './params.ts';
import type { TimeUnit } from './texts.ts';

/** Orders: place, test, cancel one or all, look at one or all that are open. */
export function orderOperations(sources: BinanceSources): PrivateOperation[] {
  return [
    {
      method: 'POST',
      path: '/order',
      wsMethod: 'order.place',
      weight: 1,
      action: Action.PlaceOrders,
      prepare: (params, unit) => {
        const asked = readNewOrder(params);
        return (who) => placeOrder(sources, who, asked, unit);
      },
    },
    {
      method: 'POST',
      path: '/order/test',
      wsMethod: 'order.test',
      weight: 1,
      action: Action.PlaceOrders,
      prepare: (params) => {
        const asked = readNewOrder(params);
        const wantsRates = params.boolean('computeCommissionRates') ?? false;
        return (who) => testOrder(sources, who, asked, wantsRates);
      },
    },
    {
      method: 'DELETE',
      path: '/order',
      wsMethod: 'order.cancel',
      weight: 1,
      action: Action.CancelOrders,
      prepare: (params, unit) => {
        const symbol = params.mandatory('symbol');
        const reference = readReference(params);
        params.ignore('newClientOrderId');
        return (who) => cancelOrder(sources, who, symbol, reference, unit);
      },
    },
    {
      method: 'DELETE',
      path: '/openOrders',
      wsMethod: 'openOrders.cancelAll',
      weight: 1,
      action: Action.CancelOrders,
      prepare: (params, unit) => {
        const symbol = params.mandatory('symbol');
        return (who) => cancelOrders(sources, who, symbol, unit);
      },
    },
    {
      method: 'GET',
      path: '/order',
      wsMethod: 'order.status',
      weight: 4,
      action: Action.ViewOwnAccount,
      prepare: (params, unit) => {
        const symbol = params.mandatory('symbol');
        const reference = readReference(params);
        return async (who) => {
          const order = await findOrder(sources, await sources.desk.open(who.userId), symbol, reference);
          if (order === undefined) throw new BinanceError('NO_SUCH_ORDER', 'Order does not exist.');
          return orderJson(sources.views, order, unit);
        };
      },
    },
    {
      method: 'GET',
      path: '/openOrders',
      wsMethod: 'openOrders.status',
      weight: 6,
      action: Action.ViewOwnAccount,
      prepare: (params, unit) => {
        const symbol = params.text('symbol');
        return async (who) => {
          const views = readyViews(sources);
          const user = await sources.desk.open(who.userId);
          return openOrders(sources, user, symbol).map((order) => orderJson(views, order, unit));
        };
      },
    },
  ];
}

/** Which order: by the venue's number, by what it goes by, or by both. */
interface Reference {
  readonly orderId: number | undefined;
  readonly clientId: string | undefined;
}

function readReference(params: Params): Reference {
  const orderId = params.integer('orderId', 1);
  const clientId = readOrigClientId(params);
  if (orderId === undefined && clientId === undefined) return missing('orderId');
  return { orderId, clientId };
}

async function placeOrder(
  sources: BinanceSources,
  who: Principal,
  asked: OrderAsked,
  unit: TimeUnit,
): Promise<object> {
  const { views, archive } = sources;
  mayCommand(who, CommandType.NewOrder);
  const request = asked.unitsIn(spotOf(sources, asked.symbol).terms);
  const user = await sources.desk.open(who.userId);
  const { order, sequence } = await answerOf((done) => user.place(request, done), placed);
  switch (asked.responseType) {
    case 'ACK':
      return ackJson(views, order, unit);
    case 'RESULT':
      return resultJson(views, order, unit);
    case 'FULL': {
      const { orderId, cumQtyLots } = order;
      if (cumQtyLots === 0) return { ...resultJson(views, order, unit), fills: [] };
      const met = await fillsOf(archive, who, orderId, sequence);
      const fills = met?.map((fill) => fillOfAnswer(views, fill));
      return { ...resultJson(views, order, unit), ...(fills === undefined ? {} : { fills }) };
    }
  }
}

/** Refuses an order as it would be if it were placed, as far as that is known without the account. */
async function testOrder(
  sources: BinanceSources,
  who: Principal,
  asked: OrderAsked,
  wantsRates: boolean,
): Promise<object> {
  mayCommand(who, CommandType.NewOrder);
  const instrument = spotOf(sources, asked.symbol);
  const request = asked.unitsIn(instrument.terms);
  const refusal = refusalOf(instrument, request, await lastPriceTicks(sources, instrument));
  if (refusal !== ACCEPTED) throw errorOfReject(refusal);
  if (wouldTake(instrument, request)) throw wouldMatch();
  return wantsRates ? commissionForOrderJson(instrument.terms) : {};
}

/** Of the newest trade, which history has where there was none since the node started; 0: there is none. */
async function lastPriceTicks(
  { archive, views }: BinanceSources,
  instrument: InstrumentView,
): Promise<number> {
  const { lastPriceTicks: known } = instrument.statistics(views.nowSeconds);
  if (known !== 0) return known;
  const { instrumentId } = instrument.terms;
  const { result } = await archive.ask(
    { type: 'trades', instrumentId, limit: 1 },
    views.sequence,
    Asker.Anybody,
  );
  return result.rows[0]?.priceTicks ?? 0;
}

/**
 * What an order met when it came, oldest first; what came to it since has reports of its own. Undefined where history cannot
 * say it now: the order stands all the same.
 */
async function fillsOf(
  archive: ArchiveQueries,
  { userId }: Principal,
  orderId: number,
  sequence: number,
): Promise<FillRecord[] | undefined> {
  const question = { type: 'fills', userId, orderId } as const;
  const met: FillRecord[] = [];
  let cursor: string | undefined;
  try {
    do {
      const page: ArchiveQuery<'fills'> = cursor === undefined ? question : { ...question, cursor };
      const { result } = await archive.ask(page, sequence, userId);
      met.push(...result.rows.filter((fill) => fill.sequence === sequence));
      cursor = result.cursor;
    } while (cursor !== undefined);
    return met.reverse();
  } catch (error) {
    if (error instanceof ArchiveRefusedError) return undefined;
    throw error;
  }
}

function placed(outcome: Outcome): { readonly order: OrderRecord; readonly sequence: number } {
  if (outcome.kind === 'repeat') throw new BinanceError('NEW_ORDER_REJECTED', 'Duplicate order sent.');
  const { order, sequence } = done(outcome);
  if (order.cancelReason === CancelReason.PostOnlyWouldTrade) throw wouldMatch();
  return { order, sequence };
}

function wouldMatch(): BinanceError {
  return new BinanceError('NEW_ORDER_REJECTED', 'Order would immediately match and take.');
}

/** The order after a command that took effect, as it is then. @throws BinanceError */
function done(outcome: Outcome): { readonly order: OrderRecord; readonly sequence: number } {
  if (outcome.kind === 'repeat') throw new Error('only a new order is a repeat');
  if (outcome.kind !== 'done') throw errorOfOutcome(outcome);
  const { order, sequence } = outcome;
  if (order === undefined) throw errorOfOutcome({ kind: 'unknown' });
  return { order: { ...order }, sequence };
}

async function cancelOrder(
  sources: BinanceSources,
  who: Principal,
  symbol: string,
  reference: Reference,
  unit: TimeUnit,
): Promise<object> {
  mayCommand(who, CommandType.CancelOrder);
  const user = await sources.desk.open(who.userId);
  const order = await findOrder(sources, user, symbol, reference);
  if (order === undefined || order.status !== OrderStatus.Open) throw unknownOrder();
  const { instrumentId, clientOrderId } = order;
  const all = 0;
  const canceled = await answerOf((told) => user.cancel(instrumentId, clientOrderId, all, '', told), done);
  return cancelJson(sources.views, canceled.order, unit);
}

async function cancelOrders(
  sources: BinanceSources,
  who: Principal,
  symbol: string,
  unit: TimeUnit,
): Promise<object[]> {
  mayCommand(who, CommandType.MassCancel);
  const { instrumentId } = spotOf(sources, symbol).terms;
  const user = await sources.desk.open(who.userId);
  const open = openOrders(sources, user, symbol);
  if (open.length === 0) throw unknownOrder();
  const request = { instrumentId, accountId: user.accountId, sessionUserId: who.userId, side: 0 };
  return answerOf(
    (told) => user.massCancel(request, told),
    (outcome) => {
      if (outcome.kind === 'repeat') throw new Error('a mass cancel has no repeat');
      if (outcome.kind !== 'done') throw errorOfOutcome(outcome);
      // Of many the first to end are forgotten by now: their records were kept up to date until then.
      const ended = open.map((order) => user.orders.byOrderId(order.orderId) ?? order);
      return ended.map((order) => cancelJson(sources.views, order, unit));
    },
  );
}

/** The user's open orders of a pair, or of all pairs: orders of margined instruments are not shown here. */
function openOrders(sources: BinanceSources, user: DeskUser, symbol: string | undefined): OrderRecord[] {
  const wanted = symbol === undefined ? undefined : spotOf(sources, symbol).terms.instrumentId;
  return user.orders
    .open()
    .filter(({ instrumentId }) =>
      wanted === undefined
        ? termsOf(sources.views, instrumentId).kind === InstrumentKind.Spot
        : instrumentId === wanted,
    );
}

/** The user's order that a request names; undefined: it has none. @throws BinanceError, ArchiveRefusedError */
async function findOrder(
  sources: BinanceSources,
  user: DeskUser,
  symbol: string,
  { orderId, clientId }: Reference,
): Promise<OrderRecord | undefined> {
  const { instrumentId } = spotOf(sources, symbol).terms;
  try {
    const reference = orderId === undefined ? ownReference(clientId as string) : { orderId };
    const order = await findOwnOrder(sources, user, reference);
    const isIt =
      order.instrumentId === instrumentId && (clientId === undefined || clientIdOf(order) === clientId);
    return isIt ? order : undefined;
  } catch (error) {
    if (error instanceof Problem && error.code === 'UNKNOWN_ORDER') return undefined;
    throw error;
  }
}

function ownReference(clientId: string) {
  const clientOrderNumber = numberOfClientId(clientId);
  return clientOrderNumber === undefined ? { clientOrderId: clientId } : { clientOrderNumber };
}

function unknownOrder(): BinanceError {
  return new BinanceError('CANCEL_REJECTED', 'Unknown order sent.');
}

function mayCommand(who: Principal, type: CommandType): void {
  const refusal = authoriseCommand(who, type, true);
  if (refusal !== undefined) throw errorOfAccess(refusal);
}
