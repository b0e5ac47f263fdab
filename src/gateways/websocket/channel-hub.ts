import type { InstrumentView, MarketViews, MarketViewsListener } from '#domain/market-views.ts';
import type { Feed } from './feed.ts';
import { PublicChannel } from './public-channel.ts';

export type AnyChannel = PublicChannel<unknown>;

/**
 * The public channels that somebody follows. What changed is sent at most once in `flushMs`: the first change after a
 * quiet time at once, what follows together.
 */
export class ChannelHub implements MarketViewsListener {
  /** Times that changed channels were sent. */
  declare flushes: number;
  declare private readonly views: MarketViews;
  declare private readonly flushMs: number;
  declare private readonly channels: Map<string, AnyChannel>;
  declare private readonly byInstrument: Map<number, Set<AnyChannel>>;
  declare private readonly changed: Set<AnyChannel>;
  declare private timer: NodeJS.Timeout | undefined;
  declare private flushedMs: number;
  declare private readonly unsubscribe: () => void;

  constructor(views: MarketViews, flushMs: number) {
    this.flushes = 0;
    this.views = views;
    this.flushMs = flushMs;
    this.channels = new Map();
    this.byInstrument = new Map();
    this.changed = new Set();
    this.timer = undefined;
    this.flushedMs = Number.NEGATIVE_INFINITY;
    this.unsubscribe = views.subscribe(this);
  }

  /** Channels that somebody follows. */
  get count(): number {
    return this.channels.size;
  }

  /** The channel that goes by `key`; where nobody follows it, a new one. */
  channel(key: string, instrument: InstrumentView, newFeed: () => Feed<unknown>): AnyChannel {
    return this.channels.get(key) ?? this.#open(key, instrument, this.#whileReady(newFeed()));
  }

  /** The feed, but that it has nothing to tell while the views begin anew: who waits gets it when they are whole. */
  #whileReady(feed: Feed<unknown>): Feed<unknown> {
    const update = (state: unknown) => (this.views.isReady ? feed.update(state) : undefined);
    return { changes: feed.changes, update };
  }

  onViewChange(instrument: InstrumentView, changes: number): void {
    const channels = this.byInstrument.get(instrument.terms.instrumentId);
    if (channels === undefined) return;
    for (const channel of channels) {
      if ((channel.feed.changes & changes) !== 0) this.#onChange(channel);
    }
  }

  /** Every state that clients have is of before: what it takes to get them to the new one, feeds know. */
  onViewRestart(): void {
    for (const channel of this.channels.values()) this.#onChange(channel);
  }

  close(): void {
    clearTimeout(this.timer);
    this.unsubscribe();
  }

  #open(key: string, instrument: InstrumentView, feed: Feed<unknown>): AnyChannel {
    const { instrumentId } = instrument.terms;
    const siblings = this.byInstrument.get(instrumentId) ?? new Set();
    const channel: AnyChannel = new PublicChannel(feed, () => {
      this.channels.delete(key);
      this.changed.delete(channel);
      siblings.delete(channel);
      if (siblings.size === 0) this.byInstrument.delete(instrumentId);
    });
    this.channels.set(key, channel);
    this.byInstrument.set(instrumentId, siblings.add(channel));
    return channel;
  }

  #onChange(channel: AnyChannel): void {
    channel.invalidate();
    this.changed.add(channel);
    if (this.timer !== undefined) return;
    const waitMs = Math.max(0, this.flushedMs + this.flushMs - performance.now());
    this.timer = setTimeout(() => this.#flush(), waitMs);
  }

  #flush(): void {
    this.timer = undefined;
    this.flushedMs = performance.now();
    this.flushes++;
    for (const channel of this.changed) channel.publish();
    this.changed.clear();
  }
}
