/** Every bound of the WebSocket door. Those that are configured have their defaults in src/app/config. */
export const WebSocketLimits = {
  /** Bytes of one message, all its fragments together; more ends the connection with 1009. */
  MESSAGE_BYTES_MAX: 16 * 1024,
  /** Fragments of one message; more ends the connection with 1008. Each takes the thread as long as a message, and no rate limit counts it. */
  FRAGMENTS_MAX: 64,
  /** Connections of everybody, of those who have not proven who they are, and of one address (a /64 network of IPv6). */
  CONNECTIONS_MAX: 8_192,
  STRANGERS_MAX: 6_144,
  CONNECTIONS_PER_ADDRESS_MAX: 1_024,
  /** Connections that one user has proven itself on. */
  CONNECTIONS_PER_USER_MAX: 16,
  /** Channels that one connection follows. */
  SUBSCRIPTIONS_MAX: 256,
  /** Requests of one connection that wait for their answer. */
  WAITING_MAX: 256,
  /** Milliseconds of one turn of the event loop for the messages of all connections; later ones wait for the next turns. */
  TURN_MS: 10,
  /** Bytes of one connection's messages that wait for a turn: from there on it is not read. */
  INBOX_READ_BYTES: 512,
  /** Messages of it that wait, read at once: with one more, one is taken out of turn. */
  INBOX_MAX: 256,
  /** Characters of a request's id. */
  ID_CHARS_MAX: 36,
  /** How long a connection may stand that follows nothing and has not proven who it is. */
  IDLE_MS_MAX: 10_000,
  /** How often a connection is pinged; one from which nothing has come when the next ping is due is ended. */
  PING_MS: 20_000,
  /** Bytes that wait for a client to read: above it public data is held back and conflated. */
  HELD_BACK_BYTES: 256 * 1024,
  /** Bytes that wait for a client to read: above it the connection ends with 4002. */
  BUFFERED_BYTES_MAX: 2 * 1024 * 1024,
  /** Refused messages in a row, each over the rate limit, after which the connection ends with 4003. */
  OVER_RATE_MAX: 100,
  /** Pings and pongs of one connection between two looks at it; one more ends it with 4003. */
  CONTROL_FRAMES_PER_SWEEP_MAX: 100,
  /** How long before its end a proof of identity is said to be expiring. */
  EXPIRY_WARNING_MS: 60_000,
  /** How often the above are looked at. */
  SWEEP_MS: 1_000,
  /** How long a closed connection may take to say goodbye. */
  CLOSE_MS_MAX: 3_000,
  /** Trades of the first message, and of each that follows. */
  TRADES_FIRST_MAX: 50,
  TRADES_PER_MESSAGE_MAX: 500,
  /** Candles of one message. */
  CANDLES_PER_MESSAGE_MAX: 300,
  /** Subscribers of a channel that are sent to before the thread does something else. */
  SUBSCRIBERS_PER_SLICE: 256,
  /** Lines of the log in a second about sessions that began and ended, and as many about logins that were refused. */
  LOG_LINES_PER_SECOND_MAX: 50,
  /** Encoded messages that one channel keeps while nothing changes, for clients at different states. */
  UPDATES_KEPT_MAX: 16,
} as const;

/** The bounds, and what a test or a venue puts in their place. */
export type WebSocketLimits = { readonly [Name in keyof typeof WebSocketLimits]: number };
