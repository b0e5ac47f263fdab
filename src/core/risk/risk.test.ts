import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KillScope, SetAccountLimits, SetKillSwitch, Side } from '#domain/commands.ts';
import { ACCEPTED, type RejectName, rejectName } from '#domain/rejects.ts';
import { audit } from '../ledger/audit.ts';
import { isOutside } from '../price-band.ts';
import { BTC, FUTURE, RECORD_AT, record, SPOT, TestVenue, USD } from '../registry/test-venue.ts';

type Outcome = RejectName | undefined;

interface Order {
  readonly instrumentId?: number;
  readonly side?: number;
  readonly priceTicks?: number;
  readonly isLimitPrice?: boolean;
  readonly referencePriceTicks?: number;
  readonly qtyLots?: number;
  readonly leavesLots?: number;
  readonly replacedLots?: number;
}

/** Admits an order of account 1: by default a spot buy of 10 lots at 1,000, whose value is 7,000 minor units. */
function admit(venue: TestVenue, order: Order = {}): Outcome {
  const holding = venue.ledger.holdingRow(1, venue.instruments.rowOf(order.instrumentId ?? SPOT));
  const qtyLots = order.qtyLots ?? 10;
  return rejectName(
    venue.risk.admit(
      holding,
      order.side ?? Side.Buy,
      order.priceTicks ?? 1_000,
      order.isLimitPrice ?? true,
      order.referencePriceTicks ?? 0,
      qtyLots,
      order.leavesLots ?? qtyLots,
      order.replacedLots ?? 0,
    ),
  );
}

function setLimits(venue: TestVenue, limits: object): Outcome {
  return rejectName(venue.risk.setLimits(record(SetAccountLimits, { accountId: 1, ...limits }), RECORD_AT));
}

function setKillSwitch(venue: TestVenue, fields: object): Outcome {
  return rejectName(venue.risk.setKillSwitch(record(SetKillSwitch, fields), RECORD_AT));
}

function fundedVenue(spot: object = {}): TestVenue {
  const venue = new TestVenue(spot);
  venue.deposit(1, USD, 1_000_000);
  venue.deposit(1, BTC, 1_000_000);
  return venue;
}

test('killSwitch: venue before instrument before account before user; each can be released', () => {
  const venue = fundedVenue();
  const state = (): Outcome => rejectName(venue.risk.killSwitch(0, 1, 0));
  const scopes = [
    [KillScope.User, 1, 'KILL_SWITCH_USER'],
    [KillScope.Account, 1, 'KILL_SWITCH_ACCOUNT'],
    [KillScope.Instrument, SPOT, 'KILL_SWITCH_INSTRUMENT'],
    [KillScope.Venue, 12_345, 'KILL_SWITCH_VENUE'],
  ] as const;
  assert.equal(state(), undefined);
  for (const [scope, scopeId, name] of scopes) {
    assert.equal(setKillSwitch(venue, { scope, scopeId, engaged: 1 }), undefined);
    assert.equal(state(), name);
  }
  assert.equal(venue.risk.killSwitch(1, 2, 1), venue.risk.killSwitch(0, 1, 0));
  for (const [scope, scopeId, name] of scopes.toReversed()) {
    assert.equal(state(), name);
    assert.equal(setKillSwitch(venue, { scope, scopeId, engaged: 0 }), undefined);
  }
  assert.equal(state(), undefined);
});

test('setKillSwitch: every refusal', () => {
  const venue = fundedVenue();
  assert.equal(setKillSwitch(venue, { scope: 0, scopeId: 1, engaged: 1 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: 5, scopeId: 1, engaged: 1 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Venue, engaged: 2 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Venue, cancelOrders: 2 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: KillScope.User, scopeId: 0 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Account, scopeId: 2 ** 31 }), 'MALFORMED_COMMAND');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Account, scopeId: 0 }), 'UNKNOWN_ACCOUNT');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Account, scopeId: 9 }), 'UNKNOWN_ACCOUNT');
  assert.equal(setKillSwitch(venue, { scope: KillScope.Instrument, scopeId: 9 }), 'UNKNOWN_INSTRUMENT');
  assert.equal(setKillSwitch(venue, { scope: KillScope.User, scopeId: 9 }), 'UNKNOWN_USER');
  assert.equal(venue.risk.killSwitch(0, 1, 0), ACCEPTED);
});

test('setLimits: every refusal', () => {
  const venue = fundedVenue();
  assert.equal(setLimits(venue, { accountId: 9 }), 'UNKNOWN_ACCOUNT');
  assert.equal(setLimits(venue, { accountId: 0 }), 'UNKNOWN_ACCOUNT');
  assert.equal(setLimits(venue, { accountId: 2 ** 31 }), 'MALFORMED_COMMAND');
  assert.equal(setLimits(venue, { ordersMax: 2 ** 31 }), 'MALFORMED_COMMAND');
  assert.equal(setLimits(venue, { messagesPerSecondMax: 2 ** 31 }), 'MALFORMED_COMMAND');
  for (const name of ['orderQtyLotsMax', 'orderValueMinorMax', 'positionLotsMax', 'openValueMinorMax']) {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      assert.equal(setLimits(venue, { [name]: value }), 'MALFORMED_COMMAND', `${name} ${value}`);
    }
  }
});

test('THROTTLED: from the first message above the limit to the end of the second', () => {
  const venue = fundedVenue();
  setLimits(venue, { messagesPerSecondMax: 2 });
  const send = (second: number): Outcome => {
    venue.risk.countMessage(1, second);
    return admit(venue, { qtyLots: 1 });
  };
  const late = 4_000_000_000;
  assert.deepEqual(
    [send(late), send(late), send(late), send(late)],
    [undefined, undefined, 'THROTTLED', 'THROTTLED'],
  );
  assert.equal(send(late + 1), undefined);
  venue.risk.countMessage(1, late + 1);
  assert.equal(send(late + 1), 'THROTTLED');
  setLimits(venue, {});
  assert.equal(send(late + 1), undefined);
});

test('TOO_MANY_OPEN_ORDERS: a new order adds one, a replace none', () => {
  const venue = fundedVenue();
  setLimits(venue, { ordersMax: 2 });
  venue.accounts.addOpenOrders(1, 1);
  assert.equal(admit(venue), undefined);
  venue.accounts.addOpenOrders(1, 1);
  assert.equal(admit(venue), 'TOO_MANY_OPEN_ORDERS');
  assert.equal(admit(venue, { replacedLots: 10 }), undefined);
  venue.accounts.addOpenOrders(1, 1);
  assert.equal(admit(venue, { replacedLots: 10 }), 'TOO_MANY_OPEN_ORDERS');
});

test('ORDER_QUANTITY_LIMIT and ORDER_VALUE_LIMIT: at the limit accepted, above it refused', () => {
  const venue = fundedVenue();
  setLimits(venue, { orderQtyLotsMax: 10 });
  assert.equal(admit(venue, { qtyLots: 10 }), undefined);
  assert.equal(admit(venue, { qtyLots: 11, leavesLots: 1, replacedLots: 1 }), 'ORDER_QUANTITY_LIMIT');
  setLimits(venue, { orderValueMinorMax: 7_000 });
  assert.equal(admit(venue, { qtyLots: 10 }), undefined);
  assert.equal(admit(venue, { qtyLots: 11 }), 'ORDER_VALUE_LIMIT');
  assert.equal(admit(venue, { qtyLots: 11, leavesLots: 10, replacedLots: 10 }), undefined);
  assert.equal(admit(venue, { side: Side.Sell, qtyLots: 11 }), 'ORDER_VALUE_LIMIT');
});

test('PRICE_COLLAR: at the edge accepted, one tick beyond refused; only limit prices with a reference', () => {
  const venue = fundedVenue({ collarPpm: 100_000 });
  const at = (priceTicks: number, more: Order = {}): Outcome =>
    admit(venue, { priceTicks, referencePriceTicks: 1_005, qtyLots: 1, ...more });
  assert.deepEqual([at(905), at(1_105)], [undefined, undefined]);
  assert.deepEqual([at(904), at(1_106)], ['PRICE_COLLAR', 'PRICE_COLLAR']);
  assert.equal(at(1_106, { isLimitPrice: false }), undefined);
  assert.equal(at(1_106, { referencePriceTicks: 0 }), undefined);
});

test('isOutside: exact at the largest prices and rates', () => {
  const max = 2 ** 31 - 1;
  assert.equal(isOutside(max, max, 1), false);
  assert.equal(isOutside(1, max, 999_999), true);
  assert.equal(isOutside(1, max, 1_000_000), false);
  assert.equal(isOutside(max, 1, 2 ** 31 - 1), true);
  assert.equal(isOutside(2_148, 1, 2 ** 31 - 1), false);
  assert.equal(isOutside(2_149, 1, 2 ** 31 - 1), true);
  assert.equal(isOutside(max, 1, 0), false);
});

test('POSITION_LIMIT: on the worst case of a margined holding, only when the order makes it larger', () => {
  const venue = fundedVenue();
  setLimits(venue, { positionLotsMax: 15 });
  const order = { instrumentId: FUTURE, priceTicks: 1 };
  assert.equal(admit(venue, { ...order, qtyLots: 15 }), undefined);
  assert.equal(admit(venue, { ...order, qtyLots: 1 }), 'POSITION_LIMIT');
  assert.equal(admit(venue, { ...order, qtyLots: 15, side: Side.Sell }), undefined);
  assert.equal(admit(venue, { ...order, qtyLots: 1, side: Side.Sell }), 'POSITION_LIMIT');
  assert.equal(admit(venue, { qtyLots: 20 }), undefined, 'a spot order has no position');
  // A limit below what is there already: a replace that does not grow the worst case is still possible.
  setLimits(venue, { positionLotsMax: 5 });
  const holding = venue.ledger.holdingRow(1, 1);
  venue.ledger.rehold(holding, Side.Buy, 1, 15, 0);
  assert.equal(admit(venue, { ...order, qtyLots: 16, replacedLots: 15 }), 'POSITION_LIMIT');
  assert.equal(admit(venue, { ...order, qtyLots: 14, replacedLots: 15 }), undefined);
  assert.equal(audit(venue.ledger), null);
});

test('OPEN_VALUE_LIMIT: the account in all instruments of one quote asset, both sides', () => {
  const venue = fundedVenue();
  setLimits(venue, { openValueMinorMax: 21_000 });
  assert.equal(admit(venue), undefined);
  assert.equal(admit(venue, { side: Side.Sell }), undefined);
  assert.equal(admit(venue, { instrumentId: FUTURE, priceTicks: 700, qtyLots: 1 }), undefined);
  assert.equal(admit(venue, { priceTicks: 1, qtyLots: 1 }), undefined, 'floor(0.7) is no value');
  assert.equal(admit(venue, { priceTicks: 2, qtyLots: 1 }), 'OPEN_VALUE_LIMIT');
});

test('INSUFFICIENT_FUNDS, INSUFFICIENT_MARGIN: the last minor unit decides', () => {
  const venue = new TestVenue();
  // 7,000 and floor(7,000 x 30,001 ppm) = 210.
  venue.deposit(1, USD, 7_209);
  venue.deposit(1, BTC, 29);
  assert.equal(admit(venue), 'INSUFFICIENT_FUNDS');
  assert.equal(admit(venue, { side: Side.Sell }), 'INSUFFICIENT_FUNDS');
  venue.deposit(1, USD, 1);
  venue.deposit(1, BTC, 1);
  assert.equal(admit(venue), undefined);
  const spot = venue.ledger.holdingRow(1, 0);
  assert.equal(venue.ledger.heldBuyMinor(spot), 7_210);
  assert.equal(admit(venue, { side: Side.Sell }), undefined);
  assert.equal(venue.ledger.heldSellMinor(spot), 30);
  venue.deposit(1, USD, 49);
  const future = { instrumentId: FUTURE, qtyLots: 1 };
  assert.equal(admit(venue, future), 'INSUFFICIENT_MARGIN');
  venue.deposit(1, USD, 1);
  assert.equal(admit(venue, future), undefined);
  assert.equal(admit(venue, { ...future, side: Side.Sell }), undefined, 'the other side is no worse case');
  assert.deepEqual([venue.availableMinor(1, USD), venue.availableMinor(1, BTC)], [0, 0]);
});

test('admit: VALUE_TOO_LARGE where the value is not exact', () => {
  const venue = fundedVenue({ valueNumerator: 100 });
  assert.equal(admit(venue, { priceTicks: 2 ** 31 - 1, qtyLots: 2 ** 40 }), 'VALUE_TOO_LARGE');
});

test('precedence: with everything wrong at once, mending one check after the other shows the next code', () => {
  const venue = new TestVenue({ collarPpm: 1 });
  const tight = {
    messagesPerSecondMax: 1,
    ordersMax: 1,
    orderQtyLotsMax: 1,
    orderValueMinorMax: 1,
    openValueMinorMax: 1,
  };
  venue.risk.countMessage(1, 5);
  venue.risk.countMessage(1, 5);
  venue.accounts.addOpenOrders(1, 1);
  const seen: Outcome[] = [];
  let limits: Record<string, number> = tight;
  for (const mended of ['', ...Object.keys(tight).slice(0, 4)]) {
    limits = { ...limits, [mended]: 0 };
    delete limits[''];
    setLimits(venue, limits);
    seen.push(admit(venue, { referencePriceTicks: 2_000 }));
  }
  seen.push(admit(venue));
  setLimits(venue, {});
  seen.push(admit(venue));
  assert.deepEqual(seen, [
    'THROTTLED',
    'TOO_MANY_OPEN_ORDERS',
    'ORDER_QUANTITY_LIMIT',
    'ORDER_VALUE_LIMIT',
    'PRICE_COLLAR',
    'OPEN_VALUE_LIMIT',
    'INSUFFICIENT_FUNDS',
  ]);
});
