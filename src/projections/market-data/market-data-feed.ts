import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ItchCode } from '#codec/itch/itch-messages.ts';
import { OrderRested } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { EventTranslator } from './event-translator.ts';
import { FeedImageError, FeedLog, FeedLogError } from './feed-log.ts';
import { FeedSnapshot } from './feed-snapshot.ts';
import { ImageWriter } from './image-writer.ts';
import { ItchPublisher } from './itch-publisher.ts';
import type { OrdersAnswer, StandingOrders } from './standing-orders.ts';

const DAY_SECONDS = 86_400;
const SEQUENCE_AT = OrderRested.at.sequence;
const SECONDS_AT = OrderRested.at.timeSeconds;
const NANOS_AT = OrderRested.at.timeNanos;
/** Files of sessions, snapshots and images that a former process left behind. */
const LEFT_BEHIND = /^(?:feed|snapshot)-.*\.itch50$|^orders-.*\.events$/;
/** How long events wait for the orders with which a session is to begin, and when the feed asks for them again after that. */
const HELD_MS_MAX = 2_000;
const ROLL_AGAIN_MS = 5_000;
/** How old a snapshot may be for who logs in now: many who come at once share one, and none gets the book of some time ago. */
const SNAPSHOT_AGE_MS_MAX = 1_000;
const SNAPSHOT_MESSAGES_MAX = 10_000;

export interface MarketDataFeedOptions {
  /** Directory of the feed's own files; made when absent, older session files in it are removed. */
  readonly directory: string;
  /** Who knows the displayed orders, which the feed does not keep. */
  readonly orders: StandingOrders;
  /** A session id never used before, of 1 to 10 letters and digits. */
  readonly nextSession: () => string;
  /** One line for the operator. */
  readonly log: (line: string) => void;
  /** A session whose file grew past this is ended and a new one begins. Default 8 GiB. */
  readonly sessionBytesMax?: number;
  /** Milliseconds since any moment. Default: Node's. */
  readonly nowMs?: () => number;
  /**
   * A snapshot that is whole is used again until the session is this many messages further (default 10,000), and for no more than a
   * second where it is further at all.
   */
  readonly snapshotMessagesMax?: number;
}

/** The end of a session and the beginning of the next: nothing is translated meanwhile. */
interface Roll {
  /** Time with which the new session begins. */
  readonly seconds: number;
  readonly nanos: number;
  /** Until when events wait before it begins. */
  readonly untilMs: number;
  withdraw: () => void;
  /** What stands, on its way into the new session; undefined: it is asked for, and the old session runs. */
  writer: ImageWriter | undefined;
}

/** Events that wait until a session has begun. */
interface Held {
  readonly words: WordBuffer;
  readonly from: number;
  readonly to: number;
}

/**
 * The market-data feed: events in, sessions of numbered ITCH messages out.
 *
 * A session begins with an image of everything that stands and ends when the day (UTC) changes, when its file has
 * reached its limit, on `restart` and on `close`. The feed keeps no orders: for a snapshot and for a session that begins within
 * the feed it asks for those that stand after exactly the entry that it has come to. For a session it takes no more events
 * until it has them (`isHeld`), or goes on with the old one for a while when they are not to be had. Whoever brings events
 * calls `step` between them.
 *
 * A failing disk ends the feed, not the process: `failure` says why, and `restart` followed by an image of the core
 * begins anew.
 */
export class MarketDataFeed implements EventSink {
  declare private readonly options: MarketDataFeedOptions;
  declare private readonly sessionBytesMax: number;
  declare private readonly snapshotMessagesMax: number;
  declare private readonly nowMs: () => number;
  declare private readonly listeners: Set<() => void>;
  declare private publisher: ItchPublisher;
  declare private translator: EventTranslator;
  declare private _session: FeedLog;
  /** Bytes with which the session began. */
  declare private imageBytes: number;
  declare private _snapshot: FeedSnapshot | undefined;
  declare private snapshotCount: number;
  declare private roll: Roll | undefined;
  /** When and from which entry on the feed may ask again for what a session begins with. */
  declare private rollAgainMs: number;
  declare private rollFromSequence: number;
  declare private held: Held | undefined;
  /** Entry of the newest event; -1 before the first. */
  declare private sequence: number;
  /** Entry behind which the feed is, none of whose events is still to come; -1: it may be in the middle of one. */
  declare private place: number;
  /** Time of the newest event. */
  declare private seconds: number;
  declare private nanos: number;
  /** Day of the session; -1 before the first event. */
  declare private day: number;
  declare private _failure: FeedLogError | FeedImageError | undefined;

  /** @throws FeedLogError when the directory cannot be used. */
  constructor(options: MarketDataFeedOptions) {
    this.options = options;
    this.sessionBytesMax = options.sessionBytesMax ?? 8 * 2 ** 30;
    this.snapshotMessagesMax = options.snapshotMessagesMax ?? SNAPSHOT_MESSAGES_MAX;
    this.nowMs = options.nowMs ?? (() => performance.now());
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
    this.imageBytes = 0;
    this._snapshot = undefined;
    this.snapshotCount = 0;
    this.roll = undefined;
    this.rollAgainMs = 0;
    this.rollFromSequence = 0;
    this.held = undefined;
    this.sequence = -1;
    this.place = -1;
    this.seconds = 0;
    this.nanos = 0;
    this.day = -1;
    this._failure = undefined;
  }

  /** The session that is running. */
  get session(): FeedLog {
    return this._session;
  }

  /** Why the feed stopped, if it did. */
  get failure(): FeedLogError | FeedImageError | undefined {
    return this._failure;
  }

  /** Whether events have to wait: a session begins. */
  get isHeld(): boolean {
    return this.roll !== undefined;
  }

  /** Calls `listener` whenever there are new messages or the session changed; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Not to be called while `isHeld`. The words stay as they are until it no longer is. */
  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this._failure !== undefined) return;
    assert(!this.isHeld, 'Condition: no events come while a session begins');
    this.#take(words, from, to);
    // A session that has begun is worth a look once something is in it.
    if (this.roll?.writer === undefined) this.#notify();
  }

  /** There is no event of entries up to `sequence` that has not come. Not to be called while `isHeld`. */
  onCaughtUp(sequence: number): void {
    // Of the newest event's entry more may come.
    if (this._failure !== undefined || sequence < this.sequence) return;
    this.place = sequence;
    this.#attempt(() => {
      if (this.day >= 0 && this.#isFull()) this.#beginRoll(this.seconds, this.nanos);
      if (!this.isHeld) this.#takeSnapshot();
    });
  }

  /** Writes a piece of a snapshot or of what a session begins with; true: there is more to write. */
  step(): boolean {
    if (this._failure !== undefined) return false;
    if (this.roll !== undefined && this.nowMs() > this.roll.untilMs) this.goOn();
    const { roll, _snapshot: snapshot } = this;
    if (roll?.writer === undefined && snapshot?.isOver !== false) return false;
    this.#attempt(() => {
      if (roll?.writer !== undefined) this.#writeRoll(roll.writer);
      else snapshot?.step(this.nowMs());
    });
    this.#notify();
    return this.roll?.writer !== undefined || this._snapshot?.isWriting === true;
  }

  /**
   * Lets events come again although no session could begin yet: the old one goes on for a while. Not once it has begun, nor when
   * that is a day overdue.
   */
  goOn(): void {
    const { roll } = this;
    if (roll === undefined || roll.writer !== undefined || this.#isOverdue(roll.seconds)) return;
    this.rollAgainMs = this.nowMs() + ROLL_AGAIN_MS;
    this.#withdrawRoll();
  }

  /**
   * The book as it is now or soon, as a log of its own that grows to GLIMPSE's End of Snapshot; without one it is of no use. The
   * caller retains it before it returns to the event loop.
   * @throws FeedLogError when it cannot be written (the live session then ends too: they share a disk), or when the
   * feed has failed before; FeedImageError likewise.
   */
  snapshot(): FeedLog {
    if (this._failure !== undefined) throw this._failure;
    const old = this._snapshot;
    if (old !== undefined && this.#isOfUse(old)) return old.log;
    this.#dropSnapshot();
    const { session } = this._session;
    const path = join(this.options.directory, `snapshot-${session}-${++this.snapshotCount}.itch50`);
    this.#attempt(() => {
      const log = new FeedLog(session, path, true);
      const onGivenUp = (problem: string): void => this.#onSnapshotGivenUp(problem);
      const { orders } = this.options;
      this._snapshot = new FeedSnapshot(log, this.translator, orders, onGivenUp, this.nowMs());
      if (!this.isHeld) this.#takeSnapshot();
    });
    if (this._snapshot === undefined) throw this._failure;
    return this._snapshot.log;
  }

  /** Ends the session, forgets everything and begins an empty one: the events that follow must begin with an image. @throws FeedLogError */
  restart(): void {
    this.#endLastSession();
    const old = this._session;
    this._session = this.#newSession();
    this.publisher = new ItchPublisher(this._session);
    this.translator = new EventTranslator(this.publisher, this.options.log);
    this.imageBytes = 0;
    this.rollAgainMs = 0;
    this.rollFromSequence = 0;
    this.sequence = -1;
    this.place = -1;
    this.day = -1;
    this._failure = undefined;
    old.discard();
    this.#notify();
  }

  /** Ends the session with its End of Messages; readers that hold it can still read to the end. */
  close(): void {
    this.#endLastSession();
    this._session.discard();
    this.#notify();
  }

  /** Ends the session that runs, if one does, and all that is on its way. */
  #endLastSession(): void {
    this.#dropSnapshot();
    this.#dropRoll();
    this.#attempt(() => {
      if (!this._session.ended) this.#endSession();
    });
  }

  #take(words: WordBuffer, from: number, to: number): void {
    this.#attempt(() => {
      for (let at = from; at < to; at += words.i32[at] >>> 16) {
        const sequence = words.f64[(at + SEQUENCE_AT) >> 1];
        const seconds = words.i32[at + SECONDS_AT] >>> 0;
        const nanos = words.i32[at + NANOS_AT];
        if (sequence !== this.sequence && this.#isHeldBefore(sequence, seconds, nanos)) {
          this.held = { words, from: at, to };
          break;
        }
        if (this._failure !== undefined) return;
        this.sequence = sequence;
        this.place = -1;
        this.seconds = seconds;
        this.nanos = nanos;
        if (this.day < 0) this.#beginFirstSession();
        this.translator.translate(words, at);
      }
      // What a new session begins with is flushed as it is written.
      if (this.roll?.writer !== undefined) return;
      this.translator.settle();
      this._session.flush();
    });
  }

  /** The feed is between two entries, the later of which begins with an event of this time. Whether it has to wait. */
  #isHeldBefore(sequence: number, seconds: number, nanos: number): boolean {
    if (this.day < 0) return false;
    this.place = Math.max(this.place, sequence - 1);
    if (dayOf(seconds) !== this.day || this.#isFull()) this.#beginRoll(seconds, nanos);
    if (!this.isHeld) this.#takeSnapshot();
    return this.isHeld;
  }

  /** Whether the session's file has reached its limit, and not with what it began with. */
  #isFull(): boolean {
    const { bytes } = this._session;
    return bytes > this.sessionBytesMax && bytes > this.imageBytes;
  }

  /** Asks for the orders as they stand, to begin a session with them. */
  #beginRoll(seconds: number, nanos: number): void {
    const nowMs = this.nowMs();
    if (this.place < this.rollFromSequence) return;
    if (nowMs < this.rollAgainMs && !this.#isOverdue(seconds)) return;
    this.translator.settle();
    const untilMs = nowMs + HELD_MS_MAX;
    const roll: Roll = { seconds, nanos, untilMs, withdraw: () => {}, writer: undefined };
    this.roll = roll;
    const withdraw = this.options.orders.ask(this.place, (answer) => this.#onRollOrders(roll, answer));
    if (this.roll === roll && roll.writer === undefined) roll.withdraw = withdraw;
  }

  /** Whether a session begins with this time that should have begun the day before. */
  #isOverdue(seconds: number): boolean {
    return dayOf(seconds) > this.day + 1;
  }

  #onRollOrders(roll: Roll, { image, problem, passedTo }: OrdersAnswer): void {
    roll.withdraw = () => {};
    if (image !== undefined) {
      // The orders of an image are shown under their ids: their places in the new session begin with it.
      this.translator.forgetReferences();
      roll.writer = new ImageWriter(this.publisher, this.translator.state(), image, (orderId) => orderId);
      this.#attempt(() => this.#beginSession(roll));
      return;
    }
    if (problem !== undefined && this.#isOverdue(roll.seconds)) {
      this.#fail(new FeedImageError(problem));
      this.#notify();
      return;
    }
    this.rollFromSequence = passedTo ?? this.rollFromSequence;
    if (problem !== undefined) this.rollAgainMs = this.nowMs() + ROLL_AGAIN_MS;
    this.#withdrawRoll();
  }

  /** Ends the session and begins another, with nothing in it yet. */
  #beginSession({ seconds, nanos }: Roll): void {
    const old = this._session;
    this.#dropSnapshot();
    this.#endSession();
    this._session = this.#newSession();
    this.publisher.log = this._session;
    this.publisher.onDayOf(seconds);
    this.publisher.at(seconds, nanos);
    this.seconds = seconds;
    this.nanos = nanos;
    this.day = dayOf(seconds);
    old.discard();
  }

  #writeRoll(writer: ImageWriter): void {
    if (writer.step()) {
      this._session.flush();
      return;
    }
    writer.close();
    this._session.flush();
    this.imageBytes = this._session.bytes;
    this.roll = undefined;
    this.#takeHeld();
  }

  /** The session goes on. */
  #withdrawRoll(): void {
    this.roll?.withdraw();
    this.roll = undefined;
    this.#takeHeld();
  }

  #takeHeld(): void {
    const { held } = this;
    this.held = undefined;
    if (held === undefined) return;
    this.#take(held.words, held.from, held.to);
    this.#notify();
  }

  /** Takes the moment for the snapshot that waits for one, if the feed is between two entries. */
  #takeSnapshot(): void {
    const snapshot = this._snapshot;
    if (snapshot === undefined || this.place < 0 || !snapshot.wants(this.place)) return;
    this.translator.settle();
    this._session.flush();
    const { place: sequence, seconds, nanos, day } = this;
    const nextSequence = this._session.lastSequence + 1;
    const daySeconds = Math.max(0, day) * DAY_SECONDS;
    snapshot.take({ sequence, nextSequence, seconds, nanos, daySeconds }, this.nowMs());
  }

  #onSnapshotGivenUp(problem: string): void {
    this.options.log(`market data: no snapshot: ${problem}`);
    this.#notify();
  }

  /** Whether who asks for a snapshot now can have this one. One on its way is: another would end it, and wait as long. */
  #isOfUse({ log, nextSequence, takenMs, problem, isOver }: FeedSnapshot): boolean {
    if (problem !== undefined || log.session !== this._session.session) return false;
    const messages = this._session.lastSequence + 1 - nextSequence;
    if (!isOver || messages === 0) return true;
    return messages <= this.snapshotMessagesMax && this.nowMs() - takenMs <= SNAPSHOT_AGE_MS_MAX;
  }

  #newSession(): FeedLog {
    const session = this.options.nextSession();
    assert(/^[0-9A-Za-z]{1,10}$/.test(session), 'Condition: a session id is 1 to 10 letters and digits');
    return new FeedLog(session, join(this.options.directory, `feed-${session}.itch50`));
  }

  #beginFirstSession(): void {
    this.day = dayOf(this.seconds);
    this.publisher.onDayOf(this.seconds);
    this.publisher.at(this.seconds, this.nanos);
    this.publisher.systemEvent(ItchCode.StartOfMessages);
  }

  #endSession(): void {
    this.publisher.at(this.seconds, this.nanos);
    if (this._session.lastSequence > 0) this.publisher.systemEvent(ItchCode.EndOfMessages);
    this._session.end();
  }

  #dropSnapshot(): void {
    const snapshot = this._snapshot;
    this._snapshot = undefined;
    snapshot?.end('the session is over');
    snapshot?.log.discard();
  }

  #dropRoll(): void {
    this.roll?.withdraw();
    this.roll?.writer?.close();
    this.roll = undefined;
    this.held = undefined;
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof FeedLogError) && !(error instanceof FeedImageError)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: FeedLogError | FeedImageError): void {
    this._failure = error;
    this._session.ended = true;
    this.#dropRoll();
    this._snapshot?.end(error.message);
    this.options.log(error.message);
  }

  #notify(): void {
    for (const listener of this.listeners) listener();
  }
}

function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS);
}
