import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import { DataDirectoryError, LOCK_FILES, lockDirectory } from './directory-lock.ts';
import { errorCode, isDiskFull, nodeDisk } from './disk.ts';
import { UNFINISHED_SUFFIX, writeFileDurably } from './durable-file.ts';
import { createFileLog } from './file-log.ts';
import { LogId, SEGMENT_BYTES, sequenceOfName } from './format.ts';
import { listSegments } from './scan.ts';
import { SPARE_SUFFIX } from './segment-file.ts';
import { Scan, SegmentReader } from './segment-reader.ts';

export { DataDirectoryError } from './directory-lock.ts';

/** Version of a data directory as a whole: raised when an older build could misread what a newer one wrote. */
export const DATA_FORMAT_VERSION = 1;

const META_FILE = 'hive.json';
/** There from the first to the last moment of a restore. */
const RESTORE_FILE = 'restore-unfinished';
const EPOCH_FILE = 'epoch';
const LOG_DIRECTORY = 'log';
const SNAPSHOT_DIRECTORY = 'snapshots';
const NODE_ID_MAX = 2 ** 16 - 1;
const EPOCH_MAX = 2 ** 32 - 1;

/** The file `hive.json`: written once, when the directory is made. */
export interface DataDirectoryMeta {
  readonly formatVersion: number;
  /** UUID of the log. */
  readonly logId: string;
  /** 1 to 65,535. */
  readonly nodeId: number;
  /** ISO 8601 */
  readonly createdAt: string;
  /** Which history of the log: absent for the first one, else that of a restore to the log's end. */
  readonly line?: number;
  /** Where a restored directory comes from; absent for others. */
  readonly origin?: LogOrigin;
}

/** The point of a log at which a restored one goes on by itself. */
export interface LogOrigin {
  readonly logId: string;
  /** Last entry that was restored, and the state hash after it. */
  readonly sequence: number;
  readonly stateHash: string;
  /** ISO 8601 */
  readonly restoredAt: string;
}

/** A history of a log: it goes on by itself from where the log was restored. */
export interface LogLine {
  /** Larger than that of every history before. */
  readonly line: number;
  readonly origin: LogOrigin;
}

/** A data directory in use by this process. */
export interface DataDirectory {
  readonly path: string;
  readonly meta: DataDirectoryMeta;
  readonly logId: LogId;
  /** Grows by one at each opening, from 1; durable before it is used. */
  readonly epoch: number;
  /** Counts this opening higher, where the log knows of later ones than the directory. @returns `epoch`, or `least` if that is more */
  raiseEpoch(least: number): number;
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  /** Lets others use the directory. */
  close(): void;
}

export interface DataDirectoryOptions {
  readonly clock: Clock;
  /** UUID of the log that it belongs to. Default: what the directory says, a new one for a new directory. */
  readonly logId?: string;
  /** With `logId`: the history that the log has where it is kept. A new directory is of this one; undefined: of the first. */
  readonly line?: LogLine | undefined;
  /** The node's number. Default: what the directory says, 1 for a new one. */
  readonly nodeId?: number;
  /** Whether a directory that was another node's becomes this one's: where numbers are shared out. Default: it is refused. */
  readonly isRenumbered?: boolean;
  readonly segmentBytes?: number;
}

/**
 * Opens the data directory of a node, or makes it, with an empty log, where there is none.
 * @throws DataDirectoryError
 */
export function openDataDirectory(directory: string, options: DataDirectoryOptions): DataDirectory {
  const { nodeId } = options;
  assert(nodeId === undefined || isNodeId(nodeId), 'Condition: a node id is 1 to 65,535');
  const path = resolve(directory);
  makeDirectory(path);
  refuseUnfinishedRestore(path);
  if (!isDataDirectory(path)) refuseForeignFiles(path);
  const release = lockDirectory(path);
  try {
    if (!isDataDirectory(path)) initialize(path, nodeId ?? 1, options);
    let meta = readDataDirectoryMeta(path);
    if (nodeId !== undefined && nodeId !== meta.nodeId && options.isRenumbered === true) {
      meta = { ...meta, nodeId };
      writeMeta(path, meta);
    }
    if (nodeId !== undefined && nodeId !== meta.nodeId) {
      throw new DataDirectoryError(
        'WRONG_NODE',
        `${path} belongs to node ${meta.nodeId}, not to node ${nodeId}: correct the node id or the directory`,
      );
    }
    if (options.logId !== undefined && options.logId !== meta.logId) {
      throw new DataDirectoryError(
        'WRONG_LOG',
        `${path} belongs to log ${meta.logId}, not to log ${options.logId}: name another directory, or the cluster that the directory is of`,
      );
    }
    if (options.logId !== undefined && (options.line?.line ?? 0) !== (meta.line ?? 0)) {
      throw new DataDirectoryError(
        'WRONG_LOG',
        `${path} has another history of log ${meta.logId} than the cluster: the log was restored from a backup, on one of the two sides, and went on. Keep this directory, it may hold entries that the backup lacks, and begin with an empty one (docs/disaster-recovery.md)`,
      );
    }
    const epoch = nextEpoch(path);
    return {
      path,
      meta,
      logId: new LogId(meta.logId),
      epoch,
      raiseEpoch: (least) => {
        if (least <= epoch) return epoch;
        writeEpoch(path, least);
        return least;
      },
      logDirectory: join(path, LOG_DIRECTORY),
      snapshotDirectory: join(path, SNAPSHOT_DIRECTORY),
      close: release,
    };
  } catch (error) {
    release();
    throw unusable(path, error);
  }
}

/** What the operating system refused within a data directory; any other error as it is. */
function unusable(path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  const advice = isDiskFull(error)
    ? 'its volume is full: free space or enlarge it'
    : "look at the directory's owner, the kernel log (dmesg) and the device";
  return new DataDirectoryError(
    'UNUSABLE',
    `the data directory ${path} cannot be used (${error.message}): ${advice}`,
    { cause: error },
  );
}

/** Whether a directory is a node's data directory already. */
export function isDataDirectory(directory: string): boolean {
  return existsSync(join(directory, META_FILE));
}

/**
 * What `hive.json` of a data directory says, without locking the directory: for tools that only look.
 * @throws DataDirectoryError when it is not there, damaged, of another format version, or not for this user.
 */
export function readDataDirectoryMeta(directory: string): DataDirectoryMeta {
  refuseUnfinishedRestore(directory);
  const path = join(directory, META_FILE);
  let meta: Partial<DataDirectoryMeta> | null;
  try {
    meta = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DataDirectoryError(
        'NOT_A_DATA_DIRECTORY',
        `${directory} is not a data directory: it has no ${META_FILE}`,
      );
    }
    if (!(error instanceof SyntaxError)) throw unusable(directory, error);
    throw new DataDirectoryError('DAMAGED', `${path} cannot be read: restore it from a copy`, {
      cause: error,
    });
  }
  if (Number.isInteger(meta?.formatVersion) && meta?.formatVersion !== DATA_FORMAT_VERSION) {
    throw new DataDirectoryError(
      'FORMAT_VERSION',
      `${directory} has format version ${meta?.formatVersion}, this build uses version ${DATA_FORMAT_VERSION}: ` +
        'run the build that wrote it, or start this build with a new directory (docs/log-format.md, "Data directory")',
    );
  }
  const sane =
    meta !== null &&
    meta.formatVersion === DATA_FORMAT_VERSION &&
    typeof meta.logId === 'string' &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(meta.logId) &&
    isNodeId(meta.nodeId) &&
    (meta.line === undefined || (Number.isInteger(meta.line) && meta.line >= 0)) &&
    typeof meta.createdAt === 'string';
  if (!sane)
    throw new DataDirectoryError('DAMAGED', `${path} has missing or wrong fields: restore it from a copy`);
  return meta as DataDirectoryMeta;
}

function isNodeId(nodeId: unknown): boolean {
  return Number.isInteger(nodeId) && (nodeId as number) >= 1 && (nodeId as number) <= NODE_ID_MAX;
}

/** The history of the log that a data directory holds; undefined: the first. */
export function lineOf({ line, origin }: DataDirectoryMeta): LogLine | undefined {
  return line === undefined || origin === undefined ? undefined : { line, origin };
}

function makeDirectory(path: string): void {
  try {
    makeWithParents(path);
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataDirectoryError('UNUSABLE', `the data directory ${path} cannot be made: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * With those above that are lacking: each has its name in the one above it. Not by `recursive` of mkdirSync, which says ENOENT of a file system that is only
 * read, and never returns where the folder above is there and takes none.
 */
function makeWithParents(path: string): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return;
    throw new DataDirectoryError(
      'NOT_A_DATA_DIRECTORY',
      `${path} is not a data directory: it is a file. Choose another place`,
    );
  }
  const parent = dirname(path);
  makeWithParents(parent);
  mkdirSync(path, { mode: 0o700 });
  nodeDisk.syncDirectory(parent);
}

/** A data directory that is being made from a backup: locked, and refused by everything else until it is complete. */
export interface RestoredDirectory {
  readonly path: string;
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  /** Makes the directory one that a node can start from. Its first start counts as `epoch + 1`. All else must be durable. */
  complete(meta: Omit<DataDirectoryMeta, 'formatVersion'>, epoch: number): void;
  /** Lets the directory go. Without `complete` it stays unusable. */
  close(): void;
}

/**
 * Begins a restore into an empty directory, or makes it.
 * @throws DataDirectoryError when it is not empty or cannot be used
 */
export function beginRestoredDirectory(directory: string): RestoredDirectory {
  const path = resolve(directory);
  makeDirectory(path);
  refuseUnfinishedRestore(path);
  const foreign = readdirSync(path).find((name) => !LOCK_FILES.includes(name));
  if (foreign !== undefined) {
    throw new DataDirectoryError(
      'NOT_EMPTY',
      `${path} is not empty (it has ${foreign}): restore into a new directory, and keep the old one until the new one serves`,
    );
  }
  const release = lockDirectory(path);
  const logDirectory = join(path, LOG_DIRECTORY);
  const snapshotDirectory = join(path, SNAPSHOT_DIRECTORY);
  try {
    writeFileDurably(join(path, RESTORE_FILE), `begun ${new Date().toISOString()}\n`);
    mkdirSync(snapshotDirectory, { mode: 0o700 });
  } catch (error) {
    release();
    throw unusable(path, error);
  }
  return {
    path,
    logDirectory,
    snapshotDirectory,
    complete: (meta, epoch) => {
      writeFileDurably(join(path, EPOCH_FILE), `${epoch}\n`);
      writeMeta(path, { formatVersion: DATA_FORMAT_VERSION, ...meta });
      rmSync(join(path, RESTORE_FILE));
      nodeDisk.syncDirectory(path);
    },
    close: release,
  };
}

function refuseUnfinishedRestore(path: string): void {
  if (!existsSync(join(path, RESTORE_FILE))) return;
  throw new DataDirectoryError(
    'UNFINISHED_RESTORE',
    `${path} holds a restore that was interrupted or still runs, and lacks entries: restore into a new directory ("hive restore"), and remove this one`,
  );
}

/** Only an empty directory, or one whose making was interrupted, may become a data directory. */
function refuseForeignFiles(path: string): void {
  const inLog = namesWithin(join(path, LOG_DIRECTORY));
  if (inLog.some((name) => sequenceOfName(name) > 0)) refuseEntries(path);
  const ours = new Set([...LOCK_FILES, EPOCH_FILE, LOG_DIRECTORY, SNAPSHOT_DIRECTORY]);
  const foreign = [
    ...readdirSync(path).filter((name) => !ours.has(name) && !name.endsWith(UNFINISHED_SUFFIX)),
    ...inLog
      .filter((name) => sequenceOfName(name) === 0 && !name.endsWith(SPARE_SUFFIX))
      .map((name) => join(LOG_DIRECTORY, name)),
    ...namesWithin(join(path, SNAPSHOT_DIRECTORY)).map((name) => join(SNAPSHOT_DIRECTORY, name)),
  ];
  if (foreign.length === 0) return;
  throw new DataDirectoryError(
    'NOT_A_DATA_DIRECTORY',
    `${path} is neither a data directory nor empty (it has ${foreign[0]}): choose another directory`,
  );
}

/** Names in a directory; an empty one for a file, none for what is not there. */
function namesWithin(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return statSync(directory).isDirectory() ? readdirSync(directory) : [''];
}

/** Refuses a directory whose log has entries: what it lacks is only `hive.json`. */
function refuseEntries(path: string): void {
  const [first, ...more] = listSegments(nodeDisk, join(path, LOG_DIRECTORY));
  const reader = new SegmentReader(nodeDisk, undefined);
  try {
    reader.open(first.path, first.firstSequence);
    if (first.firstSequence === 1 && more.length === 0 && reader.next() === Scan.End) return;
    throw new DataDirectoryError(
      'DAMAGED',
      `${path} has a log with entries but no ${META_FILE}: restore that file from a copy (the log's id is ${reader.logId?.uuid})`,
    );
  } finally {
    reader.close();
  }
}

/** `hive.json` comes last: where it is, the log is. Until then everything can be begun again. */
function initialize(path: string, nodeId: number, options: DataDirectoryOptions): void {
  const logDirectory = join(path, LOG_DIRECTORY);
  rmSync(logDirectory, { recursive: true, force: true });
  const meta: DataDirectoryMeta = {
    formatVersion: DATA_FORMAT_VERSION,
    logId: options.logId ?? randomUUID(),
    nodeId,
    createdAt: new Date().toISOString(),
    ...options.line,
  };
  // Above every start of this node's number in the histories before.
  writeEpoch(path, meta.line ?? 0);
  mkdirSync(join(path, SNAPSHOT_DIRECTORY), { recursive: true, mode: 0o700 });
  createFileLog(logDirectory, new LogId(meta.logId), options.clock, options.segmentBytes ?? SEGMENT_BYTES);
  writeMeta(path, meta);
}

function writeMeta(path: string, meta: DataDirectoryMeta): void {
  writeFileDurably(join(path, META_FILE), `${JSON.stringify(meta, null, 2)}\n`);
}

/** Counts this start, durably. The core ignores entries of an epoch that it has seen the end of, so it must never repeat. */
function nextEpoch(path: string): number {
  const file = join(path, EPOCH_FILE);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const epoch = /^\d{1,10}\n$/.test(text) ? Number(text) + 1 : 0;
  if (epoch === 0 || epoch > EPOCH_MAX) {
    throw new DataDirectoryError(
      'DAMAGED',
      `${file} does not hold a number: write one that is greater than every epoch of this node in the log ("hive log dump")`,
    );
  }
  writeEpoch(path, epoch);
  return epoch;
}

function writeEpoch(path: string, epoch: number): void {
  writeFileDurably(join(path, EPOCH_FILE), `${epoch}\n`);
}
