const SLICES = 10;

/** Sums over the last while, by ten slices of time: what is older than ten slices falls out a slice at a time. */
export class RollingSums {
  declare private readonly fields: number;
  declare private readonly sliceSeconds: number;
  declare private readonly sums: Float64Array;
  /** Which slice of time each place holds. */
  declare private readonly slices: Float64Array;

  constructor(fields: number, windowSeconds: number) {
    this.fields = fields;
    this.sliceSeconds = windowSeconds / SLICES;
    this.sums = new Float64Array(SLICES * fields);
    this.slices = new Float64Array(SLICES).fill(-1);
  }

  add(timeSeconds: number, field: number, value: number): void {
    const { fields, slices, sums } = this;
    const slice = Math.floor(timeSeconds / this.sliceSeconds);
    const place = slice % SLICES;
    if (slices[place] !== slice) {
      slices[place] = slice;
      sums.fill(0, place * fields, (place + 1) * fields);
    }
    sums[place * fields + field] += value;
  }

  /** Of the window that ends with `timeSeconds`. */
  sum(timeSeconds: number, field: number): number {
    const newest = Math.floor(timeSeconds / this.sliceSeconds);
    let sum = 0;
    for (let place = 0; place < SLICES; place++) {
      const isRecent = this.slices[place] > newest - SLICES;
      if (isRecent) sum += this.sums[place * this.fields + field];
    }
    return sum;
  }
}
