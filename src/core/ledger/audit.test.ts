import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Side } from '#domain/commands.ts';
import { ACCEPTED } from '#domain/rejects.ts';
import { AssertionError } from '#lib/assert.ts';
import { BTC, TestVenue, USD } from '../registry/test-venue.ts';
import { audit } from './audit.ts';
import { BalanceDouble } from './balances.ts';
import { HoldingDouble } from './ledger.ts';

/** A spot buy and sell and a margined buy are open; nothing is wrong. */
function openVenue(): TestVenue {
  const venue = new TestVenue();
  venue.deposit(1, USD, 100_000);
  venue.deposit(1, BTC, 1_000);
  const spot = venue.ledger.holdingRow(1, 0);
  const future = venue.ledger.holdingRow(1, 1);
  assert.equal(venue.ledger.reserve(spot, Side.Buy, 100, 10, 0), ACCEPTED);
  assert.equal(venue.ledger.reserve(spot, Side.Sell, 100, 10, 0), ACCEPTED);
  assert.equal(venue.ledger.reserve(future, Side.Buy, 100, 10, 0), ACCEPTED);
  assert.equal(audit(venue.ledger), null);
  assert.equal(venue.ledger.conserved(), true);
  return venue;
}

test('audit: names a planted error in every sum that the ledger keeps', () => {
  const plant = (change: (venue: TestVenue) => void): string | null => {
    const venue = openVenue();
    change(venue);
    return audit(venue.ledger);
  };
  const inHolding = (name: keyof typeof HoldingDouble, row: number, error: number): string | null =>
    plant(({ ledger }) => {
      ledger.doubles[(row << 4) + HoldingDouble[name]] += error;
    });
  const inSum = (name: 'netDepositsMinor' | 'postedMinor' | 'shortfallMinor', error: number): string | null =>
    plant(({ ledger }) => {
      ledger.balances[name][0] += error;
    });
  for (const name of [
    'openSellLots',
    'heldBuyMinor',
    'heldSellMinor',
    'openValueMinor',
    'marginMinor',
    'entryValueMinor',
  ] as const) {
    assert.notEqual(inHolding(name, 0, 1), null, name);
  }
  assert.notEqual(inHolding('openBuyLots', 1, 1), null);
  assert.notEqual(inHolding('openBuyLots', 0, -11), null);
  assert.notEqual(inHolding('positionLots', 1, 1), null);
  for (const name of ['totalMinor', 'heldMinor', 'marginMinor', 'openValueMinor'] as const) {
    const found = plant(({ ledger }) => {
      ledger.balances.doubles[BalanceDouble[name]] += 1;
    });
    assert.notEqual(found, null, name);
  }
  for (const name of ['netDepositsMinor', 'postedMinor'] as const)
    assert.notEqual(inSum(name, 1), null, name);
  assert.notEqual(inSum('shortfallMinor', -1), null);
  assert.notEqual(inSum('shortfallMinor', 1), null);
});

test('conserved: false after a posting with one leg, and the next posting stops the process', () => {
  const venue = openVenue();
  venue.ledger.balances.post(0, 1);
  assert.equal(venue.ledger.conserved(), false);
  assert.throws(() => {
    for (const asset of [BTC, USD]) venue.deposit(1, asset, 1);
  }, AssertionError);
});
