import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import type { FileLog } from '../file/file-log.ts';
import { RECORD_BYTES_MAX, recordBytes } from '../file/format.ts';
import { type EntryTest, writeEmptyEntry, writeEntryWords } from './entry-words.ts';
import type { MessageClock } from './log-copy.ts';
import { BATCH_BYTES_MAX } from './settings.ts';

/** Puts messages into a node's copy of the stream, several with one write. */
export class CopyWriter {
  declare private readonly copy: FileLog;
  declare private readonly clock: MessageClock;
  declare private readonly isEntry: EntryTest | undefined;
  /** The message that was added last, as the words of an entry. */
  declare private readonly entry: WordBuffer;
  declare private bytes: number;
  /** Checksums of the entries that wait for `write`. */
  declare private crcs: number[];

  /**
   * @param clock the copy's: it gets the time of each message
   * @param isEntry undefined: each message is one
   */
  constructor(copy: FileLog, clock: MessageClock, isEntry: EntryTest | undefined) {
    this.copy = copy;
    this.clock = clock;
    this.isEntry = isEntry;
    this.entry = WordBuffer.allocate(Limits.ENTRY_BYTES_MAX / WORD_BYTES);
    this.bytes = 0;
    this.crcs = [];
  }

  /** Whether another message may not fit before the next `write`. */
  get isFull(): boolean {
    return this.bytes + RECORD_BYTES_MAX > BATCH_BYTES_MAX;
  }

  /** Adds the next message, unless it is no entry: whether it did. */
  add(sequence: number, seconds: number, nanos: number, data: Uint8Array): boolean {
    const count = writeEntryWords(data, this.entry, this.isEntry);
    if (count === 0) return false;
    this.#add(sequence, seconds, nanos, count);
    return true;
  }

  /** Adds the next message, which is no entry, as an empty one. */
  addEmpty(sequence: number, seconds: number, nanos: number): void {
    this.#add(sequence, seconds, nanos, writeEmptyEntry(this.entry));
  }

  #add(sequence: number, seconds: number, nanos: number, count: number): void {
    const { entry, clock, copy } = this;
    assert(
      sequence === copy.lastSequence + this.crcs.length + 1,
      'Invariant: the stream is followed without gap or repeat',
    );
    clock.seconds = seconds;
    clock.nanos = nanos;
    copy.append(entry, 0, count);
    this.crcs.push(crc32cWords(entry.i32, 0, count));
    this.bytes += recordBytes(count * WORD_BYTES);
  }

  /**
   * Writes what was added and hands it to the copy's follower.
   * @returns the checksums of the entries, in order
   * @throws LogUnavailableError when the disk refuses; what the follower throws
   */
  write(): readonly number[] {
    const { crcs } = this;
    this.crcs = [];
    this.bytes = 0;
    this.copy.commit();
    return crcs;
  }
}
