import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ItchCode } from '#codec/itch/itch-messages.ts';
import { OrderRested } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { EventTranslator } from './event-translator.ts';
import { FeedLog, FeedLogError } from './feed-log.ts';
import { ItchPublisher } from './itch-publisher.ts';
import type { MarketDataBook } from './market-data-book.ts';

const DAY_SECONDS = 86_400;
const SECONDS_AT = OrderRested.at.timeSeconds;
const NANOS_AT = OrderRested.at.timeNanos;
/** Files of sessions and snapshots that a former process left behind. */
const LEFT_BEHIND = /^(?:feed|snapshot)-.*\.itch50$/;

export interface MarketDataFeedOptions {
  /** Directory of the feed's own files; made when absent, older session files in it are removed. */
  readonly directory: string;
  /** A session id never used before, of 1 to 10 letters and digits. */
  readonly nextSession: () => string;
  /** One line for the operator. */
  readonly log: (line: string) => void;
  /** A session whose file grew past this is ended and a new one begins. Default 8 GiB. */
  readonly sessionBytesMax?: number;
  /** A snapshot is used again until the session is this many messages further. Default 100,000. */
  readonly snapshotMessagesMax?: number;
}

/**
 * The market-data feed: events in, sessions of numbered ITCH messages out.
 *
 * A session begins with an image of everything that stands and ends when the day (UTC) changes, when its file has
 * reached its limit, on `restart` and on `close`. A failing disk ends the feed, not the process: `failure` says why,
 * and `restart` followed by an image of the core begins anew.
 */
export class MarketDataFeed implements EventSink {
  declare private readonly options: MarketDataFeedOptions;
  declare private readonly sessionBytesMax: number;
  declare private readonly snapshotMessagesMax: number;
  declare private readonly listeners: Set<() => void>;
  declare private publisher: ItchPublisher;
  declare private translator: EventTranslator;
  declare private _session: FeedLog;
  declare private _snapshot: FeedLog | undefined;
  /** Live sequence number that follows the snapshot. */
  declare private snapshotNextSequence: number;
  declare private snapshotCount: number;
  /** Time of the newest event; day -1 before the first. */
  declare private seconds: number;
  declare private nanos: number;
  declare private day: number;
  declare private _failure: FeedLogError | undefined;

  /** @throws FeedLogError when the directory cannot be used. */
  constructor(options: MarketDataFeedOptions) {
    this.options = options;
    this.sessionBytesMax = options.sessionBytesMax ?? 8 * 2 ** 30;
    this.snapshotMessagesMax = options.snapshotMessagesMax ?? 100_000;
    this.listeners = new Set();
    try {
      mkdirSync(options.directory, { recursive: true });
      for (const name of readdirSync(options.directory)) {
        if (LEFT_BEHIND.test(name)) rmSync(join(options.directory, name));
      }
    } catch (cause) {
      throw new FeedLogError(options.directory, cause);
    }
    this._session = this.#newSession();
    this.publisher = new ItchPublisher(this._session);
    this.translator = new EventTranslator(this.publisher, options.log);
    this._snapshot = undefined;
    this.snapshotNextSequence = 0;
    this.snapshotCount = 0;
    this.seconds = 0;
    this.nanos = 0;
    this.day = -1;
    this._failure = undefined;
  }

  /** The session that is running. */
  get session(): FeedLog {
    return this._session;
  }

  /** The displayed book that the messages so far describe. */
  get book(): MarketDataBook {
    return this.translator.book;
  }

  /** Why the feed stopped, if it did. */
  get failure(): FeedLogError | undefined {
    return this._failure;
  }

  /** Calls `listener` whenever there are new messages or the session changed; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this._failure !== undefined) return;
    try {
      for (let at = from; at < to; at += words.i32[at] >>> 16) {
        this.seconds = words.i32[at + SECONDS_AT] >>> 0;
        this.nanos = words.i32[at + NANOS_AT];
        const day = Math.floor(this.seconds / DAY_SECONDS);
        if (day !== this.day) this.#beginDay(day);
        this.translator.translate(words, at);
      }
      this.translator.settle();
      if (this._session.bytes > this.sessionBytesMax) this.#roll();
      this._session.flush();
    } catch (error) {
      this.#fail(error);
    }
    this.#notify();
  }

  /**
   * The book as it is now, as a log of its own that ends with GLIMPSE's End of Snapshot. Not to be called from
   * inside `onEvents`. The caller retains it before it returns to the event loop.
   * @throws FeedLogError when it cannot be written (the live session then ends too: they share a disk), or when the
   * feed has failed before.
   */
  snapshot(): FeedLog {
    if (this._failure !== undefined) throw this._failure;
    const session = this._session;
    const old = this._snapshot;
    if (
      old !== undefined &&
      old.session === session.session &&
      session.lastSequence + 1 - this.snapshotNextSequence <= this.snapshotMessagesMax
    ) {
      return old;
    }
    assert(
      session.lastSequence === session.readableSequence,
      'Condition: a snapshot is taken between batches of events',
    );
    this.#dropSnapshot();
    try {
      this._snapshot = this.#writeSnapshot();
    } catch (error) {
      this.#fail(error);
      this.#notify();
      throw error;
    }
    this.snapshotNextSequence = session.lastSequence + 1;
    return this._snapshot;
  }

  #writeSnapshot(): FeedLog {
    const { session, lastSequence } = this._session;
    const name = `snapshot-${session}-${++this.snapshotCount}.itch50`;
    const snapshot = new FeedLog(session, join(this.options.directory, name));
    try {
      const publisher = new ItchPublisher(snapshot);
      publisher.at(this.seconds, this.nanos);
      this.translator.writeImage(publisher);
      publisher.endOfSnapshot(lastSequence + 1);
      snapshot.end();
    } catch (error) {
      snapshot.discard();
      throw error;
    }
    return snapshot;
  }

  /** Forgets everything and begins an empty session: the events that follow must begin with an image. @throws FeedLogError */
  restart(): void {
    const old = this._session;
    this._session = this.#newSession();
    this.publisher = new ItchPublisher(this._session);
    this.translator = new EventTranslator(this.publisher, this.options.log);
    this.day = -1;
    this._failure = undefined;
    this.#dropSnapshot();
    old.discard();
    this.#notify();
  }

  /** Ends the session with its End of Messages; readers that hold it can still read to the end. */
  close(): void {
    try {
      if (!this._session.ended) this.#endSession();
    } catch (error) {
      this.#fail(error);
    }
    this._session.discard();
    this.#dropSnapshot();
    this.#notify();
  }

  #newSession(): FeedLog {
    const session = this.options.nextSession();
    assert(/^[0-9A-Za-z]{1,10}$/.test(session), 'Condition: a session id is 1 to 10 letters and digits');
    return new FeedLog(session, join(this.options.directory, `feed-${session}.itch50`));
  }

  /** The first event of all begins the session; the first of another day begins another session. */
  #beginDay(day: number): void {
    const first = this.day < 0;
    this.day = day;
    this.translator.settle();
    this.publisher.at(this.seconds, this.nanos);
    if (first) this.publisher.systemEvent(ItchCode.StartOfMessages);
    else this.#roll();
  }

  /** Ends the session and begins another with an image of what stands. */
  #roll(): void {
    const old = this._session;
    this.#endSession();
    this._session = this.#newSession();
    this.publisher.log = this._session;
    this.translator.writeImage(this.publisher);
    this._session.flush();
    this.#dropSnapshot();
    old.discard();
  }

  #endSession(): void {
    if (this._session.lastSequence > 0) this.publisher.systemEvent(ItchCode.EndOfMessages);
    this._session.end();
  }

  #dropSnapshot(): void {
    this._snapshot?.discard();
    this._snapshot = undefined;
  }

  #fail(error: unknown): void {
    if (!(error instanceof FeedLogError)) throw error;
    this._failure = error;
    this._session.ended = true;
    this.options.log(error.message);
  }

  #notify(): void {
    for (const listener of this.listeners) listener();
  }
}
