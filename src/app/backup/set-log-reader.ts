import { BackupError } from '#codec/backup/backup-error.ts';
import type { ManifestObject } from '#codec/backup/manifest.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { LogReader } from '#domain/ports.ts';
import { LogId } from '#log/file/format.ts';
import { RecordParser } from '#log/file/record-parser.ts';
import type { BackupSet } from './backup-set.ts';
import { LogCover, type PieceUse } from './log-cover.ts';

/** How often a piece that its node has replaced meanwhile may send us back to the list. */
const RELISTS_MAX = 10;

/** Reads a log out of a backup set, entry by entry. */
export class SetLogReader {
  /** The next entry to be handed out. */
  declare nextSequence: number;
  /** Bytes of pieces that were read. */
  declare bytes: number;
  declare private readonly set: BackupSet;
  declare private readonly expected: ReadonlyMap<string, ManifestObject>;
  declare private readonly id: LogId;

  /** @param expected what a manifest says of pieces: those are checked against it */
  constructor(
    set: BackupSet,
    fromSequence: number,
    expected: ReadonlyMap<string, ManifestObject> = new Map(),
  ) {
    this.set = set;
    this.nextSequence = fromSequence;
    this.bytes = 0;
    this.expected = expected;
    this.id = new LogId(set.logId);
  }

  /**
   * Hands out the entries of `chain`. Where a piece is gone because its node has put a larger one in its place, goes on with that.
   * @param afterPiece called after each piece; false ends the reading
   * @throws BackupError, LogCorruptError
   */
  async read(chain: readonly PieceUse[], reader: LogReader, afterPiece: () => boolean): Promise<void> {
    let uses = chain;
    for (let relists = 0; ; relists++) {
      try {
        for (const use of uses) {
          await this.#readPiece(use, reader);
          if (!afterPiece()) return;
        }
        return;
      } catch (error) {
        const isGone = error instanceof BackupError && error.code === 'MISSING';
        if (!isGone || relists === RELISTS_MAX) throw error;
        const again = (await LogCover.of(this.set)).chain(this.nextSequence, chain.at(-1)?.lastSequence);
        if (again[0] === undefined || again[0].piece.name === missingOf(uses, this.nextSequence)) throw error;
        uses = again;
      }
    }
  }

  async #readPiece({ piece, lastSequence }: PieceUse, reader: LogReader): Promise<void> {
    const parser = new RecordParser(`${this.set.target.place}: ${piece.name}`, this.id, piece.firstSequence);
    const wanted: LogReader = {
      deliver: (sequence, timeSeconds, timeNanos, words, from, to) => {
        if (sequence < this.nextSequence || sequence > lastSequence) return;
        this.nextSequence = sequence + 1;
        reader.deliver(sequence, timeSeconds, timeNanos, words, from, to);
      },
    };
    for await (const bytes of this.set.get(piece.name, this.expected.get(piece.name))) {
      this.bytes += bytes.length;
      parser.push(bytes, wanted);
    }
    parser.end(piece.lastSequence);
  }
}

/** The piece of the chain that has entry `sequence`. */
function missingOf(uses: readonly PieceUse[], sequence: number): string | undefined {
  return uses.find((use) => use.firstSequence <= sequence && use.lastSequence >= sequence)?.piece.name;
}

/** State hashes that a core must have after certain entries. */
export class HashCheck {
  declare private readonly expected: ReadonlyMap<number, string>;

  constructor(expected: ReadonlyMap<number, string>) {
    this.expected = expected;
  }

  /** @throws BackupError DAMAGED */
  check({ sequence, stateHash }: TradingCore): void {
    const expected = this.expected.get(sequence);
    if (expected === undefined || expected === stateHash) return;
    throw new BackupError(
      'DAMAGED',
      `the state after entry ${sequence} is ${stateHash}, the backup says ${expected}: it was made by a node that had diverged, or by another build. Use another backup`,
    );
  }
}
