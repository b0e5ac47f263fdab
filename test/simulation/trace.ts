/** A checker found something wrong. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
}

const KEPT_LINES = 60;

/** What happened in a run, in order: a hash of all of it, and the last lines as text. */
export class Trace {
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;
  #lineCount = 0;

  /** @param now virtual time in microseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(...parts: readonly (string | number)[]): void {
    const line = `${(this.#now() / 1_000).toFixed(3)} ${parts.join(' ')}`;
    for (let i = 0; i < line.length; i++) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193);
    this.#lines[this.#lineCount++ % KEPT_LINES] = line;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** Events so far. */
  get length(): number {
    return this.#lineCount;
  }

  /** The last events, oldest first. */
  get tail(): string[] {
    const from = Math.max(0, this.#lineCount - KEPT_LINES);
    return Array.from({ length: this.#lineCount - from }, (_, i) => this.#lines[(from + i) % KEPT_LINES]);
  }
}
