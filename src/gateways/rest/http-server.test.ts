import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Type } from 'typebox';
import { named } from '#codec/json/schemas.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { Action } from '#domain/permissions.ts';
import { canonicalRequest } from '../identity/signed-request.ts';
import { TestAuthority, whyNoCertificates } from '../listener/test-certificates.ts';
import { TlsFiles } from '../listener/tls-files.ts';
import type { HttpDialect } from './http-server.ts';
import { HttpLimits } from './limits.ts';
import { PROBLEMS, Problem } from './problems.ts';
import { publicRoute, type Route, route } from './routes.ts';
import { exchange, startServer, testAccess } from './test-support.ts';

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

/** Answers are held back until this is called. */
let release = (): void => {};

const ROUTES: Route[] = [
  publicRoute({
    path: '/open/:symbol',
    weight: 1,
    tag: 'test',
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
    summary: 'late',
    answer: Echo,
    handle: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = release;
      release = () => {
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
    summary: 'traders',
    body: BODY,
    answer: Echo,
    handle: ({ principal, body }) => ({ who: principal.name, body }),
  }),
];

const closers: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closers.map((close) => close())));

async function start(options: Parameters<typeof startServer>[1] = {}) {
  const started = await startServer(ROUTES, options);
  closers.push(() => started.server.close());
  return started;
}

const HEADER_VALUES: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Asserts that a response is exactly a problem. */
async function assertProblem(
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
function onlyProblem(text: string): { status: string; code: unknown; detail: unknown } {
  const [head, body] = text.split('\r\n\r\n');
  const { code, detail } = JSON.parse(body);
  assert.match(head.toLowerCase(), /\r\nconnection: close(\r\n|$)/);
  assert.match(head, /\r\ncontent-type: application\/problem\+json/);
  return { status: head.split('\r\n')[0], code, detail };
}

const post = (body: string | Uint8Array, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { authorization: 'Bearer ann', 'content-type': 'application/json', ...headers },
});

test('a request is read by its schemas, with defaults, and answered with the usual headers', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/api/v1/open/ABC?all=true`);
  assert.deepEqual(await response.json(), { query: { all: true, limit: 5 } });
  assert.equal(response.status, 200);
  for (const [name, value] of Object.entries(HEADER_VALUES)) assert.equal(response.headers.get(name), value);
  assert.match(response.headers.get('x-request-id')!, /^[\w-]{8}-1$/);
  assert.deepEqual(
    ['limit', 'remaining', 'reset'].map((name) => response.headers.get(`ratelimit-${name}`)),
    ['1000000', '999999', '1'],
  );
});

test('a field that is wrong is named, with what is allowed', async () => {
  const { url } = await start();
  const cases: [string, string, string][] = [
    ['ABC?limit=0', 'limit', 'must be >= 1'],
    ['ABC?limit=11', 'limit', 'must be <= 10'],
    ['ABC?limit=ten', 'limit', 'must be an integer'],
    ['ABC?limit=1e1', 'limit', 'must be an integer'],
    ['ABC?limit=5.0', 'limit', 'must be an integer'],
    ['ABC?limit=', 'limit', 'must be an integer'],
    ['ABC?limit=1&limit=2', 'limit', 'must be given once'],
    ['ABC?all=yes', 'all', 'must be a boolean'],
    ['ABC?limt=1', 'limt', 'is unknown: known are limit, all'],
    ['ABC?__proto__=1', '__proto__', 'is unknown: known are limit, all'],
    ['abc', 'symbol', 'must be capitals'],
    ['ABCDEFGHI', 'symbol', 'must be capitals'],
  ];
  for (const [target, field, allowed] of cases) {
    const response = await fetch(`${url}/api/v1/open/${target}`);
    await assertProblem(response, 'invalid-request', `${field} ${allowed}`, { errors: [{ field, allowed }] });
  }
});

test('a body is read after its sender is known, strictly, without turning numbers into texts', async () => {
  const { url } = await start();
  const good = { clientOrderId: 'abc', side: 'buy', count: 3, legs: [{ price: '1.5' }] };
  const response = await fetch(`${url}/api/v1/orders`, post(JSON.stringify(good)));
  assert.deepEqual(await response.json(), { who: 'ann', body: good });

  const cases: [object | null, string, string][] = [
    [{}, 'clientOrderId', 'is missing: it must be 1 to 8 of a-z'],
    [{ clientOrderId: 'abc' }, 'side', 'is missing: it must be one of buy, sell'],
    [{ ...good, side: 'hold' }, 'side', 'must be one of buy, sell'],
    [{ ...good, clientOrderId: 7 }, 'clientOrderId', 'must be 1 to 8 of a-z'],
    [{ ...good, count: '3' }, 'count', 'must be an integer'],
    [{ ...good, count: 2.5 }, 'count', 'must be an integer'],
    [{ ...good, legs: [{ price: '1' }, { price: 65000.5 }] }, 'legs.1.price', 'must be a decimal'],
    [{ ...good, legs: [{}, {}, {}] }, 'legs', 'must be an array'],
    [{ ...good, x: 1 }, 'x', 'is unknown: known are clientOrderId, side, count, legs'],
    [[], 'body', 'must be an object'],
    [null, 'body', 'must be an object'],
  ];
  for (const [body, field, allowed] of cases) {
    const response = await fetch(`${url}/api/v1/orders`, post(JSON.stringify(body)));
    await assertProblem(response, 'invalid-request', `${field} ${allowed}`, { errors: [{ field, allowed }] });
  }
});

test('a body that cannot be read', async () => {
  const { url } = await start();
  const bad = await fetch(`${url}/api/v1/orders`, post('{"a":'));
  assert.equal(((await bad.clone().json()) as { code: string }).code, 'malformed-json');
  assert.equal(bad.status, 400);
  const latin = await fetch(`${url}/api/v1/orders`, post(new Uint8Array([0x22, 0xff, 0x22])));
  assert.equal(((await latin.json()) as { code: string }).code, 'malformed-json');
  const empty = await fetch(`${url}/api/v1/orders`, post(''));
  assert.equal(((await empty.json()) as { code: string }).code, 'malformed-json');

  const text = await fetch(`${url}/api/v1/orders`, post('{}', { 'content-type': 'text/plain' }));
  await assertProblem(text, 'unsupported-media-type', 'send Content-Type: application/json');

  const large = `"${'x'.repeat(HttpLimits.BODY_BYTES_MAX)}"`;
  const tooLarge = await fetch(`${url}/api/v1/orders`, post(large));
  await assertProblem(tooLarge, 'body-too-large', `a body may have ${HttpLimits.BODY_BYTES_MAX} bytes`, {
    headers: { connection: 'close' },
  });
  const nested = await fetch(`${url}/api/v1/orders`, post('['.repeat(30_000) + ']'.repeat(30_000)));
  await assertProblem(nested, 'invalid-request', 'body must be an object', {
    errors: [{ field: 'body', allowed: 'must be an object' }],
  });
});

test('who it is, how often it may ask, whether it may: in this order, before the body is read', async () => {
  const { url } = await start({ access: testAccess(10) });
  const orders = `${url}/api/v1/orders`;
  const anonymous = await fetch(orders, { method: 'POST' });
  await assertProblem(
    anonymous,
    'not-authenticated',
    'the request does not say who sends it: see docs/access.md',
    {
      headers: {
        'www-authenticate': 'Bearer realm="hive", HIVE1 realm="hive"',
        'ratelimit-limit': '10',
        'ratelimit-remaining': '7',
        'ratelimit-reset': '3',
      },
    },
  );
  const unknown = await fetch(orders, post('{"a":', { authorization: 'Bearer mallory' }));
  await assertProblem(
    unknown,
    'invalid-token',
    'no bearer token that a node of this venue signed: see docs/access.md',
  );
  const staff = await fetch(orders, post('{"a":', { authorization: 'Bearer eve' }));
  await assertProblem(staff, 'not-permitted', "the user's role does not allow this: see docs/access.md");
  // The address has 4 units left of its 10.
  await fetch(orders, { method: 'POST' });
  const flooding = await fetch(orders, { method: 'POST' });
  await assertProblem(
    flooding,
    'rate-limited',
    'more requests than the rate limit allows: see docs/access.md',
    {
      headers: { 'retry-after': '2', 'ratelimit-remaining': '1', 'ratelimit-reset': '9' },
    },
  );
  // A user's own units are not touched by that, and open routes count them too.
  const open = await fetch(`${url}/api/v1/open/ABC`, { headers: { authorization: 'Bearer ann' } });
  assert.deepEqual([open.status, open.headers.get('ratelimit-remaining')], [200, '9']);
  const liar = await fetch(`${url}/api/v1/open/ABC`, { headers: { authorization: 'Bearer mallory' } });
  assert.equal(liar.status, 401);
});

test('a signed request is signed over method, target and body as they were sent', async () => {
  const { url } = await start();
  const body = '{ "clientOrderId":"abc", "side":"buy" }';
  const sign = (target: string, sent: string) => {
    const text = canonicalRequest({
      timestampMs: 1_767_323_045_000,
      nonce: 'n-1',
      method: 'POST',
      target,
      body: Buffer.from(sent),
    });
    const signature = hash('sha256', text, 'base64');
    return {
      authorization: `HIVE1 key=8, timestamp=1767323045000, nonce="n-1", window=100, signature="${signature}"`,
    };
  };
  const target = '/api/v1/orders';
  const good = await fetch(url + target, post(body, sign(target, body)));
  assert.deepEqual(await good.json(), { who: 'ann', body: { clientOrderId: 'abc', side: 'buy' } });
  for (const [from, to] of [
    ['base64', 'base64url'],
    ['base64', 'hex'],
  ] as const) {
    const { authorization } = sign(target, body);
    const signature = authorization.split('"')[3];
    const rewritten = authorization.replace(signature, Buffer.from(signature, from).toString(to));
    const again = await fetch(url + target, post(body, { authorization: rewritten }));
    assert.deepEqual(
      [again.status, await again.json()],
      [200, { who: 'ann', body: { clientOrderId: 'abc', side: 'buy' } }],
    );
  }
  const other = await fetch(url + target, post(`${body} `, sign(target, body)));
  await assertProblem(
    other,
    'wrong-signature',
    'the signature does not fit the request and the key: see docs/access.md',
  );
});

test('an Authorization that has no known form', async () => {
  const { url } = await start();
  const forms = [
    'Basic YTpi',
    'Bearer',
    'HIVE1',
    'HIVE1 key=1',
    'HIVE1 key=x, timestamp=1, nonce=a, signature=AA',
    'HIVE1 key=1, key=1, timestamp=1, nonce=a, signature=AA',
    'HIVE1 key=1, timestamp=1, nonce=a, signature=!!',
    'HIVE1 key=1, timestamp=1, nonce=a, signature=AA, colour=red',
    'HIVE1 key=1, timestamp=1, nonce=a, window=-5, signature=AA',
  ];
  for (const authorization of forms) {
    const response = await fetch(`${url}/api/v1/open/ABC`, { headers: { authorization } });
    await assertProblem(
      response,
      'not-authenticated',
      'Authorization is "Bearer TOKEN" or "HIVE1 key=N, timestamp=MS, nonce=TEXT, signature=BASE64", with window=MS if you like',
    );
  }
});

test('unknown routes, other methods, broken escapes', async () => {
  const { url, port } = await start();
  for (const path of [
    '/',
    '/api/v1',
    '/api/v1/nothing',
    '/api/v1/open/ABC/',
    '/API/v1/slow',
    `/api/v1/open/${'A'.repeat(65)}`,
  ])
    await assertProblem(await fetch(url + path), 'not-found', 'see /docs for what there is');
  const put = await fetch(`${url}/api/v1/orders`, { method: 'PUT' });
  await assertProblem(put, 'method-not-allowed', 'use POST', { headers: { allow: 'POST' } });
  const remove = await fetch(`${url}/api/v1/open/ABC`, { method: 'DELETE' });
  await assertProblem(remove, 'method-not-allowed', 'use GET, HEAD', { headers: { allow: 'GET, HEAD' } });
  const bad = await exchange(port, 'GET /api/v1/open/%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.deepEqual(onlyProblem(bad), {
    status: 'HTTP/1.1 400 Bad Request',
    code: 'malformed-url',
    detail: 'in a path, % is followed by two hexadecimal digits of UTF-8',
  });
  const head = await fetch(`${url}/api/v1/open/ABC`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
});

test('bytes that are no request', async () => {
  const { port } = await start();
  const malformed = {
    status: 'HTTP/1.1 400 Bad Request',
    code: 'malformed-http',
    detail: 'send a request as RFC 9112 has it',
  };
  for (const bytes of [
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nBroken header\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ]) {
    assert.deepEqual(onlyProblem(await exchange(port, bytes)), malformed, JSON.stringify(bytes));
  }
  const noHost = await exchange(port, 'GET /docs HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.deepEqual(onlyProblem(noHost), { ...malformed, detail: 'the header Host is missing' });
});

test('headers that are too large or too many', async () => {
  const { port } = await start();
  const large = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(HttpLimits.HEADER_BYTES_MAX)}\r\n\r\n`;
  assert.deepEqual(onlyProblem(await exchange(port, large)), {
    status: 'HTTP/1.1 431 Request Header Fields Too Large',
    code: 'headers-too-large',
    detail: `request line and headers may have ${HttpLimits.HEADER_BYTES_MAX} bytes together`,
  });
  const fields = 'X: 1\r\n'.repeat(HttpLimits.HEADERS_MAX - 1);
  const many = (more: string) =>
    exchange(port, `GET /errors HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}${more}\r\n`);
  assert.deepEqual(onlyProblem(await many('')), {
    status: 'HTTP/1.1 431 Request Header Fields Too Large',
    code: 'headers-too-large',
    detail: `at most ${HttpLimits.HEADERS_MAX} header fields are read`,
  });
});

test('a client that is slow with its headers or its body is answered and let go', async () => {
  const limits = { HEADERS_MS_MAX: 150, REQUEST_MS_MAX: 300, TIMEOUT_CHECK_MS: 20 };
  const { port } = await start({ limits });
  const late = {
    status: 'HTTP/1.1 408 Request Timeout',
    code: 'request-timeout',
    detail: 'headers must come within 150 ms and the body within 300 ms',
  };
  const [silent, headers, body] = await Promise.all([
    exchange(port, ''),
    exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '),
    exchange(
      port,
      'POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ),
  ]);
  assert.deepEqual(onlyProblem(silent), late);
  assert.deepEqual(onlyProblem(headers), late);
  assert.deepEqual(onlyProblem(body), late);
});

test('bytes that break a connection take no answer from a request before them', async () => {
  const { port } = await start();
  release = () => {};
  const whole = 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n';
  assert.equal(await exchange(port, `${whole}garbage\r\n\r\n`), '');
  const post =
    'POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.deepEqual(onlyProblem(await exchange(port, `${post}zz\r\n`)), {
    status: 'HTTP/1.1 400 Bad Request',
    code: 'malformed-http',
    detail: 'send a request as RFC 9112 has it',
  });
});

test('a client that goes away in the middle of its body is no bug of the door', async () => {
  const { port, url, lines } = await start();
  const head =
    'POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  const text = await exchange(port, head, true);
  assert.equal(onlyProblem(text).code, 'malformed-http');
  assert.equal((await fetch(`${url}/errors`)).status, 200);
  assert.deepEqual(lines, []);
});

test('an idle connection and one that does not read are let go', async () => {
  const limits = { KEEP_ALIVE_MS_MAX: 50, SILENCE_MS_MAX: 100 };
  const { port } = await start({ limits });
  const text = await exchange(port, 'GET /errors/late HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  const slow = await exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(slow, '');
});

test('a connection has a limited number of requests at once', async () => {
  const { port } = await start({ limits: { PIPELINED_MAX: 3 } });
  release = () => {};
  const text = exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
  const timer = setInterval(() => release(), 5);
  const answers = (await text).split('HTTP/1.1 ').slice(1);
  clearInterval(timer);
  assert.deepEqual(
    answers.map((answer) => answer.slice(0, 3)),
    ['200', '200', '200', '503'],
  );
  assert.match(answers[3], /connection: close/);
  assert.match(answers[3], /"detail":"at most 3 may wait for their answer"/);
});

test('connections above the limits, in all and from one address, are answered', async () => {
  const total = await start({ limits: { CONNECTIONS_MAX: 1 } });
  const address = await start({ limits: { CONNECTIONS_PER_ADDRESS_MAX: 1 } });
  for (const [{ port }, why] of [
    [total, 'too many'],
    [address, 'too many from one address'],
  ] as const) {
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    assert.deepEqual(onlyProblem(await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')), {
      status: 'HTTP/1.1 503 Service Unavailable',
      code: 'too-many-connections',
      detail: `${why}: close some, or come back later`,
    });
    first.destroy();
    await once(first, 'close');
  }
  // The place is free again, as soon as the server has seen the end.
  while (total.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await fetch(`${total.url}/errors/late`)).status, 200);
});

test('a bug is answered without its words, and logged with them', async () => {
  const { url, lines } = await start();
  await assertProblem(await fetch(`${url}/api/v1/broken`), 'internal', 'report it with the request id');
  assert.deepEqual(lines, ['a request failed: planted']);
});

test('a refusal of the archive says whether and when to come back', async () => {
  const { url } = await start();
  await assertProblem(await fetch(`${url}/api/v1/late`), 'late', 'the archive is at 5', {
    headers: { 'retry-after': '1' },
  });
});

test('the type of every problem leads to its meaning', async () => {
  const { url } = await start();
  const { items } = (await (await fetch(`${url}/errors`)).json()) as { items: { code: string }[] };
  assert.deepEqual(
    items.map(({ code }) => code),
    [...PROBLEMS.keys()],
  );
  for (const item of items) {
    const response = await fetch(`${url}${new Problem(item.code as never, '').details(undefined).type}`);
    assert.deepEqual(await response.json(), item);
  }
  const funds = await (await fetch(`${url}/errors/INSUFFICIENT_FUNDS`)).json();
  assert.deepEqual(funds, {
    code: 'INSUFFICIENT_FUNDS',
    status: 409,
    title: 'available funds do not cover the order, its fees or the withdrawal',
    rejectCode: 407,
    retry: true,
  });
  await assertProblem(await fetch(`${url}/errors/none`), 'not-found', '/errors lists the problems');
});

test('a route without an access does not start', async () => {
  const { access, ...open } = ROUTES[0];
  assert.equal(access, 'anybody');
  await assert.rejects(startServer([{ ...open, path: '/api/v1/planted' } as Route]), {
    name: 'RouteWithoutAccessError',
    message: 'GET /api/v1/planted does not say who may use it: give it an access',
  });
});

test('closing: what is open gets its answer, what comes after is refused', async () => {
  const { server, port } = await start();
  release = () => {};
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const request = 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n';
  socket.write(request);
  const idle = release;
  while (release === idle) await new Promise((resolve) => setImmediate(resolve));
  const closed = server.close();
  socket.write(request.replace('/api/v1/slow', '/errors'));
  setImmediate(() => release());
  await Promise.all([once(socket, 'close'), closed]);
  const answers = text.split('HTTP/1.1 ').slice(1);
  assert.match(answers[0], /^200 OK/);
  assert.ok(answers.length === 1 || answers[1].startsWith('503'), answers[1]);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/errors`));
});

test('what does not answer in time when the door closes is cut', async () => {
  const { server, port } = await start({ limits: { CLOSE_MS_MAX: 50 } });
  release = () => {};
  const idle = release;
  const text = exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n');
  while (release === idle) await new Promise((resolve) => setImmediate(resolve));
  await server.close();
  assert.equal(await text, '');
});

test('the reference: a page in itself, with a policy that lets nothing else in', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/docs`);
  const page = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const [, style] = /<style>([\s\S]*)<\/style>/.exec(page)!;
  assert.equal(
    response.headers.get('content-security-policy'),
    `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-ancestors 'none'`,
  );
  assert.ok(page.includes('<h3><code>POST /api/v1/orders</code></h3><p>traders; for users</p>'));
  assert.ok(page.includes('<a href="/errors/not-permitted">not-permitted</a>'));
  assert.doesNotMatch(page, /<script|https?:\/\//);
});

test('TLS: requests, places of connections, and files that change while the door is open', {
  skip: whyNoCertificates(),
}, async () => {
  const authority = new TestAuthority();
  closers.push(async () => rmSync(authority.directory, { recursive: true }));
  const files = authority.issue('first');
  const tls = new TlsFiles({ ...files, clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const { server, port, lines } = await start({ tls, limits: { TLS_FILES_MS: 20, PIPELINED_MAX: 1 } });
  const ask = async () => {
    const ca = readFileSync(authority.certificate);
    const asked = request({ host: '127.0.0.1', port, path: '/errors/late', ca, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const { subject } = (response.socket as TLSSocket).getPeerCertificate();
    response.resume();
    await once(response, 'close');
    return [response.statusCode, response.headers['strict-transport-security'], subject.CN];
  };
  assert.deepEqual(await ask(), [200, 'max-age=31536000', 'first']);
  assert.deepEqual(await ask(), [200, 'max-age=31536000', 'first']);
  const renewed = authority.issue('second');
  renameSync(renewed.key, files.key);
  renameSync(renewed.certificate, files.certificate);
  while (!lines.includes('TLS files changed: new connections use them'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await ask(), [200, 'max-age=31536000', 'second']);
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a dialect answers below its path in its own way, behind the bounds of the door', async (t) => {
  const dialect: HttpDialect = {
    path: '/other/v3',
    addRoutes: (scope, onMember) => {
      scope.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (_request, body, done) =>
        done(null, body),
      );
      scope.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ told: error.message }));
      scope.setNotFoundHandler(async () => {
        throw new Error('not here');
      });
      scope.route({
        method: 'POST',
        url: '/echo',
        config: { access: 'anybody' },
        handler: async (request, reply) => {
          onMember(request);
          return reply.send({ body: String(request.body) });
        },
      });
    },
  };
  const { server, url, port } = await startServer([], { dialects: [dialect], access: testAccess(1) });
  t.after(() => server.close());
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, init);
    return [response.status, await response.json()];
  };
  const headers = { 'content-type': 'text/plain', authorization: 'nonsense' };
  // Neither the header nor the rate of the door's own routes is looked at.
  assert.deepEqual(await ask('/other/v3/echo', { method: 'POST', headers, body: 'x=1' }), [
    200,
    { body: 'x=1' },
  ]);
  assert.deepEqual(await ask('/other/v3/none', { method: 'POST', headers, body: 'x=1' }), [
    418,
    { told: 'not here' },
  ]);
  assert.equal((await ask('/other/v4'))[0], 404);
  assert.equal((await ask('/other/v4'))[0], 429);
  assert.equal(JSON.stringify(server.document).includes('/other'), false);
  const answer = await exchange(port, 'POST /other/v3/echo HTTP/1.1\r\nconnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1.1 418 .*the header Host is missing/s);
});
