import { orderJson } from '#codec/json/history-json.ts';
import { SideName } from '#codec/json/names.ts';
import { FieldFault, readNewOrder, readReplace } from '#codec/json/order-request-json.ts';
import { CommandType } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { Action } from '#domain/permissions.ts';
import { type RejectName, Rejects, rejectName } from '#domain/rejects.ts';
import { authorise, authoriseCommand, type Principal } from '../identity/principal.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import type { Outcome } from '../orders/requests.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { problemOfAccess } from './access-problem.ts';
import type { LoggedIn } from './login.ts';
import type { ParamsOf, ResultOf } from './protocol.ts';
import type { WebSocketSources } from './services.ts';

type OrderServices = Pick<WebSocketSources, 'views' | 'archive'>;

/** @throws Problem */
export async function placeOrder(
  { views }: OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.place'>,
): Promise<ResultOf<'order.place'>> {
  mayCommand(principal, CommandType.NewOrder);
  const instrument = views.instrumentBySymbol(params.symbol);
  if (instrument === undefined) throw unknownInstrument(params.symbol);
  const order = checked(readNewOrder(instrument.terms, params));
  return resultOf(views, await outcome((done) => user.place(order, done)));
}

/** @throws Problem */
export async function replaceOrder(
  services: OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.replace'>,
): Promise<ResultOf<'order.replace'>> {
  mayCommand(principal, CommandType.ReplaceOrder);
  const order = await findOrder(services, user, params);
  const instrument = services.views.instrument(order.instrumentId);
  if (instrument === undefined)
    throw new Problem('starting', 'the instrument of the order is not known here yet');
  const terms = checked(readReplace(instrument.terms, order, params));
  return resultOf(services.views, await outcome((done) => user.replace(terms, done)));
}

/** @throws Problem */
export async function cancelOrder(
  services: OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.cancel'>,
): Promise<ResultOf<'order.cancel'>> {
  mayCommand(principal, CommandType.CancelOrder);
  const { instrumentId, clientOrderId } = await findOrder(services, user, params);
  const all = 0;
  return resultOf(
    services.views,
    await outcome((done) => user.cancel(instrumentId, clientOrderId, all, done)),
  );
}

/** @throws Problem */
export async function cancelOrders(
  { views }: OrderServices,
  { principal, user }: LoggedIn,
  { symbol, side }: ParamsOf<'orders.cancelAll'>,
): Promise<ResultOf<'orders.cancelAll'>> {
  mayCommand(principal, CommandType.MassCancel);
  const instrument = symbol === undefined ? undefined : views.instrumentBySymbol(symbol);
  if (symbol !== undefined && instrument === undefined) throw unknownInstrument(symbol);
  const request = {
    instrumentId: instrument?.terms.instrumentId ?? 0,
    accountId: user.accountId,
    sessionUserId: 0,
    side: side === undefined ? 0 : (SideName.numberOf(side) ?? 0),
  };
  const answer = await outcome((done) => user.massCancel(request, done));
  if (answer.kind !== 'done') throw problemOfOutcome(answer);
  return { sequence: answer.sequence, canceledOrders: answer.canceledOrders };
}

/** @throws Problem */
export async function getOrder(
  services: OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.get'>,
): Promise<ResultOf<'order.get'>> {
  const refusal = authorise(principal, Action.ViewOwnAccount);
  if (refusal !== undefined) throw problemOfAccess(refusal);
  return { order: orderJson(services.views, await findOrder(services, user, params)) };
}

/** The order of a user that a request names. @throws Problem */
async function findOrder(
  { archive }: OrderServices,
  user: DeskUser,
  { orderId, clientOrderId: clientTag, clientOrderNumber }: ParamsOf<'order.get'>,
): Promise<OrderRecord> {
  const named = [orderId, clientTag, clientOrderNumber].filter((name) => name !== undefined);
  if (named.length !== 1) {
    throw invalidField('params', 'must have one of orderId, clientOrderId, clientOrderNumber');
  }
  const { userId, sequence } = user;
  let order: OrderRecord | undefined;
  if (orderId !== undefined) order = user.orders.byOrderId(orderId);
  else if (clientTag !== undefined) order = user.orders.withTag(clientTag);
  else order = user.orders.byNumber(clientOrderNumber as number);
  if (order !== undefined) return order;
  const { result } =
    orderId !== undefined
      ? await archive.ask({ type: 'order', orderId }, sequence)
      : await archive.ask(
          {
            type: 'orderByClient',
            userId,
            ...(clientTag === undefined ? { clientOrderId: clientOrderNumber as number } : { clientTag }),
          },
          sequence,
        );
  // Another user's order is none that can be named here.
  if (result === undefined || result.userId !== userId)
    throw new Problem('UNKNOWN_ORDER', 'you have no such order');
  return result;
}

function mayCommand(principal: Principal, type: CommandType): void {
  const refusal = authoriseCommand(principal, type, true);
  if (refusal !== undefined) throw problemOfAccess(refusal);
}

function checked<Units>(units: Units | FieldFault): Units {
  if (units instanceof FieldFault) throw invalidField(units.field, units.allowed);
  return units;
}

function unknownInstrument(symbol: string): Problem {
  return new Problem('UNKNOWN_INSTRUMENT', `there is no instrument ${symbol}`);
}

function outcome(send: (done: (outcome: Outcome) => void) => void): Promise<Outcome> {
  return new Promise(send);
}

function resultOf(views: MarketViews, answer: Outcome): ResultOf<'order.place'> {
  if (answer.kind === 'done') {
    const { sequence, order } = answer;
    return { sequence, ...(order === undefined ? {} : { order: orderJson(views, order) }), isRepeat: false };
  }
  if (answer.kind === 'repeat') {
    const { order } = answer;
    return { sequence: order.sequence, order: orderJson(views, order), isRepeat: true };
  }
  throw problemOfOutcome(answer);
}

function problemOfOutcome(answer: Exclude<Outcome, { kind: 'done' }>): Problem {
  switch (answer.kind) {
    case 'rejected': {
      const name = rejectName(answer.rejectCode) as RejectName;
      return new Problem(name, `${Rejects[name].meaning}; entry ${answer.sequence} of the log`);
    }
    case 'refused':
      return answer.why === 'BUSY'
        ? new Problem('busy', 'too many commands wait for their answer: send it again')
        : new Problem('history-behind', 'it cannot be told now whether the order is a repeat: send it again');
    default:
      return new Problem(
        'outcome-unknown',
        'ask for the order by its clientOrderId before you send it again',
      );
  }
}
