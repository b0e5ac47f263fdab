import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { levelTuples } from '#codec/json/stream-json.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Phase, Side } from '#domain/commands.ts';
import { PublicStreams } from '#gateways/websocket/public-streams.ts';
import type { SharedMessage } from '#gateways/websocket/shared-message.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { VerifiedBook } from './support/verified-book.ts';
import { WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Orders and cancels of users 1 to 4 over `ticks` prices around 1,000. */
class Flow {
  readonly #venue: WebSocketVenue;
  readonly #random: () => number;
  readonly #lastIds = [0, 0, 0, 0, 0];

  constructor(venue: WebSocketVenue, seed: number) {
    this.#venue = venue;
    this.#random = seededRandom(seed);
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async run(commands: number, ticks: number): Promise<void> {
    for (let n = 0; n < commands; n++) {
      this.#venue.send(this.#next(ticks));
      if (this.#integer(4) === 0) await this.#venue.settled();
    }
    await this.#venue.settled();
  }

  #next(ticks: number): CommandInput {
    const userId = 1 + this.#integer(4);
    const last = this.#lastIds[userId];
    if (last > 0 && this.#integer(3) === 0) {
      const clientOrderId = Math.max(1, last - this.#integer(30));
      return { type: 'CancelOrder', userId, instrumentId: 1, clientOrderId };
    }
    this.#lastIds[userId] = last + 1;
    const side = this.#integer(2) === 0 ? Side.Buy : Side.Sell;
    const away = this.#integer(ticks) - 2;
    return {
      type: 'NewOrder',
      userId,
      instrumentId: 1,
      clientOrderId: last + 1,
      side,
      orderType: 1,
      timeInForce: 2,
      selfTradePrevention: 1,
      priceTicks: 1_000 + (side === Side.Buy ? -away : away),
      qtyLots: 1 + this.#integer(9),
    };
  }
}

/** What the view has, as a client should. */
function expected(venue: WebSocketVenue, depth: number) {
  const instrument = venue.views.instrumentBySymbol('BTCUSD');
  assert.ok(instrument !== undefined);
  const { sequence, bids, asks } = instrument.book.snapshot(depth);
  const { terms } = instrument;
  return { sequence, bids: levelTuples(terms, bids), asks: levelTuples(terms, asks) };
}

async function caughtUp(client: WebSocketClient, book: VerifiedBook, sequence: number): Promise<void> {
  while (book.sequence < sequence) book.apply(await client.next('book.BTCUSD'));
}

for (const depth of [25, 100, 1_000] as const) {
  test(`book.SYMBOL at depth ${depth}: a client's book is the view's at every checksum`, async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const venue = await WebSocketVenue.start(t, { flushMs: 1 });
    const flow = new Flow(venue, SEED + depth);
    await flow.run(200, 60);
    const client = await WebSocketClient.connect(t, venue.url);
    const book = new VerifiedBook();
    await client.result('subscribe', { channel: 'book.BTCUSD', depth });
    for (let round = 0; round < 10; round++) {
      await flow.run(100, 60);
      const { sequence, bids, asks } = expected(venue, depth);
      // Where nothing among the best has changed, the client is told nothing.
      while (JSON.stringify([book.bids, book.asks]) !== JSON.stringify([bids, asks]))
        book.apply(await client.next('book.BTCUSD'));
      assert.ok(book.sequence <= sequence);
    }
    assert.equal(book.snapshots, 1);
    assert.ok(book.changes > 0);
  });
}

test('book.SYMBOL: the same bytes go to everybody, whenever they came', async (t) => {
  const venue = await WebSocketVenue.start(t, { flushMs: 1 });
  const flow = new Flow(venue, 1);
  const clients: WebSocketClient[] = [];
  const books = Array.from({ length: 5 }, () => new VerifiedBook());
  for (const _ of books) {
    const client = await WebSocketClient.connect(t, venue.url);
    await client.result('subscribe', { channel: 'book.BTCUSD' });
    clients.push(client);
    await flow.run(30, 20);
  }
  const { sequence, bids, asks } = expected(venue, 100);
  for (const [index, book] of books.entries()) {
    await caughtUp(clients[index], book, sequence);
    assert.deepEqual([book.bids, book.asks], [bids, asks]);
  }
  assert.equal(venue.door.streams.count, 1);
});

test('book.SYMBOL: events are lost, a new generation begins with a snapshot', async (t) => {
  const venue = await WebSocketVenue.start(t, { flushMs: 1 });
  const flow = new Flow(venue, 2);
  const client = await WebSocketClient.connect(t, venue.url);
  const book = new VerifiedBook();
  await flow.run(100, 20);
  await client.result('subscribe', { channel: 'book.BTCUSD' });
  await caughtUp(client, book, expected(venue, 100).sequence);
  venue.restartEdge();
  venue.imageToEdge();
  await flow.run(100, 20);
  const { sequence, bids, asks } = expected(venue, 100);
  await caughtUp(client, book, sequence);
  assert.deepEqual([book.snapshots, book.bids, book.asks], [2, bids, asks]);
});

test('a slow reader is owed one message, and nothing is queued for it', async (t) => {
  // The bound is below what one message of this book is, so that each message holds the next one back.
  const venue = await WebSocketVenue.start(t, { flushMs: 1, limits: { HELD_BACK_BYTES: 0 } });
  const flow = new Flow(venue, 3);
  const [slow, fast] = [
    await WebSocketClient.connect(t, venue.url),
    await WebSocketClient.connect(t, venue.url),
  ];
  for (const client of [slow, fast]) await client.result('subscribe', { channel: 'book.BTCUSD' });
  const [slowBook, fastBook] = [new VerifiedBook(), new VerifiedBook()];
  slow.ws.pause();
  // Until the network has taken all that it takes: what the server holds for the slow one is bounded then.
  for (let round = 0; round < 20; round++) await flow.run(200, 40);
  await caughtUp(fast, fastBook, expected(venue, 100).sequence);
  slow.ws.resume();
  await caughtUp(slow, slowBook, expected(venue, 100).sequence);
  assert.deepEqual([slowBook.bids, slowBook.asks], [fastBook.bids, fastBook.asks]);
});

test('trades.SYMBOL: the newest first, then every trade once; a gap is said', async (t) => {
  const venue = await WebSocketVenue.start(t, { flushMs: 1 });
  const flow = new Flow(venue, 4);
  await flow.run(300, 6);
  const tape = venue.views.instrumentBySymbol('BTCUSD')?.trades;
  assert.ok(tape !== undefined && tape.next > 50);
  const client = await WebSocketClient.connect(t, venue.url);
  await client.result('subscribe', { channel: 'trades.BTCUSD' });
  const first = await client.next('trades.BTCUSD');
  const ids = (trades: readonly { tradeId: number }[]) => trades.map(({ tradeId }) => tradeId);
  assert.deepEqual([first.type, ids(first.items)], ['snapshot', ids(tape.read(tape.next - 50, 50))]);
  const from = tape.next;
  await flow.run(200, 6);
  const told: number[] = [];
  while (told.length < tape.next - from) {
    const { type, items } = await client.next('trades.BTCUSD');
    assert.equal(type, 'trades');
    told.push(...ids(items));
  }
  assert.deepEqual(told, ids(tape.read(from, 1_000)));
  venue.restartEdge();
  venue.imageToEdge();
  assert.deepEqual(await client.next('trades.BTCUSD'), { channel: 'trades.BTCUSD', type: 'gap' });
});

test('ticker, candles and phase: as they are, again whenever they change', async (t) => {
  const venue = await WebSocketVenue.start(t, { flushMs: 1 });
  const client = await WebSocketClient.connect(t, venue.url);
  for (const channel of ['ticker.BTCUSD', 'candles.BTCUSD.1m', 'phase.BTCUSD'])
    await client.result('subscribe', { channel });
  assert.equal((await client.next('ticker.BTCUSD')).ticker.trades, 0);
  assert.deepEqual(await client.next('phase.BTCUSD'), {
    channel: 'phase.BTCUSD',
    type: 'phase',
    status: { symbol: 'BTCUSD', phase: 'continuous', isSuspended: false },
  });
  const order = { instrumentId: 1, orderType: 1, timeInForce: 2, priceTicks: 1_000, qtyLots: 3 } as const;
  venue.send({ type: 'NewOrder', userId: 1, clientOrderId: 1, side: Side.Buy, ...order });
  venue.send({ type: 'NewOrder', userId: 2, clientOrderId: 1, side: Side.Sell, ...order });
  const { ticker } = await client.take(
    ({ channel, ticker }) => channel === 'ticker.BTCUSD' && ticker.trades === 1,
  );
  assert.deepEqual([ticker.last, ticker.volume, ticker.quoteVolume], ['10.00', '3', '30.00']);
  const { type, items } = await client.next('candles.BTCUSD.1m');
  assert.deepEqual([type, items.length, items[0].close, items[0].trades], ['candles', 1, '10.00', 1]);
  venue.clock.advanceNanos(60_000_000_000);
  venue.send({ type: 'NewOrder', userId: 1, clientOrderId: 2, side: Side.Buy, ...order });
  venue.send({ type: 'NewOrder', userId: 2, clientOrderId: 2, side: Side.Sell, ...order });
  const later = await client.next('candles.BTCUSD.1m');
  assert.deepEqual(later.items[0], items[0]);
  assert.equal(later.items.length, 2);
  venue.send({ type: 'SetPhase', instrumentId: 1, phase: Phase.OpeningAuction });
  assert.equal((await client.next('phase.BTCUSD')).status.phase, 'opening-auction');
  venue.send({ type: 'NewOrder', userId: 1, clientOrderId: 3, side: Side.Buy, ...order });
  venue.send({ type: 'NewOrder', userId: 2, clientOrderId: 3, side: Side.Sell, ...order });
  // What it would do is said on ticks.
  venue.clock.advanceNanos(1_000_000_000);
  venue.send({ type: 'Tick' });
  const { status } = await client.take(({ status }) => status?.indicative !== undefined);
  assert.deepEqual(status.indicative, { price: '10.00', quantity: '3', surplus: '0' });
});

test('ticker: told again when a trade leaves the last 24 hours, though nothing happens', async (t) => {
  const venue = await WebSocketVenue.start(t, { flushMs: 1 });
  const order = { instrumentId: 1, orderType: 1, timeInForce: 2, priceTicks: 1_000, qtyLots: 3 } as const;
  venue.send({ type: 'NewOrder', userId: 1, clientOrderId: 1, side: Side.Buy, ...order });
  venue.send({ type: 'NewOrder', userId: 2, clientOrderId: 1, side: Side.Sell, ...order });
  await venue.settled();
  const client = await WebSocketClient.connect(t, venue.url);
  await client.result('subscribe', { channel: 'ticker.BTCUSD' });
  const first = (await client.next('ticker.BTCUSD')).ticker;
  assert.deepEqual([first.trades, first.volume, first.last], [1, '3', '10.00']);
  venue.views.passTime(venue.views.timeSeconds + 86_400);
  venue.views.flush();
  const { ticker } = await client.next('ticker.BTCUSD');
  assert.deepEqual([ticker.trades, ticker.volume, ticker.last], [0, '0', '10.00']);
  assert.equal(Date.parse(ticker.from) - Date.parse(first.from), 86_400_000);
});

test('a channel that is left and followed again before the first answer: its first message comes behind the last answer', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const other = await WebSocketClient.connect(t, venue.url);
  await other.result('subscribe', { channel: 'book.BTCUSD' });
  const client = await WebSocketClient.connect(t, venue.url);
  const told: unknown[] = [];
  client.ws.on('message', (data) => {
    const { id, channel } = JSON.parse(data.toString());
    told.push(id ?? channel);
  });
  const answers = ['subscribe', 'unsubscribe', 'subscribe'].map((op) =>
    client.result(op, { channel: 'book.BTCUSD' }),
  );
  await Promise.all(answers);
  await client.next('book.BTCUSD');
  assert.deepEqual(told, [1, 2, 3, 'book.BTCUSD']);
});

test('compression: offered only where it is configured, and then the same messages come', async (t) => {
  const plain = await WebSocketVenue.start(t);
  const squeezed = await WebSocketVenue.start(t, { compression: true, flushMs: 1 });
  const options = { perMessageDeflate: true };
  assert.equal((await WebSocketClient.connect(t, plain.url, options)).ws.extensions, '');
  const client = await WebSocketClient.connect(t, squeezed.url, options);
  assert.match(client.ws.extensions, /permessage-deflate/);
  await client.result('subscribe', { channel: 'book.BTCUSD' });
  const book = new VerifiedBook();
  const flow = new Flow(squeezed, 5);
  await flow.run(300, 20);
  await caughtUp(client, book, expected(squeezed, 100).sequence);
});

test('subscribers at any pace: each is brought to the view by as few messages as it takes', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const random = seededRandom(SEED);
  const venue = await WebSocketVenue.start(t);
  const streams = new PublicStreams(venue.views, 1);
  t.after(() => streams.close());
  const subscribers = Array.from({ length: 8 }, (_, index) => {
    const book = new VerifiedBook();
    const subscriber = {
      isCongested: false,
      sendShared: ({ payload }: SharedMessage) => book.apply(JSON.parse(payload.toString())),
    };
    const depth = [25, 100, 1_000][index % 3];
    return { book, depth, subscriber, subscription: streams.subscribe('book.BTCUSD', depth, subscriber) };
  });
  const flow = new Flow(venue, SEED);
  for (let round = 0; round < 60; round++) {
    for (const { subscriber } of subscribers) subscriber.isCongested = random() < 0.7;
    const { flushes } = streams;
    await flow.run(20, 60);
    while (streams.flushes === flushes) await setTimeout(1);
  }
  for (const { subscriber, subscription, book, depth } of subscribers) {
    subscriber.isCongested = false;
    subscription.bring();
    const { bids, asks } = expected(venue, depth);
    assert.deepEqual([book.bids, book.asks], [bids, asks]);
    assert.ok(book.changes + book.snapshots < streams.flushes);
  }
});

test('many subscribers are sent to in slices, and none is left out when more changes meanwhile', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const streams = new PublicStreams(venue.views, 1);
  t.after(() => streams.close());
  const books = Array.from({ length: 1_000 }, () => new VerifiedBook());
  for (const book of books) {
    streams.subscribe('book.BTCUSD', 25, {
      isCongested: false,
      sendShared: ({ payload }) => book.apply(JSON.parse(payload.toString())),
    });
  }
  const flow = new Flow(venue, 8);
  for (let round = 0; round < 10; round++) {
    await flow.run(2, 20);
    await setTimeout(1);
  }
  const { sequence, bids, asks } = expected(venue, 25);
  while (books.some((book) => book.sequence < sequence)) await setTimeout(1);
  for (const book of books) assert.deepEqual([book.bids, book.asks], [bids, asks]);
});

test('a level that is left out of a message is found by the checksum', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const streams = new PublicStreams(venue.views, 1);
  t.after(() => streams.close());
  const book = new VerifiedBook();
  const faults: string[] = [];
  streams.subscribe('book.BTCUSD', 25, {
    isCongested: false,
    sendShared: ({ payload }) => {
      const message = JSON.parse(payload.toString());
      if (message.type === 'changes') message.bids.length = Math.max(0, message.bids.length - 1);
      try {
        book.apply(message);
      } catch (error) {
        faults.push((error as Error).message);
      }
    },
  });
  const flow = new Flow(venue, 7);
  while (faults.length === 0) {
    await flow.run(10, 10);
    await setTimeout(1);
  }
  assert.match(faults[0], /^checksum/);
});
