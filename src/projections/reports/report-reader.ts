import { setTimeout } from 'node:timers/promises';
import type { ReportStore } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { readSlots } from './read-slots.ts';
import { ReportsUnavailableError } from './report-errors.ts';
import {
  eventSequence,
  isSecondOfSelfTrade,
  reportFile,
  SLOT_WORDS,
  SlotState,
  slotPosition,
  slotState,
} from './report-slot.ts';

/** How far the threads are; the node's StatusBoard. */
export interface ReportProgress {
  /** Last entry that the order path has made durable and applied: whoever asks for a report has it from there. */
  readonly durableSequence: number;
  /** Last entry whose reports a writer has flushed to the files. */
  readonly archivedSequence: number;
  /** Whether reports that the files lack are being fetched from other nodes. */
  readonly isFetchingReports: boolean;
}

export interface ReportReaderOptions {
  /** The writer's. */
  readonly directory: string;
  readonly progress: ReportProgress;
  /** How long a read waits for its next report while the writer lags. Default 10,000. */
  readonly timeoutMs?: number;
  /** How often it looks meanwhile. Default 10. */
  readonly pollMs?: number;
  /** Files that are read at a time, each with 52 KiB of memory; others wait their turn. Default 8. */
  readonly readsMax?: number;
  /** Waits `pollMs`. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Reports that one read of a file brings. */
const CHUNK_SLOTS = 256;

/** A pause that does not keep a process alive that is otherwise done. */
const unheldPause = (ms: number): Promise<void> => setTimeout(ms, undefined, { ref: false });

/** A range being read. */
interface Range {
  readonly userId: number;
  readonly from: number;
  readonly to: number;
  readonly onRecord: (words: WordBuffer, at: number) => void;
  /** The next report to hand over. */
  next: number;
}

/** Reads what a ReportWriter, in any thread, has flushed. Never hands out a report of an entry that is not archived yet. */
export class ReportReader implements ReportStore {
  declare private readonly directory: string;
  declare private readonly progress: ReportProgress;
  declare private readonly pollMs: number;
  declare private readonly pausesMax: number;
  declare private readonly pause: (ms: number) => Promise<void>;
  declare private readonly freeChunks: WordBuffer[];
  declare private readonly queue: ((chunk: WordBuffer) => void)[];

  constructor(options: ReportReaderOptions) {
    const {
      directory,
      progress,
      timeoutMs = 10_000,
      pollMs = 10,
      readsMax = 8,
      pause = unheldPause,
    } = options;
    assert(readsMax >= 1 && pollMs >= 1, 'Condition: at least one read at a time, a pause of a millisecond');
    this.directory = directory;
    this.progress = progress;
    this.pollMs = pollMs;
    this.pausesMax = Math.ceil(timeoutMs / pollMs);
    this.pause = pause;
    this.freeChunks = Array.from({ length: readsMax }, () => WordBuffer.allocate(CHUNK_SLOTS * SLOT_WORDS));
    this.queue = [];
  }

  /**
   * Only for reports that the order path has numbered already: those after them are `MISSING`.
   * @throws ReportsUnavailableError; what came before its `reportNumber` was handed over.
   */
  async read(
    userId: number,
    fromReportNumber: number,
    toReportNumber: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void> {
    assert(
      fromReportNumber >= 1 && toReportNumber >= fromReportNumber,
      'Condition: a range of report numbers from 1',
    );
    const range: Range = {
      userId,
      from: fromReportNumber,
      to: toReportNumber,
      onRecord,
      next: fromReportNumber,
    };
    let issuedSequence = -1;
    let pauses = 0;
    while (range.next <= range.to) {
      const { next } = range;
      // Taken before the file is read: what is archived by then is in the file.
      const { archivedSequence, isFetchingReports } = this.progress;
      const state = await this.#readChunk(range, archivedSequence);
      if (state === SlotState.Report) continue;
      if (range.next > next) pauses = 0;
      // Taken after an await: the turn in which the order path issued the reports is over.
      if (issuedSequence === -1) issuedSequence = this.progress.durableSequence;
      const isArchived = archivedSequence >= issuedSequence;
      if (isArchived && !isFetchingReports) throw this.#notThere(range, state);
      if (pauses++ === this.pausesMax) throw late(range, isArchived);
      await this.pause(this.pollMs);
    }
  }

  /** Hands over the reports from `range.next` on that one chunk has; returns the state of the slot that stopped it. */
  async #readChunk(range: Range, archivedSequence: number): Promise<SlotState> {
    const chunk = await this.#takeChunk();
    try {
      const slots = Math.min(CHUNK_SLOTS, range.to - range.next + 1);
      await readSlots(this.directory, range.userId, range.next, slots, chunk);
      return handOver(range, chunk, slots, archivedSequence);
    } finally {
      this.#giveChunk(chunk);
    }
  }

  #notThere({ userId, next }: Range, state: SlotState): ReportsUnavailableError {
    const file = reportFile(this.directory, userId);
    if (state === SlotState.Damaged) {
      const offset = slotPosition(next);
      return new ReportsUnavailableError(
        'DAMAGED',
        userId,
        next,
        `${file} is damaged at byte ${offset}; reports after it may be whole. To write it anew from the log, see docs/report-files.md`,
      );
    }
    return new ReportsUnavailableError(
      'MISSING',
      userId,
      next,
      `not in ${file}: the file was removed or begun later; later reports are not affected. To write it anew from the log, see docs/report-files.md`,
    );
  }

  #takeChunk(): WordBuffer | Promise<WordBuffer> {
    return this.freeChunks.pop() ?? new Promise((resolve) => this.queue.push(resolve));
  }

  #giveChunk(chunk: WordBuffer): void {
    const waiting = this.queue.shift();
    if (waiting === undefined) this.freeChunks.push(chunk);
    else waiting(chunk);
  }
}

/** Hands over the slots of a chunk until one is not the report that belongs there. */
function handOver(range: Range, chunk: WordBuffer, slots: number, archivedSequence: number): SlotState {
  for (let slot = 0; slot < slots; slot++) {
    const at = slot * SLOT_WORDS;
    const number = range.next;
    const state = slotState(chunk, at, range.userId, number);
    if (state !== SlotState.Report) return state;
    if (eventSequence(chunk, at) > archivedSequence) return SlotState.Empty;
    range.next++;
    // A trade with oneself is in both its places; the range has had it unless it begins with the second.
    if (number > range.from && isSecondOfSelfTrade(chunk, at, number)) continue;
    range.onRecord(chunk, at);
  }
  return SlotState.Report;
}

function late({ userId, next }: Range, isArchived: boolean): ReportsUnavailableError {
  const what = isArchived
    ? 'not here yet: this node is new and fetches it from other nodes. Ask again, or ask another node'
    : 'not written yet: the archive lags behind the log. Ask again; if it stays so, look at the archive thread';
  return new ReportsUnavailableError('LATE', userId, next, what);
}
