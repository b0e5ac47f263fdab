import type { ManifestObject } from '#codec/backup/manifest.ts';
import { liveFolder, parsePieceName, pieceName } from '#codec/backup/object-names.ts';
import { type BackupSet, once, randomDigits } from './backup-set.ts';
import type { LocalLog, SegmentRange } from './local-log.ts';
import type { LogCover } from './log-cover.ts';
import { claimLine } from './write-backup.ts';

/** Bytes of one live piece: what is held in memory. */
export const PIECE_BYTES = 8 * 1024 * 1024;
/** As many live pieces of one rank become one of the next: a quiet log leaves few pieces, and each byte is sent a few times. */
const MERGE_PIECES = 16;

interface LivePiece {
  readonly name: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** How often it was merged; 0 of pieces from before the start. */
  readonly rank: number;
}

/**
 * Sends a node's log to a backup set as it grows. New entries go out as small live pieces (`ship`). Beside that (`tidy`) they are
 * merged into larger ones, and a segment that is complete goes out as one piece that stays, after which the live ones in it are
 * removed. At every moment the pieces together hold all entries that were sent.
 */
export class LogShipper {
  /** Last entry that is in the set. */
  declare shippedSequence: number;
  /** Last entry up to which the set has pieces that stay: the node may forget these. */
  declare settledSequence: number;
  /** Entries, and bytes of their records, that this process has sent, each counted once. */
  declare shippedEntries: number;
  declare shippedBytes: number;
  /** What manifests say of pieces that were sent and stay. */
  declare readonly known: Map<string, ManifestObject>;
  declare private readonly set: BackupSet;
  declare private readonly log: LocalLog;
  /** What the set had at the start. */
  declare private readonly cover: LogCover;
  /** First entries of segments that were sent whole since. */
  declare private readonly whole: Set<number>;
  /** Pieces whose sending failed. */
  declare private readonly doubtful: string[];
  /** In the order of entries; no piece has a higher rank than the one before it. */
  declare private live: LivePiece[];

  private constructor(set: BackupSet, log: LocalLog, cover: LogCover) {
    const first = log.segments(Number.MAX_SAFE_INTEGER)[0]?.firstSequence ?? 1;
    this.shippedSequence = cover.endFrom(first);
    this.settledSequence = Math.max(
      first - 1,
      Math.min(cover.withoutLive().endFrom(first), this.shippedSequence),
    );
    this.shippedEntries = 0;
    this.shippedBytes = 0;
    this.known = new Map();
    this.set = set;
    this.log = log;
    this.cover = cover;
    this.whole = new Set();
    this.doubtful = [];
    this.live = [];
  }

  /** Looks what the set has already. @throws BackupError */
  static async open(set: BackupSet, log: LocalLog): Promise<LogShipper> {
    const cover = await claimLine(set, log);
    const shipper = new LogShipper(set, log, cover);
    await shipper.#takeOver();
    return shipper;
  }

  /** Goes on with the live pieces of an earlier start, and removes what an interrupted one left: those that others hold too. */
  async #takeOver(): Promise<void> {
    const first = this.log.segments(Number.MAX_SAFE_INTEGER)[0]?.firstSequence ?? 1;
    let reach = this.settledSequence;
    const found: LivePiece[] = [];
    for (const { name } of await this.set.list(`${liveFolder(this.log.meta.nodeId)}/`)) {
      const piece = parsePieceName(name);
      if (piece?.line === this.log.line) found.push({ ...piece, name, rank: 0 });
    }
    found.sort((a, b) => a.firstSequence - b.firstSequence || b.lastSequence - a.lastSequence);
    for (const piece of found) {
      if (piece.lastSequence <= reach) await this.set.remove(piece.name);
      else if (piece.firstSequence >= first) this.live.push(piece);
      reach = Math.max(reach, piece.lastSequence);
    }
  }

  /**
   * Sends what is durable by now, a piece of it at most; true when that was not all.
   * @throws BackupError, LogCorruptError, LogTruncatedError; what was not sent is sent by a later call
   */
  async ship(durableSequence: number): Promise<boolean> {
    const next = this.shippedSequence + 1;
    const segment = this.#segmentOf(next, durableSequence);
    if (segment === undefined) return false;
    const { firstSequence, lastSequence, isComplete } = segment;
    if (isComplete && next === firstSequence) {
      await this.#putWhole(segment);
      this.#count(lastSequence, this.log.bytesOf(segment));
    } else {
      const copier = this.log.copier(next, PIECE_BYTES);
      try {
        const copied = copier.take(lastSequence);
        if (copied === undefined) return false;
        await this.#putLive(next, copied.lastSequence, 0, once(copied.bytes));
        this.#count(copied.lastSequence, copied.bytes.length);
      } finally {
        copier.close();
      }
    }
    return this.shippedSequence < durableSequence;
  }

  /** Does one thing that makes the pieces fewer, or nothing; true when it did one. @throws as `ship` */
  async tidy(): Promise<boolean> {
    const segment = this.#segmentOf(this.settledSequence + 1, this.shippedSequence);
    if (segment?.isComplete === true) {
      const { firstSequence, lastSequence } = segment;
      const isThere =
        this.whole.has(firstSequence) || this.cover.withoutLive().holds(firstSequence, lastSequence);
      if (!isThere) await this.#putWhole(segment);
      this.settledSequence = lastSequence;
      await this.#removeLive(this.live.filter((piece) => piece.lastSequence <= lastSequence));
      return true;
    }
    const pieces = this.#mergeable();
    if (pieces === undefined) return false;
    const [firstSequence, lastSequence] = [pieces[0].firstSequence, pieces[MERGE_PIECES - 1].lastSequence];
    const source = this.log.records(firstSequence, lastSequence);
    await this.#putLive(firstSequence, lastSequence, pieces[0].rank + 1, source);
    await this.#removeLive(pieces);
    return true;
  }

  #count(lastSequence: number, bytes: number): void {
    this.shippedEntries += lastSequence - this.shippedSequence;
    this.shippedBytes += bytes;
    this.shippedSequence = lastSequence;
  }

  async #putWhole({ firstSequence, lastSequence }: SegmentRange): Promise<void> {
    const name = pieceName({ line: this.log.line, firstSequence, lastSequence }, randomDigits());
    this.known.set(name, await this.#put(name, this.log.records(firstSequence, lastSequence)));
    this.whole.add(firstSequence);
  }

  /** What a failed attempt left, whole or in part, is removed by the next one: its name says that it has what it may lack. */
  async #put(name: string, source: AsyncIterable<Uint8Array>): ReturnType<BackupSet['put']> {
    for (let left = this.doubtful.pop(); left !== undefined; left = this.doubtful.pop()) {
      const lost = left;
      await this.set.remove(lost).catch((error: unknown) => {
        this.doubtful.push(lost);
        throw error;
      });
    }
    try {
      return await this.set.put(name, source);
    } catch (error) {
      this.doubtful.push(name);
      throw error;
    }
  }

  async #putLive(
    firstSequence: number,
    lastSequence: number,
    rank: number,
    source: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const piece = { line: this.log.line, firstSequence, lastSequence };
    const name = pieceName(piece, randomDigits(), this.log.meta.nodeId);
    await this.#put(name, source);
    this.live.push({ name, firstSequence, lastSequence, rank });
    this.live.sort((a, b) => a.firstSequence - b.firstSequence);
  }

  /** The oldest live pieces of one rank, if there are enough of them. */
  #mergeable(): LivePiece[] | undefined {
    const { live } = this;
    for (let at = 0; at + MERGE_PIECES <= live.length; at++) {
      const pieces = live.slice(at, at + MERGE_PIECES);
      if (pieces.every(({ rank }) => rank === pieces[0].rank)) return pieces;
    }
    return undefined;
  }

  async #removeLive(pieces: readonly LivePiece[]): Promise<void> {
    for (const { name } of pieces) {
      await this.set.remove(name);
      this.live = this.live.filter((piece) => piece.name !== name);
    }
  }

  #segmentOf(sequence: number, durableSequence: number): SegmentRange | undefined {
    return this.log.segments(durableSequence).find((segment) => segment.lastSequence >= sequence);
  }
}
