import type { EventTranslator, VenueState } from './event-translator.ts';
import type { FeedLog } from './feed-log.ts';
import { ImageWriter } from './image-writer.ts';
import { ItchPublisher } from './itch-publisher.ts';
import type { OrdersAnswer, StandingOrders } from './standing-orders.ts';

/** A snapshot that has not been whole after this ends as it is. */
const SNAPSHOT_MS_MAX = 60_000;
/** Likewise when so many orders that are shown under another number than their id have left meanwhile: they are kept. */
const LEFT_REFERENCES_MAX = 262_144;

/** Where the feed is between two entries. */
export interface FeedPlace {
  /** The entry behind which it is. */
  readonly sequence: number;
  /** Number of the next live message. */
  readonly nextSequence: number;
  /** Time of the newest event, and any time of the session's day. */
  readonly seconds: number;
  readonly nanos: number;
  readonly daySeconds: number;
}

/**
 * A snapshot on its way into its log. It is of a moment at which the feed stood between two entries: what it says besides the
 * orders is taken down then, and the orders as they stood come later, while the feed goes on. When the orders of that moment
 * are not to be had any more, it is of a later one. Its log can be read as it grows.
 */
export class FeedSnapshot {
  declare readonly log: FeedLog;
  /** Number of the live message that follows; 0 while it is not known. */
  declare nextSequence: number;
  /** When the moment was of which it is. */
  declare takenMs: number;
  /** Nothing will be added any more. */
  declare isOver: boolean;
  /** Why it ended before it was whole. */
  declare problem: string | undefined;
  declare private readonly translator: EventTranslator;
  declare private readonly orders: StandingOrders;
  declare private readonly onGivenUp: (problem: string) => void;
  declare private readonly untilMs: number;
  declare private isAsking: boolean;
  /** It cannot be of an earlier moment. */
  declare private fromSequence: number;
  declare private withdraw: () => void;
  declare private writer: ImageWriter | undefined;
  declare private readonly publisher: ItchPublisher;

  /** @param onGivenUp called when it cannot be made, with why */
  constructor(
    log: FeedLog,
    translator: EventTranslator,
    orders: StandingOrders,
    onGivenUp: (problem: string) => void,
    nowMs: number,
  ) {
    this.log = log;
    this.nextSequence = 0;
    this.takenMs = nowMs;
    this.isOver = false;
    this.problem = undefined;
    this.translator = translator;
    this.orders = orders;
    this.onGivenUp = onGivenUp;
    this.untilMs = nowMs + SNAPSHOT_MS_MAX;
    this.isAsking = false;
    this.fromSequence = 0;
    this.withdraw = () => {};
    this.writer = undefined;
    this.publisher = new ItchPublisher(log);
  }

  /** Whether it waits for a moment, and can be of the one behind entry `sequence`. */
  wants(sequence: number): boolean {
    return !this.isAsking && this.writer === undefined && !this.isOver && sequence >= this.fromSequence;
  }

  /** Whether `step` has work. */
  get isWriting(): boolean {
    return this.writer !== undefined;
  }

  /** Takes the moment at which the feed is. The translator holds nothing back. */
  take(place: FeedPlace, nowMs: number): void {
    this.takenMs = nowMs;
    const state = this.translator.state();
    this.translator.markReferences();
    this.isAsking = true;
    const answered = (answer: OrdersAnswer): void => this.#onOrders(answer, place, state);
    const withdraw = this.orders.ask(place.sequence, answered);
    if (this.isAsking) this.withdraw = withdraw;
  }

  /** Writes a piece of it. @throws FeedLogError; FeedImageError when the orders cannot be read. */
  step(nowMs: number): void {
    if (this.isOver) return;
    const isLate = nowMs > this.untilMs;
    if (isLate || this.translator.leftReferences > LEFT_REFERENCES_MAX) {
      this.#giveUp(isLate ? 'it took too long' : 'too many replaced orders left meanwhile');
      return;
    }
    const { writer, log } = this;
    if (writer === undefined) return;
    if (writer.step()) {
      log.flush();
      return;
    }
    this.publisher.endOfSnapshot(this.nextSequence);
    this.#close();
    log.end();
  }

  /** Ends it as it is: a reader misses End of Snapshot. */
  end(problem: string): void {
    if (this.isOver) return;
    this.problem = problem;
    this.#close();
    this.log.ended = true;
  }

  #giveUp(problem: string): void {
    this.end(problem);
    this.onGivenUp(problem);
  }

  #close(): void {
    this.isOver = true;
    this.withdraw();
    this.withdraw = () => {};
    this.writer?.close();
    this.writer = undefined;
    this.translator.unmarkReferences();
  }

  #onOrders(answer: OrdersAnswer, place: FeedPlace, state: VenueState): void {
    this.isAsking = false;
    this.withdraw = () => {};
    if (answer.image === undefined) {
      this.translator.unmarkReferences();
      this.fromSequence = answer.passedTo ?? this.fromSequence;
      if (answer.problem !== undefined) this.#giveUp(answer.problem);
      return;
    }
    this.nextSequence = place.nextSequence;
    this.publisher.onDayOf(place.daySeconds);
    this.publisher.at(place.seconds, place.nanos);
    this.writer = new ImageWriter(this.publisher, state, answer.image, (orderId) =>
      this.translator.referenceThen(orderId),
    );
  }
}
