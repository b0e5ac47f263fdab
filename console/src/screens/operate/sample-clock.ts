/** A message that is later than this by the node's own measure is not of the second that was expected. */
const LATE_SECONDS = 2.5;
/** Messages that come closer together than this were waiting for the browser. */
const TOGETHER_SECONDS = 0.5;

/** Where a message is drawn. */
export interface SampleTime {
  readonly atSeconds: number;
  /** Something is missing before it. */
  readonly isBehindGap: boolean;
  /** The browser's clock was set back: nothing of before can stand beside it. */
  readonly isAnew: boolean;
}

/**
 * The times at which messages of a node are drawn, in seconds since the Unix epoch by the browser's clock. They go forward. Messages that waited
 * while the browser was busy are drawn at the seconds that they are of: what a node tells is the time since its last message.
 */
export class SampleClock {
  declare private lastSeconds: number | undefined;
  declare private heardSeconds: number;
  declare private wasLate: boolean;
  declare private isInterrupted: boolean;

  constructor() {
    this.lastSeconds = undefined;
    this.heardSeconds = 0;
    this.wasLate = false;
    this.isInterrupted = false;
  }

  /** Messages were lost, or may have been. */
  interrupt(): void {
    this.isInterrupted = true;
  }

  /** @param periodSeconds what the node says has passed since its message before */
  next(nowSeconds: number, periodSeconds: number): SampleTime {
    const last = this.lastSeconds;
    const isAnew = last !== undefined && nowSeconds + LATE_SECONDS < last;
    const expected = last === undefined || isAnew ? nowSeconds : last + periodSeconds;
    const isLate = nowSeconds - expected > LATE_SECONDS;
    // One that is late may be the first of many that waited. If those behind it do not come with it, some are missing.
    const isAlone = this.wasLate && nowSeconds - this.heardSeconds > TOGETHER_SECONDS;
    const isBehindGap = isLate && (this.isInterrupted || isAlone);
    const atSeconds = isBehindGap ? nowSeconds : expected;
    this.lastSeconds = atSeconds;
    this.heardSeconds = nowSeconds;
    this.wasLate = isLate && !isBehindGap;
    this.isInterrupted = false;
    return { atSeconds, isBehindGap, isAnew };
  }
}
