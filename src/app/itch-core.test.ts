import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import {
  InstrumentKind,
  OrderFlag,
  OrderType,
  Phase,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import type { EventType } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { ItchBookBuilder } from './itch-client.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);
const INSTRUMENTS = [1, 2];
const USERS = [11, 12, 13];
const START_SECONDS = 1_580_367_600;

const directory = mkdtempSync(join(tmpdir(), 'hive-itch-core-'));
after(() => rmSync(directory, { recursive: true }));
let sessions = 0;

function newFeed(): MarketDataFeed {
  return new MarketDataFeed({
    directory: join(directory, String(sessions)),
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
    onItchEnd: () => {},
  }).push(bytes);
  return builder;
}

/** A core with two instruments and three funded users, its events going to a feed. */
class Venue {
  readonly feed = newFeed();
  /** Lots that traded, by instrument. */
  readonly volumes = new Map<number, number>();
  /** How often each event came that a feed acts on. */
  readonly events = new Map<string, number>();
  seconds = START_SECONDS;
  readonly #core: TradingCore;
  readonly #words = WordBuffer.allocate(256);
  #describing: MarketDataFeed | undefined;

  constructor() {
    this.#core = new TradingCore(this, {
      ordersMax: 2_000,
      instrumentsMax: 4,
      accountsMax: 8,
      usersMax: 8,
      assetsMax: 4,
      nodesMax: 2,
    });
    for (const command of opening()) this.apply(command);
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

function opening(): CommandInput[] {
  const asset = (assetId: number, symbol: string): CommandInput => ({
    type: 'AddAsset',
    assetId,
    decimals: 2,
    symbol,
  });
  const instrument = (instrumentId: number, terms: object): CommandInput => ({
    type: 'AddInstrument',
    instrumentId,
    symbol: `INST${instrumentId}`,
    quoteAssetId: 1,
    priceDecimals: 2,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000,
    dynamicBandPpm: 60_000,
    volatilityAuctionSeconds: 3,
    referencePriceTicks: 100,
    selfTradePrevention: SelfTradePrevention.CancelOldest,
    phase: Phase.Continuous,
    ...terms,
  });
  return [
    asset(1, 'USD'),
    asset(2, 'BTC'),
    instrument(1, { kind: InstrumentKind.Spot, baseAssetId: 2, lotBaseMinor: 1 }),
    instrument(2, { kind: InstrumentKind.Margined, initialMarginMinor: 1 }),
    ...USERS.flatMap((userId, index): CommandInput[] => [
      { type: 'AddAccount', accountId: index + 1 },
      { type: 'AddUser', newUserId: userId, accountId: index + 1, name: `U${userId}` },
      { type: 'Deposit', accountId: index + 1, assetId: 1, amountMinor: 1e12 },
      { type: 'Deposit', accountId: index + 1, assetId: 2, amountMinor: 1e12 },
    ]),
  ];
}

const step = fc.record({
  kind: fc.nat(99),
  user: fc.constantFrom(...USERS),
  instrumentId: fc.constantFrom(...INSTRUMENTS),
  side: fc.constantFrom(Side.Buy, Side.Sell),
  priceTicks: fc.integer({ min: 94, max: 106 }),
  qtyLots: fc.integer({ min: 1, max: 60 }),
  displayQtyLots: fc.constantFrom(0, 0, 0, 4, 15),
  choice: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const PHASES = [Phase.Continuous, Phase.OpeningAuction, Phase.ClosingAuction, Phase.Halted, Phase.Closed];

/** The command of a step; order ids are the step numbers, so older steps of the same user name older orders. */
function commandOf(number: number, { kind, user, instrumentId, side, ...rest }: Step): CommandInput {
  const { priceTicks, qtyLots, displayQtyLots, choice } = rest;
  const order = { userId: user, instrumentId, clientOrderId: number };
  const recent = Math.max(1, number - (choice % 25));
  const entered = { type: 'NewOrder', ...order, side, qtyLots } as const;
  if (kind < 50) {
    const isIceberg = displayQtyLots < qtyLots;
    return {
      ...entered,
      orderType: OrderType.Limit,
      priceTicks,
      displayQtyLots: isIceberg ? displayQtyLots : 0,
      timeInForce: choice % 3 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel,
      orderFlags: choice % 7 === 0 ? OrderFlag.PostOnly : 0,
      selfTradePrevention: choice % 5,
      ocoClientOrderId: choice % 11 === 0 ? recent : 0,
    };
  }
  if (kind < 56) {
    return {
      ...entered,
      orderType: OrderType.Limit,
      priceTicks,
      timeInForce: choice % 2 === 0 ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill,
      minQtyLots: choice % 4 === 0 ? 1 : 0,
    };
  }
  if (kind < 58) {
    return { ...entered, orderType: OrderType.Market, timeInForce: TimeInForce.ImmediateOrCancel };
  }
  if (kind < 63) {
    return {
      ...entered,
      orderType: choice % 2 === 0 ? OrderType.Stop : OrderType.StopLimit,
      priceTicks: choice % 2 === 0 ? 0 : priceTicks,
      stopPriceTicks: side === Side.Buy ? priceTicks + 3 : Math.max(1, priceTicks - 3),
      timeInForce: TimeInForce.GoodTillCancel,
    };
  }
  const own = { userId: user, clientOrderId: recent };
  if (kind < 75) {
    return { type: 'CancelOrder', ...own, totalQtyLots: choice % 3 === 0 ? 0 : qtyLots % 20 };
  }
  if (kind < 91) {
    return {
      type: 'ReplaceOrder',
      userId: user,
      originalClientOrderId: recent,
      clientOrderId: number,
      priceTicks: choice % 2 === 0 ? 100 : priceTicks,
      qtyLots,
      displayQtyLots: displayQtyLots < qtyLots ? displayQtyLots : 0,
    };
  }
  if (kind < 92)
    return { type: 'MassCancel', accountId: 1 + (choice % 3), side: choice % 2 === 0 ? side : 0 };
  if (kind < 95) return { type: 'Tick' };
  return { type: 'SetPhase', instrumentId, phase: kind < 98 ? PHASES[0] : PHASES[choice % PHASES.length] };
}

test(`random orders through the real core: the wire's book is that of the core's image, and volumes agree (seed ${SEED})`, () => {
  const seen = new Map<string, number>();
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 250, size: 'max' }), (steps) => {
    const venue = new Venue();
    steps.forEach((given, index) => {
      venue.seconds++;
      venue.apply(commandOf(index + 1, given));
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
  });
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
  ] satisfies (keyof typeof EventType)[]) {
    assert.ok((seen.get(type) ?? 0) > 20, `${type} came ${seen.get(type) ?? 0} times`);
  }
});
