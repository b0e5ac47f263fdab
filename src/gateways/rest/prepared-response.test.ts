import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PreparedFields, PreparedResponse } from './prepared-response.ts';

const FIELDS = new PreparedFields({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });

/** The lines of an answer's head as they are sent, without those that say when and how long it lives. */
async function headOf(t: TestContext, answer: (response: PreparedResponse) => void): Promise<string[]> {
  const server = createServer(
    { ServerResponse: PreparedResponse as typeof ServerResponse },
    (_request, response) => answer(response as PreparedResponse),
  );
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const [head] = text.split('\r\n\r\n', 1);
  return head
    .split('\r\n')
    .filter((line) => !/^(date|connection|content-length|transfer-encoding):/i.test(line));
}

test('PreparedResponse: prepared fields, more lines, and what is set in the usual way', async (t) => {
  const head = await headOf(t, (response) => {
    response.prepared = FIELDS;
    response.lines = 'x-request-id: 7\r\n';
    response.writeHead(200, { 'content-type': 'text/plain' }).end('a');
  });
  assert.deepEqual(head, [
    'HTTP/1.1 200 OK',
    'cache-control: no-store',
    'referrer-policy: no-referrer',
    'x-request-id: 7',
    'content-type: text/plain',
  ]);
});

test('PreparedResponse: a field that is set stands there once, however it was set', async (t) => {
  const expected = ['HTTP/1.1 200 OK', 'referrer-policy: no-referrer', 'cache-control: no-cache'];
  const set: ((response: PreparedResponse) => void)[] = [
    (response) => response.writeHead(200, { 'cache-control': 'no-cache' }).end(),
    (response) => response.setHeader('Cache-Control', 'no-cache').end(),
  ];
  for (const answer of set) {
    const head = await headOf(t, (response) => {
      response.prepared = FIELDS;
      answer(response);
    });
    assert.deepEqual(
      head.map((line) => line.replace('Cache-Control', 'cache-control')),
      expected,
    );
  }
});

test('PreparedResponse: without anything prepared it is as any other', async (t) => {
  assert.deepEqual(await headOf(t, (response) => response.end()), ['HTTP/1.1 200 OK']);
});
