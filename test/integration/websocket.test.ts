import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VerifiedBook } from '../support/verified-book.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const SCRIPT = join(import.meta.dirname, '../support/node-process.ts');
const EXAMPLE = join(import.meta.dirname, '../../examples/websocket.mjs');
const LIMIT = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };

/** The node of test/support/node-process.ts. */
async function start(t: TestContext, directory: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [SCRIPT, directory], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
  ]);
  return { child, port: JSON.parse(line).edgePorts.http };
}

/** Logs in over HTTP, and proves it on a WebSocket. */
async function member(t: TestContext, port: number, name: string): Promise<WebSocketClient> {
  const url = `http://127.0.0.1:${port}/api/v1`;
  // The venue is set up by one entry of the log: with its instruments come its users.
  while (!(await fetch(`${url}/instruments/BTCFUT`)).ok) await setTimeout(100);
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    body: JSON.stringify({ name, password: 'secret' }),
    headers: { 'content-type': 'application/json' },
  });
  const answer = (await response.json()) as Message;
  assert.equal(response.status, 200, JSON.stringify(answer));
  const client = await WebSocketClient.connect(t, `ws://127.0.0.1:${port}/ws/v1`);
  await client.auth(answer.token);
  return client;
}

async function until(client: WebSocketClient, op: string, params: object): Promise<Message> {
  for (;;) {
    const { result, error } = await client.request(op, params);
    if (error === undefined) return result;
    assert.equal(error.retry, true, JSON.stringify(error));
  }
}

test('a kill -9 in the middle of orders: reports go on from the last number, the book from a snapshot', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('websocket');
  const first = await start(t, directory);
  const client = await member(t, first.port, 'U1');
  const book = new VerifiedBook();
  await until(client, 'subscribe', { channel: 'reports', from: 1 });
  await until(client, 'subscribe', { channel: 'book.BTCUSD' });
  const acknowledged: string[] = [];
  const placing = (async () => {
    for (let n = 1; n <= 1_000; n++) {
      const clientOrderId = `order-${n}`;
      const price = (10 + (n % 40) / 100).toFixed(2);
      const { result } = await client.request('order.place', {
        ...LIMIT,
        price: price.slice(0, 5),
        clientOrderId,
      });
      acknowledged.push(clientOrderId);
      assert.equal(result.order.status, 'open');
    }
  })().catch((error: Error) => error);
  const reports: Message[] = [];
  while (reports.length < 100) reports.push((await client.next('reports')).report);
  first.child.kill('SIGKILL');
  await placing;
  await client.closed;
  for (const message of client.messages.splice(0)) {
    if (message.channel === 'reports') reports.push(message.report);
    if (message.channel === 'book.BTCUSD') book.apply(message);
  }
  assert.ok(acknowledged.length >= 99 && acknowledged.length < 1_000, `${acknowledged.length}`);

  const second = await start(t, directory);
  const again = await member(t, second.port, 'U1');
  const { reportCount } = await until(again, 'subscribe', { channel: 'reports', from: reports.length + 1 });
  while (reports.length < reportCount) reports.push((await again.next('reports')).report);
  assert.deepEqual(
    reports.map(({ number }) => number),
    Array.from({ length: reportCount }, (_, index) => index + 1),
  );
  const known = new Set(reports.map(({ order }) => order.clientOrderId));
  assert.deepEqual(
    acknowledged.filter((id) => !known.has(id)),
    [],
  );
  // An order that was there before the kill is known by its text.
  const repeat = await until(again, 'order.place', { ...LIMIT, clientOrderId: 'order-1' });
  assert.deepEqual([repeat.isRepeat, repeat.order.orderId], [true, 1]);

  const before = book.sequence;
  await until(again, 'subscribe', { channel: 'book.BTCUSD' });
  book.apply(await again.next('book.BTCUSD'));
  assert.ok(book.snapshots === 2 && book.sequence >= before);
  await again.result('order.place', { ...LIMIT, price: '12.00' });
  book.apply(await again.next('book.BTCUSD'));
  assert.deepEqual(book.bids[0], ['12.00', '5', 1]);

  await again.result('subscribe', { channel: 'balances' });
  const { items } = (await again.next('balances')).balances;
  assert.notEqual(items.find(({ asset }: Message) => asset === 'USD').held, '0.00');
  const ended = once(second.child, 'exit');
  second.child.kill('SIGTERM');
  assert.deepEqual(await again.closed, { code: 1001, reason: 'the node stops' });
  assert.deepEqual(await ended, [0, null]);
});

test('/asyncapi.json describes every operation and channel, and leads nowhere that is not', async (t) => {
  const directory = temporaryDirectory('asyncapi');
  const { port } = await start(t, directory);
  const response = await fetch(`http://127.0.0.1:${port}/asyncapi.json`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  const document = (await response.json()) as Message;
  assert.equal(document.asyncapi, '3.0.0');
  assert.deepEqual(Object.keys(document.operations).sort(), [
    'auth',
    'orderCancel',
    'orderGet',
    'orderPlace',
    'orderReplace',
    'ordersCancelAll',
    'ping',
    'subscribe',
    'tell',
    'unsubscribe',
  ]);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
  assert.ok(references.length > 30);
  for (const path of references) {
    const target = path.split('/').reduce((at, part) => at?.[part], document);
    assert.ok(target !== undefined, `#/${path} leads nowhere`);
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/ws/v1`)).status, 404);
});

test('examples/websocket.mjs keeps a book', { timeout: 60_000 }, async (t) => {
  const directory = temporaryDirectory('example');
  const { port } = await start(t, directory);
  const client = await member(t, port, 'U1');
  const example = spawn(process.execPath, [EXAMPLE, 'BTCUSD', `ws://127.0.0.1:${port}/ws/v1`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => example.kill('SIGKILL'));
  const lines = createInterface({ input: example.stdout })[Symbol.asyncIterator]();
  assert.match((await lines.next()).value ?? '', /^BTCUSD at \d+: nothing bid, nothing asked$/);
  await client.result('order.place', LIMIT);
  assert.match((await lines.next()).value ?? '', /^BTCUSD at \d+: 10\.00 x 5 bid, nothing asked$/);
  await client.result('order.place', { ...LIMIT, side: 'sell', price: '10.01', quantity: '7' });
  assert.match((await lines.next()).value ?? '', /^BTCUSD at \d+: 10\.00 x 5 bid, 10\.01 x 7 asked$/);
  await client.result('orders.cancelAll', { side: 'buy' });
  assert.match((await lines.next()).value ?? '', /^BTCUSD at \d+: nothing bid, 10\.01 x 7 asked$/);
});
