import { EntryFault, validateEntry } from '#codec/log/validate-entry.ts';
import { AddInstrument, CommandType } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { byteAt } from '#domain/layout.ts';
import type { LogReader } from '#domain/ports.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { listSnapshots, readColumn, readManifest, SnapshotError } from '#replica/snapshot-file.ts';
import { isBehindRange, type RecordRange } from './record-range.ts';

const STEP_BYTES = 1024 * 1024;
const SYMBOL = byteAt(AddInstrument, 'symbol');
const SYMBOL_BYTES = 8;

export interface InstrumentSearchOptions {
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly logId: string;
  readonly range: RecordRange;
  /** First and last entry of the log. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * Whether the venue can have an instrument of this symbol up to the range's end, as far as that is known without applying the log: it has none where
 * the newest snapshot has none, as instruments are never removed, and no command behind it adds one. @throws LogCorruptError, LogTruncatedError
 */
export function canHaveInstrument(symbol: string, options: InstrumentSearchOptions): boolean {
  const { snapshotDirectory, logId, firstSequence } = options;
  for (const { path, sequence } of listSnapshots(snapshotDirectory)) {
    // What lies between it and the log is not there to be searched.
    if (sequence + 1 < firstSequence) break;
    const symbols = symbolsIn(path, logId);
    if (symbols === undefined) continue;
    return symbols.includes(symbol) || mayBeAdded(symbol, sequence + 1, options);
  }
  return true;
}

/** Symbols of a snapshot's instruments; undefined: it cannot be used. */
function symbolsIn(path: string, logId: string): string[] | undefined {
  try {
    if (readManifest(path).logId !== logId) return undefined;
    const bytes = readColumn(path, 'instruments', 'symbol');
    if (bytes === undefined) return undefined;
    return Array.from({ length: bytes.length / SYMBOL_BYTES }, (_, row) =>
      paddedTextOf(bytes, row * SYMBOL_BYTES, (row + 1) * SYMBOL_BYTES),
    );
  } catch (error) {
    // Where records begin with it, it is said there; a node that runs beside may have removed it.
    if (error instanceof SnapshotError || (error instanceof Error && 'syscall' in error)) return undefined;
    throw error;
  }
}

function mayBeAdded(
  symbol: string,
  fromSequence: number,
  { logDirectory, logId, range, lastSequence }: InstrumentSearchOptions,
): boolean {
  const tail = new LogTail({ directory: logDirectory, logId: new LogId(logId), fromSequence });
  const search = new InstrumentSearch(symbol, range);
  const end = Math.min(lastSequence, range.toSequence ?? lastSequence);
  try {
    while (!search.isOver && tail.poll(search, end, STEP_BYTES) > 0);
  } finally {
    tail.close();
  }
  return search.mayBeAdded;
}

/** Looks for a command that adds the instrument, accepted or not. */
class InstrumentSearch implements LogReader {
  declare mayBeAdded: boolean;
  declare isOver: boolean;
  declare private readonly symbol: string;
  declare private readonly range: RecordRange;

  constructor(symbol: string, range: RecordRange) {
    this.mayBeAdded = false;
    this.isOver = false;
    this.symbol = symbol;
    this.range = range;
  }

  deliver(
    sequence: number,
    seconds: number,
    nanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    if (this.isOver) return;
    if (isBehindRange(this.range, sequence, { seconds, nanos })) this.isOver = true;
    // What an entry of another build does is not known, and is said where it is applied.
    else if (validateEntry(words, from, to) !== EntryFault.None || this.#adds(words, from, to)) {
      this.mayBeAdded = true;
      this.isOver = true;
    }
  }

  #adds({ i32, u8 }: WordBuffer, from: number, to: number): boolean {
    for (let at = from + ENTRY_HEADER_WORDS; at < to; at += i32[at] >>> 16) {
      if ((i32[at] & 255) !== CommandType.AddInstrument) continue;
      const text = at * WORD_BYTES + SYMBOL;
      if (paddedTextOf(u8, text, text + SYMBOL_BYTES) === this.symbol) return true;
    }
    return false;
  }
}
