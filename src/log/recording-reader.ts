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
  #waiting: (() => void)[] = [];

  /** Resolves when so many entries have come. */
  async until(count: number): Promise<void> {
    await this.when(() => this.entries.length >= count);
  }

  /** Resolves when the condition holds, which is looked at whenever it is told something. */
  async when(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #onChange(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  onDelivered(): void {
    this.batches++;
    this.#onChange();
  }

  onDoubt(): void {
    this.doubts++;
    this.#onChange();
  }

  onFailure(error: Error): void {
    this.failures.push(error);
    this.#onChange();
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
