import assert from 'node:assert/strict';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import type { EventSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { Engine, EngineOptions } from '../scenarios/engine.ts';
import { checkCore } from './core-check.ts';

const ENTRY_WORDS = 256;
const COMMAND_COUNT_SHIFT = 16;

/** Sessions that its core holds. */
export const SESSIONS_MAX = 64;

export interface FastEngineOptions extends EngineOptions {
  /** Commands after which the core is replaced by one restored from its image; 0 never. */
  readonly restoreEvery?: number;
  /** Commands after which the core's own structures are looked through (see `checkCore`); 0 never. */
  readonly checkEvery?: number;
}

/** The fast core behind the interface of the scenarios: each command is encoded, applied as an entry, its events decoded. */
export class FastEngine implements Engine, EventSink {
  #core: TradingCore;
  readonly #options: FastEngineOptions;
  readonly #words: WordBuffer;
  #events: Event[];

  constructor(options: FastEngineOptions = {}) {
    this.#options = options;
    this.#words = WordBuffer.allocate(ENTRY_WORDS);
    this.#events = [];
    this.#core = this.#newCore();
  }

  /** The core as it is now: a restored one is another. */
  get core(): TradingCore {
    return this.#core;
  }

  /** The rolling state hash after the last command. */
  get stateHash(): string {
    return this.#core.stateHash;
  }

  apply(command: CommandInput, seconds: number, nanos = 0): Event[] {
    const { i32, f64 } = this.#words;
    const sequence = this.#core.sequence + 1;
    const end = writeCommand(this.#words, ENTRY_HEADER_WORDS, command);
    i32[0] = 1 | (1 << COMMAND_COUNT_SHIFT);
    i32[EntryHeader.at.epoch] = 1;
    f64[EntryHeader.at.entryNo >> 1] = sequence;
    this.#events = [];
    this.#core.applyEntry(sequence, seconds, nanos, this.#words, 0, end);
    const { restoreEvery = 0, checkEvery = 0 } = this.#options;
    if (checkEvery > 0 && sequence % checkEvery === 0) checkCore(this.#core);
    if (restoreEvery > 0 && sequence % restoreEvery === 0) this.#core = this.#restored();
    return this.#events;
  }

  /** The image events of an account, with at most `openOrdersMax` orders; undefined when there is no such account. */
  describeAccount(accountId: number, openOrdersMax: number = Number.POSITIVE_INFINITY): Event[] | undefined {
    this.#events = [];
    return this.#core.describeAccount(accountId, openOrdersMax) ? this.#events : undefined;
  }

  /** The image events of everything that stands, with the resting orders. */
  describe(): Event[] {
    this.#events = [];
    this.#core.describe({ liveOrders: false, restingOrders: true });
    return this.#events;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.#events.push(...readEvents(words, from, to));
  }

  #newCore(hashSeed?: number): TradingCore {
    const { ordersMax = 20_000, clientTagsMax = 1_000, requestIdsMax = 1_000 } = this.#options;
    const capacity = {
      ordersMax,
      clientTagsMax,
      requestIdsMax,
      instrumentsMax: 16,
      accountsMax: 64,
      usersMax: 64,
      apiKeysMax: 128,
      sessionsMax: SESSIONS_MAX,
      assetsMax: 16,
      nodesMax: 4,
    };
    return new TradingCore(this, capacity, hashSeed === undefined ? {} : { hashSeed });
  }

  /** A fresh core with this core's image, and another seed; its own image is the same. */
  #restored(): TradingCore {
    const core = this.#newCore(this.#core.sequence);
    const images = this.#core.stores();
    for (const [index, store] of core.stores().entries()) {
      const { rows } = images[index];
      const copies = images[index].images().map((image) => ({ ...image, bytes: image.bytes.slice() }));
      store.rows = 0;
      store.restore(rows, copies);
    }
    core.restored();
    assert.equal(core.stateHash, this.#core.stateHash);
    for (const [index, store] of core.stores().entries()) {
      for (const [column, { bytes }] of store.images().entries()) {
        const before = images[index].images()[column].bytes;
        assert.ok(Buffer.compare(before, bytes) === 0, `${store.name} differs after a restore`);
      }
    }
    return core;
  }
}
