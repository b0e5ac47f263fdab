/** A stored message, as `FixStore.read` hands it over: valid until the next read. */
export interface StoredMessage {
  bytes: Uint8Array;
  /** MsgType is `bytes[typeFrom, typeTo)`, a SOH behind it. */
  typeFrom: number;
  typeTo: number;
  /** The fields behind the header are `bytes[from, to)`. */
  from: number;
  to: number;
  /** SendingTime of the first transmission, ms since the Unix epoch. */
  sendingTimeMs: number;
}

/**
 * What a FIX session must not forget: its two sequence numbers and the application messages that it sent. Synchronous.
 * What the calls since the last `flush` brought is stored by `flush`, which the session calls before what it wrote leaves.
 */
export interface FixStore {
  /** When the numbers began at 1, ms since the Unix epoch. */
  readonly createdMs: number;
  /** MsgSeqNum that the counterparty's next message should have. */
  readonly nextIncoming: number;
  /** MsgSeqNum of our next message. */
  readonly nextOutgoing: number;
  /**
   * The report of a stream, which is named by a number from 1, up to which everything was sent or need not be; -1: the
   * stream has not begun. A reset does not change it.
   */
  lastReport(stream: number): number;
  /** Reports of the stream up to this one need not be sent. */
  noteReport(stream: number, reportNumber: number): void;
  setNextIncoming(number: number): void;
  /** Uses `nextOutgoing` for a message that is not stored: one of the session layer. */
  skipOutgoing(): void;
  /**
   * Uses `nextOutgoing` for an application message, of which is kept: its MsgType with the SOH behind it,
   * `bytes[typeFrom, typeTo)`, and the fields behind the header, `bytes[from, to)`.
   * @param stream whose report it brings; 0: none
   * @param reportNumber of that report
   */
  append(
    sendingTimeMs: number,
    stream: number,
    reportNumber: number,
    bytes: Uint8Array,
    typeFrom: number,
    typeTo: number,
    from: number,
    to: number,
  ): void;
  /** The application message with the number; false when it was none, or is no longer there. */
  read(number: number, into: StoredMessage): boolean;
  /** Hands everything since the last time to the operating system. @throws FixStoreError */
  flush(): void;
  /** Both numbers begin at 1 again, and the messages go. @throws FixStoreError */
  reset(nowMs: number): void;
  /** Flushes and gives the files back. @throws FixStoreError */
  close(): void;
}

/** The store's files cannot be read or written. The session must not go on; its cause is the operating system's error. */
export class FixStoreError extends Error {
  override readonly name = 'FixStoreError';
  readonly code = 'FIX_STORE';
}
