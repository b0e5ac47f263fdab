import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import type { HttpDialect } from './http-server.ts';
import { assertProblem, ROUTES, startTestRoutes } from './http-server-test-support.ts';
import { PROBLEMS, Problem } from './problems.ts';
import type { Route } from './routes.ts';
import { exchange, startServer, testAccess } from './test-support.ts';

test('a bug is answered without its words, and logged with them', async () => {
  const { url, lines } = await startTestRoutes();
  await assertProblem(await fetch(`${url}/api/v1/broken`), 'internal', 'report it with the request id');
  while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(lines, ['a request failed: planted', 'request answered']);
});

test('a bug that a client provokes again and again does not fill the log', async () => {
  const { url, lines } = await startTestRoutes();
  await Promise.all(Array.from({ length: 60 }, async () => (await fetch(`${url}/api/v1/broken`)).text()));
  const stacks = lines.filter((line) => line === 'a request failed: planted').length;
  assert.ok(stacks >= 5 && stacks < 60, `${stacks} lines`);
});

test('a refusal of the archive says whether and when to come back', async () => {
  const { url } = await startTestRoutes();
  await assertProblem(await fetch(`${url}/api/v1/late`), 'late', 'the archive is at 5', {
    headers: { 'retry-after': '1' },
  });
});

test('what a client can call forth by asking too early or too much does not count as failed', async () => {
  const { url, server } = await startTestRoutes();
  await (await fetch(`${url}/api/v1/late`)).text();
  await (await fetch(`${url}/api/v1/broken`)).text();
  while (server.requests < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([server.refused, server.failed], [2, 1]);
});

test('the type of every problem leads to its meaning', async () => {
  const { url } = await startTestRoutes();
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

test('the reference: a page in itself, with a policy that lets nothing else in', async () => {
  const { url } = await startTestRoutes();
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

test('a dialect answers below its path in its own way, behind the bounds of the door', async (t) => {
  const dialect: HttpDialect = {
    path: '/other/v3',
    mediaType: 'text/plain',
    addRoutes: (scope, onMember) => {
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
