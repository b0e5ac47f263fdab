import { EventFlag, EventType, Trade } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const { reportNumber, makerReportNumber, takerReportNumber } = Trade.at;

/** Counts what happens in the venue, while somebody wants to know. What this thread misses of the events is not counted. */
export class EventCounts implements FollowingSink {
  declare orders: number;
  declare trades: number;
  declare reports: number;
  declare isCounting: boolean;

  constructor() {
    this.orders = 0;
    this.trades = 0;
    this.reports = 0;
    this.isCounting = false;
  }

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    if (!this.isCounting) return;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if ((i32[at] & (EventFlag.Image << 8)) !== 0) continue;
      const type = i32[at] & 0xff;
      if (type === EventType.OrderAccepted) this.orders++;
      if (type === EventType.Trade) {
        this.trades++;
        if (f64[(at + makerReportNumber) >> 1] !== 0) this.reports++;
        if (f64[(at + takerReportNumber) >> 1] !== 0) this.reports++;
      } else if (f64[(at + reportNumber) >> 1] !== 0) this.reports++;
    }
  }

  onRestart(): void {}

  onImage(): void {}
}
