import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { CLI, FREE_PORTS, runCli } from '#app/cli/test-support.ts';
import { TestClient } from '#gateways/fix/test-support.ts';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const closers: (() => unknown)[] = [];
after(() => {
  for (const close of closers.reverse()) close();
});

interface Ready {
  readonly ouch: { readonly port: number };
  readonly marketData: { readonly port: number; readonly snapshotPort: number };
  readonly fix: { readonly port: number };
  readonly http: { readonly port: number };
  readonly operations: { readonly port: number };
}

async function startNode(config: string): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, [CLI, 'start', '--json', '--config', config, ...FREE_PORTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closers.push(() => child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout!)) {
    const event = JSON.parse(line);
    if (event.event === 'ready') return { child, ready: event };
  }
  throw new Error('the node ended before it was ready');
}

/** The server's alert, or what the request that was on its way meets where the connection has ended. */
const NO_CERTIFICATE = /^(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED|ECONNRESET|EPIPE)$/;

/** Status and body of an answer over HTTPS; the error's code where there is none. */
async function ask(port: number, path: string, options: RequestOptions, body?: object): Promise<string> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const asked = request({ host: '127.0.0.1', port, path, headers, agent: false, ...options });
  asked.end(body && JSON.stringify(body));
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return `${response.statusCode} ${(await response.toArray()).join('')}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test('a node with TLS: every door is for those with a certificate, and says nothing to others', {
  skip: whyNoCertificates(),
  timeout: 120_000,
}, async () => {
  const authority = new TestAuthority();
  authority.issue('venue');
  const client = authority.issue('client');
  const config = join(authority.directory, 'hive.yaml');
  const password = join(authority.directory, 'ann.txt');
  writeFileSync(password, 'secret-ann\n');
  writeFileSync(
    config,
    `dataDirectory: ${join(authority.directory, 'data')}
tls: { certificate: venue.pem, key: venue.key, clientCa: ca.pem }
ouch: { host: 0.0.0.0 }
fix: { compId: VENUE }
venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: HIVE, decimals: 0 }]
  instruments: [{ id: 1, symbol: HIVE, base: HIVE, quote: USD, tick: 0.01, lot: 1, maxQuantity: 1000 }]
  accounts: [{ id: 1, deposits: { USD: 1000 }, users: [{ id: 1, name: ANN, passwordFile: ann.txt }] }]
`,
  );
  const { child, ready } = await startNode(config);
  const tls = ['--tls-ca', authority.certificate];
  const own = ['--tls-certificate', client.certificate, '--tls-key', client.key];
  const order = (...options: string[]) =>
    runCli([
      ...[
        'order',
        'place',
        'buy',
        '2',
        'HIVE',
        '--price',
        '42',
        '--user',
        'ANN',
        '--password-file',
        password,
      ],
      ...['--connect', `127.0.0.1:${ready.ouch.port}`, ...options],
    ]);
  const placed = await order(...tls, ...own);
  assert.deepEqual([placed.status, placed.stderr], [0, '']);
  assert.equal((await order()).status, 4, 'plain');
  const bare = await order(...tls);
  assert.equal(bare.status, 4, `without a certificate of its own: ${bare.stderr}`);
  const market = (...options: string[]) => {
    const { port, snapshotPort } = ready.marketData;
    const address = ['--connect', `127.0.0.1:${port}`, '--snapshot-port', String(snapshotPort)];
    return runCli(['market', 'HIVE', '--once', '--json', ...address, ...options]);
  };
  const book = await market(...tls, ...own);
  assert.equal(book.status, 0, book.stderr);
  assert.match(book.stdout, /42/);
  assert.equal((await market()).status, 4, 'plain');
  const fix = async (options: ConnectionOptions): Promise<string> => {
    const socket = connect({ port: ready.fix.port, host: '127.0.0.1', ...options });
    closers.push(() => socket.destroy());
    const trader = new TestClient({ nowMs: Date.now() }, socket, { compId: 'ANN' });
    trader.send('A', '98=0|108=30|553=ANN|554=secret-ann|');
    return trader.next();
  };
  const ca = readFileSync(authority.certificate);
  const pair = { cert: readFileSync(client.certificate), key: readFileSync(client.key) };
  assert.equal(await fix({ ca, ...pair }), 'A 1 98=0|108=30|');
  assert.equal(await fix({ ca }), 'end', 'FIX without a certificate of its own');
  const logIn = (options: RequestOptions) =>
    ask(
      ready.http.port,
      '/api/v1/login',
      { method: 'POST', ...options },
      { name: 'ANN', password: 'secret-ann' },
    );
  assert.match(await logIn({ ca, ...pair }), /^200 .*"token":/);
  const readyz = (options: RequestOptions) => ask(ready.operations.port, '/readyz', options);
  assert.equal(await readyz({ ca, ...pair }), '200 {"state":"serving"}\n');
  const metrics = await ask(ready.operations.port, '/metrics', { ca, ...pair });
  for (const door of ['ouch', 'market-data', 'http', 'fix', 'operations'])
    assert.match(metrics, new RegExp(`hive_certificate_expiry_timestamp_seconds{door="${door}"} \\d`));
  for (const say of [logIn, readyz]) {
    assert.match(await say({ ca }), NO_CERTIFICATE);
    assert.equal(await say(pair), 'SELF_SIGNED_CERT_IN_CHAIN', 'of an authority that nobody trusts');
  }
  for (const { port } of [ready.http, ready.operations])
    await assert.rejects(fetch(`http://127.0.0.1:${port}/readyz`), 'plain');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('hive start: the demo market does not trade behind TLS', async () => {
  const directory = temporaryDirectory('demo-tls');
  const config = join(directory, 'hive.yaml');
  writeFileSync(config, 'tls: { certificate: venue.pem, key: venue.key }\n');
  const demo = await runCli(['start', '--config', config, ...FREE_PORTS]);
  assert.equal(demo.status, 2);
  assert.match(demo.stderr, /the demo market trades without TLS: set ouch.tls: false/);
  const missing = await runCli([
    'start',
    '--config',
    config,
    '--no-demo',
    '--data-dir',
    join(directory, 'data'),
    ...FREE_PORTS,
  ]);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /TLS cannot use .*venue.pem with .*venue.key: ENOENT/);
});

test('command line: no plain listener off loopback; half a client certificate is none', async () => {
  const exposed = await runCli(['start', '--market-data-host', '0.0.0.0', '--no-demo']);
  assert.equal(exposed.status, 2);
  assert.match(
    exposed.stderr,
    /marketData.host: 0.0.0.0 can be reached from other machines.* add a tls section/,
  );
  const directory = temporaryDirectory('plain-operations');
  const config = join(directory, 'hive.yaml');
  writeFileSync(config, 'operations: { host: 0.0.0.0 }\n');
  const scraped = await runCli(['start', '--config', config, '--data-dir', directory, '--no-demo']);
  assert.equal(scraped.status, 2);
  assert.match(
    scraped.stderr,
    /1:21: operations\.host: 0\.0\.0\.0 can be reached from other machines, and everything would pass in clear: add a tls section, or allowPlaintext: true where the network is to be trusted/,
  );
  const half = await runCli(
    ['order', 'cancel', '1', '--connect', '127.0.0.1:1', '--user', 'ANN', '--tls-key', 'my.key'],
    { HIVE_PASSWORD: 'secret' },
  );
  assert.deepEqual([half.status, half.stdout], [2, '']);
  assert.match(half.stderr, /--tls-certificate and --tls-key go together/);
});
