import { SOH } from '#codec/fix/tags.ts';
import type { Batch } from './batch.ts';
import { type FixStoreError, type StoredMessage, StoreRead } from './fix-store.ts';
import { STREAM_RECORDS_PER_SESSION } from './fix-stream.ts';
import { RecordCursor } from './record-cursor.ts';
import { retry } from './retry.ts';
import type { SessionChain } from './session-chain.ts';

/** How long a batch is asked for. */
const READ_MS_MAX = 15_000;

/**
 * The messages of a session that lie in a stream. It keeps where the batches are, and the one that was read last: what is asked for
 * is fetched, so that sessions need memory only while they resend.
 */
export class SentMessages {
  declare private readonly chain: SessionChain;
  declare private readonly onReadable: () => void;
  declare private readonly onFailed: (error: FixStoreError) => void;
  /** Of batches with messages, oldest first: number of the first message, and sequence. */
  declare private firsts: number[];
  declare private sequences: number[];
  /** The newest batch that is not in the index and may have older messages; 0: there is none. */
  declare private walkFrom: number;
  /** The batch that was fetched last; undefined: the stream no longer has it. */
  declare private fetched: Batch | undefined;
  declare private fetchedSequence: number;
  declare private isFetching: boolean;

  /** @param sequence the session's last batch that counts and is no claim; 0: none */
  constructor(
    chain: SessionChain,
    sequence: number,
    onReadable: () => void,
    onFailed: (error: FixStoreError) => void,
  ) {
    this.chain = chain;
    this.onReadable = onReadable;
    this.onFailed = onFailed;
    this.firsts = [];
    this.sequences = [];
    this.walkFrom = sequence;
    this.fetched = undefined;
    this.fetchedSequence = 0;
    this.isFetching = false;
  }

  /** The session has a new batch with messages. */
  add(firstOutgoing: number, sequence: number): void {
    this.firsts.push(firstOutgoing);
    this.sequences.push(sequence);
    if (this.firsts.length <= STREAM_RECORDS_PER_SESSION) return;
    this.firsts.shift();
    this.sequences.shift();
    this.walkFrom = 0;
  }

  /** The numbers begin anew: what was sent before can no longer be asked for. */
  clear(): void {
    this.firsts = [];
    this.sequences = [];
    this.walkFrom = 0;
  }

  /** As `FixStore.read`. */
  read(number: number, into: StoredMessage): StoreRead {
    if (this.isFetching) return StoreRead.Later;
    const { firsts } = this;
    if (firsts.length === 0 || firsts[0] > number) {
      if (this.walkFrom === 0) return StoreRead.None;
      this.#fetch(() => this.#walkTo(number));
      return StoreRead.Later;
    }
    const sequence = this.sequences[indexOf(firsts, number)];
    if (sequence !== this.fetchedSequence) {
      this.#fetch(async () => {
        this.fetched = await this.#batchAt(sequence);
        this.fetchedSequence = sequence;
      });
      return StoreRead.Later;
    }
    return this.fetched !== undefined && find(this.fetched, number, into) ? StoreRead.Found : StoreRead.None;
  }

  #fetch(action: () => Promise<void>): void {
    this.isFetching = true;
    action().then(
      () => {
        this.isFetching = false;
        this.onReadable();
      },
      (error) => this.onFailed(error),
    );
  }

  /** Takes older batches into the index, up to the one with the message. */
  async #walkTo(number: number): Promise<void> {
    while (this.walkFrom !== 0 && (this.firsts.length === 0 || this.firsts[0] > number)) {
      const sequence = this.walkFrom;
      const batch = await this.#batchAt(sequence);
      // Numbers that began anew meanwhile have no older messages.
      if (this.walkFrom === 0) return;
      this.walkFrom = batch?.previousSequence ?? 0;
      if (batch?.numbers === undefined) continue;
      const { firstOutgoing, nextOutgoing } = batch.numbers;
      if (firstOutgoing <= 1) this.walkFrom = 0;
      if (firstOutgoing === nextOutgoing) continue;
      this.firsts.unshift(firstOutgoing);
      this.sequences.unshift(sequence);
    }
  }

  async #batchAt(sequence: number): Promise<Batch | undefined> {
    const { batch } = await retry('read what was sent on a FIX session', READ_MS_MAX, async () => ({
      batch: await this.chain.batchAt(sequence),
    }));
    return batch;
  }
}

/** Index of the last of the ascending numbers that is not above `number`. */
function indexOf(ascending: readonly number[], number: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle] <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}

function find({ memory, messagesFrom }: Batch, number: number, into: StoredMessage): boolean {
  const cursor = new RecordCursor(memory, messagesFrom, memory.u8.length);
  while (cursor.next()) {
    const { record } = cursor;
    if (record.number !== number) continue;
    into.bytes = memory.u8;
    into.typeFrom = record.payloadFrom;
    into.typeTo = memory.u8.indexOf(SOH, into.typeFrom);
    into.from = into.typeTo + 1;
    into.to = record.payloadTo;
    into.sendingTimeMs = record.time;
    return true;
  }
  return false;
}
