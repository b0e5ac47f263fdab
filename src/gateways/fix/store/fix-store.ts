/** Largest number that a store can expect next: records have 32 bits for it. */
export const NEXT_INCOMING_MAX = 2 ** 32 - 1;

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

/** What became of a `FixStore.read`. */
export const StoreRead = {
  Found: 0,
  /** It was no application message, or is no longer there. */
  None: 1,
  /** It has to be fetched: read again after `onReadable`. */
  Later: 2,
} as const;
export type StoreRead = (typeof StoreRead)[keyof typeof StoreRead];

/** What a store says when it could not say it at once. Never called within a call of the store. */
export interface FixStoreListener {
  /** `FixStore.stored` has grown. */
  onStored(): void;
  /** What `read` put off can be read now. */
  onReadable(): void;
  /** The session must not go on: nothing that was not stored may leave. The store is closed. */
  onFailed(error: FixStoreError): void;
}

/**
 * What a FIX session must not forget: its two sequence numbers and the application messages that it sent. The calls take
 * effect at once in memory; `flush` stores what they brought, and what the session wrote leaves when that is stored.
 */
export interface FixStore {
  /** When the numbers began at 1, ms since the Unix epoch. */
  readonly createdMs: number;
  /** MsgSeqNum that the counterparty's next message should have; at most NEXT_INCOMING_MAX. */
  readonly nextIncoming: number;
  /** MsgSeqNum of our next message. */
  readonly nextOutgoing: number;
  /** What `flush` answered up to this number is stored. */
  readonly stored: number;
  /** Who is told; a store has one listener. */
  listen(listener: FixStoreListener): void;
  /**
   * The report of a stream, which is named by a number from 1, up to which everything was sent or need not be; -1: the
   * stream has not begun. A reset does not change it.
   */
  lastReport(stream: number): number;
  /** Reports of the stream up to this one need not be sent. */
  noteReport(stream: number, reportNumber: number): void;
  /**
   * @param number MsgSeqNum of the counterparty's next message
   * @param oldestHeld first number whose effect is not safe yet: a session that is opened again begins there, and the
   * counterparty sends it once more. Not above `number`
   */
  setNextIncoming(number: number, oldestHeld: number): void;
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
  /** The application message with the number. @throws FixStoreError */
  read(number: number, into: StoredMessage): StoreRead;
  /**
   * Stores everything since the last time. What was written before may leave once `stored` is at least the answer: at once,
   * or after an `onStored`. @throws FixStoreError
   */
  flush(): number;
  /** Both numbers begin at 1 again, and the messages go. @throws FixStoreError */
  reset(nowMs: number): void;
  /** Flushes and gives back what the store holds. Resolves when that is done. Rejects with a FixStoreError. */
  close(): Promise<void>;
}

/** Where the sessions of a venue have their stores. */
export interface FixStores {
  /**
   * Opens the store of a session, and makes it where there is none. Whoever had it open before, on any node, can store nothing more.
   * @param nowMs what becomes `createdMs` of a new store
   * @throws FixStoreError
   */
  open(sessionId: string, nowMs: number): Promise<FixStore>;
  /** Ids of the sessions that have a store. @throws FixStoreError */
  sessionIds(): Promise<readonly string[]>;
}

/**
 * FIX_STORE: the store cannot be read or written; its cause says more.
 * FIX_SESSION_TAKEN: the session logged on elsewhere.
 */
export type FixStoreErrorCode = 'FIX_STORE' | 'FIX_SESSION_TAKEN';

/** The session must not go on with this store. */
export class FixStoreError extends Error {
  override readonly name = 'FixStoreError';
  declare readonly code: FixStoreErrorCode;

  constructor(message: string, options?: { cause?: unknown }, code: FixStoreErrorCode = 'FIX_STORE') {
    super(message, options);
    this.code = code;
  }
}
