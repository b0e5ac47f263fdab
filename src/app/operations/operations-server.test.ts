import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { OperationsServer, type Probes } from './operations-server.ts';

const serving: Probes = { state: 'serving', isAlive: true, isReady: true, isStarted: true };

/** A server at a free port, and what it writes to the log. */
async function start(t: TestContext, tls?: TlsFiles, probes = () => serving, metrics = () => 'up 1\n') {
  const lines: string[] = [];
  const write = (_: object, message: string): void => void lines.push(message);
  const server = new OperationsServer({ host: '127.0.0.1', port: 0, tls }, probes, metrics, {
    info: write,
    warn: write,
  });
  const { port } = await server.listen();
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  t.after(close);
  return { server, port, lines, close };
}

test('operations: each probe as the node is at that moment, and the metrics; nothing else is there', async (t) => {
  let probes: Probes = { state: 'recovering', isAlive: true, isReady: false, isStarted: false };
  const { port } = await start(t, undefined, () => probes);
  const ask = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  const all = () => Promise.all(['/healthz', '/readyz', '/startupz'].map(ask));
  assert.deepEqual(await all(), [
    '200 {"state":"recovering"}',
    '503 {"state":"recovering"}',
    '503 {"state":"recovering"}',
  ]);
  probes = { state: 'serving', isAlive: true, isReady: true, isStarted: true, warning: 'look' };
  assert.deepEqual(await all(), Array(3).fill('200 {"state":"serving","warning":"look"}'));
  probes = { state: 'stuck', isAlive: false, isReady: false, isStarted: true };
  assert.deepEqual(await all(), ['503 {"state":"stuck"}', '503 {"state":"stuck"}', '200 {"state":"stuck"}']);
  assert.equal(await ask('/metrics'), '200 up 1');
  assert.equal(await ask('/metrics?collect[]=node'), '200 up 1');
  assert.equal(await ask('/startupz?verbose'), '200 {"state":"stuck"}');
  assert.equal(await ask('/'), '404 {"error":"there are /healthz, /readyz, /startupz and /metrics"}');
  assert.match(await ask('/toString'), /^404 /);
});

test('operations: a connection that says nothing does not hold up the end, also not in its handshake', {
  skip: whyNoCertificates(),
}, async (t) => {
  const files = new TestAuthority().issue('venue');
  const tls = new TlsFiles({ ...files, clientCa: undefined, minimumVersion: 'TLSv1.3' });
  for (const { port, close } of [await start(t), await start(t, tls)]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    await close();
    await ended;
  }
});

test('operations: clients that ask for the metrics and do not take them do not keep the probes out', {
  timeout: 60_000,
}, async (t) => {
  // More than the kernel takes for a client that reads nothing.
  const text = 'x'.repeat(6 * 1024 * 1024);
  const { port } = await start(t, undefined, undefined, () => text);
  for (let i = 0; i < 64; i++) {
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    socket.write('GET /metrics HTTP/1.1\r\nHost: venue\r\n\r\n');
  }
  while (!t.signal.aborted) {
    const status = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) break;
  }
});

/** The answer to a scrape with TLS, and whose certificate the server has; otherwise the error's code. */
async function scrape(port: number, options: RequestOptions): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, path: '/metrics', agent: false, ...options }).end();
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const { subject } = (response.socket as TLSSocket).getPeerCertificate();
    const body = (await response.toArray()).join('').trim();
    return `${response.statusCode} ${body} from ${subject.CN}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test('operations: with TLS, for those who trust the authority and have a certificate where one is asked for', {
  skip: whyNoCertificates(),
}, async (t) => {
  const authority = new TestAuthority();
  const files = authority.issue('venue');
  const client = authority.issue('client');
  const ca = readFileSync(authority.certificate);
  const open = await start(t, new TlsFiles({ ...files, clientCa: undefined, minimumVersion: 'TLSv1.3' }));
  assert.equal(await scrape(open.port, { ca }), '200 up 1 from venue');
  assert.equal(await scrape(open.port, {}), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  await assert.rejects(fetch(`http://127.0.0.1:${open.port}/metrics`), 'plain');
  const closed = await start(
    t,
    new TlsFiles({ ...files, clientCa: authority.certificate, minimumVersion: 'TLSv1.3' }),
  );
  const pair = { cert: readFileSync(client.certificate), key: readFileSync(client.key) };
  assert.equal(await scrape(closed.port, { ca, ...pair }), '200 up 1 from venue');
  // The server's alert, or what the request that was on its way meets where the connection has ended.
  const refused = /^(ERR_SSL_TLSV1\w+|ECONNRESET|EPIPE)$/;
  assert.match(await scrape(closed.port, { ca }), refused);
  const stranger = new TestAuthority().issue('stranger');
  const other = { cert: readFileSync(stranger.certificate), key: readFileSync(stranger.key) };
  assert.match(await scrape(closed.port, { ca, ...other }), refused);
});

test('operations: files of TLS that change are used from then on, and the old ones while they do not fit', {
  skip: whyNoCertificates(),
}, async (t) => {
  const authority = new TestAuthority();
  const files = authority.issue('first');
  const ca = readFileSync(authority.certificate);
  const tls = new TlsFiles({ ...files, clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const { server, port, lines } = await start(t, tls);
  const renewed = authority.issue('second');
  renameSync(renewed.certificate, files.certificate);
  server.reloadTls();
  assert.match(lines.pop() ?? '', /^TLS goes on with the old files: /);
  assert.equal(await scrape(port, { ca }), '200 up 1 from first');
  renameSync(renewed.key, files.key);
  server.reloadTls();
  assert.equal(await scrape(port, { ca }), '200 up 1 from second');
  server.reloadTls();
  assert.deepEqual(lines, ['TLS files changed: new connections use them']);
});
