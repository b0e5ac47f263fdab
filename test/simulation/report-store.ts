import { EventType, Trade } from '#domain/events.ts';
import type { EventSink, ReportStore } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { ReportProgress } from '#projections/reports/report-reader.ts';

interface StoredRecord {
  readonly sequence: number;
  readonly words: WordBuffer;
}

const POLL_MS = 5;
/** How long a read waits for the archive to come to it. */
const WAIT_MS_MAX = 10_000;

/** The report numbers that the event at word `at` has, by user. */
export function* reportsOf(
  { i32, f64 }: WordBuffer,
  at: number,
): Generator<[userId: number, number: number]> {
  if ((i32[at] & 0xff) !== EventType.Trade) {
    const number = f64[(at + 8) >> 1];
    if (number !== 0) yield [i32[at + 6], number];
    return;
  }
  const field = Trade.at;
  for (const [user, place] of [
    [field.makerUserId, field.makerReportNumber],
    [field.takerUserId, field.takerReportNumber],
  ]) {
    const number = f64[(at + place) >> 1];
    if (number !== 0) yield [i32[at + user], number];
  }
}

/** Every event that reports to somebody, kept as an archive's files keep it. What a crash takes, the log brings again. */
export class SimulatedReportStore implements EventSink, ReportStore {
  /** By user, then by number. */
  readonly #records = new Map<number, StoredRecord[]>();
  readonly #sequence: () => number;
  readonly #progress: ReportProgress;

  /**
   * @param sequence of the entry whose events come
   * @param older what an earlier start kept, of entries up to `upTo`
   */
  constructor(
    sequence: () => number,
    progress: ReportProgress,
    older: SimulatedReportStore | undefined,
    upTo: number,
  ) {
    this.#sequence = sequence;
    this.#progress = progress;
    for (const [userId, records] of older === undefined ? [] : older.#records) {
      const kept: StoredRecord[] = [];
      records.forEach((record, number) => {
        if (record.sequence <= upTo) kept[number] = record;
      });
      this.#records.set(userId, kept);
    }
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      for (const [userId, number] of reportsOf(words, at)) this.#keep(userId, number, words, at);
    }
  }

  #keep(userId: number, number: number, words: WordBuffer, at: number): void {
    const size = words.i32[at] >>> 16;
    const copy = WordBuffer.allocate(size);
    copy.i32.set(words.i32.subarray(at, at + size));
    let records = this.#records.get(userId);
    if (records === undefined) {
      records = [];
      this.#records.set(userId, records);
    }
    records[number] = { sequence: this.#sequence(), words: copy };
  }

  async read(
    userId: number,
    from: number,
    to: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void> {
    let last: WordBuffer | undefined;
    let issuedSequence = -1;
    for (let number = from; number <= to; number++) {
      for (let waitedMs = 0; this.#records.get(userId)?.[number] === undefined; waitedMs += POLL_MS) {
        const { archivedSequence } = this.#progress;
        await Promise.resolve();
        if (issuedSequence === -1) issuedSequence = this.#progress.durableSequence;
        if (archivedSequence >= issuedSequence) throw new Error(`report ${number} is missing`);
        if (waitedMs > WAIT_MS_MAX) throw new Error(`report ${number} is not there yet`);
        await new Promise<void>((resolve) => setTimeout(resolve, POLL_MS));
      }
      const { words } = (this.#records.get(userId) as StoredRecord[])[number];
      if (last === undefined || !words.i32.every((word, i) => word === last?.i32[i])) onRecord(words, 0);
      last = words;
    }
  }
}
