import { type FileHandle, open } from 'node:fs/promises';
import { WordBuffer } from '#lib/word-buffer.ts';
import {
  eventSequence,
  isSecondOfSelfTrade,
  reportFile,
  SLOT_BYTES,
  SLOT_WORDS,
  SlotState,
  slotPosition,
  slotState,
} from './report-slot.ts';

/** Reports that one read of a file brings. */
const CHUNK_SLOTS = 256;

/** Which reports are looked for. */
export interface ReportRange {
  readonly userId: number;
  /** First and last entry of the log that they may be of. */
  readonly fromSequence: number;
  readonly toSequence: number;
  /** Reports that are looked at. */
  readonly max: number;
}

/** Finds the reports of a user about a stretch of the log, in the files that a ReportWriter has flushed. */
export class ReportSearch {
  declare private readonly directory: string;

  /** @param directory the writer's */
  constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Hands over the event records, in log order; each is valid during the call. False when some are not to be had: they lie behind
   * `max`, were written before the file was begun, or are damaged.
   * @throws Error of node:fs, but not when there is no file
   */
  async read(range: ReportRange, onRecord: (words: WordBuffer, at: number) => void): Promise<boolean> {
    let file: FileHandle;
    try {
      file = await open(reportFile(this.directory, range.userId), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    try {
      const reports = Math.floor((await file.stat()).size / SLOT_BYTES);
      const { first, isKnown } = await firstReport(file, range, reports);
      return (await handOver(file, range, first, reports, onRecord)) && isKnown;
    } finally {
      await file.close();
    }
  }
}

/**
 * Number of the first report at or behind the range's beginning; the one behind the last when there is none. `isKnown`: it is the first one
 * indeed, as the one before it is there, and before the range.
 */
async function firstReport(
  file: FileHandle,
  { userId, fromSequence }: ReportRange,
  reports: number,
): Promise<{ readonly first: number; readonly isKnown: boolean }> {
  const slot = WordBuffer.allocate(SLOT_WORDS);
  let low = 1;
  let isKnown = true;
  let high = reports + 1;
  while (low < high) {
    const number = Math.floor((low + high) / 2);
    await file.read(slot.u8, 0, SLOT_BYTES, slotPosition(number));
    // A file that was begun later has nothing at its beginning.
    const isReport = slotState(slot, 0, userId, number) === SlotState.Report;
    if (isReport && eventSequence(slot, 0) >= fromSequence) high = number;
    else {
      low = number + 1;
      isKnown = isReport;
    }
  }
  return { first: low, isKnown };
}

async function handOver(
  file: FileHandle,
  { userId, toSequence, max }: ReportRange,
  first: number,
  reports: number,
  onRecord: (words: WordBuffer, at: number) => void,
): Promise<boolean> {
  const chunk = WordBuffer.allocate(CHUNK_SLOTS * SLOT_WORDS);
  const end = Math.min(reports, first + max - 1);
  for (let next = first; next <= end; ) {
    const slots = Math.min(CHUNK_SLOTS, end - next + 1);
    const { bytesRead } = await file.read(chunk.u8, 0, slots * SLOT_BYTES, slotPosition(next));
    if (bytesRead < slots * SLOT_BYTES) return false;
    for (let slot = 0; slot < slots; slot++, next++) {
      const at = slot * SLOT_WORDS;
      if (slotState(chunk, at, userId, next) !== SlotState.Report) return false;
      if (eventSequence(chunk, at) > toSequence) return true;
      // A trade with oneself is in both its places.
      if (next === first || !isSecondOfSelfTrade(chunk, at, next)) onRecord(chunk, at);
    }
  }
  return end === reports;
}
