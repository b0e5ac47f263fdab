import { EventType, OrderAccepted, Trade } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const { sequence: SEQUENCE_AT, userId: USER_AT, reportNumber: REPORT_AT } = OrderAccepted.at;

/**
 * In which entry of the log each user's newest report is: what a question must include so that its asker reads its own
 * writes. Of users without a report since the last image it says the image's entry, which whoever gave the image has.
 */
export class NewestReports implements FollowingSink {
  declare private readonly byUser: Map<number, number>;
  declare private imageSequence: number;

  constructor() {
    this.byUser = new Map();
    this.imageSequence = 0;
  }

  sequenceOf(userId: number): number {
    return this.byUser.get(userId) ?? this.imageSequence;
  }

  onRestart(): void {
    this.byUser.clear();
  }

  onImage(sequence: number): void {
    this.imageSequence = sequence;
  }

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      // An image's events have no report numbers.
      if ((i32[at] & 0xff) === EventType.Trade) {
        if (i32[at + Trade.at.makerReportNumber] !== 0)
          this.#note(i32[at + Trade.at.makerUserId], f64[(at + SEQUENCE_AT) >> 1]);
        if (i32[at + Trade.at.takerReportNumber] !== 0)
          this.#note(i32[at + Trade.at.takerUserId], f64[(at + SEQUENCE_AT) >> 1]);
      } else if (i32[at + REPORT_AT] !== 0) this.#note(i32[at + USER_AT], f64[(at + SEQUENCE_AT) >> 1]);
    }
  }

  #note(userId: number, sequence: number): void {
    this.byUser.set(userId, sequence);
  }
}
