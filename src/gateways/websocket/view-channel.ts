import type { Action } from '#domain/permissions.ts';
import { invalidField } from '../rest/problems.ts';
import type { Subscription } from './public-channel.ts';
import { SharedMessage } from './shared-message.ts';
import type { VenueChannel, VenueChoice, VenueSubscriber } from './venue-channels.ts';

/** Where the messages of a view come from, while somebody follows it. */
export interface ViewSource {
  /** The next message; undefined: there is none yet. What it throws is logged, and the view is made again when it is due. */
  read(): object | undefined | Promise<object | undefined>;
  /** Nobody follows it any more. */
  end(): void;
}

export interface ViewChannelOptions {
  readonly name: string;
  readonly action: Action | undefined;
  readonly everyMs: number;
  /** Called when the first follower comes. */
  begin(): ViewSource;
  onError(error: Error): void;
}

/**
 * A view that its followers are told whole, again and again: made and encoded once for all of them, and only while there is
 * somebody. Of who does not read in time the newest counts.
 */
export class ViewChannel implements VenueChannel {
  declare readonly name: string;
  declare readonly action: Action | undefined;
  declare private readonly options: ViewChannelOptions;
  /** The message that each has. */
  declare private readonly followers: Map<VenueSubscriber, SharedMessage | undefined>;
  declare private source: ViewSource | undefined;
  declare private newest: SharedMessage | undefined;
  declare private timer: NodeJS.Timeout | undefined;

  constructor(options: ViewChannelOptions) {
    this.name = options.name;
    this.action = options.action;
    this.options = options;
    this.followers = new Map();
    this.source = undefined;
    this.newest = undefined;
    this.timer = undefined;
  }

  prepare({ from }: VenueChoice): (subscriber: VenueSubscriber) => Subscription {
    if (from !== undefined) throw invalidField('from', `is not of ${this.name}`);
    return (subscriber) => this.#follow(subscriber);
  }

  #follow(subscriber: VenueSubscriber): Subscription {
    this.followers.set(subscriber, undefined);
    if (this.source === undefined) {
      this.source = this.options.begin();
      void this.#make(this.source);
    } else this.#bring(subscriber);
    return { bring: () => this.#bring(subscriber), end: () => this.#leave(subscriber) };
  }

  #leave(subscriber: VenueSubscriber): void {
    this.followers.delete(subscriber);
    if (this.followers.size > 0 || this.source === undefined) return;
    clearTimeout(this.timer);
    this.source.end();
    this.source = undefined;
    this.newest = undefined;
  }

  async #make(source: ViewSource): Promise<void> {
    const startedMs = performance.now();
    try {
      const view = await source.read();
      if (this.source !== source) return;
      if (view !== undefined) {
        this.newest = new SharedMessage(JSON.stringify(view));
        for (const subscriber of this.followers.keys()) this.#bring(subscriber);
      }
    } catch (error) {
      this.options.onError(error as Error);
      if (this.source !== source) return;
    }
    const waitMs = Math.max(0, startedMs + this.options.everyMs - performance.now());
    this.timer = setTimeout(() => void this.#make(source), waitMs);
  }

  #bring(subscriber: VenueSubscriber): void {
    const { newest } = this;
    if (newest === undefined || this.followers.get(subscriber) === newest || subscriber.isCongested) return;
    this.followers.set(subscriber, newest);
    subscriber.sendShared(newest);
  }
}
