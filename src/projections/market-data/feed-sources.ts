import type { FeedLog } from './feed-log.ts';
import type { MarketDataFeed } from './market-data-feed.ts';

/** What a gateway reads from: see `ItchSource` of the ITCH gateway, whose form this has. */
interface FeedSource {
  open(): FeedLog | string;
  subscribe(listener: () => void): () => void;
}

/** The feed's running session, live. */
export function liveSource(feed: MarketDataFeed): FeedSource {
  return {
    open: () => (feed.failure === undefined ? feed.session : feed.failure.message),
    subscribe: (listener) => feed.subscribe(listener),
  };
}

/** GLIMPSE: the book as it is at login or soon, as a session of its own that ends with End of Snapshot. */
export function glimpseSource(feed: MarketDataFeed): FeedSource {
  return {
    open: () => {
      try {
        return feed.snapshot();
      } catch (error) {
        if (feed.failure === undefined) throw error;
        return feed.failure.message;
      }
    },
    subscribe: (listener) => feed.subscribe(listener),
  };
}
