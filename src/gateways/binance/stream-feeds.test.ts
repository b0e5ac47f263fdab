import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BookChanges, Candle, InstrumentView, MarketViews } from '#domain/market-views.ts';
import { BTCUSD, NOW_SECONDS, viewOf, viewsOf } from '../rest/test-support.ts';
import type { Feed } from '../websocket/feed.ts';
import { SharedMessage } from '../websocket/shared-message.ts';
import { DepthFeed, KlineFeed, NewestFeed, type StreamTerms, TapeFeed } from './stream-feeds.ts';
import { TimeUnit } from './texts.ts';

/** What a stream of this instrument is given. */
function streamOf(instrument: InstrumentView, views: MarketViews = viewsOf([instrument])): StreamTerms {
  return {
    views,
    instrument,
    timeUnit: TimeUnit.Millisecond,
    eventTime: () => 5,
    wrap: (event) => new SharedMessage(JSON.stringify(event)),
  };
}

/** Follows a feed: what a client is told, each time that it is asked for. */
function follower<State>(feed: Feed<State>) {
  let state: State | undefined;
  return () => {
    const told: unknown[] = [];
    for (let update = feed.update(state); update !== undefined; update = feed.update(state)) {
      state = update.state;
      if (update.message !== undefined) told.push(JSON.parse(update.message.payload.toString()));
    }
    return told;
  };
}

test('depth: from where the client begins, numbers without holes; a hole where changes are not known any more', () => {
  const view = viewOf(BTCUSD);
  const book: { sequence: number; changes: BookChanges | undefined } = { sequence: 10, changes: undefined };
  const instrument: InstrumentView = {
    ...view,
    book: {
      ...view.book,
      get sequence() {
        return book.sequence;
      },
      changesSince: () => book.changes,
    },
  };
  const change = (previousSequence: number, sequence: number, qtyLots: number): void => {
    const bids = qtyLots === -1 ? [] : [{ priceTicks: 1_299_999, qtyLots, orders: 1 }];
    book.sequence = sequence;
    book.changes = { instrumentId: 7, previousSequence, sequence, bids, asks: [] };
  };
  const next = follower(new DepthFeed(streamOf(instrument)));
  assert.deepEqual(next(), []);
  change(10, 14, 5);
  const event = { e: 'depthUpdate', E: 5, s: 'BTCUSD', a: [] };
  assert.deepEqual(next(), [{ ...event, U: 11, u: 14, b: [['64999.95', '0.0010']] }]);
  // Nothing that shows: the next event begins where the last one ended.
  change(14, 15, -1);
  assert.deepEqual(next(), []);
  change(14, 17, 0);
  assert.deepEqual(next(), [{ ...event, U: 15, u: 17, b: [['64999.95', '0.0000']] }]);
  book.sequence = 40;
  book.changes = undefined;
  assert.deepEqual(next(), [{ ...event, U: 40, u: 40, b: [] }]);
});

test('tape: each row once from the subscription on; what is lost is left out', () => {
  const rows = ['a', 'b', 'c', 'd', 'e', 'f'];
  const tape = { oldest: 0, next: 2, read: (from: number, max: number) => rows.slice(from, from + max) };
  const views = { ...viewsOf([viewOf(BTCUSD)]), generation: 1 };
  const stream = streamOf(viewOf(BTCUSD), views);
  const next = follower(new TapeFeed(stream, tape, (row) => ({ row })));
  assert.deepEqual(next(), []);
  tape.next = 4;
  assert.deepEqual(next(), [{ row: 'c' }, { row: 'd' }]);
  tape.next = 6;
  tape.oldest = 5;
  assert.deepEqual(next(), [{ row: 'f' }]);
  views.generation = 2;
  assert.deepEqual(next(), []);
});

test('kline: the candle that changes, and the one before as closed once another has begun', () => {
  const candle: Candle = {
    openSeconds: NOW_SECONDS - (NOW_SECONDS % 60),
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
  };
  const candles: Candle[] = [];
  const next = follower(new KlineFeed(streamOf(viewOf(BTCUSD, { candles })), '1m'));
  const seen = () =>
    next().map((event) => {
      const { k } = event as { k: { t: number; n: number; x: boolean } };
      return [k.t / 1_000 - candle.openSeconds, k.n, k.x];
    });
  assert.deepEqual(seen(), []);
  candles.push(candle);
  assert.deepEqual(seen(), [[0, 1, false]]);
  assert.deepEqual(seen(), []);
  candles.splice(0, 1, { ...candle, trades: 3 }, { ...candle, openSeconds: candle.openSeconds + 120 });
  assert.deepEqual(seen(), [
    [0, 3, true],
    [120, 1, false],
  ]);
  // Two candles have begun since the client was told of the last one.
  candles.push(
    { ...candle, openSeconds: candle.openSeconds + 180, trades: 2 },
    { ...candle, openSeconds: candle.openSeconds + 300 },
  );
  assert.deepEqual(seen(), [
    [120, 1, true],
    [180, 2, true],
    [300, 1, false],
  ]);
  // What memory does not have any more is left out.
  candles.splice(0, 4, { ...candle, openSeconds: candle.openSeconds + 600 });
  assert.deepEqual(seen(), [[600, 1, false]]);
});

test('newest: told again only when it differs in more than the time', () => {
  let price = '1';
  const next = follower(new NewestFeed(streamOf(viewOf(BTCUSD)), 0, 'tick', () => ({ price })));
  assert.deepEqual(next(), [{ e: 'tick', E: 5, price: '1' }]);
  assert.deepEqual(next(), []);
  price = '2';
  assert.deepEqual(next(), [{ e: 'tick', E: 5, price: '2' }]);
});
