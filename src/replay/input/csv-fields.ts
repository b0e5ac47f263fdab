import { latin1Of } from '#lib/latin1.ts';
import type { LineCursor } from './line-cursor.ts';

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Reads the comma-separated numbers of a LineCursor's line without building strings. Every method reads the next
 * field and throws a ReplayFileError, naming file, line and field, for anything else than what it promises.
 */
export class CsvFields {
  declare private readonly cursor: LineCursor;
  declare private readonly advice: string;
  declare private at: number;
  declare private fields: number;

  /** @param advice what a user does when a field is not what it should be. */
  constructor(cursor: LineCursor, advice: string) {
    this.cursor = cursor;
    this.advice = advice;
    this.at = 0;
    this.fields = 0;
  }

  /** Begins the cursor's line. */
  start(): void {
    this.at = this.cursor.from;
    this.fields = 0;
  }

  /** Whether the line is read to its end. */
  get atEnd(): boolean {
    return this.at > this.cursor.to || (this.fields === 0 && this.cursor.from === this.cursor.to);
  }

  /** An integer of magnitude below 2^53. */
  integer(name: string): number {
    const { bytes, to } = this.cursor;
    const from = this.at;
    const negative = from < to && bytes[from] === MINUS;
    let at = negative ? from + 1 : from;
    const first = at;
    let value = 0;
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === first || (at < to && bytes[at] !== COMMA) || value > Number.MAX_SAFE_INTEGER) {
      throw this.#error(name, from, 'an integer below 2^53');
    }
    this.#next(at);
    return negative && value > 0 ? -value : value;
  }

  /** A non-negative decimal times 10^`decimals`; further digits must be zero, unless `cut`. */
  decimal(name: string, decimals: number, cut: boolean): number {
    const { bytes, to } = this.cursor;
    const from = this.at;
    let value = 0;
    let digits = 0;
    let fraction = -1;
    let excess = false;
    let at = from;
    for (; at < to && bytes[at] !== COMMA; at++) {
      const digit = bytes[at] - ZERO;
      if (bytes[at] === POINT && fraction < 0) {
        fraction = 0;
        continue;
      }
      if (digit < 0 || digit > 9) throw this.#error(name, from, 'a decimal number');
      digits++;
      if (fraction >= decimals) {
        excess ||= digit > 0;
        continue;
      }
      value = value * 10 + digit;
      if (fraction >= 0) fraction++;
    }
    value *= 10 ** (decimals - Math.max(fraction, 0));
    if (digits === 0 || value > Number.MAX_SAFE_INTEGER) throw this.#error(name, from, 'a decimal number');
    if (excess && !cut) throw this.#error(name, from, `a number of at most ${decimals} decimals`);
    this.#next(at);
    return value;
  }

  /** Any text up to the next comma. */
  text(name: string): string {
    const { bytes, to } = this.cursor;
    const from = this.at;
    if (from > to) throw this.#error(name, from, 'a field');
    let at = from;
    while (at < to && bytes[at] !== COMMA) at++;
    this.#next(at);
    return latin1Of(bytes, from, at);
  }

  /** The line must end here. */
  end(columns: string): void {
    if (!this.atEnd) {
      throw this.cursor.error(`more columns than ${columns}`, this.advice);
    }
  }

  #next(at: number): void {
    this.at = at + 1;
    this.fields++;
  }

  #error(name: string, from: number, wanted: string): Error {
    const { bytes, to } = this.cursor;
    if (from > to) return this.cursor.error(`the line ends before ${name}`, this.advice);
    let end = from;
    while (end < to && end < from + 40 && bytes[end] !== COMMA) end++;
    const found = latin1Of(bytes, from, end);
    return this.cursor.error(`${name} ${JSON.stringify(found)} is not ${wanted}`, this.advice);
  }
}
