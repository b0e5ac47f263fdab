/** Bounds of the dialect beside those of the HTTP and WebSocket doors. */
export const BinanceLimits = {
  /** Streams that one connection follows, as Binance has it. */
  STREAMS_MAX: 1_024,
  /** Streams that one message names. */
  STREAMS_PER_MESSAGE_MAX: 200,
  /** How long a listen key is good unless it is renewed. */
  LISTEN_KEY_MS: 3_600_000,
  /** User data streams that one connection follows, and one user on all of its connections. */
  USER_STREAMS_PER_CONNECTION_MAX: 4,
  USER_STREAMS_PER_USER_MAX: 64,
  /** Milliseconds between two messages of the streams of that pace. */
  FAST_MS: 20,
  MEDIUM_MS: 100,
  SLOW_MS: 1_000,
} as const;
