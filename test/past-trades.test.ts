import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { PastTradesReader } from '#app/threads/past-trades.ts';
import { type ArchiveQuery, type ArchiveQuestion, ArchiveRefusedError } from '#domain/history.ts';
import {
  CANDLE_SECONDS,
  type Candle,
  type CandleInterval,
  type InstrumentView,
} from '#domain/market-views.ts';
import type { ArchiveQueries, EventSink } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { type HistoryQuery, HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { type FlowEntry, HISTORY_LOG_ID, ModelledCore, randomEntries } from './support/history-flow.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Date.now() % 2 ** 31);
const ENTRIES = 1_500;
const INTERVALS = Object.keys(CANDLE_SECONDS).filter((interval) => interval !== '1s') as CandleInterval[];

/** A venue whose events go to history, to views that saw everything, and to views that a test lets lag, miss events and begin anew. */
class Venue implements ArchiveQueries {
  readonly all = new LiveMarketViews();
  readonly views = new LiveMarketViews();
  readonly #venue = new ModelledCore();
  readonly #writer: HistoryWriter;
  readonly #reader: HistoryReader;
  readonly #past = new PastTradesReader(this.views, this);
  /** What the views have not been given yet. */
  #queue: WordBuffer[] = [];
  #questions: (() => void)[] = [];
  readonly fills: Promise<void>[] = [];
  /** Refuses the next question. */
  refusal: ArchiveRefusedError | undefined;

  constructor(t: TestContext) {
    const database = HistoryDatabase.open(temporaryDirectory('past-trades'), HISTORY_LOG_ID);
    t.after(() => database.close());
    this.#writer = new HistoryWriter(database);
    this.#reader = new HistoryReader(database);
    this.all.onImage(0);
    const later: EventSink = {
      onEvents: (words, from, to) => {
        const copy = WordBuffer.allocate(to - from);
        copy.i32.set(words.i32.subarray(from, to));
        this.#queue.push(copy);
      },
    };
    this.#venue.sinks.push(this.#writer, this.all, later);
  }

  get questions(): number {
    return this.#questions.length;
  }

  apply(entry: FlowEntry): void {
    this.#writer.onEntry(entry.words, 0, entry.words.words);
    this.#venue.apply(entry);
  }

  /** The views lose what they have not been given and begin from an image. */
  begin(): void {
    const { sinks, core } = this.#venue;
    const before = sinks.splice(0, Number.POSITIVE_INFINITY, this.views);
    if (this.views.isReady) this.views.onRestart();
    core.describe({ liveOrders: false, restingOrders: true });
    this.views.onImage(core.sequence);
    sinks.splice(0, Number.POSITIVE_INFINITY, ...before);
    this.#queue = [];
    this.fills.push(this.#past.fill());
  }

  /** Gives the views some of the events that they lack. */
  deliver(count = Number.POSITIVE_INFINITY): void {
    for (const words of this.#queue.splice(0, count)) this.views.onEvents(words, 0, words.words);
  }

  ask<Type extends ArchiveQuestion>(query: ArchiveQuery<Type>, atSequence: number) {
    const { promise, resolve, reject } = Promise.withResolvers<{ sequence: number; result: never }>();
    this.#questions.push(() => {
      const { refusal } = this;
      this.refusal = undefined;
      if (refusal !== undefined) return reject(refusal);
      assert.ok(atSequence <= this.#venue.core.sequence);
      if (this.#writer.lastSequence < atSequence || atSequence % 2 === 0) this.flush();
      const result = this.#reader.answer(query as HistoryQuery) as never;
      resolve({ sequence: this.#writer.lastSequence, result });
    });
    return promise;
  }

  /** Answers the oldest question as history is now. */
  async answer(): Promise<void> {
    this.#questions.shift()?.();
    await setImmediate();
  }

  /** History goes as far as the core. */
  flush(): void {
    this.#writer.flush(this.#venue.core.sequence, this.#venue.core.stateHash);
  }

  async finish(): Promise<void> {
    this.deliver();
    let isFilled = false;
    void Promise.all(this.fills).then(() => (isFilled = true));
    await setImmediate();
    while (!isFilled) await this.answer();
  }
}

/** Everything that is known of an instrument's trades, from the first candle on that `views` has whole. */
function known(of: InstrumentView, views: LiveMarketViews, { candles }: InstrumentView): object {
  const { timeSeconds } = views;
  const to = timeSeconds + 86_400;
  // Who began from an image knows the last day's candles: of an instrument that has not traded since, none.
  const latest = (interval: CandleInterval): Candle | undefined => {
    const candle = of.candles.latest(interval);
    const isWhole = candle !== undefined && candle.openSeconds >= candles.wholeFromSeconds(interval, to);
    return isWhole ? candle : undefined;
  };
  return {
    trades: of.trades.read(0, 2_000),
    statistics: of.statistics(timeSeconds),
    candles: INTERVALS.map((interval) =>
      of.candles.range(interval, candles.wholeFromSeconds(interval, to), to, 9_999),
    ),
    latest: INTERVALS.map(latest),
  };
}

test(`views that begin late, lag and are overtaken know what those know that saw everything (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  const venue = new Venue(t);
  const { views, all } = venue;
  let trades = 0;
  let begun = 0;
  for (const entry of randomEntries(SEED, ENTRIES, 6)) {
    venue.apply(entry);
    if (random() < 0.1) venue.flush();
    if (entry.sequence === 500 || entry.sequence === 1_000 || random() < 0.003) {
      venue.begin();
      begun++;
    }
    if (begun === 0) continue;
    if (random() < 0.3) venue.deliver(1 + Math.floor(random() * 4));
    const positions = (): number[] => Array.from(views.instruments(), (one) => one.trades.next);
    const before = positions();
    if (random() < 0.1) await venue.answer();
    assert.deepEqual(positions(), before, 'what history tells is no news');
  }
  await venue.finish();
  assert.equal(views.sequence, all.sequence);
  for (const instrument of views.instruments()) {
    const { instrumentId } = instrument.terms;
    const seen = all.instrument(instrumentId)!;
    assert.deepEqual(known(instrument, views, instrument), known(seen, views, instrument));
    const wholeFrom = instrument.candles.wholeFromSeconds('1m', views.timeSeconds + 60);
    assert.ok(wholeFrom <= instrument.statistics(views.timeSeconds).fromSeconds);
    assert.equal(instrument.isLastTradeKnown, true);
    trades += seen.trades.next - seen.trades.oldest;
  }
  assert.ok(trades > 200, `${trades} trades`);
});

test('an instrument of an image: nothing is known of its trades until history says that there were none', async (t) => {
  const venue = new Venue(t);
  const [market] = randomEntries(SEED, 1, 2);
  venue.apply(market);
  venue.begin();
  venue.refusal = new ArchiveRefusedError('HISTORY_BEHIND', 'history is written from the log');
  const [instrument] = venue.views.instruments();
  const facts = (): unknown[] => {
    const { lastPriceTicks, isComplete } = instrument.statistics(0);
    return [instrument.isLastTradeKnown, lastPriceTicks, isComplete];
  };
  assert.deepEqual(facts(), [false, 0, false]);
  await venue.answer();
  assert.deepEqual([facts(), venue.questions], [[false, 0, false], 0], 'it asks again in a while');
  while (venue.questions === 0) await setTimeout(10);
  await venue.finish();
  assert.deepEqual(facts(), [true, 0, true]);
});
