import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { HttpServer } from '../rest/http-server.ts';
import { testAccess } from '../rest/test-support.ts';
import { ConsoleTooLargeError, readConsoleFiles } from './console-files.ts';
import { CONSOLE_POLICY, ConsolePages, SCREENS } from './console-pages.ts';
import { ConsoleLimits } from './limits.ts';

const INDEX = '<!doctype html><title>Console</title>';
const SCRIPT = 'export {};\n'.repeat(100);

const directory = temporaryDirectory('pages');
const build = join(directory, 'console');
mkdirSync(join(build, 'assets'), { recursive: true });
writeFileSync(join(directory, 'secret.js'), 'not a part of the console');
writeFileSync(join(build, 'index.html'), INDEX);
writeFileSync(join(build, 'icon.svg'), '<svg/>');
writeFileSync(join(build, 'left-over.map'), '{}');
writeFileSync(join(build, 'assets/index-abc.js'), SCRIPT);
writeFileSync(join(build, 'assets/index-abc.js.br'), brotliCompressSync(SCRIPT));
writeFileSync(join(build, 'assets/index-abc.js.gz'), gzipSync(SCRIPT));

async function open(files: ReturnType<typeof readConsoleFiles>): Promise<{ url: string; port: number }> {
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const server = new HttpServer({ host: '127.0.0.1', port: 0 }, testAccess(), quiet);
  const { port } = await server.listen([], [], new ConsolePages(files));
  after(() => server.close());
  return { url: `http://127.0.0.1:${port}`, port };
}

const { url, port } = await open(readConsoleFiles(build));

/** Bytes as they come, without the client's own reading of the path. */
async function raw(path: string, headers = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  return text(socket);
}

test('the index is there for every screen, never kept, and may load its own files only', async () => {
  for (const path of [
    '/',
    ...SCREENS.map((name) => `/${name}`),
    '/trade/BTCUSD',
    '/trade/A%2FB',
    '/operate/log/7',
  ]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), INDEX, path);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('content-security-policy'), CONSOLE_POLICY);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  }
  assert.doesNotMatch(CONSOLE_POLICY, /unsafe|https?:|\*/);
});

test('files with a hash in their name are kept for good, in the form that the client takes', async () => {
  const path = '/assets/index-abc.js';
  const etags = new Set<string | null>();
  for (const [accept, encoding] of [
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const response = await fetch(url + path, { headers: { 'accept-encoding': accept } });
    assert.equal(await response.text(), SCRIPT);
    assert.equal(response.headers.get('content-encoding'), encoding);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(response.headers.get('vary'), 'accept-encoding');
    etags.add(response.headers.get('etag'));
  }
  assert.equal(etags.size, 3);
  const icon = await fetch(`${url}/icon.svg`);
  assert.equal(icon.headers.get('cache-control'), 'no-cache');
  assert.equal(icon.headers.get('vary'), null);
  assert.match(icon.headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

test('HEAD has the headers of GET and no body', async () => {
  const get = await fetch(`${url}/assets/index-abc.js`, { headers: { 'accept-encoding': 'gzip' } });
  const head = await fetch(`${url}/assets/index-abc.js`, {
    method: 'HEAD',
    headers: { 'accept-encoding': 'gzip' },
  });
  assert.equal(head.status, 200);
  assert.equal((await head.arrayBuffer()).byteLength, 0);
  for (const name of ['etag', 'content-type', 'content-encoding', 'content-length', 'cache-control'])
    assert.equal(head.headers.get(name), get.headers.get(name), name);
  await get.arrayBuffer();
});

test('what the client has already is not sent again', async () => {
  const etag = (await fetch(url)).headers.get('etag') ?? '';
  for (const [header, status] of [
    [etag, 304],
    [`W/${etag}`, 304],
    [`"other", ${etag}`, 304],
    ['*', 304],
    ['"other"', 200],
    [etag.slice(0, -1), 200],
  ] as const) {
    const response = await fetch(url, { headers: { 'if-none-match': header } });
    assert.equal(response.status, status, header);
    assert.equal(response.headers.get('etag'), etag);
    assert.equal(await response.text(), status === 304 ? '' : INDEX);
  }
});

test('no path leads out of the build, however it is written', async () => {
  for (const path of [
    '/secret.js',
    '/../secret.js',
    '/assets/../../secret.js',
    '/assets/..%2f..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/assets/..%5c..%5csecret.js',
    '/assets//index-abc.js',
    '//assets/index-abc.js',
    '/assets%2Findex-abc.js',
    '/assets/index-abc.js/',
    '/assets/index-abc.js%00.html',
    '/assets/index-abc.js.br',
    '/assets',
    '/assets/',
    '/index.html',
    '/left-over.map',
    '/etc/passwd',
    '/tradex',
    '/Trade',
  ]) {
    const answer = await raw(path);
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
    assert.match(answer, /"code":"not-found"/, path);
    assert.doesNotMatch(answer, /not a part/, path);
  }
  for (const path of ['/%', '/assets/%zz', '/trade/%E0%A4%A'])
    assert.match(await raw(path), /^HTTP\/1\.1 400 [\s\S]*"code":"malformed-url"/, path);
  assert.match(await raw('/trade/..%2f..%2fsecret.js'), /^HTTP\/1\.1 200 [\s\S]*Console/);
});

test('other methods are told what there is', async () => {
  const response = await fetch(`${url}/trade/BTCUSD`, { method: 'POST' });
  assert.equal(response.status, 405);
  assert.match(response.headers.get('allow') ?? '', /GET/);
});

test('an odd Accept-Encoding is answered with the file as it is', async () => {
  const answer = await raw('/assets/index-abc.js', 'Accept-Encoding: \u00ff;;q=,,br;q=x\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 /);
});

test('without a build a page says what to run', async () => {
  assert.equal(readConsoleFiles(join(directory, 'nowhere')), undefined);
  const bare = await open(undefined);
  for (const path of ['/', '/trade/BTCUSD', '/status']) {
    const body = await (await fetch(bare.url + path)).text();
    assert.match(body, /npm run build/, path);
  }
});

test('a folder that is no build is refused before it fills the memory', () => {
  const many = join(directory, 'many');
  mkdirSync(many);
  writeFileSync(join(many, 'index.html'), INDEX);
  for (let n = 0; n <= ConsoleLimits.FILES_MAX; n++) writeFileSync(join(many, `${n}.js`), '');
  assert.throws(() => readConsoleFiles(many), ConsoleTooLargeError);
});

test('compressed forms are those of the file', () => {
  const file = readConsoleFiles(build)?.get('assets/index-abc.js');
  assert.equal(brotliDecompressSync(file!.encoded.get('br')!.bytes).toString(), SCRIPT);
  assert.equal(gunzipSync(file!.encoded.get('gzip')!.bytes).toString(), SCRIPT);
});
