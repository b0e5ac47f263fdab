import type { LogFollower } from '#domain/ports.ts';
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

/** For tests and tools: a follower that minds the entries alone. */
export function followerOf(deliver: LogFollower['deliver'] = () => {}): LogFollower {
  return { deliver, onDelivered: () => {}, onDoubt: () => {}, onFailure: () => {} };
}

/** For tests: keeps every entry that it gets, as text, and counts what else it is told. */
export class RecordingReader implements LogFollower {
  readonly entries: string[] = [];
  batches = 0;
  doubts = 0;
  readonly failures: Error[] = [];

  onDelivered(): void {
    this.batches++;
  }

  onDoubt(): void {
    this.doubts++;
  }

  onFailure(error: Error): void {
    this.failures.push(error);
  }

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
