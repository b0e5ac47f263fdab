/**
 * What the public market views cost: the events of a flow with a flush after each log entry, at two depths; what one read
 * costs; and the memory of many instruments. Each scenario runs in a process of its own.
 * `node bench/market-views.ts [--commands N] [--repetitions N] [--seed N]`
 */
import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { Phase, Side } from '#domain/commands.ts';
import type { EventSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { generateFlow } from './flows.ts';
import { CoreFlow } from './support/core-flow.ts';
import { runEach } from './support/each.ts';
import {
  begin,
  choice,
  median,
  numberOption,
  print,
  rates,
  residentBytes,
  rounded,
  stopwatch,
} from './support/report.ts';

const DEPTHS = [1_000, 1_000_000];
/** Commands of one log entry, whose events are flushed together. */
const PER_ENTRY = 32;
const READS = 1_000;
const INSTRUMENTS = 5_000;
const commands = numberOption('commands', 300_000);
const repetitions = numberOption('repetitions', 5);
const seed = numberOption('seed', 1);
const SCENARIOS = [...DEPTHS.map((depth) => `depth-${depth}`), 'instruments'];
const scenario = choice('scenario', SCENARIOS);

/** Copies every batch of events, to be played back. */
class Recording implements EventSink {
  declare readonly batches: WordBuffer[];

  constructor() {
    this.batches = [];
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.batches.push(WordBuffer.copyOf(words.u8.subarray(from * 4, to * 4)));
  }

  /** Hands the batches from `first` up to, not including, `end` to the views, with a flush after each. */
  play(views: LiveMarketViews, first: number, end: number): void {
    for (let i = first; i < end; i++) {
      views.onEvents(this.batches[i], 0, this.batches[i].words);
      views.flush();
    }
  }

  /** Events in the batches from `first` on. */
  count(first: number): number {
    let events = 0;
    for (const { i32, words } of this.batches.slice(first)) {
      for (let at = 0; at < words; at += i32[at] >>> 16) events++;
    }
    return events;
  }
}

if (scenario === '') {
  begin('market-views');
  await runEach(import.meta.filename, SCENARIOS);
} else if (scenario === 'instruments') {
  measureInstruments();
} else {
  measureEvents(Number(scenario.split('-')[1]));
}

function measureEvents(depth: number): void {
  const flow = generateFlow(
    {
      name: scenario,
      depth,
      halfWidthTicks: 5_000,
      cancelPermille: 420,
      replacePermille: 100,
      iocPermille: 100,
      youngPermille: 500,
    },
    commands,
    seed,
  );
  const entries = new CoreFlow(flow, PER_ENTRY);
  const recording = new Recording();
  const core = new TradingCore(recording);
  const deliver = core.applyEntry.bind(core);
  entries.deliver({ deliver }, 0, entries.warmEntries);
  const warm = recording.batches.length;
  entries.deliver({ deliver }, entries.warmEntries, entries.entries);
  const end = recording.batches.length;
  let views = newViews();
  const elapsed = Array.from({ length: repetitions }, () => {
    views = newViews();
    recording.play(views, 0, warm);
    const read = stopwatch();
    recording.play(views, warm, end);
    return read();
  });
  const events = recording.count(warm);
  print({
    bench: 'market-views',
    scenario,
    ...rates(events, elapsed),
    eventsPerFlush: rounded(events / (end - warm), 1),
    displayedOrders: views.displayedOrders,
    levels: [Side.Buy, Side.Sell].map((side) => views.instrument(1)!.book.depth(side)),
  });
  measureReads(recording, warm, end);
}

/** Views of a venue in which nothing has happened yet. */
function newViews(): LiveMarketViews {
  const views = new LiveMarketViews();
  views.onImage(0);
  return views;
}

/** One read of each kind after each of the last batches: nothing is answered from what was kept. */
function measureReads(recording: Recording, warm: number, end: number): void {
  const first = Math.max(warm, end - READS);
  const views = newViews();
  recording.play(views, 0, first);
  const view = views.instrument(1)!;
  const { book } = view;
  const us: { [read: string]: number[] } = {};
  const time = (name: string, read: () => unknown): void => {
    const start = performance.now();
    read();
    (us[name] ??= []).push((performance.now() - start) * 1_000);
  };
  const sequences: number[] = [];
  for (let i = first; i < end; i++) {
    sequences.push(book.sequence);
    recording.play(views, i, i + 1);
    const tenAgo = sequences.at(-10) ?? sequences[0];
    time('changesUs', () => book.changesSince(sequences.at(-1)!));
    time('changesOfTenFlushesUs', () => book.changesSince(tenAgo));
    time('snapshotOf20Us', () => book.snapshot(20));
    time('snapshotOf1000Us', () => book.snapshot(1_000));
    time('checksumUs', () => book.checksum());
    time('latestHourUs', () => view.candles.latest('1h'));
    time('statisticsUs', () => view.statistics(views.timeSeconds));
  }
  const medians = Object.entries(us).map(([name, values]) => [name, rounded(median(values), 2)]);
  print({ bench: 'market-views', scenario: `${scenario} reads`, ...Object.fromEntries(medians) });
}

/** Memory of many instruments that have a book of two levels and one trade. */
function measureInstruments(): void {
  const views = newViews();
  const words = WordBuffer.allocate(256);
  const emit = (event: EventInput): void => views.onEvents(words, 0, writeEvent(words, 0, event));
  const empty = residentBytes(process.pid).now;
  for (let instrumentId = 1; instrumentId <= INSTRUMENTS; instrumentId++) {
    emit({ type: 'InstrumentAdded', instrumentId, symbol: `I${instrumentId}`, phase: Phase.Continuous });
    for (const side of [Side.Buy, Side.Sell]) {
      for (const order of [0, 1]) {
        const orderId = instrumentId * 4 + side * 2 + order - 2;
        const priceTicks = 10_000 + (side === Side.Buy ? -1 - order : 1 + order);
        emit({ type: 'OrderRested', instrumentId, orderId, side, priceTicks, displayQtyLots: 10 });
      }
    }
    const makerOrderId = instrumentId * 4;
    const fill = { qtyLots: 1, priceTicks: 9_999, makerVisibleQtyLots: 9, aggressorSide: Side.Sell };
    emit({ type: 'Trade', instrumentId, tradeId: instrumentId, makerOrderId, takerOrderId: 1e9, ...fill });
    views.flush();
  }
  const { now } = residentBytes(process.pid);
  print({
    bench: 'market-views',
    scenario,
    instruments: INSTRUMENTS,
    bytesPerInstrument: Math.round((now - empty) / INSTRUMENTS),
  });
}
