/** Every bound of a SoupBinTCP server. Times are counted in ticks of `tickMs`. */
export interface SoupLimits {
  /** Period of the timer behind heartbeats and timeouts; 0: nobody calls `tick` but the owner (tests, simulation). */
  readonly tickMs: number;
  /** Longest payload of a client packet. */
  readonly payloadBytesMax: number;
  readonly connectionsMax: number;
  /** Connections that have not logged in: strangers leave room for members. */
  readonly strangersMax: number;
  /** Connections from one address, see `addressKey`. */
  readonly perAddressMax: number;
  /** Passwords being checked at a time: the threads that do it serve the log and the report files too. */
  readonly verificationsMax: number;
  /** Logins that wait for their check, no longer than `loginTicksMax`; one above is refused. */
  readonly verificationsWaitingMax: number;
  readonly loginTicksMax: number;
  /** Bytes that a client may send without a Login Request among them. */
  readonly strangerBytesMax: number;
  /** Without a byte from the client, or with a client that takes none. */
  readonly silentTicksMax: number;
  /** With a message that the door does not take. */
  readonly heldTicksMax: number;
  readonly closingTicksMax: number;
  /** Lines of the log about sessions of users, and as many about connections of strangers. */
  readonly logLinesPerSecondMax: number;
  /** Bytes that a session may have in its socket before it counts as a slow consumer. */
  readonly bufferedBytesMax: number;
  /** Bytes of an outgoing buffer. */
  readonly chunkBytes: number;
}

/** Heartbeats after 0.5 to 1 s without data, silence and stall 15 s, login and held messages 10 s. */
export const SOUP_LIMITS: SoupLimits = {
  tickMs: 500,
  payloadBytesMax: 1_024,
  connectionsMax: 1_024,
  strangersMax: 256,
  perAddressMax: 128,
  verificationsMax: 2,
  verificationsWaitingMax: 64,
  loginTicksMax: 20,
  strangerBytesMax: 4_096,
  silentTicksMax: 30,
  heldTicksMax: 20,
  closingTicksMax: 4,
  logLinesPerSecondMax: 50,
  bufferedBytesMax: 4 * 1024 * 1024,
  chunkBytes: 64 * 1024,
};
