import type { JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type NatsConnection } from '@nats-io/transport-node';
import { Limits } from '#domain/limits.ts';
import { type Log, type LogFollower, type LogReader, LogUnavailableError } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import type { FileLog } from '../file/file-log.ts';
import type { LogScan } from '../file/scan.ts';
import { CopyWriter } from './copy-writer.ts';
import { DeliveryWaiters } from './delivery-waiters.ts';
import { EntryPublisher } from './entry-publisher.ts';
import type { EntryTest } from './entry-words.ts';
import { compareWithStream, type LogCopyOptions, MessageClock, openLogCopy } from './log-copy.ts';
import {
  connectionClosed,
  entryDamaged,
  entryMissing,
  failureOf,
  isForLog,
  refused,
  streamFull,
  streamTruncated,
} from './log-failures.ts';
import { managerOf, openLogStream, whenReady } from './log-stream.ts';
import { NatsLink } from './nats-link.ts';
import { retryWait } from './retry-wait.ts';
import {
  DELIVERY_MS_MAX,
  FATE_MS_MAX,
  HOLES_MAX,
  LEADER_TICKS,
  LOST_MS_MAX,
  STREAM_BEHIND_MS,
  WATCH_MS,
} from './settings.ts';
import { entrySubject, type LogStreamOptions, type StreamLog, type StreamState } from './stream-config.ts';
import { StreamError } from './stream-error.ts';
import { StreamFollower } from './stream-follower.ts';
import { StreamLeader } from './stream-leader.ts';

export interface JetStreamLogOptions extends LogCopyOptions {
  /** Stays the caller's: close it after the log. */
  readonly connection: NatsConnection;
  readonly stream: LogStreamOptions;
  /** Which messages are entries; undefined: each is. One that is not is an empty entry of NO_NODE in the copies. */
  readonly isEntry?: EntryTest;
  /** Told of each message that is no entry, and how long it is. */
  readonly onForeign?: (sequence: number, bytes: number) => void;
}

/** How a log on JetStream is, for people and metrics. */
export interface JetStreamLogStatus {
  readonly isConnected: boolean;
  /** The server that it is connected to, or was last. */
  readonly server: string;
  /** The server that leads the stream, as of the last answer. */
  readonly leader: string;
  readonly isInDoubt: boolean;
  /** How often entries were in doubt, and why they came to be the last time. */
  readonly doubts: number;
  readonly lastDoubt: string;
  /** Entries that were published and have no known fate yet. */
  readonly unsettled: number;
  /** Entries that the stream is known to have beyond the last one that was delivered. */
  readonly lagEntries: number;
  /** Messages since the start that were no entries. */
  readonly foreign: number;
}

interface Appended {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/**
 * The log of a cluster: a JetStream stream, and this node's copy of it in segment files (docs/adr/0017-cluster.md).
 *
 * Publishes what is appended; writes what the stream delivers, of any node, to the copy and hands it to the follower. What becomes of an entry
 * is known when it is delivered. Where that is unknown (an error, silence, a lost connection) the log takes part in nothing until the stream has a
 * leader, all that it holds is delivered, and `LogFollower.onDoubt` has said so; what is appended meanwhile is dropped, as the follower
 * appends it again.
 */
export class JetStreamLog implements Log {
  declare readonly isEmbedded: false;
  declare private readonly stream: string;
  /** Of the copy. */
  declare private readonly directory: string;
  declare private readonly follower: LogFollower;
  declare private readonly copy: FileLog;
  declare private readonly writer: CopyWriter;
  declare private readonly link: NatsLink;
  declare private readonly publisher: EntryPublisher;
  declare private readonly streamFollower: StreamFollower;
  declare private appended: Appended[];
  declare private readonly waiters: DeliveryWaiters;
  declare private readonly leader: StreamLeader;
  declare private doubts: number;
  declare private lastDoubt: string;
  declare private isInDoubt: boolean;
  /** The stream takes nothing more: the log is about to end. */
  declare private isFull: boolean;
  /** Attempts to get out of doubt since something was settled. */
  declare private fruitless: number;
  /** How often the next entry was left out though the leader has it. */
  declare private holes: number;
  declare private readonly isEntry: EntryTest | undefined;
  declare private readonly onForeign: JetStreamLogOptions['onForeign'];
  /** The message that is no entry as the leader has it, too; 0: none. */
  declare private foreignSequence: number;
  declare private foreign: number;
  declare private isDelivering: boolean;
  /** The newest entries that were delivered and acknowledged at the last look. */
  declare private watched: { readonly delivered: number; readonly acknowledged: number };
  declare private failure: LogUnavailableError | undefined;
  declare private readonly timer: NodeJS.Timeout;

  private constructor(
    options: JetStreamLogOptions,
    manager: JetStreamManager,
    copy: FileLog,
    clock: MessageClock,
    held: StreamLog,
    state: StreamState,
  ) {
    const { connection, follower } = options;
    const { name } = options.stream;
    this.isEmbedded = false;
    this.stream = name;
    this.directory = options.directory;
    this.follower = follower;
    this.copy = copy;
    this.isEntry = options.isEntry;
    this.onForeign = options.onForeign;
    this.foreignSequence = 0;
    this.foreign = 0;
    this.writer = new CopyWriter(copy, clock, options.isEntry);
    this.appended = [];
    this.waiters = new DeliveryWaiters(copy.lastSequence);
    this.doubts = 0;
    this.lastDoubt = '';
    this.isInDoubt = false;
    this.isFull = false;
    this.fruitless = 0;
    this.holes = 0;
    this.isDelivering = false;
    this.watched = { delivered: copy.lastSequence, acknowledged: 0 };
    this.failure = undefined;
    this.link = new NatsLink(connection, {
      onDisconnected: () => this.#doubt('the connection was lost'),
      onConnected: () => this.streamFollower.renew(),
      onRefused: (error) => {
        if (isForLog(error, name)) this.#fail(refused(error));
      },
      onClosed: () => this.#fail(connectionClosed()),
    });
    this.leader = new StreamLeader({
      link: this.link,
      manager,
      stream: name,
      log: held,
      state,
      isOver: () => this.failure !== undefined,
      onReplaced: (error) => this.#fail(failureOf(error)),
    });
    this.publisher = new EntryPublisher(
      {
        link: this.link,
        stream: name,
        subject: entrySubject(name),
        onDoubt: (reason) => this.#doubt(reason),
        onFull: (description) => void this.#onFull(description),
      },
      createInbox(),
      copy.lastSequence,
    );
    this.streamFollower = new StreamFollower({
      link: this.link,
      manager,
      stream: name,
      fromSequence: copy.lastSequence + 1,
      onMessage: (sequence, seconds, nanos, data) => this.#receive(sequence, seconds, nanos, data),
      onBatchEnd: () => this.#deliver(),
      onHole: (sequence) => void this.#onHole(sequence),
    });
    let ticks = 0;
    this.timer = setInterval(() => {
      this.publisher.checkAge(this.#fateMs());
      this.#checkDelivery();
      if (++ticks % LEADER_TICKS === 0 && this.link.isConnected) void this.leader.ask();
    }, WATCH_MS).unref();
  }

  /**
   * Opens the copy and checks it against the stream; nothing is delivered before `catchUp`.
   * @throws StreamError when the stream is no safe log, not this one, or does not go with the copy
   * @throws LogUnavailableError when the disk refuses
   */
  static async open(options: JetStreamLogOptions): Promise<JetStreamLog> {
    const { connection, stream, directory, logId } = options;
    const manager = await managerOf(connection);
    const found = await openLogStream(connection, stream);
    if (found.logId !== logId.uuid) {
      throw new StreamError(
        'OTHER_LOG',
        `stream ${stream.name} holds log ${found.logId}, but ${directory} belongs to log ${logId.uuid}: configure the right stream, or begin with an empty data directory`,
      );
    }
    const clock = new MessageClock();
    const copy = openLogCopy(
      {
        ...options,
        follower: {
          deliver: (sequence, seconds, nanos, words, from, to) =>
            options.follower.deliver(sequence, seconds, nanos, words, from, to),
          onDelivered: () => {},
          onDoubt: () => {},
          onFailure: () => {},
        },
      },
      clock,
    );
    try {
      let { state } = found;
      const comparison = {
        copy,
        directory,
        stream: stream.name,
        isEntry: options.isEntry,
        askState: async (): Promise<StreamState> => {
          state = (await openLogStream(connection, stream)).state;
          return state;
        },
        getMessage: (seq: number) =>
          whenReady(stream.name, 'read', () => manager.streams.getMessage(stream.name, { seq })),
      };
      await compareWithStream(comparison, copy.lastSequence, STREAM_BEHIND_MS);
      return new JetStreamLog(options, manager, copy, clock, found, state);
    } catch (error) {
      copy.close();
      throw error;
    }
  }

  get firstSequence(): number {
    return this.copy.firstSequence;
  }

  get lastSequence(): number {
    return this.copy.lastSequence;
  }

  /** What the opening of the copy found. */
  get recovered(): LogScan {
    return this.copy.recovered;
  }

  /** Why the copy's next segment could not be prepared ahead; undefined when all is well. */
  get preparationError(): Error | undefined {
    return this.copy.preparationError;
  }

  get status(): JetStreamLogStatus {
    return {
      isConnected: this.link.isConnected,
      server: this.link.serverName,
      leader: this.leader.name,
      isInDoubt: this.isInDoubt,
      doubts: this.doubts,
      lastDoubt: this.lastDoubt,
      unsettled: this.publisher.unsettled,
      lagEntries: Math.max(this.streamFollower.lag, this.leader.knownEnd - this.lastSequence),
      foreign: this.foreign,
    };
  }

  /**
   * Begins, the first time, to deliver what the stream holds beyond the copy, and everything that comes after. Resolves when all is delivered that the
   * stream held when it was called. @throws LogUnavailableError
   */
  async catchUp(): Promise<void> {
    this.#assertOpen();
    this.streamFollower.start();
    const end = await this.leader.end();
    this.#assertOpen();
    await this.waiters.until(end ?? 0);
  }

  append(words: WordBuffer, from: number, to: number): void {
    this.#assertUsable();
    assert(
      from >= 0 && from < to && to <= words.words,
      'Condition: an entry is at least one word of its buffer',
    );
    const bytes = (to - from) * WORD_BYTES;
    assert(bytes <= Limits.ENTRY_BYTES_MAX, 'Condition: an entry is at most ENTRY_BYTES_MAX bytes');
    if (this.isInDoubt) return;
    this.appended.push({
      bytes: words.u8.slice(from * WORD_BYTES, to * WORD_BYTES),
      crc: crc32cWords(words.i32, from, to),
    });
  }

  /** Publishes what was appended. It is delivered later, or never. */
  commit(): void {
    this.#assertUsable();
    const { appended } = this;
    if (appended.length === 0) return;
    this.appended = [];
    if (this.link.connection.isClosed()) this.#end(connectionClosed());
    this.#assertOpen();
    for (const { bytes, crc } of appended) {
      // Also between two: nothing goes before one that did not.
      if (this.isInDoubt) return;
      this.publisher.publish(bytes, crc);
    }
  }

  read(fromSequence: number, reader: LogReader, toSequence?: number): void {
    if (this.failure?.code === 'CLOSED') throw this.failure;
    this.copy.read(fromSequence, reader, toSequence);
  }

  /** As `Log.truncate`: of this node's copy alone. */
  truncate(beforeSequence: number): void {
    this.#assertUsable();
    this.copy.truncate(beforeSequence);
  }

  /**
   * Removes entries before `beforeSequence` from the stream, for all nodes and for ever: only behind a snapshot that a majority has attested.
   * @throws the client's error when the stream does not do it
   */
  async purgeStream(beforeSequence: number): Promise<void> {
    this.#assertOpen();
    assert(beforeSequence <= this.lastSequence, 'Condition: the stream keeps an entry that this node has');
    await this.leader.purge(beforeSequence);
  }

  close(): void {
    if (this.failure?.code === 'CLOSED') return;
    this.#end(new LogUnavailableError('CLOSED', 'the log is closed'));
    this.copy.close();
  }

  /** A message came: the next one. It is in the copy, and delivered, at the end of its batch. Whether it was taken. */
  #receive(sequence: number, seconds: number, nanos: number, data: Uint8Array): boolean {
    if (this.writer.isFull) this.#deliver();
    if (this.failure !== undefined || this.writer.add(sequence, seconds, nanos, data)) return true;
    if (sequence !== this.foreignSequence) {
      void this.#onNoEntry(sequence, data);
      return false;
    }
    this.writer.addEmpty(sequence, seconds, nanos);
    this.foreign++;
    this.onForeign?.(sequence, data.length);
    return true;
  }

  /** Writes the batch to the copy and hands it over. */
  #deliver(): void {
    if (this.failure !== undefined) return;
    let sequence = this.copy.lastSequence;
    // Stays set when the follower throws: half a batch was delivered, and this instance must not go on.
    this.isDelivering = true;
    try {
      for (const crc of this.writer.write()) this.publisher.onDelivered(++sequence, crc);
    } catch (error) {
      if (error instanceof LogUnavailableError) this.isDelivering = false;
      this.#fail(error);
      return;
    }
    this.isDelivering = false;
    this.holes = 0;
    this.follower.onDelivered();
    this.waiters.reach(sequence);
  }

  /**
   * Renews a consumer that brought nothing since the last look, when the stream had acknowledged more already: the consumer has one copy, which went with its server,
   * and the silence of its heartbeats says so much later.
   */
  #checkDelivery(): void {
    const { lastSequence, watched } = this;
    if (lastSequence === watched.delivered && watched.acknowledged > lastSequence)
      this.streamFollower.renew();
    this.watched = { delivered: lastSequence, acknowledged: this.publisher.acknowledgedSequence };
  }

  /** What became of the entries that are not settled is not known. */
  #doubt(reason: string): void {
    if (this.failure !== undefined) return;
    if (this.publisher.hasSettled) this.fruitless = 0;
    this.publisher.reset();
    this.appended = [];
    this.doubts++;
    if (this.isInDoubt) return;
    this.lastDoubt = reason;
    this.isInDoubt = true;
    void this.#resolveDoubt();
  }

  /**
   * How long an entry may wait for its fate. A new leader says that it leads before it takes entries, and where the old one is frozen nobody says
   * that they went nowhere: so after a doubt the first attempts are short.
   */
  #fateMs(): number {
    if (this.fruitless === 0 || this.publisher.hasSettled) return FATE_MS_MAX;
    return Math.min(FATE_MS_MAX, WATCH_MS * 2 ** this.fruitless);
  }

  /** Waits until the stream works and its entries are here, then has the follower append what it misses. */
  async #resolveDoubt(): Promise<void> {
    while (this.failure === undefined && !this.isFull) {
      await retryWait(this.fruitless++);
      const { doubts } = this;
      const end = await this.leader.end();
      const last = this.lastSequence;
      const isHere = end !== undefined && (await this.#isDelivered(end, DELIVERY_MS_MAX));
      // The consumer went with its server, or that does not hear the leader. A new one may be elsewhere.
      if (!isHere && end !== undefined && this.lastSequence === last) this.streamFollower.renew();
      if (
        !isHere ||
        !(await this.#isBeginning(last)) ||
        doubts !== this.doubts ||
        this.failure !== undefined ||
        this.isFull
      )
        continue;
      this.isInDoubt = false;
      this.follower.onDoubt();
      return;
    }
  }

  /** Whether the stream still has what was delivered up to entry `sequence`: the log ends when its servers have lost that. */
  async #isBeginning(sequence: number): Promise<boolean> {
    const { copy, leader, stream, isEntry } = this;
    const comparison = {
      copy,
      isEntry,
      directory: this.directory,
      stream,
      askState: async (): Promise<StreamState> => {
        const state = await leader.ask();
        if (state === undefined) throw new Error('nobody leads the stream');
        return state;
      },
      getMessage: (seq: number) => leader.getMessage(seq),
    };
    try {
      await compareWithStream(comparison, sequence, LOST_MS_MAX);
      return true;
    } catch (error) {
      // Without an answer the next attempt asks again.
      if (error instanceof StreamError) this.#fail(failureOf(error));
      return false;
    }
  }

  /** The stream is full: the log ends once what the stream had taken is delivered. */
  async #onFull(description: string): Promise<void> {
    this.isFull = true;
    this.#doubt(description);
    const state = await this.leader.ask();
    if (state !== undefined) await this.#isDelivered(state.lastSequence, FATE_MS_MAX);
    this.#fail(streamFull(this.stream, description));
  }

  /**
   * A server sent an entry without the one before it. That may be a copy of the stream that is only being brought up to date, so what counts is what
   * the leader has.
   */
  async #onHole(sequence: number): Promise<void> {
    const found = await this.leader.find(sequence);
    // Nobody leads: the next consumer tells whether the entry is there.
    if (found === undefined) return;
    if (sequence <= this.lastSequence || (found.hasEntry && ++this.holes < HOLES_MAX)) return;
    const { firstSequence } = found;
    this.#fail(
      firstSequence > sequence
        ? streamTruncated(this.stream, firstSequence, sequence)
        : entryMissing(this.stream, sequence),
    );
  }

  /**
   * A server sent what is no entry. It may be one that was damaged on its way, which the other nodes apply: so what counts, here too, is what the leader has.
   */
  async #onNoEntry(sequence: number, data: Uint8Array): Promise<void> {
    // Without an answer the next consumer brings it again.
    const message = await this.leader.getMessage(sequence).catch(() => null);
    if (this.failure !== undefined) return;
    if (message !== null && Buffer.from(message.data).equals(data)) this.foreignSequence = sequence;
    else if (message !== null && ++this.holes >= HOLES_MAX) {
      this.#fail(entryDamaged(this.stream, sequence));
      return;
    }
    this.streamFollower.renew();
  }

  /** Ends the log, and tells the follower. */
  #fail(error: unknown): void {
    if (this.failure !== undefined) return;
    const failure = failureOf(error);
    this.#end(failure);
    this.follower.onFailure(error instanceof Error ? error : failure);
  }

  #end(failure: LogUnavailableError): void {
    this.failure = failure;
    clearInterval(this.timer);
    this.streamFollower.close();
    this.publisher.close();
    this.link.close();
    this.waiters.fail(failure);
  }

  /** Whether entry `sequence` is delivered within a while. */
  async #isDelivered(sequence: number, withinMs: number): Promise<boolean> {
    try {
      return await this.waiters.until(sequence, withinMs);
    } catch {
      return false;
    }
  }

  /** @throws LogUnavailableError when the log has ended */
  #assertOpen(): void {
    const { failure } = this;
    if (failure === undefined) return;
    throw new LogUnavailableError(failure.code, failure.message, { cause: failure.cause });
  }

  #assertUsable(): void {
    assert(!this.isDelivering, 'Condition: the follower neither appends nor commits while it gets entries');
    this.#assertOpen();
  }
}
