import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Static } from 'typebox';
import { OrderFlag, OrderType, SelfTradePrevention, Side, TimeInForce } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import {
  FieldFault,
  type NewOrderRequest,
  type ReplaceUnits,
  readNewOrder,
  readReplace,
} from './order-request-json.ts';
import { Second, secondText } from './schemas.ts';

/** A tick is 0.05, a lot 0.0002. */
const TERMS = {
  instrumentId: 7,
  symbol: 'BTCUSD',
  priceDecimals: 2,
  tickSize: 5,
  qtyDecimals: 4,
  lotSize: 2,
} as InstrumentTerms;

const LIMIT: Static<typeof NewOrderRequest> = {
  symbol: 'BTCUSD',
  side: 'sell',
  type: 'limit',
  price: '65000.05',
  quantity: '1.5',
};

/** The sender has one order that it calls partner. */
const numberOf = (clientOrderId: string) => (clientOrderId === 'partner' ? 12 : 0);

test('readNewOrder: what is not asked for is 0, prices are ticks and quantities lots', () => {
  assert.deepEqual(readNewOrder(TERMS, LIMIT, numberOf), {
    instrumentId: 7,
    side: Side.Sell,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    orderFlags: 0,
    selfTradePrevention: 0,
    priceTicks: 1_300_001,
    stopPriceTicks: 0,
    qtyLots: 7_500,
    displayQtyLots: 0,
    minQtyLots: 0,
    expireSeconds: 0,
    ocoClientOrderId: 0,
    clientTag: '',
  });
});

test('readNewOrder: every field', () => {
  assert.deepEqual(
    readNewOrder(
      TERMS,
      {
        ...LIMIT,
        side: 'buy',
        type: 'stop-limit',
        timeInForce: 'good-till-date',
        stopPrice: '64000.00',
        expireTime: '2026-01-02T03:04:05Z',
        displayQuantity: '0.0002',
        minQuantity: '0.1',
        postOnly: true,
        selfTradePrevention: 'cancel-both',
        clientOrderId: 'mine',
        ocoClientOrderNumber: 12,
      },
      numberOf,
    ),
    {
      instrumentId: 7,
      side: Side.Buy,
      orderType: OrderType.StopLimit,
      timeInForce: TimeInForce.GoodTillDate,
      orderFlags: OrderFlag.PostOnly,
      selfTradePrevention: SelfTradePrevention.CancelBoth,
      priceTicks: 1_300_001,
      stopPriceTicks: 1_280_000,
      qtyLots: 7_500,
      displayQtyLots: 1,
      minQtyLots: 500,
      expireSeconds: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000,
      ocoClientOrderId: 12,
      clientTag: 'mine',
    },
  );
});

test('readNewOrder: a market order is immediate-or-cancel unless it says otherwise', () => {
  const { price, ...market } = LIMIT;
  const order = readNewOrder(TERMS, { ...market, type: 'market' }, numberOf);
  assert.ok(!(order instanceof FieldFault));
  assert.deepEqual([order.timeInForce, order.priceTicks], [TimeInForce.ImmediateOrCancel, 0]);
});

test('readNewOrder: the first field that is no whole number of ticks or lots, or too large', () => {
  const faults = [
    { price: '65000.01' },
    { price: '0' },
    { quantity: '0.0001' },
    { quantity: '99999999999999999999' },
    { stopPrice: '0.00' },
    { displayQuantity: '0.0003' },
  ];
  for (const change of faults) {
    const fault = readNewOrder(TERMS, { ...LIMIT, ...change }, numberOf);
    assert.ok(fault instanceof FieldFault);
    assert.equal(fault.field, Object.keys(change)[0]);
  }
});

test('readNewOrder: the partner by its text; one that is unknown is for the core to refuse', () => {
  const oco = (fields: object) => readNewOrder(TERMS, { ...LIMIT, ...fields }, numberOf);
  const known = oco({ ocoClientOrderId: 'partner' });
  assert.ok(!(known instanceof FieldFault));
  assert.equal(known.ocoClientOrderId, 12);
  const unknown = oco({ ocoClientOrderId: 'nobody' });
  assert.ok(!(unknown instanceof FieldFault));
  assert.equal(unknown.ocoClientOrderId, 2 ** 31 - 1);
  const both = oco({ ocoClientOrderId: 'partner', ocoClientOrderNumber: 12 });
  assert.deepEqual(both, new FieldFault('ocoClientOrderNumber', 'must not be given beside ocoClientOrderId'));
});

test('readReplace: what is left out stays', () => {
  const order = {
    instrumentId: 7,
    clientOrderId: 3,
    priceTicks: 100,
    qtyLots: 50,
    displayQtyLots: 10,
    stopPriceTicks: 90,
    expireSeconds: 5,
    clientTag: 'old',
  } as OrderRecord;
  assert.deepEqual(readReplace(TERMS, order, { orderId: 1, quantity: '0.02' }), {
    instrumentId: 7,
    originalClientOrderId: 3,
    priceTicks: 100,
    qtyLots: 100,
    displayQtyLots: 10,
    stopPriceTicks: 90,
    expireSeconds: 5,
    clientTag: 'old',
    keepsTag: true,
  });
  const named = (newClientOrderId: string) => readReplace(TERMS, order, { orderId: 1, newClientOrderId });
  assert.deepEqual(
    ['new', 'old'].map((text) => (named(text) as ReplaceUnits).keepsTag),
    [false, true],
  );
});

test('readReplace: a regulatory object that says nothing is a fault: it can neither keep nor take back what was said', () => {
  const order = { qtyLots: 50, clientTag: 'old' } as OrderRecord;
  const allowed =
    'of a replace must say something: leave it out to keep what the order said, which cannot be taken back to nothing';
  const replace = (regulatory: object) => readReplace(TERMS, order, { orderId: 1, regulatory });
  for (const nothing of [{}, { directElectronicAccess: false, liquidityProvision: false }])
    assert.deepEqual(replace(nothing), new FieldFault('regulatory', allowed));
  const said = replace({ capacity: 'DEAL', liquidityProvision: false });
  assert.equal((said as ReplaceUnits).regulatory?.tradingCapacity, 1);
});

test('a second is one of a day that there is', () => {
  const { pattern } = Second('when') as { pattern?: string };
  const isSecond = new RegExp(pattern ?? '');
  for (let year = 1965; year < 2105; year++) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const two = (number: number): string => String(number).padStart(2, '0');
        const text = `${year}-${two(month)}-${two(day)}T23:59:59Z`;
        const seconds = Date.parse(text) / 1_000;
        const isThere = year >= 1970 && year < 2100 && !Number.isNaN(seconds) && secondText(seconds) === text;
        assert.equal(isSecond.test(text), isThere, text);
      }
    }
  }
  for (const text of [
    '2026-01-02T24:00:00Z',
    '2026-01-02T23:60:00Z',
    '2026-01-02T23:59:60Z',
    '2026-01-02T23:59:59',
  ])
    assert.ok(!isSecond.test(text), text);
});
