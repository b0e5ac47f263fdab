/** Times and bounds of the log on JetStream, in one place. All times are in milliseconds. */

/** Between two pings to the server. */
export const PING_INTERVAL_MS = 500;
/** Unanswered pings after which the server counts as gone: a frozen one is left within PING_INTERVAL_MS * (this + 2). */
export const PINGS_OUT_MAX = 2;
/** How long one server may take to accept a connection. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** Logins in a row that each server may refuse: what it says to those that it had let in when their password changes, and one. */
export const REFUSALS_MAX = 2;
/** Between two attempts to connect to the same server. */
export const RECONNECT_WAIT_MS = 100;
/** How long closing a connection may wait for its last bytes to leave; after that they are given up. */
export const FLUSH_TIMEOUT_MS = 100;

/** How long a request to JetStream's API may take before it is sent again. */
export const REQUEST_TIMEOUT_MS = 1_000;
/** How long the servers may take to change a stream. */
export const UPDATE_TIMEOUT_MS = 10_000;
/** How long the making of a stream, and the first questions about it, are repeated: an election takes up to 9 s. */
export const STREAM_READY_MS = 30_000;
/** How long a stream that was just made may be unknown to the server that is asked. */
export const STREAM_KNOWN_MS = 5_000;
/** First and longest wait between two attempts of the same thing. */
export const RETRY_MS_MIN = 50;
export const RETRY_MS_MAX = 250;

/** A consumer that has nothing to send says so this often; one that is silent for SILENT_TIMES_MAX such times is replaced. */
export const HEARTBEAT_MS = 500;
export const SILENT_TIMES_MAX = 3;
/** Consumers in a row that may leave out an entry that the stream's leader has: some seconds' worth. */
export const HOLES_MAX = 20;
/** How long the servers keep a consumer that nobody listens to. */
export const CONSUMER_IDLE_MS = 10_000;

/** How long a stream that ends before this node's copy is asked again: a leader that was just elected may not know its end yet. */
export const STREAM_BEHIND_MS = 5_000;
/** The same of a node that runs: its server may be cut off, with a leader that goes on to answer for 10 s. */
export const LOST_MS_MAX = 15_000;
/** An entry whose fate is not known after this time is in doubt. */
export const FATE_MS_MAX = 3_000;
/** How long servers may say that they have no room, through elections, before none of them has: each steps down from the lead when it says so. */
export const NO_ROOM_MS_MAX = 15_000;
/** In doubt, how long what the stream's leader has may be on its way while nothing comes: then the consumer is gone, or its server cut off from the leader. */
export const DELIVERY_MS_MAX = 100;
/** How long the leader may answer nothing, longer than any election, before another server is tried: this one may not reach it. */
export const LEADERLESS_MS_MAX = 10_000;
/** How often the age of entries, and whether what was acknowledged is delivered, is looked at. */
export const WATCH_MS = 250;
/** Every so many times, the stream's leader is asked who it is. */
export const LEADER_TICKS = 20;

/** Entries that may be published and not settled: a power of two, above every caller's own limit. */
export const PUBLISHED_MAX = 16_384;
/** The most bytes that one write to the copy takes: two of the largest entries fit. */
export const BATCH_BYTES_MAX = 272 * 1024;

/** The oldest server that is trusted: earlier ones acknowledged what they had not stored. */
export const SERVER_VERSION_MIN = '2.12.9';
