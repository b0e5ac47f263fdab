/** What the two clocks may drift apart, as a fraction. On Linux they do not: both are disciplined alike. */
const DRIFT_MAX = 100e-6;

/**
 * How far the wall clock is ahead of the monotonic one, in milliseconds with fractions, although JavaScript's wall
 * clock shows whole milliseconds only.
 *
 * A reading says in which millisecond the wall clock is: two bounds for the offset. Readings that agree narrow them; one
 * that does not means that the wall clock was set, and its own bounds count. Ten readings at `nextTurnMs`, a tenth of a
 * second apart, find the offset to some 20 microseconds; it is less sure by what the clocks drift in between.
 */
export class WallOffset {
  /** The offset is at least this and at most `maxMs`. */
  declare minMs: number;
  declare maxMs: number;
  declare private measuredMs: number;

  constructor() {
    this.minMs = Number.NEGATIVE_INFINITY;
    this.maxMs = Number.POSITIVE_INFINITY;
    this.measuredMs = 0;
  }

  /** Takes a reading of the wall clock, whole milliseconds, made between two readings of the monotonic one. */
  measure(beforeMs: number, wallMs: number, afterMs: number): void {
    const driftMs = (beforeMs - this.measuredMs) * DRIFT_MAX;
    this.measuredMs = beforeMs;
    const oldMinMs = this.minMs - driftMs;
    const oldMaxMs = this.maxMs + driftMs;
    const minMs = wallMs - afterMs;
    const maxMs = wallMs + 1 - beforeMs;
    const agrees = minMs <= oldMaxMs && maxMs >= oldMinMs;
    this.minMs = agrees ? Math.max(minMs, oldMinMs) : minMs;
    this.maxMs = agrees ? Math.min(maxMs, oldMaxMs) : maxMs;
  }

  /** The middle of the bounds. */
  get middleMs(): number {
    return (this.minMs + this.maxMs) / 2;
  }

  /** How far `offsetMs` is above the bounds; negative below them, 0 within. */
  excessMs(offsetMs: number): number {
    if (offsetMs > this.maxMs) return offsetMs - this.maxMs;
    return Math.min(0, offsetMs - this.minMs);
  }

  /**
   * The first moment of the monotonic clock from `fromMs` on at which, by the middle of the bounds, the wall clock's
   * millisecond turns: a reading then halves the bounds.
   */
  nextTurnMs(fromMs: number): number {
    const wallMs = fromMs + this.middleMs;
    return fromMs + (Math.ceil(wallMs) - wallMs);
  }
}
