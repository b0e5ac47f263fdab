import type { WordBuffer } from '#lib/word-buffer.ts';
import type { ArchiveAnswerOf, ArchiveQuery, ArchiveQuestion, Asker } from './history.ts';

/** Receives events as records in `words` from word `from` up to `to`. The memory is reused: copy what you keep. */
export interface EventSink {
  onEvents(words: WordBuffer, from: number, to: number): void;
}

/**
 * An event sink on a thread that reads the event ring. It gets an image first: events that describe what stands. When the
 * ring has overtaken the thread, it is told to begin anew, and gets another image.
 */
export interface FollowingSink extends EventSink {
  /** Events were lost: what this sink knows of standing state no longer holds. An image follows, in a while. */
  onRestart(): void;
  /** The image is whole: it stands after entry `sequence`, and the events of later entries follow. */
  onImage(sequence: number): void;
}

/**
 * Where gateways put commands. `reserve` returns the word offset of `sizeWords` zeroed words to fill, or -1
 * when this turn can take no more: answer the client with a transient refusal. The commands of one event-loop
 * turn become one log entry.
 */
export interface CommandSink {
  readonly words: WordBuffer;
  reserve(sizeWords: number): number;
}

/** The sink of the order path's own thread. */
export interface TurnSink extends CommandSink {
  /** Whether this turn can take so many more commands, of `sizeWords` together. */
  hasRoom(commands: number, sizeWords: number): boolean;
}

/** Names the gateway sessions of a node: a name is given once since the node started, whichever thread asks. */
export interface SessionNames {
  /** 1 to 65,535. */
  readonly nodeId: number;
  /** From 1, 32 bits: the `sessionId` of an OpenSession. */
  nextSessionId(): number;
}

/** Wall-clock time for stamping log entries: seconds since the Unix epoch and nanoseconds within the second. */
export interface Clock {
  read(): void;
  seconds: number;
  nanos: number;
}

/** What gets entries of a log: one call each, durable, in sequence order. The memory is valid during the call. */
export interface LogReader {
  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void;
}

/** The reader that a log delivers to as entries become durable. */
export interface LogFollower extends LogReader {
  /** What became durable together has been delivered: once for each commit, or for what the network brought together. */
  onDelivered(): void;
  /**
   * Nobody knows whether entries that were committed and not delivered are in the log, and it takes entries again: append
   * them once more, the same bytes in the same order. Never called by an embedded log.
   */
  onDoubt(): void;
  /**
   * The log has ended between two calls: with the LogUnavailableError that every call throws from now on, or with what
   * `deliver` threw. Never called by an embedded log, whose `commit` throws.
   */
  onFailure(error: Error): void;
}

/** SUPERSEDED: another process appends as the same node. */
export type LogUnavailableCode = 'DISK_FULL' | 'IO_ERROR' | 'CLOSED' | 'SUPERSEDED';

/** The log stopped taking entries: nothing more will be acknowledged until it is opened again. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
  declare readonly code: LogUnavailableCode;

  constructor(code: LogUnavailableCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Stored bytes are not what was written. Names the file and the offset. */
export class LogCorruptError extends Error {
  override readonly name = 'LogCorruptError';
  readonly code = 'LOG_CORRUPT';
  declare readonly file: string;
  declare readonly offset: number;

  constructor(file: string, offset: number, message: string) {
    super(message);
    this.file = file;
    this.offset = offset;
  }
}

/** Entries that a reader asks for, or had still to get, were truncated away behind a snapshot. */
export class LogTruncatedError extends Error {
  override readonly name = 'LogTruncatedError';
  readonly code = 'LOG_TRUNCATED';
  /** First entry that is still there. */
  declare readonly firstSequence: number;

  constructor(sequence: number, firstSequence: number) {
    super(
      `entry ${sequence} is asked for, but the log begins with entry ${firstSequence}: those before were removed behind a snapshot. Begin with entry ${firstSequence} or later, or use a copy of the log`,
    );
    this.firstSequence = firstSequence;
  }
}

/**
 * The one totally ordered, durable log. Sequences are consecutive from 1.
 *
 * `append` takes an entry (words `from` up to `to`; the log copies what it needs before it returns). `commit` ends the
 * event-loop turn: everything appended becomes durable together and is then handed to the follower, in order, each entry
 * once. An embedded log delivers before `commit` returns. A replicated log delivers later; an entry that was committed
 * may be lost, or be in the log twice when it was appended again (`LogFollower.onDoubt`). After the first failure nothing
 * is delivered and every call throws LogUnavailableError; reading stays possible.
 */
export interface Log {
  /** Whether `commit` delivers before it returns, so that nothing is ever in doubt. */
  readonly isEmbedded: boolean;
  readonly firstSequence: number;
  /** Last durable sequence; 0 when empty. */
  readonly lastSequence: number;
  append(words: WordBuffer, from: number, to: number): void;
  commit(): void;
  /** Hands entries `fromSequence`..`toSequence` (default: the last durable one) to `reader`. @throws LogCorruptError */
  read(fromSequence: number, reader: LogReader, toSequence?: number): void;
  /** Forgets entries before `beforeSequence`, as far as whole segments allow. */
  truncate(beforeSequence: number): void;
  close(): void;
}

/** Answers of the archive thread about accounts and history. */
export interface ArchiveQueries {
  /**
   * Resolves when the archive has applied the log up to `atSequence` (the asker's newest report, say; 0: as it is), with
   * the answer and the sequence after which it stands; an archive that keeps up has taken what was durable when it was asked, too. Askers take turns: whoever asks much waits behind itself. `completeFrom`: of history, the first entry from which on it lacks nothing; absent: it has all.
   * @param isEnough what came after `atSequence` does not matter: the answer may lack it, and comes without a step of the archive
   * @throws ArchiveRefusedError
   */
  ask<Type extends ArchiveQuestion>(
    query: ArchiveQuery<Type>,
    atSequence: number,
    asker?: Asker,
    isEnough?: boolean,
  ): Promise<{
    readonly sequence: number;
    readonly completeFrom?: number;
    readonly result: ArchiveAnswerOf<Type>;
  }>;
}

/** Where reports are that a gateway no longer has in memory: everything the log ever said to a user. */
export interface ReportStore {
  /**
   * Hands over the event records that report `fromReportNumber`..`toReportNumber` to the user, in log order: each is
   * the whole event at word `at`, valid during the call. A trade with itself, where both sides are the user, is one
   * record with two numbers. Resolves when all were handed over; a store that lags behind the log waits until it has
   * them. @throws Error when they are not to be had.
   */
  read(
    userId: number,
    fromReportNumber: number,
    toReportNumber: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void>;
}
