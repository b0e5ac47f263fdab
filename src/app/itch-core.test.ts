import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import type { EventType } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { cancelOf } from '../../test/support/cancel-trade.ts';
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

const directory = temporaryDirectory('itch-core');
let sessions = 0;

function newFeed(): MarketDataFeed {
  return new MarketDataFeed({
    directory: join(directory, String(sessions)),
    orders: { ask: () => assert.fail('nobody asks for a snapshot, and the day does not change') },
    nextSession: () => `S${sessions++}`,
    log: (line) => assert.fail(line),
  });
}

/** What a reader of the wire holds after the feed's session so far. */
function build(feed: MarketDataFeed): ItchBookBuilder {
  const builder = new ItchBookBuilder();
  const bytes = new Uint8Array(feed.session.bytes);
  for (let at = 0; at < bytes.length; ) at += feed.session.readAt(at, bytes.subarray(at));
  new ItchFrameReader({
    onItchMessage: (message) => builder.apply(message),
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  }).push(bytes);
  return builder;
}

/** A core with two instruments and three funded users, its events going to a feed. */
class Venue {
  readonly feed = newFeed();
  /** Lots that traded, by instrument. */
  readonly volumes = new Map<number, number>();
  lastTrade: Event<'Trade'> | undefined;
  /** How often each event came that a feed acts on. */
  readonly events = new Map<string, number>();
  seconds = START_SECONDS;
  readonly #core: TradingCore;
  readonly #words = WordBuffer.allocate(256);
  #describing: MarketDataFeed | undefined;

  constructor() {
    this.#core = new TradingCore(this, MARKET_CAPACITY);
    for (const command of marketOpening()) this.apply(command);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this.#describing !== undefined) {
      this.#describing.onEvents(words, from, to);
      return;
    }
    this.feed.onEvents(words, from, to);
    for (const event of readEvents(words, from, to)) {
      this.events.set(event.type, (this.events.get(event.type) ?? 0) + 1);
      if (event.type !== 'Trade') continue;
      this.lastTrade = event;
      this.volumes.set(event.instrumentId, (this.volumes.get(event.instrumentId) ?? 0) + event.qtyLots);
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

  /** The same venue as a fresh feed sees it that starts from the core's image. */
  described(): MarketDataFeed {
    const feed = newFeed();
    this.#describing = feed;
    this.#core.describe({ liveOrders: true, restingOrders: true });
    this.#describing = undefined;
    return feed;
  }
}

test(`random orders through the real core: the wire's book is that of the core's image, and volumes agree (seed ${SEED})`, () => {
  const seen = new Map<string, number>();
  const property = fc.property(
    fc.array(marketStep, { minLength: 1, maxLength: 250, size: 'max' }),
    (steps) => {
      const venue = new Venue();
      steps.forEach((given, index) => {
        venue.seconds++;
        venue.apply(commandOf(index + 1, given));
        if (index % 10 === 9 && venue.lastTrade !== undefined) {
          venue.apply(cancelOf(venue.lastTrade));
        }
      });
      const live = build(venue.feed);
      const image = venue.described();
      const fresh = build(image);
      for (const instrumentId of INSTRUMENTS) {
        for (const side of ['B', 'S'] as const) {
          const rows = (builder: ItchBookBuilder): number[][] =>
            builder.side(instrumentId, side).map((row) => [row.shares, row.price]);
          assert.deepEqual(rows(live), rows(fresh));
        }
      }
      assert.deepEqual(live.states, fresh.states);
      assert.deepEqual(live.volumes, venue.volumes);
      for (const [type, count] of venue.events) seen.set(type, (seen.get(type) ?? 0) + count);
      venue.feed.close();
      image.close();
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 200 });
  for (const type of [
    'OrderRested',
    'Trade',
    'OrderCanceled',
    'OrderReplaced',
    'OrderTriggered',
    'AuctionIndicative',
    'AuctionUncrossed',
    'PhaseChanged',
    'TradeCanceled',
  ] satisfies (keyof typeof EventType)[]) {
    assert.ok((seen.get(type) ?? 0) > 20, `${type} came ${seen.get(type) ?? 0} times`);
  }
});
