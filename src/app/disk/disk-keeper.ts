import { nodeDisk } from '#log/file/disk.ts';
import { truncationSequences } from '#log/file/retention.ts';
import { listSegments } from '#log/file/scan.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { bytesOnDisk, type DataPaths, type DiskUsage, measureDisk } from './disk-usage.ts';
import { FreeSpaceAlarm } from './free-space-alarm.ts';

export interface DiskKeeperOptions {
  readonly paths: DataPaths;
  readonly board: StatusBoard;
  /** Bytes of log to keep behind the newest snapshot; undefined: all of it. */
  readonly keepLogBytes: number | undefined;
  /** Free space below which to warn; undefined: a tenth of the volume. */
  readonly warnFreeBelowBytes: number | undefined;
  readonly onUsage: (usage: DiskUsage) => void;
  /** To be passed to `Log.truncate` by whoever owns the log. */
  readonly onTruncate: (beforeSequence: number) => void;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

const MEASURE_MS = 5_000;
/** A measurement that takes long (a million files of reports) is followed by a pause of so many times that. */
const MEASURE_PAUSE_FACTOR = 20;
/** Each truncation costs the order path a synchronous rename, like the roll to a new segment: one at a time, with room between. */
const TRUNCATE_MS = 100;

/** Keeps the disk from filling up unnoticed: measures it, warns, and says what of the log may go. In the archive thread. */
export class DiskKeeper {
  declare private readonly options: DiskKeeperOptions;
  declare private readonly alarm: FreeSpaceAlarm;
  /** Truncations that are still to be asked for, the oldest segment first. */
  declare private truncations: number[];
  declare private truncateAtMs: number;
  declare private measureAtMs: number;
  /** How far the continuous backup was at the last plan. */
  declare private plannedBackup: number;
  declare private failure: string;

  constructor(options: DiskKeeperOptions) {
    this.options = options;
    this.alarm = new FreeSpaceAlarm();
    this.truncations = [];
    this.truncateAtMs = 0;
    this.measureAtMs = 0;
    this.plannedBackup = options.board.backedUpSequence;
    this.failure = '';
  }

  /** To be called often; does something only when it is due. @param nowMs performance.now() */
  step(nowMs: number): void {
    if (nowMs >= this.measureAtMs) this.#measure(nowMs);
    if (this.options.board.backedUpSequence !== this.plannedBackup) this.planTruncation();
    if (this.truncations.length === 0 || nowMs < this.truncateAtMs) return;
    // When the two cores differ, the log is the evidence.
    if (this.options.board.divergedSequence !== 0) return;
    this.truncateAtMs = nowMs + TRUNCATE_MS;
    this.options.onTruncate(this.truncations.shift() as number);
  }

  /**
   * Decides what of the log may go: when there is a new snapshot, when the continuous backup needs less of it, and at the start. The board's newest snapshot was read
   * back when it was written, or is the one that this node has started from.
   */
  planTruncation(): void {
    const { keepLogBytes, board, logger } = this.options;
    this.plannedBackup = board.backedUpSequence;
    if (keepLogBytes === undefined) return;
    try {
      this.#plan(keepLogBytes);
    } catch (error) {
      logger.warn(
        {},
        `old log stays for now: ${(error as Error).message}. Look at the data directory; the next snapshot tries again`,
      );
    }
  }

  #plan(keepBytes: number): void {
    const { paths, board, logger } = this.options;
    const newestSnapshotSequence = board.snapshotSequence;
    const snapshots = listSnapshots(paths.snapshotDirectory);
    // One that somebody moved away is none to start from.
    if (!snapshots.some(({ sequence }) => sequence === newestSnapshotSequence)) return;
    const segments = listSegments(nodeDisk, paths.logDirectory).map((segment) => ({
      ...segment,
      bytes: bytesOnDisk(segment.path),
    }));
    const oldestSnapshotSequence = Math.min(...snapshots.map(({ sequence }) => sequence));
    const backedUpSequence = this.plannedBackup;
    const retention = { newestSnapshotSequence, oldestSnapshotSequence, backedUpSequence, keepBytes };
    this.truncations = truncationSequences(segments, retention);
    if (this.truncations.length === 0) return;
    logger.info(
      { segments: this.truncations.length, firstSequence: this.truncations.at(-1), oldestSnapshotSequence },
      'removing old log behind the snapshots',
    );
  }

  #measure(nowMs: number): void {
    const { paths, warnFreeBelowBytes, onUsage, logger } = this.options;
    try {
      const usage = measureDisk(paths, warnFreeBelowBytes);
      const warning = this.alarm.warning(paths.dataDirectory, usage);
      if (warning !== undefined) logger.warn({}, warning);
      onUsage(usage);
      this.failure = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.failure) {
        logger.warn({}, `free space cannot be watched: ${message}. Check the data directory's permissions`);
      }
      this.failure = message;
    }
    const tookMs = performance.now() - nowMs;
    this.measureAtMs = nowMs + Math.max(MEASURE_MS, tookMs * MEASURE_PAUSE_FACTOR);
  }
}
