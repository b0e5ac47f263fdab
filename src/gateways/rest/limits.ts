/** Every bound of the HTTP door. */
export const HttpLimits = {
  /** Bytes of a request's line and headers together; more is answered with 431. */
  HEADER_BYTES_MAX: 16 * 1024,
  /** Header fields of one request; more is answered with 431. */
  HEADERS_MAX: 64,
  /** Bytes of a request's body; more is answered with 413. */
  BODY_BYTES_MAX: 64 * 1024,
  /** Characters of one part of a path that names something. */
  PATH_PARAMETER_CHARS_MAX: 64,
  /** For the client's part of the handshake of TLS; then the connection ends. */
  HANDSHAKE_MS_MAX: 10_000,
  /** From the connection, or the end of the request before, to the end of the headers; then 408. */
  HEADERS_MS_MAX: 10_000,
  /** To the end of the body; then 408. */
  REQUEST_MS_MAX: 20_000,
  /** How often Node looks for connections that are past these times. */
  TIMEOUT_CHECK_MS: 1_000,
  /** How long a connection may wait for its next request. */
  KEEP_ALIVE_MS_MAX: 60_000,
  /** Without a byte in either direction, as with a client that does not read its answer. */
  SILENCE_MS_MAX: 90_000,
  /** Requests of one connection; the last is answered with `Connection: close`. */
  REQUESTS_PER_CONNECTION_MAX: 1_000_000,
  /** Requests of one connection that have no answer yet; one more ends the connection with 503. */
  PIPELINED_MAX: 32,
  /** Answers of one connection that say that the rate limit is exceeded; the last of them ends it. */
  OVER_RATE_MAX: 100,
  /** Connections of one address (a /64 network of IPv6). */
  CONNECTIONS_PER_ADDRESS_MAX: 256,
  /** Connections over which nobody has proven yet who it is: strangers leave room for members. */
  STRANGERS_MAX: 4_096,
  /** Connections of everybody; one more is answered with 503. */
  CONNECTIONS_MAX: 8_192,
  /** Lines about requests in the log in a second, and as many about those that brought an id of their own; the others are counted. */
  LOG_LINES_PER_SECOND_MAX: 50,
  /** How often the files of TLS are looked at. */
  TLS_FILES_MS: 10_000,
  /** How long connections may take to get their last answers when the door closes. */
  CLOSE_MS_MAX: 5_000,
} as const;

/** The bounds, and what a test puts in their place. */
export type HttpLimits = { readonly [Name in keyof typeof HttpLimits]: number };
