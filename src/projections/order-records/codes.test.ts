import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NewOrder, OrderType, Phase, Side, TimeInForce, TradingCapacity } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { type AnnexCodes, CAPACITY, ORDER_CLASS, ORDER_TYPE, PHASE, SIDE, VALIDITY } from './annex-codes.ts';
import { cancelEvent } from './cancel-event.ts';
import { COLUMNS, cellsOf } from './columns.ts';
import { fieldsOf, NOTHING_SAID } from './regulatory-fields.ts';

/** Each name of an enumeration with its code. */
const named = (enumeration: { readonly [name: string]: number }, codes: AnnexCodes): object =>
  Object.fromEntries(Object.entries(enumeration).map(([name, number]) => [name, codes[number]]));

test('codes of the annex: every number of the domain has one', () => {
  assert.deepEqual(named(TradingCapacity, CAPACITY), {
    Dealing: 'DEAL',
    MatchedPrincipal: 'MTCH',
    AnyOther: 'AOTC',
  });
  assert.deepEqual(named(TimeInForce, VALIDITY), {
    Day: 'DAVY',
    GoodTillCancel: 'GTCV',
    ImmediateOrCancel: 'IOCV',
    FillOrKill: 'FOKV',
    GoodTillDate: 'GTSV',
  });
  assert.deepEqual(named(OrderType, ORDER_TYPE), {
    Limit: 'limit',
    Market: 'market',
    Stop: 'stop',
    StopLimit: 'stop-limit',
  });
  assert.deepEqual(named(OrderType, ORDER_CLASS), {
    Limit: 'LMTO',
    Market: 'LMTO',
    Stop: 'STOP',
    StopLimit: 'STOP',
  });
  assert.deepEqual(named(Side, SIDE), { Buy: 'BUYI', Sell: 'SELL' });
  assert.deepEqual(named(Phase, PHASE), {
    Closed: 'closed',
    PreOpen: 'pre-open',
    OpeningAuction: 'opening-auction',
    Continuous: 'continuous',
    VolatilityAuction: 'volatility-auction',
    Halted: 'halted',
    ClosingAuction: 'closing-auction',
  });
});

test('cancelEvent: every reason, of a whole order that the venue or its member canceled, and of a part', () => {
  const codesOf = (reason: number): string =>
    [
      [true, false],
      [true, true],
      [false, false],
    ]
      .map(([isWhole, isByMember]) => cancelEvent(reason, isWhole, isByMember))
      .join(' ');
  assert.deepEqual(
    Object.fromEntries(Object.entries(CancelReason).map(([name, reason]) => [name, codesOf(reason)])),
    {
      Requested: 'CAME CAME REME',
      ImmediateOrCancel: 'EXPI EXPI REMA',
      FillOrKill: 'EXPI EXPI REMA',
      MinimumQuantity: 'CAMO CAMO REMA',
      PostOnlyWouldTrade: 'CAMO CAMO REMA',
      MarketRemainder: 'EXPI EXPI REMA',
      SelfTrade: 'CAMO CAMO REMA',
      Expired: 'EXPI EXPI REMA',
      EndOfDay: 'EXPI EXPI REMA',
      MassCancel: 'CAMO CAME REMA',
      Disconnected: 'CAMO CAMO REMA',
      KillSwitch: 'CAMO CAMO REMA',
      OneCancelsOther: 'CAMO CAMO REMA',
      PriceBand: 'CAMO CAMO REMA',
      BookLimit: 'CAMO CAMO REMA',
      TriggerRefused: 'CAMO CAMO REMA',
      UserDisabled: 'CAMO CAMO REMA',
    },
  );
});

test('columns: every field of the table has one, in its order', () => {
  const numbers = COLUMNS.flatMap((column) => /^f(\d\d)_/.exec(column)?.[1] ?? []);
  assert.deepEqual(
    [...new Set(numbers)],
    Array.from({ length: 51 }, (_, index) => String(index + 1).padStart(2, '0')),
  );
  assert.deepEqual(numbers, [...numbers].sort());
  assert.deepEqual(cellsOf({ f01_member: 'first', reason: 'last' }), [
    'first',
    ...Array.from({ length: COLUMNS.length - 2 }, () => ''),
    'last',
  ]);
});

test('fieldsOf: what stands behind a short record is not its own', () => {
  const words = WordBuffer.allocate(NewOrder.words);
  words.i32.fill(-1, NewOrder.shortWords);
  words.i32[0] = NewOrder.type | (NewOrder.shortWords << 16);
  assert.equal(fieldsOf(words, 0), NOTHING_SAID);
  words.i32[0] = NewOrder.type | (NewOrder.words << 16);
  assert.equal(fieldsOf(words, 0).clientCode, 4_294_967_295);
});
