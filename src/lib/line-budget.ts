const WINDOW_MS = 1_000;
/** Lines in a second of one place about failures of our own: they have stacks, and say the same. */
const FAILURE_LINES_PER_SECOND_MAX = 5;

/** Writes a line of a log. */
export type WriteLine = (fields: object, message: string) => void;

/** Lets so many lines through that a client who can cause a failure as often as it likes does not fill a disk; `leftOut` counts the others. */
export function failureLines(write: WriteLine): WriteLine {
  const lines = new LineBudget(FAILURE_LINES_PER_SECOND_MAX);
  return (fields, message) => {
    const left = lines.take(performance.now());
    if (left !== undefined) write({ ...fields, ...left }, message);
  };
}

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
