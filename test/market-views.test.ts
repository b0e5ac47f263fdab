import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents, writeEvent } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { Side } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import {
  type BookLevel,
  CANDLE_SECONDS,
  type CandleInterval,
  type InstrumentView,
  ViewChange,
} from '#domain/market-views.ts';
import { candlesOf as candlesAt } from '#gateways/rest/candle-routes.ts';
import { ScriptedArchive } from '#gateways/rest/test-support.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { BookCopy } from '#projections/market-views/test-books.ts';
import { cancelOf } from './support/cancel-trade.ts';
import {
  commandOf,
  INSTRUMENTS,
  MARKET_CAPACITY,
  type MarketStep,
  marketOpening,
  marketStep,
  START_SECONDS,
} from './support/market-steps.ts';
import { aggregatesOf, candlesOf, NaiveMarket, summaryOf } from './support/naive-market.ts';

const DEFAULT_SEED = 20_254;
const SEED = Number(process.env['HIVE_SEED'] ?? DEFAULT_SEED);
const INTERVALS = Object.keys(CANDLE_SECONDS) as CandleInterval[];
/** Seconds that pass before a step. */
const PAUSES_SECONDS = [0, 0, 0, 1, 1, 7, 61, 400, 4_000];

/** Brings a client's copy of a book to where the view is, and checks it by the checksum as a client does. */
function follow(copy: BookCopy, { book }: InstrumentView): void {
  copy.follow(book);
  assert.equal(copy.sequence, book.sequence);
  // Prices of these instruments have two decimals, quantities none.
  const text = (level: BookLevel): string => `${(level.priceTicks / 100).toFixed(2)}:${level.qtyLots}`;
  const line = (side: Side): string => copy.side(side).slice(0, 25).map(text).join(',');
  assert.equal(book.checksum(), crc32(`${line(Side.Buy)}|${line(Side.Sell)}`));
}

/** A real core whose events go to the views, to the naive market, and to a fresh reader as an image. */
class Venue {
  readonly views = new LiveMarketViews();
  readonly naive = new NaiveMarket();
  readonly clients = INSTRUMENTS.map(() => new BookCopy());
  readonly seen = new Map<string, number>();
  seconds = START_SECONDS;
  lastTrade: Event<'Trade'> | undefined;
  /** An event is handed to the views as this says; undefined hides it from them. */
  tamper: (event: Event) => Event | undefined = (event) => event;
  #core: TradingCore;
  #words = WordBuffer.allocate(256);
  #describing: LiveMarketViews | undefined;

  constructor() {
    this.#core = new TradingCore(this, MARKET_CAPACITY);
    this.views.onImage(0);
    for (const command of marketOpening()) this.apply(command);
    this.views.flush();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this.#describing !== undefined) {
      this.#describing.onEvents(words, from, to);
      return;
    }
    this.naive.onEvents(words, from, to);
    const copy = WordBuffer.allocate(64);
    for (const event of readEvents(words, from, to)) {
      this.seen.set(event.type, (this.seen.get(event.type) ?? 0) + 1);
      if (event.type === 'Trade') this.lastTrade = event;
      const tampered = this.tamper(event);
      if (tampered !== undefined) this.views.onEvents(copy, 0, writeEvent(copy, 0, tampered));
    }
  }

  apply(command: CommandInput): void {
    const words = this.#words;
    const sequence = this.#core.sequence + 1;
    words.i32.fill(0);
    const end = writeCommand(words, ENTRY_HEADER_WORDS, command);
    words.i32[0] = 1 | (1 << 16);
    words.i32[EntryHeader.at.epoch] = 1;
    words.f64[EntryHeader.at.entryNo >> 1] = sequence;
    this.#core.applyEntry(sequence, this.seconds, 0, words, 0, end);
  }

  /** The image goes to `views`. */
  describe(views: LiveMarketViews): void {
    this.#describing = views;
    this.#core.describe({ liveOrders: false, restingOrders: true });
    this.#describing = undefined;
    views.onImage(this.#core.sequence);
    views.flush();
  }

  step(number: number, given: MarketStep): void {
    this.seconds += PAUSES_SECONDS[given.choice % PAUSES_SECONDS.length];
    this.apply(commandOf(number, given));
    if (given.choice % 3 === 0) this.views.flush();
    if (given.choice % 101 === 0) {
      this.views.onRestart();
      this.describe(this.views);
    }
    if (given.choice % 7 === 0) INSTRUMENTS.forEach((id, i) => void follow(this.clients[i], this.view(id)));
  }

  view(instrumentId: number): InstrumentView {
    return this.views.instrument(instrumentId)!;
  }
}

function compare(venue: Venue): void {
  venue.views.flush();
  const image = new LiveMarketViews();
  venue.describe(image);
  INSTRUMENTS.forEach((instrumentId, i) => {
    const view = venue.view(instrumentId);
    const { naive } = venue;
    const client = venue.clients[i];
    follow(client, view);
    const { bids, asks } = view.book.snapshot(Number.POSITIVE_INFINITY);
    for (const [side, levels] of [
      [Side.Buy, bids],
      [Side.Sell, asks],
    ] as const) {
      const expected = naive.levels(instrumentId, side);
      assert.deepEqual(levels, expected);
      assert.deepEqual(client.side(side), expected);
      assert.equal(view.book.depth(side), expected.length);
      assert.deepEqual(view.book.best(side), expected[0]);
      const top = view.book.snapshot(2);
      assert.deepEqual(side === Side.Buy ? top.bids : top.asks, expected.slice(0, 2));
    }
    const described = image.instrument(instrumentId)!;
    assert.deepEqual(described.book.snapshot(1_000).bids, bids);
    assert.deepEqual(described.book.snapshot(1_000).asks, asks);
    assert.equal(described.book.checksum(), view.book.checksum());
    assert.deepEqual(described.status, view.status);
    assert.deepEqual(described.indicative, view.indicative);
    assert.deepEqual(described.terms, view.terms);
    assert.equal(view.status.phase, naive.phases.get(instrumentId));
    assert.deepEqual(view.indicative, naive.indicatives.get(instrumentId));
    compareTrades(venue, view);
  });
}

function compareTrades(venue: Venue, view: InstrumentView): void {
  const trades = venue.naive.tradesOf(view.terms.instrumentId);
  assert.deepEqual(
    view.trades.read(0, 2_000),
    trades.map(({ tradeId, priceTicks, qtyLots, amountMinor, aggressorSide, ...rest }) => {
      const { timeSeconds, timeNanos, sequence } = rest;
      return { tradeId, priceTicks, qtyLots, amountMinor, aggressorSide, timeSeconds, timeNanos, sequence };
    }),
  );
  assert.deepEqual(view.aggregateTrades.read(0, 2_000), aggregatesOf(trades));
  const isComplete = (from: number, to: number): boolean =>
    venue.views.gaps.every((gap) => gap.toSeconds < from || gap.fromSeconds >= to);
  for (const interval of INTERVALS) {
    const seconds = CANDLE_SECONDS[interval];
    const expected = candlesOf(trades, seconds)
      .map((candle) => ({
        ...candle,
        isComplete: isComplete(candle.openSeconds, candle.openSeconds + seconds),
      }))
      .filter(({ openSeconds }) => openSeconds >= view.candles.keptFromSeconds(interval));
    assert.deepEqual(view.candles.range(interval, 0, Number.POSITIVE_INFINITY, 2_000), expected);
    assert.deepEqual(view.candles.latest(interval), expected.at(-1));
    const middle = START_SECONDS + 3_000;
    assert.deepEqual(
      view.candles.range(interval, middle, middle + 9_000, 3),
      expected.filter(({ openSeconds: at }) => at >= middle && at < middle + 9_000).slice(-3),
    );
  }
  const statistics = view.statistics(venue.seconds);
  const fromSeconds = Math.floor(venue.seconds / 60) * 60 + 60 - 86_400;
  const inWindow = trades.filter((trade) => trade.timeSeconds >= fromSeconds);
  assert.deepEqual(statistics, {
    fromSeconds,
    traded: inWindow.length === 0 ? undefined : summaryOf(inWindow),
    isComplete: isComplete(fromSeconds, fromSeconds + 86_400),
    lastPriceTicks: trades.at(-1)?.priceTicks ?? 0,
    lastQtyLots: trades.at(-1)?.qtyLots ?? 0,
  });
}

test(`random orders through the real core: the views are those of the naive market and of an image (seed ${SEED})`, () => {
  const seen = new Map<string, number>();
  let snapshots = 0;
  const steps = fc.array(marketStep, { minLength: 1, maxLength: 250, size: 'max' });
  const property = fc.property(steps, (given) => {
    const venue = new Venue();
    given.forEach((one, index) => void venue.step(index + 1, one));
    compare(venue);
    for (const [type, count] of venue.seen) seen.set(type, (seen.get(type) ?? 0) + count);
    snapshots += venue.clients[0].snapshots;
  });
  fc.assert(property, { seed: SEED, numRuns: 60 });
  for (const type of ['OrderRested', 'Trade', 'OrderCanceled', 'OrderReplaced', 'AuctionIndicative']) {
    assert.ok((seen.get(type) ?? 0) > 20, `${type} came ${seen.get(type) ?? 0} times`);
  }
  assert.ok(snapshots > 60, 'clients had to take new snapshots after restarts');
});

test('after missed events trades and candles go on, with a gap', () => {
  const venue = new Venue();
  let clientOrderId = 0;
  const trade = (seconds: number, priceTicks: number): void => {
    venue.seconds = START_SECONDS + seconds;
    clientOrderId++;
    for (const [userId, side] of [
      [11, Side.Buy],
      [12, Side.Sell],
    ] as const) {
      const order = { userId, clientOrderId, side, priceTicks, qtyLots: 5, orderType: 1, timeInForce: 2 };
      venue.apply({ type: 'NewOrder', instrumentId: 1, ...order });
    }
  };
  const prices = (): number[] =>
    venue
      .view(1)
      .trades.read(0, 10)
      .map(({ priceTicks }) => priceTicks);
  trade(5, 100);
  trade(65, 101);
  assert.deepEqual(venue.views.gaps, [], 'a log that is followed from its beginning has none');
  venue.tamper = () => undefined;
  trade(70, 102);
  trade(130, 103);
  venue.tamper = (event) => event;
  venue.views.onRestart();
  venue.describe(venue.views);
  trade(185, 104);
  venue.views.flush();
  assert.deepEqual(venue.views.gaps, [{ fromSeconds: START_SECONDS + 65, toSeconds: START_SECONDS + 130 }]);
  assert.deepEqual(prices(), [100, 101, 104]);
  const { candles } = venue.view(1);
  assert.deepEqual(
    candles.range('1m', 0, Number.POSITIVE_INFINITY, 10).map(({ openSeconds, closeTicks, isComplete }) => {
      return [openSeconds - START_SECONDS, closeTicks, isComplete];
    }),
    [
      [0, 100, true],
      [60, 101, false],
      [180, 104, true],
    ],
  );
  assert.equal(venue.view(1).statistics(venue.seconds).isComplete, false);
});

test('trades leave the last 24 hours while nothing happens, and listeners hear of it once', () => {
  const venue = new Venue();
  const { views } = venue;
  const trade = (seconds: number): void => {
    venue.seconds = START_SECONDS + seconds;
    for (const [userId, side] of [
      [11, Side.Buy],
      [12, Side.Sell],
    ] as const) {
      const order = { userId, side, priceTicks: 100, qtyLots: 5, orderType: 1, timeInForce: 2 };
      venue.apply({ type: 'NewOrder', instrumentId: 1, clientOrderId: seconds, ...order });
    }
  };
  trade(5);
  trade(65);
  views.flush();
  const heard: [number, number][] = [];
  views.subscribe({
    onViewChange: ({ terms }, changes) => heard.push([terms.instrumentId, changes]),
    onViewRestart: () => {},
  });
  const told: [number, number | undefined, number][] = [];
  for (const seconds of [70, 86_399, 86_400, 86_430, 86_459, 86_460, 2 * 86_400]) {
    views.passTime(START_SECONDS + seconds);
    const { traded } = venue.view(1).statistics(views.nowSeconds);
    told.push([views.nowSeconds - START_SECONDS, traded?.trades, views.flush()]);
  }
  assert.deepEqual(told, [
    [70, 2, 0],
    [86_399, 2, 0],
    [86_400, 1, 1],
    [86_430, 1, 0],
    [86_459, 1, 0],
    [86_460, undefined, 1],
    [2 * 86_400, undefined, 0],
  ]);
  assert.deepEqual(heard, [
    [1, ViewChange.Day],
    [1, ViewChange.Day],
  ]);
  // A clock that is behind the log counts for nothing.
  views.passTime(START_SECONDS);
  assert.equal(views.nowSeconds, START_SECONDS + 65);
  assert.equal(venue.view(1).statistics(views.nowSeconds).traded?.trades, 2);
});

test('candles of doors: what was traded before the views began comes from history, also where no candle says so', async () => {
  const venue = new Venue();
  const views = new LiveMarketViews();
  venue.seconds = START_SECONDS + 130;
  venue.apply({ type: 'Tick' });
  venue.describe(views);
  const archive = new ScriptedArchive();
  const old = { openSeconds: START_SECONDS + 60, isComplete: true };
  archive.answers.candles = { rows: [old], nextFromSeconds: undefined };
  const to = START_SECONDS + 240;
  const found = await candlesAt({ archive, views }, views.instrument(1)!, '1m', START_SECONDS, to);
  assert.deepEqual(found, [old]);
  assert.deepEqual(archive.asked, [
    {
      query: {
        type: 'candles',
        instrumentId: 1,
        intervalSeconds: 60,
        fromSeconds: START_SECONDS,
        toSeconds: START_SECONDS + 180,
      },
      atSequence: views.sequence,
    },
  ]);
  await candlesAt({ archive, views }, views.instrument(1)!, '1m', START_SECONDS + 180, to);
  assert.equal(archive.asked.length, 1, 'what begins behind the gap is whole in memory');
});

test('the comparison fails when a view misses an event or takes it wrongly', () => {
  // Always the same steps: not each run's last event of a type changes what a reader sees (a phase may be announced again).
  const plain = (): MarketStep[] =>
    fc.sample(marketStep, { seed: DEFAULT_SEED, numRuns: 400 }).map((step) => ({ ...step, choice: 1 }));
  const run = (tamper: Venue['tamper']): void => {
    const venue = new Venue();
    venue.tamper = tamper;
    plain().forEach((one, index) => void venue.step(index + 1, one));
    compare(venue);
  };
  run((event) => event);
  /** The last event of a type only, so that nothing after it trips over what it left. */
  const lastOf = (type: string, change: (event: Event) => Event | undefined): Venue['tamper'] => {
    let count = 0;
    run((event) => {
      if (event.type === type) count++;
      return event;
    });
    return (event) => (event.type === type && --count === 0 ? change(event) : event);
  };
  const bugs: [string, (event: Event) => Event | undefined][] = [
    ['OrderRested', () => undefined],
    ['OrderRested', (event) => ({ ...event, priceTicks: 107 }) as Event],
    ['Trade', () => undefined],
    [
      'Trade',
      (event) => ({ ...event, aggressorSide: 1 + ((event as Event<'Trade'>).aggressorSide % 2) }) as Event,
    ],
    ['Trade', (event) => ({ ...event, amountMinor: (event as Event<'Trade'>).amountMinor + 1 }) as Event],
    ['Trade', (event) => ({ ...event, makerTakenVisibleQtyLots: 0 }) as Event],
    ['PhaseChanged', () => undefined],
    ['PriceControlsSet', () => undefined],
    ['FeesSet', () => undefined],
    ['FeesSet', (event) => ({ ...event, takerFeePpm: 1 }) as Event],
    [
      'OrderRulesSet',
      (event) =>
        ({ ...event, regulatoryFields: 1 - (event as Event<'OrderRulesSet'>).regulatoryFields }) as Event,
    ],
    ['PriceControlsSet', (event) => ({ ...event, dynamicBandPpm: 1 }) as Event],
    ['OrderReplaced', (event) => ({ ...event, visibleQtyLots: 0 }) as Event],
    [
      'OrderCanceled',
      (event) =>
        ({ ...event, visibleQtyLots: (event as Event<'OrderCanceled'>).visibleQtyLots + 1 }) as Event,
    ],
  ];
  for (const [type, change] of bugs) assert.throws(() => run(lastOf(type, change)), `${type} ${change}`);
});

test('a flush tells what changed, once', () => {
  const venue = new Venue();
  const told: string[] = [];
  const names = Object.entries(ViewChange);
  venue.views.subscribe({
    onViewChange: ({ terms }, changes) => {
      const bits = names.filter(([, bit]) => (changes & bit) !== 0).map(([name]) => name);
      told.push(`${terms.symbol} ${bits.join(' ')}`);
    },
    onViewRestart: () => told.push('restart'),
  });
  const flushed = (): string[] => {
    venue.views.flush();
    return told.splice(0);
  };
  const order = (clientOrderId: number, side: Side, priceTicks: number, userId = 11): void =>
    venue.apply({
      type: 'NewOrder',
      userId,
      instrumentId: 1,
      clientOrderId,
      side,
      orderType: 1,
      timeInForce: 2,
      priceTicks,
      qtyLots: 10,
    });
  order(1, Side.Buy, 99);
  assert.deepEqual(flushed(), ['INST1 Book BestPrices']);
  assert.deepEqual(flushed(), []);
  order(2, Side.Buy, 98);
  assert.deepEqual(flushed(), ['INST1 Book']);
  order(3, Side.Buy, 97);
  venue.apply({ type: 'CancelOrder', userId: 11, clientOrderId: 3 });
  assert.deepEqual(flushed(), [], 'what came and went between two flushes is no change');
  order(1, Side.Sell, 99, 12);
  assert.deepEqual(flushed(), ['INST1 Book BestPrices Trades']);
  assert.ok(venue.lastTrade !== undefined);
  venue.apply(cancelOf(venue.lastTrade));
  assert.equal(venue.seen.get('TradeCanceled'), 1);
  assert.deepEqual(flushed(), [], 'a trade that is taken back stays');
  venue.apply({ type: 'SetPhase', instrumentId: 1, phase: 3, nextPhase: 4, endSeconds: venue.seconds + 60 });
  assert.deepEqual(flushed(), ['INST1 Status']);
  assert.deepEqual(venue.view(1).status, {
    phase: 3,
    nextPhase: 4,
    endSeconds: venue.seconds + 60,
    isSuspended: false,
  });
  venue.apply({ type: 'SetPriceControls', instrumentId: 1, collarPpm: 7, volatilityAuctionSeconds: 9 });
  assert.deepEqual(flushed(), ['INST1 Terms']);
  const { collarPpm, dynamicBandPpm, volatilityAuctionSeconds } = venue.view(1).terms;
  assert.deepEqual([collarPpm, dynamicBandPpm, volatilityAuctionSeconds], [7, 0, 9]);
  venue.apply({ type: 'SetPriceControls', instrumentId: 1, volatilityAuctionSeconds: 3 });
  assert.deepEqual(flushed(), ['INST1 Terms']);
  order(4, Side.Buy, 105);
  order(2, Side.Sell, 103, 12);
  venue.seconds++;
  venue.apply({ type: 'Tick' });
  assert.deepEqual(flushed(), ['INST1 Indicative Book BestPrices']);
  venue.apply({ type: 'SetKillSwitch', scope: 1, engaged: 1 });
  assert.deepEqual(flushed(), ['INST1 Status', 'INST2 Status']);
  venue.apply({ type: 'SetKillSwitch', scope: 2, scopeId: 2, engaged: 1 });
  assert.deepEqual(flushed(), []);
  venue.apply({ type: 'SetKillSwitch', scope: 1, engaged: 0 });
  assert.deepEqual(flushed(), ['INST1 Status']);
  compare(venue);
  told.length = 0;
  const { generation } = venue.views;
  venue.views.onRestart();
  assert.equal(venue.views.flush(), 0, 'nothing is told before the image is whole');
  assert.deepEqual([venue.views.generation, venue.views.isReady], [generation + 1, false]);
  venue.describe(venue.views);
  assert.equal(venue.views.isReady, true);
  assert.equal(told[0], 'restart');
  compare(venue);
});
