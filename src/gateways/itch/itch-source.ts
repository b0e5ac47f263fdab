/**
 * One session of numbered messages as a gateway reads it: frames (two-byte big-endian length, message) at byte
 * offsets. Any number of readers read at their own pace; what they have not read costs no memory.
 */
export interface ItchStream {
  /** At most ten characters. */
  readonly session: string;
  /** Whether it is a snapshot, of use only from its first message on; it may still grow to its end. */
  readonly isSnapshot: boolean;
  /** Number of the newest message that can be read; 0 none. */
  readonly readableSequence: number;
  /** No message will follow. */
  readonly ended: boolean;
  /** Where the frame of message `sequence` begins, for 1 to `readableSequence + 1`. */
  offsetOf(sequence: number): number;
  /** Copies bytes from `offset` into `target`, the last frame perhaps cut, and returns how many. @throws Error when the storage fails. */
  readAt(offset: number, target: Uint8Array): number;
  /** Keeps the stream readable until `release`. */
  retain(): void;
  release(): void;
}

/** Where the sessions come from. */
export interface ItchSource {
  /** The stream for a login that comes now, or why there is none. */
  open(): ItchStream | string;
  /** Calls `listener` when streams have new messages or ended; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}
