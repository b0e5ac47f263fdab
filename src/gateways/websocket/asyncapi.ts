import type { TObject, TSchema } from 'typebox';
import { LogMessage } from '#codec/json/log-json.ts';
import { ClusterMessage, FiguresMessage } from '#codec/json/operate-json.ts';
import { ReplayMessage } from '#codec/json/replay-json.ts';
import { namedSchemasOf, ref } from '#codec/json/schemas.ts';
import { SessionsMessage } from '#codec/json/session-json.ts';
import {
  BalancesMessage,
  BookMessage,
  CandlesMessage,
  OrdersMessage,
  PhaseMessage,
  PositionsMessage,
  ReportMessage,
  RiskMessage,
  SessionMessage,
  StatusMessage,
  TickerMessage,
  TradesMessage,
} from '#codec/json/stream-json.ts';
import { ProblemDetails } from '../rest/problems.ts';
import { WEBSOCKET_PATH } from './credential.ts';
import { FailedMessage, OPERATIONS, type OperationName, RequestId } from './protocol.ts';

const TOLD: readonly TSchema[] = [
  BookMessage,
  TradesMessage,
  TickerMessage,
  CandlesMessage,
  PhaseMessage,
  ReportMessage,
  BalancesMessage,
  PositionsMessage,
  OrdersMessage,
  SessionMessage,
  ClusterMessage,
  FiguresMessage,
  RiskMessage,
  StatusMessage,
  ReplayMessage,
  LogMessage,
  SessionsMessage,
  FailedMessage,
];

/** The AsyncAPI 3.0 document of the WebSocket, made of the schemas that check requests. */
export function asyncApiDocument(): object {
  const requests = Object.entries(OPERATIONS).map(([op, { summary, params }]) => {
    // Left out, they are an object without fields.
    const { required: needed = [], oneOf: choices = [] } = params as TObject & { oneOf?: object[] };
    const isNeeded = needed.length > 0 || choices.length > 0;
    const required = isNeeded ? ['id', 'op', 'params'] : ['id', 'op'];
    return [
      messageName(op, 'Request'),
      message(summary, { id: RequestId, op: { const: op }, params }, required),
    ] as const;
  });
  const answers = Object.entries(OPERATIONS).map(([op, { summary, result }]) => [
    messageName(op, 'Answer'),
    message(`Done: ${summary}`, { id: RequestId, result: ref(result) }, ['id', 'result']),
  ]);
  const refusal = [
    'refusal',
    message('A request was not done, or could not be read', { id: RequestId, error: ref(ProblemDetails) }, [
      'error',
    ]),
  ] as const;
  const told = TOLD.map((schema) => {
    const { $id, description } = schema as { $id?: string; description?: string };
    return [lowerFirst(String($id)), { summary: description, payload: ref(schema) }] as const;
  });
  const messages = Object.fromEntries([...requests, ...answers, refusal, ...told]);
  const pointer = (name: string) => ({ $ref: `#/channels/connection/messages/${name}` });
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Hive Mind streams',
      version: '1',
      description:
        'Prices, quantities and money are decimal strings, exact as the instrument and the asset have them. Errors are those of /errors.',
    },
    defaultContentType: 'application/json',
    channels: { connection: { address: WEBSOCKET_PATH, messages } },
    operations: {
      ...Object.fromEntries(
        (Object.keys(OPERATIONS) as OperationName[]).map((op) => [
          messageName(op, ''),
          {
            action: 'receive',
            summary: OPERATIONS[op].summary,
            channel: { $ref: '#/channels/connection' },
            messages: [pointer(messageName(op, 'Request'))],
            reply: {
              channel: { $ref: '#/channels/connection' },
              messages: [pointer(messageName(op, 'Answer')), pointer('refusal')],
            },
          },
        ]),
      ),
      tell: {
        action: 'send',
        summary: 'Messages of the channels that a client follows',
        channel: { $ref: '#/channels/connection' },
        messages: told.map(([name]) => pointer(name)),
      },
    },
    components: {
      schemas: Object.fromEntries(namedSchemasOf([messages]).map((schema) => [nameOf(schema), schema])),
    },
  };
  return JSON.parse(JSON.stringify(document), localReference) as object;
}

function message(summary: string, properties: object, required: readonly string[]): object {
  return { summary, payload: { type: 'object', additionalProperties: false, properties, required } };
}

/** `order.place` becomes `orderPlace`: AsyncAPI's keys have no points. */
function messageName(op: string, suffix: string): string {
  return op.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase()) + suffix;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function nameOf(schema: TSchema): string {
  return String((schema as { $id?: string }).$id);
}

/** Named schemas refer to each other by name; in a document that is a place. */
function localReference(this: object, key: string, value: unknown): unknown {
  if (key === '$id' && typeof value === 'string') return undefined;
  if (key !== '$ref' || typeof value !== 'string' || !value.endsWith('#')) return value;
  return `#/components/schemas/${value.slice(0, -1)}`;
}
