import type { Log, LogFollower } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { RecordingReader } from '#log/recording-reader.ts';

const IN_FLIGHT_MAX = 32;
/** Between two lots of new entries, so that what a test compares stays small. */
const PAUSE_MS = 5;
const WORDS_MAX = 64;

/**
 * A node as a log sees it: numbers its entries, keeps those that have not come back in order, and appends them again when their fate is in
 * doubt or one comes back too early. Keeps everything that it gets.
 */
export class LogDriver implements LogFollower {
  declare readonly node: number;
  declare readonly reader: RecordingReader;
  /** The last entry of its own that came back in order. */
  declare confirmed: number;
  declare private log: Log | undefined;
  declare private appended: number;
  declare private isGap: boolean;
  declare private timer: NodeJS.Timeout | undefined;
  declare private readonly entry: WordBuffer;

  constructor(node: number) {
    this.node = node;
    this.reader = new RecordingReader();
    this.confirmed = 0;
    this.log = undefined;
    this.appended = 0;
    this.isGap = false;
    this.timer = undefined;
    this.entry = WordBuffer.allocate(WORDS_MAX);
  }

  /** Appends entries from now on, every few milliseconds as many as may be in flight. */
  run(log: Log): void {
    this.log = log;
    this.timer = setInterval(() => this.#fill(), PAUSE_MS);
  }

  /** Appends no new ones. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** Appends no new ones; resolves when all that it has appended came back. */
  async drain(): Promise<void> {
    this.stop();
    await this.reader.when(() => this.confirmed === this.appended);
  }

  deliver(...entry: Parameters<LogFollower['deliver']>): void {
    this.reader.deliver(...entry);
    const [, , , words, from] = entry;
    if (words.i32[from] !== this.node) return;
    const number = words.i32[from + 1];
    if (number === this.confirmed + 1) this.confirmed = number;
    else if (number > this.confirmed) this.isGap = true;
  }

  onDelivered(): void {
    if (this.isGap) this.#repeat();
    this.isGap = false;
    this.reader.onDelivered();
  }

  onDoubt(): void {
    this.#repeat();
    this.reader.onDoubt();
  }

  onFailure(error: Error): void {
    this.reader.onFailure(error);
  }

  #fill(): void {
    while (this.appended - this.confirmed < IN_FLIGHT_MAX) this.#append(++this.appended);
    this.log?.commit();
  }

  #repeat(): void {
    for (let number = this.confirmed + 1; number <= this.appended; number++) this.#append(number);
    this.log?.commit();
  }

  /** An entry of one to three dozen words that follow from its node and number. */
  #append(number: number): void {
    const words = 2 + (Math.imul(number, 0x9e3779b1) >>> 27);
    const { i32 } = this.entry;
    for (let i = 2; i < words; i++) i32[i] = Math.imul(number + this.node, i);
    i32[0] = this.node;
    i32[1] = number;
    this.log?.append(this.entry, 0, words);
  }
}

/** What is wrong with what several readers got of one log, each from its first entry on; undefined: nothing. */
export function differenceOf(
  drivers: readonly LogDriver[],
  readers: readonly (readonly string[])[],
): string | undefined {
  const [first, ...others] = readers;
  for (const [i, entries] of others.entries()) {
    const length = Math.max(first.length, entries.length);
    for (let k = 0; k < length; k++) {
      if (first[k] !== entries[k])
        return `entry ${k + 1} of reader 1: ${first[k]}; of reader ${i + 2}: ${entries[k]}`;
    }
  }
  for (const { node, confirmed } of drivers) {
    let next = 1;
    for (const [k, entry] of first.entries()) {
      const [sequence, , hex] = entry.split(' ');
      if (Number(sequence) !== k + 1) return `entry ${k + 1} has sequence ${sequence}`;
      const bytes = Buffer.from(hex, 'hex');
      if (bytes.readInt32LE(0) === node && bytes.readInt32LE(4) === next) next++;
    }
    if (next <= confirmed)
      return `entry ${next} of node ${node} was confirmed and is not in the log in its place`;
  }
  return undefined;
}
