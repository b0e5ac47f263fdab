import type { LogReader } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** A delivered entry as a line of text, so that two can be compared whole. */
export function entryText(
  sequence: number,
  timeSeconds: number,
  timeNanos: number,
  payload: Uint8Array,
): string {
  return `${sequence} ${timeSeconds}.${String(timeNanos).padStart(9, '0')} ${Buffer.from(payload).toString('hex')}`;
}

/** For tests: keeps every entry that it gets, as text. */
export class RecordingReader implements LogReader {
  readonly entries: string[] = [];

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    this.entries.push(entryText(sequence, timeSeconds, timeNanos, words.u8.subarray(from * 4, to * 4)));
  }
}
