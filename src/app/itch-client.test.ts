import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { ItchCode, ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import { Phase, Side } from '#domain/commands.ts';
import type { FeedLog } from '#projections/market-data/feed-log.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import type { StandingOrders } from '#projections/market-data/standing-orders.ts';
import { snapshotOf } from '#projections/market-data/test-feed.ts';
import { TestVenue } from '#projections/market-data/test-venue.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { ItchBookBuilder } from './itch-client.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);
const INSTRUMENTS = [1, 2];
/** Wire price units of one tick: the test instruments have two price decimals. */
const TICK = 100;

const directory = temporaryDirectory('itch-client');
let sessions = 0;

function newFeed(orders: StandingOrders): MarketDataFeed {
  return new MarketDataFeed({
    directory: join(directory, String(sessions)),
    orders,
    nextSession: () => `S${sessions++}`,
    log: (line) => assert.fail(line),
    snapshotMessagesMax: 0,
  });
}

/** Applies the messages from `fromSequence` on, from the bytes alone. Returns how many there were. */
function read(log: FeedLog, fromSequence: number, builder: ItchBookBuilder): number {
  let messages = 0;
  const reader = new ItchFrameReader({
    onItchMessage: (message) => {
      builder.apply(message);
      messages++;
    },
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  });
  const chunk = new Uint8Array(4_096);
  let offset = log.offsetOf(fromSequence);
  for (let bytes = log.readAt(offset, chunk); bytes > 0; bytes = log.readAt(offset, chunk)) {
    reader.push(chunk.subarray(0, bytes));
    offset += bytes;
  }
  reader.end();
  return messages;
}

/** Every order as the wire shows it, in priority order. */
function venueRows(venue: TestVenue, instrumentId: number, side: Side): object[] {
  return venue.side(instrumentId, side).map(({ reference, priceTicks, visibleQtyLots }) => {
    return { reference, price: priceTicks * TICK, shares: visibleQtyLots };
  });
}

/** The builder's book and the venue's are the same. */
function compare(builder: ItchBookBuilder, venue: TestVenue): void {
  let orders = 0;
  for (const instrumentId of INSTRUMENTS) {
    for (const side of [Side.Buy, Side.Sell]) {
      const built = builder.side(instrumentId, side === Side.Buy ? 'B' : 'S');
      assert.deepEqual(built, venueRows(venue, instrumentId, side));
      orders += built.length;
    }
  }
  assert.equal(builder.orders, orders);
}

const operation = fc.record({
  kind: fc.nat(99),
  instrument: fc.constantFrom(...INSTRUMENTS),
  side: fc.constantFrom(Side.Buy, Side.Sell),
  choice: fc.nat(1_000),
  price: fc.integer({ min: 95, max: 105 }),
  qty: fc.integer({ min: 1, max: 60 }),
  display: fc.constantFrom(0, 0, 3, 10),
  batch: fc.boolean(),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function apply(venue: TestVenue, op: Operation): void {
  const { kind, instrument, side, choice, price, qty, display } = op;
  const orders = venue.side(instrument, side);
  const order = orders[choice % Math.max(1, orders.length)];
  if (kind < 55 || order === undefined) venue.enter(instrument, side, price, qty, display);
  else if (kind < 68) venue.cancel(order, kind % 2 === 0 ? order.leavesQtyLots : qty);
  else if (kind < 78) venue.replaceInPlace(order, 1 + (qty % order.leavesQtyLots));
  else if (kind < 90) venue.replaceAnew(order, price, qty, display);
  else if (venue.phaseOf(instrument) === Phase.Continuous) {
    venue.setPhase(instrument, kind < 95 ? Phase.VolatilityAuction : Phase.OpeningAuction);
  } else venue.uncross(instrument, price);
}

function begin(): { venue: TestVenue; feed: MarketDataFeed } {
  const venue = new TestVenue();
  const feed = newFeed(venue);
  for (const instrumentId of INSTRUMENTS) venue.addInstrument(instrumentId);
  return { venue, feed };
}

test(`random markets: the book built from the wire is the venue's book (seed ${SEED})`, () => {
  const property = fc.property(fc.array(operation, { minLength: 1, maxLength: 120 }), (operations) => {
    const { venue, feed } = begin();
    for (const op of operations) {
      apply(venue, op);
      if (op.batch) venue.deliver(feed);
    }
    venue.deliver(feed);
    const builder = new ItchBookBuilder();
    read(feed.session, 1, builder);
    compare(builder, venue);
    feed.close();
  });
  fc.assert(property, { seed: SEED, numRuns: 400 });
});

test(`random markets: snapshot then live, a new session and an image all lead to the same book (seed ${SEED})`, () => {
  const operations = fc.array(operation, { minLength: 1, maxLength: 60 });
  const property = fc.property(operations, operations, (before, later) => {
    const { venue, feed } = begin();
    for (const op of before) apply(venue, op);
    venue.deliver(feed);
    const joined = new ItchBookBuilder();
    const snapshot = snapshotOf(feed);
    read(snapshot, 1, joined);
    assert.equal(joined.nextSequence, feed.session.readableSequence + 1);
    compare(joined, venue);
    for (const op of later) apply(venue, op);
    venue.deliver(feed);
    read(feed.session, joined.nextSequence, joined);
    compare(joined, venue);

    venue.timeSeconds += 86_400;
    venue.enter(1, Side.Buy, 1, 1);
    venue.deliver(feed);
    venue.forgetReferences();
    const nextDay = new ItchBookBuilder();
    read(feed.session, 1, nextDay);
    compare(nextDay, venue);

    feed.restart();
    venue.emitImage();
    for (const op of before) apply(venue, op);
    venue.deliver(feed);
    const restarted = new ItchBookBuilder();
    read(feed.session, 1, restarted);
    compare(restarted, venue);
    feed.close();
  });
  fc.assert(property, { seed: SEED, numRuns: 150 });
});

test('the comparison fails when one message of the stream is lost, doubled or changed', () => {
  const { venue, feed } = begin();
  const sample = fc.sample(operation, { seed: 1, numRuns: 150 });
  for (const op of sample) apply(venue, op);
  venue.deliver(feed);
  const messages: ItchMessage[] = [];
  new ItchFrameReader({
    onItchMessage: (message) => messages.push(Object.assign(new ItchMessage(), message)),
    onUnknownItchType: () => {},
  }).push(wholeFile(feed.session));
  const builds = (stream: ItchMessage[]): void => {
    const builder = new ItchBookBuilder();
    for (const message of stream) builder.apply(message);
    compare(builder, venue);
  };
  builds(messages);
  const whole: number[] = [ItchType.AddOrder, ItchType.OrderDelete, ItchType.OrderReplace];
  const partial: number[] = [ItchType.OrderExecuted, ItchType.OrderExecutedWithPrice, ItchType.OrderCancel];
  const planted = new Set<number>();
  messages.forEach((message, index) => {
    const { type, orderReference } = message;
    // A reduction of an order that goes whole later leaves no trace in the book.
    const goesLater = messages
      .slice(index)
      .some((later) => whole.includes(later.type) && later.orderReference === orderReference);
    if (!whole.includes(type) && !(partial.includes(type) && !goesLater)) return;
    planted.add(type);
    assert.throws(() => builds(messages.toSpliced(index, 1)), `without message ${index + 1}`);
    assert.throws(() => builds(messages.toSpliced(index, 0, message)), `message ${index + 1} twice`);
  });
  const last = messages.findLastIndex((message) => message.type === ItchType.AddOrder);
  const changed = Object.assign(new ItchMessage(), messages[last], { shares: messages[last].shares + 1 });
  assert.throws(() => builds(messages.with(last, changed)));
  assert.equal(planted.size, 6, 'the sample has all kinds of changes');
  feed.close();
});

function wholeFile(log: FeedLog): Uint8Array {
  const bytes = new Uint8Array(log.bytes);
  assert.equal(log.readAt(0, bytes), bytes.length);
  return bytes;
}

test('ItchBookBuilder: directory, states, volumes', () => {
  const { venue, feed } = begin();
  venue.enter(1, Side.Sell, 100, 10);
  venue.enter(1, Side.Buy, 100, 4);
  venue.setPhase(1, Phase.ClosingAuction);
  venue.enter(1, Side.Buy, 101, 5);
  venue.uncross(1, 100);
  venue.setPhase(2, Phase.Halted);
  venue.deliver(feed);
  const builder = new ItchBookBuilder();
  read(feed.session, 1, builder);
  assert.deepEqual(
    [...builder.symbols],
    [
      [1, 'INST1'],
      [2, 'INST2'],
    ],
  );
  assert.deepEqual(
    [...builder.states],
    [
      [1, 'T'],
      [2, 'H HALT'],
    ],
  );
  assert.deepEqual([...builder.volumes], [[1, 9]], 'E prints 4, the cross 5, C none');
  feed.close();
});

test('ItchBookBuilder: a trade that is taken back changes neither the book nor what was printed', () => {
  const { venue, feed } = begin();
  venue.enter(1, Side.Sell, 100, 10);
  venue.enter(1, Side.Buy, 100, 4);
  venue.emit({
    type: 'TradeCanceled',
    instrumentId: 1,
    tradeId: 1,
    qtyLots: 4,
    amountMinor: 400,
    priceTicks: 100,
  });
  venue.deliver(feed);
  const builder = new ItchBookBuilder();
  read(feed.session, 1, builder);
  compare(builder, venue);
  assert.deepEqual([...builder.volumes], [[1, 4]]);
  feed.close();
});

test('ItchBookBuilder: a recorded market leaves the live orders that its publisher says', (t) => {
  const data = process.env['HIVE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
  const path = join(data, 'aapl-20200130-locate-13-10k.itch50');
  if (!existsSync(path)) return t.skip(`no recorded data: ${path} is absent (set HIVE_DATA)`);
  const builder = new ItchBookBuilder();
  let hidden = 0;
  new ItchFrameReader({
    onItchMessage: (message) => {
      builder.apply(message);
      if (message.type === ItchType.Trade) hidden += message.shares;
    },
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  }).push(readFileSync(path));
  const [bids, asks] = [builder.side(13, 'B'), builder.side(13, 'S')];
  assert.equal(bids.length + asks.length, 215);
  assert.ok(bids[0].price < asks[0].price, 'not crossed');
  assert.deepEqual([bids.at(-1)!.price, asks.at(-1)!.price], [100, 1_999_999_900], 'stub quotes');
  assert.equal(builder.volumes.get(13)! - hidden, 56_086);
});

test('ItchBookBuilder: messages that do not fit together are refused', () => {
  const message = (fields: Partial<ItchMessage>): ItchMessage =>
    Object.assign(
      new ItchMessage(),
      { orderReference: 1, side: ItchCode.Buy, shares: 5, price: 100 },
      fields,
    );
  const builder = new ItchBookBuilder();
  builder.apply(message({ type: ItchType.AddOrder }));
  const refused = (fields: Partial<ItchMessage>, pattern: RegExp): void =>
    assert.throws(
      () => builder.apply(message(fields)),
      (error: Error) => {
        assert.equal(error.name, 'ItchBookError');
        assert.match(error.message, pattern);
        return true;
      },
    );
  refused({ type: ItchType.AddOrder }, /is in the book already/);
  refused({ type: ItchType.AddOrder, orderReference: 2, shares: 0 }, /no shares/);
  refused({ type: ItchType.OrderExecuted, shares: 6 }, /has 5 shares, 6 are taken/);
  refused({ type: ItchType.OrderDelete, orderReference: 3 }, /not in the book/);
  refused({ type: ItchType.OrderReplace, orderReference: 3, newOrderReference: 4 }, /not in the book/);
});
