import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCommand, encodeCommand } from '#codec/log/commands.ts';
import { decodeEvent, encodeEvent } from '#codec/log/events.ts';
import type { CommandInput, EventInput } from '#codec/log/record-types.ts';
import { Door, KillScope, OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, PostingKind } from '#domain/events.ts';
import { SAMPLE_COMMANDS, SAMPLE_EVENTS } from '../../../test/sample-records.ts';
import { decodedCommand } from './log-json.ts';
import { type LoggedValues, loggedValues } from './logged-values.ts';
import type { TermsLookup } from './scales.ts';

const TERMS = {
  instrumentId: 1,
  symbol: 'BTCUSD',
  tickSize: 5,
  priceDecimals: 2,
  lotSize: 1,
  qtyDecimals: 4,
  quoteAssetId: 2,
};
const LOOKUP = {
  asset: (id: number) => (id === 2 ? { assetId: 2, symbol: 'USD', decimals: 2 } : undefined),
  instrument: (id: number) => (id === 1 ? { terms: TERMS } : undefined),
} as unknown as TermsLookup;

const ofCommand = (input: CommandInput): LoggedValues =>
  loggedValues(LOOKUP, decodeCommand(encodeCommand(input)));
const ofEvent = (input: EventInput): LoggedValues => loggedValues(LOOKUP, decodeEvent(encodeEvent(input)));

test('loggedValues: an order as REST would show it', () => {
  const order: CommandInput = {
    type: 'NewOrder',
    userId: 7,
    instrumentId: 1,
    clientOrderId: 3,
    side: Side.Buy,
    orderType: OrderType.StopLimit,
    timeInForce: TimeInForce.GoodTillDate,
    expireSeconds: 1_767_323_045,
    priceTicks: 12_000,
    stopPriceTicks: 12_001,
    qtyLots: 25_000,
    displayQtyLots: 10,
    ocoClientOrderId: 2,
    orderFlags: OrderFlag.PostOnly,
    clientTag: 'mine-1',
  };
  assert.deepEqual(ofCommand(order), {
    symbol: 'BTCUSD',
    clientOrderNumber: 3,
    price: '600.00',
    stopPrice: '600.05',
    quantity: '2.5000',
    displayQuantity: '0.0010',
    expireTime: '2026-01-02T03:04:05Z',
    ocoClientOrderNumber: 2,
    side: 'buy',
    type: 'stop-limit',
    timeInForce: 'good-till-date',
    postOnly: true,
    clientOrderId: 'mine-1',
  });
});

test('loggedValues: what is not known here stays as the record has it', () => {
  assert.deepEqual(ofCommand({ type: 'NewOrder', instrumentId: 9, priceTicks: 12, qtyLots: 5, side: 77 }), {
    instrumentId: 9,
    priceTicks: 12,
    qtyLots: 5,
    side: 77,
  });
});

test('loggedValues: money, reasons, sessions, rejects, kill switches', () => {
  assert.deepEqual(
    ofCommand({ type: 'Deposit', accountId: 3, assetId: 2, amountMinor: 12_345, reason: 'a wire' }),
    {
      accountId: 3,
      asset: 'USD',
      amount: '123.45',
      reason: 'a wire',
    },
  );
  assert.deepEqual(
    ofEvent({
      type: 'LedgerPosted',
      kind: PostingKind.Deposit,
      accountId: 3,
      assetId: 2,
      amountMinor: 100,
      balanceMinor: 0,
    }),
    { accountId: 3, asset: 'USD', kind: 'deposit', amount: '1.00', balance: '0.00' },
  );
  const canceled = ofEvent({
    type: 'OrderCanceled',
    instrumentId: 1,
    orderId: 5,
    reason: CancelReason.OneCancelsOther,
    canceledQtyLots: 10,
    side: Side.Sell,
  });
  assert.equal(canceled['cancelReason'], 'one-cancels-other');
  assert.equal(canceled['leavesQuantity'], '0.0000');
  assert.deepEqual(
    ofEvent({ type: 'CommandRejected', commandType: 1, rejectCode: 30 })['command'],
    'NewOrder',
  );
  assert.deepEqual(
    ofEvent({
      type: 'SessionOpened',
      nodeId: 2,
      sessionId: 4,
      door: Door.WebSocket,
      openedSeconds: 1_767_323_045,
    }),
    {
      sessionId: 4,
      nodeId: 2,
      cancelOnDisconnect: false,
      door: 'web-socket',
      openedTime: '2026-01-02T03:04:05Z',
    },
  );
  assert.deepEqual(ofCommand({ type: 'SetKillSwitch', scope: KillScope.Account, scopeId: 4, engaged: 1 }), {
    scope: 'account',
    engaged: true,
    cancelOrders: false,
    scopeId: 4,
  });
  assert.deepEqual(ofCommand({ type: 'SetOrderRules', instrumentId: 1, regulatoryFields: 0 }), {
    symbol: 'BTCUSD',
    regulatoryFields: 'optional',
  });
});

test('loggedValues: the terms of an instrument are in its own units', () => {
  const values = ofCommand({
    type: 'AddInstrument',
    instrumentId: 9,
    symbol: 'NEW',
    quoteAssetId: 2,
    tickSize: 5,
    priceDecimals: 2,
    lotSize: 1,
    qtyDecimals: 4,
    referencePriceTicks: 100,
    maxQtyLots: 50,
    makerFeePpm: 250,
    initialMarginMinor: 300,
  });
  assert.deepEqual(
    [
      values['tickSize'],
      values['lotSize'],
      values['referencePrice'],
      values['maxQuantity'],
      values['makerFee'],
    ],
    ['0.05', '0.0001', '5.00', '0.0050', '0.000250'],
  );
  assert.deepEqual(
    [values['quoteAsset'], values['initialMargin'], values['instrumentId']],
    ['USD', '3.00', 9],
  );
});

test('loggedValues: no credential is ever among them, of any record', () => {
  for (const sample of SAMPLE_COMMANDS) {
    const names = Object.keys(loggedValues(LOOKUP, decodeCommand(encodeCommand(sample))));
    assert.deepEqual(
      names.filter((name) => /^(salt|passwordHash|verifier)$/.test(name)),
      [],
    );
  }
  for (const sample of SAMPLE_EVENTS) {
    const names = Object.keys(loggedValues(LOOKUP, decodeEvent(encodeEvent(sample))));
    assert.deepEqual(
      names.filter((name) => /^(salt|passwordHash|verifier)$/.test(name)),
      [],
    );
  }
});

test('decodedCommand: a replace without an instrument is in the units of its order, which its events tell', () => {
  const lookup = { ...LOOKUP, userName: (userId: number) => (userId === 7 ? 'ANN' : undefined) };
  const command = decodeCommand(
    encodeCommand({
      type: 'ReplaceOrder',
      userId: 7,
      clientOrderId: 4,
      originalClientOrderId: 3,
      priceTicks: 100,
    }),
  );
  const replaced = (clientOrderId: number) =>
    decodeEvent(encodeEvent({ type: 'OrderReplaced', userId: 7, instrumentId: 1, clientOrderId }));
  assert.deepEqual(decodedCommand(lookup, command, [replaced(3), replaced(4)]), {
    command: 'ReplaceOrder',
    userId: 7,
    userName: 'ANN',
    values: {
      symbol: 'BTCUSD',
      clientOrderNumber: 4,
      originalClientOrderNumber: 3,
      price: '5.00',
      quantity: '0.0000',
    },
  });
  assert.equal(decodedCommand(lookup, command, [replaced(3)]).values['priceTicks'], 100);
});
