import { type PieceName, parseForkName, parsePieceName } from '#codec/backup/object-names.ts';
import type { BackupSet } from './backup-set.ts';
import type { TargetObject } from './backup-target.ts';

/** A piece of the log as it lies in a target. */
export interface LogPiece extends PieceName {
  readonly name: string;
  readonly bytes: number;
  /** Whether its node may replace it by a larger one. */
  readonly isLive: boolean;
}

/** A piece of which entries `firstSequence`..`lastSequence` are used. */
export interface PieceUse {
  readonly piece: LogPiece;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

interface Fork {
  readonly line: number;
  readonly afterSequence: number;
}

/**
 * Which entries of a log a target has, in which pieces. Where the log was restored and goes on elsewhere (a line of its own),
 * what older lines have behind that point is of a history that was given up, and does not count.
 */
export class LogCover {
  declare private readonly pieces: readonly LogPiece[];
  declare private readonly forks: readonly Fork[];

  private constructor(pieces: readonly LogPiece[], forks: readonly Fork[]) {
    this.pieces = pieces;
    this.forks = forks;
  }

  /** Of the objects of a set; those that are no part of a log do not matter. */
  static ofObjects(objects: readonly TargetObject[]): LogCover {
    const pieces: LogPiece[] = [];
    for (const { name, bytes } of objects) {
      const piece = parsePieceName(name);
      if (piece !== undefined) pieces.push({ ...piece, name, bytes });
    }
    pieces.sort((a, b) => a.firstSequence - b.firstSequence || a.lastSequence - b.lastSequence);
    return new LogCover(
      pieces,
      objects.map(({ name }) => parseForkName(name)).filter((fork) => fork !== undefined),
    );
  }

  static async of(set: BackupSet): Promise<LogCover> {
    const objects: TargetObject[] = [];
    // One after the other: a live piece that is gone by now is in one of `log/`, a piece of a line came after its fork.
    for (const prefix of ['live/', 'log/', 'lines/']) objects.push(...(await set.list(prefix)));
    return LogCover.ofObjects(objects);
  }

  /** The newest history that the target knows of. */
  get newestLine(): number {
    return Math.max(0, ...this.forks.map(({ line }) => line));
  }

  /** Last entry that all histories have in common; Infinity when there is one. */
  get commonEnd(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.forks.map(({ afterSequence }) => afterSequence));
  }

  /** Last entry that counts of a line. */
  limitOf(line: number): number {
    let limit = Number.POSITIVE_INFINITY;
    for (const fork of this.forks) if (fork.line > line) limit = Math.min(limit, fork.afterSequence);
    return limit;
  }

  /** First entry of the oldest piece; 0 when there is none. */
  get firstSequence(): number {
    return this.pieces[0]?.firstSequence ?? 0;
  }

  /** Last entry that counts, whether there are gaps before it or not; 0 when there is none. */
  get lastSequence(): number {
    const ends = this.pieces.map(({ line, lastSequence }) => Math.min(lastSequence, this.limitOf(line)));
    return ends.reduce((last, end) => Math.max(last, end), 0);
  }

  /** Only the pieces that stay. */
  withoutLive(): LogCover {
    return new LogCover(
      this.pieces.filter(({ isLive }) => !isLive),
      this.forks,
    );
  }

  /** The fewest pieces that together hold the entries from `fromSequence` on, as far as they are there without a gap. */
  chain(fromSequence: number, toSequence: number = Number.POSITIVE_INFINITY): PieceUse[] {
    const uses: PieceUse[] = [];
    let next = fromSequence;
    let best: PieceUse | undefined;
    const take = (): void => {
      if (best === undefined) return;
      const lastSequence = Math.min(best.lastSequence, toSequence);
      uses.push({ piece: best.piece, firstSequence: next, lastSequence });
      next = lastSequence + 1;
      best = undefined;
    };
    for (const piece of this.pieces) {
      if (next > toSequence) break;
      if (piece.firstSequence > next) take();
      if (piece.firstSequence > next) break;
      const lastSequence = Math.min(piece.lastSequence, this.limitOf(piece.line));
      if (lastSequence >= next && lastSequence > (best?.lastSequence ?? 0)) {
        best = { piece, firstSequence: piece.firstSequence, lastSequence };
      }
    }
    if (next <= toSequence) take();
    return uses;
  }

  /** Last entry of the chain from `fromSequence` on; `fromSequence - 1` when there is none. */
  endFrom(fromSequence: number): number {
    return this.chain(fromSequence).at(-1)?.lastSequence ?? fromSequence - 1;
  }

  /** Whether one piece that stays holds all of these entries. */
  holds(firstSequence: number, lastSequence: number): boolean {
    return this.pieces.some(
      (piece) =>
        piece.firstSequence <= firstSequence &&
        Math.min(piece.lastSequence, this.limitOf(piece.line)) >= lastSequence,
    );
  }
}
