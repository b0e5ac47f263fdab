/** Hashes of each ring; a hash has four words. */
const HASHES = 4096;
const WORDS_AT = 256;
/** Of every so manieth entry the hash stays for as many times longer. A hash is of all entries up to its own, so one vouches for those before. */
export const MARK_EVERY = 256;
/** Of which entries each ring has the hash. */
const EVERY = [1, MARK_EVERY, MARK_EVERY ** 2] as const;
const BOARD_BYTES = WORDS_AT + EVERY.length * HASHES * 16;

/** Positions of the board's numbers. Each is written by one thread only. */
const Cell = {
  durableSequence: 0,
  archivedSequence: 1,
  snapshotSequence: 2,
  divergedSequence: 3,
  agreedSequence: 4,
  backedUpSequence: 5,
  isFetchingReports: 6,
  isOutvoted: 7,
} as const;

/** Word of the board's head, in a cache line of its own, that publishes `durableSequence`: its low 32 bits. */
const PUBLISHED = 32;

/** Shared memory for a node's board. */
export function boardMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BOARD_BYTES);
}

/**
 * What a node's threads tell each other without messages: how far each is, and the order path's state hash at the
 * last 4,096 entries, at every 256th of the last million and every 65,536th of the last 268 million, against which the archive thread checks its own.
 */
export class StatusBoard {
  declare private readonly numbers: Float64Array;
  declare private readonly head: Int32Array;
  declare private readonly words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.numbers = new Float64Array(memory, 0, WORDS_AT / 8);
    this.head = new Int32Array(memory, 0, WORDS_AT / 4);
    this.words = new Int32Array(memory, WORDS_AT);
  }

  /** Order path: the entry is durable and applied, with this hash after it. */
  publish(sequence: number, hashHigh: number, hashLow: number): void {
    for (let ring = 0; ring < EVERY.length && sequence % EVERY[ring] === 0; ring++)
      this.#store(wordOf(ring, sequence), sequence, hashHigh, hashLow);
    this.durableSequence = sequence;
  }

  #store(at: number, sequence: number, hashHigh: number, hashLow: number): void {
    Atomics.store(this.words, at, 0);
    // Plain stores could be seen before the 0: a reader would take them for the hash of the entry before, and the two cores for different.
    Atomics.store(this.words, at + 1, hashHigh);
    Atomics.store(this.words, at + 2, hashLow);
    Atomics.store(this.words, at, sequence | 0);
  }

  /** Whether the order path's hash after `sequence` was this one; undefined when it is no longer on the board. */
  matches(sequence: number, hashHigh: number, hashLow: number): boolean | undefined {
    for (let ring = 0; ring < EVERY.length && sequence % EVERY[ring] === 0; ring++) {
      const isEqual = this.#matchesAt(wordOf(ring, sequence), sequence, hashHigh, hashLow);
      if (isEqual !== undefined) return isEqual;
    }
    return undefined;
  }

  /** The next entry behind `sequence` whose hash stays for long: one that is still there, however far that is behind. */
  markAfter(sequence: number): number {
    const every = this.durableSequence - sequence < HASHES * EVERY[1] ? EVERY[1] : EVERY[2];
    return sequence - (sequence % every) + every;
  }

  #matchesAt(at: number, sequence: number, hashHigh: number, hashLow: number): boolean | undefined {
    if (Atomics.load(this.words, at) !== (sequence | 0)) return undefined;
    const isEqual =
      Atomics.load(this.words, at + 1) === hashHigh && Atomics.load(this.words, at + 2) === hashLow;
    return Atomics.load(this.words, at) === (sequence | 0) ? isEqual : undefined;
  }

  /**
   * Last entry that the order path has made durable and applied. Who sees it also sees what was written before it, the events in the ring
   * above all. A plain store gives no such promise: ECMAScript's memory model orders it with no atomic one of the same thread, and
   * neither does ARM, where it may be seen before a store-release that it follows. So an atomic store of the low 32 bits publishes; a
   * reader who has loaded those finds the number at least as new, and takes from it what they lack.
   */
  get durableSequence(): number {
    const low = Atomics.load(this.head, PUBLISHED);
    const newest = this.numbers[Cell.durableSequence];
    return newest - ((newest - low) >>> 0);
  }

  set durableSequence(sequence: number) {
    this.numbers[Cell.durableSequence] = sequence;
    Atomics.store(this.head, PUBLISHED, sequence | 0);
  }

  /** Last entry that the archive thread has applied. */
  get archivedSequence(): number {
    return this.numbers[Cell.archivedSequence];
  }

  set archivedSequence(sequence: number) {
    this.numbers[Cell.archivedSequence] = sequence;
  }

  /** Sequence of the newest snapshot. */
  get snapshotSequence(): number {
    return this.numbers[Cell.snapshotSequence];
  }

  set snapshotSequence(sequence: number) {
    this.numbers[Cell.snapshotSequence] = sequence;
  }

  /** Newest entry of which the order path knows that a majority of the cluster's nodes has its state; Infinity where there is no cluster. */
  get agreedSequence(): number {
    return this.numbers[Cell.agreedSequence];
  }

  set agreedSequence(sequence: number) {
    this.numbers[Cell.agreedSequence] = sequence;
  }

  /** First entry after which the two cores differed; 0 when they never did. */
  get divergedSequence(): number {
    return this.numbers[Cell.divergedSequence];
  }

  set divergedSequence(sequence: number) {
    this.numbers[Cell.divergedSequence] = sequence;
  }

  /** Whether most nodes of the cluster have another state: nothing of this node is to be kept as the venue's. For good. */
  get isOutvoted(): boolean {
    return this.numbers[Cell.isOutvoted] === 1;
  }

  set isOutvoted(isOutvoted: boolean) {
    this.numbers[Cell.isOutvoted] = isOutvoted ? 1 : 0;
  }

  /** Last entry that the continuous backup no longer needs the log for; Infinity where there is none. */
  get backedUpSequence(): number {
    return this.numbers[Cell.backedUpSequence];
  }

  set backedUpSequence(sequence: number) {
    this.numbers[Cell.backedUpSequence] = sequence;
  }

  /** Whether the archive thread asks other nodes for reports that this one lacks, and has not heard yet that nobody has them. */
  get isFetchingReports(): boolean {
    return this.numbers[Cell.isFetchingReports] !== 0;
  }

  set isFetchingReports(isFetching: boolean) {
    this.numbers[Cell.isFetchingReports] = isFetching ? 1 : 0;
  }
}

/** Word at which a ring has the hash of an entry. */
function wordOf(ring: number, sequence: number): number {
  return (ring * HASHES + ((sequence / EVERY[ring]) % HASHES)) * 4;
}
