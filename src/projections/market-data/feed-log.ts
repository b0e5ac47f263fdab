import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { encodeItch } from '#codec/itch/itch-encoder.ts';
import { ITCH_MESSAGE_BYTES_MAX, type ItchMessage } from '#codec/itch/itch-messages.ts';
import { assert } from '#lib/assert.ts';

/** Bytes of the newest messages that are held in memory, and of the largest single write. */
const TAIL_BYTES = 256 * 1024;
/** One index entry per this many messages. */
const INDEX_EVERY = 1_024;
const FRAME_HEADER_BYTES = 2;

/** The feed cannot have what a session must begin with: it ends; the venue goes on. */
export class FeedImageError extends Error {
  override readonly name = 'FeedImageError';
  readonly code = 'NO_IMAGE';

  constructor(problem: string) {
    super(`market data: what stands is not to be had: ${problem}`);
  }
}

/** The feed's own file cannot be written: the feed ends; the venue goes on. */
export class FeedLogError extends Error {
  override readonly name = 'FeedLogError';
  declare readonly code: 'DISK_FULL' | 'IO_ERROR';
  declare readonly file: string;

  constructor(file: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? 'DISK_FULL' : 'IO_ERROR';
    super(
      code === 'DISK_FULL'
        ? `market data: no space left for ${file}; free some and restart the feed`
        : `market data: cannot write ${file}: ${(cause as Error).message}`,
      { cause },
    );
    this.code = code;
    this.file = file;
  }
}

/**
 * The messages of one session, numbered from 1: an append-only file of frames (two-byte length, message: the form
 * of recorded ITCH files), the newest bytes of it also in memory, and an index of every 1,024th message's offset.
 * Memory stays bounded however long the session; any reader at any place costs it nothing.
 *
 * The file is not durable state: it is removed when the session is over.
 */
export class FeedLog {
  /** Session id as clients name it: up to ten characters. */
  declare readonly session: string;
  /** Whether it is a snapshot, of use only from its first message on. */
  declare readonly isSnapshot: boolean;
  declare readonly path: string;
  /** Number of the newest message; 0 before the first. Messages become readable with `flush`. */
  declare lastSequence: number;
  /** No message will follow: a reader that has them all is done. */
  declare ended: boolean;
  declare private descriptor: number;
  declare private readers: number;
  declare private discarded: boolean;
  /** Offset of the next byte to be appended, buffered ones included. */
  declare private endOffset: number;
  /** Offset of the first byte that is in `tail`. */
  declare private tailOffset: number;
  /** Offset up to which the file is written and readers may read. */
  declare private flushedOffset: number;
  declare private flushedSequence: number;
  declare private readonly tail: Uint8Array;
  declare private index: Float64Array;
  declare private indexEntries: number;

  /** @throws FeedLogError when the file cannot be made. */
  constructor(session: string, path: string, isSnapshot = false) {
    this.session = session;
    this.isSnapshot = isSnapshot;
    this.path = path;
    this.lastSequence = 0;
    this.ended = false;
    this.readers = 0;
    this.discarded = false;
    this.endOffset = 0;
    this.tailOffset = 0;
    this.flushedOffset = 0;
    this.flushedSequence = 0;
    this.tail = new Uint8Array(TAIL_BYTES);
    this.index = new Float64Array(256);
    this.indexEntries = 0;
    try {
      this.descriptor = openSync(path, 'w+', 0o640);
    } catch (cause) {
      throw new FeedLogError(path, cause);
    }
  }

  /** Number of the newest message that readers can have. */
  get readableSequence(): number {
    return this.flushedSequence;
  }

  /** Bytes of the file after the next `flush`. */
  get bytes(): number {
    return this.endOffset;
  }

  /** Adds a message as number `lastSequence + 1`. @throws FeedLogError */
  append(message: ItchMessage): void {
    assert(!this.ended, 'Condition: a session that ended takes no message');
    let at = this.endOffset - this.tailOffset;
    if (at + FRAME_HEADER_BYTES + ITCH_MESSAGE_BYTES_MAX > TAIL_BYTES) {
      this.flush();
      this.tailOffset = this.endOffset;
      at = 0;
    }
    if (this.lastSequence % INDEX_EVERY === 0) this.#addIndex();
    const length = encodeItch(message, this.tail, at + FRAME_HEADER_BYTES);
    this.tail[at] = 0;
    this.tail[at + 1] = length;
    this.endOffset += FRAME_HEADER_BYTES + length;
    this.lastSequence++;
  }

  /** Writes what was appended and makes it readable. @throws FeedLogError; the session then ends with what was written before. */
  flush(): void {
    let offset = this.flushedOffset;
    try {
      while (offset < this.endOffset) {
        const at = offset - this.tailOffset;
        offset += writeSync(this.descriptor, this.tail, at, this.endOffset - offset, offset);
      }
    } catch (cause) {
      this.ended = true;
      throw new FeedLogError(this.path, cause);
    }
    this.flushedOffset = this.endOffset;
    this.flushedSequence = this.lastSequence;
  }

  /** Ends the session: writes the end-of-session frame of recorded files behind the messages. @throws FeedLogError */
  end(): void {
    this.flush();
    this.ended = true;
    try {
      writeSync(this.descriptor, new Uint8Array(FRAME_HEADER_BYTES), 0, FRAME_HEADER_BYTES, this.endOffset);
    } catch (cause) {
      throw new FeedLogError(this.path, cause);
    }
  }

  /**
   * Where the frame of message `sequence` begins.
   * @param sequence 1 to `readableSequence + 1`
   */
  offsetOf(sequence: number): number {
    assert(
      sequence >= 1 && sequence <= this.flushedSequence + 1,
      'Condition: a sequence number of the session',
    );
    if (sequence === this.flushedSequence + 1) return this.flushedOffset;
    const entry = Math.floor((sequence - 1) / INDEX_EVERY);
    const offset = this.index[entry];
    const chunk = new Uint8Array(INDEX_EVERY * (FRAME_HEADER_BYTES + ITCH_MESSAGE_BYTES_MAX));
    this.readAt(offset, chunk);
    let at = 0;
    for (let number = entry * INDEX_EVERY + 1; number < sequence; number++) {
      at += FRAME_HEADER_BYTES + chunk[at + 1];
    }
    return offset + at;
  }

  /**
   * Copies frames from `offset` into `target`, as many bytes as there are and fit (the last frame may be cut), and
   * returns how many.
   * @throws FeedLogError when the file cannot be read.
   */
  readAt(offset: number, target: Uint8Array): number {
    const bytes = Math.min(target.length, this.flushedOffset - offset);
    if (bytes <= 0) return 0;
    if (offset >= this.tailOffset) {
      const at = offset - this.tailOffset;
      target.set(this.tail.subarray(at, at + bytes));
      return bytes;
    }
    try {
      return readSync(this.descriptor, target, 0, bytes, offset);
    } catch (cause) {
      throw new FeedLogError(this.path, cause);
    }
  }

  /** A reader holds the file open until it releases it. */
  retain(): void {
    assert(!this.discarded, 'Condition: a discarded session takes no reader');
    this.readers++;
  }

  release(): void {
    assert(this.readers > 0, 'Condition: release follows retain');
    this.readers--;
    this.#closeWhenUnused();
  }

  /** Removes the file; readers that hold it can still read to its end. No other may begin. */
  discard(): void {
    this.ended = true;
    this.discarded = true;
    rmSync(this.path, { force: true });
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (!this.discarded || this.readers > 0 || this.descriptor < 0) return;
    closeSync(this.descriptor);
    this.descriptor = -1;
  }

  #addIndex(): void {
    if (this.indexEntries === this.index.length) {
      const index = new Float64Array(this.index.length * 2);
      index.set(this.index);
      this.index = index;
    }
    this.index[this.indexEntries++] = this.endOffset;
  }
}
