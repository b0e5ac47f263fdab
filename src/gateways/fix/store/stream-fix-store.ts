import { randomUUID } from 'node:crypto';
import { assert } from '#lib/assert.ts';
import { Appender } from './appender.ts';
import { batchHeadBytes, encodeBatch, type SessionNumbers } from './batch.ts';
import {
  type FixStore,
  FixStoreError,
  type FixStoreListener,
  type StoredMessage,
  StoreRead,
} from './fix-store.ts';
import { type FixStream, STREAM_RECORD_BYTES_MAX } from './fix-stream.ts';
import { RECORD_HEADER_BYTES, RecordKind, RecordMemory, recordBytes, sealRecord } from './records.ts';
import { retry } from './retry.ts';
import { SentMessages } from './sent-messages.ts';
import { SessionChain } from './session-chain.ts';

/** How long opening may take: a stream's election takes up to nine seconds. Not above the acceptor's `logonTimeoutMs`. */
const OPEN_MS_MAX = 9_500;
/** How long what was written may wait to be stored; then the session ends. */
const STORE_MS_MAX = 15_000;
/** Streams of reports of one session: those that moved last are remembered. */
const STREAMS_MAX = 1_024;
/** Bytes of message records in one batch: a batch is not longer than a record of the stream may be. */
const MESSAGES_BYTES_MAX = STREAM_RECORD_BYTES_MAX - batchHeadBytes(STREAMS_MAX);
/** Incoming numbers that are not stored by themselves: they go with the next message of ours. */
const INCOMING_AHEAD_MAX = 256;

interface SealedBatch {
  readonly number: number;
  /** Resets before it. */
  readonly resets: number;
  readonly numbers: SessionNumbers;
  readonly messages: Uint8Array;
}

/**
 * A FIX store in a replicated stream, for sessions that go on at another node. SessionChain says what of the stream counts.
 *
 * What a flush brings is one batch. One batch at a time is on its way: it is appended until this store reads from the stream
 * that it counts, whatever the answer to the append was; meanwhile the next one collects. A batch that counts is stored and was written
 * by the owner: so what left is known to whoever owns the session next, and what could not be stored before the session was taken never
 * leaves. Nothing is relied upon but that what is read from the stream stays there.
 */
export class StreamFixStore implements FixStore {
  declare createdMs: number;
  declare nextIncoming: number;
  declare nextOutgoing: number;
  declare stored: number;
  declare private readonly stream: FixStream;
  declare private readonly sessionId: string;
  declare private readonly chain: SessionChain;
  declare private readonly generation: number;
  declare private readonly sent: SentMessages;
  declare private listener: FixStoreListener | undefined;
  declare private readonly reports: Map<number, number>;
  declare private oldestHeld: number;
  /** The batch that collects: its number, its messages, and our first number in it. */
  declare private openNumber: number;
  declare private readonly pending: RecordMemory;
  declare private pendingTo: number;
  declare private firstOutgoing: number;
  /** Something of it is to be stored without waiting for the next message. */
  declare private changed: boolean;
  /** `oldestHeld` of the last batch. */
  declare private incomingSealed: number;
  /** Batches up to this number are to be stored. */
  declare private wanted: number;
  /** Batches that are full and wait for those before them. */
  declare private readonly sealed: SealedBatch[];
  /** Our numbers below are stored. */
  declare private outgoingStored: number;
  declare private resets: number;
  declare private readWaits: boolean;
  declare private storing: Promise<void> | undefined;
  declare private failure: FixStoreError | undefined;
  declare private readonly onOver: () => void;

  /** @param chain of which this store is the owner */
  private constructor(
    stream: FixStream,
    sessionId: string,
    chain: SessionChain,
    nowMs: number,
    onOver: () => void,
  ) {
    const { numbers } = chain;
    this.createdMs = numbers?.createdMs ?? nowMs;
    this.nextIncoming = numbers?.nextIncoming ?? 1;
    this.nextOutgoing = numbers?.nextOutgoing ?? 1;
    this.stored = 0;
    this.stream = stream;
    this.sessionId = sessionId;
    this.chain = chain;
    this.generation = chain.generation;
    this.sent = new SentMessages(
      chain,
      chain.sequence,
      () => this.listener?.onReadable(),
      (error) => this.#fail(error),
    );
    this.listener = undefined;
    this.reports = new Map(numbers?.reports);
    this.oldestHeld = this.nextIncoming;
    this.openNumber = 1;
    this.pending = new RecordMemory(MESSAGES_BYTES_MAX);
    this.pendingTo = 0;
    this.firstOutgoing = this.nextOutgoing;
    this.changed = numbers === undefined;
    this.incomingSealed = this.nextIncoming;
    this.wanted = 0;
    this.sealed = [];
    this.outgoingStored = this.nextOutgoing;
    this.resets = 0;
    this.readWaits = false;
    this.storing = undefined;
    this.failure = undefined;
    this.onOver = onOver;
  }

  /**
   * Claims the session: whoever had it can store nothing more.
   * @param nowMs `createdMs` of a new session
   * @param onOver called when the store is closed, or has failed
   * @throws FixStoreError
   */
  static async open(
    stream: FixStream,
    sessionId: string,
    nowMs: number,
    onOver: () => void,
  ): Promise<StreamFixStore> {
    const writer = randomUUID();
    const chain = await retry(`open FIX session ${sessionId}`, OPEN_MS_MAX, async () => {
      const found = new SessionChain(stream, sessionId);
      await found.find();
      while (!(await claim(stream, sessionId, found, writer)));
      return found;
    });
    return new StreamFixStore(stream, sessionId, chain, nowMs, onOver);
  }

  listen(listener: FixStoreListener): void {
    this.listener = listener;
  }

  lastReport(stream: number): number {
    return this.reports.get(stream) ?? -1;
  }

  noteReport(stream: number, reportNumber: number): void {
    const last = this.lastReport(stream);
    if (reportNumber <= last) return;
    // That a stream has begun is remembered: it would begin later another time.
    if (last === -1) this.changed = true;
    this.#report(stream, reportNumber);
  }

  setNextIncoming(number: number, oldestHeld: number): void {
    this.nextIncoming = number;
    this.oldestHeld = oldestHeld;
    if (oldestHeld - this.incomingSealed >= INCOMING_AHEAD_MAX) this.changed = true;
  }

  skipOutgoing(): void {
    this.nextOutgoing++;
    this.changed = true;
  }

  append(
    sendingTimeMs: number,
    stream: number,
    reportNumber: number,
    bytes: Uint8Array,
    typeFrom: number,
    typeTo: number,
    from: number,
    to: number,
  ): void {
    const payloadBytes = typeTo - typeFrom + to - from;
    assert(
      recordBytes(payloadBytes) <= MESSAGES_BYTES_MAX,
      'Condition: no message is longer than the longest',
    );
    if (this.pendingTo + recordBytes(payloadBytes) > MESSAGES_BYTES_MAX) this.sealed.push(this.#seal());
    const { pending, pendingTo: at } = this;
    const { u8 } = pending;
    let next = at + RECORD_HEADER_BYTES;
    for (let byte = typeFrom; byte < typeTo; byte++) u8[next++] = bytes[byte];
    for (let byte = from; byte < to; byte++) u8[next++] = bytes[byte];
    const { Message } = RecordKind;
    const number = this.nextOutgoing++;
    this.pendingTo = sealRecord(
      pending,
      at,
      Message,
      number,
      reportNumber,
      sendingTimeMs,
      stream,
      payloadBytes,
    );
    if (stream !== 0 && reportNumber > this.lastReport(stream)) this.#report(stream, reportNumber);
    this.changed = true;
  }

  read(number: number, into: StoredMessage): StoreRead {
    if (number >= this.nextOutgoing) return StoreRead.None;
    if (number < this.outgoingStored) return this.sent.read(number, into);
    this.flush();
    this.readWaits = true;
    return StoreRead.Later;
  }

  flush(): number {
    if (this.failure !== undefined) throw this.failure;
    if (this.changed) this.wanted = this.openNumber;
    this.#store();
    return this.wanted;
  }

  reset(nowMs: number): void {
    // What is on its way may go on: the next batch begins anew.
    this.resets++;
    this.createdMs = nowMs;
    this.nextIncoming = 1;
    this.oldestHeld = 1;
    this.nextOutgoing = 1;
    this.firstOutgoing = 1;
    this.outgoingStored = 1;
    this.pendingTo = 0;
    this.changed = true;
    this.sealed.length = 0;
    this.sent.clear();
  }

  async close(): Promise<void> {
    if (this.oldestHeld !== this.incomingSealed) this.changed = true;
    this.flush();
    while (this.storing !== undefined) await this.storing;
    if (this.failure !== undefined) throw this.failure;
    this.onOver();
  }

  /** Somebody may have claimed the session: finds out, and ends if so. */
  look(): void {
    // What is being stored finds out by itself.
    this.storing ??= this.#look().finally(() => {
      this.storing = undefined;
      this.#store();
    });
  }

  async #look(): Promise<void> {
    try {
      await this.chain.advance();
      this.#checkOwner();
    } catch (error) {
      if (error instanceof FixStoreError) this.#fail(error);
    }
  }

  /** @throws FixStoreError when the session has another owner */
  #checkOwner(): void {
    if (this.chain.generation === this.generation) return;
    const what = `FIX session ${this.sessionId} logged on elsewhere: it ends here`;
    throw new FixStoreError(what, {}, 'FIX_SESSION_TAKEN');
  }

  #report(stream: number, reportNumber: number): void {
    const { reports } = this;
    reports.delete(stream);
    reports.set(stream, reportNumber);
    if (reports.size > STREAMS_MAX) for (const [oldest] of reports.entries().take(1)) reports.delete(oldest);
  }

  /** Ends the batch that collects, and begins the next one. */
  #seal(): SealedBatch {
    const { createdMs, oldestHeld, nextOutgoing, firstOutgoing, pendingTo, resets } = this;
    const numbers = {
      createdMs,
      nextIncoming: oldestHeld,
      nextOutgoing,
      firstOutgoing,
      reports: new Map(this.reports),
    };
    this.firstOutgoing = nextOutgoing;
    this.incomingSealed = oldestHeld;
    this.pendingTo = 0;
    this.changed = false;
    const number = this.openNumber++;
    this.wanted = Math.max(this.wanted, number);
    return { number, resets, numbers, messages: this.pending.u8.slice(0, pendingTo) };
  }

  #store(): void {
    if (this.failure !== undefined || (this.sealed.length === 0 && this.wanted < this.openNumber)) return;
    this.storing ??= this.#storeAll();
  }

  async #storeAll(): Promise<void> {
    try {
      for (;;) {
        const batch = this.sealed.shift() ?? (this.wanted >= this.openNumber ? this.#seal() : undefined);
        if (batch === undefined) break;
        await this.#storeOne(batch);
        this.stored = batch.number;
        this.listener?.onStored();
        if (!this.readWaits) continue;
        this.readWaits = false;
        this.listener?.onReadable();
      }
    } catch (error) {
      if (!(error instanceof FixStoreError)) throw error;
      this.#fail(error);
    }
    this.storing = undefined;
  }

  async #storeOne({ number, resets, numbers, messages }: SealedBatch): Promise<void> {
    const { stream, sessionId, chain, generation } = this;
    const { sequence: previousSequence, writer } = chain;
    const bytes = encodeBatch(
      { generation, writer, number, previousSequence, numbers },
      messages,
      messages.length,
    );
    const appender = new Appender(stream, sessionId, 'batch', bytes);
    await retry(`store FIX session ${sessionId}`, STORE_MS_MAX, async (count) => {
      await appender.append(count);
      await chain.advance();
      this.#checkOwner();
      return chain.number >= number ? true : appender.refuse();
    });
    // After a reset the numbers on their way are of before it.
    if (resets !== this.resets) return;
    this.outgoingStored = numbers.nextOutgoing;
    if (messages.length > 0) this.sent.add(numbers.firstOutgoing, chain.sequence);
  }

  #fail(error: FixStoreError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.onOver();
    this.listener?.onFailed(error);
  }
}

/** Claims a session. @returns whether the claim counts; false: another one was faster */
async function claim(
  stream: FixStream,
  sessionId: string,
  chain: SessionChain,
  writer: string,
): Promise<boolean> {
  const generation = chain.generation + 1;
  const previousSequence = chain.sequence;
  const bytes = encodeBatch({ generation, writer, number: 0, previousSequence, numbers: undefined }, NONE, 0);
  const appender = new Appender(stream, sessionId, 'claim', bytes);
  await retry(`claim FIX session ${sessionId}`, OPEN_MS_MAX, async (count) => {
    await appender.append(count);
    await chain.advance();
    return chain.generation >= generation ? true : appender.refuse();
  });
  return chain.writer === writer;
}

const NONE = new Uint8Array(0);
