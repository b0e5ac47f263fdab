import { createHash, type Hash } from 'node:crypto';
import type { LogReader } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';

/** Entries from one link of the chain to the next: what a start reads again at the most. */
export const LINK_ENTRIES = 65_536;

const PENDING_WORDS = 16_384;
/** Before an entry's payload: its bytes, its sequence and its time, as in the log's files. */
const HEADER_WORDS = 5;

/** Where the chain can be taken up: its head after entry `sequence`. */
export interface ChainLink {
  readonly sequence: number;
  /** 32 bytes */
  readonly head: Uint8Array;
}

/**
 * The hash chain over a log's entries (docs/checkpoints.md): its head after entry n is a SHA-256 of all entries up to n, so nobody can change one
 * and find others that have the same head. Heads depend on the entries alone: every node has the same.
 */
export class LogChain implements LogReader {
  declare private _sequence: number;
  declare private _link: ChainLink;
  declare private hash: Hash;
  /** What is not hashed yet: many entries make one call. */
  declare private readonly pending: WordBuffer;
  declare private readonly pendingView: DataView;
  declare private pendingWords: number;

  /** Goes on behind a link. */
  constructor(link: ChainLink) {
    this._sequence = link.sequence;
    this._link = link;
    this.hash = createHash('sha256').update(link.head);
    this.pending = WordBuffer.allocate(PENDING_WORDS);
    this.pendingView = new DataView(this.pending.u8.buffer);
    this.pendingWords = 0;
  }

  /** The chain of a log whose first entry is, or will be, `firstSequence`. @param logId its UUID */
  static begin(logId: string, firstSequence: number): LogChain {
    const name = `hive-mind log chain 1\n${logId}\n${firstSequence}\n`;
    return new LogChain({ sequence: firstSequence - 1, head: createHash('sha256').update(name).digest() });
  }

  /** The last entry that is in it. */
  get sequence(): number {
    return this._sequence;
  }

  /** The last place where it can be taken up. */
  get link(): ChainLink {
    return this._link;
  }

  /** 32 bytes. */
  head(): Uint8Array {
    if (this._sequence === this._link.sequence) return this._link.head;
    this.#hashPending();
    return this.hash.copy().digest();
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    assert(sequence === this._sequence + 1, 'Condition: the chain takes entries in order, each once');
    const payloadWords = to - from;
    if (this.pendingWords + HEADER_WORDS + payloadWords > PENDING_WORDS) this.#hashPending();
    this.#addHeader(sequence, timeSeconds, timeNanos, payloadWords * WORD_BYTES);
    if (payloadWords > PENDING_WORDS - HEADER_WORDS) {
      this.#hashPending();
      this.hash.update(words.u8.subarray(from * WORD_BYTES, to * WORD_BYTES));
    } else {
      const { i32 } = this.pending;
      for (let word = from, at = this.pendingWords; word < to; word++, at++) i32[at] = words.i32[word];
      this.pendingWords += payloadWords;
    }
    this._sequence = sequence;
    if (sequence % LINK_ENTRIES === 0) this.#makeLink();
  }

  #addHeader(sequence: number, timeSeconds: number, timeNanos: number, payloadBytes: number): void {
    const at = this.pendingWords * WORD_BYTES;
    const view = this.pendingView;
    view.setUint32(at, payloadBytes, true);
    view.setFloat64(at + 4, sequence, true);
    view.setUint32(at + 12, timeSeconds, true);
    view.setUint32(at + 16, timeNanos, true);
    this.pendingWords += HEADER_WORDS;
  }

  #hashPending(): void {
    this.hash.update(this.pending.u8.subarray(0, this.pendingWords * WORD_BYTES));
    this.pendingWords = 0;
  }

  #makeLink(): void {
    this.#hashPending();
    const head = this.hash.digest();
    this._link = { sequence: this._sequence, head };
    this.hash = createHash('sha256').update(head);
  }
}
