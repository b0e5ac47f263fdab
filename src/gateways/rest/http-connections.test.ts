import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { TestAuthority, whyNoCertificates } from '../listener/test-certificates.ts';
import { TlsFiles } from '../listener/tls-files.ts';
import { onlyProblem, slow, startTestRoutes } from './http-server-test-support.ts';
import { HttpLimits } from './limits.ts';
import { exchange } from './test-support.ts';

test('bytes that are no request', async () => {
  const { port } = await startTestRoutes();
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

test('a coding of the body that nobody can undo ends the connection before anything is done', async () => {
  const { server, port } = await startTestRoutes();
  for (const head of [
    'GET /api/v1/open/ABC HTTP/1.1\r\nTransfer-Encoding: xchunked',
    'GET /api/v1/open/ABC HTTP/1.1\r\nTransfer-Encoding: gzip, chunked',
    'POST /api/v1/orders HTTP/1.1\r\nTransfer-Encoding: xchunked',
    'GET /api/v1/open/ABC HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked',
  ]) {
    const answer = await exchange(port, `${head}\r\nHost: a\r\n\r\n0\r\n\r\n`);
    assert.deepEqual(
      onlyProblem(answer),
      {
        status: 'HTTP/1.1 400 Bad Request',
        code: 'malformed-http',
        detail: 'Transfer-Encoding is chunked, of HTTP/1.1, or absent',
      },
      head,
    );
  }
  assert.equal(server.requests, server.refused);
});

test('an answer that is written arrives, whatever follows its request', async () => {
  const { port } = await startTestRoutes();
  const whole = 'GET /api/v1/open/ABC HTTP/1.1\r\nHost: a\r\n\r\n';
  assert.match(
    await exchange(port, `${whole}garbage\r\n\r\n`),
    /^HTTP\/1\.1 200 OK\r\n[^{]*{"query":{"limit":5}}$/,
  );
});

test('each connection is announced before it is read', async () => {
  const seen: string[] = [];
  const { port } = await startTestRoutes({ onConnection: () => void seen.push('connection') });
  for (let n = 0; n < 2; n++) {
    await exchange(port, 'GET /docs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    seen.push('answer');
  }
  assert.deepEqual(seen, ['connection', 'answer', 'connection', 'answer']);
});

test('headers that are too large or too many', async () => {
  const { port } = await startTestRoutes();
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
  const { port } = await startTestRoutes({ limits });
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
  const { port } = await startTestRoutes();
  slow.release = () => {};
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
  const { port, url, lines } = await startTestRoutes();
  const head =
    'POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
  const text = await exchange(port, head, true);
  assert.equal(onlyProblem(text).code, 'malformed-http');
  assert.equal((await fetch(`${url}/errors`)).status, 200);
  assert.deepEqual(lines, ['request ended without an answer']);
});

test('an idle connection and one that does not read are let go', async () => {
  const limits = { KEEP_ALIVE_MS_MAX: 50, SILENCE_MS_MAX: 100 };
  const { port } = await startTestRoutes({ limits });
  const text = await exchange(port, 'GET /errors/late HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  const slow = await exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(slow, '');
});

test('a connection has a limited number of requests at once', async () => {
  const { port } = await startTestRoutes({ limits: { PIPELINED_MAX: 3 } });
  slow.release = () => {};
  const text = exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
  const timer = setInterval(() => slow.release(), 5);
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
  const total = await startTestRoutes({ limits: { CONNECTIONS_MAX: 1 } });
  const address = await startTestRoutes({ limits: { CONNECTIONS_PER_ADDRESS_MAX: 1 } });
  for (const [{ port }, why] of [
    [total, 'too many'],
    [address, 'too many from one address'],
  ] as const) {
    slow.release = () => {};
    const idle = slow.release;
    const first = connect(port, '127.0.0.1');
    first.write('GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n');
    while (slow.release === idle) await new Promise((resolve) => setImmediate(resolve));
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

test('a stranger who has asked nothing, or has its answers, makes room; a member does not', async () => {
  const { server, port } = await startTestRoutes({ limits: { CONNECTIONS_MAX: 2 } });
  const ask = async (path: string, headers = '') => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
    await once(socket, 'data');
    return socket;
  };
  const member = await ask('/api/v1/open/A', 'Authorization: Bearer ann\r\n');
  const silent = connect(port, '127.0.0.1');
  while (server.connections < 2) await new Promise((resolve) => setImmediate(resolve));
  const silentGone = once(silent, 'close');
  const answered = await ask('/errors');
  await silentGone;
  const answeredGone = once(answered, 'close');
  const last = await ask('/errors');
  await answeredGone;
  assert.deepEqual([member.destroyed, last.destroyed, server.connections], [false, false, 2]);
  member.destroy();
  last.destroy();
});

test('closing: what is open gets its answer, what comes after is refused', async () => {
  const { server, port } = await startTestRoutes();
  slow.release = () => {};
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const request = 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n';
  socket.write(request);
  const idle = slow.release;
  while (slow.release === idle) await new Promise((resolve) => setImmediate(resolve));
  const closed = server.close();
  socket.write(request.replace('/api/v1/slow', '/errors'));
  setImmediate(() => slow.release());
  await Promise.all([once(socket, 'close'), closed]);
  const answers = text.split('HTTP/1.1 ').slice(1);
  assert.match(answers[0], /^200 OK/);
  assert.ok(answers.length === 1 || answers[1].startsWith('503'), answers[1]);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/errors`));
});

test('what does not answer in time when the door closes is cut', async () => {
  const { server, port } = await startTestRoutes({ limits: { CLOSE_MS_MAX: 50 } });
  slow.release = () => {};
  const idle = slow.release;
  const text = exchange(port, 'GET /api/v1/slow HTTP/1.1\r\nHost: a\r\n\r\n');
  while (slow.release === idle) await new Promise((resolve) => setImmediate(resolve));
  await server.close();
  assert.equal(await text, '');
});

test('TLS: requests, places of connections, and files that change while the door is open', {
  skip: whyNoCertificates(),
}, async () => {
  const authority = new TestAuthority();
  const files = authority.issue('first');
  const tls = new TlsFiles({ ...files, clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const { server, port, lines } = await startTestRoutes({
    tls,
    limits: { TLS_FILES_MS: 20, PIPELINED_MAX: 1 },
  });
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

test('TLS: handshakes that are not over make room, and end after a time', {
  skip: whyNoCertificates(),
}, async () => {
  const authority = new TestAuthority();
  const tls = new TlsFiles({ ...authority.issue('venue'), clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const limits = { STRANGERS_MAX: 2, HANDSHAKE_MS_MAX: 200 };
  const { server, port } = await startTestRoutes({ tls, limits });
  const silent = [];
  for (let open = 1; open <= 2; open++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    silent.push({ socket, gone: once(socket, 'close') });
    while (server.connections < open) await new Promise((resolve) => setImmediate(resolve));
  }
  const ca = readFileSync(authority.certificate);
  const asked = request({ host: '127.0.0.1', port, path: '/errors/late', ca, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.resume();
  // The first made room; the second ends by itself.
  await Promise.all(silent.map(({ gone }) => gone));
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
});
