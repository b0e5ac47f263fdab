import { existsSync, rmSync } from 'node:fs';
import { WordBuffer } from '#lib/word-buffer.ts';
import { createFileLog, FileLog } from '../file/file-log.ts';
import { LogId } from '../file/format.ts';
import { ManualClock } from '../manual-clock.ts';

export const TEST_LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const FOLLOWER = { deliver() {}, onDelivered() {}, onDoubt() {}, onFailure() {} };
const SEGMENT_BYTES = 4_096;

/** For tests: writes a log that is whole, one entry for each number, a second apart; over one that is there. */
export function writeTestLog(
  directory: string,
  numbers: readonly number[],
  segmentBytes = SEGMENT_BYTES,
): void {
  // It stops half way, without an error, where a log that was closed still removes a file of its own in the background.
  while (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
  createFileLog(directory, new LogId(TEST_LOG_ID), new ManualClock(), segmentBytes);
  appendToTestLog(directory, numbers, { segmentBytes });
}

/** Goes on with it. @returns its first entry */
export function appendToTestLog(
  directory: string,
  numbers: readonly number[],
  /** `truncateBefore`: forgets the entries before this one, as far as whole segments allow. */
  { segmentBytes = SEGMENT_BYTES, truncateBefore = 1 } = {},
): number {
  const clock = new ManualClock();
  const log = FileLog.open({
    directory,
    logId: new LogId(TEST_LOG_ID),
    clock,
    follower: FOLLOWER,
    segmentBytes,
    commitBytesMax: segmentBytes / 4,
  });
  clock.advanceNanos(log.lastSequence * 1e9);
  const words = WordBuffer.allocate(4);
  for (const [i, number] of numbers.entries()) {
    clock.advanceNanos(1e9);
    words.i32.fill(number);
    log.append(words, 0, words.words);
    // As many as fit one commit.
    if (i % (segmentBytes >> 8) === 0) log.commit();
  }
  log.commit();
  log.truncate(truncateBefore);
  const { firstSequence } = log;
  log.close();
  return firstSequence;
}
