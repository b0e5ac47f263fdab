import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { InstrumentKind, Side } from '#domain/commands.ts';
import { ACCEPTED } from '#domain/rejects.ts';
import { TestVenue, USD } from '../registry/test-venue.ts';
import { audit } from './audit.ts';

const { Buy, Sell } = Side;

function seeded(t: TestContext): { seed: number } {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  return { seed };
}

interface Order {
  readonly holding: number;
  readonly side: number;
  priceTicks: number;
  leavesLots: number;
}

/** What the core does with orders, without a book: any two orders whose prices cross may trade. */
class Trader {
  readonly venue: TestVenue;
  readonly orders: Order[] = [];
  /** Per holding: value sold minus value bought, and fees paid, in bigint. */
  readonly cash = new Map<number, bigint>();
  readonly fees = new Map<number, bigint>();

  constructor(venue: TestVenue) {
    this.venue = venue;
  }

  enter(accountRow: number, instrumentRow: number, side: number, priceTicks: number, lots: number): void {
    const { ledger } = this.venue;
    const holding = ledger.holdingRow(accountRow, instrumentRow);
    if (ledger.reserve(holding, side, priceTicks, lots, 0) !== ACCEPTED) return;
    this.orders.push({ holding, side, priceTicks, leavesLots: lots });
  }

  reduce(order: Order, leavesLots: number): void {
    const { holding, side, priceTicks } = order;
    this.venue.ledger.rehold(holding, side, priceTicks, order.leavesLots, leavesLots);
    order.leavesLots = leavesLots;
    if (leavesLots === 0) this.orders.splice(this.orders.indexOf(order), 1);
  }

  replace(order: Order, priceTicks: number, lots: number): void {
    const { ledger } = this.venue;
    const { holding, side, leavesLots } = order;
    ledger.rehold(holding, side, order.priceTicks, leavesLots, 0);
    if (ledger.reserve(holding, side, priceTicks, lots, leavesLots) !== ACCEPTED) {
      ledger.restore(holding, side, order.priceTicks, leavesLots);
      return;
    }
    order.priceTicks = priceTicks;
    order.leavesLots = lots;
  }

  trade(pick: number, atBuyPrice: boolean, lots: number, buyerIsMaker: boolean): void {
    const { ledger, instruments } = this.venue;
    const pairs = this.orders.flatMap((buy) =>
      this.orders
        .filter((sell) => buy.side === Buy && sell.side === Sell && sell.priceTicks <= buy.priceTicks)
        .filter((sell) => ledger.instrumentRow(sell.holding) === ledger.instrumentRow(buy.holding))
        .map((sell) => [buy, sell] as const),
    );
    if (pairs.length === 0) return;
    const [buy, sell] = pairs[pick % pairs.length];
    const instrument = ledger.instrumentRow(buy.holding);
    const qtyLots = 1 + (lots % Math.min(buy.leavesLots, sell.leavesLots));
    const maker = instruments.makerFeePpm(instrument);
    const taker = instruments.takerFeePpm(instrument);
    const price = atBuyPrice ? buy.priceTicks : sell.priceTicks;
    const [buyerFee, sellerFee] = buyerIsMaker ? [maker, taker] : [taker, maker];
    ledger.settle(instrument, buy.holding, sell.holding, price, qtyLots, buyerFee, sellerFee);
    this.reduce(buy, buy.leavesLots - qtyLots);
    this.reduce(sell, sell.leavesLots - qtyLots);
    add(this.cash, buy.holding, -ledger.amountMinor);
    add(this.cash, sell.holding, ledger.amountMinor);
    add(this.fees, buy.holding, ledger.buyerFeeMinor);
    add(this.fees, sell.holding, ledger.sellerFeeMinor);
  }

  /** The open orders' own figures add up to what the ledger keeps for them, and the ledger's sums to each other. */
  check(): void {
    const { ledger } = this.venue;
    assert.equal(audit(ledger), null);
    assert.equal(ledger.conserved(), true);
    for (let row = 0; row < ledger.count; row++) {
      const sum = (side: number, of: (order: Order) => number): number =>
        this.orders
          .filter((order) => order.holding === row && order.side === side)
          .reduce((total, order) => total + of(order), 0);
      const value = (order: Order): number =>
        ledger.valueMinor(ledger.instrumentRow(row), order.priceTicks, order.leavesLots);
      assert.equal(
        ledger.openBuyLots(row),
        sum(Buy, (order) => order.leavesLots),
      );
      assert.equal(
        ledger.openSellLots(row),
        sum(Sell, (order) => order.leavesLots),
      );
      assert.equal(
        ledger.heldBuyMinor(row),
        sum(Buy, (order) => this.#holdMinor(row, order, value(order))),
      );
      assert.equal(
        ledger.heldSellMinor(row),
        sum(Sell, (order) => this.#holdMinor(row, order, value(order))),
      );
      assert.equal(ledger.openValueMinor(row), sum(Buy, value) + sum(Sell, value));
    }
  }

  /** What an open order must hold, in bigint: docs/matching.md, section 10. */
  #holdMinor(holding: number, order: Order, valueMinor: number): number {
    const { ledger, instruments } = this.venue;
    const row = ledger.instrumentRow(holding);
    if (instruments.kind(row) !== InstrumentKind.Spot) return 0;
    if (order.side === Sell) return Number(BigInt(order.leavesLots) * BigInt(instruments.lotBaseMinor(row)));
    const feePpm = BigInt(Math.max(instruments.makerFeePpm(row), instruments.takerFeePpm(row)));
    return Number(BigInt(valueMinor) + (feePpm * BigInt(valueMinor)) / 1_000_000n);
  }
}

function add(sums: Map<number, bigint>, holding: number, amount: number): void {
  sums.set(holding, (sums.get(holding) ?? 0n) + BigInt(amount));
}

const configuration = fc.record({
  valueNumerator: fc.integer({ min: 1, max: 1_000 }),
  valueDenominator: fc.constantFrom(1, 7, 10, 1_000, 99_991),
  makerFeePpm: fc.constantFrom(0, 1, 1_999, 333_333),
  takerFeePpm: fc.constantFrom(0, 250, 30_001, 1_000_000),
});

const step = fc.record({
  kind: fc.constantFrom('enter', 'enter', 'enter', 'trade', 'trade', 'trade', 'reduce', 'replace', 'move'),
  account: fc.integer({ min: 1, max: 3 }),
  side: fc.constantFrom(Buy, Sell),
  priceTicks: fc.integer({ min: 1, max: 200 }),
  lots: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100_000 })),
  pick: fc.nat(1_000),
  flag: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Applies a step; `instruments` are the rows that orders may name. */
function apply(trader: Trader, instruments: readonly number[], next: Step): void {
  const { venue, orders } = trader;
  const { account, side, priceTicks, lots, pick, flag } = next;
  const order = orders.length === 0 ? undefined : orders[pick % orders.length];
  if (next.kind === 'enter') {
    trader.enter(account, instruments[pick % instruments.length], side, priceTicks, lots);
  } else if (next.kind === 'trade') {
    trader.trade(pick, flag, lots, side === Buy);
  } else if (next.kind === 'move') {
    const asset = 1 + (pick % 2);
    if (flag) venue.deposit(account, asset, lots);
    else venue.withdraw(account, asset, lots);
  } else if (order !== undefined) {
    if (next.kind === 'reduce') trader.reduce(order, lots % (order.leavesLots + 1));
    else trader.replace(order, priceTicks, lots);
  }
}

test('spot: money is conserved, sums agree and nobody ever has less than nothing available', (t) => {
  fc.assert(
    fc.property(configuration, fc.array(step, { maxLength: 120 }), (fields, steps) => {
      const trader = new Trader(new TestVenue(fields));
      const { venue } = trader;
      for (let account = 1; account <= 3; account++) {
        venue.deposit(account, 1, 50_000);
        venue.deposit(account, USD, 200_000);
      }
      for (const next of steps) {
        apply(trader, [0], next);
        trader.check();
        for (let row = 0; row < venue.ledger.balances.count; row++) {
          assert.ok(venue.ledger.balances.availableMinor(row) >= 0, `balance ${row} is overdrawn`);
        }
      }
    }),
    { ...seeded(t), numRuns: 150 },
  );
});

test('margined and spot: money is conserved, and profit is what was sold minus what was bought', (t) => {
  fc.assert(
    fc.property(configuration, configuration, fc.array(step, { maxLength: 120 }), (spot, future, steps) => {
      const trader = new Trader(new TestVenue(spot, { ...future, initialMarginMinor: 20 }));
      const { venue } = trader;
      const { ledger } = venue;
      for (let account = 1; account <= 3; account++) {
        venue.deposit(account, 1, 5_000);
        venue.deposit(account, USD, 100_000);
      }
      for (const next of steps) {
        apply(trader, [0, 1], next);
        trader.check();
      }
      for (let row = 0; row < ledger.count; row++) {
        if (ledger.instrumentRow(row) !== 1) continue;
        const entry = BigInt(ledger.entryValueMinor(row)) * (ledger.positionLots(row) < 0 ? -1n : 1n);
        assert.equal(BigInt(ledger.realisedMinor(row)), (trader.cash.get(row) ?? 0n) + entry);
      }
      let fees = 0n;
      for (const paid of trader.fees.values()) fees += paid;
      let realised = 0n;
      for (let row = 0; row < ledger.count; row++) realised += BigInt(ledger.realisedMinor(row));
      assert.equal(BigInt(venue.totalMinor(0, USD)), fees - realised);
    }),
    { ...seeded(t), numRuns: 150 },
  );
});

/** Fills one buy order that may spend exactly its hold, cut by cut; false when it was overdrawn or sums broke. */
function fillsAreCovered(
  fields: { readonly makerFeePpm: number; readonly takerFeePpm: number },
  cuts: readonly (readonly [lots: number, priceTicks: number])[],
  feePpm: number,
): boolean {
  const venue = new TestVenue(fields);
  const { ledger } = venue;
  const total = cuts.reduce((sum, [lots]) => sum + lots, 0);
  const buyer = ledger.holdingRow(1, 0);
  const seller = ledger.holdingRow(2, 0);
  venue.deposit(2, 1, total * 3);
  venue.deposit(1, USD, 2 ** 50);
  assert.equal(ledger.reserve(buyer, Buy, 1_000, total, 0), ACCEPTED);
  venue.withdraw(1, USD, 2 ** 50 - ledger.heldBuyMinor(buyer));
  let leaves = total;
  let covered = true;
  for (const [lots, priceTicks] of cuts) {
    assert.equal(ledger.reserve(seller, Sell, priceTicks, lots, 0), ACCEPTED);
    ledger.settle(0, buyer, seller, priceTicks, lots, feePpm, 0);
    ledger.rehold(buyer, Buy, 1_000, leaves, leaves - lots);
    ledger.rehold(seller, Sell, priceTicks, lots, 0);
    leaves -= lots;
    covered &&= venue.availableMinor(1, USD) >= 0;
  }
  return covered && ledger.heldBuyMinor(buyer) === 0 && audit(ledger) === null;
}

test('spot: the fills of an order, however it is cut, never cost more than its hold', (t) => {
  const cut = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1_000 }));
  fc.assert(
    fc.property(
      configuration,
      fc.array(cut, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      (fields, cuts, isMaker) =>
        fillsAreCovered(fields, cuts, isMaker ? fields.makerFeePpm : fields.takerFeePpm),
    ),
    { ...seeded(t), numRuns: 300 },
  );
});

test('spot: the check of fills fails when a fee is charged that was not held', () => {
  const fields = { makerFeePpm: 100, takerFeePpm: 200 };
  const cuts = [[50, 1_000] as const];
  assert.equal(fillsAreCovered(fields, cuts, 200), true);
  assert.equal(fillsAreCovered(fields, cuts, 400), false);
});
