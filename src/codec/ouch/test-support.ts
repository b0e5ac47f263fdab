import { readCommand } from '#codec/log/commands.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import type { Clock, TurnSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { OuchCommandWriter, type WriteOutcome } from './command-writer.ts';
import { OuchInstruments } from './instruments.ts';
import { OrderScales } from './order-scales.ts';
import { encodeOuch, type InboundMessage, type InboundMessageOf, type OuchInput } from './plain.ts';

/** Help for tests of this door. */

/** A clock that stands still. */
export const STOPPED_CLOCK: Clock = { read() {}, seconds: 1_700_000_000, nanos: 123 };

/** A sink that keeps the commands of one turn; `take` empties it. */
export class TestSink implements TurnSink {
  readonly words = WordBuffer.allocate(64 * 1024);
  /** Commands that it takes before it is full. */
  room = Number.POSITIVE_INFINITY;
  /** Commands that wait for `take`. */
  reserved = 0;
  /** Commands for which there was no room. */
  refused = 0;
  #length = 0;

  hasRoom(commands: number): boolean {
    return this.room >= commands;
  }

  reserve(sizeWords: number): number {
    if (this.room <= 0) {
      this.refused++;
      return -1;
    }
    this.room--;
    this.reserved++;
    const at = this.#length;
    this.#length += sizeWords;
    this.words.i32.fill(0, at, this.#length);
    return at;
  }

  /** The commands since the last call, as plain objects. */
  take(): Command[] {
    const commands: Command[] = [];
    for (let at = 0; at < this.#length; at += this.words.i32[at] >>> 16) {
      commands.push(readCommand(this.words, at, this.#length));
    }
    this.#length = 0;
    this.reserved = 0;
    return commands;
  }
}

/** Events as a sink gets them: records back to back, at an odd place so that nobody counts on 0. */
export function batchOf(events: readonly EventInput[]): { words: WordBuffer; from: number; to: number } {
  const from = 6;
  const bytes = Buffer.concat([Buffer.alloc(from * 4), ...events.map(encodeEvent)]);
  return { words: WordBuffer.copyOf(bytes), from, to: bytes.length / 4 };
}

/** Instruments of the tests: two decimals, eight decimals, and one that does not fit four bytes of quantity. */
export const HIVE: EventInput<'InstrumentAdded'> = {
  type: 'InstrumentAdded',
  instrumentId: 1,
  kind: 1,
  priceDecimals: 2,
  qtyDecimals: 0,
  symbol: 'HIVE',
  tickSize: 5,
  lotSize: 1,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
};
export const SATS: EventInput<'InstrumentAdded'> = {
  type: 'InstrumentAdded',
  instrumentId: 2,
  kind: 1,
  priceDecimals: 8,
  qtyDecimals: 3,
  symbol: 'SATSLONG',
  tickSize: 10,
  lotSize: 100,
  minQtyLots: 1,
  maxQtyLots: 2 ** 32 - 1,
};
export const HUGE: EventInput<'InstrumentAdded'> = {
  ...HIVE,
  instrumentId: 3,
  symbol: 'HUGE',
  maxQtyLots: 2 ** 32,
};

/** A writer of commands of user 9, in a venue of the instruments above. */
export function setUpWriter() {
  const instruments = new OuchInstruments();
  for (const event of [HIVE, SATS, HUGE]) {
    const { words, from } = batchOf([event]);
    instruments.add(words, from);
  }
  const sink = new TestSink();
  const scales = new OrderScales(1);
  const writer = new OuchCommandWriter(instruments, scales, STOPPED_CLOCK, sink);
  const user = { userId: 9, lastUserRefNum: 0 };
  const send = (message: OuchInput<InboundMessage> | Uint8Array): WriteOutcome => {
    const bytes = message instanceof Uint8Array ? message : encodeOuch(message);
    const padded = Buffer.concat([Buffer.from('xyz'), bytes, Buffer.from('more')]);
    return writer.write(user, padded, 3, 3 + bytes.length);
  };
  return { sink, scales, writer, user, send };
}

/** Messages as a client sends them. */
export const ENTER: OuchInput<InboundMessageOf<'EnterOrder'>> = {
  type: 'EnterOrder',
  userRefNum: 1,
  side: 'B',
  quantity: 100,
  symbol: 'HIVE',
  price: 12_500, // 1.25
  timeInForce: '0',
  display: 'Y',
  capacity: 'P',
  interMarketSweep: 'N',
  crossType: 'N',
  clOrdId: 'my order',
};
export const REPLACE: OuchInput<InboundMessageOf<'ReplaceOrder'>> = {
  type: 'ReplaceOrder',
  origUserRefNum: 1,
  userRefNum: 2,
  quantity: 80,
  price: 13_000,
  timeInForce: '0',
  display: 'Y',
  interMarketSweep: 'N',
  clOrdId: '',
};

/** Options of an order that say all regulatory fields, no two alike. */
export const EVERY_REGULATORY_FIELD = {
  tradingCapacity: 2,
  regulatoryFlags: 13,
  clientCode: 70_000,
  investmentDecisionCode: 2 ** 32 - 1,
  executionDecisionCode: 3,
  nonExecutingBrokerCode: 2 ** 31,
} as const;
