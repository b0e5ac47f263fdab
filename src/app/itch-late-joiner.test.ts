import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { OrderType, Role, Side, TimeInForce } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { ItchServer } from '#gateways/itch/itch-server.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { glimpseSource, liveSource } from '#projections/market-data/feed-sources.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { cancelOf } from '../../test/support/cancel-trade.ts';
import {
  commandOf,
  MARKET_CAPACITY,
  marketOpening,
  marketStep,
  START_SECONDS,
} from '../../test/support/market-steps.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);

interface Resting {
  readonly level: string;
  shares: number;
}

/** The market as docs/protocols/itch.md alone has it: the bytes of a SoupBinTCP stream, and nothing of the venue's code. */
class WireMarket {
  readonly #socket: Socket;
  readonly #states = new Map<number, string>();
  /** What the auctions that run would do. */
  readonly #indicatives: Map<number, string> = new Map();
  /** The oldest first. */
  readonly #orders = new Map<bigint, Resting>();
  /** By the number of the message that it is the state after. */
  readonly after = new Map<number, string>();
  /** Match numbers of trades that were taken back. */
  readonly broken: bigint[] = [];
  session = '';
  /** Number of the last message. */
  sequence = 0;
  /** What G says. */
  nextSequence = 0;
  readonly ended = Promise.withResolvers<void>();
  #bytes = Buffer.alloc(0);
  #hours = '';

  /** @param before whose market it goes on with */
  constructor(t: TestContext, port: number, before?: WireMarket) {
    const from = before?.nextSequence ?? 1;
    const login = `L${' '.repeat(16)}${(before?.session ?? '').padStart(10)}${String(from).padStart(20)}`;
    if (before !== undefined) {
      this.#states = before.#states;
      this.#indicatives = before.#indicatives;
      this.#orders = before.#orders;
      this.#hours = before.#hours;
    }
    this.#socket = connect(port, '127.0.0.1');
    t.after(() => this.#socket.destroy());
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#socket.on('close', () => this.ended.resolve());
    const packet = Buffer.alloc(2 + login.length);
    packet.writeUInt16BE(login.length);
    packet.write(login, 2, 'latin1');
    this.#socket.write(packet);
  }

  get auctions(): number {
    return this.#indicatives.size;
  }

  get orders(): ReadonlyMap<bigint, Resting> {
    return this.#orders;
  }

  /** The trading states, one letter each. */
  get states(): string {
    return [...this.#states.values()].map((state) => state[0]).join('');
  }

  #onData(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 2) {
      const end = 2 + this.#bytes.readUInt16BE(0);
      if (this.#bytes.length < end) return;
      const packet = this.#bytes.subarray(2, end);
      this.#bytes = this.#bytes.subarray(end);
      if (packet[0] === 0x41) {
        this.session = packet.toString('latin1', 1, 11).trim();
        this.sequence = Number(packet.toString('latin1', 11, 31)) - 1;
      } else if (packet[0] === 0x53) {
        this.sequence++;
        this.#apply(packet.subarray(1));
        this.after.set(this.sequence, this.#text());
      } else assert.ok(packet[0] === 0x48 || packet[0] === 0x2b || packet[0] === 0x5a, `packet ${packet[0]}`);
    }
  }

  #apply(message: Buffer): void {
    const locate = message.length > 20 ? message.readUInt16BE(1) : 0;
    const reference = message.length >= 19 ? message.readBigUInt64BE(11) : 0n;
    const type = String.fromCharCode(message[0]);
    switch (type) {
      case 'S':
        // With the end of the hours none of them is in force.
        this.#hours = String.fromCharCode(message[11]).replace('E', 'O');
        return;
      case 'H':
        this.#states.set(locate, `${String.fromCharCode(message[19])}${message.toString('latin1', 21, 25)}`);
        this.#indicatives.delete(locate);
        return;
      case 'I':
        // All that it says, but for the time.
        if (message.readBigUInt64BE(11) === 0n) this.#indicatives.delete(locate);
        else this.#indicatives.set(locate, message.toString('hex', 11));
        return;
      case 'A':
        this.#add(
          reference,
          `${locate} ${String.fromCharCode(message[19])} ${message.readUInt32BE(32)}`,
          message.readUInt32BE(20),
        );
        return;
      case 'E':
      case 'C':
      case 'X':
        this.#take(reference, message.readUInt32BE(19));
        return;
      case 'D':
        assert.ok(this.#orders.delete(reference), `D ${reference}`);
        return;
      case 'U': {
        const order = this.#orders.get(reference);
        assert.ok(order !== undefined, `U ${reference}`);
        this.#orders.delete(reference);
        const [instrument, side] = order.level.split(' ');
        this.#add(
          message.readBigUInt64BE(19),
          `${instrument} ${side} ${message.readUInt32BE(31)}`,
          message.readUInt32BE(27),
        );
        return;
      }
      case 'B':
        this.broken.push(message.readBigUInt64BE(11));
        return;
      case 'G':
        this.nextSequence = Number(message.toString('latin1', 1, 21));
        return;
      default:
        assert.ok('RvQ'.includes(type), `type ${type}`);
    }
  }

  #add(reference: bigint, level: string, shares: number): void {
    assert.ok(!this.#orders.has(reference) && shares > 0, `${reference} is there`);
    this.#orders.set(reference, { level, shares });
  }

  #take(reference: bigint, shares: number): void {
    const order = this.#orders.get(reference);
    assert.ok(order !== undefined && order.shares >= shares, `${reference} has no ${shares}`);
    order.shares -= shares;
    if (order.shares === 0) this.#orders.delete(reference);
  }

  /** Everything that it knows, each price's orders by priority. */
  #text(): string {
    const levels = Map.groupBy(this.#orders, ([, { level }]) => level);
    const lines = [...levels].map(
      ([level, orders]) =>
        `${level}: ${orders.map(([reference, { shares }]) => `${reference}=${shares}`).join(' ')}`,
    );
    const states = [...this.#states].map(([locate, state]) => `${locate} ${state}`);
    const indicatives = [...this.#indicatives].map(([locate, indicative]) => `${locate} ${indicative}`);
    return [this.#hours, ...states.sort(), ...indicatives.sort(), ...lines.sort()].join('\n');
  }
}

/** A user whose orders stand behind those of the others. */
const PATIENT = 14;

/** An order that stands, and its replace that keeps the place. */
function patientOrder(number: number): readonly CommandInput[] {
  const terms = { userId: PATIENT, priceTicks: 93, displayQtyLots: number % 3 === 0 ? 5 : 0 } as const;
  return [
    {
      ...terms,
      type: 'NewOrder',
      instrumentId: 1 + (number % 2),
      clientOrderId: 2 * number + 1,
      side: Side.Buy,
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.GoodTillCancel,
      qtyLots: 20,
    },
    {
      ...terms,
      type: 'ReplaceOrder',
      originalClientOrderId: 2 * number + 1,
      clientOrderId: 2 * number + 2,
      qtyLots: 15,
    },
  ];
}

/** The real core behind the two doors. */
class Venue {
  readonly feed: MarketDataFeed;
  readonly core: TradingCore;
  /** Orders that are icebergs, and that were replaced and kept their place, by the ids that they had. */
  readonly icebergs = new Set<bigint>();
  readonly replaced = new Set<bigint>();
  lastTrade: Event<'Trade'> | undefined;
  /** Trades that were taken back. */
  readonly broken: bigint[] = [];
  /** Nobody shares a snapshot of an earlier step. */
  nowMs = 0;
  readonly #words = WordBuffer.allocate(256);
  #image: { readonly words: WordBuffer; to: number } | undefined;

  constructor(t: TestContext) {
    this.feed = new MarketDataFeed({
      directory: join(temporaryDirectory('itch-late-joiner'), 'feed'),
      orders: {
        ask: (sequence, onAnswer) => {
          assert.equal(sequence, this.core.sequence);
          const image = { words: WordBuffer.allocate(1 << 16), to: 0 };
          this.#image = image;
          this.core.describe({ liveOrders: false, restingOrders: true });
          this.#image = undefined;
          const read = (): number => {
            const { to } = image;
            image.to = 0;
            return to;
          };
          onAnswer({ image: { words: image.words, read, close: () => {} } });
          return () => {};
        },
      },
      nextSession: () => 'LATE',
      nowMs: () => this.nowMs,
      log: (line) => assert.fail(line),
    });
    t.after(() => this.feed.close());
    this.core = new TradingCore(this, MARKET_CAPACITY);
    const ofPatience: readonly CommandInput[] = [
      { type: 'AddAccount', accountId: 4 },
      { type: 'AddUser', newUserId: PATIENT, accountId: 4, role: Role.Trader, name: 'PATIENT' },
      { type: 'Deposit', accountId: 4, assetId: 1, amountMinor: 1e12 },
    ];
    for (const command of [...marketOpening(), ...ofPatience]) this.apply(command);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this.#image !== undefined) {
      this.#image.words.i32.set(words.i32.subarray(from, to), this.#image.to);
      this.#image.to += to - from;
      return;
    }
    this.feed.onEvents(words, from, to);
    for (const event of readEvents(words, from, to)) {
      if (event.type === 'Trade') this.lastTrade = event;
      if (event.type === 'TradeCanceled') this.broken.push(BigInt(event.tradeId));
      if (event.type !== 'OrderAccepted' && event.type !== 'OrderReplaced') continue;
      if (event.displayQtyLots > 0) this.icebergs.add(BigInt(event.orderId));
      if (event.type === 'OrderReplaced' && event.keepsPriority === 1)
        this.replaced.add(BigInt(event.originalOrderId));
    }
  }

  apply(command: CommandInput): void {
    const words = this.#words;
    const sequence = this.core.sequence + 1;
    words.i32.fill(0);
    const end = writeCommand(words, ENTRY_HEADER_WORDS, command);
    words.i32[0] = 1 | (1 << 16);
    words.i32[EntryHeader.at.epoch] = 1;
    words.f64[EntryHeader.at.entryNo >> 1] = sequence;
    this.core.applyEntry(sequence, START_SECONDS + sequence, 0, words, 0, end);
    this.feed.onCaughtUp(sequence);
    while (this.feed.step());
  }

  async listen(t: TestContext, isGlimpse: boolean): Promise<number> {
    const server = new ItchServer(
      isGlimpse ? glimpseSource(this.feed) : liveSource(this.feed),
      { name: 'itch', port: 0, credentials: () => undefined, allowAnonymous: true, limits: { tickMs: 0 } },
      { info: () => {}, warn: () => {} },
    );
    t.after(() => server.close('the test is over'));
    return (await server.listen()).port;
  }
}

test(`who joins by a snapshot, in auctions, halts and among icebergs, has after every message what an old subscriber has (seed ${SEED})`, async (t) => {
  const venue = new Venue(t);
  const [livePort, glimpsePort] = [await venue.listen(t, false), await venue.listen(t, true)];
  // As the thread does that brings events.
  const steps = setInterval(() => venue.feed.step(), 1);
  t.after(() => clearInterval(steps));
  const old = new WireMarket(t, livePort);
  const snapshots: WireMarket[] = [];
  const joiners: WireMarket[] = [];
  /** What stood when somebody joined: trading states, and whether an iceberg or an order that was replaced in its place was shown. */
  const joined = new Set<string>();
  const joins: Promise<void>[] = [];
  const caughtUp = async (market: WireMarket): Promise<void> => {
    while (market.sequence < venue.feed.session.readableSequence) await setImmediate();
  };
  const joinIn = async (): Promise<void> => {
    const snapshot = new WireMarket(t, glimpsePort);
    await snapshot.ended.promise;
    assert.ok(snapshot.nextSequence > 0, 'it is whole');
    joiners.push(new WireMarket(t, livePort, snapshot));
    snapshots.push(snapshot);
  };
  const commands = fc.sample(marketStep, { seed: SEED, numRuns: 900 });
  for (const [index, step] of commands.entries()) {
    venue.apply(commandOf(index + 1, step));
    if (index % 5 === 0 && venue.lastTrade !== undefined) {
      venue.apply(cancelOf(venue.lastTrade));
    }
    if (index % 15 !== 0) continue;
    for (const command of patientOrder(index / 15)) venue.apply(command);
    await caughtUp(old);
    for (const state of old.states) joined.add(state);
    if (old.auctions > 0) joined.add('indicative');
    for (const reference of old.orders.keys()) {
      if (venue.icebergs.has(reference)) joined.add('iceberg');
      if (venue.replaced.has(reference)) joined.add('replaced');
    }
    venue.nowMs += 2_000;
    const join = joinIn();
    // Every other one while the market goes on.
    if (index % 2 === 0) await join;
    joins.push(join);
  }
  await Promise.all(joins);
  for (const market of [old, ...joiners]) await caughtUp(market);
  for (const [index, snapshot] of snapshots.entries()) {
    // It is of the moment before the message with which live goes on.
    assert.equal(snapshot.after.get(snapshot.sequence), old.after.get(snapshot.nextSequence - 1));
    for (const [sequence, state] of joiners[index].after)
      assert.equal(state, old.after.get(sequence), `${sequence}`);
    assert.deepEqual(snapshot.broken, []);
    const { broken } = joiners[index];
    assert.deepEqual(broken, old.broken.slice(old.broken.length - broken.length));
  }
  assert.deepEqual(old.broken, venue.broken);
  assert.ok(old.broken.length > 20, `${old.broken.length} trades were taken back`);
  assert.ok(new Set(joiners.map(({ broken }) => broken.length)).size > 10, 'some joined behind some of them');
  assert.deepEqual([...joined].sort(), ['H', 'Q', 'T', 'iceberg', 'indicative', 'replaced']);
  assert.ok(
    snapshots.length === 60 && old.sequence > 500,
    `${snapshots.length} joins, ${old.sequence} messages`,
  );
});
