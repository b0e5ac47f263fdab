import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Type } from 'typebox';
import { named } from '#codec/json/schemas.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { Action } from '#domain/permissions.ts';
import { PROBLEMS } from './problems.ts';
import { publicRoute, type Route, route } from './routes.ts';
import { startServer } from './test-support.ts';

const Echo = named('EchoOfTest', 'What came.', {
  who: Type.Optional(Type.String()),
  body: Type.Optional(Type.Unsafe<unknown>({})),
  query: Type.Optional(Type.Unsafe<unknown>({})),
});

const BODY = Type.Object(
  {
    clientOrderId: Type.String({ pattern: '^[a-z]{1,8}$', description: '1 to 8 of a-z' }),
    side: Type.Unsafe<'buy' | 'sell'>({ type: 'string', enum: ['buy', 'sell'] }),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
    legs: Type.Optional(
      Type.Array(Type.Object({ price: Type.String({ description: 'a decimal' }) }), { maxItems: 2 }),
    ),
  },
  { additionalProperties: false },
);

/** Answers of `/slow` are held back until `release` is called. */
export const slow = { release: (): void => {} };

/** Routes that answer at once, late, wrongly, and to traders only. */
export const ROUTES: Route[] = [
  publicRoute({
    path: '/open/:symbol',
    weight: 1,
    tag: 'test',
    operationId: 'getOpen',
    summary: 'anybody',
    params: { symbol: Type.String({ pattern: '^[A-Z]+$', maxLength: 8, description: 'capitals' }) },
    query: {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, default: 5, description: 'rows' })),
      all: Type.Optional(Type.Boolean()),
    },
    answer: Echo,
    handle: ({ query }) => ({ query }),
  }),
  publicRoute({
    path: '/slow',
    weight: 1,
    tag: 'test',
    operationId: 'getSlow',
    summary: 'late',
    answer: Echo,
    handle: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = slow.release;
      slow.release = () => {
        before();
        resolve();
      };
      await promise;
      return {};
    },
  }),
  publicRoute({
    path: '/broken',
    weight: 1,
    tag: 'test',
    operationId: 'getBroken',
    summary: 'bug',
    answer: Echo,
    handle: () => {
      throw new TypeError('planted');
    },
  }),
  publicRoute({
    path: '/late',
    weight: 1,
    tag: 'test',
    operationId: 'getLate',
    summary: 'refused by the archive',
    answer: Echo,
    handle: () => {
      throw new ArchiveRefusedError('LATE', 'the archive is at 5');
    },
  }),
  route({
    method: 'POST',
    path: '/orders',
    weight: 3,
    action: Action.PlaceOrders,
    tag: 'test',
    operationId: 'takeOrder',
    summary: 'traders',
    body: BODY,
    answer: Echo,
    handle: ({ principal, body }) => ({ who: principal.name, body }),
  }),
];

/** What ends the servers that a test file starts. */
export const serverClosers: (() => Promise<unknown>)[] = [];

after(() => Promise.all(serverClosers.map((close) => close())));

/** A server with `ROUTES`. */
export async function startTestRoutes(options: Parameters<typeof startServer>[1] = {}) {
  const started = await startServer(ROUTES, options);
  serverClosers.push(() => started.server.close());
  return started;
}

/** Headers of every answer. */
export const HEADER_VALUES: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Asserts that a response is exactly a problem. */
export async function assertProblem(
  response: Response,
  code: string,
  detail: string,
  extra: { errors?: object[]; rejectCode?: number; headers?: Record<string, string> } = {},
): Promise<void> {
  const { httpStatus, meaning, transient } = PROBLEMS.get(code)!;
  const { headers, ...fields } = extra;
  const body = (await response.json()) as Record<string, unknown>;
  const { instance, ...rest } = body;
  assert.deepEqual(rest, {
    type: `/errors/${code}`,
    title: meaning,
    status: httpStatus,
    detail,
    code,
    retry: transient,
    ...fields,
  });
  assert.equal(response.status, httpStatus);
  assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  assert.equal(instance, response.headers.get('x-request-id'));
  for (const [name, value] of Object.entries({ ...HEADER_VALUES, ...headers }))
    assert.equal(response.headers.get(name), value, name);
}

/** The one problem, without a request's id, in everything that came over a socket. */
export function onlyProblem(text: string): { status: string; code: unknown; detail: unknown } {
  const [head, body] = text.split('\r\n\r\n');
  const { code, detail } = JSON.parse(body);
  assert.match(head.toLowerCase(), /\r\nconnection: close(\r\n|$)/);
  assert.match(head, /\r\ncontent-type: application\/problem\+json/);
  return { status: head.split('\r\n')[0], code, detail };
}

/** A request with a body, of ann. */
export const post = (body: string | Uint8Array, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { authorization: 'Bearer ann', 'content-type': 'application/json', ...headers },
});
