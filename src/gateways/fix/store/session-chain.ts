import type { Batch, SessionNumbers } from './batch.ts';
import { decodeBatch } from './batch.ts';
import { FixStoreError } from './fix-store.ts';
import type { FixStream, StreamRecord } from './fix-stream.ts';

/**
 * Which batches of a session count, by the order of the stream alone, so that all nodes say the same:
 *
 * - a claim counts when its generation is above that of the owner before: from there on its writer is the owner;
 * - another batch counts when it is the owner's, and its number above those of the owner's before.
 *
 * All others are as if they were not there: what one wrote who had lost the session, or had not won it, and what came twice.
 *
 * Each names its predecessor: the last one with numbers of which its writer has seen that it counts. So that one counts for
 * certain, whatever became of who names it: reading on from there leads from the newest batch to where the session stands. And an
 * owner's batch names the one before it exactly, since the owner has read everything up to its claim: so the way back leads along all
 * that count.
 *
 * The stream forgets a session's oldest batches and its oldest claims, each kind apart. Who reads on after a long while may miss
 * batches, which it needs not, as each says where the session stands; it misses no claim unless there were more new ones than are kept.
 */
export class SessionChain {
  declare private readonly stream: FixStream;
  declare private readonly sessionId: string;
  /** Of the owner; 0: the session has none yet. */
  declare generation: number;
  declare writer: string;
  /** Of the owner's last batch that counts. */
  declare number: number;
  /** Of the last batch that counts and is no claim; 0: there is none. */
  declare sequence: number;
  /** As that batch says; undefined: there is none. */
  declare numbers: SessionNumbers | undefined;
  /** Everything up to this sequence was read. */
  declare private readTo: number;

  constructor(stream: FixStream, sessionId: string) {
    this.stream = stream;
    this.sessionId = sessionId;
    this.generation = 0;
    this.writer = '';
    this.number = 0;
    this.sequence = 0;
    this.numbers = undefined;
    this.readTo = 0;
  }

  /** Finds where the session stands. @throws FixStoreError; what the stream rejects with */
  async find(): Promise<void> {
    const last = await this.stream.last(this.sessionId);
    if (last !== undefined) await this.#beginAt(this.#decode(last).previousSequence);
    await this.advance();
  }

  /** Reads on, to the end as it is now. @throws FixStoreError; what the stream rejects with */
  async advance(): Promise<void> {
    for (;;) {
      const record = await this.stream.next(this.sessionId, this.readTo + 1);
      if (record === undefined) return;
      const batch = this.#decode(record);
      this.readTo = record.sequence;
      if (this.#counts(batch)) this.#take(batch, record.sequence);
    }
  }

  /** The batch of a sequence that is known to count; undefined: the stream keeps it no longer. @throws as `advance` */
  async batchAt(sequence: number): Promise<Batch | undefined> {
    const record = await this.stream.next(this.sessionId, sequence);
    // Records are forgotten from the oldest on: one behind it shows that it was, none that the end is not known there.
    if (record === undefined) throw new Error(`record ${sequence} was not to be had`);
    return record.sequence === sequence ? this.#decode(record) : undefined;
  }

  async #beginAt(sequence: number): Promise<void> {
    if (sequence === 0) return;
    const batch = await this.batchAt(sequence);
    // The newest record is of one who knew only what is forgotten: all that is kept is read.
    if (batch === undefined) return;
    this.#take(batch, sequence);
    this.readTo = sequence;
  }

  #counts({ generation, writer, number }: Batch): boolean {
    if (number === 0) return generation > this.generation;
    return generation === this.generation && writer === this.writer && number > this.number;
  }

  #take(batch: Batch, sequence: number): void {
    this.generation = batch.generation;
    this.writer = batch.writer;
    this.number = batch.number;
    if (batch.numbers === undefined) return;
    this.sequence = sequence;
    this.numbers = batch.numbers;
  }

  #decode({ sequence, bytes }: StreamRecord): Batch {
    try {
      return decodeBatch(bytes);
    } catch (cause) {
      const what = `record ${sequence} of FIX session ${this.sessionId} cannot be read: ${(cause as Error).message}`;
      throw new FixStoreError(what, { cause });
    }
  }
}
