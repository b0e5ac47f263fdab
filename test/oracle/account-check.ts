import assert from 'node:assert/strict';
import type { Event } from '#codec/log/record-types.ts';
import { EventFlag } from '#domain/events.ts';
import { heldOf, marginOf, totalOf } from './money.ts';
import type { Account, Venue } from './venue.ts';

const eventsOf = <Name extends Event['type']>(events: readonly Event[], type: Name) =>
  events.filter((event): event is Extract<Event, { type: Name }> => event.type === type);

/** Says where the image of an account is not what the oracle's ledger and orders make of it. */
export function accountDifferences(events: readonly Event[], venue: Venue, account: Account): string[] {
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
