import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../lib/decimal.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { costOf, type Draft, faultsOf, mostOf, requestOf, type Surroundings } from './ticket-model.ts';

const TERMS: InstrumentTerms = {
  instrumentId: 1,
  symbol: 'BTCUSD',
  kind: 'spot',
  baseAsset: 'BTC',
  quoteAsset: 'USD',
  tickSize: '0.05',
  lotSize: '0.0002',
  minQuantity: '0.0004',
  maxQuantity: '10.0000',
  valueNumerator: 1,
  valueDenominator: 1_000,
  makerFee: '0.000020',
  takerFee: '0.000100',
  collar: '0.100000',
  marketProtection: '0.020000',
  staticBand: '0.000000',
  dynamicBand: '0.000000',
  volatilityAuctionSeconds: 0,
  selfTradePrevention: 'cancel-newest',
  regulatoryFields: 'optional',
};

const AROUND: Surroundings = {
  terms: TERMS,
  quoteDecimals: 2,
  phase: 'continuous',
  isSuspended: false,
  last: '600.00',
  bid: '599.95',
  ask: '600.05',
  balances: [
    { asset: 'USD', total: '10000.00', held: '0.00', margin: '0.00', available: '10000.00' },
    { asset: 'BTC', total: '2.00000000', held: '0.00000000', margin: '0.00000000', available: '2.00000000' },
  ],
  nowMs: Date.parse('2026-01-02T03:04:05Z'),
};

const DRAFT: Draft = {
  side: 'buy',
  type: 'limit',
  timeInForce: 'good-till-cancel',
  quantity: '1',
  price: '600.00',
  stopPrice: '',
  expiry: '',
  displayQuantity: '',
  minQuantity: '',
  postOnly: false,
  selfTradePrevention: '',
  ocoClientOrderId: '',
};

const faults = (draft: Partial<Draft>, around: Partial<Surroundings> = {}) =>
  Object.keys(faultsOf({ ...DRAFT, ...draft }, { ...AROUND, ...around }));

test('a draft that may be sent has no faults', () => {
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ type: 'market', timeInForce: 'fill-or-kill', price: '' }), []);
  assert.deepEqual(faults({ type: 'stop', price: '', stopPrice: '610.00' }), []);
  assert.deepEqual(faults({ type: 'stop-limit', side: 'sell', price: '590.00', stopPrice: '595.00' }), []);
  assert.deepEqual(faults({ postOnly: true, displayQuantity: '0.1' }), []);
});

test('each fault is found at its field', () => {
  for (const [field, draft] of [
    ['quantity', { quantity: '' }],
    ['quantity', { quantity: '0.0003' }],
    ['quantity', { quantity: '0.0002' }],
    ['quantity', { quantity: '10.0002', price: '600.00' }],
    ['price', { price: '600.01' }],
    ['price', { price: '0' }],
    ['price', { price: '540' as string, side: 'sell', quantity: '1' }],
    ['stopPrice', { type: 'stop', stopPrice: '600.00' }],
    ['stopPrice', { type: 'stop', side: 'sell', stopPrice: '600.00' }],
    ['timeInForce', { type: 'stop', stopPrice: '610.00', timeInForce: 'fill-or-kill' }],
    ['expiry', { timeInForce: 'good-till-date', expiry: '2026-01-01T00:00' }],
    ['postOnly', { postOnly: true, timeInForce: 'immediate-or-cancel' }],
    ['displayQuantity', { displayQuantity: '1.0002' }],
    ['displayQuantity', { displayQuantity: '0.0002', quantity: '9' as string, price: '600.00' }],
    ['minQuantity', { minQuantity: '2' }],
    ['minQuantity', { minQuantity: '1', postOnly: true }],
  ] as const) {
    const found = faults(draft as Partial<Draft>);
    // At the collar itself a price is inside.
    if ('price' in draft && draft.price === '540') assert.deepEqual(found, []);
    else assert.ok(found.includes(field), `${field}: ${JSON.stringify(draft)} has ${found.join(', ')}`);
  }
  assert.deepEqual(faults({ price: '660.05' }), ['price']);
  assert.deepEqual(faults({ side: 'sell', price: '539.95' }), ['price']);
});

test('the phase and the kill switch decide what may be sent', () => {
  assert.deepEqual(faults({}, { phase: 'halted' }), ['order']);
  assert.deepEqual(faults({}, { isSuspended: true }), ['order']);
  assert.deepEqual(faults({}, { phase: 'opening-auction' }), []);
  assert.deepEqual(faults({ postOnly: true }, { phase: 'opening-auction' }), ['order']);
  assert.deepEqual(faults({ type: 'market', timeInForce: 'immediate-or-cancel' }, { phase: 'pre-open' }), [
    'order',
  ]);
});

test('an order costs what the venue holds for it', () => {
  const cost = (draft: Partial<Draft>, terms: Partial<InstrumentTerms> = {}) => {
    const around = { ...AROUND, terms: { ...TERMS, ...terms } };
    const { asset, amount } = costOf({ ...DRAFT, ...draft }, around) as NonNullable<
      ReturnType<typeof costOf>
    >;
    return `${textOf(amount)} ${asset}`;
  };
  // 12,000 ticks x 5,000 lots / 1,000 = 60,000 cents, and the larger fee on it.
  assert.equal(cost({}), '600.06 USD');
  assert.equal(cost({ side: 'sell', quantity: '0.5' }), '0.5 BTC');
  // A market order may go up to its protection price.
  assert.equal(cost({ type: 'market' }), '612.06 USD');
  assert.equal(cost({}, { kind: 'margined', initialMargin: '0.05' }), '250.00 USD');
  assert.deepEqual(faults({ quantity: '10', price: '659.95' }), []);
  assert.deepEqual(faults({ quantity: '10' }, { balances: [] }), ['order']);
  assert.deepEqual(faults({ side: 'sell', quantity: '2.0002' }), ['order']);
  // Of a margined instrument the margin that the order adds.
  const terms = {
    ...TERMS,
    kind: 'margined',
    lotSize: '1',
    initialMargin: '600.00',
    maxQuantity: '100',
  } as const;
  const quantity = '17';
  assert.deepEqual(faults({ quantity }, { terms }), []);
  assert.deepEqual(faults({ quantity }, { terms, stake: { position: '0', open: [] } }), ['order']);
  assert.deepEqual(faults({ quantity }, { terms, stake: { position: '-9', open: [] } }), []);
});

test('the request has the terms of its type and no others', () => {
  assert.deepEqual(requestOf({ ...DRAFT, stopPrice: '1', price: ' 600.00 ' }, 'BTCUSD'), {
    symbol: 'BTCUSD',
    side: 'buy',
    type: 'limit',
    timeInForce: 'good-till-cancel',
    quantity: '1',
    price: '600.00',
  });
  const expiry = '2026-02-03T04:05';
  assert.deepEqual(
    requestOf(
      {
        ...DRAFT,
        type: 'stop',
        stopPrice: '610.00',
        timeInForce: 'good-till-date',
        expiry,
        selfTradePrevention: 'decrement',
        ocoClientOrderId: 'a',
      },
      'BTCUSD',
    ),
    {
      symbol: 'BTCUSD',
      side: 'buy',
      type: 'stop',
      timeInForce: 'good-till-date',
      quantity: '1',
      stopPrice: '610.00',
      expireTime: `${new Date(expiry).toISOString().slice(0, 19)}Z`,
      selfTradePrevention: 'decrement',
      ocoClientOrderId: 'a',
    },
  );
});

test('what is sent has no spaces around it', () => {
  const draft = { ...DRAFT, quantity: ' 1', price: '600.00 ', displayQuantity: '0.5 ', minQuantity: ' 0.5' };
  assert.deepEqual(faults(draft), []);
  const { quantity, price, displayQuantity, minQuantity } = requestOf(draft, 'BTCUSD');
  assert.deepEqual(
    { quantity, price, displayQuantity, minQuantity },
    { quantity: '1', price: '600.00', displayQuantity: '0.5', minQuantity: '0.5' },
  );
});

test('the most that is there for an order is what it may cost, whatever was typed for another type', () => {
  const most = (draft: Partial<Draft>, around: Partial<Surroundings> = {}): string => {
    const quantity = mostOf({ ...DRAFT, ...draft }, { ...AROUND, ...around });
    return quantity === undefined ? '' : textOf(quantity);
  };
  const market: Partial<Draft> = { type: 'market', timeInForce: 'immediate-or-cancel' };
  for (const price of ['', '6.00', '6000.00']) {
    // At the price that protects it: 2 % above the last one.
    const quantity = most({ ...market, price });
    assert.equal(quantity, '16.3382');
    const around = { terms: { ...TERMS, maxQuantity: '100.0000' } };
    assert.deepEqual(faults({ ...market, price, quantity }, around), []);
  }
  assert.equal(most({ price: '500.00' }), '19.9980');
  assert.equal(most({ price: '' }), '16.6636');
  assert.equal(most({ type: 'stop', price: '6.00', stopPrice: '800.00' }), '12.2536');
  // A buy holds for the higher fee, whichever that is.
  const swapped = {
    terms: { ...TERMS, maxQuantity: '100.0000', makerFee: TERMS.takerFee, takerFee: TERMS.makerFee },
  };
  assert.equal(most({ price: '500.00' }, swapped), '19.9980');
  assert.deepEqual(faults({ price: '500.00', quantity: '19.9980' }, { ...swapped, last: '500.00' }), []);
  assert.equal(most({ ...market, side: 'sell' }), '2.0000');
  assert.equal(most({}, { balances: undefined }), '');
});
