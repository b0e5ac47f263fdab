import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WholeRequest } from './whole-request.ts';

const BYTES_MAX = 12;

interface Started {
  readonly client: Socket;
  /** What was told of each body, in the order of its arrival: `path text`, or `path code status`. */
  readonly told: string[];
  /** Waits until so many bodies were told of. */
  telling(count: number): Promise<void>;
  /** Waits until so many answers came. */
  answering(count: number): Promise<void>;
}

/** A server that takes all bodies, but of /unread, which it answers at once, and of /late, for which it asks too late; and a connection to it. */
async function start(t: TestContext): Promise<Started> {
  const told: string[] = [];
  const answers = { text: '' };
  const changed = new EventTarget();
  const changes = () => changed.dispatchEvent(new Event('change'));
  const until = async (holds: () => boolean) => {
    while (!holds()) await once(changed, 'change');
  };
  const server = createServer(
    { IncomingMessage: WholeRequest as typeof IncomingMessage },
    (request, response) => {
      const { url } = request;
      const take = () =>
        (request as WholeRequest).takeBody(BYTES_MAX, (error, body) => {
          assert.equal(request.readableEnded, error === null, 'Node keeps hold of what has not ended');
          const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
          told.push(`${url} ${error === null ? String(body) : `${code} ${statusCode}`}`);
          changes();
          response.end('.');
        });
      if (url === '/unread') response.end('.');
      else if (url === '/late')
        setImmediate(() => {
          assert.throws(take, /a body is asked for before any of it is there/);
          response.end('.');
        });
      else take();
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setNoDelay(true);
  client.on('data', (chunk) => {
    answers.text += chunk.toString('latin1');
    changes();
  });
  await once(client, 'connect');
  return {
    client,
    told,
    telling: (count) => until(() => told.length >= count),
    answering: (count) => until(() => answers.text.split('HTTP/1.1 200 OK').length > count),
  };
}

const head = (path: string, field: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`;
const sized = (path: string, body: string) => head(path, `Content-Length: ${body.length}`) + body;
const CHUNKED = 'Transfer-Encoding: chunked';

test('bodies come whole: many at once, in pieces, in chunks, and without a byte', async (t) => {
  const { client, told, telling, answering } = await start(t);
  client.write(sized('/a', 'one') + sized('/b', '') + sized('/c', 'three') + head('/d', CHUNKED));
  await telling(3);
  client.write('2\r\nfo\r\n');
  client.write('2\r\nur\r\n0\r\nTrailer: 1\r\n\r\n');
  await telling(4);
  for (const byte of head('/e', 'Content-Length: 12')) client.write(byte);
  for (const byte of 'twelve bytes') client.write(byte);
  await answering(5);
  assert.deepEqual(told, ['/a one', '/b ', '/c three', '/d four', '/e twelve bytes']);
});

test('a body that is too large is refused once: by its length before it comes, and else when it has grown too large', async (t) => {
  const { client, told, telling, answering } = await start(t);
  client.write(head('/a', 'Content-Length: 13'));
  await telling(1);
  client.write(`thirteen long${head('/b', CHUNKED)}`);
  client.write('d\r\nthirteen long\r\n');
  await telling(2);
  client.write(`d\r\nthirteen more\r\n0\r\n\r\n${sized('/c', 'next')}`);
  await answering(3);
  const code = 'FST_ERR_CTP_BODY_TOO_LARGE';
  assert.deepEqual(told, [`/a ${code} 413`, `/b ${code} 413`, '/c next']);
});

test('a connection that ends in the middle of a body says so, once', async (t) => {
  const { client, told, telling } = await start(t);
  client.write(head('/a', 'Content-Length: 9'));
  client.write('half');
  client.destroy();
  await telling(1);
  assert.deepEqual(told, ['/a ECONNRESET 400']);
});

test('a body that nobody takes is passed over, also when it comes after its answer', async (t) => {
  const { client, told, answering } = await start(t);
  client.write(sized('/unread', 'nobody') + sized('/a', 'one') + head('/unread', CHUNKED));
  await answering(3);
  client.write('6\r\nnobody\r\n');
  client.write(`0\r\n\r\n${sized('/b', 'two')}`);
  await answering(4);
  assert.deepEqual(told, ['/a one', '/b two']);
});

test('a body that is asked for when it, or its beginning, has gone by is a bug', async (t) => {
  const { client, told, answering } = await start(t);
  client.write(sized('/late', 'gone'));
  await answering(1);
  client.write(`${head('/late', 'Content-Length: 4')}go`);
  await answering(2);
  assert.deepEqual(told, []);
});
