import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '#codec/backup/backup-error.ts';
import { AssertionError } from '#lib/assert.ts';
import type { SnapshotManifest } from '#replica/snapshot-file.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import type { NodeLogger } from '../threads/threads.ts';
import type { BackupSet } from './backup-set.ts';
import { DamagedSnapshots } from './damaged-snapshots.ts';
import type { LocalLog } from './local-log.ts';
import { LogShipper } from './log-shipper.ts';
import { pruneBackups } from './prune-backups.ts';
import { writeBackup } from './write-backup.ts';

export interface ContinuousBackupOptions {
  readonly set: BackupSet;
  readonly log: LocalLog;
  readonly board: StatusBoard;
  readonly epoch: number;
  /** Pause between two sends of new entries, at most. */
  readonly everyMs: number;
  /** Pause between two backups, each with the newest snapshot. */
  readonly snapshotEveryMs: number;
  /** Backups to keep. */
  readonly keep: number;
  readonly logger: NodeLogger;
}

/** What `hive status` shows. */
export interface BackupFigures {
  readonly backupSequence: number;
  readonly backupLagEntries: number;
  /** Estimated, by the mean of the entries that were sent. */
  readonly backupLagBytes: number;
  readonly backupLagSeconds: number;
  /** Sends that failed since the last one that did not. */
  readonly backupFailures: number;
  /** Sends that failed since the start. */
  readonly backupFailuresTotal: number;
  /** Snapshots on this node's disk that were found damaged, and are in no backup. */
  readonly backupSnapshotsDamaged: number;
  /** Age of the newest backup that this process made, in seconds; -1 before the first. */
  readonly backupAgeSeconds: number;
}

/** How long a send that failed waits for the next try: from the first to this many milliseconds. */
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30_000;
/** Being behind is warned of from this on, and each time that it has doubled. */
const BEHIND_MS = 10_000;
/** Pause of who is in a hurry. */
const HURRY_MS = 20;
/** How often there may be something to tidy. */
const TIDY_MS = 1_000;

/**
 * Keeps a backup set up to date with a running node: sends new entries, tidies what was sent, makes a backup with a snapshot now
 * and then, each at its own pace. What fails is tried again for ever; only a log that goes on elsewhere, or a state that is not the
 * cluster's, ends it.
 */
export class ContinuousBackup {
  declare private readonly options: ContinuousBackupOptions;
  declare private readonly ending: AbortController;
  /** The last entries are wanted now. */
  declare private readonly hurry: AbortController;
  declare private shipper: LogShipper | undefined;
  /** Up to when everything that was durable then is in the set, by performance.now(). */
  declare private currentMs: number;
  declare private warnAtMs: number;
  declare private failures: number;
  declare private failuresTotal: number;
  declare private backupMs: number;
  declare private lastBackupSequence: number;
  declare private readonly damaged: DamagedSnapshots;

  constructor(options: ContinuousBackupOptions) {
    this.options = options;
    this.ending = new AbortController();
    this.hurry = new AbortController();
    this.shipper = undefined;
    this.currentMs = performance.now();
    this.warnAtMs = BEHIND_MS;
    this.failures = 0;
    this.failuresTotal = 0;
    this.backupMs = Number.NEGATIVE_INFINITY;
    this.lastBackupSequence = 0;
    this.damaged = new DamagedSnapshots(({ code, message }) => {
      const instead = 'it is in no backup, an older one and the log since take its place';
      options.logger.error({ code }, `a snapshot is damaged, ${instead}: ${message}`);
    });
  }

  /** Runs until `close`, or until nothing of this node is to be backed up any more. */
  async run(): Promise<void> {
    await this.#untilDone('the target', async () => {
      this.shipper = await LogShipper.open(this.options.set, this.options.log);
      return true;
    });
    const { shipper } = this;
    if (shipper === undefined) return;
    await Promise.all([
      this.#untilDone('new entries', () => this.#ship(shipper)),
      this.#untilDone('merged entries', () => this.#tidy(shipper)),
      this.#untilDone('a backup', () => this.#backUp(shipper)),
    ]);
  }

  /** Sends what is still durable, if the target takes it within `ms`, and ends. */
  async close(ms: number): Promise<void> {
    const until = performance.now() + ms;
    this.hurry.abort();
    const { board } = this.options;
    const { signal } = this.ending;
    while (
      performance.now() < until &&
      !signal.aborted &&
      this.failures === 0 &&
      this.shipper !== undefined
    ) {
      if (this.shipper.shippedSequence >= board.durableSequence) break;
      await sleep(HURRY_MS);
    }
    this.ending.abort();
  }

  figures(): BackupFigures {
    const { board } = this.options;
    const sequence = this.shipper?.shippedSequence ?? 0;
    const nowMs = performance.now();
    const lagEntries = Math.max(0, board.durableSequence - sequence);
    const lagMs = lagEntries === 0 ? 0 : nowMs - this.currentMs;
    return {
      backupSequence: sequence,
      backupLagEntries: lagEntries,
      backupLagBytes: Math.round(lagEntries * this.#bytesPerEntry()),
      backupLagSeconds: Math.round(lagMs / 100) / 10,
      backupFailures: this.failures,
      backupFailuresTotal: this.failuresTotal,
      backupSnapshotsDamaged: this.damaged.size,
      backupAgeSeconds: this.backupMs < 0 ? -1 : Math.round((nowMs - this.backupMs) / 1_000),
    };
  }

  #bytesPerEntry(): number {
    const { shippedBytes = 0, shippedEntries = 0 } = this.shipper ?? {};
    return shippedEntries === 0 ? 0 : shippedBytes / shippedEntries;
  }

  async #ship(shipper: LogShipper): Promise<boolean> {
    const { board, everyMs } = this.options;
    const startedMs = performance.now();
    const hasMore = await shipper.ship(board.durableSequence);
    if (!hasMore) this.currentMs = startedMs;
    this.failures = 0;
    this.#warnOfLag();
    if (!hasMore) await this.#pause(startedMs + everyMs - performance.now(), this.hurry.signal);
    return false;
  }

  async #tidy(shipper: LogShipper): Promise<boolean> {
    const { board } = this.options;
    const hasDone = await shipper.tidy();
    board.backedUpSequence = shipper.settledSequence;
    if (!hasDone) await this.#pause(TIDY_MS);
    return false;
  }

  async #backUp(shipper: LogShipper): Promise<boolean> {
    const { board, snapshotEveryMs } = this.options;
    this.damaged.forgetRemoved();
    const sequence = board.snapshotSequence;
    const isDue = performance.now() - this.backupMs >= snapshotEveryMs;
    // A state that the two cores, or most nodes, do not agree on is no state to go back to.
    const isTrusted = board.divergedSequence === 0 && sequence <= board.agreedSequence;
    if (isDue && isTrusted && sequence > this.lastBackupSequence) {
      const newest = await this.#newestManifest(sequence);
      if (newest !== undefined && newest.sequence > this.lastBackupSequence)
        await this.#backUpTo(newest, shipper);
    }
    await this.#pause(TIDY_MS);
    return false;
  }

  /** A manifest has a checksum of its own: it tells the state even when the rest of its file is damaged. */
  async #newestManifest(sequence: number): Promise<SnapshotManifest | undefined> {
    for await (const { manifest } of this.options.log.snapshots(sequence, this.damaged)) return manifest;
    return undefined;
  }

  async #backUpTo({ sequence, stateHash }: SnapshotManifest, { known }: LogShipper): Promise<void> {
    const { set, log, epoch, keep, logger } = this.options;
    const { manifest, bytesSent } = await writeBackup({
      set,
      log,
      sequence,
      stateHash,
      epoch,
      isContinuous: true,
      known,
      damaged: this.damaged,
    });
    this.backupMs = performance.now();
    this.lastBackupSequence = sequence;
    logger.info({ id: manifest.id, sequence, bytes: bytesSent, to: set.target.place }, 'backup made');
    await pruneBackups(set, { keep, forgetLog: false, onlyContinuous: true });
  }

  /** Does something again and again until it says that it is done, or the backup ends. Failures make it wait longer each time. */
  async #untilDone(what: string, work: () => Promise<boolean>): Promise<void> {
    const { logger, set, board } = this.options;
    let retryMs = RETRY_MS_MIN;
    while (!this.ending.signal.aborted) {
      if (board.isOutvoted) {
        this.#stop("the state of this node is not the cluster's. Backups of other nodes go on");
        return;
      }
      try {
        if (await work()) return;
        retryMs = RETRY_MS_MIN;
      } catch (error) {
        if (error instanceof AssertionError) throw error;
        const { message } = error as Error;
        if (error instanceof BackupError && error.code === 'SUPERSEDED') {
          this.#stop(message);
          return;
        }
        this.failures++;
        this.failuresTotal++;
        if (retryMs === RETRY_MS_MIN) {
          logger.warn(
            { to: set.target.place },
            `${what} could not be sent to the backup, trying again: ${message}`,
          );
        }
        this.#warnOfLag();
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
      }
    }
  }

  #stop(reason: string): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.options.logger.error({}, `nothing is backed up any more: ${reason}`);
  }

  #warnOfLag(): void {
    const { logger, set } = this.options;
    const { backupLagSeconds, backupLagEntries } = this.figures();
    const lagMs = backupLagSeconds * 1_000;
    if (lagMs >= this.warnAtMs) {
      this.warnAtMs = lagMs * 2;
      logger.error(
        { to: set.target.place, backupLagEntries },
        `the backup is ${Math.round(backupLagSeconds)} s behind: what was acknowledged since would be lost with this machine. Look at the target and the network`,
      );
    } else if (lagMs < BEHIND_MS / 2 && this.warnAtMs > BEHIND_MS) {
      this.warnAtMs = BEHIND_MS;
      logger.info({ to: set.target.place }, 'the backup has caught up');
    }
  }

  /** Waits, until the backup ends at most, or until `early`, but then a moment all the same. */
  async #pause(ms: number, early: AbortSignal = this.ending.signal): Promise<void> {
    if (early.aborted) await sleep(HURRY_MS);
    else
      await sleep(Math.max(0, ms), undefined, { signal: AbortSignal.any([early, this.ending.signal]) }).catch(
        () => {},
      );
  }
}
