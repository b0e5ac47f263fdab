import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Order } from '#codec/json/history-json.ts';
import {
  CancelOrdersRequest,
  NewOrderRequest,
  OrderReference,
  ReplaceOrderRequest,
} from '#codec/json/order-request-json.ts';
import { OrderResult, OrdersCanceled } from '#codec/json/order-result-json.ts';
import { Count, Id, named, ref, Time } from '#codec/json/schemas.ts';
import { ProblemDetails } from '../rest/problems.ts';
import { WebSocketLimits } from './limits.ts';

/** Requests of the WebSocket and their answers: what is checked, and what /asyncapi.json shows. docs/protocols/websocket.md. */

const CHANNEL_CHARS_MAX = 64;
const AUTHORIZATION_CHARS_MAX = 2_048;
const ChannelName = Type.String({
  minLength: 1,
  maxLength: CHANNEL_CHARS_MAX,
  description: `the name of a channel, at most ${CHANNEL_CHARS_MAX} characters`,
});

const closed = <Fields extends Record<string, TSchema>>(fields: Fields) =>
  Type.Object(fields, { additionalProperties: false });

export const Authenticated = named('Authenticated', 'Who the connection belongs to.', {
  userId: Id('the user'),
  name: Type.String(),
  role: Type.String(),
  accountId: Type.Optional(Id('absent: staff without an account')),
  expiresTime: Time,
  reportCount: Count('reports to the user so far'),
});
export const Subscribed = named('Subscribed', 'The channel is followed; its first message comes next.', {
  channel: Type.String(),
  reportCount: Type.Optional(Count('of reports: how many there are so far')),
});
export const Unsubscribed = named('Unsubscribed', 'The channel is followed no more.', {
  channel: Type.String(),
});
export const Pong = named('Pong', 'The connection works.', {
  timeMs: Count('the clock of the node, in milliseconds since the Unix epoch'),
});
export const OrderFound = named('OrderFound', 'An order as it stands.', { order: ref(Order) });
export const FailedMessage = named(
  'FailedMessage',
  'A channel has ended: subscribe to it again where `error` says that it can be retried.',
  {
    channel: Type.String(),
    type: Type.Unsafe<'failed'>({ type: 'string', enum: ['failed'] }),
    error: ref(ProblemDetails),
  },
);

interface Operation {
  readonly summary: string;
  readonly params: TObject;
  readonly result: TSchema;
}

/** Every operation. */
export const OPERATIONS = {
  auth: {
    summary: 'Prove who you are, first or anew',
    params: closed({
      authorization: Type.String({
        minLength: 1,
        maxLength: AUTHORIZATION_CHARS_MAX,
        description:
          'the text of an Authorization header: "Bearer TOKEN", or "HIVE1 key=…" that signs GET /ws/v1 without a body',
      }),
      cancelOnDisconnect: Type.Optional(
        Type.Boolean({ description: 'cancel your open orders when this connection ends; default false' }),
      ),
    }),
    result: Authenticated,
  },
  subscribe: {
    summary: 'Follow a channel',
    params: closed({
      channel: ChannelName,
      depth: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000, description: 'of a book: levels of each side' }),
      ),
      from: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description:
            'of reports: number of the first that you lack; default: the next that happens. Of log: sequence of the first entry; default: the newest',
        }),
      ),
    }),
    result: Subscribed,
  },
  unsubscribe: {
    summary: 'Follow a channel no more',
    params: closed({ channel: ChannelName }),
    result: Unsubscribed,
  },
  ping: { summary: 'Try the connection out', params: closed({}), result: Pong },
  'order.place': { summary: 'Place an order', params: NewOrderRequest, result: OrderResult },
  'order.replace': { summary: 'Change an order', params: ReplaceOrderRequest, result: OrderResult },
  'order.cancel': { summary: 'Cancel an order', params: OrderReference, result: OrderResult },
  'orders.cancelAll': {
    summary: 'Cancel the orders of the own account',
    params: CancelOrdersRequest,
    result: OrdersCanceled,
  },
  'order.get': { summary: 'Ask for an order', params: OrderReference, result: OrderFound },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
export type ParamsOf<Name extends OperationName> = Static<(typeof OPERATIONS)[Name]['params']>;
export type ResultOf<Name extends OperationName> = Static<(typeof OPERATIONS)[Name]['result']>;

const { ID_CHARS_MAX } = WebSocketLimits;

/** What a request's id may be, as it reads behind "must be". */
export const REQUEST_ID_FORM = `an integer or 1 to ${ID_CHARS_MAX} characters, of your choice`;
/** What a client calls a request; the answer repeats it. */
export const RequestId = Type.Unsafe<string | number>({
  description: REQUEST_ID_FORM,
  anyOf: [
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'string', minLength: 1, maxLength: ID_CHARS_MAX },
  ],
});

/** Whether a value can be the id of a request. */
export function isRequestId(value: unknown): value is string | number {
  if (typeof value !== 'string') return Number.isSafeInteger(value) && (value as number) >= 0;
  if (value.length <= ID_CHARS_MAX) return value.length > 0;
  // JSON Schema counts characters of Unicode, of which JavaScript has some as two.
  return value.length <= 2 * ID_CHARS_MAX && [...value].length <= ID_CHARS_MAX;
}
