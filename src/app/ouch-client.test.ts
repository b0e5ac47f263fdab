import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { readEvent } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { MARKET_PRICE } from '#codec/ouch/command-writer.ts';
import { decodeOutbound } from '#codec/ouch/plain.ts';
import { PacketVerdict } from '#codec/soupbin/framer.ts';
import { TradingCore } from '#core/trading-core.ts';
import { InstrumentKind, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { EventType, Trade } from '#domain/events.ts';
import type { EventSink, ReportStore } from '#domain/ports.ts';
import { RejectCode } from '#domain/rejects.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import { SoupClient } from '#gateways/soupbin/client.ts';
import { type SoupDoor, SoupServer } from '#gateways/soupbin/server.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { cancelOf } from '../../test/support/cancel-trade.ts';
import { NodeSessions, sessionMemory } from './node-sessions.ts';
import {
  cancelOrder,
  enterOrder,
  frameOuch,
  OuchClient,
  OuchClosedError,
  type OuchReport,
  replaceOrder,
  SoupLoginError,
} from './ouch-client.ts';

const SALT = Buffer.from('0123456789abcdef');
const PASSWORD_HASH = await hashPassword('secret', SALT);
const QUIET = { info() {}, warn() {} };

/** Every event record that was ever said. */
class EventArchive implements EventSink, ReportStore {
  readonly #records: WordBuffer[] = [];

  get lastTrade(): Event<'Trade'> {
    const trade = this.#records.findLast(({ i32 }) => (i32[0] & 0xff) === EventType.Trade);
    assert.ok(trade !== undefined);
    return readEvent(trade, 0) as Event<'Trade'>;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += words.i32[at] >>> 16) {
      const size = words.i32[at] >>> 16;
      this.#records.push(WordBuffer.copyOf(words.u8.subarray(at * 4, (at + size) * 4)));
    }
  }

  async read(
    userId: number,
    from: number,
    to: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void> {
    const isWanted = (user: number, number: number) => user === userId && number >= from && number <= to;
    for (const record of this.#records) {
      const { i32, f64 } = record;
      const { makerUserId, makerReportNumber, takerUserId, takerReportNumber } = Trade.at;
      const isReport =
        (i32[0] & 0xff) === EventType.Trade
          ? isWanted(i32[makerUserId], f64[makerReportNumber >> 1]) ||
            isWanted(i32[takerUserId], f64[takerReportNumber >> 1])
          : isWanted(i32[6], f64[8 >> 1]);
      if (isReport) onRecord(record, 0);
    }
  }
}

/** A whole order path on a log in memory: outbox, log, core, gateway. */
class OrderPath {
  readonly archive = new EventArchive();
  readonly clock = new ManualClock();
  readonly core: TradingCore;
  readonly replica: Replica;
  readonly gateway: OuchGateway;
  port = 0;
  #sinks: EventSink[] = [];

  constructor() {
    this.core = new TradingCore({
      onEvents: (words, from, to) => {
        for (const sink of this.#sinks) sink.onEvents(words, from, to);
      },
    });
    this.replica = new Replica({
      core: this.core,
      nodeId: 1,
      board: new StatusBoard(boardMemory()),
      attestEvery: 0,
      onTurnEnd: () => {},
      onUnavailable: (error) => {
        throw error;
      },
    });
    this.gateway = this.newGateway();
    this.#sinks = [this.archive, this.gateway];
    this.replica.recover(new MemoryLog(this.clock, this.replica));
    this.replica.begin(1);
  }

  newGateway(): OuchGateway {
    const options = { port: 0, recentReports: 1_024, limits: { tickMs: 0 } };
    const sessions = new NodeSessions(1, sessionMemory());
    return new OuchGateway(this.replica.outbox, sessions, this.archive, this.clock, options, QUIET);
  }

  /** Everything that stands, as images, to `sink` alone. */
  describeTo(sink: EventSink): void {
    const sinks = this.#sinks;
    this.#sinks = [sink];
    this.core.describe({ liveOrders: true, restingOrders: true });
    this.#sinks = sinks;
  }

  command(input: CommandInput): void {
    const at = this.replica.outbox.reserve(commandWords(input));
    writeCommand(this.replica.outbox.words, at, input);
  }

  static async start(t: TestContext): Promise<OrderPath> {
    const path = new OrderPath();
    path.command({ type: 'AddAsset', assetId: 1, decimals: 0, symbol: 'HIVE' });
    path.command({ type: 'AddAsset', assetId: 2, decimals: 2, symbol: 'EUR' });
    const instrument = {
      type: 'AddInstrument',
      kind: InstrumentKind.Spot,
      baseAssetId: 1,
      quoteAssetId: 2,
      lotSize: 1,
      valueNumerator: 1,
      valueDenominator: 1,
      lotBaseMinor: 1,
      minQtyLots: 1,
      maxQtyLots: 1_000_000,
      takerFeePpm: 1_000,
      marketProtectionPpm: 200_000,
      referencePriceTicks: 125,
      phase: Phase.Continuous,
    } as const;
    path.command({ ...instrument, instrumentId: 1, priceDecimals: 2, tickSize: 1, symbol: 'HIVE' });
    path.command({ ...instrument, instrumentId: 2, priceDecimals: 6, tickSize: 10, symbol: 'MICRO' });
    for (const [id, name] of [
      [11, 'ALICE'],
      [12, 'BOB'],
    ] as const) {
      path.command({ type: 'AddAccount', accountId: id });
      path.command({
        type: 'AddUser',
        role: Role.Trader,
        newUserId: id,
        accountId: id,
        name,
        salt: SALT,
        passwordHash: PASSWORD_HASH,
      });
      path.command({ type: 'Deposit', accountId: id, assetId: 1, amountMinor: 1_000_000 });
      path.command({ type: 'Deposit', accountId: id, assetId: 2, amountMinor: 1_000_000_000 });
    }
    path.port = (await path.gateway.listen()).port;
    t.after(() => path.gateway.close('test over'));
    await new Promise(setImmediate);
    return path;
  }

  async trader(t: TestContext, username: string, sequenceNumber = 0) {
    const reports: OuchReport[] = [];
    const client = await OuchClient.connect(
      { port: this.port, username, password: 'secret', sequenceNumber },
      (report) => reports.push(report),
    );
    t.after(() => client.soup.destroy());
    return { client, reports };
  }
}

/** The fields of a report that a test names. */
function pick<Names extends string>(report: object, ...names: Names[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (report as Record<string, unknown>)[name]]));
}

const summary = (report: object): unknown[] =>
  Object.values(pick(report, 'type', 'userRefNum', 'quantity', 'price', 'reason')).filter(
    (value) => value !== undefined,
  );

test('orders meet: accepted, executed for both, replaced, reduced, canceled, with receipts', async (t) => {
  const path = await OrderPath.start(t);
  const alice = await path.trader(t, 'ALICE');
  const bob = await path.trader(t, 'BOB');
  assert.deepEqual(pick(await alice.client.instrument('HIVE'), 'wirePriceDecimals', 'tickSize', 'lotSize'), {
    wirePriceDecimals: 4,
    tickSize: 100,
    lotSize: 1,
  });
  const sell = await alice.client.enter({
    side: 'S',
    symbol: 'HIVE',
    quantity: 100,
    price: 12_500,
    clOrdId: 'mine',
  });
  assert.deepEqual(pick(sell, 'type', 'userRefNum', 'clOrdId', 'symbol', 'sequenceNumber'), {
    type: 'OrderAccepted',
    userRefNum: 1,
    clOrdId: 'mine',
    symbol: 'HIVE',
    sequenceNumber: 1,
  });
  assert.ok((sell.options.logSequence ?? 0) > 0);
  const executed = bob.client.next(({ type }) => type === 'OrderExecuted');
  await bob.client.enter({ side: 'B', symbol: 'HIVE', quantity: 40, price: MARKET_PRICE, timeInForce: '3' });
  assert.deepEqual(pick(await executed, 'quantity', 'price', 'liquidityFlag', 'userRefNum'), {
    quantity: 40,
    price: 12_500,
    liquidityFlag: 'R',
    userRefNum: 1,
  });
  const replaced = await alice.client.replace(1, { quantity: 90, price: 12_600 });
  assert.deepEqual(summary(replaced), ['OrderReplaced', 2, 50, 12_600]);
  const reduced = await alice.client.cancel(2, 60);
  assert.deepEqual(summary(reduced), ['OrderCanceled', 2, 30, 'U']);
  assert.equal(reduced.options.openQuantity, 20);
  assert.deepEqual(summary(await alice.client.cancel(2)), ['OrderCanceled', 2, 20, 'U']);
  assert.deepEqual(pick(await alice.client.cancel(2), 'type', 'userRefNum'), {
    type: 'CancelReject',
    userRefNum: 2,
  });
  assert.deepEqual(
    alice.reports.map((report) => [report.sequenceNumber, report.type]),
    [
      [1, 'OrderAccepted'],
      [2, 'OrderExecuted'],
      [3, 'OrderReplaced'],
      [4, 'OrderCanceled'],
      [5, 'OrderCanceled'],
      [6, 'CancelReject'],
    ],
  );
});

test('a trade that staff takes back: one report more for each side, live and again; orders go on as they were', async (t) => {
  const path = await OrderPath.start(t);
  const alice = await path.trader(t, 'ALICE');
  const bob = await path.trader(t, 'BOB');
  const isBroken = ({ type }: { readonly type: string }): boolean => type === 'BrokenTrade';
  await alice.client.enter({ side: 'S', symbol: 'HIVE', quantity: 100, price: 12_500, clOrdId: 'mine' });
  const executed = bob.client.next(({ type }) => type === 'OrderExecuted');
  await bob.client.enter({ side: 'B', symbol: 'HIVE', quantity: 40, price: 12_500 });
  await executed;
  const broken = Promise.all([alice.client.next(isBroken), bob.client.next(isBroken)]);
  path.command(cancelOf(path.archive.lastTrade));
  const [ofAlice, ofBob] = await broken;
  const shared = {
    type: 'BrokenTrade',
    sequenceNumber: 3,
    userRefNum: 1,
    matchNumber: 1,
    reason: 'S',
    clOrdId: '',
  };
  assert.deepEqual(pick(ofAlice, ...Object.keys(shared)), shared);
  assert.deepEqual(pick(ofBob, ...Object.keys(shared)), shared);
  const feeOf = (report: object): number | undefined => (report as OuchReport).options.feeMinor;
  assert.deepEqual([feeOf(ofAlice), feeOf(ofBob)], [0, 5]);
  const canceled = await alice.client.cancel(1);
  assert.deepEqual(pick(canceled, 'sequenceNumber', 'quantity'), { sequenceNumber: 4, quantity: 60 });
  await alice.client.close();
  const again = await path.trader(t, 'ALICE', 1);
  assert.deepEqual(again.reports, alice.reports);
  again.client.soup.destroy();
  // From the store, at a node that has begun anew.
  const fresh = path.newGateway();
  t.after(() => fresh.close('test over'));
  path.describeTo(fresh);
  path.port = (await fresh.listen()).port;
  const later = await path.trader(t, 'ALICE', 1);
  while (later.reports.length < alice.reports.length) await later.client.next(() => true);
  assert.deepEqual(later.reports, alice.reports);
});

test('orders that OUCH has options for, and ours: iceberg, stop, pair, good till date, fill or kill', async (t) => {
  const path = await OrderPath.start(t);
  const { client, reports } = await path.trader(t, 'ALICE');
  const bob = await path.trader(t, 'BOB');
  const sell = { side: 'S', symbol: 'HIVE', quantity: 100, price: 10_000 } as const;
  await client.enter({ ...sell, options: { maxFloor: 10, timeInForce: '1' } });
  await client.enter({ ...sell, price: MARKET_PRICE, options: { orderType: 'S', stopPrice: 9_000 } });
  await client.enter({ ...sell, price: 20_000, options: { ocoUserRefNum: 2 } });
  await client.enter({ ...sell, price: 30_000, timeInForce: '6', options: { expireTime: 60 } });
  await client.enter({ ...sell, side: 'B', price: 5_000, timeInForce: '3', options: { timeInForce: '4' } });
  await bob.client.enter({ ...sell, side: 'B', quantity: 1, price: 9_000 });
  await bob.client.enter({ ...sell, side: 'B', quantity: 5, price: 8_000 });
  const paired = client.next((message) => message.type === 'OrderCanceled' && message.userRefNum === 3);
  await client.enter({ ...sell, quantity: 1, price: 9_000 });
  await paired;
  assert.deepEqual(reports.map(summary), [
    ['OrderAccepted', 1, 100, 10_000],
    ['OrderAccepted', 2, 100, MARKET_PRICE],
    ['OrderAccepted', 3, 100, 20_000],
    ['OrderAccepted', 4, 100, 30_000],
    ['OrderAccepted', 5, 100, 5_000],
    ['OrderCanceled', 5, 100, 'I'],
    ['OrderAccepted', 6, 1, 9_000],
    ['OrderExecuted', 6, 1, 9_000],
    ['OrderRestated', 2, 'T'],
    ['OrderExecuted', 2, 5, 8_000],
    ['OrderCanceled', 2, 95, 'I'],
    ['OrderCanceled', 3, 100, 'Z'],
  ]);
  assert.deepEqual(
    reports.slice(0, 5).map(({ options: { logSequence: _, ...options } }) => options),
    [
      { maxFloor: 10, timeInForce: '1' },
      { orderType: 'S', stopPrice: 9_000 },
      { ocoUserRefNum: 2 },
      { timeInForce: '6', expireSeconds: 1_700_000_060 },
      { timeInForce: '4' },
    ],
  );
});

test('refusals come in sequence, with their code and name', async (t) => {
  const path = await OrderPath.start(t);
  const { client } = await path.trader(t, 'ALICE');
  const order = { side: 'B', symbol: 'HIVE', quantity: 100, price: 10_000 } as const;
  const cases = [
    [{ ...order, symbol: 'NOPE' }, 'UNKNOWN_INSTRUMENT'],
    [{ ...order, price: 10_001 }, 'INVALID_PRICE'],
    [{ ...order, price: 0 }, 'INVALID_PRICE'],
    [{ ...order, quantity: 0 }, 'INVALID_QUANTITY'],
    [{ ...order, quantity: 2 ** 32 - 1 }, 'INVALID_QUANTITY'],
    [{ ...order, options: { priceType: 'M' } }, 'INVALID_FLAGS'],
    [{ ...order, options: { orderType: 'Q' } }, 'INVALID_ORDER_TYPE'],
    [{ ...order, options: { timeInForce: '9' } }, 'INVALID_TIME_IN_FORCE'],
    [{ ...order, options: { maxFloor: 101 } }, 'INVALID_DISPLAY_QUANTITY'],
    [{ ...order, options: { minQty: 101 } }, 'INVALID_MINIMUM_QUANTITY'],
    [{ ...order, options: { selfTradePrevention: '?' } }, 'INVALID_SELF_TRADE_PREVENTION'],
    [{ ...order, options: { stopPrice: 100 } }, 'INVALID_STOP_PRICE'],
    [{ ...order, options: { ocoUserRefNum: 77 } }, 'OCO_PARTNER_UNUSABLE'],
    [{ ...order, quantity: 1_000_000, price: 100_000_000 }, 'INSUFFICIENT_FUNDS'],
  ] as const;
  for (const [index, [input, name]] of cases.entries()) {
    const answer = await client.enter(input);
    assert.deepEqual(pick(answer, 'type', 'userRefNum', 'reason', 'sequenceNumber'), {
      type: 'Rejected',
      userRefNum: index + 1,
      reason: RejectCode[name],
      sequenceNumber: index + 1,
    });
    assert.equal(answer.options.rejectName, name);
  }
  const replaced = await client.replace(1, { quantity: 5, price: 100 });
  assert.equal(replaced.options.rejectName, 'UNKNOWN_ORDER');
  const canceled = await client.cancel(99);
  assert.deepEqual([canceled.type, canceled.options.rejectName], ['CancelReject', 'UNKNOWN_ORDER']);
});

test('a replace takes the price scale of its order', async (t) => {
  const path = await OrderPath.start(t);
  const { client } = await path.trader(t, 'ALICE');
  const micro = { side: 'B', symbol: 'MICRO', quantity: 1, price: 70 } as const;
  assert.deepEqual(summary(await client.enter(micro)), ['OrderAccepted', 1, 1, 70]);
  assert.deepEqual(summary(await client.replace(1, { quantity: 1, price: 80 })), ['OrderReplaced', 2, 1, 80]);
});

test('a number that the user has used elsewhere is an error, and the next order gets one above', async (t) => {
  const path = await OrderPath.start(t);
  const { client } = await path.trader(t, 'ALICE');
  const order = { side: 'B', symbol: 'HIVE', quantity: 1, price: 12_500 } as const;
  const ignored = (number: number, last: number) => ({
    name: 'OuchAnswerError',
    code: 'IGNORED',
    message: `the venue ignored order ${number}: the user has entered order ${last} elsewhere. Enter it again: it gets the number ${last + 1} or a later one`,
  });
  const enterElsewhere = async (clientOrderId: number): Promise<void> => {
    const there = { type: 'NewOrder', userId: 11, instrumentId: 1, clientOrderId } as const;
    const report = client.next(
      (answer) => answer.type === 'OrderAccepted' && answer.userRefNum === clientOrderId,
    );
    path.command({
      ...there,
      side: Side.Buy,
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.Day,
      qtyLots: 1,
      priceTicks: 100,
    });
    await report;
  };
  assert.deepEqual(summary(await client.enter(order)), ['OrderAccepted', 1, 1, 12_500]);
  await enterElsewhere(7);
  // The venue tells of the first one only.
  const lost = [client.enter(order), client.replace(1, { quantity: 2, price: 12_500 })];
  await Promise.all([assert.rejects(lost[0], ignored(2, 7)), assert.rejects(lost[1], ignored(3, 7))]);
  assert.deepEqual(summary(await client.enter(order)), ['OrderAccepted', 8, 1, 12_500]);
  await enterElsewhere(9);
  await assert.rejects(client.enter(order), ignored(9, 9), 'told again after a message that was taken');
  assert.deepEqual(summary(await client.enter(order)), ['OrderAccepted', 10, 1, 12_500]);
  const closed = Promise.withResolvers<string>();
  client.onClosed = closed.resolve;
  await client.close();
  assert.equal(await closed.promise, 'closed by the server', 'what it was told before is not why');
});

test('an answer that does not come is an error; spaces behind a symbol are none of it', async (t) => {
  const path = await OrderPath.start(t);
  const { client } = await path.trader(t, 'ALICE');
  assert.equal((await client.instrument('HIVE ')).symbol, 'HIVE');
  const login = { port: path.port, username: 'BOB', password: 'secret', answerTimeoutMs: 300 };
  const hasty = await OuchClient.connect(login);
  t.after(() => hasty.soup.destroy());
  hasty.soup.send = () => true;
  await assert.rejects(hasty.enter({ side: 'B', symbol: 'HIVE', quantity: 1 }), {
    name: 'OuchAnswerError',
    code: 'NO_ANSWER',
    message:
      'no answer to EnterOrder 1 in 300 ms: the reports say what became of it; log in again to read them',
  });
});

test('two questions about one order that are asked at once have each its own answer', async (t) => {
  const path = await OrderPath.start(t);
  const { client, reports } = await path.trader(t, 'ALICE');
  await client.enter({ side: 'B', symbol: 'HIVE', quantity: 100, price: 100 });
  const every = client.next(({ type }) => type === 'OrderCanceled');
  const answers = await Promise.all([client.cancel(1, 60), client.cancel(1), client.cancel(1)]);
  assert.deepEqual(answers.map(summary), [
    ['OrderCanceled', 1, 40, 'U'],
    ['OrderCanceled', 1, 60, 'U'],
    ['CancelReject', 1],
  ]);
  assert.deepEqual(reports.slice(1), answers);
  assert.equal(await every, answers[0]);
});

test('mass cancel: the cancels, then the count', async (t) => {
  const path = await OrderPath.start(t);
  const { client, reports } = await path.trader(t, 'ALICE');
  for (const side of ['B', 'S', 'B'] as const) {
    await client.enter({ side, symbol: 'HIVE', quantity: 1, price: side === 'B' ? 100 : 200 });
  }
  const sells = await client.massCancel({ symbol: 'HIVE', side: 'S' });
  assert.equal(sells.options.canceledOrders, 1);
  const rest = await client.massCancel();
  assert.equal(rest.options.canceledOrders, 2);
  assert.deepEqual(
    reports.slice(3).map(({ type }) => type),
    ['OrderCanceled', 'MassCancelResponse', 'OrderCanceled', 'OrderCanceled', 'MassCancelResponse'],
  );
  const unknown = await client.massCancel({ symbol: 'NOPE' });
  assert.equal(unknown.options.rejectName, 'UNKNOWN_INSTRUMENT');
});

test('cancel on disconnect: chosen by the client, seen when it comes back', async (t) => {
  const path = await OrderPath.start(t);
  const first = await path.trader(t, 'ALICE');
  await first.client.enter({ side: 'B', symbol: 'HIVE', quantity: 1, price: 100 });
  first.client.setCancelOnDisconnect(true);
  await first.client.accountQuery();
  first.client.soup.destroy();
  while (path.core.state.orders.store.liveOrders > 0) await new Promise(setImmediate);
  const second = await path.trader(t, 'ALICE', 2);
  assert.deepEqual(second.reports.map(summary), [
    ['OrderCanceled', 1, 1, 'Z'],
    ['MassCancelResponse', 0],
  ]);
});

test('cancel on disconnect: not while another session of the user that asked for it is open', async (t) => {
  const path = await OrderPath.start(t);
  const { client } = await path.trader(t, 'ALICE');
  await client.enter({ side: 'B', symbol: 'HIVE', quantity: 1, price: 100 });
  const elsewhere = { userId: 11, sessionId: 1, nodeId: 2 } as const;
  path.command({ type: 'OpenSession', ...elsewhere, cancelOnDisconnect: 1 });
  client.setCancelOnDisconnect(true);
  await client.accountQuery();
  client.soup.destroy();
  while (path.core.state.sessions.count > 1) await new Promise(setImmediate);
  assert.equal(path.core.state.orders.store.liveOrders, 1);
  path.command({ type: 'CloseSession', ...elsewhere });
  while (path.core.state.orders.store.liveOrders > 0) await new Promise(setImmediate);
});

test('coming back: the same messages from a gateway that knows them and from one that reads the store', async (t) => {
  const path = await OrderPath.start(t);
  const first = await path.trader(t, 'ALICE', 1);
  const bob = await path.trader(t, 'BOB');
  for (let i = 0; i < 20; i++) {
    await first.client.enter({
      side: 'B',
      symbol: i % 2 === 0 ? 'HIVE' : 'MICRO',
      quantity: 5,
      price: 100 + i * 100,
    });
    await bob.client.enter({ side: 'S', symbol: 'HIVE', quantity: 2, price: 100 });
  }
  await first.client.close();
  const again = await path.trader(t, 'ALICE', 1);
  assert.deepEqual(again.reports, first.reports);
  assert.ok(first.reports.length >= 40);
  again.client.soup.destroy();

  const fresh = path.newGateway();
  t.after(() => fresh.close('test over'));
  path.describeTo(fresh);
  const { port } = await fresh.listen();
  const reports: OuchReport[] = [];
  const client = await OuchClient.connect(
    { port, username: 'ALICE', password: 'secret', sequenceNumber: 1 },
    (report) => reports.push(report),
  );
  t.after(() => client.soup.destroy());
  while (reports.length < first.reports.length) await client.next(() => true);
  assert.deepEqual(reports, first.reports);
  assert.equal(client.nextUserRefNum, 21);
});

test('pipelined load: framed beforehand, answered in order, each once', async (t) => {
  const path = await OrderPath.start(t);
  const count = 2_000;
  const answers: string[] = [];
  const done = Promise.withResolvers<void>();
  const soup = await SoupClient.connect(
    { port: path.port, username: 'ALICE', password: 'secret' },
    {
      onSequenced: (bytes, from, to) => {
        const message = decodeOutbound(bytes.slice(from, to));
        answers.push(`${message.type} ${(message as { userRefNum: number }).userRefNum}`);
        if (answers.length === count * 3) done.resolve();
      },
    },
  );
  t.after(() => soup.destroy());
  const frames: Uint8Array[] = [];
  const expected: string[] = [];
  for (let i = 0; i < count; i++) {
    const first = 2 * i + 1;
    const order = { side: 'B', symbol: i % 3 === 0 ? 'MICRO' : 'HIVE', quantity: 1, price: 1_000 } as const;
    frames.push(frameOuch(enterOrder(first, order)));
    frames.push(frameOuch(replaceOrder(first, first + 1, { quantity: 2, price: 1_100 })));
    frames.push(frameOuch(cancelOrder(first + 1, 0)));
    expected.push(`OrderAccepted ${first}`, `OrderReplaced ${first + 1}`, `OrderCanceled ${first + 1}`);
  }
  soup.sendFramed(Buffer.concat(frames));
  await done.promise;
  assert.deepEqual(answers, expected);
});

test('connect: refused logins and lost connections are named errors', async (t) => {
  const path = await OrderPath.start(t);
  const login = { port: path.port, username: 'ALICE', password: 'secret' };
  await assert.rejects(OuchClient.connect({ ...login, password: 'wrong' }), (error: SoupLoginError) => {
    assert.ok(error instanceof SoupLoginError);
    assert.deepEqual([error.code, error.message], ['NOT_AUTHORIZED', 'unknown user or wrong password']);
    return true;
  });
  await assert.rejects(OuchClient.connect({ ...login, session: 'OTHER' }), {
    code: 'SESSION_NOT_AVAILABLE',
    message: 'the session here is HIVE',
  });
  await assert.rejects(OuchClient.connect({ ...login, username: 'TOOLONGNAME' }), RangeError);
  await assert.rejects(OuchClient.connect({ ...login, port: 1 }), { code: 'ECONNREFUSED' });
  const { client } = await path.trader(t, 'ALICE');
  const closed = Promise.withResolvers<string>();
  client.onClosed = closed.resolve;
  const never = assert.rejects(
    client.next(() => false),
    OuchClosedError,
  );
  await path.gateway.close('the venue closed');
  await never;
  assert.equal(await closed.promise, 'the venue closed');
});

test('connect: where the next number is not told, no connection stays', { timeout: 20_000 }, async (t) => {
  const closed = Promise.withResolvers<void>();
  const silent: SoupDoor<object> = {
    name: 'silent',
    credentials: () => undefined,
    isForAnybody: () => true,
    onLogin: () => ({ accepted: true, session: 'HIVE', nextSequence: 1 }),
    onLoggedIn: () => {},
    onMessage: () => PacketVerdict.Taken,
    onDrain: () => {},
    onClosed: () => closed.resolve(),
  };
  const server = new SoupServer(silent, { port: 0 }, QUIET);
  const { port } = await server.listen();
  t.after(() => server.close('test over'));
  const connecting = OuchClient.connect({ port, username: 'BOB', password: '', answerTimeoutMs: 50 });
  await assert.rejects(connecting, { name: 'OuchAnswerError', code: 'NO_ANSWER' });
  await closed.promise;
});
