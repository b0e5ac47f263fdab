import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { until } from '../ouch/test-support.ts';
import { onBytes } from './read-in-place.ts';

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

/** Two ends of a connection, and what the server's end has read. */
async function connection() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted: { socket: Socket; texts: string[]; memories: Set<ArrayBufferLike> }[] = [];
  server.on('connection', (socket: Socket) => {
    const end = { socket, texts: [] as string[], memories: new Set<ArrayBufferLike>() };
    accepted.push(end);
    onBytes(socket, (bytes, length) => {
      end.texts.push(Buffer.from(bytes.subarray(0, length)).toString());
      end.memories.add(bytes.buffer);
    });
  });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  await once(client, 'connect');
  await until(() => accepted.length === 1);
  const [end] = accepted;
  closers.push(() => {
    client.destroy();
    end.socket.destroy();
    server.close();
  });
  return { client, ...end };
}

/** Fails where a Node calls by other names what this stands on: orders would still be read, but by a new buffer for each read. */
test('onBytes: every read of every connection is into the same memory', async () => {
  const a = await connection();
  const b = await connection();
  for (const text of ['one', 'two', 'three']) {
    for (const { client, texts } of [a, b]) {
      client.write(text);
      await until(() => texts.at(-1) === text);
    }
  }
  assert.equal(new Set([...a.memories, ...b.memories]).size, 1);
});

test('onBytes: more than a read brings comes in order', async () => {
  const { client, texts } = await connection();
  const text = Array.from({ length: 60_000 }, (_, at) => `${at} `).join('');
  client.end(text);
  await until(() => texts.join('').length === text.length);
  assert.equal(texts.join(''), text);
});

test('onBytes: nothing comes while the socket is paused, all of it after', async () => {
  const { client, socket, texts } = await connection();
  client.write('before');
  await until(() => texts.length === 1);
  socket.pause();
  assert.equal(socket.isPaused(), true);
  client.write('meanwhile');
  // Another connection, both ways, in which a socket that is read would have brought it.
  const other = await connection();
  other.client.write('beside');
  await until(() => other.texts.length === 1);
  assert.deepEqual(texts, ['before']);
  socket.resume();
  await until(() => texts.length === 2);
  assert.deepEqual(texts, ['before', 'meanwhile']);
});

test('onBytes: the socket ends and closes as ever, and has counted', async () => {
  const { client, socket, texts } = await connection();
  const ended = once(socket, 'end');
  const closed = once(socket, 'close');
  client.end('last');
  await Promise.all([ended, closed]);
  assert.deepEqual([texts, socket.bytesRead, socket.destroyed], [['last'], 4, true]);
});

test('onBytes: a reset is an error of the socket', async () => {
  const { client, socket } = await connection();
  const failed = once(socket, 'error');
  client.resetAndDestroy();
  const [error] = await failed;
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});
