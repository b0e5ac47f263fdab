/** Newest values that a new one is compared with: 20 minutes, a value each 10 seconds. */
export const SCORE_WINDOW = 120;
/** Values before which nothing is unusual yet. */
export const SCORE_VALUES_MIN = 30;
/** No score is higher. */
export const SCORE_MAX = 1_000;

/** By which the median absolute deviation, and the mean one, of a normal distribution become its standard deviation. */
const MEDIAN_TO_SIGMA = 1.4826;
const MEAN_TO_SIGMA = 1.2533;

/**
 * How unusual each of a series of values is, against those before it: distance from their median, in standard deviations that are
 * estimated by the median absolute deviation, so that a few wild values do not hide the next one. Where more than half of the
 * values are the same, the mean absolute deviation stands in (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
 */
export class RobustScore {
  declare private readonly values: number[];
  declare private next: number;

  constructor() {
    this.values = [];
    this.next = 0;
  }

  /** Adds a value. @returns its score, 0 and up; 0 while there is too little to compare with */
  add(value: number): number {
    const { values } = this;
    const score = values.length < SCORE_VALUES_MIN ? 0 : scoreOf(value, values);
    values[this.next] = value;
    this.next = (this.next + 1) % SCORE_WINDOW;
    return score;
  }
}

function scoreOf(value: number, values: readonly number[]): number {
  const middle = median(values);
  const distance = Math.abs(value - middle);
  if (distance === 0) return 0;
  const distances = values.map((other) => Math.abs(other - middle));
  const byMedian = MEDIAN_TO_SIGMA * median(distances);
  const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
  const sigma = byMedian > 0 ? byMedian : MEAN_TO_SIGMA * mean;
  return Math.min(SCORE_MAX, distance / sigma);
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
