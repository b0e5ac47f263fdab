import { latin1Of } from '#lib/latin1.ts';
import { ReplayFileError } from '../replay-error.ts';
import { ReplayLimits } from '../replay-limits.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** U+FEFF in UTF-8: editors and spreadsheets put it before a text. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Walks the lines of a text that arrives in chunks. The line is `bytes[from]` up to `to`, without its end of line,
 * and is valid until the next move. A byte order mark before the first line and blank lines after the last one are
 * no part of it.
 *
 * Loop: `while (cursor.next() || (await cursor.advance())) …`: `next` is synchronous while a whole line is at hand.
 */
export class LineCursor {
  declare readonly file: string;
  declare bytes: Uint8Array;
  declare from: number;
  declare to: number;
  /** Number of the line, from 1. */
  declare line: number;
  declare private readonly chunks: AsyncIterator<Uint8Array>;
  /** Where the next line begins in `bytes`. */
  declare private at: number;
  /** Offset of `bytes[0]` in the text. */
  declare private base: number;
  declare private ended: boolean;

  constructor(file: string, chunks: AsyncIterable<Uint8Array>) {
    this.file = file;
    this.bytes = new Uint8Array(0);
    this.from = 0;
    this.to = 0;
    this.line = 0;
    this.chunks = chunks[Symbol.asyncIterator]();
    this.at = 0;
    this.base = 0;
    this.ended = false;
  }

  /** Offset of the line in the text. */
  get offset(): number {
    return this.base + this.from;
  }

  /** Moves to the next line if it is at hand whole. */
  next(): boolean {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    if (end < 0) return false;
    // Whether a blank line is the end of the text is known with what follows it.
    if (!this.#hasText(this.at, end) && !this.#hasText(end, this.bytes.length)) return false;
    this.#take(end, end + 1);
    return true;
  }

  /** Reads on to the next line; false when there is none. @throws ReplayFileError for a line beyond the limit */
  async advance(): Promise<boolean> {
    while (!this.ended) {
      const { done, value } = await this.chunks.next();
      if (done === true) {
        this.ended = true;
        break;
      }
      this.#append(value);
      if (this.next()) return true;
      if (this.bytes.length - this.at > ReplayLimits.LINE_BYTES_MAX) {
        throw new ReplayFileError(
          this.file,
          { line: this.line + 1, offset: this.base + this.at },
          `a line of more than ${ReplayLimits.LINE_BYTES_MAX} bytes`,
          'This is not a recorded market in text form; check the --format option',
        );
      }
    }
    if (!this.#hasText(this.at, this.bytes.length)) return false;
    this.#take(this.bytes.length, this.bytes.length);
    return true;
  }

  /** Stops reading and frees what is open. */
  async close(): Promise<void> {
    this.ended = true;
    await this.chunks.return?.();
  }

  /** An error at the current line. */
  error(problem: string, advice: string): ReplayFileError {
    return new ReplayFileError(this.file, { line: this.line, offset: this.offset }, problem, advice);
  }

  /** The line as text. */
  text(): string {
    return latin1Of(this.bytes, this.from, this.to);
  }

  #hasText(from: number, to: number): boolean {
    for (let at = from; at < to; at++) {
      if (this.bytes[at] !== NEWLINE && this.bytes[at] !== RETURN) return true;
    }
    return false;
  }

  #append(chunk: Uint8Array): void {
    const rest = this.bytes.length - this.at;
    const joined = new Uint8Array(rest + chunk.length);
    joined.set(this.bytes.subarray(this.at));
    joined.set(chunk, rest);
    this.base += this.at;
    this.at = 0;
    this.bytes = joined;
  }

  #take(end: number, next: number): void {
    const marked = this.line === 0 && BYTE_ORDER_MARK.every((byte, at) => this.bytes[this.at + at] === byte);
    this.from = marked ? this.at + BYTE_ORDER_MARK.length : this.at;
    this.to = end > this.from && this.bytes[end - 1] === RETURN ? end - 1 : end;
    this.at = next;
    this.line++;
  }
}
