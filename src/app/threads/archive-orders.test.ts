import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { OrdersAnswer } from '#projections/market-data/standing-orders.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { EventFan } from '../event-fan.ts';
import { ArchiveOrders } from './archive-orders.ts';
import type { ToArchive } from './messages.ts';
import { OrdersAnswers } from './orders-answers.ts';

const OPENING: CommandInput[] = [
  { type: 'AddAsset', assetId: 1, decimals: 2, symbol: 'USD' },
  {
    type: 'AddInstrument',
    instrumentId: 1,
    symbol: 'INST',
    quoteAssetId: 1,
    kind: 2,
    priceDecimals: 2,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000,
    initialMarginMinor: 1,
    phase: Phase.Continuous,
  },
  { type: 'AddAccount', accountId: 1 },
  { type: 'AddUser', newUserId: 11, accountId: 1, role: Role.Trader, name: 'U11' },
  { type: 'Deposit', accountId: 1, assetId: 1, amountMinor: 1e12 },
];

/** An archive's core with its questions, and the asking side; what goes between them is counted. */
class Fixture {
  readonly directory = temporaryDirectory('orders');
  readonly board = new StatusBoard(boardMemory());
  readonly fan = new EventFan();
  readonly core = new TradingCore(this.fan, { ordersMax: 20_000 });
  readonly answers: OrdersAnswers;
  readonly orders: ArchiveOrders;
  readonly channel = new MessageChannel();
  /** Resolves when the archive has got the next message. */
  #got = Promise.withResolvers<void>();

  constructor(t: TestContext) {
    this.answers = new OrdersAnswers(this.core, this.fan, this.board, () => {});
    this.channel.port1.on('message', (message: ToArchive) => {
      if (message.kind === 'orders') this.answers.add(this.channel.port1, message);
      else if (message.kind === 'withdrawOrders') this.answers.remove(this.channel.port1, message.id);
      this.#got.resolve();
    });
    this.orders = new ArchiveOrders(this.channel.port2, this.directory);
    t.after(() => {
      this.channel.port1.close();
    });
    for (const command of OPENING) this.apply(command);
  }

  apply(command: CommandInput): void {
    const words = WordBuffer.allocate(256);
    const sequence = this.core.sequence + 1;
    const to = writeCommand(words, ENTRY_HEADER_WORDS, command);
    words.i32[0] = 1 | (1 << 16);
    words.i32[EntryHeader.at.epoch] = 1;
    words.f64[EntryHeader.at.entryNo >> 1] = sequence;
    this.core.applyEntry(sequence, 1_600_000_000, 0, words, 0, to);
  }

  rest(count: number): void {
    for (let left = count; left > 0; left--) {
      const clientOrderId = this.core.sequence;
      this.apply({
        type: 'NewOrder',
        userId: 11,
        instrumentId: 1,
        clientOrderId,
        side: Side.Buy,
        priceTicks: 100 + (clientOrderId % 7),
        qtyLots: 5,
        orderType: OrderType.Limit,
        timeInForce: TimeInForce.GoodTillCancel,
      });
    }
  }

  ask(sequence: number): { answer: Promise<OrdersAnswer>; withdraw: () => void } {
    const { promise, resolve } = Promise.withResolvers<OrdersAnswer>();
    return { answer: promise, withdraw: this.orders.ask(sequence, resolve) };
  }

  async got(): Promise<void> {
    await this.#got.promise;
    this.#got = Promise.withResolvers();
  }

  files(): string[] {
    return readdirSync(this.directory);
  }
}

/** Ids and prices of an image's orders, in its order; closes it. */
function ordersOf({ image }: OrdersAnswer): [number, number][] {
  assert.ok(image !== undefined);
  const orders: [number, number][] = [];
  for (let to = image.read(); to > 0; to = image.read()) {
    for (const event of readEvents(image.words, 0, to)) {
      assert.equal(event.type, 'OrderRested');
      if (event.type === 'OrderRested') orders.push([event.orderId, event.priceTicks]);
    }
  }
  image.close();
  return orders;
}

test('orders of the archive: exactly after the entry asked for, by priority, in pieces; no file stays', async (t) => {
  const fixture = new Fixture(t);
  fixture.rest(9_999);
  const { sequence } = fixture.core;
  const { answer } = fixture.ask(sequence + 1);
  await fixture.got();
  assert.equal(fixture.answers.stopSequence, sequence + 1);
  fixture.answers.answer();
  fixture.rest(1);
  fixture.answers.answer();
  assert.equal(fixture.answers.stopSequence, Number.POSITIVE_INFINITY);
  fixture.rest(1);
  const image = await answer;
  assert.deepEqual(fixture.files(), ['orders-1.events']);
  const orders = ordersOf(image);
  assert.equal(orders.length, 10_000);
  const byPriority = orders.toSorted(([idA, a], [idB, b]) => b - a || idA - idB);
  assert.deepEqual(orders, byPriority);
  assert.deepEqual(fixture.files(), []);
});

test('orders of the archive: an entry that is past is said to be, at once', async (t) => {
  const fixture = new Fixture(t);
  fixture.rest(2);
  const { sequence } = fixture.core;
  assert.deepEqual(await fixture.ask(sequence - 1).answer, { passedTo: sequence });
  assert.equal(ordersOf(await fixture.ask(fixture.core.sequence).answer).length, 2);
});

test('orders of the archive: a question that was withdrawn stops nobody and leaves no file', async (t) => {
  const fixture = new Fixture(t);
  const first = fixture.ask(fixture.core.sequence + 1);
  await fixture.got();
  first.withdraw();
  await fixture.got();
  assert.equal(fixture.answers.stopSequence, Number.POSITIVE_INFINITY);
  // Withdrawn when the reply was on its way.
  fixture.ask(fixture.core.sequence).withdraw();
  await fixture.ask(fixture.core.sequence).answer.then(ordersOf);
  assert.deepEqual(fixture.files(), []);
});

test('orders of the archive: a file that cannot be written and a state that differs are problems', async (t) => {
  const fixture = new Fixture(t);
  rmSync(fixture.directory, { recursive: true });
  assert.match(
    (await fixture.ask(fixture.core.sequence).answer).problem ?? '',
    /orders-1\.events cannot be written: ENOENT/,
  );
  fixture.board.divergedSequence = 3;
  const { problem } = await fixture.ask(fixture.core.sequence).answer;
  assert.equal(problem, 'the archive has another state than the order path');
});

test('orders of the archive: when it is gone, whoever waits is told, and whoever asks then', async (t) => {
  const fixture = new Fixture(t);
  const { answer } = fixture.ask(fixture.core.sequence + 1);
  await fixture.got();
  fixture.channel.port1.close();
  const gone = { problem: 'the archive thread is gone: restart the node' };
  assert.deepEqual(await answer, gone);
  assert.deepEqual(await fixture.ask(1).answer, gone);
});
