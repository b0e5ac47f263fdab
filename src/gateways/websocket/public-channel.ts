import type { Feed, Update } from './feed.ts';
import { WebSocketLimits } from './limits.ts';
import type { SharedMessage } from './shared-message.ts';

/** Who gets a channel. */
export interface Subscriber {
  readonly isCongested: boolean;
  sendShared(message: SharedMessage): void;
}

/** One subscriber's place in a channel. */
export interface Subscription {
  /** Sends what the subscriber lacks, as far as it reads. */
  bring(): void;
  /** Ends it. */
  end(): void;
}

/** A feed and those who follow it, whatever the states that they are in. */
export class PublicChannel<State> {
  declare readonly feed: Feed<State>;
  declare private readonly states: Map<Subscriber, State | undefined>;
  /** Messages by the state that they start from, while nothing changes. */
  declare private readonly updates: Map<State | undefined, Update<State> | undefined>;
  declare private readonly onEmpty: () => void;
  /** A round is under way, and something has changed since it began. */
  declare private isPublishing: boolean;
  declare private isDue: boolean;

  /** @param onEmpty called when the last subscriber has left */
  constructor(feed: Feed<State>, onEmpty: () => void) {
    this.feed = feed;
    this.states = new Map();
    this.updates = new Map();
    this.onEmpty = onEmpty;
    this.isPublishing = false;
    this.isDue = false;
  }

  get subscribers(): number {
    return this.states.size;
  }

  subscribe(subscriber: Subscriber): Subscription {
    this.states.set(subscriber, undefined);
    return {
      bring: () => this.#bring(subscriber),
      end: () => {
        this.states.delete(subscriber);
        if (this.states.size === 0) this.onEmpty();
      },
    };
  }

  /** What the feed reads has changed. */
  invalidate(): void {
    this.updates.clear();
  }

  /**
   * Brings every subscriber up to date that reads fast enough; many of them in slices, between which the thread does what
   * else it has to do.
   */
  publish(): void {
    this.isDue = true;
    if (!this.isPublishing) this.#publishAll();
  }

  #publishAll(): void {
    this.isDue = false;
    this.isPublishing = true;
    this.#publishSlice(this.states.keys());
  }

  #publishSlice(subscribers: Iterator<Subscriber>): void {
    for (let n = 0; n < WebSocketLimits.SUBSCRIBERS_PER_SLICE; n++) {
      const { value, done } = subscribers.next();
      if (done === true) {
        this.isPublishing = false;
        if (this.isDue) this.#publishAll();
        return;
      }
      this.#bring(value);
    }
    setImmediate(() => this.#publishSlice(subscribers));
  }

  #bring(subscriber: Subscriber): void {
    // It may have left before it was told anything.
    if (!this.states.has(subscriber)) return;
    let state = this.states.get(subscriber);
    while (!subscriber.isCongested) {
      const update = this.#updateFrom(state);
      if (update === undefined) break;
      if (update.message !== undefined) subscriber.sendShared(update.message);
      state = update.state;
    }
    this.states.set(subscriber, state);
  }

  #updateFrom(state: State | undefined): Update<State> | undefined {
    if (this.updates.has(state)) return this.updates.get(state);
    const update = this.feed.update(state);
    if (this.updates.size < WebSocketLimits.UPDATES_KEPT_MAX) this.updates.set(state, update);
    return update;
  }
}
