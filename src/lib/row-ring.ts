import { assert } from './assert.ts';

const ROWS_INITIAL = 8;

/**
 * The newest `rowsMax` rows of a table of 64-bit floats, addressed by position: the count of rows before it. The memory
 * begins with eight rows and doubles as rows come, up to `rowsMax`; then the oldest row makes room for the newest.
 */
export class RowRing {
  /** Position that the next row will have. */
  declare next: number;
  /** Grows with the ring: read it anew after `push`. */
  declare f64: Float64Array<ArrayBuffer>;
  declare readonly stride: number;
  declare private readonly rowsMax: number;
  declare private rows: number;

  constructor(stride: number, rowsMax: number) {
    assert(rowsMax >= 1, 'Condition: a ring holds at least one row');
    this.next = 0;
    this.stride = stride;
    this.rowsMax = rowsMax;
    this.rows = Math.min(ROWS_INITIAL, rowsMax);
    this.f64 = new Float64Array(this.rows * stride);
  }

  /** Position of the oldest row that is kept; `next` when there is none. */
  get oldest(): number {
    return Math.max(0, this.next - this.rowsMax);
  }

  /** Adds a row and returns its first element; what is in it is to be set. */
  push(): number {
    if (this.next === this.rows && this.rows < this.rowsMax) this.#grow();
    return this.at(this.next++);
  }

  /** First element of the row at `position`, which must be kept. */
  at(position: number): number {
    return (position % this.rows) * this.stride;
  }

  /** Until it is full a ring has every row at its own position. */
  #grow(): void {
    this.rows = Math.min(this.rows * 2, this.rowsMax);
    const grown = new Float64Array(this.rows * this.stride);
    grown.set(this.f64);
    this.f64 = grown;
  }
}
