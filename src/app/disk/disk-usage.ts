import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where a node's files are. */
export interface DataPaths {
  readonly dataDirectory: string;
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly reportDirectory: string;
  readonly marketDataDirectory: string;
  readonly historyDirectory: string;
}

export function dataPaths(dataDirectory: string): DataPaths {
  return {
    dataDirectory,
    logDirectory: join(dataDirectory, 'log'),
    snapshotDirectory: join(dataDirectory, 'snapshots'),
    reportDirectory: join(dataDirectory, 'reports'),
    marketDataDirectory: join(dataDirectory, 'market-data'),
    historyDirectory: join(dataDirectory, 'history'),
  };
}

/** What a node's files take on the disk, and what is left there. */
export interface DiskUsage {
  /** Segments, and the file that will be the next one. */
  readonly logBytes: number;
  readonly snapshotBytes: number;
  readonly reportBytes: number;
  /** The database and its write-ahead log. */
  readonly historyBytes: number;
  /** The running session of the market-data feed. */
  readonly marketDataBytes: number;
  /** What the node may still write on the volume of its data directory. */
  readonly freeBytes: number;
  /** All of that volume. */
  readonly volumeBytes: number;
  /** Free space below which the node warns. */
  readonly warnFreeBelowBytes: number;
}

/** Of the volume, when nothing is configured: whatever took so long to fill it leaves a tenth of that time to act. */
const WARN_FREE_SHARE = 0.1;

/**
 * Looks at every file of a node once. Blocks meanwhile: it belongs in the archive thread.
 * @param warnFreeBelowBytes undefined: a tenth of the volume
 * @throws the error of node:fs
 */
export function measureDisk(paths: DataPaths, warnFreeBelowBytes: number | undefined): DiskUsage {
  const { bsize, bavail, blocks } = statfsSync(paths.dataDirectory);
  const volumeBytes = blocks * bsize;
  return {
    logBytes: bytesIn(paths.logDirectory),
    snapshotBytes: bytesIn(paths.snapshotDirectory),
    reportBytes: bytesIn(paths.reportDirectory),
    historyBytes: bytesIn(paths.historyDirectory),
    marketDataBytes: bytesIn(paths.marketDataDirectory),
    freeBytes: bavail * bsize,
    volumeBytes,
    warnFreeBelowBytes: warnFreeBelowBytes ?? Math.round(volumeBytes * WARN_FREE_SHARE),
  };
}

function bytesIn(directory: string): number {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    // Each is made by who writes to it first.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  return names.reduce((sum, name) => sum + bytesOnDisk(join(directory, name)), 0);
}

/** What a file takes on the disk: holes take nothing, and neither does a file that is gone. */
export function bytesOnDisk(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  // In units of 512 bytes, whatever the file system's blocks are: stat(2).
  return stats === undefined ? 0 : stats.blocks * 512;
}
