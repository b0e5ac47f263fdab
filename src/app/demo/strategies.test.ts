import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { DEMO_INSTRUMENTS, demoVenue } from './demo-venue.ts';
import { fairPriceOf } from './fair-price.ts';
import type { DemoOrder, DeskOrder, Listing, OrderDesk, Strategy } from './participant.ts';
import { IcebergTrader, MarketMaker, Taker } from './strategies.ts';

const START_SECONDS = 1_800_000_000;
const SEED = 7;

const listings: readonly Listing[] = DEMO_INSTRUMENTS.map((instrument, index) => ({
  ...instrument,
  fair: fairPriceOf(index, instrument.centreTicks, SEED),
}));

/** A desk whose orders are accepted at once and, if `fills`, filled whole. */
class TestDesk implements OrderDesk {
  readonly sent: string[] = [];
  readonly orders: (DemoOrder & { readonly terms: DeskOrder })[] = [];
  readonly #strategy: Strategy;
  readonly #fills: boolean;

  constructor(strategy: Strategy, fills = false) {
    this.#strategy = strategy;
    this.#fills = fills;
  }

  enter(listing: Listing, terms: DeskOrder): DemoOrder {
    const { side, priceTicks, quantity } = terms;
    this.sent.push(`enter ${side} ${quantity} ${listing.symbol} at ${priceTicks}`);
    const order = {
      userRefNum: this.sent.length,
      listing,
      side,
      priceTicks,
      doneLots: this.#fills ? quantity : 0,
      openLots: this.#fills ? 0 : quantity,
      pending: false,
      terms,
    };
    this.orders.push(order);
    this.#strategy.onOrder(order);
    return order;
  }

  replace(order: DemoOrder, priceTicks: number, openLots: number): void {
    this.sent.push(`replace ${order.userRefNum} by ${openLots} at ${priceTicks}`);
    order.priceTicks = priceTicks;
    order.openLots = openLots;
  }
}

function run(strategy: Strategy, desk: OrderDesk, acts: number, each: (nowSeconds: number) => void): void {
  for (let act = 0; act < acts; act++) {
    const nowSeconds = START_SECONDS + act / 100;
    strategy.act(desk, nowSeconds);
    each(nowSeconds);
  }
}

test('fair price: a function of the time and the seed, slow, and never far from its centre', () => {
  for (const [index, { centreTicks }] of DEMO_INSTRUMENTS.entries()) {
    const fair = fairPriceOf(index, centreTicks, SEED);
    const again = fairPriceOf(index, centreTicks, SEED);
    for (let second = 0; second < 30_000; second += 7) {
      const price = fair.at(START_SECONDS + second);
      assert.equal(again.at(START_SECONDS + second), price);
      assert.ok(Math.abs(price / centreTicks - 1) < 0.016, `${price} is far from ${centreTicks}`);
      const next = fair.at(START_SECONDS + second + 1);
      assert.ok(Math.abs(next / price - 1) < 0.0001, `${price} to ${next} within a second`);
    }
    assert.notEqual(fairPriceOf(index, centreTicks, SEED + 1).at(START_SECONDS), fair.at(START_SECONDS));
  }
});

test('demo venue: every instrument that is traded is there, at the price around which it drifts', () => {
  const { instruments } = demoVenue();
  assert.deepEqual(
    instruments.map(({ add }) => add.symbol),
    DEMO_INSTRUMENTS.map(({ symbol }) => symbol),
  );
  for (const [index, { centreTicks }] of DEMO_INSTRUMENTS.entries()) {
    assert.ok(Math.abs(centreTicks / (instruments[index].add.referencePriceTicks ?? 0) - 1) < 0.01);
  }
});

test('market maker: three post-only orders on each side of each book, around the fair price', () => {
  const maker = new MarketMaker(listings, seededRandom(SEED));
  const desk = new TestDesk(maker);
  run(maker, desk, 5_000, (nowSeconds) => {
    const order = desk.orders.at(-1);
    const fair = order?.listing.fair.at(nowSeconds) ?? 0;
    if (order?.side === 'B') assert.ok(order.priceTicks < fair * 1.001);
    else if (order !== undefined) assert.ok(order.priceTicks > fair * 0.999);
  });
  assert.equal(desk.orders.length, listings.length * 2 * 3);
  for (const { terms } of desk.orders) assert.deepEqual(terms.options, { postOnly: 'P', timeInForce: '1' });
  for (const listing of listings) {
    const prices = (side: 'B' | 'S') =>
      desk.orders.filter((one) => one.listing === listing && one.side === side).map((one) => one.priceTicks);
    assert.ok(Math.max(...prices('B')) < Math.min(...prices('S')), listing.symbol);
  }
});

test('market maker: the same seed sends the same messages', () => {
  const sent = [SEED, SEED, SEED + 1].map((seed) => {
    const maker = new MarketMaker(listings, seededRandom(seed));
    const desk = new TestDesk(maker);
    run(maker, desk, 500, () => {});
    return desk.sent;
  });
  assert.deepEqual(sent[0], sent[1]);
  assert.notDeepEqual(sent[0], sent[2]);
});

test('market maker: after a new connection it quotes anew', () => {
  const maker = new MarketMaker(listings, seededRandom(SEED));
  const desk = new TestDesk(maker);
  run(maker, desk, 2_000, () => {});
  const before = desk.orders.length;
  maker.onConnected();
  run(maker, desk, 2_000, () => {});
  assert.equal(desk.orders.length, before * 2);
});

test('taker: immediate-or-cancel only, and its inventory stays bounded', () => {
  const taker = new Taker(listings, seededRandom(SEED));
  const desk = new TestDesk(taker, true);
  run(taker, desk, 20_000, () => {});
  for (const { symbol, unitLots } of listings) {
    const orders = desk.orders.filter(({ listing }) => listing.symbol === symbol);
    const inventory = orders.reduce((sum, one) => sum + one.doneLots * (one.side === 'B' ? 1 : -1), 0);
    assert.ok(orders.every(({ terms }) => terms.timeInForce === '3'));
    assert.ok(Math.abs(inventory) < unitLots * 200, `${symbol}: ${inventory}`);
  }
});

test('iceberg trader: one large order in each book, a tenth of it shown, moved with the price', () => {
  const trader = new IcebergTrader(listings, seededRandom(SEED));
  const desk = new TestDesk(trader);
  run(trader, desk, 20_000, () => {});
  assert.equal(desk.orders.length, listings.length);
  for (const { terms } of desk.orders) assert.equal(terms.quantity, (terms.options?.maxFloor ?? 0) * 10);
  assert.ok(desk.sent.some((message) => message.startsWith('replace')));
});
