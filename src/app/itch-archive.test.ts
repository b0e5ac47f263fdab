import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { Side } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { FeedLog } from '#projections/market-data/feed-log.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import type { OrdersAnswer, OrdersImage, StandingOrders } from '#projections/market-data/standing-orders.ts';
import {
  commandOf,
  INSTRUMENTS,
  MARKET_CAPACITY,
  marketOpening,
  marketStep,
  START_SECONDS,
} from '../../test/support/market-steps.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { ItchBookBuilder } from './itch-client.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);
/** Wire price units of one tick: the instruments have two price decimals. */
const TICK = 100;

const directory = temporaryDirectory('itch-archive');
let feeds = 0;

interface Entry {
  readonly sequence: number;
  readonly seconds: number;
  readonly words: WordBuffer;
  readonly to: number;
}

interface Question {
  readonly sequence: number;
  readonly onAnswer: (answer: OrdersAnswer) => void;
}

/** A second core that applies entries when it is told to, and stops for questions as the archive thread does. */
class LaggingArchive implements StandingOrders {
  readonly core: TradingCore;
  readonly entries: Entry[] = [];
  questions: Question[] = [];
  passed = 0;
  /** Planted bugs: what it does wrong. */
  readonly wrong: 'nothing' | 'stops an entry late' | 'hides its newest order';
  #batches: WordBuffer[] = [];

  constructor(wrong: LaggingArchive['wrong']) {
    this.wrong = wrong;
    this.core = new TradingCore(
      { onEvents: (words, from, to) => this.#batches.push(new WordBuffer(words.i32.slice(from, to).buffer)) },
      MARKET_CAPACITY,
    );
  }

  ask(sequence: number, onAnswer: (answer: OrdersAnswer) => void): () => void {
    const question = { sequence, onAnswer };
    this.questions.push(question);
    return () => {
      this.questions = this.questions.filter((other) => other !== question);
    };
  }

  /** Applies up to `count` entries, but none beyond one that is asked for. */
  apply(count: number): void {
    const late = this.wrong === 'stops an entry late' ? 1 : 0;
    const stop = Math.min(...this.questions.map(({ sequence }) => sequence + late));
    for (let left = count; left > 0 && this.core.sequence < stop && this.entries.length > 0; left--) {
      const { sequence, seconds, words, to } = this.entries.shift()!;
      this.core.applyEntry(sequence, seconds, 0, words, 0, to);
    }
    const ready = this.questions.filter(({ sequence }) => sequence + late <= this.core.sequence);
    this.questions = this.questions.filter((question) => !ready.includes(question));
    for (const { sequence, onAnswer } of ready) {
      if (sequence + late < this.core.sequence) {
        this.passed++;
        onAnswer({ passedTo: this.core.sequence });
      } else onAnswer({ image: this.#image() });
    }
  }

  /** Shares and price of what is displayed, as `side` of a builder has them. */
  standing(instrumentId: number, side: Side): number[][] {
    const batch = this.#describe();
    return [...readEvents(batch, 0, batch.i32[0] === 0 ? 0 : batch.words)].flatMap((event) =>
      event.type === 'OrderRested' && event.instrumentId === instrumentId && event.side === side
        ? [[event.displayQtyLots, event.priceTicks * TICK]]
        : [],
    );
  }

  #describe(): WordBuffer {
    this.#batches = [];
    this.core.describeRestingOrders();
    return this.#batches[0] ?? WordBuffer.allocate(2);
  }

  #image(): OrdersImage {
    const batch = this.#describe();
    let to = batch.i32[0] === 0 ? 0 : batch.words;
    if (this.wrong === 'hides its newest order' && to > 0) to -= batch.i32[0] >>> 16;
    // One record at a time.
    let from = 0;
    const words = WordBuffer.allocate(64);
    const read = (): number => {
      if (from >= to) return 0;
      const size = batch.i32[from] >>> 16;
      words.i32.set(batch.i32.subarray(from, from + size));
      from += size;
      return size;
    };
    return { words, read, close: () => {} };
  }
}

/** A core whose events reach the feed when the test says so, in pieces as a ring would bring them. */
class Venue {
  readonly archive: LaggingArchive;
  readonly feed: MarketDataFeed;
  readonly volumes = new Map<number, number>();
  /** Every session there was, held open. */
  readonly sessions: FeedLog[] = [];
  seconds = START_SECONDS;
  readonly #core: TradingCore;
  readonly #pieces: WordBuffer[] = [];
  #looks = 0;

  constructor(wrong: LaggingArchive['wrong'] = 'nothing') {
    this.archive = new LaggingArchive(wrong);
    let sessions = 0;
    this.feed = new MarketDataFeed({
      directory: join(directory, String(feeds++)),
      orders: this.archive,
      nextSession: () => `S${sessions++}`,
      log: (line) => assert.equal(line, 'market data: no snapshot: it took too long'),
      nowMs: () => this.seconds * 1_000 + this.#looks++,
      snapshotMessagesMax: 3,
    });
    this.#core = new TradingCore(this, MARKET_CAPACITY);
    for (const command of marketOpening()) this.apply(command);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.#pieces.push(new WordBuffer(words.i32.slice(from, to).buffer));
    for (const event of readEvents(words, from, to)) {
      if (event.type !== 'Trade') continue;
      this.volumes.set(event.instrumentId, (this.volumes.get(event.instrumentId) ?? 0) + event.qtyLots);
    }
  }

  apply(command: CommandInput): void {
    const words = WordBuffer.allocate(256);
    const sequence = this.#core.sequence + 1;
    const to = writeCommand(words, ENTRY_HEADER_WORDS, command);
    words.i32[0] = 1 | (1 << 16);
    words.i32[EntryHeader.at.epoch] = 1;
    words.f64[EntryHeader.at.entryNo >> 1] = sequence;
    this.#core.applyEntry(sequence, this.seconds, 0, words, 0, to);
    this.archive.entries.push({ sequence, seconds: this.seconds, words, to });
  }

  /** What a reader of the ring does in one turn. */
  turn(): void {
    this.feed.step();
    if (!this.feed.isHeld) {
      const piece = this.#pieces.shift();
      if (piece === undefined) this.feed.onCaughtUp(this.#core.sequence);
      else this.feed.onEvents(piece, 0, piece.words);
    }
    if (this.sessions.at(-1) === this.feed.session) return;
    this.feed.session.retain();
    this.sessions.push(this.feed.session);
  }

  /** Lets everybody come to the end. */
  settle(): void {
    let turns = 0;
    while (this.#pieces.length > 0 || this.archive.entries.length > 0 || this.feed.isHeld) {
      this.archive.apply(1);
      this.turn();
      assert.ok(++turns < 10_000, 'everybody comes to the end');
    }
    for (let turn = 0; turn < 3; turn++) {
      this.turn();
      while (this.feed.step());
      this.archive.apply(1);
    }
  }

  close(): void {
    for (const session of this.sessions) session.release();
    this.feed.close();
  }
}

/** What a reader of the wire holds after messages `from` up to `to`, on top of what `builder` holds. */
function read(log: FeedLog, from: number, to: number, builder = new ItchBookBuilder()): ItchBookBuilder {
  const bytes = new Uint8Array(log.bytes);
  for (let at = 0; at < bytes.length; ) at += log.readAt(at, bytes.subarray(at));
  let sequence = 0;
  let timeNs = 0;
  new ItchFrameReader({
    onItchMessage: (message) => {
      sequence++;
      if (message.timeNs < timeNs) assert.fail('time runs backwards in a session');
      timeNs = message.timeNs;
      if (sequence >= from && sequence <= to) builder.apply(message);
    },
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  }).push(bytes);
  return builder;
}

function rows(builder: ItchBookBuilder): object[] {
  return INSTRUMENTS.flatMap((instrumentId) =>
    (['B', 'S'] as const).flatMap((side) => builder.side(instrumentId, side)),
  );
}

const schedule = fc.array(
  fc.record({
    step: marketStep,
    /** Seconds that pass before it. */
    passed: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 20_000),
    turns: fc.nat(3),
    applied: fc.nat(3),
    login: fc.nat(3),
    isImpatient: fc.boolean(),
  }),
  { minLength: 1, maxLength: 120, size: 'max' },
);
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  snapshots: number;
  sessions: number;
  passed: number;
}

function run(steps: Schedule, wrong: LaggingArchive['wrong'], seen: Seen): void {
  const venue = new Venue(wrong);
  const { feed, archive } = venue;
  const snapshots = new Set<FeedLog>();
  steps.forEach(({ step, passed, turns, applied, login, isImpatient }, index) => {
    venue.seconds += passed;
    venue.apply(commandOf(index + 1, step));
    for (let turn = 0; turn < turns; turn++) {
      archive.apply(applied);
      venue.turn();
    }
    if (login === 0) {
      const snapshot = feed.snapshot();
      if (!snapshots.has(snapshot)) snapshot.retain();
      snapshots.add(snapshot);
    }
    if (isImpatient) feed.goOn();
  });
  venue.settle();
  for (const snapshot of snapshots) {
    const joined = read(snapshot, 1, snapshot.lastSequence);
    const next = joined.nextSequence;
    const session = venue.sessions.find((other) => other.session === snapshot.session);
    snapshot.release();
    // Ended with its session.
    if (next === 0 || session === undefined) continue;
    seen.snapshots++;
    const then = read(session, 1, next - 1);
    assert.deepEqual(rows(joined), rows(then), 'the snapshot is the book at its message');
    assert.deepEqual(joined.states, then.states);
    read(session, next, session.lastSequence, joined);
    assert.deepEqual(rows(joined), rows(read(session, 1, session.lastSequence)));
  }
  const volumes = new Map<number, number>();
  for (const session of venue.sessions) {
    const builder = read(session, 1, session.lastSequence);
    for (const [id, lots] of builder.volumes) volumes.set(id, (volumes.get(id) ?? 0) + lots);
  }
  assert.deepEqual(
    [...volumes].sort(),
    [...venue.volumes].sort(),
    'every trade is in one session and in no other',
  );
  const last = venue.sessions.at(-1)!;
  const wire = read(last, 1, last.lastSequence);
  for (const instrumentId of INSTRUMENTS) {
    for (const side of [Side.Buy, Side.Sell]) {
      const built = wire.side(instrumentId, side === Side.Buy ? 'B' : 'S');
      assert.deepEqual(
        built.map((row) => [row.shares, row.price]),
        archive.standing(instrumentId, side),
      );
    }
  }
  seen.sessions += venue.sessions.length;
  seen.passed += archive.passed;
  venue.close();
}

test(`random schedules: with orders from an archive that is behind or ahead, snapshots and sessions are exact (seed ${SEED})`, () => {
  const seen = { snapshots: 0, sessions: 0, passed: 0 };
  const runs = 60;
  fc.assert(
    fc.property(schedule, (steps) => run(steps, 'nothing', seen)),
    { seed: SEED, numRuns: runs },
  );
  assert.ok(seen.snapshots > runs, `${seen.snapshots} snapshots`);
  assert.ok(seen.sessions > 1.5 * runs, `${seen.sessions} sessions`);
  assert.ok(seen.passed > runs / 2, `the archive was ahead ${seen.passed} times`);
});

for (const wrong of ['stops an entry late', 'hides its newest order'] as const) {
  test(`the comparison fails when the archive ${wrong}`, () => {
    const seen = { snapshots: 0, sessions: 0, passed: 0 };
    const property = fc.property(schedule, (steps) => run(steps, wrong, seen));
    assert.throws(() => fc.assert(property, { seed: SEED, numRuns: 60, endOnFailure: true }));
  });
}
