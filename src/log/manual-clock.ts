import type { Clock } from '#domain/ports.ts';

/** A clock that stands still until it is set: for tests and simulation. */
export class ManualClock implements Clock {
  declare seconds: number;
  declare nanos: number;

  constructor(seconds = 1_700_000_000, nanos = 0) {
    this.seconds = seconds;
    this.nanos = nanos;
  }

  read(): void {}

  advanceNanos(nanos: number): void {
    const total = this.nanos + nanos;
    this.seconds += Math.floor(total / 1_000_000_000);
    this.nanos = total % 1_000_000_000;
  }
}
