import { IntPairMap } from '#lib/int-map.ts';
import { LOGIN_NAME_BYTES, LOGIN_NAME_WORDS, upperCase } from './fields.ts';

/** The multiplier and the basis of FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;

/**
 * Finds users by login name without regard to case. Names that hash alike stand under neighbouring numbers; rows are
 * never removed, so that a gap ends the search.
 */
export class LoginNames {
  /** The names by row, six words each. */
  declare private readonly column: Int32Array;
  declare private readonly rows: IntPairMap;

  constructor(column: Int32Array) {
    this.column = column;
    this.rows = new IntPairMap();
  }

  /** The row of the name in the six words at `at`, or -1. */
  find(words: Int32Array, at: number): number {
    return this.rows.get(this.#place(words, at), 0);
  }

  /** Lists the name of a row; no other row has it. */
  add(row: number): void {
    this.rows.set(this.#place(this.column, row * LOGIN_NAME_WORDS), 0, row);
  }

  clear(): void {
    this.rows.clear();
  }

  /** The number under which the name stands, or would. */
  #place(words: Int32Array, at: number): number {
    let place = hash(words, at);
    for (;;) {
      const row = this.rows.get(place, 0);
      if (row === -1 || areSame(words, at, this.column, row * LOGIN_NAME_WORDS)) return place;
      place = (place + 1) | 0;
    }
  }
}

function byteOf(words: Int32Array, at: number, index: number): number {
  return upperCase((words[at + (index >> 2)] >>> ((index & 3) * 8)) & 0xff);
}

function hash(words: Int32Array, at: number): number {
  let sum = FNV_BASIS | 0;
  for (let index = 0; index < LOGIN_NAME_BYTES; index++) {
    sum = Math.imul(sum ^ byteOf(words, at, index), FNV_PRIME);
  }
  return sum;
}

function areSame(a: Int32Array, atA: number, b: Int32Array, atB: number): boolean {
  for (let index = 0; index < LOGIN_NAME_BYTES; index++) {
    if (byteOf(a, atA, index) !== byteOf(b, atB, index)) return false;
  }
  return true;
}
