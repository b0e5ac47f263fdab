/** Connections of a venue that configures no other number. */
export const FIX_CONNECTIONS_MAX = 1_024;

/** Longest value of a counterparty that our messages repeat: a name of the Logon, a route, a TestReqID. */
export const REPEATED_BYTES_MAX = 128;

/** Every bound of the FIX door; connections themselves its listener bounds. Times in ms; HeartBtInt in seconds as on the wire. */
export interface FixLimits {
  /** Period of the timer behind heartbeats and timeouts; 0: nobody calls `tick` but the owner (tests, simulation). */
  readonly tickMs: number;
  /** From connecting to an accepted Logon, the check of the password included. */
  readonly logonTimeoutMs: number;
  /** Longest message before the Logon is accepted. */
  readonly logonBytesMax: number;
  /** Longest message, in and out; one that goes out has its header besides. */
  readonly messageBytesMax: number;
  readonly fieldsMax: number;
  readonly groupEntriesMax: number;
  readonly groupDepthMax: number;
  readonly heartBtIntSecondsMin: number;
  readonly heartBtIntSecondsMax: number;
  /** How far SendingTime may be from our clock, either way. */
  readonly sendingTimeToleranceMs: number;
  /** For the answer to our Logout; then the connection is closed. */
  readonly logoutTimeoutMs: number;
  /** Lines of the log about sessions, and as many about connections of strangers. */
  readonly logLinesPerSecondMax: number;
  /** For the counterparty to close after we have. */
  readonly closingTimeoutMs: number;
  /** Without a byte taken by a counterparty that has some waiting. */
  readonly stalledTimeoutMs: number;
  /** With a message that the application does not take. */
  readonly heldTimeoutMs: number;
  /** For the messages that a Resend Request of ours asks for; then it is sent again. */
  readonly resendTimeoutMs: number;
  /** Resend Requests for one gap; then the session is logged out. */
  readonly resendRequestsMax: number;
  /** Messages behind a gap that are kept until it is filled, and their bytes; what does not fit is asked for again. */
  readonly earlyMessagesMax: number;
  readonly earlyBytesMax: number;
  /** Bytes that a connection may have waiting before it counts as a slow consumer. */
  readonly bufferedBytesMax: number;
  /** Bytes of an outgoing buffer; not less than `outgoingBytesMax`. */
  readonly chunkBytes: number;
}

export const FIX_LIMITS: FixLimits = {
  tickMs: 200,
  logonTimeoutMs: 10_000,
  logonBytesMax: 2_048,
  messageBytesMax: 16_384,
  fieldsMax: 1_024,
  groupEntriesMax: 128,
  groupDepthMax: 3,
  heartBtIntSecondsMin: 1,
  heartBtIntSecondsMax: 3_600,
  sendingTimeToleranceMs: 120_000,
  logoutTimeoutMs: 2_000,
  logLinesPerSecondMax: 50,
  closingTimeoutMs: 2_000,
  stalledTimeoutMs: 15_000,
  heldTimeoutMs: 10_000,
  resendTimeoutMs: 30_000,
  resendRequestsMax: 3,
  earlyMessagesMax: 1_024,
  earlyBytesMax: 262_144,
  bufferedBytesMax: 4 * 1024 * 1024,
  chunkBytes: 64 * 1024,
};

/** Fields of a header but for the names in it, with 43 and 122 of a message that is sent again. */
const HEADER_BYTES_MAX = 256;

/**
 * Room for the longest message that goes out. Its fields are no longer than a message may be, and the names in its header no longer
 * than a Logon, which has them: a Logon whose names are too long is answered, too.
 */
export function outgoingBytesMax({ messageBytesMax, logonBytesMax }: FixLimits): number {
  return messageBytesMax + logonBytesMax + HEADER_BYTES_MAX;
}
