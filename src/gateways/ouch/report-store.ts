import type { WordBuffer } from '#lib/word-buffer.ts';

/** Where reports are that the gateway no longer has in memory: everything the log ever said to a user. */
export interface ReportStore {
  /**
   * Hands over the event records that report `fromReportNumber`..`toReportNumber` to the user, in log order: each is
   * the whole event at word `at`, valid during the call. A trade with itself, where both sides are the user, is one
   * record with two numbers. Resolves when all were handed over; a store that lags behind the log waits until it has
   * them. @throws Error when they are not to be had.
   */
  read(
    userId: number,
    fromReportNumber: number,
    toReportNumber: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void>;
}
