import { assert } from './assert.ts';

const ROWS_INITIAL = 8;

/**
 * The newest `rowsMax` rows of a table of 64-bit floats, addressed by position: where the first row was, and one more for each. The memory
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
  /** Position of the first row that came since the ring began. */
  declare private first: number;

  /** @param first position of its first row */
  constructor(stride: number, rowsMax: number, first: number = 0) {
    assert(rowsMax >= 1, 'Condition: a ring holds at least one row');
    this.next = first;
    this.first = first;
    this.stride = stride;
    this.rowsMax = rowsMax;
    this.rows = Math.min(ROWS_INITIAL, rowsMax);
    this.f64 = new Float64Array(this.rows * stride);
  }

  /** Position of the oldest row that is kept; `next` when there is none. */
  get oldest(): number {
    return Math.max(this.first, this.next - this.rowsMax);
  }

  /** Adds a row and returns its first element; what is in it is to be set. */
  push(): number {
    if (this.next - this.first === this.rows && this.rows < this.rowsMax) this.#grow();
    return this.at(this.next++);
  }

  /** First element of the row at `position`, which must be kept. */
  at(position: number): number {
    return ((position - this.first) % this.rows) * this.stride;
  }

  /** Forgets every row and begins again, with the row at position `first`. */
  restart(first: number): void {
    this.first = first;
    this.next = first;
  }

  /** Until it is full a ring has its rows in the order in which they came. */
  #grow(): void {
    this.rows = Math.min(this.rows * 2, this.rowsMax);
    const grown = new Float64Array(this.rows * this.stride);
    grown.set(this.f64);
    this.f64 = grown;
  }
}
