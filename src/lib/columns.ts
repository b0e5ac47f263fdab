import { assert } from './assert.ts';

export type Column = Int32Array | Float64Array | Uint8Array;

const CACHE_LINE_BYTES = 64;
/**
 * Where a column begins in its memory. glibc maps large blocks at a page's start and puts 16 bytes of its own before what
 * it returns, so that this is the first whole cache line: a row of 32 or 64 bytes then touches one line, not two
 * (bench/depth.ts). Where memory comes from elsewhere it costs a few bytes and changes nothing.
 */
const LEAD_BYTES = 48;

/** Zeroed memory of `elements` x `bytesPerElement` from LEAD_BYTES on. */
function reserve(elements: number, bytesPerElement: number): ArrayBuffer {
  return new ArrayBuffer(
    LEAD_BYTES + Math.ceil((elements * bytesPerElement) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES,
  );
}

/** The 64-bit fields of records that are laid out in words: field f of the record at word w is `[(w >> 1) + f]`. */
export function doublesOf(words: Int32Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  return new Float64Array(words.buffer, words.byteOffset, words.length >> 1);
}

/** One column's bytes in an image: the first `rows * stride` elements. */
export interface ColumnImage {
  readonly store: string;
  readonly column: string;
  readonly bytes: Uint8Array;
}

interface NamedColumn {
  readonly name: string;
  readonly stride: number;
  readonly array: Column;
}

/**
 * A table as one typed array per column, all of one fixed capacity.
 *
 * The memory is reserved at construction and costs nothing until it is touched (large zeroed allocations are
 * mapped lazily), so a store never moves and never pauses to grow. `rows` is the high-water mark, unless rows are removed;
 * an image of the store is the first `rows` rows of every column, dead ones included, which makes images byte-exact
 * functions of the command history. Readers index the arrays directly.
 */
export class Columns {
  declare readonly name: string;
  declare readonly capacity: number;
  /** Rows in use or once used: everything at or beyond is still zero. */
  declare rows: number;
  declare private readonly columns: NamedColumn[];

  constructor(name: string, capacity: number) {
    this.name = name;
    this.capacity = capacity;
    this.rows = 0;
    this.columns = [];
  }

  /** Adds a column of 32-bit integers, `stride` per row. */
  i32(name: string, stride = 1): Int32Array<ArrayBuffer> {
    return this.#add(
      name,
      stride,
      new Int32Array(reserve(this.capacity * stride, 4), LEAD_BYTES, this.capacity * stride),
    );
  }

  /** Adds a column of 64-bit floats that hold integers, `stride` per row. */
  f64(name: string, stride = 1): Float64Array<ArrayBuffer> {
    return this.#add(
      name,
      stride,
      new Float64Array(reserve(this.capacity * stride, 8), LEAD_BYTES, this.capacity * stride),
    );
  }

  /** Adds a column of bytes, `stride` per row. */
  u8(name: string, stride = 1): Uint8Array<ArrayBuffer> {
    return this.#add(name, stride, new Uint8Array(this.capacity * stride));
  }

  #add<T extends Column>(name: string, stride: number, array: T): T {
    assert(!this.columns.some((column) => column.name === name), 'Condition: a column name is used once');
    this.columns.push({ name, stride, array });
    return array;
  }

  /** Takes the next unused row, or -1 when the store is full. */
  addRow(): number {
    return this.rows === this.capacity ? -1 : this.rows++;
  }

  /** Gives up a row: the last one takes its place, and where that was is zero again. */
  removeRow(row: number): void {
    assert(row >= 0 && row < this.rows, 'Condition: only a row in use can be removed');
    const last = --this.rows;
    for (const { stride, array } of this.columns) {
      array.copyWithin(row * stride, last * stride, (last + 1) * stride);
      array.fill(0, last * stride, (last + 1) * stride);
    }
  }

  /** Every column's used part, in the order of their definition. The bytes are views: copy or write them before the next command. */
  images(): ColumnImage[] {
    return this.columns.map(({ name, stride, array }) => ({
      store: this.name,
      column: name,
      bytes: new Uint8Array(array.buffer, array.byteOffset, this.rows * stride * array.BYTES_PER_ELEMENT),
    }));
  }

  /**
   * Puts the store back to an image of `rows` rows. A column that the image lacks stays zero: that is how a
   * newer build adds one.
   * Only into a store fresh from its owner's constructor: columns beyond its reserved rows must still be zero.
   * @throws Error when a column is unknown here or its length does not fit `rows`.
   */
  restore(rows: number, images: readonly ColumnImage[]): void {
    assert(rows >= this.rows, 'Condition: an image has at least the rows that a fresh store reserves');
    if (rows > this.capacity)
      throw new Error(`store ${this.name}: image of ${rows} rows, capacity ${this.capacity}`);
    for (const image of images) {
      const column = this.columns.find((candidate) => candidate.name === image.column);
      if (column === undefined) throw new Error(`store ${this.name}: unknown column ${image.column}`);
      const bytes = rows * column.stride * column.array.BYTES_PER_ELEMENT;
      if (image.bytes.length !== bytes) {
        throw new Error(`store ${this.name}.${image.column}: ${image.bytes.length} bytes, expected ${bytes}`);
      }
      new Uint8Array(column.array.buffer, column.array.byteOffset, bytes).set(image.bytes);
    }
    this.rows = rows;
  }
}
