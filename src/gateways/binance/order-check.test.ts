import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderType, Phase, RegulatoryFieldsRule, Side, TimeInForce } from '#domain/commands.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { BUY_ONE } from '../../../test/support/desk-venue.ts';
import type { NewOrderRequest } from '../orders/requests.ts';
import { BTCUSD, viewOf } from '../rest/test-support.ts';
import { refusalOf } from './order-check.ts';

const ORDER: NewOrderRequest = { ...BUY_ONE, instrumentId: BTCUSD.instrumentId, priceTicks: 1_300_000 };
const MARKET = {
  orderType: OrderType.Market,
  timeInForce: TimeInForce.ImmediateOrCancel,
  priceTicks: 0,
};

test('an order is refused for the phase and for a kill switch as the core does it', () => {
  const inPhase = (phase: Phase, change: object = {}, isSuspended = false) =>
    refusalOf(
      viewOf(BTCUSD, { status: { phase, nextPhase: 0, endSeconds: 0, isSuspended } }),
      { ...ORDER, ...change },
      0,
    );
  const { Continuous, Closed, Halted, PreOpen, OpeningAuction, VolatilityAuction, ClosingAuction } = Phase;
  for (const phase of [Continuous, PreOpen, OpeningAuction, VolatilityAuction, ClosingAuction])
    assert.equal(inPhase(phase), ACCEPTED);
  for (const phase of [Closed, Halted]) assert.equal(inPhase(phase), RejectCode.PHASE);
  assert.equal(inPhase(Continuous, MARKET), ACCEPTED);
  assert.equal(inPhase(OpeningAuction, MARKET), RejectCode.PHASE);
  assert.equal(inPhase(Closed, {}, true), RejectCode.KILL_SWITCH_INSTRUMENT);
});

test('a market order is valued where its protection ends it, a limit order at its price', () => {
  const terms: InstrumentTerms = {
    ...BTCUSD,
    collarPpm: 0,
    maxQtyLots: 2 ** 40,
    valueDenominator: 1,
    referencePriceTicks: 1_000_000,
  };
  const code = (change: object, lastPriceTicks = 0, of: Partial<InstrumentTerms> = {}) =>
    refusalOf(viewOf({ ...terms, ...of }), { ...ORDER, ...change }, lastPriceTicks);
  // Protection is 2 %: a buy is valued at 1,020,000, a sell at 980,000.
  const most = (priceTicks: number) => Math.floor(Number.MAX_SAFE_INTEGER / priceTicks);
  for (const [change, priceTicks] of [
    [{ priceTicks: 1_300_000 }, 1_300_000],
    [MARKET, 1_020_000],
    [{ ...MARKET, side: Side.Sell }, 980_000],
  ] as const) {
    assert.equal(code({ ...change, qtyLots: most(priceTicks) }), ACCEPTED);
    assert.equal(code({ ...change, qtyLots: most(priceTicks) + 1 }), RejectCode.VALUE_TOO_LARGE);
  }
  assert.equal(code({ ...MARKET, qtyLots: most(1_020_000) }, 2_000_000), RejectCode.VALUE_TOO_LARGE);
  const stop = { ...MARKET, orderType: OrderType.Stop, stopPriceTicks: 500_000 };
  assert.equal(code({ ...stop, qtyLots: most(510_000) }), ACCEPTED);
  assert.equal(code({ ...stop, qtyLots: most(510_000) + 1 }), RejectCode.VALUE_TOO_LARGE);
  assert.equal(code(MARKET, 0, { referencePriceTicks: 0 }), RejectCode.NO_REFERENCE_PRICE);
  assert.equal(code(ORDER, 0, { referencePriceTicks: 0 }), ACCEPTED);
  const unprotected = { referencePriceTicks: 0, marketProtectionPpm: 0 };
  assert.equal(code(MARKET, 0, unprotected), ACCEPTED);
  assert.equal(code({ ...MARKET, qtyLots: 2 ** 22 + 1 }, 0, unprotected), RejectCode.VALUE_TOO_LARGE);
});

test('an order in an instrument that asks for regulatory fields is refused as the core does it: the dialect has none', () => {
  const inPhase = (phase: Phase, change: object = {}) =>
    refusalOf(
      viewOf(
        { ...BTCUSD, regulatoryFields: RegulatoryFieldsRule.Required },
        { status: { phase, nextPhase: 0, endSeconds: 0, isSuspended: phase === Phase.Halted } },
      ),
      { ...ORDER, ...change },
      0,
    );
  assert.equal(inPhase(Phase.Continuous), RejectCode.REGULATORY_FIELDS_MISSING);
  assert.equal(inPhase(Phase.Halted), RejectCode.REGULATORY_FIELDS_MISSING);
  assert.equal(inPhase(Phase.Continuous, { qtyLots: 0 }), RejectCode.INVALID_QUANTITY);
});
