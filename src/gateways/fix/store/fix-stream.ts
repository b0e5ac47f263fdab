/** A record of a session as the stream has it. */
export interface StreamRecord {
  /** Of the stream, which counts the records of all sessions: it grows with every record. From 1. */
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** Longest record: a batch closes before it would be longer. */
export const STREAM_RECORD_BYTES_MAX = 64 * 1024;
/** Newest batches of a session that the stream keeps, and as many of its claims. Messages in older batches can no longer be resent. */
export const STREAM_RECORDS_PER_SESSION = 16_384;
/**
 * The two kinds of records of a session, in one order, of which the stream forgets the oldest apart: so batches, of which there are many,
 * make no claim go, and who was frozen while they came still reads that the session was taken.
 */
export type StreamRecordKind = 'claim' | 'batch';

/**
 * Records of the venue's FIX sessions, replicated and in one order that every node sees. It promises that what can be read is durable and
 * keeps its place. Appending promises nothing: what was appended may be there once, twice, later, or never, whatever was
 * answered.
 *
 * All questions are answered by who leads the stream, from what a majority has. One who no longer leads may still answer, from
 * a beginning of the stream. They reject when nobody answers.
 */
export interface FixStream {
  /** Resolves when the record is said to be stored, rejects when that is not known. */
  append(sessionId: string, kind: StreamRecordKind, bytes: Uint8Array): Promise<void>;
  /** The session's first record, of either kind, at `sequence` or behind it. */
  next(sessionId: string, sequence: number): Promise<StreamRecord | undefined>;
  /** The session's newest record, of either kind. */
  last(sessionId: string): Promise<StreamRecord | undefined>;
  /** Ids of all sessions that have a record. */
  sessionIds(): Promise<readonly string[]>;
  /** Tells the other nodes that a session was claimed, so that its owner looks soon. May be lost. */
  announce(sessionId: string): void;
  /** Has `onClaim` called with the id of each session that another node, or this one, announces. */
  onAnnounced(onClaim: (sessionId: string) => void): void;
}
