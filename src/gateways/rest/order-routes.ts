import { Type } from 'typebox';
import { SideName } from '#codec/json/names.ts';
import { NewOrderRequest, ReplaceOrderTerms } from '#codec/json/order-request-json.ts';
import { OrderResult, OrdersCanceled } from '#codec/json/order-result-json.ts';
import { ClientOrderId, Id, oneOf, SymbolText } from '#codec/json/schemas.ts';
import { Action } from '#domain/permissions.ts';
import type { RejectName } from '#domain/rejects.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import {
  atDesk,
  cancelOrder,
  cancelOrders,
  type Desk,
  type OrderServices,
  placeOrder,
  replaceOrder,
} from './order-operations.ts';
import { COMMAND_PROBLEMS } from './outcomes.ts';
import type { ProblemCode } from './problems.ts';
import { type Route, route } from './routes.ts';

/** What the routes of orders need of the edge. */
export interface OrderSources extends OrderServices {
  readonly desk: Desk;
}

const OF_TERMS: readonly RejectName[] = [
  'MALFORMED_COMMAND',
  'CLIENT_ORDER_ID_LIMIT',
  'UNKNOWN_INSTRUMENT',
  'INVALID_PRICE',
  'INVALID_STOP_PRICE',
  'INVALID_QUANTITY',
  'INVALID_DISPLAY_QUANTITY',
  'INVALID_EXPIRY',
  'REGULATORY_FIELDS_MISSING',
  'VALUE_TOO_LARGE',
  'INVALID_REGULATORY_FIELDS',
  'KILL_SWITCH_VENUE',
  'KILL_SWITCH_INSTRUMENT',
  'KILL_SWITCH_ACCOUNT',
  'KILL_SWITCH_USER',
  'PHASE',
  'THROTTLED',
  'ORDER_QUANTITY_LIMIT',
  'ORDER_VALUE_LIMIT',
  'PRICE_COLLAR',
  'POSITION_LIMIT',
  'OPEN_VALUE_LIMIT',
  'INSUFFICIENT_FUNDS',
  'INSUFFICIENT_MARGIN',
];
/** Rejects of any user's command: its rights may have changed on the way. */
const OF_SENDERS: readonly RejectName[] = ['USER_DISABLED', 'NOT_ALLOWED', 'UNKNOWN_USER'];
const OF_COMMANDS: readonly ProblemCode[] = [...COMMAND_PROBLEMS, ...ARCHIVE_PROBLEMS, ...OF_SENDERS];
const OF_BODIES: readonly ProblemCode[] = ['malformed-json', 'unsupported-media-type', 'body-too-large'];
const OF_PLACING: readonly ProblemCode[] = [
  ...OF_COMMANDS,
  ...OF_BODIES,
  ...OF_TERMS,
  'DUPLICATE_CLIENT_TAG',
  'OCO_PARTNER_UNUSABLE',
  'INVALID_SIDE',
  'INVALID_ORDER_TYPE',
  'INVALID_TIME_IN_FORCE',
  'INVALID_FLAGS',
  'INVALID_MINIMUM_QUANTITY',
  'INVALID_SELF_TRADE_PREVENTION',
  'NO_REFERENCE_PRICE',
  'TOO_MANY_OPEN_ORDERS',
  'ORDER_CAPACITY',
];
const OF_REPLACING: readonly ProblemCode[] = [
  ...OF_COMMANDS,
  ...OF_BODIES,
  ...OF_TERMS,
  'UNKNOWN_ORDER',
  'DUPLICATE_CLIENT_TAG',
  'NOTHING_TO_REPLACE',
];
const OF_CANCELING: readonly ProblemCode[] = [...OF_COMMANDS, 'UNKNOWN_ORDER'];

export const massCancelQuery = {
  symbol: Type.Optional(SymbolText),
  side: Type.Optional(oneOf(SideName, 'default: both')),
};

/** Orders of one's own. Answers are durable: the log has the command at their sequence. */
export function orderRoutes(sources: OrderSources): Route[] {
  const { desk } = sources;
  const byId = { orderId: Id('the order') };
  const byName = { clientOrderId: ClientOrderId };
  const place = { tag: 'orders', weight: 1, action: Action.PlaceOrders, answer: OrderResult } as const;
  const cancel = {
    tag: 'orders',
    weight: 1,
    method: 'DELETE',
    action: Action.CancelOrders,
    answer: OrderResult,
    problems: OF_CANCELING,
  } as const;
  const replace = { ...place, method: 'PUT', body: ReplaceOrderTerms, problems: OF_REPLACING } as const;
  return [
    route({
      ...place,
      method: 'POST',
      path: '/orders',
      operationId: 'placeOrder',
      summary: 'Place an order. With a clientOrderId it counts once, however often it is sent',
      body: NewOrderRequest,
      problems: OF_PLACING,
      handle: ({ principal, body }) =>
        atDesk(desk, principal.userId, (user) => placeOrder(sources, user, body)),
    }),
    route({
      ...replace,
      path: '/orders/:orderId',
      operationId: 'replaceOrder',
      summary: 'Replace an order by one with other terms. What is left out stays as it is',
      params: byId,
      handle: ({ principal, params, body }) =>
        atDesk(desk, principal.userId, (user) => replaceOrder(sources, user, { ...params, ...body })),
    }),
    route({
      ...replace,
      path: '/orders/by-client-order-id/:clientOrderId',
      operationId: 'replaceOrderByClientOrderId',
      summary: 'The same by what you call the order',
      params: byName,
      handle: ({ principal, params, body }) =>
        atDesk(desk, principal.userId, (user) => replaceOrder(sources, user, { ...params, ...body })),
    }),
    route({
      ...cancel,
      path: '/orders/:orderId',
      operationId: 'cancelOrder',
      summary: 'Cancel what is open of an order',
      params: byId,
      handle: ({ principal, params }) =>
        atDesk(desk, principal.userId, (user) => cancelOrder(sources, user, params)),
    }),
    route({
      ...cancel,
      path: '/orders/by-client-order-id/:clientOrderId',
      operationId: 'cancelOrderByClientOrderId',
      summary: 'The same by what you call the order',
      params: byName,
      handle: ({ principal, params }) =>
        atDesk(desk, principal.userId, (user) => cancelOrder(sources, user, params)),
    }),
    route({
      ...cancel,
      path: '/orders',
      operationId: 'cancelOrders',
      summary: 'Cancel the open orders of your account: all, or those of an instrument or a side',
      query: massCancelQuery,
      answer: OrdersCanceled,
      problems: [...OF_COMMANDS, 'UNKNOWN_INSTRUMENT', 'THROTTLED'],
      handle: ({ principal, query }) =>
        atDesk(desk, principal.userId, (user) => cancelOrders(sources, user, query)),
    }),
  ];
}
