import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/**
 * Where a replay sends its commands: a venue with nothing in it, whose log delivers in process, so that the events
 * of a command are known before the next one is sent.
 */
export interface ReplayTarget {
  /**
   * Runs one command record (words `from` up to `to`) at the recorded time (seconds since the Unix epoch and
   * nanoseconds within the second) and hands its event records to `events` before it returns. Recorded times may
   * repeat or step back; the venue clamps them as it does the log's.
   */
  submit(
    words: WordBuffer,
    from: number,
    to: number,
    timeSeconds: number,
    timeNanos: number,
    events: EventSink,
  ): void;

  /** The core's rolling state hash after the last command, as 16 hexadecimal digits. */
  stateHash(): string;
}
