import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Phase, Side } from '#domain/commands.ts';
import type { FeedLog } from './feed-log.ts';
import { MarketDataFeed } from './market-data-feed.ts';
import type { OrdersAnswer } from './standing-orders.ts';
import { messagesOf, openFeed, snapshotOf } from './test-feed.ts';

test('first session: start of messages, directory, scale, state, system and market hours', (t) => {
  const { venue, fresh } = openFeed(t);
  venue.addInstrument(7, {
    phase: Phase.Closed,
    priceDecimals: 2,
    tickSize: 5,
    qtyDecimals: 8,
    lotSize: 1000,
  });
  assert.deepEqual(fresh(), ['S O', 'R 7 INST7', 'v 7 4/8 tick 500 lot 1000', 'H 7 H CLSD']);
  venue.setPhase(7, Phase.PreOpen);
  venue.setPhase(7, Phase.OpeningAuction);
  venue.setPhase(7, Phase.Continuous);
  venue.setPhase(7, Phase.VolatilityAuction);
  venue.setPhase(7, Phase.Continuous);
  venue.setPhase(7, Phase.Halted);
  venue.setPhase(7, Phase.ClosingAuction);
  venue.setPhase(7, Phase.Closed);
  assert.deepEqual(fresh(), [
    'S S',
    'H 7 Q PREO',
    'H 7 Q OPEN',
    'H 7 T',
    'S Q',
    'H 7 Q LUDP',
    'H 7 T',
    'H 7 H HALT',
    'H 7 Q CLOS',
    'H 7 H CLSD',
    'S M',
    'S E',
  ]);
});

test('instruments that do not fit are not offered and logged; their events are silent', (t) => {
  const { venue, fresh, lines } = openFeed(t);
  venue.addInstrument(65_536);
  venue.addInstrument(2, { maxQtyLots: 2 ** 32 });
  venue.addInstrument(3, { priceDecimals: 0, tickSize: 429_497 });
  venue.addInstrument(65_535, { priceDecimals: 8, maxQtyLots: 2 ** 32 - 1 });
  for (const id of [65_536, 2, 3]) {
    venue.enter(id, Side.Buy, 10, 10);
    venue.replaceAnew(venue.side(id, Side.Buy)[0], 11, 10);
    venue.enter(id, Side.Sell, 11, 4);
    venue.cancel(venue.side(id, Side.Buy)[0], 10);
    venue.setPhase(id, Phase.Halted);
    venue.uncross(id, 11);
    venue.emit({ type: 'AuctionIndicative', instrumentId: id });
  }
  assert.deepEqual(fresh(), [
    'S O',
    'R 65535 INST6553',
    'v 65535 8/0 tick 1 lot 1',
    'S S',
    'H 65535 T',
    'S Q',
  ]);
  assert.deepEqual(lines, [
    'market data: instrument 65536 INST6553 is not on the ITCH feed: its id is above 65535, the largest stock locate code',
    'market data: instrument 2 INST2 is not on the ITCH feed: its maximum quantity is above 4294967295 lots',
    'market data: instrument 3 INST3 is not on the ITCH feed: one tick is more than a 32-bit price with 4 decimals holds',
  ]);
});

test('prices that do not fit the wire: those orders are not shown, the rest is exact, and it is logged once', (t) => {
  const { venue, fresh, lines, feed } = openFeed(t);
  venue.addInstrument(1);
  fresh();
  const priceMax = Math.floor((2 ** 32 - 1) / 100);
  venue.enter(1, Side.Sell, priceMax, 5);
  venue.enter(1, Side.Sell, priceMax + 1, 9);
  venue.enter(1, Side.Sell, priceMax + 2, 9);
  assert.deepEqual(fresh(), [`A 1 S 5@${priceMax * 100}`]);
  venue.replaceInPlace(venue.side(1, Side.Sell)[1], 8);
  venue.cancel(venue.side(1, Side.Sell)[1], 2);
  venue.replaceAnew(venue.side(1, Side.Sell)[0], priceMax + 3, 5);
  venue.replaceAnew(venue.side(1, Side.Sell)[1], priceMax, 3);
  assert.deepEqual(fresh(), ['D 1', `A 6 S 3@${priceMax * 100}`]);
  venue.enter(1, Side.Buy, priceMax + 3, 10);
  assert.deepEqual(fresh(), ['E 6 3 match 1'], 'trades with what is not shown are not shown');
  venue.setPhase(1, Phase.VolatilityAuction);
  venue.enter(1, Side.Sell, 10_000, 4);
  venue.enter(1, Side.Sell, 10_001, 1);
  venue.enter(1, Side.Buy, priceMax + 1, 6);
  venue.emit({ type: 'AuctionIndicative', instrumentId: 1, qtyLots: 5, priceTicks: priceMax + 1, phase: 5 });
  venue.uncross(1, priceMax + 1);
  assert.deepEqual(fresh(), [
    'H 1 Q LUDP',
    'A 8 S 4@1000000',
    'A 9 S 1@1000100',
    'I 1 5/0 O @0 H',
    'D 8',
    'D 9',
    'Q 1 0@0 H match 0',
    'H 1 T',
  ]);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /price of 42949673 ticks; the ITCH feed shows prices up to 42949672 ticks only/);
  assert.equal(messagesOf(snapshotOf(feed)).filter((line) => line.startsWith('A')).length, 0);
});

test('a trade that is taken back: its match number, and nothing of the book; a trade that was not shown is not taken back', (t) => {
  const { venue, fresh, feed } = openFeed(t);
  const takeBack = (tradeId: number, priceTicks: number, instrumentId = 1): void => {
    venue.emit({ type: 'TradeCanceled', instrumentId, tradeId, qtyLots: 4, amountMinor: 4_000, priceTicks });
  };
  venue.addInstrument(1);
  venue.enter(1, Side.Sell, 10_000, 12, 5);
  venue.enter(1, Side.Buy, 10_000, 7);
  assert.deepEqual(fresh().slice(-4), [
    'A 1 S 5@1000000',
    'E 1 5 match 1',
    'A 1 S 5@1000000',
    'E 1 2 match 2',
  ]);
  const priceMax = Math.floor((2 ** 32 - 1) / 100);
  takeBack(1, 10_000);
  takeBack(3, priceMax + 1);
  takeBack(4, priceMax);
  takeBack(5, 10_000, 2);
  assert.deepEqual(fresh(), ['B 1 match 1', 'B 1 match 4']);
  assert.deepEqual(messagesOf(snapshotOf(feed)).slice(-2), ['A 1 S 3@1000000', 'G 13']);
  venue.replaceAnew(venue.side(1, Side.Sell)[0], 10_100, 3);
  takeBack(2, 10_000);
  assert.deepEqual(fresh(), ['U 1 3 3@1010000', 'B 1 match 2']);
  venue.setPhase(1, Phase.ClosingAuction);
  venue.enter(1, Side.Buy, 10_100, 1);
  venue.enter(1, Side.Buy, 10_100, 2);
  venue.uncross(1, 10_100);
  takeBack(3, 10_100);
  assert.deepEqual(fresh().slice(3), [
    'C 4 1@1010000 N match 3',
    'C 3 1@1010000 N match 3',
    'C 5 2@1010000 N match 4',
    'C 3 2@1010000 N match 4',
    'Q 1 3@1010000 C match 4',
    'H 1 T',
    'B 1 match 3',
  ]);
});

test('snapshot: system events in force, directory, book in priority order, and where to go on', (t) => {
  const { venue, fresh, feed, directory } = openFeed(t, { snapshotMessagesMax: 2 });
  venue.addInstrument(1);
  venue.addInstrument(2, { phase: Phase.Halted });
  venue.enter(1, Side.Buy, 9_900, 10);
  venue.enter(1, Side.Buy, 9_950, 10);
  venue.enter(1, Side.Buy, 9_900, 11);
  venue.enter(1, Side.Sell, 10_000, 12, 5);
  venue.replaceInPlace(venue.side(1, Side.Buy)[1], 8);
  fresh();
  const image = [
    'S O',
    'S S',
    'S Q',
    'R 1 INST1',
    'v 1 4/0 tick 100 lot 1',
    'H 1 T',
    'R 2 INST2',
    'v 2 4/0 tick 100 lot 1',
    'H 2 H HALT',
    'A 2 B 10@995000',
    'A 1 B 8@990000',
    'A 3 B 11@990000',
    'A 4 S 5@1000000',
  ];
  const next = feed.session.readableSequence + 1;
  const snapshot = snapshotOf(feed);
  assert.deepEqual(messagesOf(snapshot), [...image, `G ${next}`]);
  assert.deepEqual([snapshot.session, snapshot.ended], ['T1', true]);
  venue.enter(1, Side.Sell, 10_500, 1);
  venue.enter(1, Side.Sell, 10_501, 1);
  fresh();
  assert.equal(feed.snapshot(), snapshot, 'used again while it is at most two messages old');
  venue.enter(1, Side.Sell, 10_502, 1);
  fresh();
  snapshot.retain();
  const later = snapshotOf(feed);
  assert.deepEqual(messagesOf(later).slice(-4), [
    'A 6 S 1@1050000',
    'A 7 S 1@1050100',
    'A 8 S 1@1050200',
    `G ${next + 3}`,
  ]);
  assert.equal(messagesOf(snapshot).length, image.length + 1, 'a reader of the old one reads on');
  snapshot.release();
  assert.deepEqual(readdirSync(directory).sort(), ['feed-T1.itch50', 'snapshot-T1-2.itch50']);
});

test('snapshot: the book of another moment is used again for a second, and while it is being written', (t) => {
  let nowMs = 0;
  const { venue, fresh, feed } = openFeed(t, { nowMs: () => nowMs });
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  fresh();
  const next = feed.session.readableSequence + 1;
  const last = (log: FeedLog): string | undefined => messagesOf(log).at(-1);
  const first = snapshotOf(feed);
  assert.equal(last(first), `G ${next}`);
  nowMs += 3_600_000;
  assert.equal(feed.snapshot(), first, 'nothing has happened since');

  venue.enter(1, Side.Buy, 9_901, 10);
  fresh();
  const second = snapshotOf(feed);
  assert.equal(last(second), `G ${next + 1}`);
  venue.enter(1, Side.Buy, 9_902, 10);
  fresh();
  nowMs += 1_000;
  assert.equal(feed.snapshot(), second);
  nowMs += 1;
  const third = feed.snapshot();
  nowMs += 5_000;
  venue.enter(1, Side.Buy, 9_903, 10);
  venue.deliver({
    onEvents: (words, from, to) => feed.onEvents(words, from, to),
    onCaughtUp: (sequence) => feed.onCaughtUp(sequence),
  });
  assert.equal(feed.snapshot(), third, 'who comes while it is written takes it too');
  while (feed.step());
  assert.equal(last(third), `G ${next + 2}`);
  assert.equal(last(snapshotOf(feed)), `G ${next + 3}`);
});

test('a new day and a full file end the session; the next begins with an image', (t) => {
  const { venue, fresh, feed, directory } = openFeed(t, { sessionBytesMax: 400 });
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  fresh();
  const first = feed.session;
  first.retain();
  venue.timeSeconds += 86_400;
  venue.enter(1, Side.Buy, 9_950, 20);
  venue.deliver(feed);
  assert.deepEqual([first.session, first.ended, feed.session.session], ['T1', true, 'T2']);
  assert.deepEqual(messagesOf(first).slice(-2), ['A 1 B 10@990000', 'S C']);
  const image = ['S O', 'S S', 'S Q', 'R 1 INST1', 'v 1 4/0 tick 100 lot 1', 'H 1 T'];
  assert.deepEqual(messagesOf(feed.session), [...image, 'A 1 B 10@990000', 'A 2 B 20@995000']);
  first.release();
  for (let i = 0; i < 5; i++) venue.enter(1, Side.Sell, 10_000 + i, 1);
  venue.deliver(feed);
  assert.equal(feed.session.session, 'T3');
  assert.deepEqual(messagesOf(feed.session).slice(0, 8), [...image, 'A 2 B 20@995000', 'A 1 B 10@990000']);
  assert.deepEqual(readdirSync(directory), ['feed-T3.itch50']);
});

test('restart with an image: a new session with the book as it stands; files left behind are removed', (t) => {
  const { venue, fresh, feed, directory } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  venue.enter(1, Side.Buy, 9_900, 20);
  venue.replaceInPlace(venue.side(1, Side.Buy)[0], 9);
  fresh();
  const old = feed.session;
  old.retain();
  venue.emitImage();
  feed.restart();
  assert.deepEqual(messagesOf(old).slice(-2), ['X 1 1', 'S C']);
  old.release();
  venue.deliver(feed);
  assert.equal(feed.session.session, 'T2');
  const image = ['R 1 INST1', 'v 1 4/0 tick 100 lot 1', 'S S', 'H 1 T', 'S Q'];
  assert.deepEqual(messagesOf(feed.session), ['S O', ...image, 'A 3 B 9@990000', 'A 2 B 20@990000']);
  writeFileSync(join(directory, 'feed-OLD.itch50'), '');
  writeFileSync(join(directory, 'snapshot-OLD-1.itch50'), '');
  writeFileSync(join(directory, 'mine.txt'), '');
  const other = new MarketDataFeed({ directory, orders: venue, nextSession: () => 'N1', log: () => {} });
  assert.deepEqual(readdirSync(directory).sort(), ['feed-N1.itch50', 'mine.txt']);
  other.close();
});

test('close: End of Messages, and the file is a recorded ITCH file for those who hold it', (t) => {
  const { venue, fresh, feed, directory } = openFeed(t);
  venue.addInstrument(1);
  fresh();
  const log = feed.session;
  log.retain();
  feed.close();
  assert.deepEqual(messagesOf(log).slice(-1), ['S C']);
  assert.equal(existsSync(join(directory, 'feed-T1.itch50')), false);
  log.release();
});

test('a full disk ends the feed with a reason; restart begins anew', (t) => {
  let directory = '';
  const sessions = ['T1', 'FULL', 'T3'];
  const set = openFeed(t, {
    nextSession: () => {
      const session = sessions.shift()!;
      if (session === 'FULL') symlinkSync('/dev/full', join(directory, 'feed-FULL.itch50'));
      return session;
    },
  });
  const { venue, fresh, feed, lines } = set;
  directory = set.directory;
  venue.addInstrument(1);
  fresh();
  const first = feed.session;
  first.retain();
  let notified = 0;
  feed.subscribe(() => notified++);
  venue.timeSeconds += 86_400;
  venue.enter(1, Side.Buy, 9_900, 10);
  venue.deliver(feed);
  assert.equal(feed.failure?.code, 'DISK_FULL');
  assert.deepEqual(lines, [
    `market data: no space left for ${join(directory, 'feed-FULL.itch50')}; free some and restart the feed`,
  ]);
  assert.deepEqual([feed.session.ended, feed.session.readableSequence, notified], [true, 0, 1]);
  assert.deepEqual(messagesOf(first).slice(-2), ['S Q', 'S C']);
  assert.throws(() => feed.snapshot(), { name: 'FeedLogError', code: 'DISK_FULL' });
  venue.enter(1, Side.Buy, 9_901, 10);
  venue.deliver(feed);
  feed.restart();
  venue.emitImage();
  venue.deliver(feed);
  assert.deepEqual([feed.failure, feed.session.session], [undefined, 'T3']);
  assert.deepEqual(messagesOf(feed.session).slice(-2), ['A 2 B 10@990100', 'A 1 B 10@990000']);
  first.release();
});

test('the file on disk is what readers read', (t) => {
  const { venue, fresh, feed } = openFeed(t);
  venue.addInstrument(1);
  venue.enter(1, Side.Buy, 9_900, 10);
  fresh();
  const bytes = new Uint8Array(10_000);
  const read = bytes.subarray(0, feed.session.readAt(0, bytes));
  assert.ok(readFileSync(feed.session.path).equals(read));
});

test('without anybody who knows the orders: no snapshot, and the session goes on for at most a day too long', (t) => {
  const gone = {
    ask: (_: number, onAnswer: (answer: OrdersAnswer) => void) => {
      onAnswer({ problem: 'gone' });
      return () => {};
    },
  };
  let nowMs = 0;
  const { venue, fresh, feed, lines } = openFeed(t, { orders: gone, nowMs: () => nowMs });
  venue.addInstrument(1);
  fresh();
  const snapshot = snapshotOf(feed);
  assert.deepEqual([messagesOf(snapshot), snapshot.ended], [[], true]);
  venue.timeSeconds += 86_400;
  venue.enter(1, Side.Buy, 9_900, 10);
  assert.deepEqual(fresh(), ['A 1 B 10@990000']);
  assert.equal(feed.session.session, 'T1');
  nowMs += 5_000;
  venue.timeSeconds += 86_400;
  venue.enter(1, Side.Buy, 9_901, 10);
  venue.deliver(feed);
  assert.deepEqual([feed.failure?.code, feed.session.ended, feed.isHeld], ['NO_IMAGE', true, false]);
  assert.deepEqual(lines, [
    'market data: no snapshot: gone',
    'market data: what stands is not to be had: gone',
  ]);
});

test('a session that cannot begin at once: events wait for two seconds, or until they may not; then the old one goes on', (t) => {
  const asked: number[] = [];
  const never = {
    ask: (sequence: number) => {
      asked.push(sequence);
      return () => asked.push(-sequence);
    },
  };
  let nowMs = 0;
  const { venue, fresh, feed } = openFeed(t, { orders: never, nowMs: () => nowMs });
  venue.addInstrument(1);
  fresh();
  venue.timeSeconds += 86_400;
  for (const price of [9_900, 9_901, 9_902]) {
    const before = asked.length;
    venue.enter(1, Side.Buy, price, 10);
    assert.deepEqual(fresh(), [], 'held');
    assert.equal(feed.isHeld, true);
    assert.equal(asked.length, before + 1);
    nowMs += 2_001;
    feed.step();
    assert.equal(feed.isHeld, false);
    venue.enter(1, Side.Buy, price, 11);
    assert.equal(fresh().length, 2, 'the old session has both');
    nowMs += 5_000;
  }
  assert.deepEqual(
    asked.map((sequence) => Math.sign(sequence)),
    [1, -1, 1, -1, 1, -1],
    'every question was withdrawn',
  );
});
