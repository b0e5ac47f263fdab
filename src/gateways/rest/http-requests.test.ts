import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { canonicalRequest } from '../identity/signed-request.ts';
import {
  assertProblem,
  HEADER_VALUES,
  onlyProblem,
  post,
  startTestRoutes,
} from './http-server-test-support.ts';
import { HttpLimits } from './limits.ts';
import { exchange, testAccess } from './test-support.ts';

test('a request is read by its schemas, with defaults, and answered with the usual headers', async () => {
  const { url } = await startTestRoutes();
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
  const { url } = await startTestRoutes();
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
  const { url } = await startTestRoutes();
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

test('a body in which a name stands twice is refused: whoever looked at it before may have read the other value', async () => {
  const { url } = await startTestRoutes();
  const cases: [string, string][] = [
    ['{"clientOrderId":"abc","side":"buy","count":1,"count":9}', 'count'],
    ['{"clientOrderId":"abc","side":"buy","c\\u006funt":1,"count":1}', 'count'],
    ['{"clientOrderId":"abc","side":"buy","legs":[{"price":"1"},{"price":"1","price":"2"}]}', 'price'],
    ['{"x":1,"x":1}', 'x'],
  ];
  for (const [body, field] of cases) {
    const response = await fetch(`${url}/api/v1/orders`, post(body));
    const allowed = 'must be given once';
    await assertProblem(response, 'invalid-request', `${field} ${allowed}`, { errors: [{ field, allowed }] });
  }
  const once = '{"clientOrderId":"abc","side":"buy","legs":[{"price":"1\\":"},{"price":"\\"price\\":"}]}';
  assert.equal((await fetch(`${url}/api/v1/orders`, post(once))).status, 200);
});

test('a body that cannot be read', async () => {
  const { url } = await startTestRoutes();
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
  const { url } = await startTestRoutes({ access: testAccess(10) });
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
  const { url } = await startTestRoutes();
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

test('what is refused before it is known who sends it counts as what says nobody', async () => {
  const { url } = await startTestRoutes({ access: testAccess(4) });
  const orders = `${url}/api/v1/orders`;
  const left = async (response: Response) => [
    response.status,
    response.headers.get('ratelimit-limit'),
    response.headers.get('ratelimit-remaining'),
    response.headers.get('connection'),
  ];
  const large = () => fetch(orders, post('x'.repeat(70_000)));
  assert.deepEqual(await left(await large()), [413, '4', '3', 'close']);
  const packed = await fetch(orders, post('{}', { 'content-encoding': 'gzip' }));
  assert.deepEqual(await left(packed), [415, '4', '2', 'keep-alive']);
  const text = await fetch(orders, post('{}', { 'content-type': 'text/plain' }));
  assert.deepEqual(await left(text), [415, '4', '1', 'keep-alive']);
  assert.deepEqual(await left(await fetch(`${url}/%zz`)), [400, '4', '0', 'keep-alive']);
  const above = await large();
  assert.deepEqual(await left(above), [429, '4', '0', 'close']);
  await assertProblem(above, 'rate-limited', 'more requests than the rate limit allows: see docs/access.md', {
    headers: { 'retry-after': '1', 'ratelimit-remaining': '0', 'ratelimit-reset': '4' },
  });
});

test('an Authorization that has no known form', async () => {
  const { url } = await startTestRoutes();
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
  for (const [index, authorization] of forms.entries()) {
    const response = await fetch(`${url}/api/v1/open/ABC`, { headers: { authorization } });
    await assertProblem(
      response,
      'not-authenticated',
      'Authorization is "Bearer TOKEN" or "HIVE1 key=N, timestamp=MS, nonce=TEXT, signature=BASE64", with window=MS if you like',
      { headers: { 'ratelimit-remaining': String(999_999 - index) } },
    );
  }
});

test('unknown routes, other methods, broken escapes', async () => {
  const { url, port } = await startTestRoutes();
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

test('a client that offers another protocol is answered in this one', async () => {
  const { port, server } = await startTestRoutes();
  server.onUpgrade(({ socket }) => socket.destroy());
  for (const protocol of ['h2c', 'TLS/1.2', 'h2c, IRC/6.9']) {
    const answer = await exchange(
      port,
      `GET /api/v1/open/ABC HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{"query":\{"limit":5\}\}$/, protocol);
  }
});

test('a body in a coding is refused as that', async () => {
  const { url } = await startTestRoutes();
  for (const coding of ['gzip', 'br', 'identity, deflate', 'GZIP']) {
    const response = await fetch(
      `${url}/api/v1/orders`,
      post(gzipSync('{}'), { 'content-encoding': coding }),
    );
    await assertProblem(
      response,
      'unsupported-media-type',
      'send the body as it is: without Content-Encoding',
      { headers: { 'accept-encoding': 'identity' } },
    );
  }
  const plain = await fetch(`${url}/api/v1/orders`, post('{}', { 'content-encoding': 'identity' }));
  assert.equal(plain.status, 400);
});

test('methods and expectations that few know of, and no proxy', async () => {
  const { url, port } = await startTestRoutes();
  const query = await fetch(`${url}/api/v1/open/ABC`, { method: 'QUERY' });
  await assertProblem(query, 'unsupported-media-type', 'send Content-Type: application/json');
  const expecting = await exchange(
    port,
    'GET /api/v1/open/ABC HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\nConnection: close\r\n\r\n',
  );
  assert.match(expecting, /^HTTP\/1\.1 200 OK\r\n/);
  assert.deepEqual(onlyProblem(await exchange(port, 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n')), {
    status: 'HTTP/1.1 400 Bad Request',
    code: 'malformed-http',
    detail: 'CONNECT is for proxies, and this is none',
  });
});

test('a header that decides stands there once', async () => {
  const { port } = await startTestRoutes();
  for (const [name, fields] of [
    ['Host', 'host: x\r\nHOST: y\r\n'],
    ['Authorization', 'Host: x\r\nAuthorization: Bearer ann\r\nauthorization: Bearer bob\r\n'],
  ]) {
    const answer = await exchange(
      port,
      `GET /api/v1/open/ABC HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`,
    );
    assert.deepEqual(onlyProblem(answer), {
      status: 'HTTP/1.1 400 Bad Request',
      code: 'malformed-http',
      detail: `the header ${name} stands there more than once`,
    });
  }
});

test('a connection that goes on over the rate limit ends', async () => {
  const access = testAccess(1);
  const { port } = await startTestRoutes({ access, limits: { OVER_RATE_MAX: 3 } });
  const request = 'GET /api/v1/open/ABC HTTP/1.1\r\nHost: x\r\n\r\n';
  const answers = await exchange(port, request.repeat(5));
  assert.deepEqual(
    answers.match(/HTTP\/1\.1 \d+/g),
    ['200', '429', '429', '429'].map((code) => `HTTP/1.1 ${code}`),
  );
  assert.equal(answers.match(/^connection: close/gim)?.length, 1);
});
