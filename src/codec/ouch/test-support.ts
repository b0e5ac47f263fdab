import { readCommand } from '#codec/log/commands.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import type { Clock, TurnSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';

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
