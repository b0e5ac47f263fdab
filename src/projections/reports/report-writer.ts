import { EventFlag, EventType, Trade } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { OpenFiles } from './open-files.ts';
import { nodeReportDisk, type ReportDisk } from './report-disk.ts';
import type { ReportFileError } from './report-errors.ts';
import { copySlot, SLOT_BYTES, SLOT_WORDS, slotPosition, writeSlot } from './report-slot.ts';

export interface ReportWriterOptions {
  /** Made where there is none. */
  readonly directory: string;
  /** Reports held in memory, 212 bytes each, before they are written without a flush. Default 16,384. */
  readonly bufferedReports?: number;
  /** Files open at a time. Default 256. */
  readonly openFilesMax?: number;
  readonly disk?: ReportDisk;
  /** Called before each write to a file: a flush may make thousands. */
  readonly betweenPieces?: () => void;
}

/** Largest single write, in slots. */
const RUN_SLOTS = 512;
const NONE = -1;

const IMAGE = EventFlag.Image << 8;
const TRADE_TYPE = EventType.Trade;
const {
  userId: USER_ID,
  reportNumber: REPORT_NUMBER,
  makerUserId: MAKER_USER_ID,
  makerReportNumber: MAKER_REPORT_NUMBER,
  takerUserId: TAKER_USER_ID,
  takerReportNumber: TAKER_REPORT_NUMBER,
} = Trade.at;

/** A user's reports that wait to be written: a chain of slots. */
class UserChain {
  declare readonly userId: number;
  /** Number of the user's last report. */
  declare lastNumber: number;
  /** Number of the chain's first report. */
  declare firstNumber: number;
  declare firstSlot: number;
  declare lastSlot: number;

  constructor(userId: number, lastNumber: number) {
    this.userId = userId;
    this.lastNumber = lastNumber;
    this.firstNumber = 0;
    this.firstSlot = NONE;
    this.lastSlot = NONE;
  }
}

/**
 * Keeps every report ever sent to a user in a file of that user, where its number alone says its place. The bytes and
 * the place are a function of the log: after a restart the events since the last snapshot come again and land where
 * they were. What a crash cut off is thereby written anew; what an operator removed stays a hole.
 *
 * A disk error never comes out of `onEvents`, so that the core that feeds it stays whole: `flush` and `sync` throw it,
 * every time from then on, and nothing more is written. A snapshot must not follow a `sync` that threw.
 */
export class ReportWriter implements EventSink {
  declare private readonly files: OpenFiles;
  declare private readonly betweenPieces: () => void;
  /** Reports in the order of their coming. */
  declare private readonly slots: WordBuffer;
  /** The slot of the same user's next report. */
  declare private readonly nextSlots: Int32Array;
  declare private slotCount: number;
  declare private readonly chains: Map<number, UserChain>;
  /** Chains that are not empty. */
  declare private readonly waiting: UserChain[];
  /** One user's slots, put together for one write. */
  declare private readonly run: WordBuffer;
  declare private _failure: ReportFileError | undefined;

  /** @throws ReportFileError when the directory cannot be made. */
  constructor(options: ReportWriterOptions) {
    const { directory, bufferedReports = 16_384, openFilesMax = 256, disk = nodeReportDisk } = options;
    assert(bufferedReports >= 1 && openFilesMax >= 1, 'Condition: room for a report and a file');
    this.files = new OpenFiles(disk, directory, openFilesMax);
    this.betweenPieces = options.betweenPieces ?? (() => {});
    this.slots = WordBuffer.allocate(bufferedReports * SLOT_WORDS);
    this.nextSlots = new Int32Array(bufferedReports);
    this.slotCount = 0;
    this.chains = new Map();
    this.waiting = [];
    this.run = WordBuffer.allocate(RUN_SLOTS * SLOT_WORDS);
    this._failure = undefined;
  }

  /** Why nothing is written any more, if that is so. */
  get failure(): ReportFileError | undefined {
    return this._failure;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; ) {
      const head = i32[at];
      const sizeWords = head >>> 16;
      if ((head & IMAGE) === 0) {
        if ((head & 0xff) === TRADE_TYPE) {
          this.#appendTrade(words, at, sizeWords);
        } else {
          const number = f64[(at + REPORT_NUMBER) >> 1];
          if (number !== 0) this.#append(i32[at + USER_ID], number, words, at, sizeWords, NONE);
        }
      }
      at += sizeWords;
    }
  }

  /** Writes what came so far to the files, where readers see it. @throws ReportFileError */
  flush(): void {
    this.#writeAll();
    if (this._failure !== undefined) throw this._failure;
  }

  /**
   * Writes `count` slots from the beginning of `slots` as the reports of the user from number `from` on: those of before this writer's first
   * event, from elsewhere.
   * @throws ReportFileError
   */
  fill(userId: number, from: number, slots: WordBuffer, count: number): void {
    if (this._failure !== undefined) throw this._failure;
    this.files.write(userId, slots.u8, count * SLOT_BYTES, slotPosition(from));
  }

  /** Makes most of what came so far durable without holding up the thread: a `sync` that follows has little left, or throws what failed here. */
  async syncAhead(): Promise<void> {
    this.#writeAll();
    if (this._failure !== undefined) return;
    try {
      await this.files.syncAhead();
    } catch (error) {
      this._failure = error as ReportFileError;
    }
  }

  /** Makes what came so far durable: a snapshot that follows may forget it. @throws ReportFileError */
  sync(): void {
    this.flush();
    try {
      this.files.sync();
    } catch (error) {
      // What a failed sync left behind in the page cache cannot be known: only writing it anew helps.
      this._failure = error as ReportFileError;
      throw error;
    }
  }

  /** Writes what came so far, as far as the disk lets it, and closes the files. */
  close(): void {
    this.#writeAll();
    this.files.close();
  }

  /** Both sides get the same bytes: their checksum is computed once. */
  #appendTrade(words: WordBuffer, at: number, sizeWords: number): void {
    const { i32, f64 } = words;
    const makerNumber = f64[(at + MAKER_REPORT_NUMBER) >> 1];
    const takerNumber = f64[(at + TAKER_REPORT_NUMBER) >> 1];
    let twin = NONE;
    if (makerNumber !== 0) {
      twin = this.#append(i32[at + MAKER_USER_ID], makerNumber, words, at, sizeWords, NONE);
    }
    if (takerNumber !== 0) {
      this.#append(i32[at + TAKER_USER_ID], takerNumber, words, at, sizeWords, twin);
    }
  }

  /**
   * Takes the event as report `number` of the user.
   * @param twin the slot of the last report, when that is the same event; else NONE
   * @returns the report's slot, which keeps its bytes until the next report; NONE after a failure
   */
  #append(
    userId: number,
    number: number,
    words: WordBuffer,
    at: number,
    sizeWords: number,
    twin: number,
  ): number {
    if (this._failure !== undefined) return NONE;
    if (this.slotCount === this.nextSlots.length) {
      this.#writeAll();
      if (this._failure !== undefined) return NONE;
    }
    const slot = this.slotCount++;
    if (twin === NONE) writeSlot(this.slots, slot * SLOT_WORDS, words, at, sizeWords);
    else copySlot(this.slots, twin * SLOT_WORDS, this.slots, slot * SLOT_WORDS);
    this.nextSlots[slot] = NONE;
    const chain = this.#chainOf(userId, number);
    assert(number === chain.lastNumber + 1, 'Condition: events come without a gap');
    chain.lastNumber = number;
    if (chain.firstSlot === NONE) {
      chain.firstNumber = number;
      chain.firstSlot = slot;
      this.waiting.push(chain);
    } else {
      this.nextSlots[chain.lastSlot] = slot;
    }
    chain.lastSlot = slot;
    return slot;
  }

  #chainOf(userId: number, number: number): UserChain {
    const known = this.chains.get(userId);
    if (known !== undefined) return known;
    const chain = new UserChain(userId, number - 1);
    this.chains.set(userId, chain);
    return chain;
  }

  #writeAll(): void {
    if (this._failure !== undefined) return;
    try {
      for (const chain of this.waiting) this.#writeChain(chain);
    } catch (error) {
      this._failure = error as ReportFileError;
    }
    this.waiting.length = 0;
    this.slotCount = 0;
  }

  #writeChain(chain: UserChain): void {
    let slot = chain.firstSlot;
    let number = chain.firstNumber;
    while (slot !== NONE) {
      let count = 0;
      for (; slot !== NONE && count < RUN_SLOTS; count++) {
        copySlot(this.slots, slot * SLOT_WORDS, this.run, count * SLOT_WORDS);
        slot = this.nextSlots[slot];
      }
      this.betweenPieces();
      this.files.write(chain.userId, this.run.u8, count * SLOT_BYTES, slotPosition(number));
      number += count;
    }
    chain.firstSlot = NONE;
    chain.lastSlot = NONE;
  }
}
