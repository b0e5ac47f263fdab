import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { Side } from '#domain/commands.ts';
import { TradeFlag } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { PublicTrade } from '#domain/market-views.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { TradeTape } from './trade-tape.ts';

const words = WordBuffer.allocate(128);

function add(tape: TradeTape, trade: Omit<EventInput<'Trade'>, 'type'>): void {
  const fields = { qtyLots: 1, priceTicks: 100, sequence: 1, takerLeavesQtyLots: 5, aggressorSide: Side.Buy };
  writeEvent(words, 0, { type: 'Trade', ...fields, ...trade });
  tape.add(words, 0);
}

/** The aggregates as [first id, last id, lots]. */
function aggregates(tape: TradeTape): number[][] {
  return tape.aggregateTrades
    .read(0, 100)
    .map(({ firstTradeId, lastTradeId, qtyLots }) => [firstTradeId, lastTradeId, qtyLots]);
}

test('TradeTape: one order at one price is one aggregate, which ends with what the order still has to trade', () => {
  const tape = new TradeTape();
  add(tape, { tradeId: 3, takerOrderId: 7, qtyLots: 2 });
  add(tape, { tradeId: 4, takerOrderId: 7, qtyLots: 3 });
  assert.deepEqual(aggregates(tape), [], 'it may still grow');
  add(tape, { tradeId: 5, takerOrderId: 7, qtyLots: 4, priceTicks: 101 });
  assert.deepEqual(aggregates(tape), [[3, 4, 5]]);
  add(tape, { tradeId: 6, takerOrderId: 7, qtyLots: 6, priceTicks: 101, takerLeavesQtyLots: 0 });
  assert.deepEqual(aggregates(tape).slice(1), [[5, 6, 10]]);
  add(tape, { tradeId: 8, takerOrderId: 9 });
  tape.endOfOrder(4);
  assert.equal(aggregates(tape).length, 2, 'the end of another order');
  tape.endOfOrder(9);
  assert.deepEqual(aggregates(tape).slice(2), [[8, 8, 1]]);
  tape.endOfOrder(9);
  tape.close();
  assert.equal(tape.aggregateTrades.next, 3);
});

test('TradeTape: an uncross is one aggregate without an aggressor', () => {
  const tape = new TradeTape();
  const uncross = { tradeFlags: TradeFlag.Auction, aggressorSide: 0, takerLeavesQtyLots: 0 };
  add(tape, { ...uncross, tradeId: 1, takerOrderId: 1, makerOrderId: 2 });
  add(tape, { ...uncross, tradeId: 2, takerOrderId: 3, makerOrderId: 2 });
  tape.close();
  add(tape, { ...uncross, tradeId: 3, takerOrderId: 3, makerOrderId: 2, sequence: 2 });
  tape.close();
  assert.deepEqual(aggregates(tape), [
    [1, 2, 2],
    [3, 3, 1],
  ]);
  assert.equal(tape.aggregateTrades.read(0, 1)[0].aggressorSide, 0);
});

test('TradeTape: positions go on while the oldest trades make room', () => {
  const tape = new TradeTape();
  assert.deepEqual([tape.lastPriceTicks, tape.lastQtyLots, tape.lastTradeId], [0, 0, 0]);
  const count = Limits.VIEW_TRADES_MAX + 10;
  for (let i = 0; i < count; i++) {
    add(tape, {
      tradeId: 10 * i + 1,
      takerOrderId: i + 1,
      takerLeavesQtyLots: 0,
      amountMinor: 50,
      priceTicks: 100 + i,
      timeSeconds: 2 ** 32 - 1,
      timeNanos: 999_999_999,
      sequence: 2 ** 40 + i,
    });
  }
  const { trades, aggregateTrades } = tape;
  const first = Limits.VIEW_TRADES_MAX;
  assert.deepEqual([trades.oldest, trades.next], [first + 10, first + count]);
  assert.deepEqual([aggregateTrades.oldest, aggregateTrades.next], [10, count]);
  assert.equal(trades.read(0, 2_000).length, Limits.VIEW_TRADES_MAX);
  assert.deepEqual(trades.read(first + count - 1, 5), [
    {
      tradeId: 10 * count - 9,
      priceTicks: 99 + count,
      qtyLots: 1,
      amountMinor: 50,
      aggressorSide: Side.Buy,
      timeSeconds: 2 ** 32 - 1,
      timeNanos: 999_999_999,
      sequence: 2 ** 40 + count - 1,
    },
  ]);
  assert.deepEqual(
    trades.read(0, 2).map(({ tradeId }) => tradeId),
    [101, 111],
  );
  assert.deepEqual(trades.read(first + count, 5), []);
  assert.deepEqual(
    [tape.lastPriceTicks, tape.lastQtyLots, tape.lastTradeId],
    [99 + count, 1, 10 * count - 9],
  );
});

/** A trade as history has it. */
function past(tradeId: number, sequence: number): PublicTrade {
  return {
    tradeId,
    priceTicks: 90 + tradeId,
    qtyLots: 1,
    amountMinor: 9,
    aggressorSide: Side.Sell,
    timeSeconds: 7,
    timeNanos: 8,
    sequence,
  };
}

test('TradeTape: trades of history come before those that events told, whose positions stay', () => {
  const tape = new TradeTape();
  const ids = (): number[] => tape.trades.read(0, 2_000).map(({ tradeId }) => tradeId);
  tape.fill(20, [past(1, 10), past(2, 20)]);
  assert.deepEqual(tape.trades.read(0, 1), [past(1, 10)]);
  assert.deepEqual([tape.lastPriceTicks, tape.lastQtyLots, tape.lastTradeId], [92, 1, 2]);
  add(tape, { tradeId: 3, sequence: 21 });
  const { next } = tape.trades;
  // What was missed between entries 21 and 30 stands between what is there.
  add(tape, { tradeId: 6, sequence: 31 });
  tape.fill(30, [past(2, 20), past(3, 21), past(4, 22), past(5, 30)]);
  assert.deepEqual([ids(), tape.trades.next], [[2, 3, 4, 5, 6], next + 1]);
  assert.equal(tape.lastTradeId, 6);
  tape.fill(30, []);
  assert.deepEqual(ids(), [6]);
});

test('TradeTape: it knows whether it still has all trades behind one', () => {
  const tape = new TradeTape();
  const most = Array.from({ length: Limits.VIEW_TRADES_MAX - 1 }, (_, index) => past(10 + index, 1));
  tape.fill(1, most);
  assert.equal(tape.hasAllAfter(0), true);
  for (const tradeId of [5_000, 5_001]) add(tape, { tradeId, sequence: 2 });
  assert.deepEqual([tape.trades.read(0, 1)[0].tradeId, tape.trades.oldest], [11, tape.trades.next - 1_000]);
  assert.deepEqual([tape.hasAllAfter(10), tape.hasAllAfter(11)], [false, true]);
});
