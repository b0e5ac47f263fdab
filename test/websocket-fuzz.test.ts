import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATIONS } from '#gateways/websocket/protocol.ts';
import { RequestFault, readRequest } from '#gateways/websocket/read-request.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Messages that are almost right: each operation with fields of other ones, of other types, and with damaged text. */
class Fuzz {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)];
  }

  #value(): unknown {
    const values = [
      0,
      -1,
      1,
      7,
      2 ** 53,
      1.5,
      null,
      true,
      false,
      '',
      'BTCUSD',
      'buy',
      'limit',
      '10.00',
      '-1',
      '1e3',
      '0',
      '99999999999999999999',
      'book.BTCUSD',
      'reports',
      'candles.BTCUSD.1m',
      '\u0000',
      'é',
      '💥',
      '__proto__',
      [],
      {},
      ['x'],
      'x'.repeat(2_000),
    ];
    return this.#pick(values);
  }

  message(): string {
    const fields = Object.values(OPERATIONS).flatMap(({ params }) => Object.keys(params.properties));
    const params: Record<string, unknown> = {};
    for (let n = Math.floor(this.#random() * 6); n > 0; n--)
      params[this.#pick([...fields, '__proto__', 'constructor'])] = this.#value();
    const op = this.#pick([...Object.keys(OPERATIONS), 'toString', 5, null]);
    const text = JSON.stringify({ id: this.#pick([1, 'a', null, -1, {}, 'b']), op, params });
    if (this.#random() < 0.7) return text;
    const at = Math.floor(this.#random() * text.length);
    return text.slice(0, at) + this.#pick(['', '"', '}', '\\', '\u2028', '{']) + text.slice(at + 1);
  }
}

test('a parser of anything: a request, or a fault with a problem of the table', (t) => {
  t.diagnostic(`seed ${SEED}`);
  const fuzz = new Fuzz(SEED);
  let requests = 0;
  for (let n = 0; n < 20_000; n++) {
    const read = readRequest(fuzz.message());
    if (read instanceof RequestFault) assert.ok(read.problem.status >= 400 && read.problem.status < 500);
    else requests++;
  }
  assert.ok(requests > 100, `${requests} of them were requests`);
});

test('a door that is told anything: one answer to each message, no bug, and it goes on', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  await client.auth(await venue.tokenOf(1));
  const fuzz = new Fuzz(SEED + 1);
  const count = 2_000;
  for (let n = 0; n < count; n++) {
    client.ws.send(fuzz.message());
    if (n % 50 === 49)
      await client.take((message) => message.result !== undefined || message.error !== undefined);
  }
  let answers = 40;
  while (answers < count) {
    await client.take(
      (message) => message.result !== undefined || (message.error !== undefined && message.type !== 'failed'),
    );
    answers++;
  }
  assert.deepEqual(venue.bugs, []);
  assert.equal((await client.error('nothing')).code, 'unknown-operation');
});

test('bytes that are no WebSocket frames: the connection ends, the door stays', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const random = seededRandom(SEED + 2);
  const venue = await WebSocketVenue.start(t);
  for (let n = 0; n < 50; n++) {
    const client = await WebSocketClient.connect(t, venue.url);
    const bytes = Buffer.from(
      Array.from({ length: 1 + Math.floor(random() * 64) }, () => Math.floor(random() * 256)),
    );
    const { _socket: socket } = client.ws as unknown as { _socket: { end(bytes: Buffer): void } };
    socket.end(bytes);
    const { code } = await client.closed;
    assert.ok([1002, 1003, 1005, 1006, 1007, 1009, 1000, 1001].includes(code) || code >= 3000, `${code}`);
  }
  const client = await WebSocketClient.connect(t, venue.url);
  assert.equal((await client.error('nothing')).code, 'unknown-operation');
  assert.deepEqual(venue.bugs, []);
});
