/** Characters of a UTC timestamp with milliseconds: `YYYYMMDD-HH:MM:SS.sss`. */
export const TIMESTAMP_BYTES = 21;

const ZERO = 0x30;

/**
 * Writes UTC timestamps of FIX. Remembers the text of the last second, so that a message of the same second costs the three
 * digits of the millisecond and a copy.
 */
export class UtcText {
  declare private second: number;
  declare private readonly text: Uint8Array;

  constructor() {
    this.second = Number.NaN;
    this.text = new Uint8Array(TIMESTAMP_BYTES);
  }

  /** Writes the time `timeMs` (ms since the Unix epoch, an integer) to `target` at `at`; returns where it ends. */
  write(target: Uint8Array, at: number, timeMs: number): number {
    const { text } = this;
    const second = Math.floor(timeMs / 1_000);
    if (second !== this.second) {
      this.second = second;
      const iso = new Date(second * 1_000).toISOString();
      let to = 0;
      for (const char of `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 19)}.`) {
        text[to++] = char.charCodeAt(0);
      }
    }
    const ms = timeMs - second * 1_000;
    text[18] = ZERO + Math.floor(ms / 100);
    text[19] = ZERO + (Math.floor(ms / 10) % 10);
    text[20] = ZERO + (ms % 10);
    for (let i = 0; i < TIMESTAMP_BYTES; i++) target[at + i] = text[i];
    return at + TIMESTAMP_BYTES;
  }
}
