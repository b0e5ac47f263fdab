import { randomInt } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { LogReader } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { beginRestoredDirectory, type RestoredDirectory } from '#log/file/data-directory.ts';
import { cachedDisk, nodeDisk } from '#log/file/disk.ts';
import { createFileLog, FileLog } from '#log/file/file-log.ts';
import { LogId, recordBytes, SEGMENT_BYTES, SEGMENT_HEADER_BYTES } from '#log/file/format.ts';
import { listSegments } from '#log/file/scan.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { readSnapshot, writeSnapshot } from '#replica/snapshot-file.ts';
import { applyEntry } from '../apply-entry.ts';
import type { BackupSet } from './backup-set.ts';
import { fetchToFile } from './fetch-to-file.ts';
import { planRestore, type RestorePlan, type RestoreWish } from './restore-plan.ts';
import { HashCheck, SetLogReader } from './set-log-reader.ts';

/** Starts by which a restored node is ahead, at least, of all that the log or the backup knows: the original may have had more. */
const EPOCH_GAP = 2 ** 20;
const EPOCH_MAX = 2 ** 32 - 1;
/** Bytes of entries that are written at once. */
const COMMIT_BYTES = 4 * 1024 * 1024;

export interface RestoreOptions extends RestoreWish {
  readonly set: BackupSet;
  /** New or empty. */
  readonly dataDirectory: string;
  readonly onProgress?: (entries: number, ofEntries: number) => void;
  /** Size of the restored log's files. */
  readonly segmentBytes?: number;
}

export interface RestoreResult {
  readonly dataDirectory: string;
  /** Backup that the restore began from. */
  readonly backup: string;
  /** What is wrong with other backups of the log, which the restore did without. */
  readonly damaged: readonly string[];
  readonly logId: string;
  /** The log that was backed up: another id when the restored one ends before its end. */
  readonly originLogId: string;
  readonly firstSequence: number;
  /** Last entry, and the state hash after it. */
  readonly sequence: number;
  readonly stateHash: string;
  readonly lastTimeSeconds: number;
  readonly lastTimeNanos: number;
  readonly openOrders: number;
  readonly bytesRead: number;
  readonly tookMs: number;
}

/**
 * Makes a data directory from a backup. Everything that is read is checked, and every entry behind the snapshot is applied; only
 * then can a node start from the directory. Until then, and for good when this fails, it says that it is unfinished.
 * @throws BackupError, DataDirectoryError, LogCorruptError, SnapshotError, CoreVersionError
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreResult> {
  const startedMs = performance.now();
  const plan = await planRestore(options.set, options);
  const directory = beginRestoredDirectory(options.dataDirectory);
  try {
    const restore = new Restore(options, plan, directory);
    return await restore.run(startedMs);
  } finally {
    directory.close();
  }
}

class Restore implements LogReader {
  declare private readonly options: RestoreOptions;
  declare private readonly plan: RestorePlan;
  declare private readonly directory: RestoredDirectory;
  declare private readonly reports: ReportWriter;
  declare private readonly core: TradingCore;
  declare private readonly hashes: HashCheck;
  declare private readonly clock: ManualClock;
  declare private log: FileLog | undefined;
  declare private readonly segmentBytes: number;
  declare private readonly commitBytesMax: number;
  declare private pendingBytes: number;
  declare private bytesRead: number;

  constructor(options: RestoreOptions, plan: RestorePlan, directory: RestoredDirectory) {
    this.options = options;
    this.plan = plan;
    this.directory = directory;
    this.reports = new ReportWriter({ directory: join(directory.path, 'reports') });
    this.core = new TradingCore(this.reports);
    this.hashes = new HashCheck(plan.hashes);
    this.clock = new ManualClock(0, 0);
    this.log = undefined;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.commitBytesMax = Math.min(COMMIT_BYTES, this.segmentBytes - SEGMENT_HEADER_BYTES);
    this.pendingBytes = 0;
    this.bytesRead = 0;
  }

  async run(startedMs: number): Promise<RestoreResult> {
    const { set, onProgress } = this.options;
    const { plan, core, directory } = this;
    const snapshotPath = await this.#readSnapshot();
    const reader = new SetLogReader(set, plan.firstSequence, plan.expected);
    const log = this.#openLog();
    const total = plan.endSequence - plan.firstSequence + 1;
    await reader.read(plan.chain, this, () => {
      this.#commit();
      onProgress?.(log.lastSequence - plan.firstSequence + 1, total);
      return true;
    });
    this.#commit();
    this.bytesRead += reader.bytes;
    this.#checkEnd();
    log.close();
    if (plan.logId !== set.logId && snapshotPath !== undefined) rmSync(snapshotPath);
    this.reports.sync();
    this.reports.close();
    syncLog(directory.logDirectory);
    if (core.sequence > 0) writeSnapshot(directory.snapshotDirectory, core, plan.logId);
    this.#complete();
    const { timeSeconds, timeNanos } = core.state;
    return {
      dataDirectory: directory.path,
      backup: plan.manifest.id,
      damaged: plan.damaged.map(({ message }) => message),
      logId: plan.logId,
      originLogId: set.logId,
      firstSequence: plan.firstSequence,
      sequence: core.sequence,
      stateHash: core.stateHash,
      lastTimeSeconds: timeSeconds,
      lastTimeNanos: timeNanos,
      openOrders: core.state.orders.store.liveOrders,
      bytesRead: this.bytesRead,
      tookMs: Math.round(performance.now() - startedMs),
    };
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    this.clock.seconds = timeSeconds;
    this.clock.nanos = timeNanos;
    const bytes = recordBytes((to - from) * 4);
    if (this.pendingBytes + bytes > this.commitBytesMax) this.#commit();
    this.log?.append(words, from, to);
    this.pendingBytes += bytes;
    // What is before the snapshot is part of it.
    if (sequence <= this.core.sequence) return;
    applyEntry(this.core, sequence, timeSeconds, timeNanos, words, from, to);
    this.hashes.check(this.core);
  }

  /** Fetches the snapshot that the plan starts from, and restores the core. Its path, where there is one. */
  async #readSnapshot(): Promise<string | undefined> {
    const { snapshot } = this.plan;
    if (snapshot === undefined) return undefined;
    const digits = String(snapshot.sequence).padStart(16, '0');
    const path = join(this.directory.snapshotDirectory, `snapshot-${digits}.hms`);
    await fetchToFile(this.options.set, snapshot.object, path);
    this.bytesRead += snapshot.object.bytes;
    const manifest = readSnapshot(path, this.core);
    if (manifest.logId !== this.options.set.logId || this.core.sequence !== snapshot.sequence) {
      throw new BackupError(
        'DAMAGED',
        `the snapshot ${snapshot.object.name} is of another log or entry: use another backup`,
      );
    }
    this.hashes.check(this.core);
    return path;
  }

  #openLog(): FileLog {
    const { firstSequence, logId } = this.plan;
    const { segmentBytes } = this;
    const { logDirectory } = this.directory;
    // The log's first segment begins where the snapshot stands.
    this.clock.seconds = this.core.state.timeSeconds;
    this.clock.nanos = this.core.state.timeNanos;
    const id = new LogId(logId);
    createFileLog(logDirectory, id, this.clock, segmentBytes, cachedDisk, firstSequence);
    this.log = FileLog.open({
      directory: logDirectory,
      logId: id,
      clock: this.clock,
      follower: followerOf(),
      disk: cachedDisk,
      segmentBytes,
      commitBytesMax: this.commitBytesMax,
    });
    return this.log;
  }

  #commit(): void {
    this.log?.commit();
    this.pendingBytes = 0;
    this.reports.flush();
  }

  #checkEnd(): void {
    const { sequence } = this.core;
    const { endSequence } = this.plan;
    if (sequence === endSequence && this.log?.lastSequence === endSequence) return;
    throw new BackupError(
      'DAMAGED',
      `the restore came to entry ${sequence} instead of ${endSequence}: use another backup`,
    );
  }

  #complete(): void {
    const { core, plan, directory, options } = this;
    const { nodes, nodeEpoch } = core.state;
    let epoch = plan.manifest.epoch;
    for (let row = 0; row < nodes.rows; row++) epoch = Math.max(epoch, nodeEpoch[row]);
    // Two restores of one point are two lines.
    epoch += EPOCH_GAP + randomInt(EPOCH_GAP);
    if (epoch >= EPOCH_MAX) {
      throw new BackupError('UNUSABLE', 'the log was restored too often: numbers of starts are used up');
    }
    const now = new Date().toISOString();
    const origin = {
      logId: options.set.logId,
      sequence: core.sequence,
      stateHash: core.stateHash,
      restoredAt: now,
    };
    const isSameLog = plan.logId === options.set.logId;
    const line = isSameLog ? { line: epoch } : {};
    const { nodeId } = plan.manifest;
    directory.complete({ logId: plan.logId, nodeId, createdAt: now, ...line, origin }, epoch);
  }
}

/** Makes a log durable that was written without waiting for the disk. */
function syncLog(directory: string): void {
  for (const { path } of listSegments(nodeDisk, directory)) {
    const handle = openSync(path, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
  nodeDisk.syncDirectory(directory);
}
