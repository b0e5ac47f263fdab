import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#codec/log/record-types.ts';
import { EventFlag } from '#domain/events.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { FastEngine } from './oracle/fast-engine.ts';
import { heldOf, marginOf, totalOf } from './oracle/money.ts';
import { NaiveCore } from './oracle/naive-core.ts';
import type { Account, Venue } from './oracle/venue.ts';
import { randomDraft, randomMarket, START_SECONDS } from './random/drafts.ts';
import { resolve } from './random/resolve.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Date.now() % 2 ** 31);
const CASES = 12;
const DRAFTS = 250;
const LOOK_EVERY = 25;

const eventsOf = <Name extends Event['type']>(events: readonly Event[], type: Name) =>
  events.filter((event): event is Extract<Event, { type: Name }> => event.type === type);

/** Says where the image of an account is not what the oracle's ledger and orders make of it. */
function differences(events: readonly Event[], venue: Venue, account: Account): string[] {
  const found: string[] = [];
  const check = (what: string, actual: unknown, expected: unknown): void => {
    try {
      assert.deepEqual(actual, expected);
    } catch (error) {
      found.push(`account ${account.accountId}: ${what}: ${(error as Error).message}`);
    }
  };
  check(
    'flags',
    new Set(events.map(({ flags }) => flags)),
    new Set(events.length > 0 ? [EventFlag.Image] : []),
  );
  const balances = new Map(eventsOf(events, 'AccountBalance').map((balance) => [balance.assetId, balance]));
  for (const { assetId } of venue.assets) {
    const { balanceMinor = 0, heldMinor = 0, marginMinor = 0 } = balances.get(assetId) ?? {};
    const expected = [
      totalOf(account, assetId),
      heldOf(account, assetId, venue.orders),
      marginOf(venue, account, assetId, venue.orders),
    ];
    check(`asset ${assetId}`, [balanceMinor, heldMinor, marginMinor].map(BigInt), expected);
  }
  const positions = new Map(eventsOf(events, 'PositionChanged').map((each) => [each.instrumentId, each]));
  for (const { terms } of venue.instruments) {
    const expected = account.positions.get(terms.instrumentId);
    const {
      positionLots = 0,
      entryValueMinor = 0,
      realisedMinor = 0,
    } = positions.get(terms.instrumentId) ?? {};
    const actual = [positionLots, BigInt(entryValueMinor), BigInt(realisedMinor)];
    check(
      `instrument ${terms.instrumentId}`,
      actual,
      expected === undefined ? [0, 0n, 0n] : [expected.lots, expected.entryValue, expected.realised],
    );
  }
  const orders = eventsOf(events, 'OrderAccepted').map((order) => ({
    orderId: order.orderId,
    userId: order.userId,
    clientOrderId: order.clientOrderId,
    leavesQtyLots: order.qtyLots - order.cumQtyLots,
    cumQtyLots: order.cumQtyLots,
  }));
  const expectedOrders = venue.orders
    .filter((order) => order.account === account)
    .sort((a, b) => a.orderId - b.orderId)
    .map(({ orderId, user, clientOrderId, leavesQtyLots, cumQtyLots }) => ({
      orderId,
      userId: user.userId,
      clientOrderId,
      leavesQtyLots,
      cumQtyLots,
    }));
  check('orders', orders, expectedOrders);
  return found;
}

/** Runs random cases; says where any account's image was wrong, after `distort`. */
function look(
  seed: number,
  cases: number,
  distort: (events: Event[]) => Event[] = (events) => events,
): string[] {
  const random = seededRandom(seed);
  const dice = { int: (min: number, max: number) => min + Math.floor(random() * (max - min + 1)) };
  const found: string[] = [];
  for (let each = 0; each < cases; each++) {
    const oracle = new NaiveCore();
    const engine = new FastEngine({ restoreEvery: dice.int(0, 1) * 61 });
    let seconds = START_SECONDS;
    for (const command of randomMarket(dice)) {
      oracle.apply(command, seconds);
      engine.apply(command, seconds);
    }
    for (let draft = 1; draft <= DRAFTS; draft++) {
      const drawn = randomDraft(dice);
      seconds += drawn.afterSeconds + 1;
      const command = resolve(drawn, oracle.venue, seconds);
      oracle.apply(command, seconds);
      engine.apply(command, seconds);
      if (draft % LOOK_EVERY !== 0) continue;
      const { stateHash } = engine;
      for (const account of oracle.venue.accounts) {
        const events = distort(engine.describeAccount(account.accountId) ?? []);
        found.push(...differences(events, oracle.venue, account));
      }
      assert.equal(engine.stateHash, stateHash, 'to describe an account changes nothing');
    }
  }
  return found;
}

test('describeAccount: balances, holds, margin, positions and orders are those of the oracle', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  assert.deepEqual(look(SEED, CASES), []);
});

for (const [name, distort] of Object.entries<(events: Event[]) => Event[]>({
  'a balance is lost': (events) => events.filter(({ type }) => type !== 'AccountBalance'),
  'a position is lost': (events) => events.filter(({ type }) => type !== 'PositionChanged'),
  'the last order is lost': (events) =>
    events.filter((event, index) => event.type !== 'OrderAccepted' || index < events.length - 1),
})) {
  test(`describeAccount: a planted bug is found: ${name}`, () => {
    assert.notDeepEqual(look(7, 2, distort), []);
  });
}

test('describeAccount: no such account, and fewer orders than there are', () => {
  const engine = new FastEngine();
  assert.equal(engine.describeAccount(5), undefined);
  assert.deepEqual(engine.describeAccount(0), []);
});
