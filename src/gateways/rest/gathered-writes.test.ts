import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Type } from 'typebox';
import { named } from '#codec/json/schemas.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { GatheredWrites } from './gathered-writes.ts';
import { publicRoute } from './routes.ts';
import { startServer } from './test-support.ts';

const Number_ = named('GatheredWritesTestNumber', 'A number.', { n: Type.Integer() });

/** A connection: the server's end gathers its writes. */
async function pair(t: TestContext): Promise<{ gathering: Socket; peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [gathering] = (await accepted) as [Socket];
  GatheredWrites.of(gathering);
  t.after(() => {
    peer.destroy();
    gathering.destroy();
    server.close();
  });
  return { gathering, peer };
}

/** How many writes each system call of sockets took, from now on; of the one socket, or of all but clients. */
function callsOf(t: TestContext, isCounted: (socket: Socket) => boolean): number[] {
  const calls: number[] = [];
  const sockets = Socket.prototype as Socket & { _writev: NonNullable<Socket['_writev']> };
  const { _write, _writev } = sockets;
  t.mock.method(sockets, '_write', function (this: Socket, ...args: Parameters<typeof _write>) {
    if (isCounted(this)) calls.push(1);
    _write.apply(this, args);
  });
  t.mock.method(sockets, '_writev', function (this: Socket, ...args: Parameters<typeof _writev>) {
    if (isCounted(this)) calls.push(args[0].length);
    _writev.apply(this, args);
  });
  return calls;
}

async function read(peer: Socket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) {
    const [chunk] = await once(peer, 'data');
    text += String(chunk);
  }
  return text;
}

test('what is written in one turn leaves in one call, also what a write brings about', async (t) => {
  const { gathering, peer } = await pair(t);
  const calls = callsOf(t, (socket) => socket === gathering);
  gathering.write('a', () => {
    gathering.write('b', () => gathering.write(Buffer.from('c')));
  });
  assert.equal(await read(peer, 3), 'abc');
  gathering.write('d');
  assert.equal(await read(peer, 1), 'd');
  assert.deepEqual(calls, [3, 1]);
});

test('requests that come together get their answers together', async (t) => {
  const route = publicRoute({
    path: '/numbers/:n',
    weight: 1,
    tag: 'test',
    operationId: 'getNumber',
    summary: 'a number',
    params: { n: Type.Integer() },
    answer: Number_,
    handle: async ({ params: { n } }) => ({ n }),
  });
  const { server, port } = await startServer([route]);
  t.after(() => server.close());
  const calls = callsOf(t, (socket) => socket.localPort === port);
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  const request = (n: number) => `GET /api/v1/numbers/${n} HTTP/1.1\r\nHost: x\r\n\r\n`;
  client.write(request(1) + request(2) + request(3));
  let text = '';
  while (!text.includes('{"n":3}')) text += String((await once(client, 'data'))[0]);
  assert.deepEqual(text.match(/\{.*?\}/g), ['{"n":1}', '{"n":2}', '{"n":3}']);
  assert.deepEqual(calls, [3]);
});

test('an end comes behind what was written', async (t) => {
  const { gathering, peer } = await pair(t);
  let text = '';
  peer.on('data', (chunk) => {
    text += String(chunk);
  });
  gathering.write('one ');
  gathering.end('two');
  gathering.destroySoon();
  await once(peer, 'end');
  assert.equal(text, 'one two');
});

test('a peer that does not read: the socket says so, and everything arrives in order once it does', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const { gathering, peer } = await pair(t);
  peer.pause();
  let sent = 0;
  let isFull = false;
  while (!isFull) {
    const bytes = 4 * (1 + Math.floor(random() * 30_000));
    const chunk = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += 4) chunk.writeUInt32LE((sent + at) / 4, at);
    sent += bytes;
    isFull = !gathering.write(chunk);
    if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(gathering.writableLength > 0);
  const drained = once(gathering, 'drain');
  const all: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => all.push(chunk)).resume();
  await drained;
  gathering.end();
  await once(peer, 'end');
  const received = Buffer.concat(all);
  assert.equal(received.length, sent, `seed ${seed}`);
  for (let at = 0; at < sent; at += 4) assert.equal(received.readUInt32LE(at), at / 4, `seed ${seed}`);
});

test('a socket that is destroyed before the end of the turn, or whose peer is gone', async (t) => {
  const first = await pair(t);
  first.gathering.write('lost');
  first.gathering.destroy();
  await once(first.gathering, 'close');
  const second = await pair(t);
  const failed = once(second.gathering, 'error');
  second.peer.resetAndDestroy();
  const timer = setInterval(() => second.gathering.write('x'), 1);
  const [error] = (await failed) as [NodeJS.ErrnoException];
  clearInterval(timer);
  assert.match(error.code ?? '', /ECONNRESET|EPIPE/);
  assert.ok(second.gathering.destroyed);
});
