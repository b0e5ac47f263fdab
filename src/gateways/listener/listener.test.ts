import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import {
  type ConnectionLimitOptions,
  ConnectionLimits,
  type ConnectionPlace,
} from '../identity/connection-limits.ts';
import { until } from '../ouch/test-support.ts';
import { Listener } from './listener.ts';
import { TestAuthority, whyNoCertificates } from './test-certificates.ts';
import { TlsFiles, type TlsSettings } from './tls-files.ts';

const skip = whyNoCertificates();
const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

function authority(): TestAuthority {
  const made = new TestAuthority();
  return made;
}

/** A listener whose connections say `hello` and echo. */
async function start(tls: TlsFiles | undefined, limits: Partial<ConnectionLimitOptions> = {}) {
  const lines: string[] = [];
  const write = (fields: object, message: string) => {
    lines.push(`${message} ${(fields as { reason?: string }).reason ?? ''}`.trimEnd());
  };
  const counts = new ConnectionLimits({ connectionsMax: 10, strangersMax: 10, perAddressMax: 10, ...limits });
  const places: ConnectionPlace[] = [];
  const sockets: Socket[] = [];
  const listener = new Listener(
    { name: 'echo', port: 0, ...(tls === undefined ? {} : { tls }) },
    counts,
    (socket, place) => {
      places.push(place);
      sockets.push(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
      socket.write('hello');
    },
    { info: write, warn: write },
  );
  const { port } = await listener.listen();
  const close = async () => {
    const closed = listener.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  closers.push(close);
  return { listener, port, counts, places, lines, close };
}

async function greeting(socket: Socket): Promise<string> {
  closers.push(() => socket.destroy());
  const [bytes] = await once(socket, 'data');
  return String(bytes);
}

/** What becomes of a TLS connection: the greeting and the name in the server's certificate, or the error's code. */
async function outcome(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, ...options });
  try {
    const closed = once(socket, 'close').then(() => undefined);
    const text = await Promise.race([greeting(socket), closed]);
    if (text === undefined) return 'closed';
    return `${text} from ${socket.getPeerCertificate().subject.CN}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

const settings = (more: Partial<TlsSettings> & Pick<TlsSettings, 'certificate' | 'key'>): TlsSettings => ({
  clientCa: undefined,
  minimumVersion: 'TLSv1.3',
  ...more,
});

test('plain: a place is taken while a connection stands, and freed when it is gone', async () => {
  const { port, counts, places } = await start(undefined);
  const socket = connect(port, '127.0.0.1');
  assert.equal(await greeting(socket), 'hello');
  assert.deepEqual([counts.connections, counts.strangers], [1, 1]);
  places[0].admit();
  assert.deepEqual([counts.connections, counts.strangers], [1, 0]);
  socket.destroy();
  await until(() => counts.connections === 0);
});

test('one address too often is cut at once and said in the log', async () => {
  const { port, counts, lines } = await start(undefined, { perAddressMax: 1 });
  await greeting(connect(port, '127.0.0.1'));
  const second = connect(port, '127.0.0.1');
  second.on('error', () => {});
  await once(second, 'close');
  assert.deepEqual([lines, counts.connections], [['connection refused: too many from one address'], 1]);
});

test('TLS: the right authority is served; another one, a plain client and an old version are not', {
  skip,
}, async () => {
  const ours = authority();
  const files = new TlsFiles(settings(ours.issue('venue')));
  const { port, counts, lines } = await start(files);
  const ca = readFileSync(ours.certificate);
  assert.equal(await outcome(port, { ca }), 'hello from venue');
  assert.equal(
    await outcome(port, { ca: readFileSync(authority().certificate) }),
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  );
  assert.equal(await outcome(port, { ca, maxVersion: 'TLSv1.2' }), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  const plain = connect(port, '127.0.0.1');
  plain.on('error', () => {});
  plain.end('not a handshake at all');
  await once(plain, 'close');
  await until(() => counts.connections === 0);
  assert.ok(lines.some((line) => line.startsWith('TLS handshake failed')));
});

test('TLS 1.2 where the section allows it', { skip }, async () => {
  const ours = authority();
  const { port } = await start(new TlsFiles(settings({ ...ours.issue('venue'), minimumVersion: 'TLSv1.2' })));
  const ca = readFileSync(ours.certificate);
  assert.equal(await outcome(port, { ca, maxVersion: 'TLSv1.2' }), 'hello from venue');
});

test('TLS: half a handshake has a place like everybody, until another needs it, and none is left behind', {
  skip,
}, async () => {
  const ours = authority();
  const { port, counts, close } = await start(new TlsFiles(settings(ours.issue('venue'))), {
    strangersMax: 2,
  });
  const silent = [connect(port, '127.0.0.1')];
  await until(() => counts.strangers === 1);
  silent.push(connect(port, '127.0.0.1'));
  for (const socket of silent) socket.on('error', () => {});
  await until(() => counts.strangers === 2);
  const gone = once(silent[0], 'close');
  const ca = readFileSync(ours.certificate);
  assert.equal(await outcome(port, { ca }), 'hello from venue');
  await gone;
  assert.equal(silent[1].destroyed, false);
  await close();
  await until(() => counts.connections === 0);
});

test('mTLS: a client without a certificate of the authority is not served', { skip }, async () => {
  const ours = authority();
  const { port, counts } = await start(
    new TlsFiles(settings({ ...ours.issue('venue'), clientCa: ours.certificate })),
  );
  const ca = readFileSync(ours.certificate);
  const withCertificate = (by: TestAuthority): ConnectionOptions => {
    const { certificate, key } = by.issue('client');
    return { ca, cert: readFileSync(certificate), key: readFileSync(key) };
  };
  assert.equal(await outcome(port, withCertificate(ours)), 'hello from venue');
  assert.doesNotMatch(await outcome(port, { ca }), /^hello/);
  assert.doesNotMatch(await outcome(port, withCertificate(authority())), /^hello/);
  await until(() => counts.connections === 0);
});

test('TLS files: new ones serve new connections, old connections go on; wrong ones change nothing', {
  skip,
}, async () => {
  const ours = authority();
  const first = ours.issue('first');
  const second = ours.issue('second');
  const used = { certificate: join(ours.directory, 'used.pem'), key: join(ours.directory, 'used.key') };
  const use = (from: { certificate: string; key: string }) => {
    copyFileSync(from.certificate, used.certificate);
    copyFileSync(from.key, used.key);
  };
  use(first);
  const { listener, port, lines } = await start(new TlsFiles(settings(used)));
  const ca = readFileSync(ours.certificate);
  const old: TLSSocket = connectTls({ host: '127.0.0.1', port, ca });
  assert.equal(await greeting(old), 'hello');
  listener.reloadTls();
  assert.deepEqual(lines, [], 'nothing has changed');
  copyFileSync(second.certificate, used.certificate);
  listener.reloadTls();
  assert.match(
    lines[0],
    /^TLS goes on with the old files: TLS cannot use .*used.pem with .*used.key: .*Correct the tls section/,
  );
  assert.equal(await outcome(port, { ca }), 'hello from first');
  copyFileSync(second.key, used.key);
  listener.reloadTls();
  assert.equal(lines[1], 'TLS files changed: new connections use them');
  assert.equal(await outcome(port, { ca }), 'hello from second');
  old.write('still here');
  assert.equal(await greeting(old), 'still here');
  rmSync(used.key);
  listener.reloadTls();
  assert.match(lines[2], /^TLS goes on with the old files: .*ENOENT/);
});

test('TLS files that do not fit, or are none, are refused at the start', { skip }, () => {
  const ours = authority();
  const [first, second] = [ours.issue('first'), ours.issue('second')];
  assert.throws(
    () => new TlsFiles(settings({ ...first, key: second.key })),
    /^TlsFilesError: TLS cannot use/,
  );
  assert.throws(() => new TlsFiles(settings({ ...first, clientCa: '/nowhere' })), /^TlsFilesError: .*ENOENT/);
  const text = join(ours.directory, 'text.pem');
  writeFileSync(text, 'text');
  assert.throws(() => new TlsFiles(settings({ ...first, certificate: text })), /^TlsFilesError/);
});
