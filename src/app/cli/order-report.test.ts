import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MARKET_PRICE } from '#codec/ouch/command-writer.ts';
import type { OuchInstrumentInfo } from '../ouch-client.ts';
import { reportText } from './order-report.ts';
import { OrderUnits } from './order-units.ts';

const info: OuchInstrumentInfo = {
  type: 'Instrument',
  symbol: 'ETHBTC',
  wirePriceDecimals: 5,
  tickSize: 1,
  quantityDecimals: 4,
  lotSize: 1,
  minQuantity: 1,
  maxQuantity: 1_000_000,
  quoteDecimals: 8,
  quoteAsset: 'BTC',
  options: {},
};

const executed = {
  type: 'OrderExecuted',
  timestamp: 0,
  userRefNum: 3,
  quantity: 2_500,
  price: 5_000,
  liquidityFlag: 'R',
  matchNumber: 9,
  options: { logSequence: 12, openQuantity: 500, feeMinor: 1_250 },
} as const;

test('reportText: a fee is a decimal number of the quote asset', () => {
  assert.equal(
    reportText(executed, new OrderUnits(info)),
    'executed  order 3: 0.2500 at 0.05000 as taker, fee 0.00001250 BTC, 0.0500 open, match 9  [log 12]',
  );
});

test('reportText: of an instrument that is not known all is counted as in the message', () => {
  assert.equal(
    reportText(executed, undefined),
    'executed  order 3: 2500 lots at 5000 as taker, fee 1250 minor units, 500 lots open, match 9  [log 12]',
  );
});

test('reportText: a trade that was taken back, and what is paid back of the fee', () => {
  const broken = {
    type: 'BrokenTrade',
    timestamp: 0,
    userRefNum: 3,
    matchNumber: 9,
    reason: 'S',
    clOrdId: '',
    options: { logSequence: 15, feeMinor: 1_250 },
  } as const;
  assert.equal(
    reportText(broken, new OrderUnits(info)),
    'broken    order 3: match 9 was taken back, fee 0.00001250 BTC returned  [log 15]',
  );
  assert.equal(
    reportText({ ...broken, options: { logSequence: 15 } }, undefined),
    'broken    order 3: match 9 was taken back, fee 0 minor units returned  [log 15]',
  );
});

const accepted = {
  type: 'OrderAccepted',
  timestamp: 0,
  userRefNum: 3,
  side: 'B',
  quantity: 2_500,
  symbol: 'ETHBTC',
  price: MARKET_PRICE,
  timeInForce: '0',
  display: 'Y',
  orderReferenceNumber: 8,
  capacity: 'O',
  interMarketSweep: 'N',
  crossType: 'N',
  orderState: 'L',
  clOrdId: '',
  options: { logSequence: 12 },
} as const;

test('reportText: a limit order at the largest price is none at the market', () => {
  const units = new OrderUnits(info);
  assert.equal(
    reportText(accepted, units),
    'accepted  order 3: buy 0.2500 ETHBTC at 21474.83647, day  [log 12]',
  );
  const market = { ...accepted, options: { ...accepted.options, orderType: 'M' } };
  assert.equal(
    reportText(market, units),
    'accepted  order 3: buy 0.2500 ETHBTC at the market, day  [log 12]',
  );
});
