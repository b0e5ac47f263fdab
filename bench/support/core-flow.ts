import { writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import type { CoreCapacity } from '#core/state.ts';
import { TradingCore } from '#core/trading-core.ts';
import {
  CancelOrder,
  InstrumentKind,
  NewOrder,
  OrderType,
  Phase,
  ReplaceOrder,
  Role,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { EventType } from '#domain/events.ts';
import type { EventSink, LogReader } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { FLOW_WORDS, type Flow, FlowKind } from '../flows.ts';

/** Accounts, one user each, that share a flow's orders evenly. */
export const FLOW_ACCOUNTS = 1_000;
const BASE_ASSET = 1;
const QUOTE_ASSET = 2;
const INSTRUMENT = 1;
/** Far more than the orders of one account can hold or lose, and small enough that all accounts' sum stays exact. */
const DEPOSIT_MINOR = 4_000_000_000_000;
const START_SECONDS = 1_800_000_000;
const NANOS_PER_ENTRY = 10_000;
const NODE = 1;
const EPOCH = 1;

/**
 * The venue of the flows: a spot pair with fees, in continuous trading, and funded accounts of one user each, called
 * U1 and so on, who can log in where there are `credentials`.
 */
export function venueCommands(
  accounts: number,
  credentials: { readonly salt?: Uint8Array; readonly passwordHash?: Uint8Array } = {},
): CommandInput[] {
  const commands: CommandInput[] = [
    { type: 'AddAsset', assetId: BASE_ASSET, decimals: 0, symbol: 'BASE' },
    { type: 'AddAsset', assetId: QUOTE_ASSET, decimals: 2, symbol: 'QUOTE' },
    {
      type: 'AddInstrument',
      instrumentId: INSTRUMENT,
      kind: InstrumentKind.Spot,
      priceDecimals: 2,
      selfTradePrevention: SelfTradePrevention.CancelOldest,
      baseAssetId: BASE_ASSET,
      quoteAssetId: QUOTE_ASSET,
      symbol: 'BENCH',
      tickSize: 1,
      lotSize: 1,
      valueNumerator: 1,
      valueDenominator: 1,
      lotBaseMinor: 1,
      minQtyLots: 1,
      maxQtyLots: 1_000_000,
      makerFeePpm: 100,
      takerFeePpm: 300,
      phase: Phase.Continuous,
    },
  ];
  for (let id = 1; id <= accounts; id++) {
    commands.push(
      { type: 'AddAccount', accountId: id },
      { type: 'AddUser', newUserId: id, accountId: id, role: Role.Trader, name: `U${id}`, ...credentials },
      { type: 'Deposit', accountId: id, assetId: BASE_ASSET, amountMinor: DEPOSIT_MINOR },
      { type: 'Deposit', accountId: id, assetId: QUOTE_ASSET, amountMinor: DEPOSIT_MINOR },
    );
  }
  return commands;
}

/**
 * A flow as log entries, ready to be applied: the venue, the warm-up, then the measured commands, `perEntry` to an
 * entry. Sequence k is entry k - 1 here.
 */
export class CoreFlow {
  declare readonly words: WordBuffer;
  /** First word of each entry, and the end of the last. */
  declare readonly starts: Float64Array;
  declare readonly entries: number;
  /** Entries of the venue and the warm-up. */
  declare readonly warmEntries: number;
  /** Entries of the venue alone: a core must accept all of their commands. */
  declare readonly venueEntries: number;
  /** Commands in the entries after the warm-up. */
  declare readonly commands: number;

  constructor(flow: Flow, perEntry: number) {
    const venue = venueCommands(FLOW_ACCOUNTS);
    const entriesMax = Math.ceil((venue.length + flow.commands) / perEntry) + 3;
    this.words = WordBuffer.allocate(
      entriesMax * ENTRY_HEADER_WORDS + venue.length * 96 + flow.commands * NewOrder.shortWords,
    );
    this.starts = new Float64Array(entriesMax + 1);
    const writer = new EntryWriter(this.words, this.starts, perEntry);
    for (const command of venue) {
      const at = writer.command();
      writer.end(writeCommand(this.words, at, command));
    }
    writer.finish();
    this.venueEntries = writer.entries;
    const orders = new OrderCommands(flow);
    const write = (from: number, to: number): void => {
      for (let i = from; i < to; i++) writer.end(orders.write(i, this.words, writer.command()));
      writer.finish();
    };
    write(0, flow.warmCommands);
    this.warmEntries = writer.entries;
    write(flow.warmCommands, flow.commands);
    this.entries = writer.entries;
    this.commands = flow.commands - flow.warmCommands;
  }

  /** Applies the venue and the warm-up to a fresh core. @throws Error when it refuses a command of the venue. */
  warm(reader: CoreReader): void {
    this.deliver(reader, 0, this.venueEntries);
    if (reader.sink.counts[EventType.CommandRejected] > 0) throw new Error('the core refuses the venue');
    this.deliver(reader, this.venueEntries, this.warmEntries);
    reader.sink.reset();
  }

  /** Gives `reader` the entries `from` up to, not including, `to`, as a log would. */
  deliver(reader: LogReader, from: number, to: number): void {
    for (let entry = from; entry < to; entry++) {
      const nanos = entry * NANOS_PER_ENTRY;
      const seconds = START_SECONDS + Math.floor(nanos / 1e9);
      reader.deliver(entry + 1, seconds, nanos % 1e9, this.words, this.starts[entry], this.starts[entry + 1]);
    }
  }
}

/** Packs commands into entries. */
class EntryWriter {
  declare private readonly words: WordBuffer;
  declare private readonly starts: Float64Array;
  declare private readonly perEntry: number;
  declare private at: number;
  declare private commands: number;
  declare entries: number;

  constructor(words: WordBuffer, starts: Float64Array, perEntry: number) {
    this.words = words;
    this.starts = starts;
    this.perEntry = perEntry;
    this.at = ENTRY_HEADER_WORDS;
    this.commands = 0;
    this.entries = 0;
  }

  /** Where the next command goes. */
  command(): number {
    if (this.commands === this.perEntry) this.finish();
    this.commands++;
    return this.at;
  }

  end(at: number): void {
    this.at = at;
  }

  finish(): void {
    if (this.commands === 0) return;
    const from = this.starts[this.entries];
    this.entries++;
    this.words.i32[from] = NODE | (this.commands << 16);
    this.words.i32[from + EntryHeader.at.epoch] = EPOCH;
    this.words.f64[(from + EntryHeader.at.entryNo) >> 1] = this.entries;
    this.starts[this.entries] = this.at;
    this.at += ENTRY_HEADER_WORDS;
    this.commands = 0;
  }
}

/** Writes a flow's commands as records. Order n belongs to user 1 + n mod FLOW_ACCOUNTS. */
class OrderCommands {
  declare private readonly flow: Flow;
  /** By order number: its clientOrderId now. */
  declare private readonly clientOrderIds: Int32Array;

  constructor(flow: Flow) {
    this.flow = flow;
    this.clientOrderIds = new Int32Array(flow.orders + 1);
  }

  /** Writes command `index` at word `at`; returns the word after it. A clientOrderId is the command's index + 1. */
  write(index: number, words: WordBuffer, at: number): number {
    const flow = this.flow;
    const { i32, f64 } = words;
    const from = index * FLOW_WORDS;
    const kind = flow.words[from] & 255;
    const order = flow.words[from + 3];
    const layout =
      kind === FlowKind.Cancel ? CancelOrder : kind === FlowKind.Replace ? ReplaceOrder : NewOrder;
    i32.fill(0, at, at + layout.shortWords);
    i32[at] = layout.type | (layout.shortWords << 16);
    i32[at + NewOrder.at.userId] = 1 + (order % FLOW_ACCOUNTS);
    i32[at + NewOrder.at.instrumentId] = INSTRUMENT;
    if (kind === FlowKind.Cancel) {
      i32[at + CancelOrder.at.clientOrderId] = this.clientOrderIds[order];
      return at + layout.shortWords;
    }
    i32[at + NewOrder.at.clientOrderId] = index + 1;
    if (kind === FlowKind.Replace) {
      i32[at + ReplaceOrder.at.originalClientOrderId] = this.clientOrderIds[order];
      i32[at + ReplaceOrder.at.priceTicks] = flow.words[from + 1];
      f64[(at + ReplaceOrder.at.qtyLots) >> 1] = flow.words[from + 2] + flow.executedLots[index];
    } else {
      const side = flow.words[from] >> 8 === 1 ? Side.Buy : Side.Sell;
      const timeInForce =
        kind === FlowKind.ImmediateOrCancel ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
      i32[at + NewOrder.at.priceTicks] = flow.words[from + 1];
      f64[(at + NewOrder.at.qtyLots) >> 1] = flow.words[from + 2];
      i32[at + NewOrder.at.side] = side | (OrderType.Limit << 8) | (timeInForce << 16);
    }
    this.clientOrderIds[order] = index + 1;
    return at + layout.shortWords;
  }
}

/** A sink that counts events by type. */
export class CountingSink implements EventSink {
  declare readonly counts: Int32Array;
  declare events: number;

  constructor() {
    this.counts = new Int32Array(256);
    this.events = 0;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      this.counts[i32[at] & 255]++;
      this.events++;
    }
  }

  reset(): void {
    this.counts.fill(0);
    this.events = 0;
  }

  /** The events by name, of those that there were. */
  byName(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(EventType)
        .map(([name, type]) => [name, this.counts[type]] as const)
        .filter(([, count]) => count > 0),
    );
  }
}

/** A core behind the log's reader interface, with a sink that counts. */
export class CoreReader implements LogReader {
  declare readonly core: TradingCore;
  declare readonly sink: CountingSink;

  /** @param capacity by default that of a node */
  constructor(capacity: Partial<CoreCapacity> = {}) {
    this.sink = new CountingSink();
    this.core = new TradingCore(this.sink, capacity);
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    this.core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
  }
}
