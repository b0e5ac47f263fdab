import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candle } from '#domain/market-views.ts';
import { BTCUSD, NOW_SECONDS, viewOf, viewsOf } from '../rest/test-support.ts';
import { WebSocketLimits } from './limits.ts';
import { CandlesFeed, type CandlesState } from './state-feeds.ts';

test('candles: a message begins with the newest that the client has, unless some behind it are lacking', () => {
  const candles: Candle[] = [];
  const add = (count: number): void => {
    for (let added = 0; added < count; added++)
      candles.push({
        openSeconds: NOW_SECONDS + candles.length,
        openTicks: 1_300_000,
        highTicks: 1_300_000,
        lowTicks: 1_300_000,
        closeTicks: 1_300_000,
        trades: 1,
        firstTradeId: 1,
        lastTradeId: 1,
        volumeLots: 1n,
        quoteVolumeMinor: 1_300n,
        takerBuyLots: 0n,
        takerBuyQuoteMinor: 0n,
        isComplete: true,
      });
  };
  const view = viewOf(BTCUSD, { candles });
  const feed = new CandlesFeed(viewsOf([view]), view, '1s');
  let state: CandlesState | undefined;
  const seconds = (): number[] => {
    const update = feed.update(state);
    state = update?.state;
    const { items } = JSON.parse(update?.message?.payload.toString() ?? '') as {
      items: { openTime: string }[];
    };
    return items.map(({ openTime }) => Date.parse(openTime) / 1_000 - NOW_SECONDS);
  };
  add(1);
  assert.deepEqual(seconds(), [0]);
  add(2);
  assert.deepEqual(seconds(), [0, 1, 2]);
  const max = WebSocketLimits.CANDLES_PER_MESSAGE_MAX;
  add(max - 1);
  assert.equal(seconds()[0], 2);
  add(max);
  const late = seconds();
  assert.deepEqual([late[0], late.length], [max + 2, max]);
});
