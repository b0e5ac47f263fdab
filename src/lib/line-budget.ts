const WINDOW_MS = 1_000;

/** Bounds how many lines of a log are written about what others can make happen as often as they like. */
export class LineBudget {
  declare private readonly linesPerSecondMax: number;
  declare private windowMs: number;
  declare private lines: number;
  /** Lines that were not written since the last one that was. */
  declare private leftOut: number;

  constructor(linesPerSecondMax: number) {
    this.linesPerSecondMax = linesPerSecondMax;
    this.windowMs = Number.NEGATIVE_INFINITY;
    this.lines = 0;
    this.leftOut = 0;
  }

  /** What the line says of those that were left out before it; undefined: it is left out, too. */
  take(nowMs: number): { readonly leftOut?: number } | undefined {
    if (nowMs - this.windowMs >= WINDOW_MS) {
      this.windowMs = nowMs;
      this.lines = 0;
    }
    if (this.lines >= this.linesPerSecondMax) {
      this.leftOut++;
      return undefined;
    }
    this.lines++;
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut === 0 ? {} : { leftOut };
  }
}
