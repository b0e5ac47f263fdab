import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deposit, Side, Withdraw } from '#domain/commands.ts';
import { ACCEPTED, type RejectName, rejectName } from '#domain/rejects.ts';
import { AssertionError } from '#lib/assert.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { BTC, RECORD_AT, record, TestVenue, USD } from '../registry/test-venue.ts';
import { audit } from './audit.ts';
import type { Ledger } from './ledger.ts';

type Outcome = RejectName | undefined;
const { Buy, Sell } = Side;
const SPOT_ROW = 0;
const FUTURE_ROW = 1;

function reserve(ledger: Ledger, holding: number, side: number, price: number, lots: number): Outcome {
  return rejectName(ledger.reserve(holding, side, price, lots, 0));
}

/** Reserves both sides of a trade, settles it and gives both orders back, as the core does. */
function trade(ledger: Ledger, buyer: number, seller: number, price: number, lots: number, feePpm = 0): void {
  assert.equal(reserve(ledger, buyer, Buy, price, lots), undefined);
  assert.equal(reserve(ledger, seller, Sell, price, lots), undefined);
  ledger.settle(ledger.instrumentRow(buyer), buyer, seller, price, lots, feePpm, feePpm);
  ledger.rehold(buyer, Buy, price, lots, 0);
  ledger.rehold(seller, Sell, price, lots, 0);
  assert.equal(audit(ledger), null);
}

test('deposit and withdraw: totals, fields and every refusal', () => {
  const venue = new TestVenue({}, {}, { balancesMax: 2, holdingsMax: 2 });
  const name = rejectName;
  assert.equal(name(venue.withdraw(1, USD, 1)), 'INSUFFICIENT_FUNDS');
  assert.equal(name(venue.deposit(1, USD, 100)), undefined);
  assert.deepEqual([venue.ledger.postedAmountMinor, venue.ledger.postedBalanceMinor], [100, 100]);
  assert.equal(name(venue.withdraw(1, USD, 30)), undefined);
  assert.deepEqual([venue.ledger.postedAmountMinor, venue.ledger.postedBalanceMinor], [-30, 70]);
  assert.equal(name(venue.withdraw(1, USD, 71)), 'INSUFFICIENT_FUNDS');
  assert.equal(name(venue.deposit(0, USD, 5)), undefined, 'the venue has an account too');
  for (const layout of [Deposit, Withdraw]) {
    const apply = (fields: object): Outcome => {
      const words = record(layout, { accountId: 1, assetId: USD, amountMinor: 1, ...fields });
      return name(
        layout === Deposit ? venue.ledger.deposit(words, RECORD_AT) : venue.ledger.withdraw(words, RECORD_AT),
      );
    };
    for (const amountMinor of [0, -1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(apply({ amountMinor }), 'MALFORMED_COMMAND', String(amountMinor));
    }
    assert.equal(apply({ accountId: 2 ** 31 }), 'MALFORMED_COMMAND');
    assert.equal(apply({ assetId: 0 }), 'MALFORMED_COMMAND');
    assert.equal(apply({ accountId: 9, assetId: 9 }), 'UNKNOWN_ACCOUNT');
    assert.equal(apply({ assetId: 9 }), 'UNKNOWN_ASSET');
  }
  assert.equal(name(venue.deposit(2, USD, 1)), 'CAPACITY');
  assert.equal(name(venue.deposit(1, USD, INT53_MAX)), 'VALUE_TOO_LARGE');
  assert.equal(venue.totalMinor(1, USD), 70);
  assert.equal(audit(venue.ledger), null);
});

test('deposit: an asset holds 2^53 - 1 minor units over all accounts, and not one more', () => {
  const venue = new TestVenue();
  assert.equal(venue.deposit(1, USD, INT53_MAX - 1), ACCEPTED);
  assert.equal(venue.deposit(2, USD, 1), ACCEPTED);
  assert.equal(rejectName(venue.deposit(3, USD, 1)), 'VALUE_TOO_LARGE');
  assert.equal(venue.deposit(3, BTC, INT53_MAX), ACCEPTED);
  assert.equal(venue.withdraw(1, USD, INT53_MAX - 1), ACCEPTED);
  assert.equal(venue.deposit(3, USD, INT53_MAX - 1), ACCEPTED);
  assert.equal(audit(venue.ledger), null);
});

test('holdingRow: one row per account and instrument, -1 when there is no room for it or its balances', () => {
  const venue = new TestVenue({}, {}, { balancesMax: 5, holdingsMax: 3 });
  const { ledger } = venue;
  assert.equal(ledger.find(1, SPOT_ROW), -1);
  assert.equal(ledger.holdingRow(1, SPOT_ROW), 0);
  assert.equal(ledger.holdingRow(1, SPOT_ROW), 0);
  assert.equal(ledger.find(1, SPOT_ROW), 0);
  assert.equal(ledger.holdingRow(1, FUTURE_ROW), 1);
  assert.equal(ledger.baseBalance(1), -1);
  assert.equal(ledger.quoteBalance(0), ledger.quoteBalance(1));
  assert.equal(ledger.holdingRow(2, SPOT_ROW), 2);
  assert.equal(ledger.holdingRow(3, FUTURE_ROW), -1, 'no holding left');
  const small = new TestVenue({}, {}, { balancesMax: 2, holdingsMax: 3 });
  assert.equal(small.ledger.holdingRow(1, SPOT_ROW), -1, 'no balance left');
  assert.equal(audit(small.ledger), null);
});

test('spot trade: amount and fees rounded down, base amount moves, the venue gets the fees', () => {
  const venue = new TestVenue();
  const { ledger } = venue;
  venue.deposit(1, USD, 10_000);
  venue.deposit(2, BTC, 30);
  const buyer = ledger.holdingRow(1, SPOT_ROW);
  const seller = ledger.holdingRow(2, SPOT_ROW);
  assert.equal(reserve(ledger, buyer, Buy, 1_001, 10), undefined);
  assert.equal(ledger.heldBuyMinor(buyer), 7_007 + 210);
  assert.equal(reserve(ledger, seller, Sell, 999, 10), undefined);
  assert.equal(ledger.heldSellMinor(seller), 30);
  // 999 x 3 x 7 / 10 = 2,097.9; fees of 62.9 and 4.2.
  ledger.settle(SPOT_ROW, buyer, seller, 999, 3, 30_001, 1_999);
  assert.deepEqual([ledger.amountMinor, ledger.buyerFeeMinor, ledger.sellerFeeMinor], [2_097, 62, 4]);
  assert.deepEqual([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor], [0, 0]);
  // 7 x 1,001 x 7 / 10 = 4,904.9; fee of 147.1.
  ledger.rehold(buyer, Buy, 1_001, 10, 7);
  ledger.rehold(seller, Sell, 999, 10, 7);
  assert.deepEqual([ledger.heldBuyMinor(buyer), ledger.heldSellMinor(seller)], [4_904 + 147, 21]);
  assert.deepEqual([venue.totalMinor(1, USD), venue.totalMinor(1, BTC)], [10_000 - 2_159, 9]);
  assert.deepEqual([venue.totalMinor(2, USD), venue.totalMinor(2, BTC)], [2_093, 21]);
  assert.equal(venue.totalMinor(0, USD), 66);
  assert.deepEqual([venue.availableMinor(1, USD), venue.availableMinor(2, BTC)], [10_000 - 2_159 - 5_051, 0]);
  assert.equal(ledger.conserved(), true);
  assert.equal(audit(ledger), null);
});

test('spot trade between two orders of one account: only the fees leave it', () => {
  const venue = new TestVenue();
  venue.deposit(1, USD, 721);
  venue.deposit(1, BTC, 3);
  const holding = venue.ledger.holdingRow(1, SPOT_ROW);
  trade(venue.ledger, holding, holding, 1_000, 1, 30_000);
  assert.deepEqual([venue.totalMinor(1, USD), venue.totalMinor(1, BTC)], [721 - 42, 3]);
  assert.equal(venue.totalMinor(0, USD), 42);
});

test('spot at the maxima: 2^53 - 1 minor units change hands', () => {
  const fees = { makerFeePpm: 0, takerFeePpm: 0 };
  const venue = new TestVenue({
    ...fees,
    valueNumerator: INT53_MAX,
    valueDenominator: 1,
    lotBaseMinor: INT53_MAX,
  });
  const { ledger } = venue;
  venue.deposit(1, USD, INT53_MAX);
  venue.deposit(2, BTC, INT53_MAX);
  const buyer = ledger.holdingRow(1, SPOT_ROW);
  const seller = ledger.holdingRow(2, SPOT_ROW);
  assert.equal(reserve(ledger, buyer, Buy, 2, 1), 'VALUE_TOO_LARGE');
  assert.equal(reserve(ledger, seller, Sell, 0, 2), 'INSUFFICIENT_FUNDS', 'the base amount is not exact');
  trade(ledger, buyer, seller, 1, 1);
  assert.deepEqual([venue.totalMinor(1, USD), venue.totalMinor(1, BTC)], [0, INT53_MAX]);
  assert.deepEqual([venue.totalMinor(2, USD), venue.totalMinor(2, BTC)], [INT53_MAX, 0]);
});

test('reserve: sums over open orders stay exact', () => {
  const venue = new TestVenue({ valueDenominator: 2 ** 52 }, { valueNumerator: 1, initialMarginMinor: 0 });
  const { ledger } = venue;
  const spot = ledger.holdingRow(1, SPOT_ROW);
  const future = ledger.holdingRow(1, FUTURE_ROW);
  for (let order = 0; order < 8_191; order++) assert.equal(reserve(ledger, spot, Buy, 1, 2 ** 40), undefined);
  assert.equal(reserve(ledger, spot, Buy, 1, 2 ** 40), 'POSITION_LIMIT');
  assert.equal(reserve(ledger, future, Buy, 8_191, 2 ** 40), undefined);
  assert.equal(reserve(ledger, future, Sell, 1, 2 ** 40), 'OPEN_VALUE_LIMIT');
  assert.equal(reserve(ledger, future, Sell, 1, 2 ** 40 - 1), undefined);
  assert.equal(audit(ledger), null);
});

test('reserve: a refusal changes nothing', () => {
  const venue = new TestVenue();
  venue.deposit(1, USD, 49);
  const images = (): string =>
    venue.ledger.stores.flatMap((store) => store.images().map((image) => image.bytes.join())).join('|');
  const spot = venue.ledger.holdingRow(1, SPOT_ROW);
  const future = venue.ledger.holdingRow(1, FUTURE_ROW);
  const before = images();
  assert.equal(reserve(venue.ledger, spot, Buy, 1_000, 10), 'INSUFFICIENT_FUNDS');
  assert.equal(reserve(venue.ledger, spot, Sell, 1_000, 10), 'INSUFFICIENT_FUNDS');
  assert.equal(reserve(venue.ledger, spot, Buy, 2 ** 31 - 1, 2 ** 40), 'VALUE_TOO_LARGE');
  assert.equal(reserve(venue.ledger, future, Buy, 1, 1), 'INSUFFICIENT_MARGIN');
  assert.equal(images(), before);
});

test('restore: after a refused replace everything stands as before', () => {
  const venue = new TestVenue();
  venue.deposit(1, USD, 800);
  const { ledger } = venue;
  const images = (): string =>
    ledger.stores.flatMap((store) => store.images().map((image) => image.bytes.join())).join('|');
  for (const instrument of [SPOT_ROW, FUTURE_ROW]) {
    const holding = ledger.holdingRow(1, instrument);
    assert.equal(reserve(ledger, holding, Buy, 100, 5), undefined);
    const before = images();
    ledger.rehold(holding, Buy, 100, 5, 0);
    assert.deepEqual([ledger.heldBuyMinor(holding), ledger.marginMinor(holding)], [0, 0]);
    assert.notEqual(ledger.reserve(holding, Buy, 1_000, 50, 5), ACCEPTED);
    ledger.restore(holding, Buy, 100, 5);
    assert.equal(images(), before);
  }
});

test('rehold: to a larger quantity is a bug of the caller', () => {
  const venue = new TestVenue();
  venue.deposit(1, USD, 1_000);
  const holding = venue.ledger.holdingRow(1, SPOT_ROW);
  assert.equal(reserve(venue.ledger, holding, Buy, 100, 5), undefined);
  assert.throws(() => venue.ledger.rehold(holding, Buy, 100, 5, 6), AssertionError);
});

test('margined: margin follows the worst case of position and open orders', () => {
  const venue = new TestVenue();
  const { ledger } = venue;
  venue.deposit(1, USD, 1_000);
  venue.deposit(2, USD, 1_000);
  const one = ledger.holdingRow(1, FUTURE_ROW);
  const two = ledger.holdingRow(2, FUTURE_ROW);
  const margin = (): number => ledger.marginMinor(one);
  assert.equal(reserve(ledger, one, Buy, 10, 6), undefined);
  assert.equal(margin(), 300);
  assert.equal(reserve(ledger, one, Sell, 12, 8), undefined);
  assert.equal(margin(), 400);
  assert.equal(reserve(ledger, two, Sell, 10, 4), undefined);
  ledger.settle(FUTURE_ROW, one, two, 10, 4, 0, 0);
  ledger.rehold(one, Buy, 10, 6, 2);
  ledger.rehold(two, Sell, 10, 4, 0);
  // Long 4, open 2 to buy and 8 to sell: 6 or 4.
  assert.equal(margin(), 300);
  assert.equal(reserve(ledger, one, Sell, 12, 12), undefined);
  assert.equal(margin(), 800);
  ledger.rehold(one, Sell, 12, 12, 0);
  ledger.rehold(one, Sell, 12, 8, 0);
  ledger.rehold(one, Buy, 10, 2, 0);
  assert.equal(margin(), 200);
  assert.deepEqual([venue.totalMinor(1, USD), venue.availableMinor(1, USD)], [1_000, 800]);
  assert.equal(audit(ledger), null);
});

test('margined: realised profit by average entry, rounding, and a trade that turns the position', () => {
  const venue = new TestVenue({}, { valueNumerator: 1, initialMarginMinor: 1 });
  const { ledger } = venue;
  for (const account of [1, 2]) venue.deposit(account, USD, 100_000);
  const one = ledger.holdingRow(1, FUTURE_ROW);
  const two = ledger.holdingRow(2, FUTURE_ROW);
  const state = (holding: number): number[] => [
    ledger.positionLots(holding),
    ledger.entryValueMinor(holding),
    ledger.realisedMinor(holding),
  ];
  trade(ledger, one, two, 100, 3);
  assert.deepEqual(
    [state(one), state(two)],
    [
      [3, 300, 0],
      [-3, 300, 0],
    ],
  );
  trade(ledger, one, two, 101, 4);
  assert.deepEqual(
    [state(one), state(two)],
    [
      [7, 704, 0],
      [-7, 704, 0],
    ],
  );
  // Closing 2 of 7 takes floor(704 x 2 / 7) = 201 out of the entry value: 220 - 201.
  trade(ledger, two, one, 110, 2);
  assert.deepEqual([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor], [-19, 19]);
  assert.deepEqual(
    [state(one), state(two)],
    [
      [5, 503, 19],
      [-5, 503, -19],
    ],
  );
  // Selling 9 closes 5 at 450 (a loss of 53) and opens a short of 4 at the remaining 360.
  trade(ledger, two, one, 90, 9);
  assert.deepEqual([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor], [53, -53]);
  assert.deepEqual(
    [state(one), state(two)],
    [
      [-4, 360, -34],
      [4, 360, 34],
    ],
  );
  trade(ledger, one, two, 91, 4, 1_000_000);
  assert.deepEqual([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor], [-4, 4]);
  assert.deepEqual([ledger.buyerFeeMinor, ledger.sellerFeeMinor], [364, 364]);
  assert.deepEqual(
    [state(one), state(two)],
    [
      [0, 0, -38],
      [0, 0, 38],
    ],
  );
  assert.deepEqual(
    [venue.totalMinor(0, USD), venue.totalMinor(1, USD), venue.totalMinor(2, USD)],
    [728, 100_000 - 38 - 364, 100_000 + 38 - 364],
  );
});

test('margined trade between two orders of one account: its buy counts before its sell', () => {
  const venue = new TestVenue({}, { valueNumerator: 1, initialMarginMinor: 1 });
  const { ledger } = venue;
  for (const account of [1, 2]) venue.deposit(account, USD, 100_000);
  const one = ledger.holdingRow(1, FUTURE_ROW);
  trade(ledger, one, ledger.holdingRow(2, FUTURE_ROW), 100, 2);
  trade(ledger, one, one, 130, 1);
  // 3 lots for 330, one of them sold at 130: 20 realised.
  assert.deepEqual([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor], [0, 20]);
  assert.deepEqual([ledger.positionLots(one), ledger.entryValueMinor(one)], [2, 220]);
});

test('margined: a loss may take the account below zero; then nothing that adds risk is admitted', () => {
  const venue = new TestVenue({}, { initialMarginMinor: 0 });
  const { ledger } = venue;
  venue.deposit(1, USD, 10);
  const one = ledger.holdingRow(1, FUTURE_ROW);
  const two = ledger.holdingRow(2, FUTURE_ROW);
  trade(ledger, one, two, 100, 1);
  assert.equal(reserve(ledger, one, Sell, 50, 1), undefined);
  trade(ledger, two, one, 50, 1);
  assert.equal(venue.totalMinor(1, USD), -490);
  assert.equal(venue.totalMinor(2, USD), 500);
  ledger.rehold(one, Sell, 50, 1, 0);
  assert.equal(reserve(ledger, one, Buy, 1, 1), 'INSUFFICIENT_MARGIN');
  assert.equal(rejectName(venue.withdraw(1, USD, 1)), 'INSUFFICIENT_FUNDS');
  assert.equal(venue.withdraw(2, USD, 500), ACCEPTED);
  assert.equal(ledger.balances.netDepositsMinor[venue.assets.rowOf(USD)], -490);
  assert.equal(audit(ledger), null);
});

test('margined: without funds a replace that makes the worst case no larger is admitted', () => {
  const venue = new TestVenue();
  const { ledger } = venue;
  for (const account of [1, 2]) venue.deposit(account, USD, 100);
  const one = ledger.holdingRow(1, FUTURE_ROW);
  const two = ledger.holdingRow(2, FUTURE_ROW);
  trade(ledger, one, two, 100, 1);
  assert.equal(reserve(ledger, one, Buy, 10, 1), undefined);
  assert.equal(reserve(ledger, one, Sell, 10, 2), undefined);
  trade(ledger, two, one, 10, 1);
  assert.equal(venue.availableMinor(1, USD), 100 - 900 - 100);
  // Flat, 1 to buy and 2 to sell: the sell of 2 is the worst case, and may be repriced but not enlarged.
  const reprice = (lots: number): Outcome => {
    ledger.rehold(one, Sell, 10, 2, 0);
    const code = rejectName(ledger.reserve(one, Sell, 11, lots, 2));
    if (code === undefined) ledger.rehold(one, Sell, 11, lots, 0);
    ledger.restore(one, Sell, 10, 2);
    return code;
  };
  assert.deepEqual([reprice(1), reprice(2), reprice(3)], [undefined, undefined, 'INSUFFICIENT_MARGIN']);
  assert.equal(audit(ledger), null);
});

test('margined at the maxima: what the ledger cannot hold exactly is not paid, and money stays conserved', () => {
  const venue = new TestVenue({}, { valueNumerator: 2 ** 21, initialMarginMinor: 0, makerFeePpm: 0 });
  const { ledger } = venue;
  const one = ledger.holdingRow(1, FUTURE_ROW);
  const two = ledger.holdingRow(2, FUTURE_ROW);
  const high = 2 ** 31 - 1;
  const realised: number[][] = [];
  for (let round = 0; round < 3; round++) {
    // One sells high to two and buys back low: each round wins it almost 2^52.
    ledger.settle(FUTURE_ROW, two, one, high, 1, 0, 0);
    ledger.settle(FUTURE_ROW, one, two, 1, 1, 0, 0);
    realised.push([ledger.buyerRealisedMinor, ledger.sellerRealisedMinor]);
    assert.equal(audit(ledger), null);
  }
  // Profit and loss of the first round leave 2^23 - 1 of 2^53 - 1; half of it is the second round's.
  const profit = 2 ** 52 - 2 ** 22;
  assert.deepEqual(realised, [
    [profit, -profit],
    [2 ** 22 - 1, 0],
    [0, 0],
  ]);
  assert.deepEqual(
    [venue.totalMinor(0, USD), venue.totalMinor(1, USD), venue.totalMinor(2, USD)],
    [1 - 2 ** 22, profit + 2 ** 22 - 1, -profit],
  );
});
