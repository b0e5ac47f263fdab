import { orderJson } from '#codec/json/history-json.ts';
import { CommandType } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import { authorise, authoriseCommand, type Principal } from '../identity/principal.ts';
import * as orders from '../rest/order-operations.ts';
import { problemOfAccess } from './access-problem.ts';
import type { LoggedIn } from './login.ts';
import type { ParamsOf, ResultOf } from './protocol.ts';

/** What users do with orders over the WebSocket: who may is asked here, the rest is as over REST. */

/** @throws Problem */
export async function placeOrder(
  services: orders.OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.place'>,
): Promise<ResultOf<'order.place'>> {
  mayCommand(principal, CommandType.NewOrder);
  return orders.placeOrder(services, user, params);
}

/** @throws Problem */
export async function replaceOrder(
  services: orders.OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.replace'>,
): Promise<ResultOf<'order.replace'>> {
  mayCommand(principal, CommandType.ReplaceOrder);
  return orders.replaceOrder(services, user, params);
}

/** @throws Problem */
export async function cancelOrder(
  services: orders.OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.cancel'>,
): Promise<ResultOf<'order.cancel'>> {
  mayCommand(principal, CommandType.CancelOrder);
  return orders.cancelOrder(services, user, params);
}

/** @throws Problem */
export async function cancelOrders(
  services: orders.OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'orders.cancelAll'>,
): Promise<ResultOf<'orders.cancelAll'>> {
  mayCommand(principal, CommandType.MassCancel);
  return orders.cancelOrders(services, user, params);
}

/** @throws Problem */
export async function getOrder(
  services: orders.OrderServices,
  { principal, user }: LoggedIn,
  params: ParamsOf<'order.get'>,
): Promise<ResultOf<'order.get'>> {
  const refusal = authorise(principal, Action.ViewOwnAccount);
  if (refusal !== undefined) throw problemOfAccess(refusal);
  const order = await orders.findOrder(services, user, params);
  return { order: orderJson(services.views, await orders.wholeOrder(services, user, order)) };
}

function mayCommand(principal: Principal, type: CommandType): void {
  const refusal = authoriseCommand(principal, type, true);
  if (refusal !== undefined) throw problemOfAccess(refusal);
}
