import type { Static } from 'typebox';
import { orderJson } from '#codec/json/history-json.ts';
import { SideName } from '#codec/json/names.ts';
import {
  type CancelOrdersRequest,
  FieldFault,
  type NewOrderRequest,
  type OrderReference,
  type ReplaceOrderRequest,
  readNewOrder,
  readReplace,
} from '#codec/json/order-request-json.ts';
import type { OrderResult, OrdersCanceled } from '#codec/json/order-result-json.ts';
import { ArchiveRefusedError, type OrderRecord } from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import { type OrderDesk, UserUnavailableError } from '../orders/order-desk.ts';
import type { Outcome } from '../orders/requests.ts';
import { instrumentOf } from './market-routes.ts';
import { answerOf, problemOfOutcome } from './outcomes.ts';
import { invalidField, Problem } from './problems.ts';
import { inKnownTerms } from './questions.ts';
import { readyViews } from './sources.ts';

/**
 * What users do with orders, for every door that speaks JSON: the same requests, answers and problems. Who may is the
 * door's to ask first.
 */

/** What of the edge the operations need. */
export interface OrderServices {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
}

type Reference = Static<typeof OrderReference>;
type Result = Static<typeof OrderResult>;

const FIND_OUT =
  'ask for the order by its clientOrderId before you send it again, or send it again unchanged: with a clientOrderId it counts once';

/** Where users are: loaded, or to be loaded. */
export type Desk = Pick<OrderDesk, 'opened' | 'open'>;

/** What the user at the desk does: at once where its orders are loaded. @throws Problem */
export function atDesk<Answer>(
  desk: Desk,
  userId: number,
  act: (user: DeskUser) => Promise<Answer>,
): Promise<Answer> {
  const user = desk.opened(userId);
  return user === undefined ? load(desk, userId).then(act) : act(user);
}

async function load(desk: Desk, userId: number): Promise<DeskUser> {
  try {
    return await desk.open(userId);
  } catch (error) {
    if (!(error instanceof UserUnavailableError)) throw error;
    const headers = { 'retry-after': '1' };
    switch (error.code) {
      case 'UNKNOWN':
        throw new Problem('UNKNOWN_USER', error.message);
      case 'STARTING':
        throw new Problem('starting', error.message, { headers });
      case 'ARCHIVE':
        throw new Problem('history-behind', error.message, { headers });
    }
  }
}

/** Places an order, or finds the one that has its clientOrderId. @throws Problem */
export function placeOrder(
  services: OrderServices,
  user: DeskUser,
  request: Static<typeof NewOrderRequest>,
): Promise<Result> {
  const { ocoClientOrderId: partner } = request;
  if (partner !== undefined && user.isEntering(partner))
    return user.entered(partner).then(() => placeOrder(services, user, request));
  const { terms } = instrumentOf(readyViews(services), request.symbol);
  const order = checked(readNewOrder(terms, request, (clientOrderId) => user.numberOf(clientOrderId)));
  return answerOf(
    (done) => user.place(order, done),
    (outcome) => resultOf(services, outcome),
  );
}

/**
 * Replaces an order by one with other terms. Where the order was replaced before by one with this newClientOrderId, that
 * is a repeat. @throws Problem
 */
export async function replaceOrder(
  services: OrderServices,
  user: DeskUser,
  request: Static<typeof ReplaceOrderRequest>,
): Promise<Result> {
  const order = await findOrder(services, user, request);
  const successor = await successorOf(services, user, order);
  if (successor !== undefined && successor.clientTag === request.newClientOrderId)
    return resultOf(services, { kind: 'repeat', order: successor });
  const instrument = readyViews(services).instrument(order.instrumentId);
  if (instrument === undefined)
    throw new Problem('late', 'the instrument of the order is not known here yet');
  const terms = checked(readReplace(instrument.terms, order, request));
  return answerOf(
    (done) => user.replace(terms, done),
    (outcome) => resultOf(services, outcome),
  );
}

/** Cancels what is open of an order. @throws Problem */
export async function cancelOrder(
  services: OrderServices,
  user: DeskUser,
  reference: Reference,
): Promise<Result> {
  const { instrumentId, clientOrderId } = await findOrder(services, user, reference);
  const totalQtyLots = 0;
  return answerOf(
    (done) => user.cancel(instrumentId, clientOrderId, totalQtyLots, '', done),
    (outcome) => resultOf(services, outcome),
  );
}

/** Cancels the orders of the user's account that match. @throws Problem */
export async function cancelOrders(
  services: OrderServices,
  user: DeskUser,
  { symbol, side }: Static<typeof CancelOrdersRequest>,
): Promise<Static<typeof OrdersCanceled>> {
  const views = readyViews(services);
  const request = {
    accountId: user.accountId,
    sessionUserId: 0,
    instrumentId: symbol === undefined ? 0 : instrumentOf(views, symbol).terms.instrumentId,
    side: side === undefined ? 0 : (SideName.numberOf(side) as number),
  };
  return answerOf(
    (done) => user.massCancel(request, done),
    (outcome) => {
      if (outcome.kind === 'done')
        return { sequence: outcome.sequence, canceledOrders: outcome.canceledOrders };
      if (outcome.kind === 'repeat') throw new Error('a mass cancel has no repeat');
      throw problemOfOutcome(outcome, 'ask for the open orders: /api/v1/orders/open');
    },
  );
}

/**
 * The user's order that a request names; one that is on its way is waited for, as who sends a cancel right behind it means it.
 * @throws Problem, ArchiveRefusedError
 */
export async function findOrder(
  { archive }: Pick<OrderServices, 'archive'>,
  user: DeskUser,
  { orderId, clientOrderId: clientTag, clientOrderNumber }: Reference,
): Promise<OrderRecord> {
  const { userId, orders, sequence } = user;
  if (orderId !== undefined)
    return own(
      user,
      orders.byOrderId(orderId) ?? (await archive.ask({ type: 'order', orderId }, sequence, userId)).result,
    );
  if (clientTag !== undefined && user.isEntering(clientTag)) await user.entered(clientTag);
  const live =
    clientTag !== undefined ? orders.withTag(clientTag) : orders.byNumber(clientOrderNumber as number);
  if (live !== undefined) return live;
  const name = clientTag !== undefined ? { clientTag } : { clientOrderId: clientOrderNumber as number };
  const { result } = await archive.ask({ type: 'orderByClient', userId, ...name }, sequence, userId);
  return own(user, result);
}

/**
 * The order with what it said for the authority: reports do not say it, history does. Where history does not answer, the order
 * as its reports have it. They may have told more of it than history had when it was asked, and that is not taken back.
 */
export async function wholeOrder(
  { archive }: Pick<OrderServices, 'archive'>,
  { sequence, userId, orders }: DeskUser,
  order: OrderRecord,
): Promise<OrderRecord> {
  if (order.tradingCapacity !== undefined) return order;
  const { orderId } = order;
  try {
    const { result } = await archive.ask({ type: 'order', orderId }, sequence, userId);
    const said = REGULATORY_FIELDS.map((name) => [name, result?.[name] ?? 0]);
    return { ...(orders.byOrderId(orderId) ?? order), ...Object.fromEntries(said) };
  } catch (error) {
    if (error instanceof ArchiveRefusedError) return order;
    throw error;
  }
}

/** Another user's order is none that can be named here, and one that was rejected never was. */
function own({ userId }: DeskUser, order: OrderRecord | undefined): OrderRecord {
  if (order === undefined || order.userId !== userId || order.orderId === 0)
    throw new Problem('UNKNOWN_ORDER', 'you have no such order');
  return order;
}

/** The order that has replaced this one. */
async function successorOf(
  services: OrderServices,
  user: DeskUser,
  { replacedByOrderId: orderId }: OrderRecord,
): Promise<OrderRecord | undefined> {
  return orderId === 0 ? undefined : findOrder(services, user, { orderId });
}

function checked<Units>(units: Units | FieldFault): Units {
  if (units instanceof FieldFault) throw invalidField(units.field, units.allowed);
  return units;
}

function resultOf({ views }: OrderServices, outcome: Outcome): Result {
  if (outcome.kind !== 'done' && outcome.kind !== 'repeat') throw problemOfOutcome(outcome, FIND_OUT);
  const { order } = outcome;
  const isRepeat = outcome.kind === 'repeat';
  const sequence = isRepeat ? outcome.order.sequence : outcome.sequence;
  if (order === undefined) return { sequence, isRepeat };
  return { sequence, order: inKnownTerms(() => orderJson(views, order)), isRepeat };
}
